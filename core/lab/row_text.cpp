// See row_text.h.
#include "core/lab/row_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "core/lab/json_text.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view matrix_start = "{\"step\": ";

}  // namespace

std::string scalar_row(std::int64_t step, const std::string& name, double value) {
  return number_text(step) + ',' + csv_field(name) + ',' + number_text(value) + '\n';
}

std::string matrix_row(const Matrix& matrix) {
  std::string row = std::string(matrix_start) + number_text(matrix.step) +
                    ", \"rows\": " + std::to_string(matrix.rows) + ", \"columns\": " + std::to_string(matrix.columns) +
                    ", \"values\": [";
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

std::int64_t csv_step(std::string_view line) {
  std::int64_t step = -1;
  std::from_chars(line.data(), line.data() + line.size(), step);
  return step;
}

std::int64_t matrix_step(std::string_view line) {
  return line.starts_with(matrix_start) ? csv_step(line.substr(matrix_start.size())) : -1;
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
