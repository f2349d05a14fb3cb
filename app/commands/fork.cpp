// fork RUN --at STEP --set path=value: goes on with a recorded run from a step, with something changed.
#include "core/lab/fork.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "app/commands/command.h"
#include "app/commands/headless.h"
#include "app/commands/recording.h"
#include "app/commands/settings.h"
#include "core/experiment.h"
#include "core/lab/checkpoints.h"
#include "core/lab/description_json.h"
#include "core/lab/given_files.h"
#include "core/lab/recorded_run.h"

namespace fs = std::filesystem;

namespace tessera::commands {
namespace {

struct Request {
  std::string run;
  std::int64_t at = 0;
  Settings settings;
  std::optional<std::string> out;
  bool quiet = false;
};

// How far the run has come: what it recorded last, or saved.
std::int64_t recorded_steps(const RecordedRun& run) {
  const auto saved = saved_checkpoints(run.folder);
  return std::max(run.steps, saved.empty() ? 0 : saved.back().step);
}

RecordedBy recorded_by(const fs::path& folder) {
  RecordedBy found{recorded_commit(folder), ""};
  const fs::path file = folder / "description.json";
  const auto text = read_given_file(file, max_description_bytes);
  if (!text) return found;
  const auto description = read_description(*text.value, file.string());
  if (description) found.device = description.value->device;
  return found;
}

int fork(const Request& request) {
  const fs::path folder = request.run;
  const auto parent = read_run(folder, experiment_parameters(), check_combinations);
  if (!parent) return report(parent.problems);
  const RecordedRun& run = *parent.value;
  if (const std::int64_t done = recorded_steps(run); request.at > done) {
    return report(
        {{"--at", std::to_string(request.at), "0 to " + std::to_string(done) + ", as far as the run has come"}});
  }
  const auto settings = read_settings(request.settings);
  if (!settings) return report(settings.problems);
  auto fork = fork_of(run.preset, run.timeline, request.at, *settings.value, check_combinations);
  if (!fork) {
    for (Problem& problem : fork.problems) problem.where = "fork: " + problem.where;
    return report(fork.problems);
  }
  FoundCheckpoint found;
  if (request.at > 0) found = find_checkpoint(folder, request.at, experiment_parameters());
  for (const Problem& damaged : found.damaged) std::fprintf(stderr, "%s; passed over\n", damaged.text().c_str());

  Headless child{std::move(fork.value->preset)};
  child.recorder = request.out
                       ? open_recorder("--out", *request.out)
                       : open_recorder("--out", default_run_folder(child.preset), RunRecorder::Existing::beside);
  child.quiet = request.quiet;
  child.parent = recorded_by(folder);
  if (found.checkpoint) {
    const std::int64_t from = found.checkpoint->step;
    found.checkpoint->timeline = child.preset.schedule;
    child.resume_from = from;
    for (const Intervention& change : child.preset.schedule) {
      if (change.step >= from) child.to_come.push_back(change);
    }
  }
  Parent origin{folder, run.preset.name, run.preset.parameters.integer("run.seed"), request.at,
                std::move(fork.value->changes)};
  RecordedPast past{std::move(origin), child.resume_from.value_or(0)};
  if (found.checkpoint) past.checkpoint = std::make_shared<const Checkpoint>(*std::move(found.checkpoint));
  child.recorder->begin_with(std::move(past));
  return train(child);
}

}  // namespace

void add_fork(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command =
      program.add_subcommand("fork", "Go on with a recorded run from a step, with parameters changed there");
  command->add_option("RUN", request->run, "The run's folder; it is only read")->required();
  command->add_option("--at", request->at, "The step before which the changes are made")
      ->required()
      ->type_name("STEP")
      ->check(CLI::Range(std::int64_t{0}, max_step));
  command->add_option("--set", request->settings.set, "A parameter's value from there on; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_option("--steps", request->settings.steps, "The same as --set run.steps=N")->type_name("N");
  command->add_option("--out", request->out, "A new or empty folder; runs/PRESET-SEED-TIME if not given")
      ->type_name("DIR");
  command->add_flag("--quiet", request->quiet, "No progress and no summary");
  command->footer(
      "At step 0 any parameter can be changed, later only those that act at once. The fork is what a run of the "
      "parent's "
      "preset with these changes in its schedule would be.");
  command->callback([request, &action] { action = [request] { return fork(*request); }; });
}

}  // namespace tessera::commands
