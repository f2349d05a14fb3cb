// The matrices of a run over its steps, in bounded memory: what the window shows when it goes back to a moment of the
// run. A value type whose copies share what they have: the worker appends, and each snapshot holds a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/lab/metric.h"

namespace tessera {

struct Snapshot;

// Frames (a matrix of one metric) in the order of their steps. When they need more than `bound` bytes, all but the
// newest (a quarter of the bound, which stay dense) are thinned: of each metric every s-th is kept, and where that is
// not enough s doubles for those metrics whose frames lie closest together, in steps. So what is kept stays evenly
// spread over the run, and metrics of different intervals end up about equally far apart. The first frame and the
// newest of each metric are kept; only where these alone need more than `bound` do the oldest of the largest go as
// well.
class History {
 public:
  static constexpr std::size_t usual_bound = std::size_t{64} << 20;  // bytes

  explicit History(std::size_t metrics = 0, std::size_t bound = usual_bound);

  // Steps strictly rise for each metric (std::logic_error otherwise). Not null.
  void append(std::size_t metric, std::shared_ptr<const Matrix>);
  void cut(std::int64_t step);  // drops the frames with a step >= `step` (after a restore)

  std::size_t metrics() const { return tracks_.size(); }
  std::size_t bytes() const { return bytes_; }  // of all frames; never above the bound
  std::size_t size(std::size_t metric) const { return tracks_[metric].size(); }
  const std::shared_ptr<const Matrix>& frame(std::size_t metric, std::size_t index) const;
  // The newest frame at or before `step`; null: there is none.
  std::shared_ptr<const Matrix> at(std::size_t metric, std::int64_t step) const;
  // The nearest step before or after `step` that has a frame, of whichever metric.
  std::optional<std::int64_t> before(std::int64_t step) const;
  std::optional<std::int64_t> after(std::int64_t step) const;

  static std::size_t bytes_of(const Matrix&);  // what a frame counts as

 private:
  struct Frame {
    std::shared_ptr<const Matrix> matrix;
    std::uint64_t number;  // which of its metric's frames it was, from 0, those that were dropped counted
  };
  // Sealed blocks never change; a copy costs one pointer and the frames since the last seal.
  struct Track {
    static constexpr std::size_t block_size = 32;
    using Block = std::vector<Frame>;
    using Blocks = std::vector<std::shared_ptr<const Block>>;

    std::size_t size() const { return (sealed ? sealed->size() * block_size : 0) + tail.size(); }
    const Frame& operator[](std::size_t index) const;
    std::size_t first_after(std::int64_t step) const;  // index of the first frame with a step > `step`
    void append(Frame);
    double spacing() const;  // of its older frames, in steps

    std::shared_ptr<const Blocks> sealed;  // null: none
    std::vector<Frame> tail;
    std::uint64_t stride =
        1;  // of its older frames, those whose number is a multiple of it are kept when it is thinned
  };
  void make_room();
  std::int64_t dense_from(std::size_t bytes) const;
  void thin(std::int64_t dense_from);
  bool double_closest(std::int64_t dense_from);
  void rebuild(Track&, std::vector<Frame> kept);
  void drop_oldest();

  std::size_t bound_, bytes_ = 0;
  std::vector<Track> tracks_;  // one a metric; without frames for scalars
};

// The run as it was when step number `step` (from 0, as points and interventions count) had been computed: matrices of
// the newest frames at or before it, series and parameters up to it, `Snapshot::step` = `step` + 1. Its state,
// timeline, failure and figures of speed stay those of `now`. At a step that is still to come: `now`. Without a history
// (a run that keeps none) only matrices as old as `step` are shown.
Snapshot at(const Snapshot& now, std::int64_t step);

}  // namespace tessera
