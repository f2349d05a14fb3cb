// What a metric is (its declaration, once) and the values that metrics have.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tessera {

enum class Colours { sequential, diverging };

struct Axis {
  std::string title;                // "class"
  std::vector<std::string> labels;  // one an index: "T-shirt/top", "expert 0"
};

struct MetricSpec {
  std::string name;    // "alpha_entropy/layer2"
  std::string family;  // "alpha_entropy": what panels group by
  int layer = -1;      // the layer it is of, or -1
  std::string title;   // "alpha entropy, layer 2"
  std::string unit;    // "nats"; empty: a pure number
  int rank = 0;        // 0 scalar, 2 matrix
  Axis axes[2];        // of a matrix: rows, columns
  Colours colours = Colours::sequential;
  double low = 0, high = 1;                 // range of the colours; equal: from the data
  std::string definition, formula, source;  // in words; in symbols; paper or document
};

// Row-major values; NaN where there is none (a dead expert).
struct Matrix {
  std::int64_t step = 0;
  int rows = 0, columns = 0;
  std::vector<float> values;
  float at(int row, int column) const { return values[static_cast<std::size_t>(row) * columns + column]; }
};

}  // namespace tessera
