#include "chaos/account.hpp"

#include "base/text.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

namespace agentcron::chaos {
namespace {

template <class Number>
Number number_of(std::string_view text) {
    Number number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// Up to the next blank, which goes too.
std::string_view take_word(std::string_view& text) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

} // namespace

Account parse_account(Run run, std::string_view text) {
    Account account{.run = run};
    for (std::string_view line : base::split(text, '\n')) {
        if (line.empty()) continue;
        const auto at = number_of<Micros>(take_word(line));
        const auto what = take_word(line);
        account.last = std::max(account.last, at);
        if (what == "start") account.starts.push_back(at);
        if (what == "out") account.out.emplace_back(line);
        if (what == "err") account.err.emplace_back(line);
        if (what == "answer") account.answer = line;
        if (what == "exit") account.exit_code = number_of<int>(line);
    }
    return account;
}

std::map<Run, Account> read_accounts(const std::filesystem::path& directory) {
    std::map<Run, Account> accounts;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const auto name = entry.path().filename().string();
        const auto dot = name.find('.');
        if (dot == std::string::npos) continue;
        const Run run{number_of<std::int64_t>(name), number_of<int>(name.substr(dot + 1))};
        std::ifstream in(entry.path(), std::ios::binary);
        accounts[run] = parse_account(run, std::string(std::istreambuf_iterator<char>(in), {}));
    }
    return accounts;
}

} // namespace agentcron::chaos
