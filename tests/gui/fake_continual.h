// The metrics of continual learning in a made-up study, by the names that the real ones have: of tasks one after
// another, of the experts or tiles of its head, and of the classes that each tile has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/lab/engine.h"

namespace tessera::test {

struct FakeContinual {
  static constexpr int tasks = 5;
  bool sequence = false;
  bool inferred = false;   // scenarios in which the tile is inferred
  bool attractor = false;  // how alike the experts of the head are
  std::string head;        // "tiles", "experts"; empty: neither
  int head_layer = -1;
  std::int64_t steps_of_task = 1;
  std::vector<std::vector<int>> tiles;  // in force

  void declare(Description&) const;
  static bool of_test(const MetricSpec&);  // measured on test samples, which is rarer
  // Nothing for what is no metric of these.
  std::optional<double> scalar(const MetricSpec&, std::int64_t step) const;
  std::optional<float> cell(const MetricSpec&, std::int64_t steps_done, int row, int column) const;
};

// A number in [0, 1) that follows from its arguments: the scatter of the figures.
double noise(std::int64_t a, std::int64_t b = 0, std::int64_t c = 0);

}  // namespace tessera::test
