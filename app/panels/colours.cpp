// The colour maps are computed from a few anchors in OKLab, re-sampled so that neighbouring entries are equally far
// apart.
#include "app/panels/colours.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

namespace tessera {
namespace {

struct Lab {
  double l, a, b;
};
struct Anchor {  // OKLab in polar form: lightness 0..1, chroma, hue in degrees
  double lightness, chroma, hue;
};

Lab to_lab(const Anchor& c) {
  const double h = c.hue * std::numbers::pi / 180;
  return {c.lightness, c.chroma * std::cos(h), c.chroma * std::sin(h)};
}

double encode(double linear) {  // sRGB transfer function
  linear = std::clamp(linear, 0.0, 1.0);
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}

double decode(double encoded) {
  return encoded <= 0.04045 ? encoded / 12.92 : std::pow((encoded + 0.055) / 1.055, 2.4);
}

// Ottosson, "A perceptual color space for image processing" (2020); colours outside sRGB are clipped.
Colour to_srgb(const Lab& c) {
  const double l = std::pow(c.l + 0.3963377774 * c.a + 0.2158037573 * c.b, 3);
  const double m = std::pow(c.l - 0.1055613458 * c.a - 0.0638541728 * c.b, 3);
  const double s = std::pow(c.l - 0.0894841775 * c.a - 1.2914855480 * c.b, 3);
  const auto byte = [](double linear) { return static_cast<Colour>(std::lround(255 * encode(linear))); };
  return rgba(byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
              byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
              byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

Lab mix(const Lab& x, const Lab& y, double t) {
  return {x.l + t * (y.l - x.l), x.a + t * (y.a - x.a), x.b + t * (y.b - x.b)};
}

double distance(const Lab& x, const Lab& y) { return std::hypot(x.l - y.l, x.a - y.a, x.b - y.b); }

// The path through the anchors (a Catmull-Rom curve in OKLab), walked at constant speed.
ColourMap walk(std::span<const Anchor> anchors, Colour missing) {
  constexpr int fine = 512;  // samples a segment
  const int n = static_cast<int>(anchors.size());
  const auto anchor = [&](int i) { return to_lab(anchors[static_cast<std::size_t>(std::clamp(i, 0, n - 1))]); };
  std::vector<Lab> path;
  for (int i = 0; i + 1 < n; ++i) {
    const Lab p[4] = {anchor(i - 1), anchor(i), anchor(i + 1), anchor(i + 2)};
    for (int j = 0; j < fine; ++j) {
      const double t = static_cast<double>(j) / fine;
      const auto spline = [t](double a, double b, double c, double d) {
        return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
      };
      path.push_back({spline(p[0].l, p[1].l, p[2].l, p[3].l), spline(p[0].a, p[1].a, p[2].a, p[3].a),
                      spline(p[0].b, p[1].b, p[2].b, p[3].b)});
    }
  }
  path.push_back(anchor(n - 1));
  std::vector<double> length(path.size(), 0.0);
  for (std::size_t i = 1; i < path.size(); ++i) length[i] = length[i - 1] + distance(path[i - 1], path[i]);

  ColourMap map{.colours = {}, .missing = missing};
  std::size_t at = 0;
  for (std::size_t k = 0; k < map.colours.size(); ++k) {
    const double wanted = length.back() * static_cast<double>(k) / static_cast<double>(map.colours.size() - 1);
    while (at + 2 < path.size() && length[at + 1] < wanted) ++at;
    const double step = length[at + 1] - length[at];
    map.colours[k] = to_srgb(mix(path[at], path[at + 1], step > 0 ? (wanted - length[at]) / step : 0));
  }
  return map;
}

double luminance(Colour c) {  // relative luminance, WCAG 2
  const auto channel = [c](int shift) { return decode(((c >> shift) & 0xFF) / 255.0); };
  return 0.2126 * channel(red_shift) + 0.7152 * channel(green_shift) + 0.0722 * channel(blue_shift);
}

// Okabe and Ito's hues; their lightness moved where it would vanish on the background.
constexpr std::array<Colour, 8> on_dark = {rgba(0x56, 0xB4, 0xE9), rgba(0xE6, 0x9F, 0x00), rgba(0x1F, 0xB8, 0x8A),
                                           rgba(0xE3, 0x7F, 0xB4), rgba(0xF0, 0xE4, 0x42), rgba(0x4F, 0x83, 0xE0),
                                           rgba(0xE8, 0x68, 0x2C), rgba(0xB4, 0xB8, 0xC0)};
constexpr std::array<Colour, 8> on_light = {rgba(0x2F, 0x9A, 0xD6), rgba(0xCB, 0x7E, 0x00), rgba(0x00, 0x8F, 0x68),
                                            rgba(0xC0, 0x5F, 0x97), rgba(0x82, 0x88, 0x00), rgba(0x1D, 0x4F, 0xA3),
                                            rgba(0xC8, 0x4C, 0x0C), rgba(0x6B, 0x70, 0x7A)};

Colour blend(Colour a, Colour b, double t) {
  const auto channel = [&](int shift) {
    const double from = (a >> shift) & 0xFF, to = (b >> shift) & 0xFF;
    return static_cast<Colour>(std::lround(from + t * (to - from))) << shift;
  };
  return channel(red_shift) | channel(green_shift) | channel(blue_shift) | rgba(0, 0, 0);
}

}  // namespace

Colour expert_colour(int expert, bool dark) {
  const auto& palette = dark ? on_dark : on_light;
  const std::size_t index = static_cast<std::size_t>(std::max(expert, 0));
  const Colour hue = palette[index % palette.size()];
  switch (index / palette.size() % 3) {
    case 1:
      return blend(hue, rgba(255, 255, 255), 0.45);
    case 2:
      return blend(hue, rgba(0, 0, 0), 0.38);
    default:
      return hue;
  }
}

Colour layer_colour(int layer, int layers, bool dark) {
  // The end near the background is left out: a line must be seen.
  const double t = layers > 1 ? static_cast<double>(std::clamp(layer, 0, layers - 1)) / (layers - 1) : 0.5;
  return sequential_map(dark).at(0.42 + 0.58 * t);
}

Colour ColourMap::at(double t) const {
  if (std::isnan(t)) return missing;
  return colours[static_cast<std::size_t>(std::lround(std::clamp(t, 0.0, 1.0) * 255))];
}

const ColourMap& sequential_map(bool dark) {
  static constexpr Anchor rising[] = {{0.24, 0.03, 285}, {0.40, 0.13, 285}, {0.56, 0.12, 235},
                                      {0.72, 0.13, 170}, {0.84, 0.16, 125}, {0.95, 0.13, 103}};
  static constexpr Anchor falling[] = {{0.965, 0.02, 100}, {0.88, 0.09, 130}, {0.75, 0.11, 165},
                                       {0.60, 0.11, 220},  {0.43, 0.13, 275}, {0.27, 0.10, 300}};
  static const ColourMap maps[] = {walk(falling, missing_colour(false)), walk(rising, missing_colour(true))};
  return maps[dark];
}

const ColourMap& diverging_map(bool dark) {
  static constexpr Anchor bright[] = {{0.80, 0.10, 240}, {0.62, 0.13, 250}, {0.44, 0.09, 255}, {0.27, 0.005, 270},
                                      {0.44, 0.09, 35},  {0.62, 0.15, 40},  {0.80, 0.12, 60}};
  static constexpr Anchor deep[] = {{0.36, 0.11, 262}, {0.55, 0.13, 255}, {0.76, 0.09, 245}, {0.965, 0.004, 90},
                                    {0.76, 0.10, 50},  {0.55, 0.16, 38},  {0.36, 0.12, 30}};
  static const ColourMap maps[] = {walk(deep, missing_colour(false)), walk(bright, missing_colour(true))};
  return maps[dark];
}

Colour missing_colour(bool dark) { return dark ? rgba(0x4A, 0x4C, 0x54) : rgba(0xC4, 0xC6, 0xCC); }

double contrast(Colour a, Colour b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

Colour text_colour_on(Colour background) {
  return contrast(background, rgba(255, 255, 255)) >= contrast(background, rgba(0, 0, 0)) ? rgba(255, 255, 255)
                                                                                          : rgba(0, 0, 0);
}

std::pair<double, double> colour_range(Colours colours, double low, double high, std::span<const float> values) {
  if (low < high) return {low, high};
  low = high = 0;
  bool first = true;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    low = first ? value : std::min<double>(low, value);
    high = first ? value : std::max<double>(high, value);
    first = false;
  }
  if (colours == Colours::diverging) {
    high = std::max(std::abs(low), std::abs(high));
    low = -high;
  }
  return {low, low < high ? high : low + 1};
}

const Tones& tones(bool dark) {
  static constexpr Tones light = {.background = rgba(0xFC, 0xFC, 0xFD),
                                  .text = rgba(0x1C, 0x1F, 0x26),
                                  .muted = rgba(0x5C, 0x63, 0x70),
                                  .good = rgba(0x1B, 0x7F, 0x4B),
                                  .warning = rgba(0x9A, 0x62, 0x00),
                                  .error = rgba(0xC2, 0x2B, 0x2B),
                                  .guide = rgba(0x8A, 0x91, 0x9E),
                                  .marker = rgba(0x8E, 0x3F, 0xA8),
                                  .accent = rgba(0x1F, 0x62, 0xC9)};
  static constexpr Tones night = {.background = rgba(0x17, 0x19, 0x1E),
                                  .text = rgba(0xE4, 0xE7, 0xEC),
                                  .muted = rgba(0x9A, 0xA2, 0xB1),
                                  .good = rgba(0x5D, 0xC9, 0x8A),
                                  .warning = rgba(0xE8, 0xB2, 0x4A),
                                  .error = rgba(0xF2, 0x7A, 0x72),
                                  .guide = rgba(0x78, 0x80, 0x8E),
                                  .marker = rgba(0xD0, 0x8C, 0xE6),
                                  .accent = rgba(0x6A, 0xA7, 0xF5)};
  return dark ? night : light;
}

}  // namespace tessera
