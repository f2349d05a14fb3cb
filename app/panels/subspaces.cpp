// Subspaces: experts that share one backbone (CDSP). Who picked which of its dimensions, how much of that others picked
// too, where tasks pull them apart, and who holds a dimension.
#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/panels.h"
#include "app/panels/parameter_text.h"
#include "app/panels/subspace_view.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr const char* experts_kind = "model.experts.kind";
constexpr const char* one_task =
    "Conflict is between the gradients of tasks, and this run learns one task: there is nothing to compare. The preset "
    "conflict/interference-pair learns two that exclude each other.";

// Item ids: "##part" (in a small window, which shows one part), "##layer", "Use subspaces", and those of
// subspace_view.h.
class SubspacesPanel final : public Panel {
 public:
  const char* name() const override { return "subspaces"; }
  const char* title() const override { return "Subspaces"; }
  const char* about() const override {
    return "Experts without parameters of their own: alpha picks some dimensions of one backbone for each. By layer: "
           "how much of an expert's picks the others share. By dimension: who picked it, and whether the tasks' "
           "gradients on it oppose each other. Click a dimension to see who holds it; click a step to go back to it.";
  }
  std::vector<std::string> families() const override { return subspace_families(); }

  void draw(PanelContext& context) override {
    const Description* description = context.snapshot.description.get();
    if (!description || !has_subspaces(*description)) {
      ui::help_button(context, *this);
      no_subspaces(context);
      return;
    }
    const ImVec2 whole = ImGui::GetContentRegionAvail();
    const bool large = whole.x >= 860 * context.scale && whole.y >= 460 * context.scale;
    toolbar(context, large);
    SubspaceView view = find_subspaces(context, dimension_);
    if (!view.any()) {
      ui::empty_state(context, *this, "Appears with the first measurement of a run.");
      return;
    }
    draw_subspace_figures(context, view);
    if (large) {
      all_parts(context, view);
    } else {
      one_part(context, view);
    }
    if (view.dimension != dimension_ && !large) part_ = holding;
    dimension_ = view.dimension;
  }

  std::string settings() const override { return "part=" + std::to_string(part_); }
  void restore(const std::string& text) override {
    if (text.starts_with("part=") && text.size() == 6 && text[5] >= '0' && text[5] <= '5') {  // the last is `holding`
      part_ = static_cast<std::size_t>(text[5] - '0');
    }
  }

 private:
  enum Part : std::size_t { by_layer, by_dimension, by_pair, by_task, over_time, holding };

  void toolbar(PanelContext& context, bool large) {
    static const std::vector<std::string> parts = {"Overlap by layer",  "Alpha by dimension", "Rank overlap of pairs",
                                                   "Conflict of tasks", "Conflict over time", "Who holds a dimension"};
    const float room = ui::room_before_help();
    if (!large) {
      ui::combo("##part", part_, parts, "What is shown; a larger window shows all", room * 0.62f);
      ImGui::SameLine();
    }
    ui::layer_combo(context, room * 0.38f);
    ImGui::SameLine();
    ui::help_button(context, *this);
  }

  // Draws a part at `offset` from `start`; its lines begin there.
  template <class Draw>
  static void place(ImVec2 start, ImVec2 offset, const Draw& draw) {
    ImGui::SetCursorPos(ImVec2(start.x + offset.x, start.y + offset.y));
    ImGui::BeginGroup();
    draw();
    ImGui::EndGroup();
  }

  // Three columns and two rows. With one task the lower row has less to show.
  void all_parts(PanelContext& context, SubspaceView& view) {
    const ImVec2 start = ImGui::GetCursorPos(), room = ImGui::GetContentRegionAvail();
    const float gap = ImGui::GetStyle().ItemSpacing.x * 1.5f, below = ImGui::GetStyle().ItemSpacing.y;
    const float width = room.x - 2 * gap, height = room.y - below;
    const float first = std::floor(width * 0.25f), third = std::floor(width * 0.29f), second = width - first - third;
    const float upper = std::floor(height * (view.several_tasks() ? 0.47f : 0.7f)), lower = height - upper;
    const float to_second = first + gap, to_third = to_second + second + gap, to_lower = upper + below;
    place(start, ImVec2(0, 0), [&] { maps_.figure(context, view, ImVec2(first, upper)); });
    if (!view.alpha_metric) {
      place(start, ImVec2(to_second, 0), [&] { other_experts(view); });
      return;
    }
    place(start, ImVec2(to_second, 0), [&] { maps_.alpha(context, view, ImVec2(second, upper)); });
    place(start, ImVec2(to_third, 0), [&] { maps_.pairs(context, view, ImVec2(third, upper)); });
    place(start, ImVec2(to_third, to_lower), [&] { draw_holders(context, view, conflict_, ImVec2(third, lower)); });
    if (!view.several_tasks()) {
      place(start, ImVec2(0, to_lower), [&] { without_conflict(context, ImVec2(to_third - gap, lower)); });
      return;
    }
    place(start, ImVec2(0, to_lower), [&] { maps_.tasks(context, view, ImVec2(first, lower)); });
    place(start, ImVec2(to_second, to_lower), [&] { conflict_.over_time(context, view, ImVec2(second, lower)); });
  }

  void one_part(PanelContext& context, SubspaceView& view) {
    const ImVec2 room = ImGui::GetContentRegionAvail();
    if (part_ != by_layer && !view.alpha_metric) {
      other_experts(view);
    } else if ((part_ == by_task || part_ == over_time) && !view.several_tasks()) {
      without_conflict(context, room);
    } else if (part_ == by_layer) {
      maps_.figure(context, view, room);
    } else if (part_ == by_dimension) {
      maps_.alpha(context, view, room);
    } else if (part_ == by_pair) {
      maps_.pairs(context, view, room);
    } else if (part_ == by_task) {
      maps_.tasks(context, view, room);
    } else if (part_ == over_time) {
      conflict_.over_time(context, view, room);
    } else {
      draw_holders(context, view, conflict_, room);
    }
  }

  static void other_experts(const SubspaceView& view) {
    ui::wrapped("The experts of " + view.layer_name() + " are no subspaces of a backbone: choose another layer.");
  }

  static void without_conflict(const PanelContext& context, ImVec2 size) {
    part_heading(context, "Conflict of tasks", size);
    if (ImGui::BeginChild("##one_task", size)) ui::wrapped(one_task);
    ImGui::EndChild();
  }

  void no_subspaces(PanelContext& context) const {
    const auto& parameters = context.snapshot.parameters;
    if (!parameters) {
      ui::empty_state(context, *this, "Appears as soon as an experiment is loaded.");
      return;
    }
    ui::wrapped("The experts of this experiment have parameters of their own and share none: there is no backbone.");
    ImGui::Spacing();
    ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).muted);
    ui::wrapped(about());
    ImGui::PopStyleColor();
    ImGui::Spacing();
    if (!parameters->table().find(experts_kind)) return;
    const char* refused = refusal<command::Set>(context.snapshot.state);
    ImGui::BeginDisabled(*refused != '\0');
    if (ImGui::Button("Use subspaces")) {
      context.confirm(command::Set{experts_kind, std::string("subspace"), true},
                      rebuild_question("Experts as subspaces", context.newest.step));
    }
    ImGui::EndDisabled();
    ImGui::SetItemTooltip("%s", *refused ? refused : "Builds the experiment anew: its experts share one backbone");
  }

  SubspaceMaps maps_;
  SubspaceConflict conflict_;
  std::size_t part_ = by_dimension;
  int dimension_ = -1;
};

}  // namespace

std::unique_ptr<Panel> make_subspaces_panel() { return std::make_unique<SubspacesPanel>(); }

}  // namespace tessera
