// Walks over a pattern once, item by item: the hot half of parse(). No allocation, no text made.
#pragma once

#include "cron/fault.hpp"

#include <array>

namespace agentcron::cron {

struct FieldLimits {
    unsigned min;
    unsigned max;          // the largest value that may be written
    unsigned wildcard_max; // the largest value of `*`: 6 for weekdays, where 7 is 0 again
    unsigned step_max;
};
const FieldLimits& limits_of(Field field);

// The month (1-12) or weekday (0-6) of a three-letter name in any case; -1 if it is none.
int value_of_name(Field field, std::string_view three_letters);

// One item of a list.
struct Item {
    unsigned low = 0;
    unsigned high = 0;
    unsigned step = 1;
    bool wildcard = false; // exactly `*`
    bool single = false;   // one written value: not a range, not `H`
};

// Stands in one field at a time; a field ends at a blank or at the end of the pattern. Functions
// that return false have filled the fault.
class ItemReader {
public:
    ItemReader(std::string_view pattern, std::string_view job_id, Fault& fault)
        : at_(pattern.data())
        , end_(pattern.data() + pattern.size())
        , job_id_(job_id)
        , fault_(fault) {}

    // Skips blanks and stands in front of a field's first item.
    void enter(Field field) {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
        field_ = field;
        limits_ = &limits_of(field);
        item_start_ = at_;
    }
    Field field() const { return field_; }
    bool done() const { return at_ == end_ || *at_ == ' ' || *at_ == '\t'; }
    char peek() const { return at_ == end_ ? '\0' : *at_; }
    char peek_after() const { return end_ - at_ < 2 ? '\0' : at_[1]; }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    // Takes a character that must be the whole rest of the field.
    bool take_last(char c) {
        if (peek() != c || !(end_ - at_ == 1 || at_[1] == ' ' || at_[1] == '\t')) return false;
        ++at_;
        return true;
    }
    void start_item() { item_start_ = at_; }
    // After an item: a comma with more to come, or the end (done() says which).
    bool end_item() {
        if (done()) return true;
        if (*at_ != ',') return fail_item(Mistake::not_a_value);
        ++at_;
        item_start_ = at_;
        return !done() || fail_item(Mistake::empty_item);
    }

    // "*" ["/" n] | v | v "-" v ["/" n] | "H" ["(" a "-" b ")"] ["/" n]
    bool item(Item& item);
    // A number or a name; tells whether it was a name.
    bool value(unsigned& out, bool* named = nullptr);

    // Blames the whole item, up to its comma.
    bool fail_item(Mistake mistake);

    // Whether any field so far has `*`, `-` or `/`, apart from `H(a-b)`.
    bool saw_interval() const { return saw_interval_; }
    const Spelling& spelling() const { return spelling_; }

private:
    bool is_last_suffix(const char* c) const;
    bool junk();
    bool step(unsigned& out);
    bool hashed(Item& item);
    bool range_end(Item& item);
    void note_step(const Item& item);

    const char* at_;
    const char* end_;
    const char* item_start_ = nullptr;
    const FieldLimits* limits_ = nullptr;
    Field field_ = Field::pattern;
    bool saw_interval_ = false;
    Spelling spelling_{};
    std::string_view job_id_;
    Fault& fault_;
};

// [n]: the bits 0, n, 2n, ... of a word.
inline constexpr auto strides = [] {
    std::array<std::uint64_t, 61> table{};
    for (unsigned n = 1; n < table.size(); ++n)
        for (unsigned bit = 0; bit < 64; bit += n) table[n] |= std::uint64_t{1} << bit;
    return table;
}();

// The values of an item as bits; not for years.
inline std::uint64_t bits_of(const Item& item) {
    return (strides[item.step] << item.low) & (~std::uint64_t{0} >> (63 - item.high));
}

} // namespace agentcron::cron
