// The figures of a run as drawings for a paper: curves, a chart a family, and heatmaps. In the colours and words of the
// window's light theme, on white.
#pragma once

#include <string>

#include "app/export/drawing.h"
#include "app/export/figures.h"

namespace tessera {

// The series of a family over the steps, with a legend, guide lines and marks where something was changed. Of each
// stretch of a long curve the extremes are kept, so that a million points are as small as a thousand.
Drawing draw_curves(const Figures&, const std::string& family, const Typefaces&);

// A matrix with named rows and columns and a colour bar.
Drawing draw_matrix(const MetricSpec&, const Matrix&, const Typefaces&);

}  // namespace tessera
