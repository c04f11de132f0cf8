#include "cron/crontab.hpp"
#include "cron/crontab_yaml.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;
using cron::CrontabForm;

cron::CrontabEntry only_entry(const std::string& text, CrontabForm form = CrontabForm::user) {
    const cron::Crontab crontab = cron::read_crontab(text, form);
    REQUIRE(crontab.entries.size() == 1);
    return crontab.entries[0];
}
bool is_noted(const cron::Crontab& crontab, std::size_t line, const std::string& part) {
    for (const cron::CrontabNote& note : crontab.notes)
        if (note.line == line && note.text.find(part) != std::string::npos) return true;
    return false;
}

TEST_CASE("a line of a user's crontab is a pattern and a command", "[unit][cron]") {
    const auto entry =
        only_entry("# backups\n\n  30 2 * * 1-5   /usr/local/bin/backup.sh --all  \n");
    CHECK(entry.line == 3);
    CHECK(entry.cron == "30 2 * * 1-5");
    CHECK(entry.command == "/usr/local/bin/backup.sh --all");
    CHECK(entry.name == "backup");
    CHECK(entry.shell == "/bin/sh");
    CHECK(entry.input.empty());
    CHECK(only_entry("@reboot start-it").cron == "@reboot");
    CHECK(only_entry("@daily\tclean-up").cron == "@daily");
    CHECK(only_entry("0 5 * * * true\r\n").command == "true");
}

TEST_CASE("a system crontab names the user", "[unit][cron]") {
    const std::string text = "17 * * * * root cd / && run-parts --report /etc/cron.hourly\n";
    const auto crontab = cron::read_crontab(text, CrontabForm::system);
    REQUIRE(crontab.entries.size() == 1);
    CHECK(crontab.entries[0].user == "root");
    CHECK(crontab.entries[0].command == "cd / && run-parts --report /etc/cron.hourly");
    CHECK(is_noted(crontab, 1, "root"));
    CHECK(only_entry("@reboot www start", CrontabForm::system).user == "www");
}

TEST_CASE("settings hold for the entries after them", "[unit][cron]") {
    const auto crontab = cron::read_crontab("0 1 * * * first\n"
                                            "CRON_TZ=Asia/Tokyo\n"
                                            "SHELL = /bin/bash\n"
                                            "PATH=\"/usr/bin:/bin\"\n"
                                            "MAILTO=ops@example.org\n"
                                            "0 1 * * * second\n"
                                            "PATH='/opt/bin'\n"
                                            "MAILTO=\"\"\n"
                                            "0 1 * * * third\n",
                                            CrontabForm::user);
    REQUIRE(crontab.entries.size() == 3);
    CHECK(crontab.entries[0].timezone.empty());
    CHECK(crontab.entries[0].environment.empty());
    CHECK(crontab.entries[1].timezone == "Asia/Tokyo");
    CHECK(crontab.entries[1].shell == "/bin/bash");
    using Environment = std::vector<std::pair<std::string, std::string>>;
    CHECK(crontab.entries[1].environment == Environment{{"PATH", "/usr/bin:/bin"}});
    CHECK(crontab.entries[2].environment == Environment{{"PATH", "/opt/bin"}});
    CHECK(is_noted(crontab, 5, "ops@example.org"));
    CHECK(is_noted(crontab, 8, "no mail"));
}

TEST_CASE("a percent sign starts the input, a backslash keeps it", "[unit][cron]") {
    const auto mail = only_entry("0 9 * * 1 mail -s Hello bob%Hi Bob,%%Bye.");
    CHECK(mail.command == "mail -s Hello bob");
    CHECK(mail.input == "Hi Bob,\n\nBye.\n");
    const auto date = only_entry("0 9 * * 1 date +\\%F >> log");
    CHECK(date.command == "date +%F >> log");
    CHECK(date.input.empty());
    CHECK(only_entry("0 9 * * 1 cat%50\\% off").input == "50% off\n");
}

TEST_CASE("day fields that start with a star keep their meaning", "[unit][cron]") {
    const auto pattern = [](const std::string& day, const std::string& weekday) {
        std::vector<std::string> notes;
        return cron::pattern_of_crontab({"0", "0", day, "*", weekday}, notes);
    };
    CHECK(pattern("*/2", "MON") == "0 0 */2 * +MON");
    CHECK(pattern("*/1", "1") == "0 0 */1 * +1");
    CHECK(pattern("1", "*/2") == "0 0 1 * +*/2");
    CHECK(pattern("*/2", "*/2") == "0 0 */2 * +*/2");
    CHECK(pattern("1-31", "MON") == "0 0 1-31 * MON");
    CHECK(pattern("*/2", "*") == "0 0 */2 * *");
    CHECK(pattern("*,5", "MON") == "0 0 *,5 * MON");
    CHECK(pattern("13", "5") == "0 0 13 * 5");
    const auto crontab = cron::read_crontab("0 0 */2 * MON x\n", CrontabForm::user);
    CHECK(is_noted(crontab, 1, "+ added"));
    CHECK(expression(crontab.entries[0].cron) == expression("0 0 */2 * +MON"));
}

TEST_CASE("what cron reads differently is rewritten and noted", "[unit][cron]") {
    const auto crontab = cron::read_crontab("*/90 * * * * a\n"
                                            "0~30 4 * * * b\n"
                                            "@every_minute c\n",
                                            CrontabForm::user);
    REQUIRE(crontab.entries.size() == 3);
    CHECK(crontab.entries[0].cron == "0 * * * *");
    CHECK(is_noted(crontab, 1, "first value"));
    CHECK(crontab.entries[1].cron == "H(0-30) 4 * * *");
    CHECK(is_noted(crontab, 2, "H(0-30)"));
    CHECK(crontab.entries[2].cron == "* * * * *");
}

TEST_CASE("lines that cannot be taken over are left out and noted", "[unit][cron]") {
    const auto crontab =
        cron::read_crontab("61 * * * * a\n0 0 * *\n0 0 * * *\nhello\n@daily\n", CrontabForm::user);
    CHECK(crontab.entries.empty());
    CHECK(is_noted(crontab, 1, "61"));
    for (std::size_t line = 2; line <= 5; ++line) CHECK(is_noted(crontab, line, "left out"));
}

TEST_CASE("names come from the command and are unique", "[unit][cron]") {
    const auto crontab = cron::read_crontab("@daily FOO=1 /opt/My_Tool.py -x\n"
                                            "@daily my-tool\n"
                                            "@daily cd\n"
                                            "@daily ((\n",
                                            CrontabForm::user);
    REQUIRE(crontab.entries.size() == 4);
    CHECK(crontab.entries[0].name == "my-tool");
    CHECK(crontab.entries[1].name == "my-tool-2");
    CHECK(crontab.entries[2].name == "job");
    CHECK(crontab.entries[3].name == "job-2");
}

TEST_CASE("an imported crontab is YAML with one agent per entry", "[unit][cron]") {
    const auto crontab = cron::read_crontab("MAILTO=me\n"
                                            "LANG=C\n"
                                            "0 0 */2 * MON echo \"a\\b\" 'c'\n"
                                            "CRON_TZ=Asia/Tokyo\n"
                                            "0 9 * * 1 mail bob%Hi%%  Bye\n",
                                            CrontabForm::user);
    CHECK(cron::crontab_yaml(crontab, "Europe/Berlin") ==
          R"(# line 1: mail went to me: here the output is kept
# line 3: + added in front of "MON": cron wants both day fields to match where one starts with *

agents:
  echo:
    driver: command
    command: ["/bin/sh", -c, "echo \"a\\b\" 'c'"]
    env:
      "LANG": "C"
  mail:
    driver: command
    command: ["/bin/sh", -c, "mail bob"]
    env:
      "LANG": "C"

schedules:
  echo: # line 3
    cron: "0 0 */2 * +MON"
    timezone: "Europe/Berlin"
    agent: echo
  mail: # line 5
    cron: "0 9 * * 1"
    timezone: "Asia/Tokyo"
    agent: mail
    prompt: |
      Hi

        Bye
)");
    CHECK(cron::crontab_yaml({}, "UTC") == "agents: {}\nschedules: {}\n");
}

} // namespace
} // namespace agentcron
