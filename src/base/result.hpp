// A value or an error, for results that are expected (STYLE: never exceptions for those).
// `if (!r) use(r.error()); else use(*r);` Calling value() on an error is not supported for our
// types.
#pragma once

#include <boost/system/result.hpp>

namespace agentcron::base {

template <class T, class E>
using Result = boost::system::result<T, E>;

} // namespace agentcron::base
