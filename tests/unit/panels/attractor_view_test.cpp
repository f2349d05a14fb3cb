// Which figures of the attractor panel are of the newest measurement.
#include "app/panels/attractor_view.h"

#include <gtest/gtest.h>

#include "app/panels/lookup.h"

namespace tessera {
namespace {

// A measurement that gave no number left no point: an older one must not be taken for it.
TEST(Attractor, FiguresAreOfTheNewestMeasurement) {
  Snapshot run;
  Description description;
  const auto add = [&](const char* family, int layer, const char* name, const std::vector<Point>& points) {
    MetricSpec spec;
    spec.family = family;
    spec.name = name;
    spec.layer = layer;
    description.metrics.push_back(spec);
    run.series.emplace_back();
    for (const Point& point : points) run.series.back().append(point);
  };
  add("output_cosine", 1, "output_cosine/tiles", {{10, 0.5}, {20, 0.25}});
  add("effective_rank_outputs", 1, "effective_rank_outputs/tiles", {{10, 4.5}});
  add("phase_transitions", 1, "phase_transitions/tiles", {{10, 0}, {20, 0}});
  add("operator", -1, "operator/freezing", {{10, 0}, {20, 0.5}});
  add("alignment_slope", 1, "alignment_slope/tiles", {{25, 0.1}});  // of whole tasks: no measurement of these
  run.description = std::make_shared<const Description>(description);
  EXPECT_EQ(attractor_measured(run, 1), 20);
  EXPECT_EQ(measured_value(run, 0, 20), 0.25);
  EXPECT_EQ(measured_value(run, 1, 20), std::nullopt);
  EXPECT_EQ(measured_value(run, 3, 20), 0.5);
  EXPECT_EQ(measured_value(run, std::nullopt, 20), std::nullopt);
  for (Series& series : run.series) series.cut(0);
  EXPECT_EQ(attractor_measured(run, 1), -1);
}

}  // namespace
}  // namespace tessera
