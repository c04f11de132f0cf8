#include "cron/field_parser.hpp"

namespace agentcron::cron {
namespace {

bool is_digit(char c) {
    return static_cast<unsigned char>(c - '0') < 10;
}

// 7 is Sunday again.
std::uint8_t weekday_bits(const Item& item) {
    const std::uint64_t bits = bits_of(item);
    return static_cast<std::uint8_t>((bits | (bits >> 7)) & 0x7f);
}

// The number of `L-n`, the dash taken.
bool parse_offset(ItemReader& reader, unsigned& back) {
    if (!is_digit(reader.peek())) return reader.fail_item(Mistake::last_offset);
    if (reader.peek() == '0' && !is_digit(reader.peek_after()))
        return reader.fail_item(Mistake::last_offset);
    if (!reader.value(back)) return false;
    return back <= 30 || reader.fail_item(Mistake::last_offset);
}

// `15W`, `LW`, `L-3W`, the `W` not yet taken: it must be the whole field.
bool parse_nearest(ItemReader& reader, NearestWeekday::To to, unsigned number, bool first,
                   DayPattern& day) {
    if (!first || !reader.take_last('W')) return reader.fail_item(Mistake::nearest_not_alone);
    day.plain = false;
    day.nearest = {to, static_cast<std::uint8_t>(number)};
    return true;
}

// `L`, `L-n` and what a `W` makes of them.
bool parse_last_day(ItemReader& reader, bool first, DayPattern& day) {
    reader.take('L');
    unsigned back = 0;
    if (reader.take('-') && !parse_offset(reader, back)) return false;
    if (reader.peek() == 'W')
        return parse_nearest(reader, NearestWeekday::To::last, back, first, day);
    day.plain = false;
    day.days_from_end |= 1u << back;
    return true;
}

bool parse_day(ItemReader& reader, bool first, DayPattern& day) {
    Item item;
    if (!reader.item(item)) return false;
    if (reader.peek() == 'W')
        return parse_nearest(reader, NearestWeekday::To::day, item.low, first && item.single, day);
    if (reader.peek() == '#') return reader.fail_item(Mistake::nth_misplaced);
    day.days |= static_cast<std::uint32_t>(bits_of(item) >> 1);
    if (first) day.any_day_of_month = item.wildcard;
    return true;
}

// What may follow a single weekday: `#2`, `#L`, `L`, or nothing.
bool parse_weekday_suffix(ItemReader& reader, const Item& item, DayPattern& day) {
    const bool nth = reader.take('#');
    if (!nth && reader.peek() != 'L') {
        if (reader.peek() == 'l') return reader.fail_item(Mistake::lower_case);
        day.weekdays |= weekday_bits(item);
        return true;
    }
    if (!item.single) return reader.fail_item(Mistake::day_range_with_suffix);
    const std::uint8_t bits = weekday_bits(item);
    if (reader.take('L')) {
        day.last_weekdays |= bits;
        day.plain = false;
        return true;
    }
    const char digit = reader.peek();
    if (digit == 'l') return reader.fail_item(Mistake::lower_case);
    if (digit < '1' || digit > '5' || is_digit(reader.peek_after()))
        return reader.fail_item(Mistake::nth_number);
    reader.take(digit);
    day.plain = false;
    day.nth_weekdays[static_cast<unsigned>(digit - '1')] |= bits;
    return true;
}

} // namespace

bool parse_plain_field(ItemReader& reader, std::uint64_t& bits) {
    do {
        Item item;
        reader.start_item();
        if (!reader.item(item) || !reader.end_item()) return false;
        bits |= bits_of(item);
    } while (!reader.done());
    return true;
}

bool parse_day_of_month(ItemReader& reader, DayPattern& day) {
    if (reader.take_last('?')) {
        day.any_day_of_month = true;
        return true;
    }
    bool first = true;
    do {
        reader.start_item();
        const bool good = reader.peek() == 'L' ? parse_last_day(reader, first, day)
                                               : parse_day(reader, first, day);
        if (!good) return false;
        if (reader.peek() == 'w') return reader.fail_item(Mistake::lower_case);
        if (!reader.end_item()) return false;
        first = false;
    } while (!reader.done());
    return true;
}

bool parse_day_of_week(ItemReader& reader, DayPattern& day) {
    day.both = reader.take('+');
    if (reader.take_last('?')) {
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
    return true;
}

bool parse_year(ItemReader& reader, YearSet& years) {
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
