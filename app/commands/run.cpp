// run PRESET: trains without the window, into a folder of its own. run --resume: goes on where a run stopped.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "app/commands/command.h"
#include "app/commands/headless.h"
#include "app/commands/recording.h"
#include "app/commands/settings.h"
#include "core/experiment.h"
#include "core/lab/checkpoint.h"
#include "core/lab/recorded_run.h"
#include "core/lab/recorder.h"
#include "core/lab/text.h"

namespace fs = std::filesystem;

namespace tessera::commands {
namespace {

struct Request {
  std::optional<std::string> preset, out, resume;
  Settings settings;
  bool quiet = false;
};

int start(const Request& request) {
  auto preset = read_with_settings(*request.preset, request.settings);
  if (!preset) return report(preset.problems);
  Headless run{*std::move(preset.value)};
  run.recorder = request.out ? open_recorder("--out", *request.out)
                             : open_recorder("--out", default_run_folder(run.preset), RunRecorder::Existing::beside);
  run.quiet = request.quiet;
  return train(run);
}

int resume(const Request& request) {
  const fs::path folder = *request.resume;
  const Settings& settings = request.settings;
  if (request.preset || request.out || settings.seed || settings.steps || settings.device || !settings.set.empty()) {
    return report(
        {{"--resume", "with a preset or other settings", "only --quiet beside it: a run goes on as it was started"}});
  }
  if (recorded_state(folder) == State::finished) {
    if (!request.quiet) std::printf("%s is finished already; nothing to do\n", folder.c_str());
    return fine;
  }
  const std::shared_ptr<RunRecorder> continued = open_recorder("--resume", folder, RunRecorder::Existing::resume);
  auto preset = recorded_preset(folder, experiment_parameters(), check_combinations);
  if (!preset) return report(preset.problems);
  auto timeline = recorded_timeline(folder, *preset.value, check_combinations);
  if (!timeline) return report(timeline.problems);

  Headless run{*std::move(preset.value)};
  run.recorder = continued;
  run.quiet = request.quiet;
  std::error_code error;
  if (const fs::path saved = checkpoint_file(continued->folder()); fs::exists(saved, error)) {
    // One at the very end leaves nothing to compute, but a summary to write: then the run is repeated.
    const Checkpoint checkpoint = read_checkpoint(saved, experiment_parameters());
    if (checkpoint.step < checkpoint.parameters.integer("run.steps")) {
      run.checkpoint = saved;
      for (const Intervention& change : *timeline.value) {
        if (change.step >= checkpoint.step) run.to_come.push_back(change);
      }
    }
  }
  if (!run.checkpoint) run.preset.schedule = *std::move(timeline.value);  // from the start, with all that was changed
  return train(run);
}

}  // namespace

void add_run(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command = program.add_subcommand("run", "Train without the window and record everything in a folder");
  command->add_option("PRESET", request->preset, "A file, or the name of a shipped preset");
  request->settings.add_options(*command);
  command->add_option("--out", request->out, "A new or empty folder; runs/PRESET-SEED-TIME if not given")
      ->type_name("DIR");
  command->add_option("--resume", request->resume, "Go on with the interrupted run in this folder")->type_name("RUN");
  command->add_flag("--quiet", request->quiet, "No progress and no summary");
  command->callback([request, &action] {
    action = [request] {
      if (request->resume) return resume(*request);
      if (request->preset) return start(*request);
      return report({{"run", "without a PRESET", "./lab run PRESET, or ./lab run --resume RUN"}});
    };
  });
}

}  // namespace tessera::commands
