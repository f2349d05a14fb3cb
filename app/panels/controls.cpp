// Controls: every parameter of the experiment, made from its description; nothing is listed here by hand.
#include <algorithm>

#include "app/panels/colours.h"
#include "app/panels/panels.h"
#include "app/panels/parameter_editor.h"
#include "app/panels/parameter_text.h"
#include "app/panels/widgets.h"
#include "core/lab/text.h"
#include "misc/cpp/imgui_stdlib.h"

namespace tessera {
namespace {

// Item ids: "##filter", "##of_layer", "Now" while the window shows an earlier moment, and those of parameter_editor.h.
class ControlsPanel final : public Panel {
 public:
  const char* name() const override { return "controls"; }
  const char* title() const override { return "Controls"; }
  const char* about() const override {
    return "All parameters of the experiment. Those with a full dot act at the next step, those with a ring need the "
           "experiment to be built anew and ask first. Ctrl+click a slider to type a figure. Parameters of the MoE "
           "layers can be set for one layer alone.";
  }

  void draw(PanelContext& context) override {
    const float combo_room = ImGui::GetContentRegionAvail().x * 0.36f;
    ImGui::SetNextItemWidth(std::max(60.0f, ui::room_before_help() - combo_room));
    ImGui::InputTextWithHint("##filter", "Find a parameter", &filter_);
    ImGui::SameLine();
    if (context.snapshot.parameters) {
      choose_layer(context, combo_room - ImGui::GetStyle().ItemSpacing.x);
      ImGui::SameLine();
    }
    ui::help_button(context, *this);
    if (!context.snapshot.parameters) {
      ui::empty_state(context, *this, "Appears as soon as an experiment is loaded.");
      return;
    }
    editor_.begin(context);
    const char* refused = refusal<command::Set>(context.snapshot.state);
    if (refused && *refused) ui::wrapped(refused);
    if (context.moment >= 0) rewound(context);
    ImGui::BeginChild("##parameters", ImVec2(0, 0));
    groups(context, !(refused && *refused) && context.moment < 0);
    ImGui::EndChild();
  }

 private:
  // A change acts on the run as it is now: nobody should make one while looking at other values.
  static void rewound(const PanelContext& context) {
    if (ImGui::SmallButton("Now")) context.set_moment(-1);
    ImGui::SameLine();
    ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).accent);
    ui::wrapped("As it was in step " + with_commas(context.moment) + ". A change would act now: go back there first.");
    ImGui::PopStyleColor();
  }

  void choose_layer(const PanelContext& context, float room) {
    const Parameters& parameters = *context.snapshot.parameters;
    std::int64_t count = 0;
    if (parameters.table().find("model.depth")) {
      count = parameters.integer("model.depth");
    } else if (context.snapshot.description) {
      count = context.snapshot.description->layers;
    }
    std::vector<std::string> items{"all layers"};
    for (std::int64_t i = 0; i < count; ++i) items.push_back("layer " + std::to_string(i));
    auto chosen = static_cast<std::size_t>(layer_ + 1);
    ui::combo("##of_layer", chosen, items, "Set a parameter for all layers, or for one alone", room);
    layer_ = static_cast<int>(std::min(chosen, items.size() - 1)) - 1;
  }

  void groups(PanelContext& context, bool enabled) {
    const Parameters& parameters = *context.snapshot.parameters;
    const std::vector<ParameterSpec>& specs = parameters.table().specs();
    bool any = false;
    for (std::size_t first = 0; first < specs.size();) {
      std::size_t end = first;
      while (end < specs.size() && specs[end].group == specs[first].group) ++end;
      any = group(context, first, end, enabled) || any;
      first = end;
    }
    if (!any) ui::wrapped(filter_.empty() ? "Nothing here can be set for one layer." : "No parameter matches.");
  }

  bool group(PanelContext& context, std::size_t first, std::size_t end, bool enabled) {
    const Parameters& parameters = *context.snapshot.parameters;
    const std::vector<ParameterSpec>& specs = parameters.table().specs();
    std::vector<const ParameterSpec*> shown;
    for (std::size_t i = first; i < end; ++i) {
      if (layer_ >= 0 && !specs[i].per_layer) continue;
      if (!matches(specs[i], filter_)) continue;
      // A search finds what doesn't matter just now, too; it is greyed then.
      if (filter_.empty() && !matters(parameters, specs[i])) continue;
      shown.push_back(&specs[i]);
    }
    if (shown.empty()) return false;
    if (!filter_.empty()) ImGui::SetNextItemOpen(true);
    if (!ImGui::CollapsingHeader(specs[first].group.c_str(), ImGuiTreeNodeFlags_DefaultOpen)) return true;
    const float label_width = std::clamp(ImGui::GetContentRegionAvail().x * 0.42f, 60.0f, 190 * context.scale);
    for (const ParameterSpec* spec : shown) {
      editor_.row(context, *spec, layer_, label_width, enabled && matters(parameters, *spec));
    }
    return true;
  }

  // A condition looks at the value that the chosen layer has.
  bool matters(const Parameters& parameters, const ParameterSpec& spec) const {
    Condition when = spec.when;
    if (when.path.empty()) return true;
    const ParameterSpec* other = parameters.table().find(when.path);
    if (!other) return true;
    if (layer_ < 0 || !other->per_layer) return parameters.holds(when);
    const std::string value = to_string(parameters.get(path_for_layer(when.path, layer_)));
    return std::find(when.values.begin(), when.values.end(), value) != when.values.end();
  }

  ParameterEditor editor_;
  std::string filter_;
  int layer_ = -1;
};

}  // namespace

std::unique_ptr<Panel> make_controls_panel() { return std::make_unique<ControlsPanel>(); }

}  // namespace tessera
