// Tiles: the mosaic head as it is built, class by tile, and the parameters that lay it out.
#include <algorithm>
#include <cmath>
#include <optional>

#include "app/panels/colours.h"
#include "app/panels/labels.h"
#include "app/panels/lookup.h"
#include "app/panels/panels.h"
#include "app/panels/parameter_editor.h"
#include "app/panels/parameter_text.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr const char* head_kind = "model.head.kind";

float width_of(std::string_view text) { return ImGui::CalcTextSize(text.data(), text.data() + text.size(), false).x; }

// Item ids: "##mosaic", "Use tiles", "Rebuild...", "Discard", and those of parameter_editor.h for model.head.*.
class TilesPanel final : public Panel {
 public:
  const char* name() const override { return "tiles"; }
  const char* title() const override { return "Tiles"; }
  const char* about() const override {
    return "The mosaic head: each tile is a small linear expert that knows some classes only. A column is a tile, its "
           "filled cells are the classes that it gives logits for; where tiles overlap, their logits are averaged.";
  }
  std::vector<std::string> families() const override { return {"accuracy"}; }

  void draw(PanelContext& context) override {
    const Description* description = context.snapshot.description.get();
    const bool tiled = description && !description->tiles.empty();
    if (tiled) {
      ImGui::AlignTextToFramePadding();
      ui::fitted_text(std::to_string(description->tiles.size()) + " tiles, " +
                          std::to_string(description->classes.size()) + " classes",
                      ui::room_before_help());
      ImGui::SameLine();
    }
    ui::help_button(context, *this);
    if (!tiled) {
      no_tiles(context);
      return;
    }
    editor_.begin(context);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const ImVec2 spacing = ImGui::GetStyle().ItemSpacing;
    const bool beside = room.x > room.y * 1.35f;
    const float rows = ImGui::GetFrameHeightWithSpacing() * static_cast<float>(count_rows(context) + 1);
    const ImVec2 size =
        beside ? ImVec2(std::floor(room.x * 0.52f), room.y) : ImVec2(room.x, std::max(room.y * 0.4f, room.y - rows));
    mosaic(context, size);
    if (beside) ImGui::SameLine(0, spacing.x * 1.5f);
    ImGui::BeginChild("##layout", ImVec2(0, 0));
    layout_rows(context);
    ImGui::EndChild();
  }

 private:
  void no_tiles(PanelContext& context) {
    const auto& parameters = context.snapshot.parameters;
    if (!parameters) {
      ui::empty_state(context, *this, "Appears as soon as an experiment is loaded.");
      return;
    }
    ui::wrapped("This experiment has one linear head: a single matrix gives the logits of all classes.");
    ImGui::Spacing();
    ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).muted);
    ui::wrapped(about());
    ImGui::PopStyleColor();
    ImGui::Spacing();
    if (!parameters->table().find(head_kind)) return;
    const char* refused = refusal<command::Set>(context.snapshot.state);
    ImGui::BeginDisabled(refused && *refused);
    if (ImGui::Button("Use tiles")) {
      context.confirm(command::Set{head_kind, std::string("tiles"), true},
                      rebuild_question("A mosaic head", context.newest.step));
    }
    ImGui::EndDisabled();
    ImGui::SetItemTooltip("%s", refused && *refused ? refused : "Builds the experiment anew with a mosaic head");
  }

  void mosaic(PanelContext& context, ImVec2 size) {
    const Description& description = *context.snapshot.description;
    const int tiles = static_cast<int>(description.tiles.size());
    const int classes = static_cast<int>(description.classes.size());
    // The routed layer that the tiles are: the last one.
    const int layer = description.layers - 1;
    HeatmapMeasures measures;
    measures.width = size.x;
    measures.height = size.y;
    measures.rows = classes;
    measures.columns = tiles;
    for (const std::string& name : description.classes)
      measures.row_label = std::max(measures.row_label, width_of(name));
    measures.column_label = width_of(std::to_string(tiles - 1));
    measures.row_title = width_of("class");
    measures.column_title = width_of("tile");
    measures.line = ImGui::GetTextLineHeight();
    measures.row_pitch = least_pitch(description.classes, measures.line);
    measures.largest_cell = 64 * context.scale;
    const HeatmapLayout layout = layout_heatmap(measures);
    const ImVec2 origin = ImGui::GetCursorScreenPos();
    ImGui::InvisibleButton("##mosaic", size);
    const bool hovered = ImGui::IsItemHovered(), clicked = ImGui::IsItemClicked();
    const ImVec2 mouse = ImGui::GetMousePos();
    const Tones& tone = tones(context.dark);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const ImVec2 at(origin.x + layout.x, origin.y + layout.y);
    const auto cell = [&](int row, int column) {
      return ImVec2(std::round(at.x + layout.cell_width * static_cast<float>(column)),
                    std::round(at.y + layout.cell_height * static_cast<float>(row)));
    };
    list.AddText(origin, tone.muted, "class");
    const float gap = std::min(layout.cell_width, layout.cell_height) >= 8 ? 2.0f : 0.0f;
    const float rounding = std::min({layout.cell_width, layout.cell_height}) * 0.18f;
    int hit_tile = -1, hit_class = -1;
    for (int tile = 0; tile < tiles; ++tile) {
      const std::vector<int>& own = description.tiles[static_cast<std::size_t>(tile)];
      const bool lit = context.selection.highlights(layer, tile) ||
                       (context.selection.layer == layer && context.selection.expert == tile);
      for (int row = 0; row < classes; ++row) {
        const ImVec2 from = cell(row, tile);
        ImVec2 to = cell(row + 1, tile + 1);
        to = ImVec2(to.x - gap, to.y - gap);
        const bool has = std::find(own.begin(), own.end(), row) != own.end();
        if (has) {
          list.AddRectFilled(from, to, expert_colour(tile, context.dark), rounding);
        } else {
          list.AddRectFilled(from, to, ui::faded(tone.muted, 0.12f), rounding);
        }
        if (lit) list.AddRect(from, to, tone.text, rounding, std::max(1.0f, 1.5f * context.scale));
        if (hovered && mouse.x >= from.x && mouse.x < to.x + gap && mouse.y >= from.y && mouse.y < to.y + gap) {
          hit_tile = tile;
          hit_class = row;
        }
      }
      if (tile % layout.column_stride == 0) {
        const std::string name = std::to_string(tile);
        const float middle = (cell(0, tile).x + cell(0, tile + 1).x - gap) / 2;
        list.AddText(ImVec2(std::round(middle - width_of(name) / 2), cell(classes, 0).y + 2), tone.text, name.c_str());
      }
    }
    list.AddText(ImVec2(origin.x, cell(classes, 0).y + 2), tone.muted, "tile");
    for (int row = 0; row < classes; row += layout.row_stride) {
      const std::string name =
          shortened(description.classes[static_cast<std::size_t>(row)], layout.row_label, width_of);
      const float middle = (cell(row, 0).y + cell(row + 1, 0).y - gap) / 2;
      list.AddText(
          ImVec2(std::round(origin.x + layout.row_label - width_of(name)), std::round(middle - measures.line / 2)),
          row == context.selection.group ? tone.accent : tone.text, name.c_str());
    }
    if (hit_tile < 0) return;
    context.selection.hover(layer, hit_tile);
    if (clicked) {
      context.selection.layer = layer;
      context.selection.expert = context.selection.expert == hit_tile ? -1 : hit_tile;
    }
    explain_cell(description, hit_tile, hit_class);
  }

  static void explain_cell(const Description& description, int tile, int of_class) {
    if (!ImGui::BeginTooltip()) return;
    const std::vector<int>& own = description.tiles[static_cast<std::size_t>(tile)];
    std::string names;
    for (const int index : own) {
      if (!names.empty()) names += ", ";
      names += description.classes[static_cast<std::size_t>(index)];
    }
    int sharing = 0;
    for (const std::vector<int>& other : description.tiles) {
      sharing += std::find(other.begin(), other.end(), of_class) != other.end() ? 1 : 0;
    }
    ImGui::Text("tile %d knows %zu classes:", tile, own.size());
    ImGui::PushTextWrapPos(ImGui::GetFontSize() * 20);
    ImGui::TextUnformatted(names.c_str());
    ImGui::PopTextWrapPos();
    ImGui::Text("%s is in %d %s", description.classes[static_cast<std::size_t>(of_class)].c_str(), sharing,
                sharing == 1 ? "tile" : "tiles");
    ImGui::EndTooltip();
  }

  static bool of_layout(const ParameterSpec& spec) {
    return spec.path.starts_with("model.head.") && spec.path != head_kind;
  }

  int count_rows(const PanelContext& context) {
    const Parameters& parameters = wanted(context);
    const auto& specs = parameters.table().specs();
    return static_cast<int>(std::count_if(specs.begin(), specs.end(), [&](const ParameterSpec& spec) {
      return of_layout(spec) && parameters.holds(spec.when);
    }));
  }

  // The parameters with what was chosen here and not yet built.
  const Parameters& wanted(const PanelContext& context) {
    if (draft_ && draft_run_ == context.snapshot.run) return *draft_;
    draft_.reset();
    return *context.snapshot.parameters;
  }

  void layout_rows(PanelContext& context) {
    const Parameters parameters = wanted(context);
    const float label_width = ImGui::GetContentRegionAvail().x * 0.42f;
    std::vector<std::string> changed;
    const char* refused = refusal<command::Set>(context.snapshot.state);
    const bool enabled = !(refused && *refused) && context.moment < 0;  // a change acts on the run as it is now
    for (const ParameterSpec& spec : parameters.table().specs()) {
      if (!of_layout(spec)) continue;
      if (parameters.get(spec.path) != context.snapshot.parameters->get(spec.path)) changed.push_back(spec.path);
      if (!parameters.holds(spec.when)) continue;
      if (spec.applies == Applies::live) {
        editor_.row(context, spec, -1, label_width, enabled);
        continue;
      }
      draft_row(context, spec, parameters.get(spec.path), label_width, enabled);
    }
    ImGui::BeginDisabled(changed.empty() || !enabled);
    if (ImGui::Button("Rebuild...")) rebuild(context, parameters, changed);
    ImGui::SetItemTooltip("Builds the experiment anew with this layout; asks first");
    ImGui::EndDisabled();
    ImGui::SameLine();
    ImGui::BeginDisabled(changed.empty());
    if (ImGui::Button("Discard")) draft_.reset();
    ImGui::EndDisabled();
  }

  void draft_row(const PanelContext& context, const ParameterSpec& spec, Value value, float label_width, bool enabled) {
    const float start = ImGui::GetCursorPosX();
    ImGui::BeginDisabled(!enabled);
    ImGui::AlignTextToFramePadding();
    const std::size_t dot = spec.label.rfind('.');
    ui::fitted_text(words(spec.label.substr(dot == std::string::npos ? 0 : dot + 1)), label_width - 6);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", explanation(spec).c_str());
    ImGui::SameLine(start + label_width);
    const Edit edit = value_widget(spec.path, spec, value, std::max(40.0f, ImGui::GetContentRegionAvail().x));
    ImGui::EndDisabled();
    if (!edit.changed) return;
    if (!draft_) {
      draft_ = *context.snapshot.parameters;
      draft_run_ = context.snapshot.run;
    }
    draft_->set(spec.path, value);
  }

  void rebuild(PanelContext& context, const Parameters& parameters, const std::vector<std::string>& changed) {
    const std::string question = rebuild_question("This layout of tiles", context.newest.step);
    if (changed.size() == 1) {
      context.confirm(command::Set{changed.front(), parameters.get(changed.front()), true}, question);
      return;
    }
    // Several at once, since some combinations in between may be impossible.
    Preset preset = *context.newest.preset;
    for (const std::string& path : changed) preset.parameters.set(path, parameters.get(path));
    context.confirm(command::Load{std::move(preset)}, question);
  }

  ParameterEditor editor_;
  std::optional<Parameters> draft_;
  std::uint64_t draft_run_ = 0;
};

}  // namespace

std::unique_ptr<Panel> make_tiles_panel() { return std::make_unique<TilesPanel>(); }

}  // namespace tessera
