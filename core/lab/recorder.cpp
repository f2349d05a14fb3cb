// See recorder.h.
#include "core/lab/recorder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>

#include "core/lab/atomic_file.h"
#include "core/lab/build_info.h"
#include "core/lab/checkpoints.h"
#include "core/lab/description_json.h"
#include "core/lab/given_files.h"
#include "core/lab/json_text.h"
#include "core/lab/never_began.h"
#include "core/lab/preset_json.h"
#include "core/lab/recorded_rows.h"
#include "core/lab/storage_error.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* matrix_prefix = "{\"step\": ";
constexpr const char* probe_name = "tessera-probe";
constexpr const char* still_going = "another run is being recorded in this folder";

std::string scalar_row(std::int64_t step, const std::string& name, double value) {
  return number_text(step) + ',' + csv_field(name) + ',' + number_text(value) + '\n';
}

std::string matrix_row(const Matrix& matrix) {
  std::string row = matrix_prefix + number_text(matrix.step) + ", \"rows\": " + std::to_string(matrix.rows) +
                    ", \"columns\": " + std::to_string(matrix.columns) + ", \"values\": [";
  for (int r = 0; r < matrix.rows; ++r) {
    row += r == 0 ? "[" : ", [";
    for (int c = 0; c < matrix.columns; ++c) {
      if (c > 0) row += ", ";
      char buffer[32];
      const float value = matrix.at(r, c);
      if (std::isfinite(value)) {
        row.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
      } else {
        row += "null";
      }
    }
    row += ']';
  }
  return row + "]}\n";
}

std::string matrix_header(const MetricSpec& metric) {
  ordered_json header = {{"metric", metric.name}, {"title", metric.title}, {"unit", metric.unit}};
  for (const Axis& axis : metric.axes) header["axes"].push_back({{"title", axis.title}, {"labels", axis.labels}});
  return print_json_line(header) + '\n';
}

// The number that a line begins with, after `prefix`; -1 for a header.
std::int64_t step_of(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return -1;
  line.remove_prefix(prefix.size());
  std::int64_t step = -1;
  std::from_chars(line.data(), line.data() + line.size(), step);
  return step;
}

// Of lines of matrices, those from this step on.
void drop_rows(std::string& rows, std::int64_t step) {
  std::size_t start = 0;
  while (start < rows.size() && step_of(std::string_view(rows).substr(start), matrix_prefix) < step) {
    start = rows.find('\n', start) + 1;
  }
  rows.erase(start);
}

[[noreturn]] void refuse(const fs::path& folder, std::string found, std::string allowed) {
  throw InputError({{folder.string(), std::move(found), std::move(allowed)}});
}

// Whether files can be made where the folder is or will be: by making one, and removing it.
void try_to_write(const fs::path& folder) {
  fs::path existing = folder;
  std::error_code error;
  while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  if (existing.empty()) existing = ".";
  if (!fs::is_directory(existing, error)) refuse(folder, existing.string() + " is not a folder", "");
  try {
    AtomicFile probe(existing / probe_name);  // never committed
    probe.write(std::string(64 << 10, ' '));
  } catch (const InputError& error) {
    refuse(folder, error.problems()[0].found, "a folder that can be written, with space on its disk");
  }
}

// What keeps a new run out of a folder.
std::optional<Problem> occupied(const fs::path& folder) {
  if (holds_run(folder)) {
    return Problem{folder.string(), "this folder holds a run already", "a new or empty folder, or to resume that run"};
  }
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("." + std::string(probe_name))) continue;  // of a recorder that looks at the same folder
    return Problem{folder.string(), "this folder is not empty: " + in_quotes(name) + " is in it",
                   "a new or empty folder"};
  }
  return std::nullopt;
}

}  // namespace

RunRecorder::RunRecorder(fs::path folder, Existing existing, Checkpoints checkpoints)
    : folder_(std::move(folder)), existing_(existing), checkpoints_(checkpoints) {
  // "runs/x/" and "runs/x" are the same folder
  if (!folder_.has_filename() && folder_.has_parent_path()) folder_ = folder_.parent_path();
  if (existing == Existing::refuse) {
    if (auto problem = occupied(folder_); problem && !never_began(folder_)) throw InputError({*std::move(problem)});
  }
  if (existing == Existing::resume) {
    if (!fs::exists(folder_ / "preset.json")) {
      refuse(folder_, "this folder holds no run", "the folder of an earlier run");
    }
    if (auto links = links_below(folder_); !links.empty()) throw InputError(std::move(links));
    if (!lock_.take(folder_)) refuse(folder_, still_going, "the folder of a run that has stopped");
  }
  try_to_write(folder_);
}

RunRecorder::~RunRecorder() = default;

void RunRecorder::started(const Preset& preset, const Description& description) {
  if (started_) refuse(folder_, "a second run can't go into the same folder", "one run a folder");
  for (const MetricSpec& metric : description.metrics) {
    order_.emplace(metric.name, names_.size());
    names_.push_back(metric.name);
  }
  timeline_ = preset.schedule;
  if (existing_ == Existing::resume) {
    continue_files();
  } else {
    make_files(preset, description);
  }
  started_ = true;
  began_ = flushed_ = stepped_ = saved_ = Clock::now();
}

// Locks a new or empty folder for this run; whether it was made for it. Others may want the same folder at the same
// time: whoever has the lock of an empty folder has won it.
bool RunRecorder::claim() {
  const fs::path wanted = folder_;
  std::error_code error;
  if (wanted.has_parent_path()) fs::create_directories(wanted.parent_path(), error);
  for (int n = 2;; ++n) {
    const bool is_new = fs::create_directory(folder_, error);
    const bool another = existing_ == Existing::beside;
    if (error && !(another && fs::exists(folder_))) refuse(folder_, "can't be made: " + error.message(), "");
    if (!error) {
      std::optional<Problem> problem = Problem{folder_.string(), still_going, "a new or empty folder"};
      if (lock_.take(folder_)) {
        clear_never_began(folder_, lock_);
        problem = occupied(folder_);
      }
      if (!problem) return is_new;
      lock_.release();
      if (!another) throw InputError({*std::move(problem)});
    }
    folder_ = wanted.string() + "-" + std::to_string(n);
  }
}

// All or nothing: a run that can't start leaves no folder behind.
void RunRecorder::make_files(const Preset& preset, const Description& description) {
  const bool is_new = claim();
  std::vector<fs::path> made;
  const auto make = [&](AppendFile& file, const char* name, const char* header) {
    file.create(folder_ / name);
    made.push_back(folder_ / name);
    file.append(header);
    file.flush();
  };
  const auto write = [&](const char* name, const std::string& text) {
    write_file(folder_ / name, text);
    made.push_back(folder_ / name);
  };
  try {
    make(scalars_, "scalars.csv", scalars_header);
    make(timing_, "timing.csv", timing_header);
    write_timeline();
    made.push_back(folder_ / "timeline.json");
    write("description.json", write_description(description));
    if (past_) take_over();
    sync();
    write("preset.json", write_preset(preset, true));  // last: with it, the folder holds a run
    sync_folder(folder_.parent_path());
  } catch (const std::exception&) {
    std::error_code error;
    for (const fs::path& file : made) fs::remove(file, error);
    if (past_) fs::remove(folder_ / "parent.json", error);
    if (past_) fs::remove_all(folder_ / "matrices", error);
    if (past_) fs::remove_all(folder_ / "checkpoints", error);
    if (is_new) fs::remove(folder_, error);
    lock_.release();
    throw;
  }
}

// Lines that are cut off are those of steps that the checkpoint's run did later, or is doing now.
void RunRecorder::take_over() {
  const auto copy = [](const fs::path& from, AppendFile& to, std::int64_t end, const char* prefix) {
    std::ifstream lines(from, std::ios::binary);
    if (!lines) throw InputError({{from.string(), "can't be read", "the figures of a run"}});
    std::string line;
    while (std::getline(lines, line) && !lines.eof() && step_of(line, prefix) < end) to.append(line + '\n');
  };
  write_file(folder_ / "parent.json", past_->parent_json);
  if (!past_->checkpoint) return;
  const std::int64_t end = past_->checkpoint->step;
  scalars_.cut([](std::string_view) { return true; });  // the header is copied with the rest
  copy(past_->run / "scalars.csv", scalars_, end, "");
  remember_last();
  std::error_code none;
  for (const fs::directory_entry& file : fs::directory_iterator(past_->run / "matrices", none)) {
    if (file.path().extension() != ".ndjson") continue;
    AppendFile& matrix = open_matrices(file.path().filename().string());
    copy(file.path(), matrix, end, matrix_prefix);
  }
  flush();
  write_checkpoint(*past_->checkpoint, checkpoint_place(end));
  saved_step_ = end;
}

// The last value of each scalar that the file has.
void RunRecorder::remember_last() {
  last_.clear();
  scalars_.flush();
  const auto problems = read_scalars(folder_ / "scalars.csv", [&](std::int64_t, const std::string& name, double value) {
    if (const auto metric = order_.find(name); metric != order_.end()) last_[metric->second] = value;
  });
  if (!problems.empty()) throw InputError(problems);
}

AppendFile& RunRecorder::open_matrices(const std::string& name) {
  AppendFile& file = matrices_[name].file;
  if (file.is_open()) return file;
  const fs::path folder = folder_ / "matrices";
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) throw StorageError(folder.string(), error.message());
  file.open(folder / name);
  new_files_ = true;
  return file;
}

void RunRecorder::continue_files() {
  scalars_.open(folder_ / "scalars.csv");
  timing_.open(folder_ / "timing.csv");
  cut_from_ = 0;
  undecided_ = true;
}

// timeline.json stays as it is until more is known: what it says of later steps is still to be planned (`planned`).
void RunRecorder::restored(std::int64_t step, const std::vector<Intervention>& timeline) {
  rows_.clear();
  for (auto& [name, matrix] : matrices_) drop_rows(matrix.rows, step);
  timeline_ = timeline;
  timeline_changed_ = true;
  std::error_code error;
  saved_step_ = fs::exists(checkpoint_file(folder_, step), error) ? step : -1;  // it may come from elsewhere
  undecided_ = false;
  cut_from_ = step;
  cut();
}

void RunRecorder::planned(const std::vector<Intervention>& timeline) {
  timeline_ = timeline;
  timeline_changed_ = true;
}

// Later checkpoints go first: with rows missing before one of them, the run could never be whole again.
void RunRecorder::cut() {
  const std::int64_t step = *cut_from_;
  remove_leftovers(folder_);
  remove_leftovers(folder_ / "checkpoints");
  remove_checkpoints_after(folder_, step);
  remove_summary();
  const auto cut_lines = [](AppendFile& file, std::int64_t first, const char* prefix) {
    file.cut([=](std::string_view line) { return step_of(line, prefix) >= first; });
  };
  cut_lines(scalars_, step, "");
  if (scalars_.empty()) scalars_.append(scalars_header);
  cut_lines(timing_, step + 1, "");  // its steps are those done
  if (timing_.empty()) timing_.append(timing_header);
  if (fs::exists(folder_ / "matrices")) {
    for (const fs::directory_entry& file : fs::directory_iterator(folder_ / "matrices")) {
      if (file.path().extension() != ".ndjson") continue;
      cut_lines(open_matrices(file.path().filename().string()), step, matrix_prefix);
    }
  }
  remember_last();
  undecided_ = false;
  cut_from_.reset();
}

void RunRecorder::scalar(std::int64_t step, const MetricSpec& metric, double value) {
  rows_.push_back({step, order_.at(metric.name), value});
}

void RunRecorder::matrix(const MetricSpec& metric, const Matrix& matrix) {
  std::string name = metric.name + ".ndjson";
  std::replace(name.begin(), name.end(), '/', '-');
  MatrixFile& file = matrices_[name];
  if (file.header.empty()) file.header = matrix_header(metric);
  file.rows += matrix_row(matrix);
}

void RunRecorder::changed(const Intervention& change) {
  const auto same = [&](const Intervention& old) { return old.step == change.step && old.path == change.path; };
  const auto old = std::find_if(timeline_.begin(), timeline_.end(), same);
  if (old != timeline_.end()) {
    if (*old == change) return;
    *old = change;
  } else {
    const auto later = [](std::int64_t step, const Intervention& other) { return step < other.step; };
    timeline_.insert(std::upper_bound(timeline_.begin(), timeline_.end(), change.step, later), change);
  }
  timeline_changed_ = true;
}

void RunRecorder::stepped(std::int64_t steps_done, double seconds, std::uint64_t memory_bytes) {
  ++steps_;
  if (cut_from_) cut();
  write_rows();
  seconds_ = seconds;
  if (seconds_ - timed_ >= 1 || steps_ == 1) {
    const double rate = static_cast<double>(steps_ - timed_steps_) / std::max(seconds_ - timed_, 1e-9);
    timing_.append(number_text(steps_done) + ',' + number_text(seconds_) + ',' + number_text(rate) + ',' +
                   std::to_string(memory_bytes) + '\n');
    timed_ = seconds_;
    timed_steps_ = steps_;
  }
  const auto now = Clock::now();
  // Slow steps are written one by one: the next may come late.
  const bool due = now - flushed_ >= std::chrono::seconds(1) || now - stepped_ >= std::chrono::milliseconds(200);
  if (due || behind_ || summary_steps_) flush();
  stepped_ = now;
}

void RunRecorder::paused() {
  if (!untouched()) flush();
}

// Resumed, and not one step was done: the folder is as it was.
bool RunRecorder::untouched() const { return undecided_ && steps_ == 0; }

bool RunRecorder::checkpoint_wanted(std::int64_t step, bool at_rest) {
  if (at_rest) return checkpoints_.at_rest && step != saved_step_;
  if (checkpoints_.steps > 0 && step / checkpoints_.steps > saved_step_ / checkpoints_.steps) return true;
  return Clock::now() - saved_ >= checkpoints_.every;
}

fs::path RunRecorder::checkpoint_place(std::int64_t step) {
  if (untouched()) return {};
  flush();
  sync();
  const fs::path file = checkpoint_file(folder_, step);
  std::error_code error;
  if (fs::create_directory(file.parent_path(), error)) sync_folder(folder_);
  if (error) throw StorageError(file.parent_path().string(), error.message());
  return file;
}

void RunRecorder::checkpoint_saved(std::int64_t step) {
  saved_ = Clock::now();
  saved_step_ = step;
  thin_checkpoints(folder_);
}

// The rows of a step are sorted when it is over: in what order an engine computes its metrics is its own business.
void RunRecorder::write_rows() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const Row& a, const Row& b) { return a.step != b.step ? a.step < b.step : a.metric < b.metric; });
  for (const Row& row : rows_) {
    scalars_.append(scalar_row(row.step, names_[row.metric], row.value));
    last_[row.metric] = row.value;
  }
  rows_.clear();
}

void RunRecorder::flush() {
  flushed_ = Clock::now();
  behind_ = true;
  if (cut_from_) cut();
  if (summary_steps_ && steps_ > *summary_steps_) remove_summary();
  // Before the rows: killed in between, a run has no rows that its timeline doesn't account for.
  if (timeline_changed_) write_timeline();
  write_rows();
  scalars_.flush();
  timing_.flush();
  for (auto& [name, matrix] : matrices_) {
    open_matrices(name);
    // Empty is a new one, too, that was made and not written to before its program was killed.
    if (matrix.file.empty() && !matrix.rows.empty()) matrix.file.append(matrix.header);
    matrix.file.append(matrix.rows);
    matrix.rows.clear();
    matrix.file.flush();
  }
  behind_ = false;
}

// To the disk: what was flushed before, and that the files exist.
void RunRecorder::sync() {
  scalars_.sync();
  timing_.sync();
  for (auto& [name, matrix] : matrices_) matrix.file.sync();
  if (!new_files_) return;
  sync_folder(folder_ / "matrices");
  sync_folder(folder_);
  new_files_ = false;
}

void RunRecorder::write_timeline() {
  write_file(folder_ / "timeline.json", print_json(interventions_json(timeline_)));
  timeline_changed_ = false;
}

// It tells of an end that was none: the run goes on.
void RunRecorder::remove_summary() {
  std::error_code error;
  const fs::path file = folder_ / "summary.json";
  if (fs::remove(file, error)) sync_folder(folder_);
  if (error) throw StorageError(file.string(), error.message());
  summary_steps_.reset();
}

void RunRecorder::ended(State state, const Snapshot& snapshot) {
  if (untouched()) return;
  timeline_ = *snapshot.timeline;
  timeline_changed_ = true;
  flush();
  sync();

  const double wall = std::chrono::duration<double>(Clock::now() - began_).count();
  ordered_json summary;
  summary["preset"] = snapshot.preset->name.empty() ? snapshot.preset->title : snapshot.preset->name;
  if (snapshot.parameters->table().find(seed_path) != nullptr) {
    summary["seed"] = value_json(snapshot.parameters->get(seed_path));
  }
  summary["steps"] = snapshot.step;
  summary["planned_steps"] = snapshot.steps;
  summary["device"] = snapshot.description->device;
  summary["wall_s"] = wall;
  summary["steps_per_s"] = seconds_ > 0 ? static_cast<double>(steps_) / seconds_ : 0.0;
  summary["state"] = to_string(state);
  summary["failure"] = snapshot.failure;
  summary["version"] = version();
  summary["commit"] = commit();
  ordered_json& final = summary["final"] = ordered_json::object();
  for (const auto& [metric, value] : last_) final[names_[metric]] = value;
  write_file(folder_ / "summary.json", print_json(summary));
  summary_steps_ = steps_;
}

bool holds_run(const fs::path& folder) {
  std::error_code error;
  for (const char* name :
       {"preset.json", "timeline.json", "scalars.csv", "timing.csv", "summary.json", "checkpoints"}) {
    if (fs::exists(folder / name, error)) return true;
  }
  return false;
}

std::string scalars_csv(const Snapshot& snapshot) {
  std::string csv = scalars_header;
  std::vector<std::size_t> next(snapshot.series.size(), 0);
  while (true) {
    std::int64_t step = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < next.size(); ++i) {
      if (next[i] < snapshot.series[i].size()) step = std::min(step, snapshot.series[i][next[i]].step);
    }
    if (step == std::numeric_limits<std::int64_t>::max()) return csv;
    for (std::size_t i = 0; i < next.size(); ++i) {
      if (next[i] == snapshot.series[i].size() || snapshot.series[i][next[i]].step != step) continue;
      csv += scalar_row(step, snapshot.description->metrics[i].name, snapshot.series[i][next[i]++].value);
    }
  }
}

}  // namespace tessera
