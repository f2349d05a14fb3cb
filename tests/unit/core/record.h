// What an engine wrote, for tests that drive one by hand.
#pragma once

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/lab/engine.h"

namespace tessera::test {

// Everything that an engine wrote, in order; comparable bit for bit.
class Record : public Telemetry {
 public:
  struct Entry {
    std::int64_t step;
    std::size_t metric;
    std::vector<float> values;  // of a matrix
    double value = 0;           // of a scalar
    friend bool operator==(const Entry& a, const Entry& b) {
      return a.step == b.step && a.metric == b.metric && a.values.size() == b.values.size() &&
             std::memcmp(&a.value, &b.value, sizeof(double)) == 0 &&
             (a.values.empty() || std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)) == 0);
    }
  };
  void scalar(std::size_t metric, double value) override { entries.push_back({step, metric, {}, value}); }
  void matrix(std::size_t metric, Matrix value) override {
    shapes[metric] = {value.rows, value.columns};
    entries.push_back({step, metric, std::move(value.values), 0});
  }
  std::int64_t step = 0;
  std::vector<Entry> entries;
  std::map<std::size_t, std::pair<int, int>> shapes;
};

// Steps `from` up to `to` of a run that ends with step `end` - 1.
inline void run(Engine& engine, Record& record, std::int64_t from, std::int64_t to, std::int64_t end = 1000) {
  for (std::int64_t step = from; step < to; ++step) {
    record.step = step;
    engine.step(step, step + 1 == end, record);
  }
}

inline std::size_t index_of(const Description& description, const std::string& name) {
  for (std::size_t i = 0; i < description.metrics.size(); ++i) {
    if (description.metrics[i].name == name) return i;
  }
  throw std::out_of_range(name);
}

inline std::vector<double> series(const Record& record, std::size_t metric) {
  std::vector<double> values;
  for (const auto& entry : record.entries) {
    if (entry.metric == metric) values.push_back(entry.value);
  }
  return values;
}

}  // namespace tessera::test
