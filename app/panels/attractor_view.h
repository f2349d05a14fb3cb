// The parts of the attractor panel: the operators' strengths, and how alike the experts are over the run.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "app/panels/curve.h"
#include "app/panels/panel.h"
#include "app/panels/series_steps.h"
#include "imgui.h"

namespace tessera {

// The step of the newest measurement; -1: there is none. What has no point there gave no number.
std::int64_t attractor_measured(const Snapshot&, int layer);
// The value of a metric in that measurement.
std::optional<double> measured_value(const Snapshot&, std::optional<std::size_t> metric, std::int64_t measured);

// A bar each for isolation, freezing and perturbation, in this order. Item ids: "##operator isolation", ... Whether the
// run has any of them: nothing is drawn without.
bool draw_operators(const PanelContext&, std::int64_t measured, float width);

// Means over the pairs of experts by step, with marks at phase transitions and faint ones where a task begins. Item id:
// "##similarity".
class SimilarityCurves {
 public:
  void draw(PanelContext&, int layer, std::int64_t measured, ImVec2 size);

 private:
  struct Line {
    const char *family, *label;
    Curve curve;
    bool shown = false;
  };
  void update(const PanelContext&, int layer);
  void legend(const PanelContext&, std::int64_t measured, float width) const;
  void plot(const PanelContext&, ImVec2 size) const;
  void back(const PanelContext&) const;
  void tooltip(const PanelContext&) const;

  Line lines_[3] = {{"output_cosine", "outputs", {}}, {"weight_cosine", "weights", {}}, {"output_cka", "CKA", {}}};
  SeriesSteps transitions_;
  std::vector<std::int64_t> tasks_;  // where they begin
};

}  // namespace tessera
