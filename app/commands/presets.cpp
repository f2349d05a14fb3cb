// presets: what is shipped, with its data needs and expected time.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands/command.h"
#include "app/commands/places.h"
#include "core/experiment.h"
#include "core/lab/json_text.h"
#include "core/lab/preset.h"
#include "core/lab/text.h"

namespace tessera::commands {
namespace {

struct Shipped {
  PresetFile file;
  Preset preset;
};

std::vector<Shipped> shipped_presets(std::vector<Problem>& problems) {
  std::vector<Shipped> found;
  for (const PresetFile& file : find_presets(presets_folder())) {
    auto preset = load_preset(file.path, experiment_parameters(), check_combinations);
    if (preset) {
      found.push_back({file, *std::move(preset.value)});
    } else {
      append(problems, preset.problems);
    }
  }
  return found;
}

void print_as_json(const std::vector<Shipped>& presets) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& [file, preset] : presets) {
    list.push_back({{"path", "presets/" + file.name + ".json"},
                    {"title", preset.title},
                    {"topic", file.topic},
                    {"about", preset.about},
                    {"data", data_of(preset)},
                    {"minutes", preset.minutes}});
  }
  std::fputs((list.dump(2) + "\n").c_str(), stdout);
}

void print_as_text(const std::vector<Shipped>& presets) {
  std::size_t name_width = 0, data_width = 0;
  for (const auto& [file, preset] : presets) {
    name_width = std::max(name_width, file.name.size());
    data_width = std::max(data_width, data_of(preset).size());
  }
  for (const auto& [file, preset] : presets) {
    const std::string time = preset.minutes > 0 ? number_text(preset.minutes) + " min" : "";
    std::printf("%-*s  %-*s  %8s  %s\n", static_cast<int>(name_width), file.name.c_str(), static_cast<int>(data_width),
                data_of(preset).c_str(), time.c_str(), preset.title.c_str());
  }
}

}  // namespace

void add_presets(CLI::App& program, Action& action) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command =
      program.add_subcommand("presets", "List the shipped presets: name, data set, time on two cores, title");
  command->add_flag("--json", *json, "An array of objects: path, title, topic, about, data, minutes");
  command->callback([json, &action] {
    action = [json] {
      std::vector<Problem> problems;
      const std::vector<Shipped> presets = shipped_presets(problems);
      if (presets.empty() && problems.empty()) {
        problems.push_back({presets_folder().string(), "there are no presets", "a folder TOPIC with NAME.json in it"});
      }
      *json ? print_as_json(presets) : print_as_text(presets);
      return problems.empty() ? fine : report(problems);
    };
  });
}

}  // namespace tessera::commands
