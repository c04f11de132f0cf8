#include "pattern_generator.hpp"

#include "support.hpp"

namespace agentcron::test {
namespace {

using rc::Gen;
namespace gen = rc::gen;

std::string number(int value) {
    return std::to_string(value);
}
Gen<int> from_to(int low, int high) {
    return gen::inRange(low, high + 1);
}

Gen<std::string> range(int min, int max) {
    return gen::apply(
        [](int a, int b) { return number(std::min(a, b)) + "-" + number(std::max(a, b)); },
        from_to(min, max), from_to(min, max));
}
Gen<std::string> stepped(Gen<std::string> base, int step_max) {
    return gen::apply([](const std::string& text, int step) { return text + "/" + number(step); },
                      std::move(base), from_to(1, step_max));
}
Gen<std::string> item(int min, int max, int step_max) {
    return gen::weightedOneOf<std::string>({{4, gen::map(from_to(min, max), number)},
                                            {2, range(min, max)},
                                            {1, stepped(range(min, max), step_max)},
                                            {1, stepped(gen::just(std::string{"*"}), step_max)}});
}
Gen<std::string> list(Gen<std::string> of) {
    return gen::apply(
        [](const std::vector<std::string>& items, const std::string& last) {
            std::string text;
            for (const std::string& i : items) text += i + ",";
            return text + last;
        },
        gen::resize(3, gen::container<std::vector<std::string>>(of)), of);
}
Gen<std::string> field(int min, int max, int step_max, std::size_t free) {
    return gen::weightedOneOf<std::string>({{free, gen::just(std::string{"*"})},
                                            {3, gen::map(from_to(min, max), number)},
                                            {2, item(min, max, step_max)},
                                            {2, list(item(min, max, step_max))}});
}

Gen<std::string> day_of_month(std::size_t free) {
    const Gen<std::string> last = gen::map(from_to(1, 30), [](int n) { return "L-" + number(n); });
    const Gen<std::string> some = gen::weightedOneOf<std::string>(
        {{3, item(1, 31, 31)}, {1, last}, {1, gen::just<std::string>("L")}});
    return gen::weightedOneOf<std::string>(
        {{free, gen::element<std::string>("*", "?", "*,3")},
         {4, list(some)},
         {1, gen::map(from_to(1, 31), [](int n) { return number(n) + "W"; })},
         {1, gen::just<std::string>("LW")},
         {1, gen::map(from_to(1, 30), [](int n) { return "L-" + number(n) + "W"; })}});
}

Gen<std::string> day_of_week(std::size_t free) {
    const Gen<std::string> weekday =
        gen::element<std::string>("0", "1", "3", "5", "6", "7", "SUN", "tue", "Fri");
    const Gen<std::string> suffix =
        gen::element<std::string>("", "", "", "#1", "#2", "#4", "#5", "#L", "L");
    const Gen<std::string> some = gen::weightedOneOf<std::string>(
        {{2, item(0, 7, 7)},
         {3, gen::apply([](const std::string& a, const std::string& b) { return a + b; }, weekday,
                        suffix)},
         {1, gen::element<std::string>("FRI-SUN", "5-7", "MON-THU/2", "1-5", "0-6", "1,*")}});
    const Gen<std::string> restricted =
        gen::apply([](const std::string& plus, const std::string& items) { return plus + items; },
                   gen::element<std::string>("", "", "+"), list(some));
    return gen::weightedOneOf<std::string>(
        {{free, gen::element<std::string>("*", "?", "*,1")}, {4, restricted}});
}

Gen<std::string> year() {
    return gen::weightedOneOf<std::string>({{3, gen::just<std::string>("*")},
                                            {1, gen::element<std::string>("*/2", "1970-2199/3")},
                                            {1, range(1970, 2199)},
                                            {1, gen::map(from_to(1970, 2199), number)}});
}

Gen<std::string> five_fields(std::size_t free_days) {
    return gen::apply(
        [](const std::string& minute, const std::string& hour, const std::string& day,
           const std::string& month, const std::string& weekday) {
            return minute + " " + hour + " " + day + " " + month + " " + weekday;
        },
        field(0, 59, 60, 1), field(0, 23, 24, 2), day_of_month(free_days), field(1, 12, 12, 8),
        day_of_week(free_days));
}

} // namespace

Gen<std::string> any_pattern() {
    const auto join = [](const std::string& a, const std::string& b) { return a + " " + b; };
    const Gen<std::string> six = gen::apply(join, field(0, 59, 60, 1), five_fields(4));
    return gen::oneOf(five_fields(4), five_fields(4), six, gen::apply(join, six, year()));
}

Gen<std::string> frequent_pattern() {
    return five_fields(20);
}

Gen<Place> any_place() {
    return gen::apply(
        [](const std::string& name, int which, int around, bool near) {
            const auto segments = zone(name).segments();
            constexpr std::int64_t years = 7258000000;
            if (!near || segments.size() < 2)
                return Place{name, static_cast<std::int64_t>(which) * 7919 % years};
            const std::size_t index = 1 + static_cast<std::size_t>(which) % (segments.size() - 1);
            return Place{name, std::max<std::int64_t>(segments[index].from + around, 0)};
        },
        gen::elementOf(eighty_zones()), gen::resize(1000, gen::inRange(0, 1 << 30)),
        from_to(-90000, 7200), gen::weightedElement<bool>({{4, true}, {1, false}}));
}

} // namespace agentcron::test
