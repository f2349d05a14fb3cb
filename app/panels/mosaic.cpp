// See mosaic.h.
#include "app/panels/mosaic.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "app/panels/colours.h"
#include "app/panels/heatmap.h"
#include "app/panels/labels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr float added = 0.3f, removed = 0.25f;  // opacity of what a draft changes

float width_of(std::string_view text) { return ImGui::CalcTextSize(text.data(), text.data() + text.size(), false).x; }

bool has(const Tiles& tiles, int tile, int of_class) {
  const std::vector<int>& own = tiles[static_cast<std::size_t>(tile)];
  return std::find(own.begin(), own.end(), of_class) != own.end();
}

// Draws it once; the members are what its parts share.
class Painter {
 public:
  Painter(PanelContext& context, const Mosaic& mosaic, ImVec2 size)
      : context_(context),
        mosaic_(mosaic),
        names_(context.snapshot.description->classes),
        tone_(tones(context.dark)),
        list_(*ImGui::GetWindowDrawList()),
        origin_(ImGui::GetCursorScreenPos()),
        tiles_(static_cast<int>(mosaic.tiles.size())),
        classes_(static_cast<int>(names_.size())),
        layer_(context.snapshot.description->layers - 1),  // the routed layer that the tiles are: the last one
        line_(ImGui::GetTextLineHeight()) {
    HeatmapMeasures measures;
    measures.width = size.x;
    measures.height = size.y;
    measures.rows = classes_;
    measures.columns = tiles_;
    for (const std::string& name : names_) measures.row_label = std::max(measures.row_label, width_of(name));
    measures.column_label = width_of(std::to_string(tiles_ - 1));
    measures.row_title = width_of("class");
    measures.column_title = width_of("tile");
    measures.line = line_;
    measures.row_pitch = least_pitch(names_, line_);
    measures.largest_cell = 64 * context.scale;
    if (valued()) {
      std::tie(low_, high_) =
          colour_range(Colours::sequential, mosaic.spec->low, mosaic.spec->high, mosaic.values->values);
      measures.bar = bar_gap() + bar_width() + colour_bar_figures(low_, high_);
    }
    layout_ = layout_heatmap(measures);
    ImGui::InvisibleButton("##mosaic", size);
    hovered_ = ImGui::IsItemHovered();
    clicked_ = ImGui::IsItemClicked();
    remember_cells(ImGui::GetItemID(), ImVec2(origin_.x + layout_.x, origin_.y + layout_.y),
                   ImVec2(layout_.cell_width, layout_.cell_height));
  }

  MosaicHit draw() {
    const MosaicHit hit = find();
    for (int tile = 0; tile < tiles_; ++tile) {
      const bool lit = context_.selection.highlights(layer_, tile) ||
                       (context_.selection.layer == layer_ && context_.selection.expert == tile);
      for (int row = 0; row < classes_; ++row) cell(row, tile, lit, row == hit.of_class && tile == hit.tile);
    }
    labels();
    if (valued()) bar();
    if (hit.tile >= 0) explain(hit);
    return hit;
  }

 private:
  bool valued() const { return mosaic_.spec && mosaic_.values; }
  float bar_width() const { return std::round(line_ * 0.7f); }
  float bar_gap() const { return std::round(line_ * 0.5f); }
  float gap() const { return std::min(layout_.cell_width, layout_.cell_height) >= 8 ? 2.0f : 0.0f; }

  ImVec2 corner(int row, int column) const {
    return ImVec2(std::round(origin_.x + layout_.x + layout_.cell_width * static_cast<float>(column)),
                  std::round(origin_.y + layout_.y + layout_.cell_height * static_cast<float>(row)));
  }

  MosaicHit find() const {
    const ImVec2 mouse = ImGui::GetMousePos();
    const float x = mouse.x - origin_.x - layout_.x, y = mouse.y - origin_.y - layout_.y;
    if (!hovered_ || x < 0 || y < 0 || x >= layout_.width || y >= layout_.height) return {};
    return {std::min(tiles_ - 1, static_cast<int>(x / layout_.cell_width)),
            std::min(classes_ - 1, static_cast<int>(y / layout_.cell_height)), clicked_};
  }

  static float value(const Matrix* values, int row, int tile) {
    return values && row < values->rows && tile < values->columns ? values->at(row, tile) : std::nanf("");
  }

  ImU32 colour(int row, int tile) const {
    if (!valued()) return expert_colour(tile, context_.dark);
    return sequential_map(context_.dark).at((value(mosaic_.values, row, tile) - low_) / (high_ - low_));
  }

  void cell(int row, int tile, bool lit, bool under_pointer) const {
    const ImVec2 from = corner(row, tile);
    ImVec2 to = corner(row + 1, tile + 1);
    to = ImVec2(to.x - gap(), to.y - gap());
    const float rounding = std::min({layout_.cell_width, layout_.cell_height}) * 0.18f;
    const bool now = has(mosaic_.tiles, tile, row);
    const bool then = mosaic_.draft ? has(*mosaic_.draft, tile, row) : now;
    ImU32 fill = ui::faded(tone_.muted, 0.12f);
    if (now && then) fill = colour(row, tile);
    if (now && !then) fill = ui::faded(colour(row, tile), removed);
    if (!now && then) fill = ui::faded(expert_colour(tile, context_.dark), added);
    list_.AddRectFilled(from, to, fill, rounding);
    if (now && then && valued()) figure(row, tile, from, to, fill);
    const float thin = std::max(1.0f, std::round(context_.scale)), thick = std::max(1.0f, 1.5f * context_.scale);
    if (mosaic_.draft) {  // all of the draft has an outline, and what is new a thicker one
      if (then) list_.AddRect(from, to, tone_.text, rounding, now ? thin : 2 * thin);
      if (under_pointer && !mosaic_.asked) list_.AddRect(from, to, tone_.accent, rounding, 2 * thick);
    } else if (lit) {
      list_.AddRect(from, to, tone_.text, rounding, thick);
    } else if (now && valued() && gap() > 0) {  // a low value is close to the background
      list_.AddRect(from, to, expert_colour(tile, context_.dark), rounding, thin);
    }
  }

  void figure(int row, int tile, ImVec2 from, ImVec2 to, ImU32 fill) const {
    const float shown = value(mosaic_.values, row, tile);
    if (std::isnan(shown) || layout_.cell_height < line_ + 2 || layout_.cell_width < width_of("0.00") + 4) return;
    char text[16];
    std::snprintf(text, sizeof text, "%.2f", static_cast<double>(shown));
    list_.AddText(ImVec2(std::round((from.x + to.x - width_of(text)) / 2), std::round((from.y + to.y - line_) / 2)),
                  text_colour_on(fill), text);
  }

  void labels() const {
    list_.AddText(origin_, tone_.muted, "class");
    list_.AddText(ImVec2(origin_.x, corner(classes_, 0).y + 2), tone_.muted, "tile");
    for (int tile = 0; tile < tiles_; tile += layout_.column_stride) {
      const std::string name = std::to_string(tile);
      const float middle = (corner(0, tile).x + corner(0, tile + 1).x - gap()) / 2;
      list_.AddText(ImVec2(std::round(middle - width_of(name) / 2), corner(classes_, 0).y + 2), tone_.text,
                    name.c_str());
    }
    for (int row = 0; row < classes_; row += layout_.row_stride) {
      const std::string name = shortened(names_[static_cast<std::size_t>(row)], layout_.row_label, width_of);
      const float middle = (corner(row, 0).y + corner(row + 1, 0).y - gap()) / 2;
      list_.AddText(ImVec2(std::round(origin_.x + layout_.row_label - width_of(name)), std::round(middle - line_ / 2)),
                    row == context_.selection.group ? tone_.accent : tone_.text, name.c_str());
    }
  }

  void bar() const {
    const float from = corner(0, tiles_).x + bar_gap(), above = corner(0, 0).y;
    const float below = std::max(corner(classes_, 0).y - gap(), above + 2 * line_);
    draw_colour_bar(list_, ImVec2(from, above), ImVec2(from + bar_width(), below), Colours::sequential, low_, high_,
                    context_.dark);
  }

  void explain(const MosaicHit& hit) const {
    if (!ImGui::BeginTooltip()) return;
    const std::vector<int>& own = mosaic_.tiles[static_cast<std::size_t>(hit.tile)];
    std::string list;
    for (const int index : own) {
      list += (list.empty() ? "" : ", ") + names_[static_cast<std::size_t>(index)];
    }
    int sharing = 0;
    for (int tile = 0; tile < tiles_; ++tile) sharing += has(mosaic_.tiles, tile, hit.of_class) ? 1 : 0;
    const char* name = names_[static_cast<std::size_t>(hit.of_class)].c_str();
    ImGui::Text("tile %d knows %zu classes:", hit.tile, own.size());
    ImGui::PushTextWrapPos(ImGui::GetFontSize() * 20);
    ImGui::TextUnformatted(list.c_str());
    ImGui::PopTextWrapPos();
    ImGui::Text("%s is in %d %s", name, sharing, sharing == 1 ? "tile" : "tiles");
    for (const auto& [what, values] : {std::pair("learned", mosaic_.learned), {"forgotten", mosaic_.forgotten}}) {
      if (!values || !has(mosaic_.tiles, hit.tile, hit.of_class)) continue;
      const float found = value(values, hit.of_class, hit.tile);
      ImGui::Text("%s: %s", what, std::isnan(found) ? "not measured" : ui::number(static_cast<double>(found)).c_str());
    }
    if (mosaic_.draft && !mosaic_.asked) {
      const bool in = has(*mosaic_.draft, hit.tile, hit.of_class);
      const std::string of = names_[static_cast<std::size_t>(hit.of_class)];
      const std::string then = mosaic_.toggles ? (in ? "Click takes " + of + " out" : "Click puts " + of + " in")
                               : in            ? of + " is in this tile"
                                               : "Click moves " + of + " here";
      ui::muted_text(context_, then.c_str());
    }
    ImGui::EndTooltip();
  }

  PanelContext& context_;
  const Mosaic& mosaic_;
  const std::vector<std::string>& names_;
  const Tones& tone_;
  ImDrawList& list_;
  const ImVec2 origin_;
  const int tiles_, classes_, layer_;
  const float line_;
  HeatmapLayout layout_;
  double low_ = 0, high_ = 1;
  bool hovered_ = false, clicked_ = false;
};

}  // namespace

MosaicHit draw_mosaic(PanelContext& context, const Mosaic& mosaic, ImVec2 size) {
  if (size.x < 8 || size.y < 8 || mosaic.tiles.empty()) return {};
  return Painter(context, mosaic, size).draw();
}

}  // namespace tessera
