// The generated pages of the manual.
#pragma once

#include <string>
#include <vector>

namespace tessera::commands {

struct Page {
  std::string name;  // "parameters.md"
  std::string text;  // Markdown
};

std::vector<Page> manual_pages();

}  // namespace tessera::commands
