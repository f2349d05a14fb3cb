// shot PRESET --steps N --out FILE.png: the window as it looks after so many steps, as a picture.
#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "app/commands/command.h"
#include "app/commands/engine_library.h"
#include "app/commands/look.h"
#include "app/commands/open.h"
#include "app/commands/places.h"
#include "app/commands/progress.h"
#include "app/commands/settings.h"
#include "app/window/window.h"
#include "core/experiment.h"

namespace tessera::commands {
namespace {

struct Request {
  std::string preset, steps, out, layout;
  Settings settings;
  Look look;
};

// Where the picture is taken: 0 is before the first step.
Result<std::int64_t> steps_of(const std::string& text) {
  ParameterSpec spec = *experiment_parameters().find("run.steps");
  spec.range.min = 0;
  const auto value = parse_value(spec, text, "--steps");
  if (!value) return value.problems;
  return std::get<std::int64_t>(*value.value);
}

int shot(const Request& request) {
  ShotOptions options;
  // The whole window has an interface scale, as on the screen. A panel's picture gets that many times its size, with
  // everything in its place.
  const bool panel = !request.layout.empty() && request.layout != "default";
  std::vector<Problem> problems = request.look.apply(options.window, panel ? 8 : 2.5);
  if (panel && options.window.scale > 0) options.scale = std::exchange(options.window.scale, 0);
  const auto steps = steps_of(request.steps);
  append(problems, steps.problems);
  Settings settings = request.settings;
  const auto preset = read_with_settings(request.preset, settings);
  append(problems, preset.problems);
  if (!problems.empty()) return report(problems);

  options.steps = *steps.value;
  if (options.steps > preset.value->parameters.integer("run.steps")) settings.steps = request.steps;  // a longer run
  connect(options.window, *find_preset(request.preset).value, settings);
  options.out = request.out;
  options.layout = request.layout;
  Progress progress(true);
  options.progress = [&](const Snapshot& snapshot) { progress.show(progress_text(snapshot)); };
  return with_graphics([&] {
    render_shot(options);
    progress.clear();
    return static_cast<int>(fine);
  });
}

}  // namespace

void add_shot(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command = program.add_subcommand("shot", "Train for some steps and write a picture of the window");
  command->add_option("PRESET", request->preset, "A file, or the name of a shipped preset")->required();
  command->add_option("--steps", request->steps, "How far to train first")->type_name("N")->required();
  request->settings.add_options(*command, false);
  command->add_option("--out", request->out, "The picture")->type_name("FILE.png")->required();
  command->add_option("--layout", request->layout, "default, or the name of a panel that then fills the window")
      ->type_name("NAME");
  request->look.add_options(*command);
  command->get_option("--scale")->description(
      "Interface scale, 0.75 to 2.5; with one panel, how many times --size the picture has, up to 8");
  command->callback([request, &action] { action = [request] { return shot(*request); }; });
}

}  // namespace tessera::commands
