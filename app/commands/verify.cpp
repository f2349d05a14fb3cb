// verify PRESET...: runs the variants and seeds that claims need, and judges the claims.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <set>

#include "app/commands/command.h"
#include "app/commands/engine_library.h"
#include "app/commands/interrupt.h"
#include "app/commands/processes.h"
#include "app/commands/progress.h"
#include "app/commands/settings.h"
#include "app/commands/verdict_table.h"
#include "app/commands/verify_plan.h"
#include "core/lab/atomic_file.h"
#include "core/lab/build_info.h"
#include "core/lab/evidence.h"
#include "core/lab/recorded_run.h"
#include "core/lab/text.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace tessera::commands {
namespace {

struct Request {
  std::vector<std::string> presets;
  Settings settings;
  std::int64_t seeds = 5, jobs = 0;
  std::optional<std::string> json, markdown, out;
  bool quiet = false;
};

// A word as a shell takes it.
std::string quoted(const std::string& word) {
  const bool plain = word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._=,:+-") ==
                     std::string::npos;
  if (plain && !word.empty()) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::string option(const char* name, const std::optional<std::string>& value) {
  return value ? std::string(" ") + name + " " + quoted(*value) : "";
}

// How it can be called again: what the figures depend on.
std::string command_of(const Request& request) {
  std::string command = "./lab verify";
  for (const std::string& preset : request.presets) command += " " + quoted(preset);
  command += option("--seeds", number_text(request.seeds));
  command += option("--seed", request.settings.seed);
  command += option("--steps", request.settings.steps);
  command += option("--device", request.settings.device);
  for (const std::string& set : request.settings.set) command += option("--set", set);
  return command;
}

// The same with where its files go.
std::string whole_command(const Request& request, const fs::path& out) {
  std::string command = command_of(request) + option("--out", out.string());
  command += option("--json", request.json) + option("--markdown", request.markdown);
  if (request.jobs > 0) command += option("--jobs", number_text(request.jobs));
  return command + (request.quiet ? " --quiet" : "");
}

fs::path default_folder(const std::vector<Preset>& presets) {
  std::string name = presets.size() == 1 ? presets[0].name + "-" : "";
  for (char& c : name) c = c == '/' ? '-' : c;
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  localtime_r(&now, &local);
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%d-%H%M%S", &local);
  return fs::path("runs") / ("verify-" + name + time);
}

// Whether files can be written, before anything is run for them.
std::vector<Problem> try_files(const Request& request) {
  std::vector<Problem> problems;
  const auto probe = [&](const char* option, const std::optional<std::string>& file) {
    if (!file) return;
    try {
      if (fs::is_directory(*file)) throw InputError({{*file, "is a folder", "a file"}});
      AtomicFile never_committed(*file);
    } catch (const InputError& error) {
      for (Problem problem : error.problems()) {
        problem.where = std::string(option) + " " + problem.where;
        problems.push_back(std::move(problem));
      }
    }
  };
  probe("--json", request.json);
  probe("--markdown", request.markdown);
  return problems;
}

Result<std::vector<Preset>> read_presets(const Request& request) {
  std::vector<Preset> presets;
  std::vector<Problem> problems;
  std::set<std::string> seen;
  for (const std::string& name : request.presets) {
    auto preset = read_with_settings(name, request.settings);
    append(problems, preset.problems);
    if (!seen.insert(name).second) problems.push_back({name, "named twice", "once"});
    if (preset) presets.push_back(*std::move(preset.value));
  }
  if (!problems.empty()) return problems;
  return presets;
}

// Runs what isn't finished yet.
class Verification {
 public:
  Verification(const VerifyPlan& plan, std::size_t at_once, bool quiet)
      : plan_(plan), at_once_(at_once), progress_(!quiet) {
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
      if (plan.runs[i].progressed == Progressed::finished) continue;
      to_do_.push_back(i);
    }
  }

  // fine, failed when a run failed (the others are run all the same), bad_input when one can't be run at all, or
  // interrupted.
  int run(const Interrupt& interrupt) {
    began_ = std::chrono::steady_clock::now();
    while (true) {
      if (interrupt.came() && !stopping_) stop(interrupted);
      while (!stopping_ && next_ < to_do_.size() && processes_.running() < at_once_) start(to_do_[next_++]);
      if (processes_.running() == 0) break;
      show();
      for (const Processes::Ended& ended : processes_.wait(100ms)) take(ended);
    }
    progress_.clear();
    return code_;
  }

 private:
  void start(std::size_t index) {
    const VerifyRun& run = plan_.runs[index];
    if (run.progressed == Progressed::begun) {
      processes_.start(index, {"run", "--resume", run.folder.string(), "--quiet"});
      return;
    }
    if (run.progressed == Progressed::torn) fs::remove_all(run.folder);
    if (made_.insert(run.preset_file).second) {
      fs::create_directories(run.preset_file.parent_path());
      write_file(run.preset_file, write_preset(preset_of(plan_, run), true));
    }
    processes_.start(index, {"run", run.preset_file.string(), "--seed", number_text(run.seed), "--out",
                             run.folder.string(), "--quiet"});
  }

  void take(const Processes::Ended& ended) {
    ++ended_;
    if (ended.code == fine) {
      ++done_;
      return;
    }
    if (stopping_) return;
    progress_.clear();
    const VerifyRun& run = plan_.runs[ended.job];
    std::fprintf(stderr, "%s (%s, seed %s): exit code %d\n%s", run.folder.c_str(), run.variant.c_str(),
                 number_text(run.seed).c_str(), ended.code, ended.errors.c_str());
    if (ended.code == bad_input && !fs::exists(run.folder)) {
      stop(bad_input);  // it would be the same for all
    } else {
      code_ = failed;
    }
  }

  void stop(int code) {
    code_ = code;
    stopping_ = true;
    processes_.interrupt();
  }

  void show() {
    const std::size_t finished = plan_.runs.size() - to_do_.size() + done_;
    std::string text = "runs " + std::to_string(finished) + " / " + std::to_string(plan_.runs.size());
    if (stopping_) {
      text += "   ending";
    } else if (ended_ > 0) {
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
      const auto left = static_cast<double>(to_do_.size() - ended_);
      text += "   " + duration(seconds / static_cast<double>(ended_) * left) + " left";
    }
    progress_.show(text);
  }

  const VerifyPlan& plan_;
  const std::size_t at_once_;
  Progress progress_;
  Processes processes_;
  std::vector<std::size_t> to_do_;
  std::set<fs::path> made_;
  std::size_t next_ = 0, done_ = 0, ended_ = 0;  // done_: those that ended well
  bool stopping_ = false;
  int code_ = fine;
  std::chrono::steady_clock::time_point began_;
};

// "abc", or "abc, def" where runs were used that an earlier commit made.
std::string commits_of(const VerifyPlan& plan) {
  std::set<std::string> commits;
  for (const VerifyRun& run : plan.runs) commits.insert(recorded_commit(run.folder));
  commits.erase("");
  std::string text;
  for (const std::string& commit : commits) text += (text.empty() ? "" : ", ") + commit;
  return text.empty() ? std::string(commit()) : text;
}

std::vector<JudgedClaim> judge_all(const VerifyPlan& plan, const std::string& command) {
  std::vector<JudgedClaim> all;
  const std::string commits = commits_of(plan);
  for (std::size_t i = 0; i < plan.presets.size(); ++i) {
    const Preset& preset = plan.presets[i];
    const std::set<std::string> metrics = needed_scalars(preset.claims);
    std::vector<ClaimRun> runs;
    for (const VerifyRun& run : plan.runs) {
      if (run.preset != i) continue;
      if (recorded_state(run.folder) != State::finished) {
        runs.push_back({run.variant, run.seed, {}, false});
        continue;
      }
      auto curves = read_curves(run.folder, metrics);
      if (!curves) throw InputError(curves.problems);
      runs.push_back({run.variant, run.seed, *std::move(curves.value)});
    }
    for (const Claim& claim : preset.claims) {
      JudgedClaim judged = judge(claim, runs);
      judged.preset = preset.name;
      judged.commit = commits;
      judged.command = command;
      all.push_back(std::move(judged));
    }
  }
  return all;
}

// A verification that couldn't start leaves nothing behind.
void remove_what_is_empty(const VerifyPlan& plan, const fs::path& out, bool was_there) {
  std::error_code ignored;
  if (was_there) return;
  for (const VerifyRun& run : plan.runs) {
    fs::remove(run.preset_file, ignored);
    for (fs::path folder = run.preset_file.parent_path(); folder != out && folder.has_relative_path();
         folder = folder.parent_path()) {
      if (!fs::remove(folder, ignored)) break;
    }
  }
  fs::remove(out, ignored);
}

int verify(const Request& request) {
  std::vector<Problem> problems = try_files(request);
  auto presets = read_presets(request);
  append(problems, presets.problems);
  if (!problems.empty()) return report(problems);
  const fs::path out = request.out ? fs::path(*request.out).lexically_normal() : default_folder(*presets.value);
  if (request.out && request.out->empty()) return report({{"--out", "is empty", "a folder"}});
  const auto plan = plan_runs(*std::move(presets.value), request.seeds, out);
  if (!plan) return report(plan.problems);
  const Interrupt interrupt;
  problems = check_metrics(*plan.value, declared_metrics());
  if (!problems.empty()) return report(problems);

  const std::size_t at_once =
      request.jobs > 0 ? static_cast<std::size_t>(request.jobs) : runs_at_once(*plan.value, usable_cores());
  const bool was_there = fs::exists(out);
  std::error_code error;
  fs::create_directories(out, error);
  if (error) return report({{"--out " + out.string(), "can't be made: " + error.message(), "a folder"}});
  const int code = Verification(*plan.value, at_once, request.quiet).run(interrupt);
  if (code == bad_input) remove_what_is_empty(*plan.value, out, was_there);
  if (code == interrupted) {
    std::fprintf(stderr, "interrupted\ncontinue: %s\n", whole_command(request, out).c_str());
  }
  if (code == bad_input || code == interrupted) return code;

  const std::vector<JudgedClaim> judged = judge_all(*plan.value, command_of(request));
  std::fputs(verdict_table(judged).c_str(), stdout);
  bool written = true;
  const auto write = [&](const std::optional<std::string>& file, const std::string& text) {
    try {
      if (file) write_file(*file, text);
    } catch (const InputError& error) {  // it could be written before the runs: no fault of the command line
      std::fprintf(stderr, "%s\n", error.what());
      written = false;
    }
  };
  write(request.json, evidence_json(judged));
  write(request.markdown, evidence_markdown(judged));
  if (!written) return failed;
  if (!request.quiet) std::printf("%zu runs in %s\n", plan.value->runs.size(), out.c_str());
  return code;
}

}  // namespace

void add_verify(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command = program.add_subcommand("verify", "Run presets with several seeds, and judge what they claim");
  command->add_option("PRESET", request->presets, "Files, or names of shipped presets")->required();
  command->add_option("--seeds", request->seeds, "How many: the preset's own seed (or --seed), and those after it")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, most_seeds));
  request->settings.add_options(*command);
  command->add_option("--json", request->json, "Write the judged claims: an array of objects")->type_name("FILE");
  command->add_option("--markdown", request->markdown, "Write them as a table")->type_name("FILE");
  command
      ->add_option("--out", request->out,
                   "Folder of the runs; an earlier one is gone on with. runs/verify-PRESET-TIME if not given")
      ->type_name("DIR");
  command->add_option("--jobs", request->jobs, "Runs at once; the machine's cores by the threads of a run if not given")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--quiet", request->quiet, "No progress; only the table");
  command->footer(
      "Exit code 0 whatever the verdicts; 1: a run failed. Reproduced: the whole 95 % interval of the mean (Student's "
      "t) satisfies the claim; refuted: none of it does.");
  command->callback([request, &action] { action = [request] { return verify(*request); }; });
}

}  // namespace tessera::commands
