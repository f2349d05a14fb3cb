// What the command line changes in a preset: --seed, --steps, --device and --set path=value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/lab/fork.h"
#include "core/lab/preset.h"

namespace CLI {
class App;
}

namespace tessera::commands {

struct Settings {
  std::optional<std::string> seed, steps, device;  // as typed
  std::vector<std::string> set;

  void add_options(CLI::App& command, bool with_steps = true);
};

// The preset that `name` means, with the settings applied (--set first, so that --seed and the like win) and everything
// checked. All problems are reported, not only the first.
Result<Preset> read_with_settings(const std::string& name, const Settings& settings);

// The settings one by one, as typed values.
Result<std::vector<Setting>> read_settings(const Settings& settings);

// The same for a preset that was read already, without checking combinations.
std::vector<Problem> apply(const Settings& settings, Preset& preset);

}  // namespace tessera::commands
