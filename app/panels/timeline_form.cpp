// See timeline_form.h.
#include "app/panels/timeline_form.h"

#include <algorithm>

#include "app/panels/colours.h"
#include "app/panels/parameter_editor.h"
#include "app/panels/parameter_text.h"
#include "app/panels/plan.h"
#include "app/panels/widgets.h"
#include "core/lab/text.h"
#include "imgui.h"

namespace tessera {
namespace {

bool is_number(const ParameterSpec& spec) { return spec.kind == Kind::integer || spec.kind == Kind::real; }

std::string base_of(const std::string& path) {
  const auto layer = layer_path(path);
  return layer ? layer->base : path;
}

// What a person most likely wants to plan, where nothing else is known.
std::string first_live(const ParameterTable& table) {
  const ParameterSpec* usual = table.find("model.router.temperature");
  if (usual && usual->applies == Applies::live) return usual->path;
  for (const ParameterSpec& spec : table.specs()) {
    if (spec.applies == Applies::live) return spec.path;
  }
  return {};
}

void field(const char* name, float labels) {
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(name);
  ImGui::SameLine(labels);
}

}  // namespace

void TimelineForm::add(const Snapshot& now, const std::string& path, std::int64_t step) {
  old_.reset();
  draft_ = {};
  draft_.step = step;
  choose(now, path.empty() ? first_live(now.parameters->table()) : path);
  opening_ = !draft_.path.empty();
}

void TimelineForm::edit(const Intervention& change) {
  old_ = draft_ = change;
  opening_ = true;
}

// Its value now is a start: one that is allowed.
void TimelineForm::choose(const Snapshot& now, const std::string& path) {
  draft_.path = path;
  const ParameterSpec* spec = now.parameters->table().find(path);
  if (!spec) return;
  draft_.value = now.parameters->get(path);
  if (!is_number(*spec)) draft_.ramp = 0;
}

void TimelineForm::close() {
  *this = {};
  closing_ = true;
}

std::optional<std::vector<Intervention>> TimelineForm::draw(PanelContext& context, const Timeline& timeline) {
  const bool closing = std::exchange(closing_, false);
  if (std::exchange(opening_, false)) ImGui::OpenPopup("##form");
  ImGui::SetNextWindowSize(ImVec2(400 * context.scale, 0));
  if (!ImGui::BeginPopup("##form")) return std::nullopt;
  if (closing) {
    ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    return std::nullopt;
  }
  ImGui::PushFont(context.heading, 0);
  ImGui::TextUnformatted(old_ ? "Edit a planned change" : "Plan a change");
  ImGui::PopFont();
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 1);
  fields(context);
  ImGui::PopStyleVar();
  auto plan = buttons(context, timeline);
  ImGui::EndPopup();
  return plan;
}

void TimelineForm::fields(PanelContext& context) {
  const ParameterSpec* spec = context.newest.parameters->table().find(draft_.path);
  if (!spec) return;
  const float labels = ImGui::GetCursorPosX() + 92 * context.scale;
  const float width = ImGui::GetContentRegionAvail().x - 92 * context.scale;
  field("parameter", labels);
  choose_parameter(context, width);
  spec = context.newest.parameters->table().find(draft_.path);
  if (spec->per_layer) {
    field("for", labels);
    choose_layer(context, *spec, width);
  }
  field("at step", labels);
  ImGui::SetNextItemWidth(width);
  ImGui::InputScalar("##step", ImGuiDataType_S64, &draft_.step);
  field("to", labels);
  value_widget(draft_.path, *spec, draft_.value, width);
  if (!is_number(*spec)) return;
  field("over", labels);
  ImGui::SetNextItemWidth(width);
  ImGui::InputScalar("##ramp", ImGuiDataType_S64, &draft_.ramp, nullptr, nullptr, "%lld steps");
  ImGui::SetItemTooltip(
      "0: at once. Otherwise it goes there step by step: geometrically where the parameter's scale is\n"
      "logarithmic, else linearly. The next change of the parameter ends it.");
}

void TimelineForm::choose_parameter(PanelContext& context, float width) {
  const ParameterTable& table = context.newest.parameters->table();
  ImGui::SetNextItemWidth(width);
  const std::string base = base_of(draft_.path);
  const ParameterSpec* chosen = table.find(base);
  if (!ImGui::BeginCombo("##parameter", chosen ? chosen->label.c_str() : base.c_str(), ImGuiComboFlags_HeightLarge)) {
    return;
  }
  std::string group;
  for (const ParameterSpec& spec : table.specs()) {
    if (spec.applies != Applies::live) continue;
    if (spec.group != group) {
      group = spec.group;
      ui::muted_text(context, group.c_str());
    }
    if (ImGui::Selectable((spec.label + "###" + spec.path).c_str(), spec.path == base)) {
      choose(context.newest, spec.path);
    }
    ImGui::SetItemTooltip("%s\n%s", spec.path.c_str(), spec.help.c_str());
  }
  ImGui::EndCombo();
}

void TimelineForm::choose_layer(PanelContext& context, const ParameterSpec& spec, float width) {
  const Parameters& parameters = *context.newest.parameters;
  const std::int64_t layers = parameters.table().find("model.depth") ? parameters.integer("model.depth") : 0;
  const auto layer = layer_path(draft_.path);
  ImGui::SetNextItemWidth(width);
  const std::string shown = layer ? "layer " + std::to_string(layer->layer) : "all layers";
  if (!ImGui::BeginCombo("##of_layer", shown.c_str())) return;
  for (int i = -1; i < layers; ++i) {
    const std::string item = i < 0 ? "all layers" : "layer " + std::to_string(i);
    if (ImGui::Selectable(item.c_str(), item == shown)) draft_.path = path_for_layer(spec.path, i);
  }
  ImGui::EndCombo();
}

void TimelineForm::check(const PanelContext& context, const Timeline& timeline) {
  const Snapshot& now = context.newest;
  const bool late = draft_.step <= now.step || (old_ && old_->step <= now.step);
  Checked wanted{old_, draft_, timeline, now.parameters, late ? now.step : -1};
  if (checked_ == wanted) return;
  problems_ = replanned(now, *timeline, old_, draft_, context.check).problems;
  checked_ = std::move(wanted);
}

std::optional<std::vector<Intervention>> TimelineForm::buttons(PanelContext& context, const Timeline& timeline) {
  check(context, timeline);
  if (!problems_.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).error);
    for (const Problem& problem : problems_) ui::wrapped(problem.text());
    ImGui::PopStyleColor();
  }
  ImGui::Spacing();
  std::optional<std::vector<Intervention>> accepted;
  ImGui::BeginDisabled(!problems_.empty());
  if (ImGui::Button(old_ ? "Change###OK" : "Add###OK")) {
    auto plan = replanned(context.newest, *timeline, old_, draft_, context.check);
    problems_ = plan.problems;
    accepted = std::move(plan.value);
    if (accepted) ImGui::CloseCurrentPopup();
  }
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (ImGui::Button("Cancel")) ImGui::CloseCurrentPopup();
  return accepted;
}

}  // namespace tessera
