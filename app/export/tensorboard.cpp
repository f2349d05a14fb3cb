// TensorBoard: an event file with every scalar, heatmaps as pictures, the preset and what was changed as text.
#include <algorithm>
#include <limits>

#include "app/export/drawings.h"
#include "app/export/event_file.h"
#include "app/export/export.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr std::size_t most_pictures = 16;  // of a metric: TensorBoard itself shows ten of them unless told otherwise
constexpr double pixels_a_point = 1.5;

struct Picture {
  std::int64_t step;
  std::size_t metric;
  const Matrix* frame;
};

// Of each matrix metric the first and the last frame and as many even steps between them as there may be; by step.
std::vector<Picture> pictures_of(const Figures& figures) {
  std::vector<Picture> pictures;
  for (const std::size_t metric : matrices_of(figures)) {
    const auto& frames = figures.frames[metric];
    const std::size_t count = std::min(frames.size(), most_pictures);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = count == 1 ? frames.size() - 1 : i * (frames.size() - 1) / (count - 1);
      pictures.push_back({frames[at]->step, metric, frames[at].get()});
    }
  }
  std::stable_sort(pictures.begin(), pictures.end(),
                   [](const Picture& a, const Picture& b) { return a.step < b.step; });
  return pictures;
}

std::string as_code(const std::string& text) {  // Markdown: indented by four
  std::string code = "    ";
  for (const char c : text) {
    code += c;
    if (c == '\n') code += "    ";
  }
  return code;
}

std::string changes_table(const Figures& figures) {
  std::string text = "| step | parameter | value | ramp |\n|---|---|---|---|\n";
  for (const Intervention& change : figures.timeline) {
    text += "| " + number_text(change.step) + " | " + change.path + " | " + to_string(change.value) + " | " +
            number_text(change.ramp) + " |\n";
  }
  return text;
}

void write_events(const Figures& figures, Output& output) {
  const Typefaces typefaces;
  const std::vector<MetricSpec>& metrics = figures.description->metrics;
  EventFile events(output);
  events.text(0, "preset", as_code(write_preset(*figures.preset, true)));
  if (!figures.timeline.empty()) events.text(0, "changes", changes_table(figures));

  const std::vector<Picture> pictures = pictures_of(figures);
  auto picture = pictures.begin();
  const auto pictures_before = [&](std::int64_t step) {
    for (; picture != pictures.end() && picture->step < step; ++picture) {
      const MetricSpec& spec = metrics[picture->metric];
      const Drawing drawing = draw_matrix(spec, *picture->frame, typefaces);
      const PngPicture png = drawing.png(typefaces, pixels_a_point);
      events.image(picture->step, spec.name, png.width, png.height, png.bytes);
    }
  };
  const std::vector<std::size_t> scalars = scalars_of(figures);
  for_each_step(figures, scalars, [&](std::int64_t step, std::span<const double* const> values) {
    pictures_before(step);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i]) events.scalar(step, metrics[scalars[i]].name, *values[i]);
    }
  });
  pictures_before(std::numeric_limits<std::int64_t>::max());
}

}  // namespace

std::vector<ExportFile> tensorboard_files(const FiguresPtr& figures) {
  return {{"events.out.tfevents.0.tessera", [figures](Output& output) { write_events(*figures, output); }}};
}

}  // namespace tessera
