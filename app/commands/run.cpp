// run PRESET: trains without the window, into a folder of its own. run --resume: goes on where a run stopped.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "app/commands/command.h"
#include "app/commands/headless.h"
#include "app/commands/recording.h"
#include "app/commands/settings.h"
#include "core/experiment.h"
#include "core/lab/recorded_run.h"
#include "core/lab/recorder.h"
#include "core/lab/resume.h"
#include "core/lab/text.h"

namespace fs = std::filesystem;

namespace tessera::commands {
namespace {

struct Request {
  std::optional<std::string> preset, out, resume;
  std::optional<std::int64_t> checkpoint_every;
  Settings settings;
  bool quiet = false;
};

RunRecorder::Checkpoints checkpoints(const Request& request) {
  RunRecorder::Checkpoints wanted;
  wanted.steps = request.checkpoint_every.value_or(0);
  return wanted;
}

int start(const Request& request) {
  auto preset = read_with_settings(*request.preset, request.settings);
  if (!preset) return report(preset.problems);
  Headless run{*std::move(preset.value)};
  const fs::path folder = request.out ? fs::path(*request.out) : default_run_folder(run.preset);
  run.recorder =
      open_recorder("--out", folder, request.out ? RunRecorder::Existing::refuse : RunRecorder::Existing::beside,
                    checkpoints(request));
  run.quiet = request.quiet;
  return train(run);
}

int resume(const Request& request) {
  const fs::path folder = *request.resume;
  const Settings& settings = request.settings;
  if (request.preset || request.out || settings.seed || settings.steps || settings.device || !settings.set.empty()) {
    return report({{"--resume", "with a preset or other settings",
                    "only --quiet and --checkpoint-every beside it: a run goes on as it was started"}});
  }
  if (recorded_whole(folder, experiment_parameters(), check_combinations)) {
    if (!request.quiet) std::printf("%s is finished already; nothing to do\n", folder.c_str());
    return fine;
  }
  const std::shared_ptr<RunRecorder> continued =
      open_recorder("--resume", folder, RunRecorder::Existing::resume, checkpoints(request));
  auto found = continuation(continued->folder(), experiment_parameters(), check_combinations);
  if (!found) return report(found.problems);
  for (const Problem& damaged : found.value->damaged) {
    std::fprintf(stderr, "%s; passed over\n", damaged.text().c_str());
  }
  Headless run{std::move(found.value->preset)};
  run.recorder = continued;
  run.checkpoint = std::move(found.value->checkpoint);
  run.to_come = std::move(found.value->to_come);
  run.quiet = request.quiet;
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
  command
      ->add_option("--checkpoint-every", request->checkpoint_every,
                   "Save a checkpoint at each multiple of so many steps, besides each minute")
      ->type_name("STEPS")
      ->check(CLI::Range(std::int64_t{1}, max_step));
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
