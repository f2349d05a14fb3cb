// One curve as it is drawn, and the text of an export.
#include "app/panels/curve.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/lab/text.h"

namespace tessera {
namespace {

std::size_t first_at_or_after(const Pyramid& points, double x) {
  std::size_t low = 0, high = points.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (points.x(middle) < x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void add(Polyline& line, double x, double y) {
  line.x.push_back(x);
  line.y.push_back(y);
  if (std::isnan(y)) return;
  if (line.lowest > line.highest) {
    line.lowest = line.highest = y;
  } else {
    line.lowest = std::min(line.lowest, y);
    line.highest = std::max(line.highest, y);
  }
}

// One stretch of the axis, reduced to at most `points` points. Skips what is not to the right of what is there.
void add_stretch(Polyline& line, const Pyramid& points, double x_min, double x_max, std::size_t count) {
  const std::size_t first = first_at_or_after(points, x_min);
  const std::size_t from = first > 0 ? first - 1 : 0;
  const std::size_t to = std::min(points.size(), first_at_or_after(points, std::nextafter(x_max, HUGE_VAL)) + 1);
  const auto fresh = [&](double x) { return line.x.empty() || x > line.x.back(); };
  if (to - from <= count) {
    for (std::size_t i = from; i < to; ++i) {
      if (fresh(points.x(i))) add(line, points.x(i), points.y(i));
    }
    return;
  }
  bool up = true;  // alternating the order of the extremes keeps neighbouring stretches joined
  for (const Pyramid::Bucket& bucket : points.reduce(x_min, x_max, std::max<std::size_t>(1, count / 2))) {
    if (!fresh(bucket.x_first) && !fresh(bucket.x_last)) continue;
    if (bucket.min > bucket.max) {
      add(line, bucket.x_first, std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    if (fresh(bucket.x_first)) add(line, bucket.x_first, up ? bucket.min : bucket.max);
    if (bucket.x_last > bucket.x_first) add(line, bucket.x_last, up ? bucket.max : bucket.min);
    up = !up;
  }
}

Polyline reduced(const Pyramid& points, double x_min, double x_max, std::size_t count, bool logarithmic) {
  Polyline line;
  if (points.size() == 0 || count == 0) return line;
  if (!logarithmic) {
    add_stretch(line, points, x_min, x_max, count);
    return line;
  }
  constexpr std::size_t stretches = 24;
  const double low = std::max(1.0, x_min), high = std::max(low * 1.001, x_max);
  for (std::size_t i = 0; i < stretches; ++i) {
    const double from = low * std::pow(high / low, static_cast<double>(i) / stretches);
    const double to = low * std::pow(high / low, static_cast<double>(i + 1) / stretches);
    add_stretch(line, points, i == 0 ? std::min(x_min, from) : from, to, std::max<std::size_t>(2, count / stretches));
  }
  for (double& x : line.x) x = std::max(1.0, x);
  return line;
}

void append_number(std::string& text, double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  text.append(buffer, end.ptr);
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

void Curve::restart() {
  raw_.clear();
  smooth_.clear();
  sum_ = weight_ = 0;
}

void Curve::update(const Series& series, std::uint64_t run, double smoothing) {
  const std::size_t known = raw_.size();
  const bool cut = known > series.size() ||
                   (known > 0 && (series[known - 1].step != last_.step || !same(series[known - 1].value, last_.value)));
  if (run != run_ || smoothing != smoothing_ || cut) restart();
  run_ = run;
  smoothing_ = smoothing;
  for (std::size_t i = raw_.size(); i < series.size(); ++i) {
    last_ = series[i];
    const double x = static_cast<double>(last_.step);
    raw_.append(x, last_.value);
    if (std::isnan(last_.value)) {
      smooth_.append(x, last_.value);
      continue;
    }
    const double kept = smoothing > 0 ? std::exp(-(x - sum_step_) / smoothing) : 0;
    sum_ = kept * sum_ + last_.value;
    weight_ = kept * weight_ + 1;
    sum_step_ = x;
    smooth_.append(x, sum_ / weight_);
  }
}

Polyline Curve::raw(double x_min, double x_max, std::size_t points, bool logarithmic) const {
  return reduced(raw_, x_min, x_max, points, logarithmic);
}

Polyline Curve::smooth(double x_min, double x_max, std::size_t points, bool logarithmic) const {
  return reduced(smooth_, x_min, x_max, points, logarithmic);
}

std::optional<Curve::Reading> Curve::at(double step) const {
  const std::size_t after = first_at_or_after(raw_, std::nextafter(step, HUGE_VAL));
  if (after == 0) return std::nullopt;
  return Reading{static_cast<std::int64_t>(raw_.x(after - 1)), raw_.y(after - 1), smooth_.y(after - 1)};
}

std::string curves_csv(const std::vector<CsvColumn>& columns) {
  std::string text = "step";
  for (const CsvColumn& column : columns) {
    text += ',';
    text += csv_field(column.name);
  }
  text += '\n';
  std::vector<std::size_t> next(columns.size(), 0);
  while (true) {
    constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
    std::int64_t step = none;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (next[i] < columns[i].series->size()) step = std::min(step, (*columns[i].series)[next[i]].step);
    }
    if (step == none) return text;
    text += std::to_string(step);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += ',';
      if (next[i] == columns[i].series->size()) continue;
      const Point& point = (*columns[i].series)[next[i]];
      if (point.step != step) continue;
      append_number(text, point.value);
      ++next[i];
    }
    text += '\n';
  }
}

}  // namespace tessera
