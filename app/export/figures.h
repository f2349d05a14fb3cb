// The figures of a run, as exports take them: every point of every scalar, every matrix over time, what was changed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/session.h"

namespace tessera {

struct Figures {
  std::shared_ptr<const Description> description;
  std::shared_ptr<const Preset> preset;
  std::vector<Intervention> timeline;  // sorted by step
  std::int64_t step = 0;               // steps done
  std::vector<Series> series;          // parallel to description->metrics; empty for matrices
  // Parallel to description->metrics, by step; empty for scalars.
  std::vector<std::vector<std::shared_ptr<const Matrix>>> frames;
};

// Of a run that is in memory, with the frames that its history keeps. Cheap: of points and matrices only the newest
// points are copied. Null while nothing was built.
std::shared_ptr<const Figures> figures_of(const Snapshot&);

// Of a recorded run, as far as its folder has it. Problems as read_snapshot has them.
Result<std::shared_ptr<const Figures>> read_figures(const std::filesystem::path& folder, const ParameterTable&,
                                                    const CombinationCheck& = {});

// Whether there is a point or a frame of any metric.
bool any_figures(const Figures&);

// The metrics that have a point (rank 0) or a frame (rank 2), in the order declared.
std::vector<std::size_t> scalars_of(const Figures&);
std::vector<std::size_t> matrices_of(const Figures&);

// Calls `row` for each step that has a point, in order, with the value of each of the metrics; null where there is
// none.
void for_each_step(const Figures&, std::span<const std::size_t> metrics,
                   const std::function<void(std::int64_t step, std::span<const double* const> values)>& row);

// "overlap/layer2", the name of a metric or family, as that of a file: "overlap-layer2". Leads into no other folder.
std::string file_stem(std::string_view name);
// The same for several: where two would have the same file ("a/b" and "a-b"; also but for the case of letters, which
// not all file systems tell apart), the later one ends in "-2".
std::vector<std::string> file_stems(const std::vector<std::string>& names);

// The names along an axis of a matrix, `count` of them: its labels, numbers where it has none.
std::vector<std::string> axis_labels(const Axis&, int count);

}  // namespace tessera
