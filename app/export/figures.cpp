// See figures.h.
#include "app/export/figures.h"

#include <algorithm>
#include <limits>
#include <set>

namespace tessera {

std::shared_ptr<const Figures> figures_of(const Snapshot& snapshot) {
  if (!snapshot.description || !snapshot.preset) return nullptr;
  auto figures = std::make_shared<Figures>();
  figures->description = snapshot.description;
  figures->preset = snapshot.preset;
  if (snapshot.timeline) figures->timeline = *snapshot.timeline;
  figures->step = snapshot.step;
  figures->series = snapshot.series;
  figures->series.resize(snapshot.description->metrics.size());
  figures->frames.resize(snapshot.description->metrics.size());
  for (std::size_t i = 0; i < std::min(snapshot.matrices.size(), figures->frames.size()); ++i) {
    auto& frames = figures->frames[i];
    const auto& newest = snapshot.matrices[i];
    const bool kept = snapshot.history && i < snapshot.history->metrics();
    for (std::size_t k = 0; kept && k < snapshot.history->size(i); ++k) {
      if (!newest || snapshot.history->frame(i, k)->step < newest->step)
        frames.push_back(snapshot.history->frame(i, k));
    }
    if (newest) frames.push_back(newest);
  }
  return figures;
}

bool any_figures(const Figures& figures) { return !scalars_of(figures).empty() || !matrices_of(figures).empty(); }

std::vector<std::size_t> scalars_of(const Figures& figures) {
  std::vector<std::size_t> metrics;
  for (std::size_t i = 0; i < figures.series.size(); ++i) {
    if (figures.series[i].size() > 0) metrics.push_back(i);
  }
  return metrics;
}

std::vector<std::size_t> matrices_of(const Figures& figures) {
  std::vector<std::size_t> metrics;
  for (std::size_t i = 0; i < figures.frames.size(); ++i) {
    if (!figures.frames[i].empty()) metrics.push_back(i);
  }
  return metrics;
}

void for_each_step(const Figures& figures, std::span<const std::size_t> metrics,
                   const std::function<void(std::int64_t, std::span<const double* const>)>& row) {
  constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
  std::vector<std::size_t> next(metrics.size(), 0);
  std::vector<const double*> values(metrics.size());
  while (true) {
    std::int64_t step = none;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const Series& series = figures.series[metrics[i]];
      if (next[i] < series.size()) step = std::min(step, series[next[i]].step);
    }
    if (step == none) return;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const Series& series = figures.series[metrics[i]];
      const bool here = next[i] < series.size() && series[next[i]].step == step;
      values[i] = here ? &series[next[i]++].value : nullptr;
    }
    row(step, values);
  }
}

std::string file_stem(std::string_view name) {
  std::string stem(name);
  std::replace_if(
      stem.begin(), stem.end(), [](unsigned char c) { return c == '/' || c < 0x20; }, '-');
  return stem;
}

std::vector<std::string> file_stems(const std::vector<std::string>& names) {
  std::vector<std::string> stems;
  std::set<std::string> taken;
  const auto take = [&](std::string stem) {
    std::transform(stem.begin(), stem.end(), stem.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return taken.insert(std::move(stem)).second;
  };
  for (const std::string& name : names) {
    const std::string wanted = file_stem(name);
    std::string stem = wanted;
    for (int n = 2; !take(stem); ++n) stem = wanted + "-" + std::to_string(n);
    stems.push_back(std::move(stem));
  }
  return stems;
}

std::vector<std::string> axis_labels(const Axis& axis, int count) {
  std::vector<std::string> labels(axis.labels.begin(),
                                  axis.labels.begin() + std::min<std::ptrdiff_t>(count, std::ssize(axis.labels)));
  while (std::ssize(labels) < count) labels.push_back(std::to_string(labels.size()));
  return labels;
}

}  // namespace tessera
