// How the window is to look: the options that opening it and rendering it share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/window/window.h"
#include "core/lab/problem.h"

namespace CLI {
class App;
}

namespace tessera::commands {

struct Look {
  std::optional<std::string> size, theme, scale;  // as typed

  void add_options(CLI::App& command);
  // Into the options; the problems of what was typed.
  std::vector<Problem> apply(WindowOptions& options, double most_scale = 2.5) const;
};

}  // namespace tessera::commands
