// What the subspaces panel reads out of matrices and their history. No drawing in here.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lab/history.h"

namespace tessera {

// An expert that has picked a dimension.
struct Holder {
  int expert = 0;
  float open = 0;  // how open alpha makes the dimension to it, (0, 1)
  struct Task {
    int task = 0;
    float share = 0;  // of the task's weight, what the expert has
  };
  std::vector<Task> tasks;  // those of which it has a hundredth at least, most first
};

// Who has picked the dimension, the most open first. alpha: [experts, dimensions], NaN where it isn't picked; shares:
// [experts, tasks], or null.
std::vector<Holder> holders_of(const Matrix& alpha, const Matrix* shares, int dimension);

// Dimension by time: the mean over the pairs of tasks of max(0, -cosine).
struct ConflictMap {
  int rows = 0, columns = 0;  // dimensions, stretches of the run
  std::vector<float> values;
  std::vector<std::int64_t> steps;         // of each column: that of its last frame; where it has none, its first
  int column_of(std::int64_t step) const;  // the last one with a step at or before it; -1: none
};

// From the frames of a metric [pairs, dimensions]. Stretches are equally long, at most `most` of them and no more than
// there are frames; each has the mean of its frames, or the frame before it where it has none.
ConflictMap conflict_map(const History&, std::size_t metric, int most);

// The cosines of one dimension, of each pair, at the steps that have a frame.
struct CosineHistory {
  std::vector<double> steps;
  std::vector<std::vector<double>> pairs;  // [pairs][steps]
};
CosineHistory cosine_history(const History&, std::size_t metric, int dimension);

}  // namespace tessera
