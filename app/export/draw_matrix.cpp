// A heatmap of a matrix.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "app/export/drawings.h"
#include "app/panels/labels.h"

namespace tessera {
namespace {

constexpr double page_width = 440, most_height = 420, margin = 8;
constexpr double text = 8.5, heading = 11, figure = 6.5, line_height = 11;
constexpr float largest_cell = 30;
constexpr int raster_from = 96;  // rows or columns: more are drawn as one picture

std::string short_number(double value, const char* format) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, format, value);
  const std::string number = buffer;
  return number.find_first_of("123456789") == std::string::npos && number.starts_with('-') ? number.substr(1) : number;
}

// What the axis's title says anyway need not be in every name: "expert 3" is "3" on an axis "expert".
std::vector<std::string> names_of(const Axis& axis, int count) {
  std::vector<std::string> names = axis_labels(axis, count);
  for (std::string& name : names) {
    if (name.size() > axis.title.size() + 1 && name.starts_with(axis.title + " ")) name.erase(0, axis.title.size() + 1);
  }
  return names;
}

class Map {
 public:
  Map(const MetricSpec& spec, const Matrix& matrix, const Typefaces& typefaces)
      : spec_(spec),
        matrix_(matrix),
        typefaces_(typefaces),
        tone_(tones(false)),
        colours_(spec.colours == Colours::diverging ? diverging_map(false) : sequential_map(false)),
        rows_(names_of(spec.axes[0], matrix.rows)),
        columns_(names_of(spec.axes[1], matrix.columns)) {
    std::tie(low_, high_) = colour_range(spec.colours, spec.low, spec.high, matrix.values);
    HeatmapMeasures measures;
    measures.width = static_cast<float>(page_width - 2 * margin);
    measures.height = static_cast<float>(most_height);
    measures.rows = matrix.rows;
    measures.columns = matrix.columns;
    measures.row_label = widest(rows_);
    measures.column_label = widest(columns_);
    measures.row_title = wide(spec.axes[0].title);
    measures.column_title = wide(spec.axes[1].title);
    measures.bar = bar_ = 22 + std::max(wide(end(low_)), wide(end(high_)));
    measures.line = static_cast<float>(line_height);
    measures.row_pitch = least_pitch(rows_, static_cast<float>(line_height));
    measures.largest_cell = largest_cell;
    layout_ = layout_heatmap(measures);
  }

  Drawing draw() {
    drawing_.title = spec_.title;
    const std::string title = spec_.title + (spec_.unit.empty() ? "" : ", " + spec_.unit);
    drawing_.text({margin, margin + heading}, title, {.size = heading, .colour = tone_.text, .bold = true});
    const std::string step = "step " + std::to_string(matrix_.step);
    const double words = typefaces_.width(title, heading, true) + 20 + wide(step);
    drawing_.width = 2 * margin + std::max<double>(layout_.x + layout_.width + bar_, words);
    drawing_.text({drawing_.width - margin, margin + heading}, step,
                  {.size = text, .colour = tone_.muted, .align = Align::right});
    if (matrix_.rows > 0 && matrix_.columns > 0) {
      drawing_.text({margin, origin_ + text}, spec_.axes[0].title, {.size = text, .colour = tone_.muted});
      cells();
      row_labels();
      column_labels();
      bar();
    }
    drawing_.height = bottom() + margin;
    return std::move(drawing_);
  }

 private:
  static std::string end(double value) { return short_number(value, "%.3g"); }
  float wide(const std::string& label) const { return static_cast<float>(typefaces_.width(label, text)); }
  float widest(const std::vector<std::string>& labels) const {
    float most = 0;
    for (const std::string& label : labels) most = std::max(most, wide(label));
    return most;
  }
  std::string fitted(const std::string& label, float room) const {
    return shortened(label, room,
                     [this](std::string_view part) { return static_cast<float>(typefaces_.width(part, text)); });
  }

  double x(double column) const { return margin + layout_.x + layout_.cell_width * column; }
  double y(double row) const { return origin_ + layout_.y + layout_.cell_height * row; }
  Colour colour_of(float value) const { return colours_.at((value - low_) / (high_ - low_)); }

  double bottom() const {
    const double names = layout_.upright ? layout_.column_label + 3 : line_height;
    return y(matrix_.rows) + 4 + names + (layout_.title_below ? line_height : 0);
  }

  void cells() {
    if (matrix_.rows > raster_from || matrix_.columns > raster_from) {
      Drawing::Cells all{
          {x(0), y(0)}, x(matrix_.columns) - x(0), y(matrix_.rows) - y(0), matrix_.columns, matrix_.rows, {}};
      for (const float value : matrix_.values) all.colours.push_back(cell_colour(value));
      drawing_.cells(std::move(all));
      return;
    }
    // A hair of white between cells; where they are too small for that, they overlap a little instead, since readers
    // of PDF show seams between areas that only touch.
    const double gap = std::min(layout_.cell_width, layout_.cell_height) >= 8 ? 0.6 : -0.2;
    const bool figures = layout_.cell_height >= figure + 2 && layout_.cell_width >= 3.2 * figure;
    for (int row = 0; row < matrix_.rows; ++row) {
      for (int column = 0; column < matrix_.columns; ++column) {
        const float value = matrix_.at(row, column);
        if (std::isinf(value)) continue;
        const double right = column + 1 < matrix_.columns ? gap : std::max(0.0, gap);
        const double below = row + 1 < matrix_.rows ? gap : std::max(0.0, gap);
        const double w = layout_.cell_width - right, h = layout_.cell_height - below;
        drawing_.rectangle({x(column), y(row)}, w, h, cell_colour(value));
        if (std::isnan(value)) {
          if (gap > 0) drawing_.line({x(column), y(row) + h}, {x(column) + w, y(row)}, tone_.muted, 0.5);
        } else if (figures) {
          drawing_.text({x(column) + w / 2, y(row) + h / 2 + figure * 0.35}, short_number(value, "%.2f"),
                        {.size = figure, .colour = text_colour_on(colour_of(value)), .align = Align::middle});
        }
      }
    }
  }

  Colour cell_colour(float value) const {
    return std::isnan(value) ? missing_colour(false) : std::isinf(value) ? rgba(255, 255, 255) : colour_of(value);
  }

  void row_labels() {
    for (int row = 0; row < matrix_.rows; row += layout_.row_stride) {
      drawing_.text({margin + layout_.row_label, y(row + 0.5) + text * 0.35},
                    fitted(rows_[static_cast<std::size_t>(row)], layout_.row_label),
                    {.size = text, .colour = tone_.text, .align = Align::right});
    }
  }

  void column_labels() {
    const double under = y(matrix_.rows) + 3;
    for (int column = 0; column < matrix_.columns; column += layout_.column_stride) {
      const std::string name = fitted(columns_[static_cast<std::size_t>(column)], layout_.column_label);
      const double middle = x(column + 0.5);
      if (layout_.upright) {
        drawing_.text({middle + text * 0.35, under}, name,
                      {.size = text, .colour = tone_.text, .align = Align::right, .upright = true});
      } else {
        drawing_.text({middle, under + text}, name, {.size = text, .colour = tone_.text, .align = Align::middle});
      }
    }
    const TextStyle style{.size = text, .colour = tone_.muted};
    if (!layout_.title_below) {
      drawing_.text({margin, under + text}, spec_.axes[1].title, style);
    } else {
      TextStyle middle = style;
      middle.align = Align::middle;
      drawing_.text({x(matrix_.columns / 2.0), bottom() - 2}, spec_.axes[1].title, middle);
    }
  }

  void bar() {
    const double from = x(matrix_.columns) + 8, above = y(0), width = 8;
    const double height = std::max(y(matrix_.rows) - above, 3 * line_height);
    Drawing::Cells steps{{from, above}, width, height, 1, 128, {}};
    for (int i = 0; i < steps.rows; ++i) steps.colours.push_back(colours_.at(1 - (i + 0.5) / steps.rows));
    drawing_.cells(std::move(steps));
    drawing_.frame({from, above}, width, height, tone_.muted, 0.5);
    const auto label = [&](double value, double at) {
      drawing_.text({from + width + 4, at}, end(value), {.size = text, .colour = tone_.text});
    };
    label(high_, above + text * 0.8);
    label(low_, above + height);
    const double zero = above + height * high_ / (high_ - low_);
    if (low_ < 0 && high_ > 0 && height > 4 * line_height) label(0, zero + text * 0.35);
  }

  const MetricSpec& spec_;
  const Matrix& matrix_;
  const Typefaces& typefaces_;
  const Tones& tone_;
  const ColourMap& colours_;
  const std::vector<std::string> rows_, columns_;
  const double origin_ = margin + heading + 8;
  double low_ = 0, high_ = 1;
  float bar_ = 0;  // width of the colour bar with its figures
  HeatmapLayout layout_;
  Drawing drawing_;
};

}  // namespace

Drawing draw_matrix(const MetricSpec& spec, const Matrix& matrix, const Typefaces& typefaces) {
  return Map(spec, matrix, typefaces).draw();
}

}  // namespace tessera
