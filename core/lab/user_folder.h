// Where a person's files of a kind lie (XDG Base Directory Specification).
#pragma once

#include <filesystem>

namespace tessera {

// $VARIABLE/tessera, else ~/BELOW_HOME/tessera: user_folder("XDG_CACHE_HOME", ".cache"). Relative values of the
// variable are invalid by the standard. Empty when neither is set.
std::filesystem::path user_folder(const char* variable, const char* below_home);

}  // namespace tessera
