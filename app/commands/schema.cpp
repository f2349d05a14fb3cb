// schema: the JSON Schema of presets, which presets/schema.json is.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/commands/command.h"
#include "core/experiment.h"
#include "core/lab/preset.h"

namespace tessera::commands {

void add_schema(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("schema", "Print the JSON Schema of presets");
  command->footer("presets/schema.json is made so: ./lab schema > presets/schema.json");
  command->callback([&action] {
    action = [] {
      std::fputs(preset_schema_json(experiment_parameters()).c_str(), stdout);
      return std::fflush(stdout) == 0 ? fine : failed;
    };
  });
}

}  // namespace tessera::commands
