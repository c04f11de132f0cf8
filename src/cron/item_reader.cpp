#include "cron/item_reader.hpp"

#include "cron/hash_value.hpp"

#include <algorithm>

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

bool is_digit(char c) {
    return static_cast<unsigned char>(c - '0') < 10;
}
bool is_letter(char c) {
    return static_cast<unsigned char>((c | 0x20) - 'a') < 26;
}
constexpr std::uint8_t bit_of(Field field) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(field));
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

bool ItemReader::fail_item(Mistake mistake) {
    while (!done() && *at_ != ',') ++at_;
    fault_ = {mistake, field_, {item_start_, static_cast<std::size_t>(at_ - item_start_)}};
    return false;
}

// The `L` of FRIL, or an `l` to complain about, and nothing longer.
bool ItemReader::is_last_suffix(const char* c) const {
    return field_ == Field::day_of_week && (*c | 0x20) == 'l' &&
           (c + 1 == end_ || !is_letter(c[1]));
}

// Names the mistake where a value should stand.
bool ItemReader::junk() {
    const char c = peek();
    if (c == ',' || done()) return fail_item(Mistake::empty_item);
    if (c == '/') return fail_item(Mistake::step_without_range);
    if (c == '?') return fail_item(Mistake::question_mark);
    if (c == '+') return fail_item(Mistake::plus_misplaced);
    if (c == '~') return fail_item(Mistake::random);
    if (c == 'L') return fail_item(Mistake::last_misplaced);
    if (c == 'l' || c == 'h' || c == 'w') return fail_item(Mistake::lower_case);
    return fail_item(Mistake::not_a_value);
}

bool ItemReader::value(unsigned& out, bool* named) {
    if (!is_digit(peek())) {
        if (end_ - at_ < 3 || !is_letter(*at_)) return junk();
        const int found = value_of_name(field_, {at_, 3});
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
    const int digits_max = field_ == Field::year ? 4 : 2;
    while (at_ != end_ && is_digit(*at_)) {
        if (at_ - start == digits_max) return fail_item(Mistake::too_many_digits);
        number = number * 10 + static_cast<unsigned>(*at_++ - '0');
    }
    if (digits_max == 4 && at_ - start != 4) return fail_item(Mistake::year_digits);
    if (number < limits_->min || number > limits_->max) return fail_item(Mistake::out_of_range);
    out = number;
    return true;
}

bool ItemReader::step(unsigned& out) {
    const char* const start = at_;
    const int digits_max = field_ == Field::year ? 3 : 2;
    unsigned number = 0;
    while (at_ != end_ && is_digit(*at_)) {
        if (number > 999) return fail_item(Mistake::step_too_large);
        number = number * 10 + static_cast<unsigned>(*at_++ - '0');
    }
    if (at_ == start) return fail_item(Mistake::step_missing);
    if (number == 0) return fail_item(Mistake::step_zero);
    if (number > limits_->step_max) return fail_item(Mistake::step_too_large);
    if (at_ - start > digits_max) return fail_item(Mistake::too_many_digits);
    out = number;
    return true;
}

void ItemReader::note_step(const Item& item) {
    Spelling& spelling = spelling_;
    const std::uint8_t bit = bit_of(field_);
    spelling.stepped |= bit;
    const bool whole = item.low == limits_->min && item.high >= limits_->wildcard_max;
    const unsigned size = limits_->wildcard_max - limits_->min + 1;
    if (item.step > item.high - item.low + 1) spelling.overlong_steps |= bit;
    if (whole && size % item.step != 0 && field_ != Field::year) spelling.uneven |= bit;
}

// `H`, `H(a-b)`, `H/n`, `H(a-b)/n`, resolved at once. Days of the month stop at 28, so that every
// month has the value.
bool ItemReader::hashed(Item& item) {
    ++at_;
    item.low = limits_->min;
    item.high = field_ == Field::day_of_month ? 28 : limits_->wildcard_max;
    if (take('(')) {
        bool named = false;
        if (!value(item.low)) return false;
        if (!take('-')) return fail_item(Mistake::hash_range);
        if (!value(item.high, &named)) return false;
        if (named && field_ == Field::day_of_week && item.high == 0) item.high = 7;
        if (!take(')') || item.low > item.high) return fail_item(Mistake::hash_range);
    }
    const std::uint64_t hash = hash_of_job(job_id_, field_);
    const unsigned count = item.high - item.low + 1;
    if (take('/')) {
        if (!step(item.step)) return false;
        note_step(item);
        saw_interval_ = true;
        item.low += static_cast<unsigned>(hash % std::min(item.step, count));
        return true;
    }
    item.low += static_cast<unsigned>(hash % count);
    item.high = item.low;
    return true;
}

bool ItemReader::range_end(Item& item) {
    bool named = false;
    if (!value(item.high, &named)) return false;
    // As an upper bound, Sunday is 7: FRI-SUN.
    if (named && field_ == Field::day_of_week && item.high == 0) item.high = 7;
    return item.high >= item.low || fail_item(Mistake::descending);
}

// "*" ["/" n] | v | v "-" v ["/" n] | "H" ...
bool ItemReader::item(Item& item) {
    if (take('*')) {
        item.low = limits_->min;
        item.high = limits_->wildcard_max;
        item.wildcard = peek() != '/';
        if (item.wildcard && !done() && peek() != ',')
            return fail_item(Mistake::wildcard_with_more);
    } else if (peek() == 'H' && field_ != Field::year) {
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
    saw_interval_ = true;
    if (!take('/')) return true;
    if (!step(item.step)) return false;
    note_step(item);
    return true;
}

} // namespace agentcron::cron
