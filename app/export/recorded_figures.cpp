// The figures of a run's folder: read_snapshot has all but the older frames of the matrices.
#include <algorithm>

#include "app/export/figures.h"
#include "core/lab/recorded_rows.h"
#include "core/lab/recorded_snapshot.h"

namespace tessera {

namespace fs = std::filesystem;

Result<std::shared_ptr<const Figures>> read_figures(const fs::path& folder, const ParameterTable& table,
                                                    const CombinationCheck& check) {
  const auto snapshot = read_snapshot(folder, table, check);
  if (!snapshot) return snapshot.problems;
  Figures figures = *figures_of(**snapshot.value);
  const std::vector<MetricSpec>& metrics = figures.description->metrics;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "matrices", error)) {
    if (entry.path().extension() != ".ndjson") continue;
    std::size_t metric = 0;
    std::vector<std::shared_ptr<const Matrix>> frames;
    const auto problems = read_matrices(
        entry.path(),
        [&](const std::string& name) {
          const auto is = [&](const MetricSpec& spec) { return spec.name == name; };
          metric = static_cast<std::size_t>(std::find_if(metrics.begin(), metrics.end(), is) - metrics.begin());
        },
        [&](Matrix frame) { frames.push_back(std::make_shared<const Matrix>(std::move(frame))); });
    if (!problems.empty()) return problems;
    if (metric < metrics.size() && !frames.empty()) figures.frames[metric] = std::move(frames);
  }
  return std::make_shared<const Figures>(std::move(figures));
}

}  // namespace tessera
