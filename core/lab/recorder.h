// A run's folder: everything that is needed to read, repeat or continue it.
//
//   preset.json     the preset with all its parameters
//   description.json what is measured: metrics, layers, experts, classes (core/lab/description_json.h)
//   timeline.json   what was changed and when, with the schedule still to come: an array as in a preset's schedule
//   scalars.csv     step,name,value: by step, then in the order of the metrics; nothing that depends on the clock
//   matrices/       METRIC.ndjson, "/" in its name as "-": a line {"metric", "title", "unit", "axes"}, then lines
//                   {"step", "rows", "columns", "values": [[...], ...]} with null where there is no value
//   timing.csv      step,seconds,steps_per_s,memory_bytes: about once a second
//   checkpoint      the newest, if one was saved (core/lab/checkpoint.h): each minute
//   summary.json    when the run came to its end or was stopped: preset, seed, steps, device, wall_s, steps_per_s,
//                   state, failure, final (the last value of each scalar)
//
// JSON files are replaced as a whole; the others only grow, at least once a second, and what is in them stays whole.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/lab/append_file.h"
#include "core/lab/folder_lock.h"
#include "core/lab/session.h"

namespace tessera {

class RunRecorder : public Observer {
 public:
  enum class Existing {
    refuse,  // a folder that isn't empty
    beside,  // when the folder isn't empty, take the first of FOLDER-2, FOLDER-3, ... that is new or empty
    resume   // continue its run: rows from the checkpoint's step on, or all if none is restored, are cut off first
  };
  // Writes nothing yet (the folder comes with the run's start), but InputError now when that wouldn't work: the folder
  // isn't empty (or, to resume, holds no run, one that is still going, or links), is no folder, or can't be written, or
  // the disk is full. From its start on, a run that is resumed from now on, the folder is locked against other
  // recorders.
  explicit RunRecorder(std::filesystem::path folder, Existing existing = Existing::refuse,
                       std::chrono::steady_clock::duration checkpoint_every = std::chrono::minutes(1));
  ~RunRecorder() override;

  const std::filesystem::path& folder() const { return folder_; }  // with `beside` known once the run has started

  // Observer. What can't be written throws std::runtime_error or InputError: the run fails, what was written stays.
  void started(const Preset&, const Description&) override;  // one run a recorder: InputError at a second one
  void scalar(std::int64_t step, const MetricSpec&, double value) override;
  void matrix(const MetricSpec&, const Matrix&) override;
  void changed(const Intervention&) override;
  void stepped(std::int64_t steps_done, double seconds, std::uint64_t memory_bytes) override;
  void paused() override;
  void restored(std::int64_t step, const std::vector<Intervention>& timeline) override;
  std::filesystem::path checkpoint_wanted(bool at_rest) override;  // at rest it is left to who stopped the run
  void ended(State, const Snapshot&) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Row {
    std::int64_t step;
    std::size_t metric;
    double value;
  };

  bool claim();
  void make_files(const Preset& preset, const Description& description);
  void continue_files();
  void cut(std::int64_t step);
  void write_rows();
  void flush();
  void write_timeline();
  AppendFile& matrix_file(const MetricSpec& metric);

  std::filesystem::path folder_;
  FolderLock lock_;
  Existing existing_;
  std::chrono::steady_clock::duration checkpoint_every_;
  bool started_ = false;
  bool cut_pending_ = false;                               // resumed, and not known yet from which step
  std::vector<std::string> names_;                         // of the metrics, in their order
  std::map<std::string, std::size_t, std::less<>> order_;  // the other way round
  std::vector<Row> rows_;                                  // of the step under way
  std::vector<Intervention> timeline_;
  bool timeline_changed_ = false;
  AppendFile scalars_, timing_;
  std::map<std::string, AppendFile> matrices_;
  Clock::time_point began_{}, flushed_{}, stepped_{}, saved_{};
  double seconds_ = 0;      // spent running
  std::int64_t steps_ = 0;  // done since `started`
  double timed_ = 0;        // seconds_ and steps_ at the last line of timing.csv
  std::int64_t timed_steps_ = 0;
};

bool holds_run(const std::filesystem::path& folder);
std::filesystem::path checkpoint_file(const std::filesystem::path& folder);

// What scalars.csv holds for the run of a snapshot, to the byte.
std::string scalars_csv(const Snapshot& snapshot);

}  // namespace tessera
