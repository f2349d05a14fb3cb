// The widget of a parameter, made from its description alone.
#include "app/panels/parameter_editor.h"

#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/parameter_text.h"
#include "app/panels/widgets.h"
#include "misc/cpp/imgui_stdlib.h"

namespace tessera {
namespace {

constexpr auto send_every = std::chrono::milliseconds(50);
constexpr auto give_up_after = std::chrono::seconds(2);

std::string format_with_unit(const char* format, const std::string& unit) {
  std::string text = format;
  if (unit.empty()) return text;
  text += ' ';
  for (const char c : unit) text += c == '%' ? std::string("%%") : std::string(1, c);
  return text;
}

Edit integer_widget(const char* id, const ParameterSpec& spec, Value& value) {
  auto& number = std::get<std::int64_t>(value);
  const auto least = static_cast<std::int64_t>(spec.range.min), most = static_cast<std::int64_t>(spec.range.max);
  ImGuiSliderFlags flags = ImGuiSliderFlags_AlwaysClamp;
  if (slides_logarithmically(spec)) flags |= ImGuiSliderFlags_Logarithmic;
  Edit edit;
  edit.changed = ImGui::SliderScalar(id, ImGuiDataType_S64, &number, &least, &most,
                                     format_with_unit("%lld", spec.unit).c_str(), flags);
  edit.finished = ImGui::IsItemDeactivatedAfterEdit();
  return edit;
}

Edit real_widget(const char* id, const ParameterSpec& spec, Value& value) {
  auto& number = std::get<double>(value);
  ImGuiSliderFlags flags = ImGuiSliderFlags_AlwaysClamp | ImGuiSliderFlags_NoRoundToFormat;
  if (slides_logarithmically(spec)) flags |= ImGuiSliderFlags_Logarithmic;
  Edit edit;
  edit.changed = ImGui::SliderScalar(id, ImGuiDataType_Double, &number, &spec.range.min, &spec.range.max,
                                     format_with_unit("%.6g", spec.unit).c_str(), flags);
  // Typed figures (Ctrl+click) are taken as they are.
  if (edit.changed && ImGui::GetIO().MouseDown[0] && !ImGui::GetIO().WantTextInput) {
    number = rounded_for_slider(number, spec.range);
  }
  edit.finished = ImGui::IsItemDeactivatedAfterEdit();
  return edit;
}

Edit choice_widget(const char* id, const ParameterSpec& spec, Value& value) {
  auto& chosen = std::get<std::string>(value);
  Edit edit;
  if (!ImGui::BeginCombo(id, chosen.c_str())) return edit;
  for (const std::string& choice : spec.choices) {
    if (ImGui::Selectable(choice.c_str(), choice == chosen) && choice != chosen) {
      chosen = choice;
      edit.changed = edit.finished = true;
    }
  }
  ImGui::EndCombo();
  return edit;
}

Edit widget_of(const char* id, const ParameterSpec& spec, Value& value, float width) {
  ImGui::SetNextItemWidth(width);
  Edit edit;
  switch (spec.kind) {
    case Kind::boolean:
      edit.changed = edit.finished = ImGui::Checkbox(id, &std::get<bool>(value));
      return edit;
    case Kind::integer:
      return integer_widget(id, spec, value);
    case Kind::real:
      return real_widget(id, spec, value);
    case Kind::choice:
      return choice_widget(id, spec, value);
    case Kind::text:
      edit.changed = ImGui::InputText(id, &std::get<std::string>(value));
      edit.finished = ImGui::IsItemDeactivatedAfterEdit();
      return edit;
  }
  return edit;
}

// An arrow that turns back, drawn: fonts need not have one.
bool reset_button(const char* id, const PanelContext& context) {
  const float size = ImGui::GetFrameHeight();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool pressed = ImGui::InvisibleButton(id, ImVec2(size, size));
  const ImU32 ink = ImGui::IsItemHovered() ? tones(context.dark).text : tones(context.dark).muted;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 middle(at.x + size / 2, at.y + size / 2);
  const float radius = size * 0.24f;
  list.PathArcTo(middle, radius, -0.6f, 4.2f, 16);
  list.PathStroke(ink, std::max(1.0f, 1.6f * context.scale));
  const ImVec2 tip(middle.x + radius * std::cos(-0.6f), middle.y + radius * std::sin(-0.6f));
  const float head = size * 0.17f;
  list.AddTriangleFilled(ImVec2(tip.x - head, tip.y - head * 0.2f), ImVec2(tip.x + head * 0.6f, tip.y - head),
                         ImVec2(tip.x + head * 0.6f, tip.y + head * 0.6f), ink);
  return pressed;
}

}  // namespace

Edit value_widget(const std::string& path, const ParameterSpec& spec, Value& value, float width) {
  const std::string id = "##" + path;
  return widget_of(id.c_str(), spec, value, width);
}

void ParameterEditor::begin(const PanelContext& context) {
  if (!context.snapshot.parameters || context.snapshot.run != run_) pending_.clear();
  run_ = context.snapshot.run;
  if (!context.snapshot.parameters) return;
  const Parameters& parameters = *context.snapshot.parameters;
  const auto now = Clock::now();
  std::erase_if(pending_, [&](const auto& entry) {
    const auto& [path, pending] = entry;
    if (pending.editing || !pending.sent) return false;
    return parameters.get(path) == pending.value || context.snapshot.version > pending.version + 2 ||
           now - pending.submitted > give_up_after;
  });
}

void ParameterEditor::send(PanelContext& context, const ParameterSpec& spec, const std::string& path,
                           Pending& pending) {
  pending.sent = true;
  pending.version = context.snapshot.version;
  pending.submitted = Clock::now();
  if (spec.applies == Applies::live) {
    context.submit(command::Set{path, pending.value, false});
    return;
  }
  context.confirm(command::Set{path, pending.value, true},
                  rebuild_question(spec.label + " = " + to_string(pending.value), context.snapshot.step));
}

void ParameterEditor::edited(PanelContext& context, const ParameterSpec& spec, const std::string& path,
                             const Value& value, Edit edit) {
  Pending& pending = pending_[path];
  if (edit.changed) {
    pending.value = value;
    pending.sent = false;
  }
  pending.editing = !edit.finished;
  // A text is sent when it is complete: half of a list is none.
  const bool due =
      spec.applies == Applies::live && spec.kind != Kind::text && Clock::now() - pending.submitted >= send_every;
  if (!pending.sent && (edit.finished || due)) send(context, spec, path, pending);
}

void ParameterEditor::change(PanelContext& context, const ParameterSpec& spec, const std::string& path,
                             const Value& value) {
  Pending& pending = pending_[path];
  pending.value = value;
  pending.editing = false;
  send(context, spec, path, pending);
}

void ParameterEditor::label(PanelContext& context, const ParameterSpec& spec, const Parameters& parameters, int layer,
                            float width) {
  const Tones& tone = tones(context.dark);
  const float size = ImGui::GetTextLineHeight();
  ImGui::AlignTextToFramePadding();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float radius = std::round(size * 0.22f);
  const ImVec2 middle(at.x + radius + 1, std::round(at.y + ImGui::GetFrameHeight() / 2));
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (spec.applies == Applies::live) {
    list.AddCircleFilled(middle, radius, tone.good);
  } else {
    list.AddCircle(middle, radius, tone.warning, 0, std::max(1.0f, 1.5f * context.scale));
  }
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + size * 0.8f);
  const std::vector<int> overridden = overridden_layers(parameters, spec.path);
  const bool marked = layer < 0 ? !overridden.empty() : std::count(overridden.begin(), overridden.end(), layer) > 0;
  if (marked) ImGui::PushStyleColor(ImGuiCol_Text, tone.accent);
  ImGui::BeginGroup();
  ui::fitted_text(name_in_group(spec, parameters.table()) + (marked && layer < 0 ? " *" : ""), width - size * 0.8f);
  ImGui::EndGroup();
  if (marked) ImGui::PopStyleColor();
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) return;
  if (!ImGui::BeginTooltip()) return;
  ImGui::PushTextWrapPos(380 * context.scale);
  ImGui::PushFont(context.figures, 0);
  ImGui::TextUnformatted(path_for_layer(spec.path, layer).c_str());
  ImGui::PopFont();
  ImGui::TextUnformatted(explanation(spec).c_str());
  const std::string condition = condition_text(spec, parameters.table());
  if (!condition.empty()) ImGui::TextUnformatted(condition.c_str());
  for (const int other : overridden) {
    ImGui::Text("layer %d has %s", other, to_string(parameters.get(path_for_layer(spec.path, other))).c_str());
  }
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

// A layer's own value of a parameter that needs a rebuild is removed; a run can only set a live one, which the timeline
// has as a change to another value.
void ParameterEditor::reset(PanelContext& context, const ParameterSpec& spec, int layer, float x) {
  const Parameters& parameters = *context.snapshot.parameters;
  const std::string path = path_for_layer(spec.path, layer);
  const std::string id = "##reset " + path;
  const Value& standard = layer < 0 ? spec.default_value : parameters.get(spec.path);
  if (layer >= 0 && spec.applies == Applies::rebuild) {
    if (!context.snapshot.preset || !parameters.overrides().contains(path)) return;
    ImGui::SameLine(x);
    if (reset_button(id.c_str(), context)) {
      Preset preset = *context.snapshot.preset;
      preset.parameters.clear_override(path);
      pending_.erase(path);
      context.confirm(command::Load{std::move(preset)},
                      rebuild_question(spec.label + " as all layers have it", context.snapshot.step));
    }
    ImGui::SetItemTooltip("As all layers have it, %s", to_string(standard).c_str());
    return;
  }
  const auto known = pending_.find(path);
  if ((known != pending_.end() ? known->second.value : parameters.get(path)) == standard) return;
  ImGui::SameLine(x);
  if (reset_button(id.c_str(), context)) change(context, spec, path, standard);
  if (layer < 0) {
    ImGui::SetItemTooltip("Back to the default, %s", to_string(standard).c_str());
  } else {
    ImGui::SetItemTooltip("To %s, which the other layers have now; this layer keeps a value of its own",
                          to_string(standard).c_str());
  }
}

void ParameterEditor::row(PanelContext& context, const ParameterSpec& spec, int layer, float label_width,
                          bool enabled) {
  const Parameters& parameters = *context.snapshot.parameters;
  const std::string path = path_for_layer(spec.path, layer);
  const auto known = pending_.find(path);
  Value value = known != pending_.end() ? known->second.value : parameters.get(path);
  const bool was_editing = known != pending_.end() && known->second.editing;

  ImGui::PushID(context.run_id);  // a field that is held when another run is shown is let go
  const float start = ImGui::GetCursorPosX();
  const char* refused = change_refused(context.snapshot.state, spec);
  ImGui::BeginDisabled(!enabled || *refused);
  label(context, spec, parameters, layer, label_width);
  ImGui::SameLine(start + label_width);
  const float width = std::max(40.0f, ImGui::GetContentRegionAvail().x - ImGui::GetFrameHeight() - 2);
  const Edit edit = value_widget(path, spec, value, width);
  if (*refused && ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
    ImGui::SetTooltip("%s", refused);
  }
  if (edit.changed || edit.finished || was_editing) {
    const bool active = ImGui::IsItemActive();
    edited(context, spec, path, value, {edit.changed, edit.finished || (was_editing && !active)});
  }
  reset(context, spec, layer, start + label_width + width + 2);
  ImGui::EndDisabled();
  ImGui::PopID();
}

}  // namespace tessera
