// What a shim under WhenFull::drop_middle left beside the spool: the end of the output.
#pragma once

#include "process/run_directory.hpp"
#include "process/spool_reader.hpp"

#include <vector>

namespace agentcron::process {

// The tail files, oldest output first, to be read behind the spool; the first begins with a frame
// of Stream::cut. Only once the shim is gone: before, it overwrites them. Empty if there are none.
std::vector<SpoolReader::Part> open_tail(const RunDirectory& directory);

} // namespace agentcron::process
