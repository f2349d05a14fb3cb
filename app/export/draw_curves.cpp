// A chart of the curves of a family.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "app/export/axis.h"
#include "app/export/drawings.h"
#include "app/panels/curve.h"
#include "app/panels/lookup.h"
#include "app/panels/marks.h"
#include "app/panels/series_names.h"

namespace tessera {
namespace {

constexpr double page_width = 440, plot_height = 190, margin = 8;
constexpr double text = 9, small = 8, heading = 11, line_height = 12;
constexpr std::size_t points_a_curve = 1200;  // three a point of width
constexpr std::size_t most_notes = 10;
constexpr int legend_rows = 15;

struct Shown {
  std::string label;
  Colour colour;
  Polyline line;
};

class Chart {
 public:
  Chart(const Figures& figures, const std::string& family, const Typefaces& typefaces)
      : figures_(figures), family_(family), typefaces_(typefaces), tone_(tones(false)) {
    const Description& description = *figures.description;
    const auto metrics = series_of(description, family);
    guides_ = guides(description, family);
    for (const std::size_t metric : metrics) {
      if (figures.series[metric].size() == 0) continue;
      last_step_ = std::max(last_step_, figures.series[metric][figures.series[metric].size() - 1].step);
    }
    x_max_ = std::max<double>(1, static_cast<double>(last_step_));
    for (std::size_t place = 0; place < metrics.size(); ++place) {
      const std::size_t metric = metrics[place];
      if (figures.series[metric].size() == 0) continue;
      Curve curve;
      curve.update(figures.series[metric], 1, 0);
      layers_ = description.metrics[metric].layer >= 0;
      curves_.push_back({series_label(description.metrics[metric], description),
                         series_colour(description, metric, place, false),
                         curve.raw(0, x_max_, points_a_curve, false)});
    }
    for (Mark& mark : timeline_marks(figures.timeline, figures.preset->parameters, figures.step)) {
      if (!mark.scheduled && static_cast<double>(mark.step) <= x_max_) marks_.push_back(std::move(mark));
    }
    range();
  }

  Drawing draw() {
    const MetricSpec& spec = figures_.description->metrics[series_of(*figures_.description, family_).front()];
    const std::string title = family_title(*figures_.description, family_);
    drawing_.title = title;
    drawing_.width = page_width;
    place();
    drawing_.text({margin, margin + heading}, title, {.size = heading, .colour = tone_.text, .bold = true});
    axes(title + (spec.unit.empty() ? "" : ", " + spec.unit));
    drawing_.clip({left_, top_ - 1}, width_, plot_height + 2);
    guide_lines();
    mark_lines();
    for (const Shown& curve : curves_) draw(curve);
    drawing_.unclip();
    drawing_.frame({left_, top_}, width_, plot_height, tone_.muted, 0.6);
    guide_labels();
    mark_signs();
    legend();
    drawing_.height = notes(top_ + plot_height + 2 * line_height + 6) + margin;
    return std::move(drawing_);
  }

 private:
  void range() {
    bool any = false;
    const auto include = [&](double value) {
      low_ = any ? std::min(low_, value) : value;
      high_ = any ? std::max(high_, value) : value;
      any = true;
    };
    for (const Shown& curve : curves_) {
      if (curve.line.lowest > curve.line.highest) continue;
      include(curve.line.lowest);
      include(curve.line.highest);
    }
    for (const Guide& guide : guides_) include(guide.value);
    if (!guides_.empty()) include(0);
    std::tie(low_, high_) = axis_range(low_, high_);
  }

  void place() {
    y_ticks_ = ticks(low_, high_, 7);
    double widest = 0;
    for (const Tick& tick : y_ticks_) widest = std::max(widest, typefaces_.width(tick.label, small));
    left_ = margin + line_height + widest + 6;
    top_ = margin + heading + 10 + (marks_.empty() ? 0 : small);
    double right = margin + 4;
    if (curves_.size() > 1) {
      for (const Shown& curve : curves_) legend_width_ = std::max(legend_width_, typefaces_.width(curve.label, small));
      legend_width_ += 22;
      const auto columns = (curves_.size() + legend_rows - 1) / legend_rows;
      right += 4 + legend_width_ * static_cast<double>(columns);
    }
    width_ = std::max(120.0, page_width - left_ - right);
  }

  double x(double step) const { return left_ + width_ * step / x_max_; }
  double y(double value) const { return top_ + plot_height * (high_ - value) / (high_ - low_); }

  void axes(const std::string& name) {
    const Colour faint = rgba(0xE4, 0xE6, 0xEA);
    for (const Tick& tick : y_ticks_) {
      drawing_.line({left_, y(tick.value)}, {left_ + width_, y(tick.value)}, faint, 0.5);
      drawing_.text({left_ - 4, y(tick.value) + small * 0.35}, tick.label,
                    {.size = small, .colour = tone_.text, .align = Align::right});
    }
    for (const Tick& tick : ticks(0, x_max_, 7, true)) {
      drawing_.line({x(tick.value), top_}, {x(tick.value), top_ + plot_height}, faint, 0.5);
      drawing_.text({x(tick.value), top_ + plot_height + line_height}, tick.label,
                    {.size = small, .colour = tone_.text, .align = Align::middle});
    }
    drawing_.text({left_ + width_ / 2, top_ + plot_height + 2 * line_height}, "step",
                  {.size = text, .colour = tone_.text, .align = Align::middle});
    drawing_.text({margin + text, top_ + plot_height / 2}, name,
                  {.size = text, .colour = tone_.text, .align = Align::middle, .upright = true});
  }

  void draw(const Shown& curve) {
    std::vector<XY> points;
    for (std::size_t i = 0; i < curve.line.x.size(); ++i) points.push_back({x(curve.line.x[i]), y(curve.line.y[i])});
    if (points.size() == 1) points = {{points[0].x - 2, points[0].y}, {points[0].x + 2, points[0].y}};
    drawing_.polyline(std::move(points), curve.colour, 1.1);
  }

  void guide_lines() {
    for (const Guide& guide : guides_) {
      drawing_.line({left_, y(guide.value)}, {left_ + width_, y(guide.value)}, tone_.guide, 0.6, true);
    }
  }

  void guide_labels() {
    for (const Guide& guide : guides_) {
      const double wide = typefaces_.width(guide.label, small);
      drawing_.rectangle({left_ + width_ - wide - 6, y(guide.value) - small - 1}, wide + 4, small,
                         rgba(255, 255, 255, 200));
      drawing_.text({left_ + width_ - 4, y(guide.value) - 2.5}, guide.label,
                    {.size = small, .colour = tone_.muted, .align = Align::right});
    }
  }

  void mark_lines() {
    double last = -1e9;
    for (const Mark& mark : marks_) {
      const double at = x(static_cast<double>(mark.step));
      if (at - last < 0.5) continue;  // a slider's move leaves many at nearly one place
      last = at;
      drawing_.line({at, top_}, {at, top_ + plot_height}, tone_.marker, 0.7);
    }
  }

  // A triangle on each line, and the number of its note where there is room.
  void mark_signs() {
    double last = -1e9;
    for (std::size_t i = 0; i < marks_.size(); ++i) {
      const double at = x(static_cast<double>(marks_[i].step));
      drawing_.area({{at - 2.5, top_ - 0.5}, {at + 2.5, top_ - 0.5}, {at, top_ + 3.5}}, tone_.marker);
      if (i >= most_notes || at - last < small) continue;
      last = at;
      drawing_.text({at, top_ - 3}, std::to_string(i + 1),
                    {.size = small - 1, .colour = tone_.marker, .align = Align::middle});
    }
  }

  void legend() {
    if (curves_.size() < 2) return;
    const double from = left_ + width_ + 8;
    if (layers_) {
      drawing_.text({from, top_ - 3}, "layer", {.size = small, .colour = tone_.muted});
    }
    for (std::size_t i = 0; i < curves_.size(); ++i) {
      const double at = from + legend_width_ * static_cast<double>(i / legend_rows);
      const double middle = top_ + 6 + line_height * static_cast<double>(i % legend_rows);
      drawing_.line({at, middle}, {at + 12, middle}, curves_[i].colour, 1.8);
      drawing_.text({at + 16, middle + small * 0.35}, curves_[i].label, {.size = small, .colour = tone_.text});
    }
  }

  double notes(double at) {
    for (std::size_t i = 0; i < std::min(marks_.size(), most_notes); ++i) {
      at += line_height;
      drawing_.text({left_, at}, std::to_string(i + 1) + "  " + marks_[i].text,
                    {.size = small, .colour = tone_.marker});
    }
    if (marks_.size() > most_notes) {
      at += line_height;
      drawing_.text({left_, at}, "and " + std::to_string(marks_.size() - most_notes) + " more changes",
                    {.size = small, .colour = tone_.marker});
    }
    return at;
  }

  const Figures& figures_;
  const std::string& family_;
  const Typefaces& typefaces_;
  const Tones& tone_;
  Drawing drawing_;
  std::vector<Shown> curves_;
  std::vector<Guide> guides_;
  std::vector<Mark> marks_;
  std::vector<Tick> y_ticks_;
  std::int64_t last_step_ = 0;
  bool layers_ = false;
  double x_max_ = 1, low_ = 0, high_ = 1;
  double left_ = 0, top_ = 0, width_ = 0, legend_width_ = 0;
};

}  // namespace

Drawing draw_curves(const Figures& figures, const std::string& family, const Typefaces& typefaces) {
  return Chart(figures, family, typefaces).draw();
}

}  // namespace tessera
