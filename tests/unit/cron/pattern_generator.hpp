// Random valid patterns without `H`, in every form of the grammar, for the property tests.
#pragma once

#include <rapidcheck.h>
#include <string>

namespace agentcron::test {

// Five, six or seven fields.
rc::Gen<std::string> any_pattern();

// Five fields, with the days mostly free: fires often.
rc::Gen<std::string> frequent_pattern();

// A zone of eighty_zones() and an instant from 1970 to 2199, mostly close to a change of its clock.
struct Place {
    std::string zone;
    std::int64_t utc;
};
rc::Gen<Place> any_place();

} // namespace agentcron::test
