// See fork_dialog.h.
#include "app/window/fork_dialog.h"

#include <algorithm>
#include <string>

#include "app/panels/parameter_editor.h"
#include "app/panels/widgets.h"
#include "app/window/application.h"
#include "core/lab/text.h"
#include "core/lab/timeline.h"
#include "imgui.h"
#include "misc/cpp/imgui_stdlib.h"

namespace tessera {
namespace {

// Of which a fork is no other experiment, but the same one watched otherwise.
bool watched_only(const ParameterSpec& spec) { return spec.path == pace_path; }

bool matches(const ParameterSpec& spec, std::string filter) {
  std::string text = spec.path + " " + spec.group + " " + spec.label;
  const auto lower = [](std::string& words) {
    std::transform(words.begin(), words.end(), words.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  };
  lower(text);
  lower(filter);
  return text.find(filter) != std::string::npos;
}

// By a fork from the moment shown.
std::string what_is_computed_again(const Application& app) {
  const std::string last = with_commas(app.rewind().moment()), run = "run " + app.run().name;
  std::string text = "Step " + last + " is the last one that both have; the parameter is another from step " +
                     with_commas(app.rewind().shown().step) + " on.\n";
  text += app.run().folder ? "The new run goes on from the newest checkpoint of " + run +
                                 " that isn't later, or begins at step 0 where there is none."
                           : "As " + run + " isn't recorded, the new one begins at step 0.";
  return text + "\nIt computes the steps from there to " + last +
         " again: on the CPU they come out the same, to the bit.";
}

}  // namespace

void ForkDialog::show(const Application& app) {
  visible_ = true;
  filter_.clear();
  path_.clear();
  in_force_.reset();
  const bool now = app.snapshot().step > 0 && app.snapshot().state != State::failed;
  from_ = app.rewind().active() ? ForkFrom::moment : now ? ForkFrom::now : ForkFrom::start;
}

void ForkDialog::choose(const std::string& path, const Parameters& there) {
  path_ = path;
  value_ = there.get(path);
}

void ForkDialog::choose_origin(ForkFrom from, const Snapshot& now) {
  from_ = from;
  const ParameterSpec* spec = now.parameters->table().find(path_);
  if (spec && spec->applies == Applies::rebuild && from != ForkFrom::start) path_.clear();
}

// Where the new run leaves the other one.
void ForkDialog::draw_origins(const Application& app) {
  const Snapshot& now = app.snapshot();
  if (app.rewind().active()) {
    const std::string label =
        "From the moment shown (step " + with_commas(app.rewind().shown().step) + ")###From the moment shown";
    if (ImGui::RadioButton(label.c_str(), from_ == ForkFrom::moment)) choose_origin(ForkFrom::moment, now);
    ImGui::SetItemTooltip("%s", what_is_computed_again(app).c_str());
  } else if (from_ == ForkFrom::moment) {  // the run was built anew meanwhile
    choose_origin(now.step > 0 ? ForkFrom::now : ForkFrom::start, now);
  }
  const std::string label = "From now on (step " + with_commas(now.step) + ")###From now on";
  ImGui::BeginDisabled(now.step == 0 || now.state == State::failed);  // a failed run has no state to go on from
  if (ImGui::RadioButton(label.c_str(), from_ == ForkFrom::now)) choose_origin(ForkFrom::now, now);
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (ImGui::RadioButton("From the start", from_ == ForkFrom::start)) choose_origin(ForkFrom::start, now);
  ImGui::SetItemTooltip("Any parameter can be changed, as the new run begins at step 0.");
}

// What the run has where the new one leaves it.
const Parameters& ForkDialog::there(const Application& app) {
  const Snapshot& now = app.snapshot();
  if (from_ == ForkFrom::start) return now.preset->parameters;
  if (from_ == ForkFrom::now) return *now.parameters;
  const std::int64_t step = app.rewind().shown().step;
  if (!in_force_ || in_force_->step != step || in_force_->timeline != now.timeline) {
    in_force_ = {step, now.timeline, in_force(now.preset->parameters, *now.timeline, step)};
  }
  return in_force_->parameters;
}

void ForkDialog::draw_parameters(const Parameters& there, float scale) {
  ImGui::SetNextItemWidth(-1);
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  ImGui::InputTextWithHint("##filter", "find a parameter", &filter_);
  ImGui::BeginChild("##parameters", ImVec2(0, 190 * scale), ImGuiChildFlags_Borders);
  const std::string* group = nullptr;
  for (const ParameterSpec& spec : there.table().specs()) {
    const bool possible = from_ == ForkFrom::start || spec.applies == Applies::live;
    if (!possible || watched_only(spec) || !matches(spec, filter_)) continue;
    if (!group || *group != spec.group) ImGui::TextDisabled("%s", spec.group.c_str());
    group = &spec.group;
    const std::string label = spec.label + "###" + spec.path;
    ImGui::Indent(12 * scale);
    if (ImGui::Selectable(label.c_str(), path_ == spec.path, ImGuiSelectableFlags_NoAutoClosePopups)) {
      choose(spec.path, there);
    }
    ImGui::SetItemTooltip("%s\n%s, %s %s", spec.help.c_str(), spec.path.c_str(), when(),
                          to_string(there.get(spec.path)).c_str());
    ImGui::Unindent(12 * scale);
  }
  if (!group) ImGui::TextDisabled("No parameter of that name can be changed here.");
  ImGui::EndChild();
}

void ForkDialog::draw(Application& app) {
  if (!visible_) return;
  const Snapshot& snapshot = app.snapshot();
  constexpr const char* id = "Fork###fork";
  if (!ImGui::IsPopupOpen(id)) ImGui::OpenPopup(id);
  const float scale = app.scale();
  ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetWorkCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(520 * scale, 0));
  constexpr auto flags = ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings;
  if (!ImGui::BeginPopupModal(id, nullptr, flags)) return;
  bool close = !snapshot.parameters || !snapshot.preset;
  if (!close) {
    ui::wrapped("A second run beside run " + app.run().name +
                ": the same seed, one parameter changed. Both train at once; Compare shows them together.");
    ImGui::Spacing();
    draw_origins(app);
    const Parameters& parameters = there(app);
    draw_parameters(parameters, scale);

    const ParameterSpec* spec = path_.empty() ? nullptr : parameters.table().find(path_);
    ImGui::AlignTextToFramePadding();
    if (spec) {
      ImGui::Text("%s, %s %s", spec->label.c_str(), when(), to_string(parameters.get(path_)).c_str());
      ImGui::SameLine(240 * scale);
      value_widget(path_, *spec, value_, -1);
    } else {
      ImGui::TextDisabled("Choose the parameter in which it differs.");
    }
    ImGui::Spacing();
    const bool ready = spec && value_ != parameters.get(path_);
    ImGui::BeginDisabled(!ready);
    if (ImGui::Button("Fork", ImVec2(110 * scale, 0))) {
      app.fork(path_, value_, from_);
      close = true;
    }
    ImGui::EndDisabled();
    if (spec && !ready && ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
      ImGui::SetTooltip("It has this value already: choose another one");
    }
    ImGui::SameLine();
    close |= ImGui::Button("Cancel", ImVec2(110 * scale, 0));
    close |= !ImGui::IsWindowAppearing() && !ImGui::IsAnyItemActive() && ImGui::IsKeyPressed(ImGuiKey_Escape, false);
  }
  if (close) {
    visible_ = false;
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

}  // namespace tessera
