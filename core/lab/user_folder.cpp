#include "core/lab/user_folder.h"

#include <cstdlib>

namespace tessera {

std::filesystem::path user_folder(const char* variable, const char* below_home) {
  const char* const xdg = std::getenv(variable);
  if (xdg && *xdg == '/') return std::filesystem::path(xdg) / "tessera";
  const char* const home = std::getenv("HOME");
  if (home && *home) return std::filesystem::path(home) / below_home / "tessera";
  return {};
}

}  // namespace tessera
