// The one heatmap of all panels.
#include "app/panels/heatmap.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "app/panels/colours.h"
#include "app/panels/heatmap_texture.h"
#include "app/panels/labels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr int texture_from = 128;
constexpr float bar_figures_gap = 4;
constexpr int most_lines = 1024;  // of a texture whose rows are repeated

float width_of(std::string_view text) { return ImGui::CalcTextSize(text.data(), text.data() + text.size(), false).x; }

float widest(const std::vector<std::string>& labels) {
  float width = 0;
  for (const std::string& label : labels) width = std::max(width, width_of(label));
  return width;
}

// An end of the colour bar: three digits are enough there, the tooltip has more.
std::string end_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// Draws a heatmap once; the members are what its parts share.
class Painter {
 public:
  Painter(const char* id, const Heatmap& map, ImVec2 size, const PanelContext& context, HeatmapCache& cache)
      : map_(map),
        context_(context),
        cache_(cache),
        tones_(tones(context.dark)),
        list_(*ImGui::GetWindowDrawList()),
        origin_(ImGui::GetCursorScreenPos()),
        end_(origin_.x + size.x),
        line_(ImGui::GetTextLineHeight()),
        row_names_(names(map.row_axis)),
        column_names_(names(map.column_axis)) {
    std::tie(low_, high_) = colour_range(map.colours, map.low, map.high, map.values);
    bar_width_ = std::round(line_ * 0.7f);
    bar_gap_ = std::round(line_ * 0.5f);
    const float mark = map.row_axis.colour ? line_ : 0;
    HeatmapMeasures measures;
    measures.width = size.x;
    measures.height = size.y;
    measures.rows = map.rows;
    measures.columns = map.columns;
    measures.row_label = widest(row_names_) + mark;
    measures.column_label = widest(column_names_) + (map.column_axis.colour ? 2.0f : 0.0f);
    measures.row_title = width_of(map.row_axis.title);
    measures.column_title = width_of(map.column_axis.title);
    measures.bar = bar_gap_ + bar_width_ + colour_bar_figures(low_, high_);
    measures.line = line_;
    measures.row_pitch = least_pitch(row_names_, line_);
    measures.largest_cell = map.largest_cell * context.scale;
    layout_ = layout_heatmap(measures);
    item_ = ImGui::GetID(id);
    ImGui::InvisibleButton(id, size);
    hovered_ = ImGui::IsItemHovered();
    clicked_ = ImGui::IsItemClicked();
    remember_cells(item_, ImVec2(origin_.x + layout_.x, origin_.y + layout_.y),
                   ImVec2(layout_.cell_width, layout_.cell_height));
  }

  HeatmapHit draw() {
    if (map_.rows <= 0 || map_.columns <= 0) return {};
    const HeatmapHit hit = find();
    cells();
    outlines(hit);
    row_labels(hit);
    column_labels(hit);
    bar();
    if (hovered_) tooltip(hit);
    return hit;
  }

 private:
  // What the axis's title says anyway need not be in every name: "layer 2" is "2" on an axis "layer".
  static std::vector<std::string> names(const HeatmapAxis& axis) {
    std::vector<std::string> names = axis.labels;
    for (std::string& name : names) {
      if (name.size() > axis.title.size() + 1 && name.starts_with(axis.title + " ")) {
        name.erase(0, axis.title.size() + 1);
      }
    }
    return names;
  }

  float value(int row, int column) const {
    const std::size_t index = static_cast<std::size_t>(row) * static_cast<std::size_t>(map_.columns) + column;
    return index < map_.values.size() ? map_.values[index] : HUGE_VALF;
  }

  ImU32 colour_of(float value) const {
    const ColourMap& colours =
        map_.colours == Colours::diverging ? diverging_map(context_.dark) : sequential_map(context_.dark);
    return colours.at((value - low_) / (high_ - low_));
  }

  // Edges on whole pixels, so that cells have no blurred borders.
  float left(int column) const {
    return std::round(origin_.x + layout_.x + layout_.cell_width * static_cast<float>(column));
  }
  float top(int row) const { return std::round(origin_.y + layout_.y + layout_.cell_height * static_cast<float>(row)); }

  HeatmapHit find() const {
    HeatmapHit hit;
    if (!hovered_) return hit;
    const ImVec2 mouse = ImGui::GetMousePos();
    const float x = mouse.x - origin_.x - layout_.x, y = mouse.y - origin_.y - layout_.y;
    const bool in_columns = x >= 0 && x < layout_.width, in_rows = y >= 0 && y < layout_.height;
    const int column = std::min(map_.columns - 1, static_cast<int>(x / layout_.cell_width));
    const int row = std::min(map_.rows - 1, static_cast<int>(y / layout_.cell_height));
    if (in_columns && in_rows) {
      if (std::isinf(value(row, column))) return hit;
      hit.row = row;
      hit.column = column;
    } else if (in_rows && x < 0) {
      hit.row = row;
    } else if (in_columns && y >= layout_.height) {
      hit.column = column;
    }
    hit.clicked = clicked_ && (hit.row >= 0 || hit.column >= 0);
    return hit;
  }

  std::string plain(int row, int column) const { return map_.plain ? map_.plain(row, column) : std::string(); }

  void hatch(ImVec2 from, ImVec2 to) const {
    list_.AddRectFilled(from, to, missing_colour(context_.dark));
    const float width = to.x - from.x, height = to.y - from.y;
    const float apart = std::max(4.0f, std::round(6 * context_.scale));
    const ImU32 ink = ui::faded(tones_.muted, 0.55f);
    if (width < 4 || height < 4) return;
    for (float offset = apart - std::ceil(height / apart) * apart; offset < width; offset += apart) {
      const float start = std::max(offset, 0.0f), end = std::min(offset + height, width);
      if (end <= start) continue;
      list_.AddLine(ImVec2(from.x + start, to.y - (start - offset)), ImVec2(from.x + end, to.y - (end - offset)), ink);
    }
  }

  void cells() {
    if (map_.rows > texture_from || map_.columns > texture_from) {
      // Columns below a pixel are blended; high rows then need lines of their own to stay apart.
      const bool blended = layout_.cell_width < 1 && layout_.cell_height > 1;
      const int lines =
          blended ? std::clamp(static_cast<int>(std::ceil(layout_.cell_height)), 1, std::max(1, most_lines / map_.rows))
                  : 1;
      std::vector<ImU32> pixels, line;
      pixels.reserve(map_.values.size() * static_cast<std::size_t>(lines));
      for (int row = 0; row < map_.rows; ++row) {
        line.clear();
        for (int column = 0; column < map_.columns; ++column) {
          const float v = value(row, column);
          line.push_back(std::isinf(v) ? 0 : colour_of(v));
        }
        for (int i = 0; i < lines; ++i) pixels.insert(pixels.end(), line.begin(), line.end());
      }
      cache_.texture().update(pixels, map_.columns, map_.rows * lines);
      cache_.texture().draw(list_, ImVec2(left(0), top(0)), ImVec2(left(map_.columns), top(map_.rows)));
      return;
    }
    const float gap = std::min(layout_.cell_width, layout_.cell_height) >= 8 ? 1.0f : 0.0f;
    const bool figures = layout_.cell_height >= line_ + 2 && layout_.cell_width >= width_of("-0.00") + 4;
    for (int row = 0; row < map_.rows; ++row) {
      for (int column = 0; column < map_.columns; ++column) {
        const float v = value(row, column);
        if (std::isinf(v)) continue;
        const ImVec2 from(left(column), top(row)), to(left(column + 1) - gap, top(row + 1) - gap);
        if (std::isnan(v)) {
          if (plain(row, column).empty()) {
            hatch(from, to);
          } else {
            list_.AddRect(from, to, ui::faded(tones_.muted, 0.55f));
          }
          continue;
        }
        const ImU32 fill = colour_of(v);
        list_.AddRectFilled(from, to, fill);
        if (!figures) continue;
        char text[16];
        std::snprintf(text, sizeof text, "%.2f", static_cast<double>(v));
        const float width = width_of(text);
        list_.AddText(ImVec2(std::round((from.x + to.x - width) / 2), std::round((from.y + to.y - line_) / 2)),
                      text_colour_on(fill), text);
      }
    }
  }

  void outline(int row, int column, int rows, int columns, ImU32 ink, float thickness, float outside = 0) const {
    list_.AddRect(ImVec2(left(column) - outside, top(row) - outside),
                  ImVec2(left(column + columns) + outside, top(row + rows) + outside), ink, 0, thickness);
  }

  void outlines(const HeatmapHit& hit) const {
    const float thick = std::max(1.0f, std::round(2 * context_.scale));
    const int row = map_.selected_row < map_.rows ? map_.selected_row : -1;
    const int column = map_.selected_column < map_.columns ? map_.selected_column : -1;
    // On a rim of background, since the colours of the cells may be close to the accent.
    const auto select = [&](int first_row, int first_column, int rows, int columns) {
      outline(first_row, first_column, rows, columns, tones_.background, thick, thick);
      outline(first_row, first_column, rows, columns, tones_.accent, thick);
    };
    if (row >= 0 && column >= 0) {
      select(row, column, 1, 1);
    } else if (row >= 0) {
      select(row, 0, 1, map_.columns);
    } else if (column >= 0) {
      select(0, column, map_.rows, 1);
    }
    if (map_.highlighted && map_.rows <= texture_from && map_.columns <= texture_from) {
      for (int row = 0; row < map_.rows; ++row) {
        for (int column = 0; column < map_.columns; ++column) {
          if (map_.highlighted(row, column)) outline(row, column, 1, 1, tones_.text, thick);
        }
      }
    }
    if (hit.row >= 0 && hit.column >= 0) outline(hit.row, hit.column, 1, 1, tones_.text, thick);
  }

  void row_labels(const HeatmapHit& hit) const {
    list_.AddText(origin_, tones_.muted, map_.row_axis.title.c_str());
    const float right = origin_.x + layout_.row_label;
    const float mark = map_.row_axis.colour ? line_ : 0;
    for (int row = 0; row < map_.rows; row += layout_.row_stride) {
      if (static_cast<std::size_t>(row) >= row_names_.size()) break;
      const float middle = (top(row) + top(row + 1)) / 2;
      const bool bright = row == hit.row || (map_.row_axis.highlighted && map_.row_axis.highlighted(row));
      if (map_.row_axis.colour && layout_.row_stride <= 3) {
        const float half = std::round(line_ * 0.3f);
        list_.AddRectFilled(ImVec2(right - 2 * half, std::round(middle) - half),
                            ImVec2(right, std::round(middle) + half), map_.row_axis.colour(row), 2);
      }
      const std::string text = shortened(row_names_[static_cast<std::size_t>(row)], layout_.row_label - mark, width_of);
      const ImVec2 at(std::round(right - mark - width_of(text)), std::round(middle - line_ / 2));
      label(at, text, bright);
    }
  }

  void label(ImVec2 at, const std::string& text, bool bright) const {
    if (bright) {
      const float width = width_of(text);
      list_.AddRectFilled(ImVec2(at.x - 2, at.y), ImVec2(at.x + width + 2, at.y + line_),
                          ui::faded(tones_.accent, 0.35f), 2);
    }
    list_.AddText(at, tones_.text, text.c_str());
  }

  void column_labels(const HeatmapHit& hit) const {
    const float under = top(map_.rows) + std::round(line_ * 0.2f);
    for (int column = 0; column < map_.columns; column += layout_.column_stride) {
      if (static_cast<std::size_t>(column) >= column_names_.size()) break;
      const float middle = (left(column) + left(column + 1)) / 2;
      const bool bright =
          column == hit.column || (map_.column_axis.highlighted && map_.column_axis.highlighted(column));
      const std::string text =
          shortened(column_names_[static_cast<std::size_t>(column)], layout_.column_label, width_of);
      const float width = width_of(text);
      float below = under;
      if (map_.column_axis.colour) {
        const float height = std::round(line_ * 0.22f);
        list_.AddRectFilled(ImVec2(left(column), under - 1), ImVec2(left(column + 1) - 1, under - 1 + height),
                            map_.column_axis.colour(column));
        below += height;
      }
      if (layout_.upright) {
        upright(ImVec2(std::round(middle - line_ / 2), below), text, width, bright);
      } else {
        label(ImVec2(std::round(middle - width / 2), below), text, bright);
      }
    }
    if (layout_.title_below) {
      const float below = under + (layout_.upright ? layout_.column_label : line_);
      const float width = width_of(map_.column_axis.title);
      list_.AddText(ImVec2(std::round((left(0) + left(map_.columns) - width) / 2), below), tones_.muted,
                    map_.column_axis.title.c_str());
    } else {
      list_.AddText(ImVec2(origin_.x, under), tones_.muted, map_.column_axis.title.c_str());
    }
  }

  // Text that reads upwards and ends at `top_left.y`, where the cells end.
  void upright(ImVec2 top_left, const std::string& text, float width, bool bright) const {
    if (bright) {
      list_.AddRectFilled(top_left, ImVec2(top_left.x + line_, top_left.y + width + 2), ui::faded(tones_.accent, 0.35f),
                          2);
    }
    const int first = list_.VtxBuffer.Size;
    list_.AddText(origin_, tones_.text, text.c_str());  // where nothing is clipped away; then turned and moved
    for (int i = first; i < list_.VtxBuffer.Size; ++i) {
      ImVec2& p = list_.VtxBuffer[i].pos;
      p = ImVec2(top_left.x + (p.y - origin_.y), top_left.y + width - (p.x - origin_.x));
    }
  }

  void bar() const {
    const float from = left(map_.columns) + bar_gap_, to = from + bar_width_;
    const float above = top(0), below = std::max(top(map_.rows), above + 2 * line_);
    draw_colour_bar(list_, ImVec2(from, above), ImVec2(to, below), map_.colours, low_, high_, context_.dark);
    const float title = origin_.x + width_of(map_.row_axis.title) + line_ / 2;  // at the left on the same line
    const float after = std::max(left(0), title);
    const float room = std::min(to + 40 * context_.scale, end_ - line_ / 2) - after;
    const std::string name = shortened(map_.caption.empty() ? map_.value_name : map_.caption, room, width_of);
    const float end = std::max(to, after + width_of(name));
    list_.AddText(ImVec2(std::round(end - width_of(name)), origin_.y), tones_.muted, name.c_str());
  }

  void tooltip(const HeatmapHit& hit) const {
    const auto name = [](const HeatmapAxis& axis, int index) {
      return static_cast<std::size_t>(index) < axis.labels.size() ? axis.labels[static_cast<std::size_t>(index)]
                                                                  : axis.title + " " + std::to_string(index);
    };
    if (hit.row < 0 && hit.column < 0) return;
    if (!ImGui::BeginTooltip()) return;
    if (hit.row >= 0) ImGui::Text("%s", name(map_.row_axis, hit.row).c_str());
    if (hit.column >= 0) ImGui::Text("%s", name(map_.column_axis, hit.column).c_str());
    if (hit.row >= 0 && hit.column >= 0) {
      const float v = value(hit.row, hit.column);
      if (std::isnan(v)) {
        std::string why = plain(hit.row, hit.column);
        if (why.empty()) why = map_.missing.empty() ? "no value" : map_.missing;
        ImGui::TextUnformatted(why.c_str());
      } else {
        ImGui::Text("%s %s%s%s", map_.value_name.c_str(), ui::number(v).c_str(), map_.unit.empty() ? "" : " ",
                    map_.unit.c_str());
      }
    }
    ImGui::EndTooltip();
  }

  const Heatmap& map_;
  const PanelContext& context_;
  HeatmapCache& cache_;
  const Tones& tones_;
  ImDrawList& list_;
  const ImVec2 origin_;
  const float end_;  // of the room that there is, in x
  const float line_;
  const std::vector<std::string> row_names_, column_names_;
  HeatmapLayout layout_;
  double low_ = 0, high_ = 1;
  float bar_width_ = 0, bar_gap_ = 0;
  ImGuiID item_ = 0;
  bool hovered_ = false, clicked_ = false;
};

}  // namespace

HeatmapHit draw_heatmap(const char* id, const Heatmap& map, ImVec2 size, const PanelContext& context,
                        HeatmapCache& cache) {
  if (size.x < 8 || size.y < 8) return {};
  return Painter(id, map, size, context, cache).draw();
}

void draw_colour_bar(ImDrawList& list, ImVec2 from, ImVec2 to, Colours colours, double low, double high, bool dark) {
  constexpr int bands = 32;
  const ColourMap& map = colours == Colours::diverging ? diverging_map(dark) : sequential_map(dark);
  const Tones& tone = tones(dark);
  const float height = to.y - from.y, line = ImGui::GetTextLineHeight();
  for (int band = 0; band < bands; ++band) {
    const float t = static_cast<float>(band) / bands, next = static_cast<float>(band + 1) / bands;
    const ImU32 upper = map.at(1 - t), lower = map.at(1 - next);
    list.AddRectFilledMultiColor(ImVec2(from.x, from.y + height * t), ImVec2(to.x, from.y + height * next), upper,
                                 upper, lower, lower);
  }
  list.AddRect(from, to, ui::faded(tone.muted, 0.6f));
  const auto figure = [&](double value, float y) {
    list.AddText(ImVec2(to.x + bar_figures_gap, std::round(y)), tone.text, end_text(value).c_str());
  };
  figure(high, from.y);
  figure(low, to.y - line);
  if (low < 0 && high > 0 && height > 3.5f * line) {
    const double zero = high / (high - low);
    figure(0, from.y + height * static_cast<float>(zero) - line / 2);
  }
}

float colour_bar_figures(double low, double high) {
  return bar_figures_gap + std::max({width_of(end_text(low)), width_of(end_text(high)), width_of("0")});
}

void remember_cells(ImGuiID id, ImVec2 first, ImVec2 cell) {
  ImGuiStorage& storage = *ImGui::GetStateStorage();
  const float values[] = {first.x, first.y, cell.x, cell.y};
  for (ImGuiID i = 0; i < 4; ++i) storage.SetFloat(id + 1 + i, values[i]);
}

ImVec2 heatmap_cell(const ImGuiStorage& storage, ImGuiID id, int row, int column) {
  return {storage.GetFloat(id + 1) + storage.GetFloat(id + 3) * (static_cast<float>(column) + 0.5f),
          storage.GetFloat(id + 2) + storage.GetFloat(id + 4) * (static_cast<float>(row) + 0.5f)};
}

}  // namespace tessera
