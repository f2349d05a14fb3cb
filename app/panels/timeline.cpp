// Timeline: what was changed during the run and what is planned, on the step axis and as a table; plans are added,
// moved and deleted here.
#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/panels.h"
#include "app/panels/timeline_axis.h"
#include "app/panels/timeline_form.h"
#include "app/panels/widgets.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

// Item ids: "Add...", "Edit...", "Delete", "Fit", those of timeline_axis.h in the child "##rows", "##row STEP PATH" in
// the table "##changes", those of timeline_form.h.
class TimelinePanel final : public Panel {
 public:
  const char* name() const override { return "timeline"; }
  const char* title() const override { return "Timeline"; }
  const char* about() const override {
    return "Every change of a parameter during the run: what has happened (filled), what is planned (hollow), ramps as "
           "bars. The green line is now. Drag a planned mark to move it, double-click a row to plan a change there, "
           "click to show that moment of the run in all panels. A lane has what happened by "
           "itself: where experts are subspaces of a backbone, the steps at which they gave up dimensions; where the "
           "head is tiles or experts, those at which their similarity turned. Scroll to zoom, drag with the right "
           "button to pan. "
           "Save keeps all of it as the preset's schedule.";
  }

  void draw(PanelContext& context) override {
    const Snapshot& now = context.newest;
    if (!now.timeline || !now.parameters || !now.preset) {
      ui::help_button(context, *this);
      ui::empty_state(context, *this, "Appears as soon as an experiment is loaded.");
      return;
    }
    take(now);
    toolbar(context);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float needed = timeline_height(events_, rows_.size(), context.scale);
    const float height = std::min(needed, std::max(room.y * 0.6f, timeline_height(events_, 1, context.scale)));
    TimelineWish wish;
    if (ImGui::BeginChild("##rows", ImVec2(0, height))) {
      wish = draw_timeline(context, view_, *shown_, events_, rows_, ImVec2(ImGui::GetContentRegionAvail().x, needed));
    }
    ImGui::EndChild();
    if (shown_->empty()) {
      ui::wrapped(
          "Nothing was changed and nothing is planned. A parameter that is changed while the run goes on appears here; "
          "press Add or double-click the axis to plan a change for a later step.");
    } else {
      table(context, wish);
    }
    if (view_.selected != told_of_) problem_.clear();
    told_of_ = view_.selected;
    carry_out(context, wish);
    if (auto plan = form_.draw(context, shown_)) send(context, std::move(*plan));
  }

 private:
  void take(const Snapshot& now) {
    events_.update(now);
    if (now.run != run_) {
      run_ = now.run;
      view_ = {};
      form_.close();
    }
    const auto timeline = plan_.timeline(now);
    if (timeline == shown_) return;
    shown_ = timeline;
    rows_ = timeline_rows(*shown_, now.preset->parameters.table());
    const auto& all = *shown_;
    if (view_.selected && std::find(all.begin(), all.end(), *view_.selected) == all.end()) view_.selected.reset();
  }

  void toolbar(PanelContext& context) {
    const Snapshot& now = context.newest;
    const char* refused = refusal<command::Schedule>(now.state);
    ImGui::BeginDisabled(*refused != '\0');
    if (ImGui::Button("Add...")) form_.add(now, view_.selected ? view_.selected->path : "", proposed_step(now));
    ImGui::EndDisabled();
    explain(*refused ? refused : "Plan a change of a parameter for a later step");
    const std::string fixed = !view_.selected ? "Select a planned change first."
                              : *refused      ? refused
                                              : why_fixed(*view_.selected, now.step);
    ImGui::BeginDisabled(!fixed.empty());
    ImGui::SameLine();
    if (ImGui::Button("Edit...")) form_.edit(*view_.selected);
    explain(fixed.empty() ? "Change its step, value or ramp" : fixed.c_str());
    ImGui::SameLine();
    const bool pressed = ImGui::Button("Delete");
    explain(fixed.empty() ? "Take it out of the plan (Del)" : fixed.c_str());
    ImGui::EndDisabled();
    const bool key = !ImGui::GetIO().WantTextInput && ImGui::Shortcut(ImGuiKey_Delete);
    if ((pressed || key) && view_.selected) {
      if (fixed.empty()) {
        remove_ = view_.selected;
      } else {
        problem_ = fixed;
      }
    }
    ImGui::SameLine();
    ImGui::BeginDisabled(view_.follow);
    if (ImGui::Button("Fit")) view_.follow = true;
    ImGui::EndDisabled();
    explain("Show all of the run");
    ImGui::SameLine();
    if (!problem_.empty()) {
      ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).error);
      ImGui::AlignTextToFramePadding();
      ui::fitted_text(problem_, ui::room_before_help());
      ImGui::PopStyleColor();
      ImGui::SameLine();
    }
    ui::help_button(context, *this);
  }

  static void explain(const char* text) {
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
      ImGui::SetTooltip("%s", text);
    }
  }

  void table(PanelContext& context, TimelineWish& wish) {
    constexpr auto flags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp;
    if (!ImGui::BeginTable("##changes", 5, flags, ImGui::GetContentRegionAvail())) return;
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::TableSetupColumn("step", 0, 0.8f);
    ImGui::TableSetupColumn("parameter", 0, 2.4f);
    ImGui::TableSetupColumn("to", 0, 1);
    ImGui::TableSetupColumn("over steps", 0, 0.9f);
    ImGui::TableSetupColumn("", 0, 0.9f);
    ImGui::TableHeadersRow();
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(shown_->size()));
    while (clipper.Step()) {
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        table_row(context, (*shown_)[static_cast<std::size_t>(i)], wish);
      }
    }
    ImGui::EndTable();
  }

  void table_row(PanelContext& context, const Intervention& change, TimelineWish& wish) {
    const std::int64_t done = context.newest.step;
    const bool planned = change.step > done;
    const bool ramping = !planned && change.ramp > 0 && change.step + change.ramp > done;
    const std::string id = "##row " + std::to_string(change.step) + " " + change.path;
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::PushFont(context.figures, 0);
    const bool selected = view_.selected && *view_.selected == change;
    constexpr auto flags = ImGuiSelectableFlags_SpanAllColumns | ImGuiSelectableFlags_AllowDoubleClick;
    if (ImGui::Selectable(id.c_str(), selected, flags)) {
      view_.selected = change;
      if (ImGui::IsMouseDoubleClicked(0) && planned) wish.edit = change;
    }
    ImGui::SameLine(0, 0);
    ImGui::TextUnformatted(with_commas(change.step).c_str());
    ImGui::TableNextColumn();
    ImGui::PopFont();
    ui::fitted_text(label_of(change.path, context.newest.preset->parameters.table()), ImGui::GetContentRegionAvail().x);
    ImGui::TableNextColumn();
    ui::fitted_text(to_string(change.value), ImGui::GetContentRegionAvail().x);
    ImGui::TableNextColumn();
    if (change.ramp > 0) ImGui::TextUnformatted(with_commas(change.ramp).c_str());
    ImGui::TableNextColumn();
    ui::muted_text(context, planned ? "planned" : ramping ? "under way" : "done");
  }

  void carry_out(PanelContext& context, TimelineWish& wish) {
    const Snapshot& now = context.newest;
    if (wish.remove) remove_ = wish.remove;
    if (remove_) submit(context, remove_, std::nullopt);
    remove_.reset();
    if (wish.move) {
      Intervention moved = wish.move->change;
      moved.step = wish.move->step;
      if (submit(context, wish.move->change, moved)) view_.selected = moved;
    }
    if (*refusal<command::Schedule>(now.state)) return;
    if (wish.edit) form_.edit(*wish.edit);
    if (!wish.add) return;
    form_.add(now, wish.add->path, wish.add->step > now.step ? wish.add->step : proposed_step(now));
  }

  // Whether it was submitted; otherwise the toolbar says why not.
  bool submit(PanelContext& context, const std::optional<Intervention>& old, const std::optional<Intervention>& next) {
    auto plan = replanned(context.newest, *shown_, old, next, context.check);
    problem_ = plan ? std::string() : plan.problems.front().text();
    if (plan) send(context, std::move(*plan.value));
    return static_cast<bool>(plan);
  }

  void send(PanelContext& context, std::vector<Intervention> plan) {
    const Ticket ticket = context.submit(command::Schedule{plan});
    plan_.submitted(context.newest, ticket, std::move(plan));
    take(context.newest);
  }

  TimelineView view_;
  TimelineForm form_;
  TimelineEvents events_;
  std::vector<TimelineRow> rows_;
  SubmittedPlan plan_;
  std::shared_ptr<const std::vector<Intervention>> shown_;  // with what was submitted and is not answered yet
  std::optional<Intervention> remove_;
  std::string problem_;                  // why the last wish was refused,
  std::optional<Intervention> told_of_;  // said until another change is selected
  std::uint64_t run_ = 0;
};

}  // namespace

std::unique_ptr<Panel> make_timeline_panel() { return std::make_unique<TimelinePanel>(); }

}  // namespace tessera
