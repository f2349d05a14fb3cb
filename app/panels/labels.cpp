// Making names fit where they are drawn.
#include "app/panels/labels.h"

#include <algorithm>
#include <cmath>

namespace tessera {
namespace {

constexpr std::string_view ellipsis = "\u2026";

int stride_for(float needed, float cell, int count) {
  if (count <= 0 || cell <= 0) return 1;
  return std::max(1, static_cast<int>(std::ceil(needed / cell - 1e-3f)));
}

}  // namespace

std::size_t shared_word(std::span<const std::string> names) {
  if (names.size() < 2) return 0;
  std::string_view shared = names.front();
  for (const std::string& name : names) {
    const auto ends = std::mismatch(shared.begin(), shared.end(), name.begin(), name.end());
    shared = shared.substr(0, static_cast<std::size_t>(ends.first - shared.begin()));
  }
  const std::size_t space = shared.rfind(' ');
  if (space == std::string_view::npos) return 0;
  for (const std::string& name : names) {
    if (name.size() <= space + 1) return 0;
  }
  return space + 1;
}

std::vector<std::string> without_shared_word(std::span<const std::string> names) {
  const std::size_t shared = shared_word(names);
  std::vector<std::string> rest;
  rest.reserve(names.size());
  for (const std::string& name : names) rest.push_back(name.substr(shared));
  return rest;
}

float least_pitch(std::span<const std::string> names, float line) {
  const bool figures = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  });
  return line * (figures ? 0.8f : 0.9f);
}

std::string shortened(std::string_view text, float width, const TextWidth& measure) {
  if (measure(text) <= width) return std::string(text);
  for (std::size_t length = text.size(); length > 0;) {
    --length;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0u) == 0x80u) --length;
    if (length == 0) break;
    std::string candidate(text.substr(0, length));
    while (!candidate.empty() && candidate.back() == ' ') candidate.pop_back();
    candidate += ellipsis;
    if (measure(candidate) <= width) return candidate;
  }
  return {};
}

HeatmapLayout layout_heatmap(const HeatmapMeasures& m) {
  HeatmapLayout out;
  if (m.rows <= 0 || m.columns <= 0) return out;
  const float gap = std::round(m.line * 0.3f);
  out.row_label = std::min(m.row_label, m.width * 0.32f);
  out.title_below = m.column_title > std::max(out.row_label, m.width * 0.18f);
  float left = out.row_label;
  if (!out.title_below) left = std::max(left, m.column_title);
  out.row_label = left;
  out.x = left + gap;
  out.y = m.line + gap;  // the row axis's title and the name of the values
  const float across = std::max(1.0f, m.width - out.x - m.bar);
  out.cell_width = std::min(across / static_cast<float>(m.columns), m.largest_cell);

  float below = m.line;
  out.column_label = out.cell_width - gap;
  if (m.column_label > out.column_label) {
    // Short names (numbers) keep lying and some are left out; long ones stand.
    if (m.column_label <= 2.2f * m.line) {
      out.column_stride = stride_for(m.column_label + gap, out.cell_width, m.columns);
      out.column_label = out.cell_width * static_cast<float>(out.column_stride) - gap;
    } else {
      out.upright = true;
      out.column_label = std::min(m.column_label, m.height * 0.3f);
      out.column_stride = stride_for(m.line, out.cell_width, m.columns);
      below = out.column_label;
    }
  }
  below += gap + (out.title_below ? m.line : 0.0f);
  const float down = std::max(1.0f, m.height - out.y - below);
  out.cell_height = std::min(down / static_cast<float>(m.rows), m.largest_cell);
  out.row_stride = stride_for(m.row_pitch > 0 ? m.row_pitch : m.line, out.cell_height, m.rows);
  out.width = out.cell_width * static_cast<float>(m.columns);
  out.height = out.cell_height * static_cast<float>(m.rows);
  return out;
}

}  // namespace tessera
