// The window: what the program does when no command is named.
#include "app/commands/open.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <utility>

#include "app/commands/command.h"
#include "app/commands/engine_library.h"
#include "app/commands/look.h"
#include "app/commands/places.h"
#include "app/commands/recording.h"
#include "core/experiment.h"
#include "core/lab/recorded_snapshot.h"

namespace tessera::commands {
namespace {

struct Request {
  std::string preset = "specialize/first-light";
  Settings settings;
  Look look;
  bool reset_layout = false, play = false, quit = false;
  std::optional<std::string> out;
};

int open(const Request& request) {
  WindowOptions options;
  std::vector<Problem> problems = request.look.apply(options);
  const auto preset = read_with_settings(request.preset, request.settings);
  append(problems, preset.problems);
  if (!problems.empty()) return report(problems);

  connect(options, *find_preset(request.preset).value, request.settings);
  options.reset_layout = request.reset_layout;
  options.play = request.play;
  options.quit = request.quit;
  if (request.out) {  // the first one says now what is wrong with the folder
    options.make_recording = [first = std::make_shared<WindowRecorder>(*request.out),
                              out = *request.out](const std::optional<RecordedPast>& past) mutable {
      auto recorder = first ? std::exchange(first, nullptr)
                            : std::make_shared<WindowRecorder>(out, RunRecorder::Existing::beside, past);
      return WindowOptions::Recording{recorder, [recorder] { return recorder->folder(); }};
    };
  }
  return with_graphics([&] { return run_window(options); });
}

}  // namespace

void connect(WindowOptions& options, const std::filesystem::path& preset, const Settings& settings) {
  options.make_engine = new_engine;
  options.check = check_combinations;
  options.route = answer_about;
  options.before_graphics = load_engine_library;
  options.presets_folder = presets_folder();
  options.evidence_folder = presets_folder() / ".." / "docs" / "evidence";
  options.preset = preset;
  options.read_run = [](const std::filesystem::path& folder) {
    return read_snapshot(folder, experiment_parameters(), check_combinations);
  };
  options.read_preset = [preset, settings](const std::filesystem::path& path) {
    if (path == preset) return read_with_settings(path.string(), settings);
    return load_preset(path, experiment_parameters(), check_combinations);
  };
}

int with_graphics(const std::function<int()>& call) {
  try {
    return call();
  } catch (const GraphicsError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return bad_input;
  }
}

void add_window(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  program.add_option("--preset", request->preset, "The preset to open: a file, or the name of a shipped one")
      ->type_name("PRESET");
  request->settings.add_options(program);
  program.add_option("--out", request->out, "Record the run in this folder")->type_name("DIR");
  program.add_flag("--play", request->play, "Start training at once");
  program.add_flag("--quit", request->quit, "Close the window when the run has ended");
  program.add_flag("--reset-layout", request->reset_layout, "Start with the default layout of the panels");
  request->look.add_options(program);
  action = [request] { return open(*request); };
}

}  // namespace tessera::commands
