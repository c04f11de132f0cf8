#include "cron/field_parser.hpp"

#include "cron/hash_value.hpp"

namespace agentcron::cron {
namespace {

constexpr std::array<FieldLimits, 8> limits{{{0, 59, 59, 60},
                                             {0, 59, 59, 60},
                                             {0, 23, 23, 24},
                                             {1, 31, 31, 31},
                                             {1, 12, 12, 12},
                                             {0, 7, 6, 7},
                                             {year_min, year_max, year_max, 230},
                                             {0, 0, 0, 0}}};

// [n]: the bits 0, n, 2n, ... of a word.
constexpr auto strides = [] {
    std::array<std::uint64_t, 61> table{};
    for (unsigned n = 1; n < table.size(); ++n)
        for (unsigned bit = 0; bit < 64; bit += n) table[n] |= std::uint64_t{1} << bit;
    return table;
}();

std::uint64_t range_bits(unsigned low, unsigned high, unsigned step) {
    return (strides[step] << low) & (~std::uint64_t{0} >> (63 - high));
}

bool is_digit(char c) {
    return static_cast<unsigned char>(c - '0') < 10;
}
bool is_letter(char c) {
    return static_cast<unsigned char>((c | 0x20) - 'a') < 26;
}
constexpr std::uint8_t bit_of(Field field) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(field));
}

struct Item {
    unsigned low = 0;
    unsigned high = 0;
    unsigned step = 1;
    bool wildcard = false; // exactly `*`
    bool single = false;   // one value, not a range
};

// Reads the items of one field, left to right.
class Reader {
public:
    Reader(std::string_view text, FieldContext& context)
        : at_(text.data())
        , end_(text.data() + text.size())
        , context_(context)
        , limits_(limits[static_cast<unsigned>(context.field)]) {}

    bool done() const { return at_ == end_; }
    char peek() const { return at_ == end_ ? '\0' : *at_; }
    char peek_after() const { return end_ - at_ < 2 ? '\0' : at_[1]; }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    void start_item() { item_start_ = at_; }

    // After an item: a comma with more to come, or the end (done() says which).
    bool end_item() {
        if (done()) return true;
        if (*at_ == ',') {
            if (++at_ != end_) return true;
            return fail(Mistake::empty_item, at_ - 1, end_);
        }
        return fail_item(Mistake::not_a_value);
    }

    bool item(Item& item);
    bool value(unsigned& out, bool* named = nullptr);
    bool step(unsigned& out);
    bool hashed(Item& item);

    bool fail(Mistake mistake, const char* from, const char* to) {
        context_.fault = {mistake, context_.field,
                          std::string_view{from, static_cast<std::size_t>(to - from)}};
        return false;
    }
    // Blames the whole item, up to its comma.
    bool fail_item(Mistake mistake) {
        const char* stop = at_;
        while (stop != end_ && *stop != ',') ++stop;
        return fail(mistake, item_start_, stop);
    }
    const char* position() const { return at_; }

private:
    // The `L` of FRIL, or an `l` to complain about, and nothing longer.
    bool is_last_suffix(const char* c) const {
        return context_.field == Field::day_of_week && (*c | 0x20) == 'l' &&
               (c + 1 == end_ || !is_letter(c[1]));
    }
    bool range_end(Item& item);
    bool junk();
    void note_step(const Item& item);

    const char* at_;
    const char* end_;
    const char* item_start_ = nullptr;
    FieldContext& context_;
    const FieldLimits& limits_;
};

// Names the mistake where a value should stand.
bool Reader::junk() {
    const char c = peek();
    if (c == ',' || c == '\0') return fail_item(Mistake::empty_item);
    if (c == '/') return fail_item(Mistake::step_without_range);
    if (c == '?') return fail_item(Mistake::question_mark);
    if (c == '+') return fail_item(Mistake::plus_misplaced);
    if (c == '~') return fail_item(Mistake::random);
    if (c == 'L') return fail_item(Mistake::last_misplaced);
    if (c == 'l' || c == 'h' || c == 'w') return fail_item(Mistake::lower_case);
    return fail_item(Mistake::not_a_value);
}

bool Reader::value(unsigned& out, bool* named) {
    if (!is_digit(peek())) {
        if (end_ - at_ < 3 || !is_letter(*at_)) return junk();
        const int found = value_of_name(context_.field, {at_, 3});
        if (found < 0) return junk();
        if (end_ - at_ > 3 && is_letter(at_[3]) && !is_last_suffix(at_ + 3))
            return fail_item(Mistake::full_name);
        out = static_cast<unsigned>(found);
        if (named != nullptr) *named = true;
        at_ += 3;
        return true;
    }
    const char* const start = at_;
    unsigned number = static_cast<unsigned>(*at_++ - '0');
    const int digits_max = context_.field == Field::year ? 4 : 2;
    while (at_ != end_ && is_digit(*at_)) {
        if (at_ - start == digits_max) return fail_item(Mistake::too_many_digits);
        number = number * 10 + static_cast<unsigned>(*at_++ - '0');
    }
    if (digits_max == 4 && at_ - start != 4) return fail(Mistake::year_digits, start, at_);
    if (number < limits_.min || number > limits_.max) return fail_item(Mistake::out_of_range);
    out = number;
    return true;
}

bool Reader::step(unsigned& out) {
    const char* const start = at_;
    const int digits_max = context_.field == Field::year ? 3 : 2;
    unsigned number = 0;
    while (at_ != end_ && is_digit(*at_)) {
        if (number > 999) return fail_item(Mistake::step_too_large);
        number = number * 10 + static_cast<unsigned>(*at_++ - '0');
    }
    if (at_ == start) return fail_item(Mistake::step_missing);
    if (number == 0) return fail_item(Mistake::step_zero);
    if (number > limits_.step_max) return fail_item(Mistake::step_too_large);
    if (at_ - start > digits_max) return fail_item(Mistake::too_many_digits);
    out = number;
    return true;
}

void Reader::note_step(const Item& item) {
    Spelling& spelling = context_.spelling;
    const std::uint8_t bit = bit_of(context_.field);
    spelling.stepped |= bit;
    const bool whole = item.low == limits_.min && item.high >= limits_.wildcard_max;
    const unsigned size = limits_.wildcard_max - limits_.min + 1;
    if (item.step > item.high - item.low + 1) spelling.overlong_steps |= bit;
    if (whole && size % item.step != 0 && context_.field != Field::year) spelling.uneven |= bit;
}

// `H`, `H(a-b)`, `H/n`, `H(a-b)/n`, resolved at once. Days of the month stop at 28, so that every
// month has the value.
bool Reader::hashed(Item& item) {
    ++at_;
    item.low = limits_.min;
    item.high = context_.field == Field::day_of_month ? 28 : limits_.wildcard_max;
    if (take('(')) {
        bool named = false;
        if (!value(item.low)) return false;
        if (!take('-')) return fail_item(Mistake::hash_range);
        if (!value(item.high, &named)) return false;
        if (named && context_.field == Field::day_of_week && item.high == 0) item.high = 7;
        if (!take(')') || item.low > item.high) return fail_item(Mistake::hash_range);
    }
    const std::uint64_t hash = hash_of_job(context_.job_id, context_.field);
    const unsigned count = item.high - item.low + 1;
    if (take('/')) {
        if (!step(item.step)) return false;
        note_step(item);
        context_.interval = true;
        item.low += static_cast<unsigned>(hash % std::min(item.step, count));
        return true;
    }
    item.low += static_cast<unsigned>(hash % count);
    item.high = item.low;
    item.single = true;
    return true;
}

bool Reader::range_end(Item& item) {
    bool named = false;
    if (!value(item.high, &named)) return false;
    // As an upper bound, Sunday is 7: FRI-SUN.
    if (named && context_.field == Field::day_of_week && item.high == 0) item.high = 7;
    return item.high >= item.low || fail_item(Mistake::descending);
}

// "*" ["/" n] | v | v "-" v ["/" n] | "H" ...
bool Reader::item(Item& item) {
    if (take('*')) {
        item.low = limits_.min;
        item.high = limits_.wildcard_max;
        item.wildcard = peek() != '/';
        if (item.wildcard && !done() && peek() != ',')
            return fail_item(Mistake::wildcard_with_more);
    } else if (peek() == 'H' && context_.field != Field::year) {
        return hashed(item);
    } else {
        if (!value(item.low)) return false;
        item.high = item.low;
        if (!take('-')) {
            item.single = true;
            if (peek() == '/') return fail_item(Mistake::step_without_range);
            if (peek() == '~') return fail_item(Mistake::random);
            return true;
        }
        if (!range_end(item)) return false;
    }
    context_.interval = true;
    if (!take('/')) return true;
    if (!step(item.step)) return false;
    note_step(item);
    return true;
}

std::uint32_t weekday_bits(const Item& item) {
    const std::uint64_t bits = range_bits(item.low, item.high, item.step);
    return static_cast<std::uint32_t>((bits | (bits >> 7)) & 0x7f); // 7 is Sunday again
}

// `15W`, `LW`, `L-3W`: the whole field.
bool parse_nearest(std::string_view text, Reader& reader, NearestWeekday& nearest) {
    if (text.find(',') != text.npos) return reader.fail_item(Mistake::nearest_not_alone);
    unsigned number = 0;
    if (reader.take('L')) {
        nearest.to = NearestWeekday::To::last;
        if (reader.take('-')) {
            if (!is_digit(reader.peek())) return reader.fail_item(Mistake::last_offset);
            if (!reader.value(number)) return false;
            if (number > 30) return reader.fail_item(Mistake::last_offset);
        }
    } else {
        nearest.to = NearestWeekday::To::day;
        if (!reader.value(number)) return false;
    }
    if (!reader.take('W') || !reader.done()) return reader.fail_item(Mistake::nearest_not_alone);
    nearest.number = static_cast<std::uint8_t>(number);
    return true;
}

// `L` or `L-n`, the `L` not yet taken.
bool parse_last_day(Reader& reader, DayPattern& day) {
    reader.take('L');
    unsigned back = 0;
    if (reader.take('-')) {
        if (!is_digit(reader.peek())) return reader.fail_item(Mistake::last_offset);
        if (reader.peek() == '0' && !is_digit(reader.peek_after()))
            return reader.fail_item(Mistake::last_offset);
        if (!reader.value(back)) return false;
        if (back > 30) return reader.fail_item(Mistake::last_offset);
    }
    day.days_from_end |= 1u << back;
    return true;
}

// What may follow a single weekday: `#2`, `#L`, `L`, or nothing.
bool parse_weekday_suffix(Reader& reader, const Item& item, DayPattern& day) {
    const bool nth = reader.take('#');
    if (!nth && reader.peek() != 'L') {
        if (reader.peek() == 'l') return reader.fail_item(Mistake::lower_case);
        day.weekdays |= static_cast<std::uint8_t>(weekday_bits(item));
        return true;
    }
    if (!item.single) return reader.fail_item(Mistake::day_range_with_suffix);
    const auto bits = static_cast<std::uint8_t>(weekday_bits(item));
    if (reader.take('L')) {
        day.last_weekdays |= bits;
        return true;
    }
    const char digit = reader.peek();
    if (digit == 'l') return reader.fail_item(Mistake::lower_case);
    if (digit < '1' || digit > '5' || is_digit(reader.peek_after()))
        return reader.fail_item(Mistake::nth_number);
    reader.take(digit);
    day.nth_weekdays[static_cast<unsigned>(digit - '1')] |= bits;
    return true;
}

} // namespace

const FieldLimits& limits_of(Field field) {
    return limits[static_cast<unsigned>(field)];
}

int value_of_name(Field field, std::string_view t) {
    static constexpr std::string_view months = "janfebmaraprmayjunjulaugsepoctnovdec";
    static constexpr std::string_view weekdays = "sunmontuewedthufrisat";
    if (field != Field::month && field != Field::day_of_week) return -1;
    const std::string_view names = field == Field::month ? months : weekdays;
    const char a = static_cast<char>(t[0] | 0x20);
    const char b = static_cast<char>(t[1] | 0x20);
    const char c = static_cast<char>(t[2] | 0x20);
    for (std::size_t at = 0; at < names.size(); at += 3)
        if (names[at] == a && names[at + 1] == b && names[at + 2] == c)
            return static_cast<int>(at / 3) + (field == Field::month ? 1 : 0);
    return -1;
}

bool parse_plain_field(std::string_view text, FieldContext context, std::uint64_t& bits) {
    Reader reader(text, context);
    do {
        Item item;
        reader.start_item();
        if (!reader.item(item) || !reader.end_item()) return false;
        bits |= range_bits(item.low, item.high, item.step);
    } while (!reader.done());
    return true;
}

bool parse_day_of_month(std::string_view text, FieldContext context, DayPattern& day) {
    Reader reader(text, context);
    reader.start_item();
    if (text == "?") {
        day.any_day_of_month = true;
        return true;
    }
    if (text.find('W') != text.npos) {
        day.plain = false;
        return parse_nearest(text, reader, day.nearest);
    }
    bool first = true;
    do {
        reader.start_item();
        Item item;
        if (reader.peek() == 'L') {
            day.plain = false;
            if (!parse_last_day(reader, day)) return false;
        } else {
            if (!reader.item(item)) return false;
            if (reader.peek() == '#') return reader.fail_item(Mistake::nth_misplaced);
            day.days |= static_cast<std::uint32_t>(range_bits(item.low, item.high, item.step) >> 1);
            if (first) day.any_day_of_month = item.wildcard;
        }
        if (reader.peek() == 'w') return reader.fail_item(Mistake::lower_case);
        if (!reader.end_item()) return false;
        first = false;
    } while (!reader.done());
    return true;
}

bool parse_day_of_week(std::string_view text, FieldContext context, DayPattern& day) {
    Reader reader(text, context);
    reader.start_item();
    day.both = reader.take('+');
    if (reader.peek() == '?' && text.size() == (day.both ? 2u : 1u)) {
        day.any_day_of_week = true;
        return true;
    }
    bool first = true;
    do {
        reader.start_item();
        Item item;
        if (reader.peek() == 'L') return reader.fail_item(Mistake::last_without_day);
        if (!reader.item(item) || !parse_weekday_suffix(reader, item, day)) return false;
        if (!reader.end_item()) return false;
        if (first) day.any_day_of_week = item.wildcard;
        first = false;
    } while (!reader.done());
    std::uint8_t special = day.last_weekdays;
    for (const std::uint8_t nth : day.nth_weekdays) special |= nth;
    if (special != 0) day.plain = false;
    return true;
}

bool parse_year(std::string_view text, FieldContext context, YearSet& years) {
    Reader reader(text, context);
    do {
        Item item;
        reader.start_item();
        if (!reader.item(item) || !reader.end_item()) return false;
        for (unsigned year = item.low; year <= item.high; year += item.step)
            years.add(static_cast<int>(year));
    } while (!reader.done());
    return true;
}

} // namespace agentcron::cron
