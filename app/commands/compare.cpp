// compare RUN...: in which parameters recorded runs differ, and the last value of every scalar, a column a run.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands/command.h"
#include "core/experiment.h"
#include "core/lab/json_text.h"
#include "core/lab/recorded_run.h"
#include "core/lab/text.h"

namespace tessera::commands {
namespace {

struct Request {
  std::vector<std::string> runs;
  bool json = false;
};

std::string state_of(const RecordedRun& run) { return run.state ? to_string(*run.state) : "cut off"; }

// "../a at step 500: learn.rate 0.1 -> 0.01"
std::string origin(const Parent& parent) {
  std::string text = parent.folder.string() + " at step " + with_commas(parent.step);
  for (std::size_t i = 0; i < parent.changes.size(); ++i) {
    const ForkChange& change = parent.changes[i];
    text += (i == 0 ? ": " : ", ") + change.path + " " + to_string(change.from) + " -> " + to_string(change.to);
  }
  return text;
}

std::vector<Differing> differing(const std::vector<RecordedRun>& runs) {
  std::vector<const Parameters*> parameters;
  for (const RecordedRun& run : runs) parameters.push_back(&run.preset.parameters);
  return differing_parameters(parameters);
}

std::vector<Differing> differing_timelines(const std::vector<RecordedRun>& runs) {
  std::vector<const std::vector<Intervention>*> timelines;
  for (const RecordedRun& run : runs) timelines.push_back(&run.timeline);
  return differing_changes(timelines);
}

// The scalars of all runs, in the order of the first that has each.
std::vector<std::string> scalars_of(const std::vector<RecordedRun>& runs) {
  std::vector<std::string> names;
  for (const RecordedRun& run : runs) {
    for (const auto& [name, value] : run.last) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

const double* last_value(const RecordedRun& run, const std::string& name) {
  const auto found =
      std::find_if(run.last.begin(), run.last.end(), [&](const auto& entry) { return entry.first == name; });
  return found == run.last.end() ? nullptr : &found->second;
}

void print_as_text(const std::vector<RecordedRun>& runs) {
  std::vector<std::vector<std::string>> rows;  // each with its name first
  const auto add = [&](const std::string& name, auto text_of) {
    std::vector<std::string> row = {name};
    for (const RecordedRun& run : runs) row.push_back(text_of(run));
    rows.push_back(std::move(row));
  };
  add("run", [](const RecordedRun& run) { return run.folder.string(); });
  add("preset", [](const RecordedRun& run) { return run.preset.name.empty() ? run.preset.title : run.preset.name; });
  if (std::any_of(runs.begin(), runs.end(), [](const RecordedRun& run) { return run.parent.has_value(); })) {
    add("forked from", [](const RecordedRun& run) { return run.parent ? origin(*run.parent) : "-"; });
  }
  add("state", state_of);
  add("steps", [](const RecordedRun& run) { return with_commas(run.steps); });
  add("changes", [](const RecordedRun& run) { return number_text(static_cast<std::int64_t>(run.timeline.size())); });
  for (const Differing& parameter : differing(runs)) {
    rows.push_back({parameter.path});
    rows.back().insert(rows.back().end(), parameter.values.begin(), parameter.values.end());
  }
  for (const Differing& parameter : differing_timelines(runs)) {
    rows.push_back({parameter.path});
    for (const std::string& changes : parameter.values) rows.back().push_back(changes.empty() ? "-" : changes);
  }
  for (const std::string& name : scalars_of(runs)) {
    add(name, [&](const RecordedRun& run) {
      const double* value = last_value(run, name);
      char text[32] = "-";
      if (value != nullptr) std::snprintf(text, sizeof text, "%.5g", *value);
      return std::string(text);
    });
  }
  constexpr std::size_t longest = 2000;
  std::vector<std::size_t> widths(runs.size() + 1, 0);
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = printable(row[i], longest);  // a stranger's run may have anything in its names
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i == 0 ? "" : "  ";
      const std::string room(widths[i] - row[i].size(), ' ');
      line += i == 0 ? row[i] + room : room + row[i];  // figures end below one another
    }
    std::printf("%s\n", line.c_str());
  }
}

void print_as_json(const std::vector<RecordedRun>& runs) {
  nlohmann::ordered_json all;
  for (const RecordedRun& run : runs) {
    nlohmann::ordered_json one = {{"run", run.folder.string()},
                                  {"preset", run.preset.name},
                                  {"state", state_of(run)},
                                  {"steps", run.steps},
                                  {"changes", run.timeline.size()}};
    if (run.parent) one["parent"] = nlohmann::ordered_json::parse(parent_json(*run.parent));
    one["last"] = nlohmann::ordered_json::object();
    for (const auto& [name, value] : run.last) one["last"][name] = value;
    all["runs"].push_back(std::move(one));
  }
  all["parameters"] = nlohmann::ordered_json::object();
  for (const Differing& parameter : differing(runs)) all["parameters"][parameter.path] = parameter.values;
  all["changes"] = nlohmann::ordered_json::object();
  for (const Differing& parameter : differing_timelines(runs)) all["changes"][parameter.path] = parameter.values;
  std::fputs(print_json(all).c_str(), stdout);
}

int compare(const Request& request) {
  std::vector<RecordedRun> runs;
  std::vector<Problem> problems;
  for (const std::string& folder : request.runs) {
    auto run = read_run(folder, experiment_parameters(), check_combinations);
    append(problems, run.problems);
    if (run) runs.push_back(*std::move(run.value));
  }
  if (!problems.empty()) return report(problems);
  request.json ? print_as_json(runs) : print_as_text(runs);
  return fine;
}

}  // namespace

void add_compare(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command = program.add_subcommand(
      "compare", "Recorded runs side by side: parameters that differ, last values of all scalars");
  command->add_option("RUN", request->runs, "Folders of runs")->required();
  command->add_flag("--json", request->json, "An object: runs (with last), parameters (by path, a value a run)");
  command->callback([request, &action] { action = [request] { return compare(*request); }; });
}

}  // namespace tessera::commands
