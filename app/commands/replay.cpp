// replay RUN: runs it again from its preset and timeline, and compares what both recorded.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "app/commands/command.h"
#include "app/commands/headless.h"
#include "app/commands/recording.h"
#include "core/experiment.h"
#include "core/lab/recorded_run.h"
#include "core/lab/text.h"

namespace fs = std::filesystem;

namespace tessera::commands {
namespace {

struct Request {
  std::string run;
  std::optional<std::string> out;
  bool quiet = false;
};

// An empty folder that is gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "tessera-replay-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw InputError({{name, "no temporary folder can be made there", "--out DIR"}});
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// What only one of them has, or has otherwise; empty when the replay begins with all that was recorded, and `whole`
// with nothing else.
std::string difference(const fs::path& recorded, const fs::path& replayed, bool whole) {
  std::ifstream ours(replayed, std::ios::binary), theirs(recorded, std::ios::binary);
  if (!theirs) return "can't be read";
  if (!ours) return "the replay wrote none";
  std::string mine, other;
  for (std::int64_t line = 1;; ++line) {
    const bool more = static_cast<bool>(std::getline(theirs, other));
    // A run that was cut off may have left half a line.
    if (!more || (!whole && theirs.eof())) return whole && std::getline(ours, mine) ? "the replay has more lines" : "";
    if (!std::getline(ours, mine)) return "the replay ends before line " + with_commas(line);
    if (mine != other) return "line " + with_commas(line) + ": " + printable(other) + ", replayed: " + printable(mine);
  }
}

// The files that a replay must repeat, by their place in the folder.
std::vector<fs::path> figures(const fs::path& folder) {
  std::vector<fs::path> found = {"scalars.csv"};
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder / "matrices", error)) {
    if (file.path().extension() == ".ndjson") found.push_back(fs::path("matrices") / file.path().filename());
  }
  std::sort(found.begin() + 1, found.end());
  return found;
}

// A stranger's folder may have a pipe or a link to a device in their place, and they are read to their end.
std::vector<Problem> not_files(const fs::path& folder) {
  std::vector<Problem> problems;
  for (const fs::path& file : figures(folder)) {
    std::error_code error;
    const fs::file_status status = fs::status(folder / file, error);
    if (!fs::exists(status) || fs::is_regular_file(status)) continue;
    problems.push_back({printable((folder / file).string()), "this is not a file", "the figures of a run"});
  }
  return problems;
}

int compare(const fs::path& recorded, const fs::path& replayed, bool whole) {
  const std::vector<fs::path> files = figures(recorded);
  int differing = 0;
  for (const fs::path& file : files) {
    const std::string found = difference(recorded / file, replayed / file, whole);
    if (found.empty()) continue;
    ++differing;
    std::printf("%s: %s\n", printable((recorded / file).string()).c_str(), found.c_str());
  }
  if (differing > 0) {
    std::printf("%d of %zu files differ\n", differing, files.size());
    return failed;
  }
  std::printf("the same, byte for byte: %zu files%s\n", files.size(), whole ? "" : ", as far as the run had come");
  return fine;
}

int replay(const Request& request) {
  const fs::path folder = request.run;
  auto preset = recorded_preset(folder, experiment_parameters(), check_combinations);
  if (!preset) return report(preset.problems);
  auto timeline = recorded_timeline(folder, *preset.value, check_combinations);
  if (!timeline) return report(timeline.problems);
  if (const auto problems = not_files(folder); !problems.empty()) return report(problems);

  std::optional<TemporaryFolder> temporary;
  if (!request.out) temporary.emplace();
  const fs::path out = request.out ? fs::path(*request.out) : temporary->path();
  Headless run{*std::move(preset.value)};
  run.preset.schedule = *std::move(timeline.value);
  run.recorder = open_recorder("--out", out);
  run.quiet = request.quiet;
  run.summary = false;
  if (const int code = train(run); code != fine) return code;
  return compare(folder, out, recorded_whole(folder, experiment_parameters(), check_combinations));
}

}  // namespace

void add_replay(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command =
      program.add_subcommand("replay", "Run a recorded run again and compare: on one machine's CPU, byte for byte");
  command->add_option("RUN", request->run, "The run's folder")->required();
  command->add_option("--out", request->out, "Keep the replay in this new or empty folder")->type_name("DIR");
  command->add_flag("--quiet", request->quiet, "No progress");
  command->footer(
      "Exit code 0: the same; 1: it differs, or training failed. A run that was stopped is repeated to its planned "
      "end, "
      "and must be how the replay begins.");
  command->callback([request, &action] { action = [request] { return replay(*request); }; });
}

}  // namespace tessera::commands
