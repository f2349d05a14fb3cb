// See subspace_data.h.
#include "app/panels/subspace_data.h"

#include <algorithm>
#include <cmath>

namespace tessera {

std::vector<Holder> holders_of(const Matrix& alpha, const Matrix* shares, int dimension) {
  std::vector<Holder> holders;
  if (dimension < 0 || dimension >= alpha.columns) return holders;
  for (int expert = 0; expert < alpha.rows; ++expert) {
    Holder holder{expert, alpha.at(expert, dimension), {}};
    if (std::isnan(holder.open)) continue;
    for (int task = 0; shares && expert < shares->rows && task < shares->columns; ++task) {
      if (const float share = shares->at(expert, task); share >= 0.01f) holder.tasks.push_back({task, share});
    }
    std::stable_sort(holder.tasks.begin(), holder.tasks.end(),
                     [](const Holder::Task& a, const Holder::Task& b) { return a.share > b.share; });
    holders.push_back(std::move(holder));
  }
  std::stable_sort(holders.begin(), holders.end(), [](const Holder& a, const Holder& b) { return a.open > b.open; });
  return holders;
}

int ConflictMap::column_of(std::int64_t step) const {
  return static_cast<int>(std::upper_bound(steps.begin(), steps.end(), step) - steps.begin()) - 1;
}

namespace {

void add_conflict(const Matrix& cosines, float* column, int stride, int dimensions) {
  for (int pair = 0; pair < cosines.rows; ++pair) {
    for (int d = 0; d < dimensions; ++d) {
      column[static_cast<std::ptrdiff_t>(d) * stride] += std::max(0.0f, -cosines.at(pair, d));
    }
  }
}

}  // namespace

ConflictMap conflict_map(const History& history, std::size_t metric, int most) {
  ConflictMap map;
  const std::size_t frames = metric < history.metrics() ? history.size(metric) : 0;
  if (frames == 0 || most < 1) return map;
  const Matrix &first = *history.frame(metric, 0), &last = *history.frame(metric, frames - 1);
  map.rows = first.columns;
  map.columns = static_cast<int>(std::min(frames, static_cast<std::size_t>(most)));
  map.values.assign(static_cast<std::size_t>(map.rows) * static_cast<std::size_t>(map.columns), 0);
  map.steps.assign(static_cast<std::size_t>(map.columns), first.step);
  std::vector<int> counts(static_cast<std::size_t>(map.columns), 0);
  const std::int64_t span = last.step - first.step + 1;
  for (std::size_t i = 0; i < frames; ++i) {
    const Matrix& frame = *history.frame(metric, i);
    if (frame.columns != map.rows) continue;
    const auto column = static_cast<std::size_t>((frame.step - first.step) * map.columns / span);
    add_conflict(frame, map.values.data() + column, map.columns, map.rows);
    counts[column] += frame.rows;
    map.steps[column] = frame.step;
  }
  for (int column = 0; column < map.columns; ++column) {
    const int count = counts[static_cast<std::size_t>(column)];
    if (count == 0 && column > 0) {
      map.steps[static_cast<std::size_t>(column)] = first.step + (column * span + map.columns - 1) / map.columns;
    }
    for (int d = 0; d < map.rows; ++d) {
      float* const value = map.values.data() + static_cast<std::ptrdiff_t>(d) * map.columns + column;
      if (count > 0) {
        *value /= static_cast<float>(count);
      } else if (column > 0) {
        *value = value[-1];
      }
    }
  }
  return map;
}

CosineHistory cosine_history(const History& history, std::size_t metric, int dimension) {
  CosineHistory made;
  const std::size_t frames = metric < history.metrics() ? history.size(metric) : 0;
  for (std::size_t i = 0; i < frames; ++i) {
    const Matrix& frame = *history.frame(metric, i);
    if (dimension < 0 || dimension >= frame.columns) continue;
    made.pairs.resize(static_cast<std::size_t>(frame.rows));
    made.steps.push_back(static_cast<double>(frame.step));
    for (int pair = 0; pair < frame.rows; ++pair) {
      made.pairs[static_cast<std::size_t>(pair)].push_back(static_cast<double>(frame.at(pair, dimension)));
    }
  }
  return made;
}

}  // namespace tessera
