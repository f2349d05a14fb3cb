// manual DIR: the manual's pages of parameters, metrics and shipped presets, from the descriptions that the program
// itself uses.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "app/commands/command.h"
#include "app/commands/manual_pages.h"
#include "core/lab/atomic_file.h"

namespace tessera::commands {

void add_manual(CLI::App& program, Action& action) {
  const auto folder = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("manual", "Write the manual's pages of parameters, metrics and presets");
  command->add_option("DIR", *folder, "Where parameters.md, metrics.md and shipped-presets.md are written")->required();
  command->footer("docs/manual is made so: ./lab manual docs/manual");
  command->callback([folder, &action] {
    action = [folder] {
      std::error_code error;
      if (!std::filesystem::is_directory(*folder, error)) return report({{*folder, "is no folder", "a folder"}});
      for (const auto& [name, text] : manual_pages()) write_file(std::filesystem::path(*folder) / name, text);
      return static_cast<int>(fine);
    };
  });
}

}  // namespace tessera::commands
