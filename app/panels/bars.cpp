// Horizontal bars with names.
#include "app/panels/bars.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/panels/colours.h"
#include "app/panels/labels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

float width_of(std::string_view text) { return ImGui::CalcTextSize(text.data(), text.data() + text.size(), false).x; }

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, share < 0.0995 ? "%.1f %%" : "%.0f %%", share * 100);
  return text;
}

// The frame of a bar chart: a title above, names at the left, room for the bars, figures of the axis below.
struct Chart {
  ImVec2 origin, size;
  float line, left, top, width, row;
  int rows, stride;
  bool hovered, clicked;

  Chart(const char* id, int count, float names, ImVec2 area) : origin(ImGui::GetCursorScreenPos()), size(area) {
    ImGui::InvisibleButton(id, area);
    hovered = ImGui::IsItemHovered();
    clicked = ImGui::IsItemClicked();
    line = ImGui::GetTextLineHeight();
    const float gap = std::round(line * 0.3f);
    rows = std::max(1, count);
    left = origin.x + std::min(names, area.x * 0.36f) + gap;
    top = origin.y + line + gap;
    width = std::max(1.0f, origin.x + area.x - left - line);  // the last figure is centred on the end of the bars
    const float down = std::max(1.0f, area.y - (top - origin.y) - line - gap);
    row = std::min(down / static_cast<float>(rows), 3.6f * line);
    stride = std::max(1, static_cast<int>(std::ceil(line / row - 1e-3f)));
  }
  float y(int index) const { return std::round(top + row * static_cast<float>(index)); }
  float end() const { return y(rows); }
  int row_at(ImVec2 at) const {
    if (!hovered || at.y < top || at.y >= end()) return -1;
    return std::min(rows - 1, static_cast<int>((at.y - top) / row));
  }
  void name(ImDrawList& list, int index, std::string_view text, ImU32 ink) const {
    const std::string shown = shortened(text, left - origin.x - line * 0.3f, width_of);
    list.AddText(
        ImVec2(std::round(left - line * 0.3f - width_of(shown)), std::round((y(index) + y(index + 1) - line) / 2)), ink,
        shown.c_str());
  }
  void figure(ImDrawList& list, double share, double at_end, const std::string& text, ImU32 ink) const {
    const float x = left + width * static_cast<float>(share / at_end);
    list.AddLine(ImVec2(std::round(x), end()), ImVec2(std::round(x), end() + 3), ink);
    const float from = std::max(origin.x, x - width_of(text) / 2);
    list.AddText(ImVec2(std::round(std::min(from, origin.x + size.x - width_of(text))), end() + 3), ink, text.c_str());
  }
};

}  // namespace

BarHit stacked_bars(const char* id, const std::vector<std::string>& rows, std::span<const float> shares, int experts,
                    const RoutedLayer& layer, const std::string& title, ImVec2 size, const PanelContext& context) {
  const Tones& tone = tones(context.dark);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  float names = 0;
  for (const std::string& row : rows) names = std::max(names, width_of(row));
  const int count = static_cast<int>(rows.size());
  const Chart chart(id, count, names, size);
  const ImVec2 mouse = ImGui::GetMousePos();
  BarHit hit{chart.row_at(mouse), -1, chart.clicked};

  list.AddText(chart.origin, tone.muted, title.c_str());
  const float gap = chart.row >= 6 ? 2.0f : 0.0f;
  for (int row = 0; row < count; ++row) {
    float x = chart.left;
    for (int expert = 0; expert < experts; ++expert) {
      const float share = shares[static_cast<std::size_t>(expert) * rows.size() + static_cast<std::size_t>(row)];
      if (!(share > 0)) continue;
      const float next = x + share * chart.width;
      const ImVec2 from(std::round(x), chart.y(row)), to(std::round(next), chart.y(row + 1) - gap);
      const ImU32 fill = expert_colour(expert, context.dark);
      const bool other = context.selection.hovered_layer == layer.index && context.selection.hovered_expert >= 0 &&
                         context.selection.hovered_expert != expert;
      list.AddRectFilled(from, to, other ? ui::faded(fill, 0.35f) : fill);
      const std::string number = std::to_string(expert);
      if (to.y - from.y >= chart.line - 2 && to.x - from.x > width_of(number) + 6) {
        list.AddText(
            ImVec2(std::round((from.x + to.x - width_of(number)) / 2), std::round((from.y + to.y - chart.line) / 2)),
            text_colour_on(fill), number.c_str());
      }
      if (context.selection.expert == expert && context.selection.layer == layer.index) {
        list.AddRect(from, to, tone.accent, 0, 2.0f);
      }
      if (hit.row == row && mouse.x >= x && mouse.x < next) hit.part = expert;
      x = next;
    }
    if (row % chart.stride == 0) {
      chart.name(list, row, rows[static_cast<std::size_t>(row)],
                 row == context.selection.group ? tone.accent : tone.text);
    }
  }
  for (const double share : {0.0, 0.5, 1.0}) {
    if (share == 0.5 && chart.width < 7 * chart.line) continue;
    chart.figure(list, share, 1, share == 0 ? "0" : share == 1 ? "100 %" : "50 %", tone.muted);
  }
  if (hit.row >= 0 && ImGui::BeginTooltip()) {
    ImGui::TextUnformatted(rows[static_cast<std::size_t>(hit.row)].c_str());
    if (hit.part >= 0) {
      const std::size_t index = static_cast<std::size_t>(hit.part) * rows.size() + static_cast<std::size_t>(hit.row);
      ImGui::Text("%s of it goes to %s %d", percent(shares[index]).c_str(), layer.noun.c_str(), hit.part);
    }
    ImGui::EndTooltip();
  }
  return hit;
}

BarHit load_bars(const char* id, std::span<const float> shares, const std::vector<bool>& dead, const RoutedLayer& layer,
                 ImVec2 size, const PanelContext& context) {
  const Tones& tone = tones(context.dark);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const int experts = static_cast<int>(shares.size());
  const double even = 1.0 / std::max(1, experts);
  double most = 2 * even;
  for (const float share : shares) most = std::max<double>(most, share);
  const Chart chart(id, experts, width_of(std::to_string(std::max(0, experts - 1))), size);
  BarHit hit{chart.row_at(ImGui::GetMousePos()), -1, chart.clicked};
  hit.part = hit.row;

  list.AddText(chart.origin, tone.muted, (layer.noun + ": load").c_str());
  const float gap = chart.row >= 6 ? 2.0f : 0.0f;
  for (int expert = 0; expert < experts; ++expert) {
    const float share = shares[static_cast<std::size_t>(expert)];
    const ImVec2 from(chart.left, chart.y(expert));
    const ImVec2 to(std::round(chart.left + chart.width * static_cast<float>(share / most)), chart.y(expert + 1) - gap);
    list.AddRectFilled(from, to, expert_colour(expert, context.dark));
    if (context.selection.highlights(layer.index, expert)) {
      list.AddRect(from, ImVec2(chart.left + chart.width, to.y), tone.text, 0, 2.0f);
    } else if (context.selection.expert == expert && context.selection.layer == layer.index) {
      list.AddRect(from, ImVec2(chart.left + chart.width, to.y), tone.accent, 0, 2.0f);
    }
    if (dead[static_cast<std::size_t>(expert)] && chart.row >= chart.line - 2) {
      list.AddText(ImVec2(from.x + 4, std::round((from.y + to.y - chart.line) / 2)), tone.error, "dead");
    }
    if (expert % chart.stride == 0) chart.name(list, expert, std::to_string(expert), tone.text);
  }
  const float line = std::round(chart.left + chart.width * static_cast<float>(even / most));
  list.AddLine(ImVec2(line, chart.top), ImVec2(line, chart.end()), tone.guide, std::max(1.0f, 1.5f * context.scale));
  chart.figure(list, even, most, "even", tone.muted);
  if (hit.row >= 0 && ImGui::BeginTooltip()) {
    ImGui::Text("%s %d", layer.noun.c_str(), hit.row);
    if (dead[static_cast<std::size_t>(hit.row)]) {
      ImGui::TextUnformatted("dead: it has had no token");
    } else {
      ImGui::Text("%s of the load; an even share is %s", percent(shares[static_cast<std::size_t>(hit.row)]).c_str(),
                  percent(even).c_str());
    }
    ImGui::EndTooltip();
  }
  return hit;
}

}  // namespace tessera
