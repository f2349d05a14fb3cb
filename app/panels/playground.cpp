// Router playground: what several routers make of the logits of one token, set by hand or taken from the experiment.
#include <algorithm>
#include <cmath>
#include <memory>

#include "app/panels/input_bars.h"
#include "app/panels/panels.h"
#include "app/panels/parameter_editor.h"
#include "app/panels/playground_column.h"
#include "app/panels/playground_state.h"
#include "app/panels/route_asker.h"
#include "app/panels/run_logits.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

// Item ids: "By hand", "From the run", "##experts", "##example", "##layer", "##token", "##logit N" in "##logits",
// "##bias N" in "##bias", "###common", "##temperature"; "Bars", "d scores", "d weights", "###add"; those of
// playground_column.h.
class PlaygroundPanel final : public Panel {
 public:
  const char* name() const override { return "playground"; }
  const char* title() const override { return "Playground"; }
  const char* about() const override {
    return "Routers on their own, side by side, with the logits of one token: drag the bars and see scores, weights "
           "and "
           "who is chosen (full bars). Double click or Ctrl+click a bar to type its value. The bias counts when "
           "experts "
           "are chosen, never in their weights. The heatmaps are the Jacobians: what a score or weight gains when a "
           "logit rises by one, the choice being what it is; blue cells pay. With softmax each column sums to 0: what "
           "one expert gains the others lose. With sigmoid each score goes its own way. H is the entropy in nats, "
           "after "
           "dividing by the sum. Answers are of testing: no jitter, no capacity, no random second expert.";
  }

  void draw(PanelContext& context) override {
    if (!context.route) {
      ui::help_button(context, *this);
      ui::empty_state(context, *this, "There is no training core that could answer.");
      return;
    }
    add_columns();
    if (state_.follow) take_from_run(context);
    asker_.poll();

    const ImVec2 room = ImGui::GetContentRegionAvail(), spacing = ImGui::GetStyle().ItemSpacing;
    const float line = ImGui::GetTextLineHeight();
    const bool beside = room.x > room.y * 1.1f;
    const ImVec2 inputs_size =
        beside ? ImVec2(std::clamp(room.x * 0.3f, 13.5f * line, 22 * line), 0)
               : ImVec2(0, std::max(room.y * 0.3f, 4 * ImGui::GetFrameHeightWithSpacing() + 8 * line));
    ImGui::BeginChild("##inputs", inputs_size);
    inputs(context);
    ImGui::EndChild();
    if (beside) ImGui::SameLine(0, spacing.x * 1.5f);
    ImGui::BeginGroup();
    routers(context);
    ImGui::EndGroup();
    ask(context);
    if (state_.follow && pointed_.next() >= 0) context.selection.hover(context.selection.layer, pointed_.next());
    pointed_.end_frame();
  }

  bool busy() const override { return asker_.busy(); }
  std::string settings() const override { return to_text(state_); }
  void restore(const std::string& text) override { state_ = playground_state(text); }

 private:
  void take_from_run(const PanelContext& context) {
    run_.follow(context);
    missing_ = run_.missing(context);
    if (!missing_.empty()) return;
    const LayerLogits& all = run_.logits();
    const auto width = static_cast<std::size_t>(std::min<std::int64_t>(all.width, most_run_experts));
    state_.token = std::clamp(state_.token, 0, static_cast<int>(all.tokens) - 1);
    const auto first = all.logits.begin() + static_cast<std::ptrdiff_t>(state_.token * all.width);
    std::vector<double> row(first, first + static_cast<std::ptrdiff_t>(width));
    if (row.size() > 1 && row != state_.logits) state_.take(std::move(row));
    if (!all.bias.empty() || bias_of_run_) std::fill(state_.bias.begin(), state_.bias.end(), 0);  // that of before
    bias_of_run_ = !all.bias.empty();
    std::copy_n(all.bias.begin(), std::min(all.bias.size(), state_.bias.size()), state_.bias.begin());
  }

  // --- what all routers are given ---
  void inputs(PanelContext& context) {
    if (ui::tab("By hand", !state_.follow)) state_.follow = false;
    ImGui::SameLine(0, 2);
    if (ui::tab("From the run", state_.follow)) state_.follow = true;
    ImGui::SetItemTooltip(
        "The logits of a token of the last step in the layer that is selected, and the bias of its selection");
    if (state_.follow) {
      from_run(context);
    } else {
      by_hand();
    }
    const float spacing = ImGui::GetStyle().ItemSpacing.y;
    ImVec2 room = ImGui::GetContentRegionAvail();
    room.y -= ImGui::GetFrameHeightWithSpacing();
    const bool above = room.y > room.x * 0.6f;
    const ImVec2 each = above ? ImVec2(room.x, std::floor((room.y - spacing) / 2))
                              : ImVec2(std::floor((room.x - 2 * spacing) / 2), room.y);
    ImGui::BeginGroup();
    if (logit_bars_.draw(state_.logits, most_logit, each, pointed_, context)) state_.follow = false;
    ImGui::EndGroup();
    if (!above) ImGui::SameLine(0, 2 * spacing);
    ImGui::BeginGroup();
    const bool biased = bias_bars_.draw(state_.bias, most_logit, each, pointed_, context);
    if (biased && bias_of_run_) state_.follow = false;
    ImGui::EndGroup();
    temperature(context);
  }

  void by_hand() {
    int experts = state_.experts();
    ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x * 0.5f);
    if (ImGui::SliderInt("##experts", &experts, least_experts, most_experts, "%d experts",
                         ImGuiSliderFlags_AlwaysClamp)) {
      state_.resize(experts);
    }
    ImGui::SameLine();
    ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x);
    if (!ImGui::BeginCombo("##example", "Examples")) return;
    for (LogitExample& example : logit_examples(experts, seed_)) {
      if (!ImGui::Selectable(example.name)) continue;
      state_.take(std::move(example.logits));
      ++seed_;  // other random ones next time
    }
    ImGui::EndCombo();
  }

  void from_run(PanelContext& context) {
    ui::layer_combo(context, ImGui::GetContentRegionAvail().x * 0.5f);
    ImGui::SameLine();
    if (!missing_.empty()) {
      ImGui::AlignTextToFramePadding();
      ui::fitted_text(missing_, ImGui::GetContentRegionAvail().x);
      return;
    }
    const LayerLogits& all = run_.logits();
    const auto token = static_cast<std::size_t>(state_.token);
    const auto& classes = context.newest.description->classes;
    std::string of;
    if (token < all.labels.size() && all.labels[token] >= 0 &&
        static_cast<std::size_t>(all.labels[token]) < classes.size()) {
      of = classes[static_cast<std::size_t>(all.labels[token])];
    }
    ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x);
    ImGui::SliderInt("##token", &state_.token, 0, static_cast<int>(all.tokens) - 1, "token %d",
                     ImGuiSliderFlags_AlwaysClamp);
    ImGui::SetItemTooltip("Of %d tokens of step %lld%s%s", static_cast<int>(all.tokens),
                          static_cast<long long>(context.newest.step - 1),
                          of.empty() ? "" : "; its class: ", of.c_str());
  }

  void temperature(const PanelContext& context) {
    const ParameterTable* table = nullptr;
    for (const auto& column : columns_) table = table ? table : column->table();
    if (!table && context.newest.parameters) table = &context.newest.parameters->table();
    const ParameterSpec* spec = table ? table->find(router_temperature) : nullptr;
    if (!spec) return;
    bool common = state_.temperature.has_value();
    if (ImGui::Checkbox("temperature###common", &common)) {
      state_.temperature = common ? std::optional(std::get<double>(spec->default_value)) : std::nullopt;
    }
    ImGui::SetItemTooltip("One temperature for all routers, instead of each one's own");
    ImGui::SameLine();
    if (!state_.temperature) {
      ImGui::AlignTextToFramePadding();
      ui::fitted_text("each its own", ImGui::GetContentRegionAvail().x);
      return;
    }
    Value value = *state_.temperature;
    value_widget("temperature", *spec, value, ImGui::GetContentRegionAvail().x);
    state_.temperature = std::get<double>(value);
  }

  // --- the routers ---
  void routers(PanelContext& context) {
    const float width = ImGui::GetContentRegionAvail().x, spacing = ImGui::GetStyle().ItemSpacing.x;
    const auto count = static_cast<float>(state_.routers.size());
    const float least = 5.5f * ImGui::GetTextLineHeight();
    const float each = std::max(least, std::floor((width - (count - 1) * spacing) / count));
    const ImVec2 room(each, ImGui::GetContentRegionAvail().y - ImGui::GetFrameHeightWithSpacing());
    if (!PlaygroundColumn::fits(room)) parts();
    add_button();
    ImGui::SameLine();
    ui::help_button(context, *this);

    RouteScale scale;
    for (const auto& [id, reply] : asker_.replies()) {
      if (reply.problems.empty()) scale.include(reply.answer);
    }
    std::size_t removed = state_.routers.size();
    ImGui::BeginChild("##columns", ImVec2(0, 0), ImGuiChildFlags_None, ImGuiWindowFlags_HorizontalScrollbar);
    const float height = ImGui::GetContentRegionAvail().y;
    for (std::size_t i = 0; i < state_.routers.size(); ++i) {
      if (i > 0) ImGui::SameLine(0, spacing);
      PlaygroundColumn& column = *columns_[i];
      const auto reply = asker_.replies().find(column.id());
      const PlaygroundColumn::Shown shown{reply == asker_.replies().end() ? nullptr : &reply->second, scale, part_,
                                          state_.routers.size() > 1};
      if (column.draw(context, state_.routers[i], shown, ImVec2(each, height), pointed_)) removed = i;
    }
    ImGui::EndChild();
    if (removed == state_.routers.size()) return;
    state_.routers.erase(state_.routers.begin() + static_cast<std::ptrdiff_t>(removed));
    columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(removed));
  }

  void parts() {
    const auto tab = [&](const char* label, RoutePart part, const char* tooltip) {
      if (ui::tab(label, part_ == part)) part_ = part;
      ImGui::SetItemTooltip("%s", tooltip);
      ImGui::SameLine(0, 2);
    };
    tab("Bars", RoutePart::bars, "Scores, weights and their entropies");
    tab("d scores", RoutePart::scores, "Jacobian of the scores: who gains and who pays when a logit rises");
    tab("d weights", RoutePart::weights, "Jacobian of the weights, the choice being what it is");
    ImGui::SameLine();
  }

  void add_button() {
    const bool full = state_.routers.size() >= most_routers;
    ImGui::BeginDisabled(full);
    if (ImGui::Button("+ Router###add")) {
      state_.routers.push_back({own_router, {}});
      add_columns();
    }
    ImGui::EndDisabled();
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
      ImGui::SetTooltip("%s", full ? "There is room for four" : "One more router beside these");
    }
  }

  void add_columns() {
    while (columns_.size() < state_.routers.size()) columns_.push_back(std::make_unique<PlaygroundColumn>(next_id_++));
  }

  // --- answers ---
  void ask(const PanelContext& context) {
    const PlaygroundColumn::Inputs inputs{state_.logits, state_.bias, state_.temperature};
    RouteAsker::Questions questions;
    for (std::size_t i = 0; i < state_.routers.size() && i < columns_.size(); ++i) {
      if (auto question = columns_[i]->question(context, state_.routers[i], inputs)) {
        questions.emplace(columns_[i]->id(), *std::move(question));
      }
    }
    if (questions == asked_) return;
    asked_ = questions;
    asker_.ask(std::move(questions), context.route, context.redraw);
  }

  PlaygroundState state_;
  std::vector<std::unique_ptr<PlaygroundColumn>> columns_;  // parallel to state_.routers
  int next_id_ = 0;
  RunLogits run_;
  std::string missing_;       // why there are no logits of the run
  bool bias_of_run_ = false;  // the bias is the run's
  InputBars logit_bars_{"logit", "logits", 4}, bias_bars_{"bias", "bias", 1};
  Pointed pointed_;
  RoutePart part_ = RoutePart::bars;
  unsigned seed_ = 1;
  RouteAsker::Questions asked_;
  RouteAsker asker_;
};

}  // namespace

std::unique_ptr<Panel> make_playground_panel() { return std::make_unique<PlaygroundPanel>(); }

}  // namespace tessera
