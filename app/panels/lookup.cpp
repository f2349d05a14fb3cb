// Finding what a panel shows among the metrics of a run.
#include "app/panels/lookup.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/panels/labels.h"

namespace tessera {
namespace {

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

float or_zero(float value) { return std::isfinite(value) ? value : 0.0f; }

}  // namespace

std::vector<std::string> matrix_families(const Description& description, std::string_view prefix) {
  std::vector<std::string> found;
  for (const MetricSpec& spec : description.metrics) {
    if (spec.rank != 2 || !spec.family.starts_with(prefix)) continue;
    if (spec.family.size() == prefix.size() || spec.family[prefix.size()] == '_') add_once(found, spec.family);
  }
  return found;
}

std::vector<std::string> scalar_families(const Description& description) {
  std::vector<std::string> found;
  for (const MetricSpec& spec : description.metrics) {
    if (spec.rank == 0) add_once(found, spec.family);
  }
  return found;
}

std::optional<std::size_t> find_metric(const Description& description, std::string_view family, int layer, int rank) {
  for (std::size_t i = 0; i < description.metrics.size(); ++i) {
    const MetricSpec& spec = description.metrics[i];
    if (spec.rank == rank && spec.layer == layer && spec.family == family) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> metric_named(const Description& description, std::string_view name) {
  const auto& metrics = description.metrics;
  const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const auto& spec) { return spec.name == name; });
  if (found == metrics.end()) return {};
  return static_cast<std::size_t>(found - metrics.begin());
}

std::optional<Point> last_point(const Snapshot& snapshot, std::optional<std::size_t> metric) {
  if (!metric || *metric >= snapshot.series.size()) return {};
  const Series& series = snapshot.series[*metric];
  if (series.size() == 0) return {};
  return series[series.size() - 1];
}

std::optional<double> last_value(const Snapshot& snapshot, std::optional<std::size_t> metric) {
  const auto point = last_point(snapshot, metric);
  if (!point) return {};
  return point->value;
}

const Matrix* newest(const Snapshot& snapshot, std::optional<std::size_t> metric) {
  if (!metric || *metric >= snapshot.matrices.size()) return nullptr;
  return snapshot.matrices[*metric].get();
}

std::string words(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string family_title(const Description& description, std::string_view family) {
  const MetricSpec* only = nullptr;
  int count = 0;
  for (const MetricSpec& spec : description.metrics) {
    if (spec.family != family) continue;
    only = &spec;
    ++count;
    if (spec.layer < 0 || spec.layer >= static_cast<int>(description.layer_names.size())) continue;
    const std::string suffix = ", " + description.layer_names[static_cast<std::size_t>(spec.layer)];
    if (spec.title.size() > suffix.size() && spec.title.ends_with(suffix)) {
      return spec.title.substr(0, spec.title.size() - suffix.size());
    }
  }
  return count == 1 && !only->title.empty() ? only->title : words(family);
}

std::vector<bool> empty_rows(const Matrix& matrix) {
  std::vector<bool> empty(static_cast<std::size_t>(matrix.rows), true);
  for (int row = 0; row < matrix.rows; ++row) {
    for (int column = 0; column < matrix.columns; ++column) {
      if (!std::isnan(matrix.at(row, column))) empty[static_cast<std::size_t>(row)] = false;
    }
  }
  return empty;
}

std::vector<float> row_means_without_diagonal(const Matrix& matrix) {
  std::vector<float> means;
  for (int row = 0; row < matrix.rows; ++row) {
    double sum = 0;
    int count = 0;
    for (int column = 0; column < matrix.columns; ++column) {
      if (column == row || std::isnan(matrix.at(row, column))) continue;
      sum += matrix.at(row, column);
      ++count;
    }
    means.push_back(count > 0 ? static_cast<float>(sum / count) : std::numeric_limits<float>::quiet_NaN());
  }
  return means;
}

std::vector<bool> lone_rows(const Matrix& matrix) {
  std::vector<bool> lone = empty_rows(matrix);
  const std::vector<float> means = row_means_without_diagonal(matrix);
  for (std::size_t row = 0; row < lone.size(); ++row) lone[row] = !lone[row] && std::isnan(means[row]);
  return lone;
}

std::vector<float> row_shares(const Matrix& matrix) {
  std::vector<float> shares;
  double total = 0;
  for (int row = 0; row < matrix.rows; ++row) {
    double sum = 0;
    for (int column = 0; column < matrix.columns; ++column) sum += or_zero(matrix.at(row, column));
    shares.push_back(static_cast<float>(sum));
    total += sum;
  }
  if (total > 0) {
    for (float& share : shares) share = static_cast<float>(share / total);
  }
  return shares;
}

std::vector<float> column_shares(const Matrix& matrix) {
  std::vector<float> shares(matrix.values.size(), 0.0f);
  for (int column = 0; column < matrix.columns; ++column) {
    double sum = 0;
    for (int row = 0; row < matrix.rows; ++row) sum += or_zero(matrix.at(row, column));
    if (sum <= 0) continue;
    for (int row = 0; row < matrix.rows; ++row) {
      const std::size_t index = static_cast<std::size_t>(row) * static_cast<std::size_t>(matrix.columns) + column;
      shares[index] = static_cast<float>(or_zero(matrix.at(row, column)) / sum);
    }
  }
  return shares;
}

std::string joined(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  const std::size_t shared = names.size() > 1 ? shared_word(names) : 0;
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) {
    text += i + 1 == names.size() ? " and " : ", ";
    text += names[i].substr(shared);
  }
  return text;
}

}  // namespace tessera
