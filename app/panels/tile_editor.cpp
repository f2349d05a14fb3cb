// See tile_editor.h.
#include "app/panels/tile_editor.h"

#include "app/panels/task_steps.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr const char* list_path = "model.head.tiles.list";
constexpr const char* layout_path = "model.head.tiles.layout";
constexpr const char* by_label = "model.head.route_by_label";

}  // namespace

void TileEditor::follow(const PanelContext& context, const Tiles& in_force) {
  const bool same = context.run_id == run_id_ && context.newest.run == run_ && context.moment < 0;
  run_id_ = context.run_id;
  run_ = context.newest.run;
  in_force_ = in_force;
  if (!same || (draft_ && draft_->size() != in_force.size())) drop();
  if (!asked() || context.newest.answered < asked_) return;
  asked_ = 0;
  const Parameters& now = *context.newest.parameters;
  const bool taken = now.text(layout_path) == "list" && now.text(list_path) == tiles_text(*draft_);
  if (taken) drop();  // else the window has said why not
}

void TileEditor::drop() {
  draft_.reset();
  asked_ = 0;
}

std::string TileEditor::why_not_now(const PanelContext& context) const {
  if (context.moment >= 0) return "Only the run as it is now can be changed: go back to now first.";
  return refusal<command::Set>(context.snapshot.state);
}

void TileEditor::button(const PanelContext& context) {
  if (!context.snapshot.parameters->table().find(list_path)) return;
  const std::string refused = why_not_now(context);
  ImGui::BeginDisabled(!refused.empty());
  if (ui::tab("Edit", draft_.has_value())) {
    if (draft_) {
      drop();
    } else {
      begin(context.snapshot);
    }
  }
  ImGui::EndDisabled();
  ImGui::SetItemTooltip("%s", !refused.empty() ? refused.c_str() : "Change which classes a tile has, by clicking");
}

// From the list that is asked for already, else from what is in force.
void TileEditor::begin(const Snapshot& now) {
  start_ = in_force_;
  const std::string& layout = now.parameters->text(layout_path);
  if (layout == "list") {
    const auto asked = read_tiles(now.parameters->text(list_path), static_cast<int>(now.description->classes.size()));
    if (asked && asked->size() == in_force_.size()) start_ = *asked;
  }
  toggles_ = layout == "overlapping" || overlapping(start_);
  draft_ = start_;
}

void TileEditor::clicked(int of_class, int tile) {
  if (!draft_ || asked()) return;
  if (toggles_) {
    toggle_class(*draft_, of_class, tile);
  } else {
    move_class(*draft_, of_class, tile);
  }
}

std::string TileEditor::why_not(const PanelContext& context) const {
  if (const std::string refused = why_not_now(context); !refused.empty()) return refused;
  if (*draft_ == start_) return "Nothing is changed yet: click a cell.";
  if (asked()) return "It is asked for: a run answers between two steps.";
  if (const TaskSteps task = task_steps(context.snapshot); task.any() && !task.more(context.snapshot.step)) {
    return "The last task has begun, and a new layout is taken over when a task begins.";
  }
  const bool two_each = context.snapshot.parameters->boolean(by_label);
  return why_unusable(*draft_, context.snapshot.description->classes, two_each);
}

void TileEditor::line(PanelContext& context) {
  if (!draft_) return;
  const std::string refused = why_not(context), text = tiles_text(*draft_);
  ImGui::BeginDisabled(!refused.empty());
  const char* label = task_steps(context.snapshot).any() ? "Use from the next task###use layout" : "Use###use layout";
  const bool pressed = ImGui::Button(label);
  ImGui::EndDisabled();
  ImGui::SetItemTooltip("%s", !refused.empty() ? refused.c_str() : ("Layout list: " + text).c_str());
  ImGui::SameLine();
  const bool discarded = ImGui::Button("Discard");
  ImGui::SameLine();
  ImGui::PushFont(context.figures, 0);
  ui::fitted_text(text, ImGui::GetContentRegionAvail().x);
  ImGui::PopFont();
  if (pressed) use(context);
  if (discarded) drop();
}

// The list first: until the layout is one, it isn't in force.
void TileEditor::use(PanelContext& context) {
  asked_ = context.submit(command::Set{list_path, tiles_text(*draft_), false});
  if (context.snapshot.parameters->text(layout_path) == "list") return;
  asked_ = context.submit(command::Set{layout_path, std::string("list"), false});
}

}  // namespace tessera
