// See playground_column.h.
#include "app/panels/playground_column.h"

#include <algorithm>

#include "app/panels/colours.h"
#include "app/panels/fit_router.h"
#include "app/panels/icons.h"
#include "app/panels/parameter_text.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr const char* topic = "routers";

std::string shown_name(const std::string& choice) {
  return choice == own_router ? "this experiment" : choice.substr(choice.find('/') + 1);
}

std::string joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += (text.empty() ? "" : "; ") + note;
  return text;
}

float header_height() { return 2 * ImGui::GetFrameHeightWithSpacing() + ImGui::GetTextLineHeightWithSpacing(); }

bool chooses(const Parameters& parameters) {
  const std::string& selection = parameters.text("model.router.selection");
  return (selection == "top_k" || selection == "winner_take_all" || selection == "threshold") &&
         parameters.text("model.router.logits.kind") != "hash";
}

// A parameter as its widget is to be: with so many experts.
ParameterSpec bounded(ParameterSpec spec, const Parameters& parameters) {
  const auto experts = static_cast<double>(parameters.integer("model.experts.count"));
  if (spec.path == "model.router.k" || spec.path == "model.router.groups.count") spec.range.max = experts;
  if (spec.path == "model.router.groups.kept") {
    spec.range.max = static_cast<double>(parameters.integer("model.router.groups.count"));
  }
  if (spec.kind == Kind::integer) spec.range.scale = Scale::linear;
  return spec;
}

bool matters(const ParameterSpec& spec, const Parameters& parameters) {
  if (!shapes_one_token(spec) || !parameters.holds(spec.when)) return false;
  const bool of_groups = spec.path.starts_with("model.router.groups.") && spec.path != "model.router.groups.count";
  return !of_groups || parameters.integer("model.router.groups.count") > 1;
}

}  // namespace

bool PlaygroundColumn::fits(ImVec2 size) { return RouteView::fits(ImVec2(size.x, size.y - header_height())); }

void PlaygroundColumn::find(const PanelContext& context, const PlaygroundRouter& router) {
  if (router.choice == own_router) {
    const auto& now = context.newest.parameters;
    if (of_ == own_router && of_run_ == now && of_layer_ == context.selection.layer && now) return;
    of_ = own_router;
    of_run_ = now;
    of_layer_ = context.selection.layer;
    base_ = now ? std::optional(router_alone(*now, of_layer_)) : std::nullopt;
    problems_.clear();
    if (!now) problems_ = {{"", "no experiment is loaded", ""}};
    return;
  }
  if (of_ == router.choice) return;
  of_ = router.choice;
  base_.reset();
  problems_.clear();
  const auto file = std::find_if(context.presets.begin(), context.presets.end(),
                                 [&](const PresetFile& preset) { return preset.name == router.choice; });
  if (file == context.presets.end()) {
    problems_ = {{router.choice, "there is no such router", ""}};
    return;
  }
  auto preset = context.read(file->path);
  if (preset) {
    base_ = router_alone(std::move(preset.value->parameters), 0);
  } else {
    problems_ = std::move(preset.problems);
  }
}

std::optional<RouteQuestion> PlaygroundColumn::question(const PanelContext& context, const PlaygroundRouter& router,
                                                        const Inputs& inputs) {
  find(context, router);
  if (!base_) return question_ = {};
  Parameters parameters = *base_;
  for (const auto& [path, value] : router.set) parameters.set(path, value);
  common_temperature_ = inputs.temperature.has_value();
  if (common_temperature_) parameters.set(router_temperature, *inputs.temperature);
  FittedRouter fitted = fit_router(std::move(parameters), static_cast<int>(inputs.logits.size()));
  RouteQuestion question{std::move(fitted.parameters)};
  notes_ = std::move(fitted.notes);
  question.layer = router.choice == own_router ? std::max(0, context.selection.layer) : 0;
  question.tokens = 1;
  question.logits = inputs.logits;
  question.ids = {0};
  question.jacobian = true;
  if (std::any_of(inputs.bias.begin(), inputs.bias.end(), [](double x) { return x != 0; })) {
    if (chooses(question.parameters)) {
      question.bias = inputs.bias;
    } else {
      notes_.emplace_back("no choice that a bias could change");
    }
  }
  if (!question_ || question_->parameters != question.parameters) {
    refused_ = context.check ? context.check(question.parameters) : std::vector<Problem>{};
  }
  question_ = question;
  return refused_.empty() ? std::optional(std::move(question)) : std::nullopt;
}

bool PlaygroundColumn::header(PanelContext& context, PlaygroundRouter& router, bool removable) {
  std::vector<std::string> choices{own_router}, names{shown_name(own_router)};
  for (const PresetFile& preset : context.presets) {
    if (preset.topic != topic) continue;
    choices.push_back(preset.name);
    names.push_back(shown_name(preset.name));
  }
  const auto found = std::find(choices.begin(), choices.end(), router.choice);
  if (found == choices.end()) {  // remembered, and no longer shipped
    choices.push_back(router.choice);
    names.push_back(shown_name(router.choice));
  }
  auto chosen = static_cast<std::size_t>(std::find(choices.begin(), choices.end(), router.choice) - choices.begin());
  const float button = removable ? ImGui::GetFrameHeight() + ImGui::GetStyle().ItemInnerSpacing.x : 0;
  const float width = ImGui::GetContentRegionAvail().x - button;
  ImGui::PushFont(context.heading, 0);
  if (ui::combo("##router", chosen, names, "A router of the zoo, or that of this experiment's selected layer", width)) {
    router = {choices[chosen], {}};
  }
  ImGui::PopFont();
  if (!removable) return false;
  ImGui::SameLine();
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x - ImGui::GetFrameHeight());
  const bool removed = ImGui::Button(ICON_CLOSE "###remove", ImVec2(ImGui::GetFrameHeight(), 0));
  ImGui::SetItemTooltip("Remove this router");
  return removed;
}

// The controls open below the panel, where they hide nothing that they change; above it where there is no room.
void PlaygroundColumn::settings(PanelContext& context, PlaygroundRouter& router) {
  ImGui::BeginDisabled(!question_);
  const ImVec2 padding = ImGui::GetStyle().FramePadding;
  const float width = ImGui::GetContentRegionAvail().x;
  const std::string words = question_ ? router_in_words(question_->parameters) : "settings";
  const std::string label = ICON_SETTINGS " " + words + (router.set.empty() ? "" : " *");
  ImGui::PushStyleVar(ImGuiStyleVar_ButtonTextAlign, ImVec2(0, 0.5f));
  if (ImGui::Button((ui::fitted(label, width - 2 * padding.x) + "###settings").c_str(), ImVec2(width, 0))) {
    ImGui::OpenPopup("##controls");
  }
  ImGui::PopStyleVar();
  ImGui::SetItemTooltip("%s%s", words.c_str(), router.set.empty() ? "" : "; changed here");
  ImGui::EndDisabled();
  const ImGuiViewport& viewport = *ImGui::GetMainViewport();
  const ImVec2 at = ImGui::GetItemRectMin(), below = ImGui::GetItemRectMax();
  const float needed = 14 * ImGui::GetFrameHeightWithSpacing();
  const float bottom = ImGui::GetWindowPos().y + ImGui::GetWindowHeight() + ImGui::GetStyle().WindowPadding.y;
  const bool fits = viewport.WorkPos.y + viewport.WorkSize.y - bottom >= needed;
  ImGui::SetNextWindowPos(fits ? ImVec2(at.x, bottom) : below, ImGuiCond_Appearing);
  ImGui::SetNextWindowSize(ImVec2(26 * ImGui::GetTextLineHeight(), 0));
  if (!ImGui::BeginPopup("##controls")) return;
  if (question_) controls(context, router);
  ImGui::EndPopup();
}

void PlaygroundColumn::controls(PanelContext& context, PlaygroundRouter& router) {
  const Parameters& parameters = question_->parameters;
  const float label_width = 9 * ImGui::GetTextLineHeight();
  for (const ParameterSpec& spec : parameters.table().specs()) {
    if (!matters(spec, parameters)) continue;
    ImGui::AlignTextToFramePadding();
    const float start = ImGui::GetCursorPosX();
    ui::fitted_text(name_in_group(spec, parameters.table()), label_width);
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
      ImGui::BeginTooltip();
      ImGui::PushTextWrapPos(380 * context.scale);
      ImGui::TextUnformatted(spec.help.c_str());
      ImGui::PopTextWrapPos();
      ImGui::EndTooltip();
    }
    ImGui::SameLine(start + label_width);
    Value value = parameters.get(spec.path);
    ImGui::BeginDisabled(common_temperature_ && spec.path == router_temperature);
    const Edit edit = value_widget(spec.path, bounded(spec, parameters), value, ImGui::GetContentRegionAvail().x);
    ImGui::EndDisabled();
    if (edit.changed) router.set.insert_or_assign(spec.path, value);
  }
  ImGui::BeginDisabled(router.set.empty());
  if (ImGui::Button(router.choice == own_router ? "As in the experiment###published"
                                                : "As in the preset###published")) {
    router.set.clear();
  }
  ImGui::EndDisabled();
}

bool PlaygroundColumn::draw(PanelContext& context, PlaygroundRouter& router, const Shown& shown, ImVec2 size,
                            Pointed& pointed) {
  ImGui::BeginChild(("##column " + std::to_string(id_)).c_str(), size);
  const bool removed = header(context, router, shown.removable);
  settings(context, router);
  ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).muted);
  ui::fitted_text(joined(notes_), ImGui::GetContentRegionAvail().x);
  ImGui::PopStyleColor();

  std::vector<Problem> problems = !problems_.empty() ? problems_ : refused_;
  if (problems.empty() && shown.reply) problems = shown.reply->problems;
  if (!problems.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).error);
    for (const Problem& problem : problems) ui::wrapped(problem.text());
    ImGui::PopStyleColor();
  } else if (shown.reply) {
    view_->draw(shown.reply->answer, shown.scale, shown.part, ImGui::GetContentRegionAvail(), pointed, context);
  } else {
    ui::muted_text(context, "...");
  }
  ImGui::EndChild();
  return removed;
}

}  // namespace tessera
