// SVG and PDF: a file for the curves of each family of scalars, and one for the newest frame of each matrix.
#include <algorithm>

#include "app/export/drawings.h"
#include "app/export/export.h"
#include "app/panels/lookup.h"
#include "app/panels/series_names.h"

namespace tessera {
namespace {

using Draw = std::function<Drawing(const Typefaces&)>;
using Encode = std::string (*)(const Drawing&, const Typefaces&);

std::vector<ExportFile> drawing_files(const FiguresPtr& figures, const std::string& extension, Encode encode) {
  std::vector<ExportFile> files;
  const auto add = [&](const std::string& name, Draw draw) {
    files.push_back({name + extension, [draw = std::move(draw), encode](Output& output) {
                       const Typefaces typefaces;
                       output.write(encode(draw(typefaces), typefaces));
                     }});
  };
  const Description& description = *figures->description;
  std::vector<std::string> families, names;
  for (const std::string& family : scalar_families(description)) {
    const auto metrics = series_of(description, family);
    const bool any = std::any_of(metrics.begin(), metrics.end(),
                                 [&](std::size_t metric) { return figures->series[metric].size() > 0; });
    if (any) families.push_back(family);
  }
  const std::vector<std::string> curves = file_stems(families);
  for (std::size_t i = 0; i < families.size(); ++i) {
    add("curves/" + curves[i], [figures, family = families[i]](const Typefaces& typefaces) {
      return draw_curves(*figures, family, typefaces);
    });
  }
  const std::vector<std::size_t> matrices = matrices_of(*figures);
  for (const std::size_t metric : matrices) names.push_back(description.metrics[metric].name);
  const std::vector<std::string> heatmaps = file_stems(names);
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    add("heatmaps/" + heatmaps[i], [figures, metric = matrices[i]](const Typefaces& typefaces) {
      return draw_matrix(figures->description->metrics[metric], *figures->frames[metric].back(), typefaces);
    });
  }
  return files;
}

}  // namespace

std::vector<ExportFile> svg_files(const FiguresPtr& figures) {
  return drawing_files(figures, ".svg", [](const Drawing& drawing, const Typefaces&) { return drawing.svg(); });
}

std::vector<ExportFile> pdf_files(const FiguresPtr& figures) {
  return drawing_files(figures, ".pdf",
                       [](const Drawing& drawing, const Typefaces& typefaces) { return drawing.pdf(typefaces); });
}

}  // namespace tessera
