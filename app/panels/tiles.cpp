// Tiles: the mosaic head, class by tile, how well each tile knows its classes, and the parameters that lay it out.
#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/lookup.h"
#include "app/panels/mosaic.h"
#include "app/panels/panels.h"
#include "app/panels/parameter_editor.h"
#include "app/panels/parameter_text.h"
#include "app/panels/tile_editor.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr const char* head_kind = "model.head.kind";

struct Colouring {
  const char* family;  // empty: a colour each tile
  ui::ViewChoice choice;
};
constexpr Colouring colourings[] = {
    {"", {"tiles", "Who knows which classes"}},
    {"tile_learned", {"learned", "Accuracy on each class that a tile has (in a sequence the task is told)"}},
    {"tile_forgotten", {"forgotten", "How far that is below its best"}},
};

// Item ids: "tiles", "learned", "forgotten" or the combo "##colours", "##mosaic", "Use tiles", those of tile_editor.h,
// and in the child "##layout" those of parameter_editor.h for model.head.*.
class TilesPanel final : public Panel {
 public:
  const char* name() const override { return "tiles"; }
  const char* title() const override { return "Tiles"; }
  const char* about() const override {
    return "The mosaic head: each tile is a small linear expert that knows some classes only. A column is a tile, its "
           "filled cells are the classes that it gives logits for; where tiles overlap, their logits are averaged. "
           "Edit changes by clicking which classes a tile has, while the run goes on.";
  }
  std::vector<std::string> families() const override { return {"accuracy", "tile_learned", "tile_forgotten"}; }

  void draw(PanelContext& context) override {
    const Description* description = context.snapshot.description.get();
    if (!description || description->tiles.empty()) {
      ui::help_button(context, *this);
      no_tiles(context);
      return;
    }
    const Tiles tiles = tiles_in_force(context.snapshot);
    layout_.follow(context, tiles);
    editor_.begin(context);
    toolbar(context);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const ImVec2 spacing = ImGui::GetStyle().ItemSpacing;
    const bool beside = room.x > room.y * 1.35f;
    const float rows = ImGui::GetFrameHeightWithSpacing() * static_cast<float>(count_rows(context));
    const ImVec2 size =
        beside ? ImVec2(std::floor(room.x * 0.52f), room.y) : ImVec2(room.x, std::max(room.y * 0.4f, room.y - rows));
    mosaic(context, tiles, size);
    if (beside) ImGui::SameLine(0, spacing.x * 1.5f);
    ImGui::BeginChild("##layout", ImVec2(0, 0));
    layout_rows(context);
    ImGui::EndChild();
  }

  std::string settings() const override { return std::string("colours=") + colourings[colouring_].choice.label; }
  void restore(const std::string& text) override {
    for (std::size_t i = 0; i < std::size(colourings); ++i) {
      if (text == std::string("colours=") + colourings[i].choice.label) colouring_ = i;
    }
  }

 private:
  void no_tiles(PanelContext& context) {
    const auto& parameters = context.snapshot.parameters;
    if (!parameters) {
      ui::empty_state(context, *this, "Appears as soon as an experiment is loaded.");
      return;
    }
    const bool experts = parameters->table().find(head_kind) && parameters->text(head_kind) == "experts";
    ui::wrapped(experts
                    ? "The head of this experiment is experts behind a soft router: each gives logits of all classes."
                    : "This experiment has one linear head: a single matrix gives the logits of all classes.");
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

  static const Matrix* measured(const PanelContext& context, const char* family) {
    return newest(context.snapshot, find_metric(*context.snapshot.description, family, -1, 2));
  }

  void toolbar(PanelContext& context) {
    const Description& description = *context.snapshot.description;
    const float edit = ImGui::CalcTextSize("Edit").x + 2 * ImGui::GetStyle().FramePadding.x;
    if (find_metric(description, colourings[1].family, -1, 2)) {
      std::vector<ui::ViewChoice> choices;
      for (const Colouring& colouring : colourings) choices.push_back(colouring.choice);
      ui::choose_view("##colours", colouring_, choices,
                      ui::room_before_help() - edit - ImGui::GetStyle().ItemSpacing.x);
      ImGui::SameLine();
    }
    layout_.button(context);
    ImGui::SameLine();
    if (const float room = ui::room_before_help(); room > 90 * context.scale) {
      ImGui::AlignTextToFramePadding();
      ui::fitted_text(std::to_string(description.tiles.size()) + " tiles, " +
                          std::to_string(description.classes.size()) + " classes",
                      room);
      ImGui::SameLine();
    }
    ui::help_button(context, *this);
    layout_.line(context);
    const std::string& note = note_.text(context.snapshot, context.moment);
    if (note.empty()) return;
    ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).warning);
    ui::wrapped(note);
    ImGui::PopStyleColor();
  }

  void mosaic(PanelContext& context, const Tiles& tiles, ImVec2 size) {
    const Colouring& colouring = colourings[colouring_];
    const auto metric =
        *colouring.family ? find_metric(*context.snapshot.description, colouring.family, -1, 2) : std::nullopt;
    const Mosaic drawn{.tiles = tiles,
                       .draft = layout_.draft(),
                       .toggles = layout_.toggles(),
                       .asked = layout_.asked(),
                       .spec = metric ? &context.snapshot.description->metrics[*metric] : nullptr,
                       .learned = measured(context, "tile_learned"),
                       .forgotten = measured(context, "tile_forgotten"),
                       .values = newest(context.snapshot, metric)};
    const MosaicHit hit = draw_mosaic(context, drawn, size);
    if (hit.tile < 0) return;
    const int layer = context.snapshot.description->layers - 1;  // the routed layer that the tiles are
    context.selection.hover(layer, hit.tile);
    if (!hit.clicked) return;
    if (layout_.draft()) {
      layout_.clicked(hit.of_class, hit.tile);
      return;
    }
    const bool again = context.selection.layer == layer && context.selection.expert == hit.tile;
    context.selection.layer = layer;
    context.selection.expert = again ? -1 : hit.tile;
  }

  static bool of_layout(const ParameterSpec& spec) {
    return spec.path.starts_with("model.head.") && spec.path != head_kind;
  }

  static int count_rows(const PanelContext& context) {
    const Parameters& parameters = *context.snapshot.parameters;
    const auto& specs = parameters.table().specs();
    return static_cast<int>(std::count_if(specs.begin(), specs.end(), [&](const ParameterSpec& spec) {
      return of_layout(spec) && parameters.holds(spec.when);
    }));
  }

  void layout_rows(PanelContext& context) {
    const Parameters& parameters = *context.snapshot.parameters;
    const float label_width = ImGui::GetContentRegionAvail().x * 0.42f;
    const bool enabled = context.moment < 0;  // a change acts on the run as it is now
    for (const ParameterSpec& spec : parameters.table().specs()) {
      if (of_layout(spec) && parameters.holds(spec.when)) editor_.row(context, spec, -1, label_width, enabled);
    }
  }

  std::size_t colouring_ = 0;
  TileEditor layout_;
  LayoutNote note_;
  ParameterEditor editor_;
};

}  // namespace

std::unique_ptr<Panel> make_tiles_panel() { return std::make_unique<TilesPanel>(); }

}  // namespace tessera
