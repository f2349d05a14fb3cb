// A run's folder: everything that is needed to read, repeat or continue it.
//
//   preset.json     the preset with all its parameters
//   description.json what is measured: metrics, layers, experts, classes (core/lab/description_json.h)
//   timeline.json   what was changed and when, with the schedule still to come: an array as in a preset's schedule
//   scalars.csv     step,name,value: by step, then in the order of the metrics; nothing that depends on the clock
//   matrices/       METRIC.ndjson, "/" in its name as "-": a line {"metric", "title", "unit", "axes"}, then lines
//                   {"step", "rows", "columns", "values": [[...], ...]} with null where there is no value
//   parent.json     of a fork: the run that it comes from, and what it changed (core/lab/fork.h)
//   timing.csv      step,seconds,steps_per_s,memory_bytes: about once a second
//   checkpoints/    STEP.ckpt (core/lab/checkpoint.h): one a minute, of which a few are kept (core/lab/checkpoints.h)
//   summary.json    when the run came to its end or was stopped: preset, seed, steps, device, wall_s, steps_per_s,
//                   state, failure, final (the last value of each scalar)
//
// JSON files are replaced as a whole; the others only grow, at least once a second, and what is in them stays whole.
// A checkpoint is committed when all rows before its step are on the disk: whatever happens, the run can go on from it
// with nothing missing.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/lab/append_file.h"
#include "core/lab/checkpoint.h"
#include "core/lab/folder_lock.h"
#include "core/lab/fork.h"
#include "core/lab/session.h"

namespace tessera {

class RunRecorder : public Observer {
 public:
  struct Checkpoints {  // when they are saved, besides when somebody asks for one
    std::chrono::steady_clock::duration every = std::chrono::minutes(1);
    std::int64_t steps = 0;  // at each multiple of so many steps too; 0: no
    bool at_rest = false;    // when a run that isn't finished is closed or replaced
  };
  enum class Existing {
    refuse,  // a folder that isn't empty; what a run left there that was killed before it began is removed
    beside,  // when the folder isn't empty, take the first of FOLDER-2, FOLDER-3, ... that is new or empty
    resume   // continue its run: rows from the checkpoint's step on, or all if none is restored, are cut off first
  };
  // Writes nothing yet (the folder comes with the run's start), but InputError now when that wouldn't work: the folder
  // isn't empty (or, to resume, holds no run, one that is still going, or links), is no folder, or can't be written, or
  // the disk is full. From its start on, a run that is resumed from now on, the folder is locked against other
  // recorders.
  explicit RunRecorder(std::filesystem::path folder, Existing existing = Existing::refuse)
      : RunRecorder(std::move(folder), existing, Checkpoints()) {}
  RunRecorder(std::filesystem::path folder, Existing existing, Checkpoints checkpoints);
  ~RunRecorder() override;

  // Of a fork, before its start. What is taken over of the parent's record is dropped again if a step comes and no
  // `restored` before it.
  void begin_with(RecordedPast past) { past_ = std::move(past); }

  const std::filesystem::path& folder() const { return folder_; }  // with `beside` known once the run has started

  // Observer. What can't be written throws StorageError: what was written stays, what wasn't is kept and written before
  // anything else at the next `stepped`, `paused` or `ended`. The others write nothing.
  void started(const Preset&, const Description&) override;  // one run a recorder: InputError at a second one
  void given_up() override;
  void scalar(std::int64_t step, const MetricSpec&, double value) override;
  void matrix(const MetricSpec&, const Matrix&) override;
  void changed(const Intervention&) override;
  void stepped(std::int64_t steps_done, double seconds, std::uint64_t memory_bytes) override;
  void paused() override;
  void restored(std::int64_t step, const std::vector<Intervention>& timeline) override;
  bool has_past(std::int64_t step) override;
  void planned(const std::vector<Intervention>& timeline) override;
  bool checkpoint_wanted(std::int64_t step, bool at_rest) override;
  std::filesystem::path checkpoint_place(std::int64_t step) override;
  void checkpoint_saved(std::int64_t step) override;
  void ended(State, const Snapshot&) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Row {
    std::int64_t step;
    std::size_t metric;
    double value;
  };
  struct MatrixFile {
    std::string header;  // for a new one
    std::string rows;    // not yet handed to the file
    AppendFile file;     // is opened when it is first written to
  };

  void make_files(const Preset& preset, const Description& description);
  void remove_files();
  void take_over();
  void remember_last();
  AppendFile& open_matrices(const std::string& name);
  void continue_files();
  bool untouched() const;
  void cut();
  void write_rows();
  void flush();
  void sync();
  void write_timeline();
  void remove_summary();

  std::filesystem::path folder_;
  FolderLock lock_;
  Existing existing_;
  Checkpoints checkpoints_;
  std::optional<RecordedPast> past_;
  bool started_ = false, is_new_ = false;  // the folder is
  std::optional<std::int64_t> cut_from_;   // what is in the folder of this step and later ones is void, and still there
  bool undecided_ = false;                 // resumed or forked, and not known yet from which step
  std::vector<std::string> names_;         // of the metrics, in their order
  std::map<std::string, std::size_t, std::less<>> order_;  // the other way round
  std::map<std::size_t, double> last_;                     // of each scalar, by metric
  std::vector<Row> rows_;                                  // of the step under way
  std::vector<Intervention> timeline_;
  bool timeline_changed_ = false;
  AppendFile scalars_, timing_;
  std::map<std::string, MatrixFile> matrices_;  // by the file's name
  bool behind_ = false;                         // something couldn't be written
  bool new_files_ = false;                      // since they were last synced
  Clock::time_point began_{}, flushed_{}, stepped_{}, saved_{};
  std::int64_t saved_step_ = 0;  // of the folder's checkpoint that was saved or restored last; -1: of none
  double seconds_ = 0;           // spent running
  std::int64_t steps_ = 0;       // done since `started`
  std::optional<std::int64_t> summary_steps_;  // steps_ when summary.json was written; none: there is none
  double timed_ = 0;                           // seconds_ and steps_ at the last line of timing.csv
  std::int64_t timed_steps_ = 0;
};

}  // namespace tessera
