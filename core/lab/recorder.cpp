// See recorder.h.
#include "core/lab/recorder.h"

#include <algorithm>

#include "core/lab/atomic_file.h"
#include "core/lab/build_info.h"
#include "core/lab/checkpoints.h"
#include "core/lab/description_json.h"
#include "core/lab/json_text.h"
#include "core/lab/never_began.h"
#include "core/lab/preset_json.h"
#include "core/lab/recorded_rows.h"
#include "core/lab/row_text.h"
#include "core/lab/run_folder.h"
#include "core/lab/storage_error.h"
#include "core/lab/taken_over.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// Of lines of matrices, those from this step on.
void drop_rows(std::string& rows, std::int64_t step) {
  std::size_t start = 0;
  while (start < rows.size() && matrix_step(std::string_view(rows).substr(start)) < step) {
    start = rows.find('\n', start) + 1;
  }
  rows.erase(start);
}

}  // namespace

RunRecorder::RunRecorder(fs::path folder, Existing existing, Checkpoints checkpoints)
    : folder_(std::move(folder)), existing_(existing), checkpoints_(checkpoints) {
  // "runs/x/" and "runs/x" are the same folder
  if (!folder_.has_filename() && folder_.has_parent_path()) folder_ = folder_.parent_path();
  if (existing == Existing::refuse) {
    if (auto problem = occupied(folder_); problem && !never_began(folder_)) throw InputError({*std::move(problem)});
  }
  if (existing == Existing::resume) claim_recorded(folder_, lock_);
  try_to_write(folder_);
}

RunRecorder::~RunRecorder() = default;

void RunRecorder::started(const Preset& preset, const Description& description) {
  if (started_) {
    throw InputError({{folder_.string(), "a second run can't go into the same folder", "one run a folder"}});
  }
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

void RunRecorder::given_up() {
  if (!started_) past_.reset();
}

// All or nothing: a run that can't start leaves no folder behind.
void RunRecorder::make_files(const Preset& preset, const Description& description) {
  ClaimedFolder claimed = claim_new(folder_, existing_ == Existing::beside, lock_);
  folder_ = std::move(claimed.folder);
  is_new_ = claimed.is_new;
  const auto make = [&](AppendFile& file, const char* name, const char* header) {
    file.create(folder_ / name);
    file.append(header);
    file.flush();
  };
  try {
    make(scalars_, "scalars.csv", scalars_header);
    make(timing_, "timing.csv", timing_header);
    write_timeline();
    write_file(folder_ / "description.json", write_description(description));
    if (past_) take_over();
    sync();
    write_file(folder_ / "preset.json", write_preset(preset, true));  // last: with it, the folder holds a run
    sync_folder(folder_.parent_path());
  } catch (const std::exception&) {
    remove_files();
    throw;
  }
}

// The folder was empty when it was claimed.
void RunRecorder::remove_files() {
  std::error_code error;
  for (const char* name : {"preset.json", "scalars.csv", "timing.csv", "timeline.json", "description.json",
                           "parent.json", "matrices", "checkpoints"}) {
    fs::remove_all(folder_ / name, error);
  }
  if (is_new_) fs::remove(folder_, error);
  lock_.release();
}

void RunRecorder::take_over() {
  Parent parent = past_->parent;
  if (!parent.folder.empty()) parent.folder = seen_from(folder_, parent.folder);
  write_file(folder_ / "parent.json", parent_json(parent));
  const std::int64_t step = past_->step;
  if (!has_past(step)) return;
  take_over_figures(past_->parent.folder, step, folder_, scalars_);
  new_files_ = true;
  remember_last();
  if (past_->checkpoint) write_checkpoint(*past_->checkpoint, checkpoint_place(step));
  past_->checkpoint.reset();  // it may be large
  cut_from_ = 0;
  undecided_ = true;
}

bool RunRecorder::has_past(std::int64_t step) {
  return past_ && past_->step > 0 && past_->step == step && !past_->parent.folder.empty();
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
  const bool just_taken_over = undecided_ && has_past(step);
  undecided_ = false;
  cut_from_.reset();
  if (just_taken_over) return;
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
  const auto cut_lines = [](AppendFile& file, std::int64_t first, std::int64_t (*step_of)(std::string_view)) {
    file.cut([=](std::string_view line) { return step_of(line) >= first; });
  };
  cut_lines(scalars_, step, csv_step);
  if (scalars_.empty()) scalars_.append(scalars_header);
  cut_lines(timing_, step + 1, csv_step);  // its steps are those done
  if (timing_.empty()) timing_.append(timing_header);
  if (fs::exists(folder_ / "matrices")) {
    for (const fs::directory_entry& file : fs::directory_iterator(folder_ / "matrices")) {
      if (file.path().extension() != ".ndjson") continue;
      cut_lines(open_matrices(file.path().filename().string()), step, matrix_step);
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
  if (!started_) return;
  if (untouched()) {
    if (past_) remove_files();  // a fork that could not go on
    return;
  }
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

}  // namespace tessera
