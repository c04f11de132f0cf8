#include "tidy/cpp_text.hpp"

#include <algorithm>
#include <cctype>

namespace agentcron::tidy {

bool is_identifier_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

int line_at(std::string_view text, std::size_t offset) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
    return 1 + static_cast<int>(std::count(text.begin(), end, '\n'));
}

namespace {

class Scanner {
public:
    explicit Scanner(std::string_view source)
        : source_(source), result_{std::string(source), std::string(source), {}} {}

    CppText scan() {
        while (at_ < source_.size()) step();
        return std::move(result_);
    }

private:
    void step() {
        if (rest().starts_with("//")) {
            blank_comment(std::min(source_.find('\n', at_), source_.size()));
        } else if (rest().starts_with("/*")) {
            const std::size_t end = source_.find("*/", at_ + 2);
            blank_comment(end == std::string_view::npos ? source_.size() : end + 2);
        } else if (source_[at_] == '"') {
            in_raw_prefix() ? raw_literal() : literal('"');
        } else if (source_[at_] == '\'' && !after_digit()) {
            literal('\'');
        } else {
            ++at_;
        }
    }

    std::string_view rest() const { return source_.substr(at_); }
    // 1'000'000 is a number, not a character.
    bool after_digit() const { return at_ > 0 && is_identifier_character(source_[at_ - 1]); }
    bool in_raw_prefix() const { return at_ > 0 && source_[at_ - 1] == 'R'; }

    static void blank(std::string& text, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i)
            if (text[i] != '\n') text[i] = ' ';
    }

    void blank_comment(std::size_t end) {
        blank(result_.code, at_, end);
        at_ = end;
    }

    void literal(char quote) {
        std::size_t end = at_ + 1;
        while (end < source_.size() && source_[end] != quote && source_[end] != '\n')
            end += source_[end] == '\\' ? 2 : 1;
        keep_literal(at_ + 1, std::min(end, source_.size()), 1, quote == '"');
    }

    void raw_literal() {
        const std::size_t open = source_.find('(', at_);
        if (open == std::string_view::npos) return void(++at_);
        const std::string close = ")" + std::string(source_.substr(at_ + 1, open - at_ - 1)) + "\"";
        const std::size_t end = std::min(source_.find(close, open), source_.size());
        keep_literal(open + 1, end, close.size(), true);
    }

    // The inside is [from, to); `closing` bytes follow it.
    void keep_literal(std::size_t from, std::size_t to, std::size_t closing, bool is_string) {
        blank(result_.code, from, to);
        blank(result_.unquoted, from, to);
        if (is_string) add_literal(from, to);
        at_ = std::min(to + closing, source_.size());
        literal_end_ = at_;
    }

    void add_literal(std::size_t from, std::size_t to) {
        const std::string_view text = source_.substr(from, to - from);
        const std::string_view gap =
            source_.substr(literal_end_, std::max(at_, literal_end_) - literal_end_);
        const bool joined = !result_.literals.empty() &&
                            std::all_of(gap.begin(), gap.end(),
                                        [](unsigned char c) { return std::isspace(c) != 0; });
        if (joined)
            result_.literals.back().text += text;
        else
            result_.literals.push_back({line_at(source_, at_), std::string(text)});
    }

    std::string_view source_;
    std::size_t at_ = 0;
    std::size_t literal_end_ = 0; // just behind the last literal
    CppText result_;
};

} // namespace

CppText scan_cpp(std::string_view source) {
    return Scanner(source).scan();
}

} // namespace agentcron::tidy
