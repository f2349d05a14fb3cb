// check PRESET...: every problem of presets, without building anything.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/commands/command.h"
#include "app/commands/places.h"
#include "core/experiment.h"
#include "core/lab/preset.h"

namespace tessera::commands {

void add_check(CLI::App& program, Action& action) {
  const auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      program.add_subcommand("check", "Validate presets: every problem with its path and what is allowed");
  command->add_option("PRESET", *names, "Files, or names of shipped presets")->required();
  command->callback([names, &action] {
    action = [names] {
      int code = fine;
      for (const std::string& name : *names) {
        const auto file = find_preset(name);
        const auto problems =
            file ? load_preset(*file.value, experiment_parameters(), check_combinations).problems : file.problems;
        if (problems.empty()) {
          std::printf("%s: fine\n", name.c_str());
        } else {
          code = report(problems);
        }
      }
      return code;
    };
  });
}

}  // namespace tessera::commands
