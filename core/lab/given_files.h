// Files that somebody else may have made: a run's folder from a stranger must neither lead elsewhere nor never end.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/lab/problem.h"

namespace tessera {

// The whole of a regular file (a link to one is followed) of at most `most` bytes. Devices and pipes are refused.
Result<std::string> read_given_file(const std::filesystem::path& file, std::size_t most);

// What is below a run's folder besides folders and regular files. What goes on with a run writes to the files that it
// finds, so that a link among them would have it write outside. The folder itself may be a link.
std::vector<Problem> links_below(const std::filesystem::path& folder);

}  // namespace tessera
