// See fork_dialog.h.
#include "app/window/fork_dialog.h"

#include <algorithm>
#include <string>

#include "app/panels/parameter_editor.h"
#include "app/panels/widgets.h"
#include "app/window/application.h"
#include "core/lab/text.h"
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

}  // namespace

void ForkDialog::show(const LiveRun& parent) {
  visible_ = true;
  parent_ = parent.name;
  filter_.clear();
  path_.clear();
  from_start_ = parent.snapshot->step == 0;
}

void ForkDialog::choose(const std::string& path, const Parameters& now) {
  path_ = path;
  value_ = now.get(path);
}

void ForkDialog::draw_parameters(const Parameters& now, float scale) {
  ImGui::SetNextItemWidth(-1);
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  ImGui::InputTextWithHint("##filter", "find a parameter", &filter_);
  ImGui::BeginChild("##parameters", ImVec2(0, 190 * scale), ImGuiChildFlags_Borders);
  const std::string* group = nullptr;
  for (const ParameterSpec& spec : now.table().specs()) {
    const bool possible = from_start_ || spec.applies == Applies::live;
    if (!possible || watched_only(spec) || !matches(spec, filter_)) continue;
    if (!group || *group != spec.group) ImGui::TextDisabled("%s", spec.group.c_str());
    group = &spec.group;
    const std::string label = spec.label + "###" + spec.path;
    ImGui::Indent(12 * scale);
    if (ImGui::Selectable(label.c_str(), path_ == spec.path, ImGuiSelectableFlags_NoAutoClosePopups)) {
      choose(spec.path, now);
    }
    ImGui::SetItemTooltip("%s\n%s, now %s", spec.help.c_str(), spec.path.c_str(),
                          to_string(now.get(spec.path)).c_str());
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
    ui::wrapped("A second run beside run " + parent_ +
                ": the same seed, one parameter changed. Both train at once; Compare shows them together.");
    ImGui::Spacing();
    const std::string now = "From now on (step " + with_commas(snapshot.step) + ")###From now on";
    ImGui::BeginDisabled(snapshot.step == 0);
    if (ImGui::RadioButton(now.c_str(), !from_start_)) {
      from_start_ = false;
      const ParameterSpec* spec = snapshot.parameters->table().find(path_);
      if (spec && spec->applies == Applies::rebuild) path_.clear();
    }
    ImGui::EndDisabled();
    ImGui::SameLine();
    if (ImGui::RadioButton("From the start", from_start_)) from_start_ = true;
    ImGui::SetItemTooltip("Any parameter can be changed, as the new run begins at step 0.");
    const Parameters& parameters = from_start_ ? snapshot.preset->parameters : *snapshot.parameters;
    draw_parameters(parameters, scale);

    const ParameterSpec* spec = path_.empty() ? nullptr : parameters.table().find(path_);
    ImGui::AlignTextToFramePadding();
    if (spec) {
      ImGui::Text("%s, now %s", spec->label.c_str(), to_string(parameters.get(path_)).c_str());
      ImGui::SameLine(240 * scale);
      value_widget(path_, *spec, value_, -1);
    } else {
      ImGui::TextDisabled("Choose the parameter in which it differs.");
    }
    ImGui::Spacing();
    const bool ready = spec && value_ != parameters.get(path_);
    ImGui::BeginDisabled(!ready);
    if (ImGui::Button("Fork", ImVec2(110 * scale, 0))) {
      app.fork(path_, value_, from_start_);
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
