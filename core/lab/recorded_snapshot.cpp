// See recorded_snapshot.h.
#include "core/lab/recorded_snapshot.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "core/lab/description_json.h"
#include "core/lab/given_files.h"
#include "core/lab/history.h"
#include "core/lab/json_text.h"
#include "core/lab/recorded_rows.h"
#include "core/lab/recorded_run.h"
#include "core/lab/text.h"
#include "core/lab/timeline.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

// No session counts down from the top, so that a panel never takes a recorded run for the one it drew before.
std::uint64_t next_run() {
  static std::atomic<std::uint64_t> count{~std::uint64_t{0}};
  return --count;
}

class Reading {
 public:
  Reading(fs::path folder, Snapshot& into) : folder_(std::move(folder)), into_(into) {
    const std::vector<MetricSpec>& metrics = into.description->metrics;
    for (std::size_t i = 0; i < metrics.size(); ++i) places_.emplace(metrics[i].name, i);
    into.series.resize(metrics.size());
    into.matrices.resize(metrics.size());
    history_ = History(metrics.size());
  }

  std::vector<Problem> scalars() {
    const fs::path file = folder_ / "scalars.csv";
    return read_scalars(file, [&](std::int64_t step, const std::string& name, double value) {
      const std::size_t metric = place(file, name, 0);
      Series& series = into_.series[metric];
      if (series.size() > 0 && series[series.size() - 1].step >= step) {
        fail(file, "step " + number_text(step) + " of " + printable(name), "steps that rise");
      }
      series.append({step, value});
      into_.step = std::max(into_.step, step + 1);
    });
  }

  std::vector<Problem> matrices() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_ / "matrices", error)) {
      if (entry.path().extension() != ".ndjson") continue;
      std::size_t metric = 0;
      auto problems = read_matrices(
          entry.path(), [&](const std::string& name) { metric = place(entry.path(), name, 2); },
          [&](Matrix frame) { add(entry.path(), metric, std::move(frame)); });
      if (!problems.empty()) return problems;
    }
    into_.history = std::make_shared<const History>(std::move(history_));
    return {};
  }

 private:
  [[noreturn]] static void fail(const fs::path& file, std::string found, std::string allowed) {
    throw InputError({{file.string(), std::move(found), std::move(allowed)}});
  }

  std::size_t place(const fs::path& file, const std::string& name, int rank) const {
    const auto found = places_.find(name);
    if (found == places_.end() || into_.description->metrics[found->second].rank != rank) {
      fail(file, in_quotes(name), std::string("a ") + (rank == 0 ? "scalar" : "matrix") + " of description.json");
    }
    return found->second;
  }

  void add(const fs::path& file, std::size_t metric, Matrix frame) {
    const MetricSpec& spec = into_.description->metrics[metric];
    const auto &rows = spec.axes[0].labels, &columns = spec.axes[1].labels;
    if (static_cast<std::size_t>(frame.rows) != rows.size() ||
        static_cast<std::size_t>(frame.columns) != columns.size()) {
      fail(file, std::to_string(frame.rows) + " x " + std::to_string(frame.columns),
           std::to_string(rows.size()) + " x " + std::to_string(columns.size()) + " as its axes");
    }
    const auto& before = into_.matrices[metric];
    if (before && before->step >= frame.step) fail(file, "step " + number_text(frame.step), "steps that rise");
    into_.step = std::max(into_.step, frame.step + 1);
    into_.matrices[metric] = std::make_shared<const Matrix>(std::move(frame));
    history_.append(metric, into_.matrices[metric]);
  }

  fs::path folder_;
  Snapshot& into_;
  History history_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace

Result<std::shared_ptr<const Snapshot>> read_snapshot(const fs::path& folder, const ParameterTable& table,
                                                      const CombinationCheck& check) {
  auto preset = recorded_preset(folder, table, check);
  if (!preset) return preset.problems;
  auto timeline = recorded_timeline(folder, *preset.value, check);
  if (!timeline) return timeline.problems;
  const fs::path file = folder / "description.json";
  const auto described = read_given_file(file, max_description_bytes);
  if (!described) return described.problems;
  auto description = read_description(*described.value, file.string());
  if (!description) return description.problems;

  auto made = std::make_shared<Snapshot>();
  made->version = 1;
  made->run = next_run();
  made->description = std::make_shared<const Description>(*std::move(description.value));
  Reading reading(folder, *made);
  if (auto problems = reading.scalars(); !problems.empty()) return problems;
  if (auto problems = reading.matrices(); !problems.empty()) return problems;
  const State ended = recorded_state(folder).value_or(State::paused);
  made->state = ended == State::finished || ended == State::failed ? ended : State::paused;
  // What the last step was computed with; at its end, a run looks at what is planned for the next one, too.
  const std::int64_t at = made->state == State::finished ? made->step : std::max<std::int64_t>(made->step - 1, 0);
  made->parameters = std::make_shared<const Parameters>(in_force(preset.value->parameters, *timeline.value, at));
  if (table.find(steps_path) != nullptr) made->steps = made->parameters->integer(steps_path);
  made->preset = std::make_shared<const Preset>(*std::move(preset.value));
  made->timeline = std::make_shared<const std::vector<Intervention>>(*std::move(timeline.value));
  return std::shared_ptr<const Snapshot>(std::move(made));
}

}  // namespace tessera
