// See route_view.h.
#include "app/panels/route_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <span>

#include "app/panels/colours.h"
#include "app/panels/jacobian_text.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr int facts_shown = 3;
// As long as a sentence under a heatmap is, usually.
constexpr const char* long_sentence =
    "Weights: if logit 10 rises, expert 10 has +0.0123, experts 11, 12 and 13 pay. Each depends on its own logit only.";

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double x : values) most = std::max(most, std::abs(x));
  return most;
}

float sentence_height(float width) { return ImGui::CalcTextSize(long_sentence, nullptr, false, width).y; }

float least_map() { return 9 * ImGui::GetTextLineHeight(); }
float least_map_width() { return 11 * ImGui::GetTextLineHeight(); }
float facts_height() { return facts_shown * ImGui::GetTextLineHeightWithSpacing(); }
float least_bars() { return facts_height() + 8 * ImGui::GetTextLineHeight(); }

enum class Arrangement { one, beside, stacked };

Arrangement arrange(ImVec2 size) {
  const float spacing = ImGui::GetStyle().ItemSpacing.y;
  const float half = (size.x - ImGui::GetStyle().ItemSpacing.x) / 2;
  const auto room_for = [&](int maps, float width) {
    const float each = least_map() + sentence_height(width) + 2 * spacing;
    return size.y >= least_bars() + static_cast<float>(maps) * each;
  };
  if (half >= least_map_width() && room_for(1, half)) return Arrangement::beside;
  return room_for(2, size.x) ? Arrangement::stacked : Arrangement::one;
}

// One chart of vertical bars, an expert each.
struct Chart {
  std::string title;
  std::span<const double> values;
  double high = 1;
  bool signs = false;  // some are below zero
  ImVec2 at, size;
};

void draw_chart(const Chart& chart, const std::vector<bool>& chosen, int pointed, const PanelContext& context) {
  const Tones& tone = tones(context.dark);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float line = ImGui::GetTextLineHeight();
  const std::string top = ui::number(chart.high);
  const float figure = ImGui::CalcTextSize(top.c_str()).x;
  list.AddText(chart.at, tone.muted, ui::fitted(chart.title, chart.size.x - figure - line / 2).c_str());
  list.AddText(ImVec2(chart.at.x + chart.size.x - figure, chart.at.y), tone.muted, top.c_str());
  const float above = chart.at.y + line, below = chart.at.y + chart.size.y;
  const float zero = chart.signs ? std::round((above + below) / 2) : below;
  list.AddLine(ImVec2(chart.at.x, above), ImVec2(chart.at.x + chart.size.x, above), ui::faded(tone.muted, 0.4f));
  const float width = chart.size.x / static_cast<float>(chart.values.size());
  const float gap = width >= 8 ? 2.0f : width >= 3 ? 1.0f : 0.0f;
  for (std::size_t expert = 0; expert < chart.values.size(); ++expert) {
    const float left = std::round(chart.at.x + width * static_cast<float>(expert));
    const float right = std::max(left + 1, std::round(chart.at.x + width * static_cast<float>(expert + 1)) - gap);
    const float height = (zero - above) * static_cast<float>(chart.values[expert] / chart.high);
    const ImU32 colour = expert_colour(static_cast<int>(expert), context.dark);
    // Those that were not chosen are outlined on a faint ground; the chosen ones are full.
    const ImVec2 from(left, std::min(zero, std::round(zero - height))),
        to(right, std::max(zero, std::round(zero - height)));
    list.AddRectFilled(from, to, chosen[expert] ? colour : ui::faded(colour, 0.3f));
    if (!chosen[expert] && gap > 1) list.AddRect(from, to, ui::faded(colour, 0.8f));
    if (static_cast<int>(expert) == pointed) list.AddRect(ImVec2(left, above), ImVec2(right, below), tone.text);
  }
  list.AddLine(ImVec2(chart.at.x, zero), ImVec2(chart.at.x + chart.size.x, zero), tone.muted);
}

void draw_names(const std::vector<bool>& chosen, ImVec2 at, float width, const PanelContext& context) {
  const Tones& tone = tones(context.dark);
  const int experts = static_cast<int>(chosen.size());
  const float each = width / static_cast<float>(experts);
  const float widest = ImGui::CalcTextSize(std::to_string(experts - 1).c_str()).x + 4 * context.scale;
  const int stride = std::max(1, static_cast<int>(std::ceil(widest / each)));
  for (int expert = 0; expert < experts; expert += stride) {
    const std::string text = std::to_string(expert);
    const float middle = at.x + each * (static_cast<float>(expert) + 0.5f);
    const ImVec2 where(std::round(middle - ImGui::CalcTextSize(text.c_str()).x / 2), at.y);
    ImGui::GetWindowDrawList()->AddText(where, chosen[static_cast<std::size_t>(expert)] ? tone.text : tone.muted,
                                        text.c_str());
  }
}

void fact(const char* name, double value, const char* unit, const char* explanation, const PanelContext& context) {
  const std::string figure = ui::number(value) + unit;
  ImGui::BeginGroup();
  ImGui::PushFont(context.figures, 0);
  const float width = ImGui::CalcTextSize(figure.c_str()).x;
  ImGui::PopFont();
  const float room = ImGui::GetContentRegionAvail().x, start = ImGui::GetCursorPosX();
  ui::muted_text(context, ui::fitted(name, room - width - ImGui::GetTextLineHeight() / 2).c_str());
  ImGui::SameLine(0, 0);
  ImGui::SetCursorPosX(start + std::max(0.0f, room - width));
  ImGui::PushFont(context.figures, 0);
  ImGui::TextUnformatted(figure.c_str());
  ImGui::PopFont();
  ImGui::EndGroup();
  ImGui::SetItemTooltip("%s", explanation);
}

void facts(const RouteAnswer& answer, const PanelContext& context) {
  fact("H(weights)", answer.entropy[0], " nats", "Entropy of the weights, divided by their sum", context);
  fact("H(scores)", entropy_nats(answer.probs), " nats", "Entropy of the scores, divided by their sum", context);
  fact("sum of weights", std::accumulate(answer.alpha.begin(), answer.alpha.end(), 0.0), "",
       "What the experts' outputs are multiplied by, together", context);
}

void bars(const RouteAnswer& answer, const RouteScale& scale, ImVec2 size, Pointed& pointed,
          const PanelContext& context) {
  const float line = ImGui::GetTextLineHeight(), spacing = ImGui::GetStyle().ItemSpacing.y;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 room(size.x, std::max(4 * line, size.y - facts_height() - spacing));
  ImGui::InvisibleButton("##bars", room);
  const bool hovered = ImGui::IsItemHovered();
  const std::size_t experts = answer.probs.size();
  std::vector<bool> chosen(experts);
  for (const int expert : answer.chosen[0]) chosen[static_cast<std::size_t>(expert)] = true;
  const float each = std::floor((room.y - line - spacing) / 2);
  const bool signs = std::any_of(answer.alpha.begin(), answer.alpha.end(), [](double x) { return x < 0; });
  draw_chart({"scores", answer.probs, scale.score, false, at, ImVec2(room.x, each)}, chosen, pointed.expert, context);
  draw_chart({"weights", answer.alpha, scale.weight, signs, ImVec2(at.x, at.y + each + spacing), ImVec2(room.x, each)},
             chosen, pointed.expert, context);
  draw_names(chosen, ImVec2(at.x, at.y + 2 * each + spacing), room.x, context);
  if (hovered) {
    const float share = (ImGui::GetMousePos().x - at.x) / room.x;
    const int expert =
        std::clamp(static_cast<int>(share * static_cast<float>(experts)), 0, static_cast<int>(experts) - 1);
    pointed.at(expert);
    const auto index = static_cast<std::size_t>(expert);
    ImGui::SetTooltip("expert %d%s\nscore %s\nweight %s", expert, chosen[index] ? ", chosen" : "",
                      ui::number(answer.probs[index]).c_str(), ui::number(answer.alpha[index]).c_str());
  }
  facts(answer, context);
}

}  // namespace

void RouteScale::include(const RouteAnswer& answer) {
  score = std::max(score, largest(answer.probs));
  weight = std::max(weight, largest(answer.alpha));
  score_slope = std::max(score_slope, largest(answer.probs_jacobian));
  weight_slope = std::max(weight_slope, largest(answer.alpha_jacobian));
}

bool RouteView::fits(ImVec2 size) { return arrange(size) != Arrangement::one; }

void RouteView::slopes(const RouteAnswer& answer, const RouteScale& scale, RoutePart part, ImVec2 size,
                       Pointed& pointed, const PanelContext& context) {
  const bool of_scores = part == RoutePart::scores;
  const std::vector<double>& jacobian = of_scores ? answer.probs_jacobian : answer.alpha_jacobian;
  const std::string noun = of_scores ? "scores" : "weights";
  ImGui::BeginGroup();
  if (jacobian.empty()) {
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + size.x);
    ImGui::TextUnformatted(("No slopes of " + noun + ": tokens depend on each other here.").c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndGroup();
    return;
  }
  const int experts = answer.experts;
  values_.assign(jacobian.begin(), jacobian.end());
  Heatmap map;
  map.rows = map.columns = experts;
  map.values = values_;
  map.colours = Colours::diverging;
  const double extent = of_scores ? scale.score_slope : scale.weight_slope;
  map.high = extent > 0 ? extent : 1;
  map.low = -map.high;
  map.row_axis.title = "expert";
  map.column_axis.title = "logit";
  for (int expert = 0; expert < experts; ++expert) {
    map.row_axis.labels.push_back("expert " + std::to_string(expert));
    map.column_axis.labels.push_back("logit " + std::to_string(expert));
  }
  map.row_axis.colour = [dark = context.dark](int expert) { return expert_colour(expert, dark); };
  map.column_axis.colour = map.row_axis.colour;
  map.row_axis.highlighted = [marked = pointed.expert](int expert) { return expert == marked; };
  map.column_axis.highlighted = map.row_axis.highlighted;
  map.value_name = of_scores ? "d score / d logit" : "d weight / d logit";
  map.caption = of_scores ? "d scores" : "d weights";
  const std::string sentence = jacobian_sentence(jacobian, experts, pointed.expert, noun);
  const float text = std::max(sentence_height(size.x), ImGui::CalcTextSize(sentence.c_str(), nullptr, false, size.x).y);
  const float height = std::max(4 * ImGui::GetTextLineHeight(), size.y - text - ImGui::GetStyle().ItemSpacing.y);
  const HeatmapHit hit = draw_heatmap(of_scores ? "##scores" : "##weights", map, ImVec2(size.x, height), context,
                                      of_scores ? score_cache_ : weight_cache_);
  if (hit.column >= 0 || hit.row >= 0) pointed.at(hit.column >= 0 ? hit.column : hit.row);
  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + size.x);
  ImGui::TextUnformatted(sentence.c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndGroup();
}

void RouteView::draw(const RouteAnswer& answer, const RouteScale& scale, RoutePart part, ImVec2 size, Pointed& pointed,
                     const PanelContext& context) {
  if (answer.probs.empty() || answer.entropy.empty()) return;
  const Arrangement arrangement = arrange(size);
  if (arrangement == Arrangement::one) {
    if (part == RoutePart::bars) return bars(answer, scale, size, pointed, context);
    return slopes(answer, scale, part, size, pointed, context);
  }
  const ImVec2 spacing = ImGui::GetStyle().ItemSpacing;
  const float upper = std::clamp(size.y * 0.4f, least_bars(), 22 * ImGui::GetTextLineHeight());
  bars(answer, scale, ImVec2(size.x, upper), pointed, context);
  const float rest = size.y - upper - spacing.y;
  const ImVec2 each = arrangement == Arrangement::beside ? ImVec2((size.x - spacing.x) / 2, rest)
                                                         : ImVec2(size.x, (rest - spacing.y) / 2);
  const ImVec2 first = ImGui::GetCursorPos();
  slopes(answer, scale, RoutePart::scores, each, pointed, context);
  // However long the sentence before it is, so that the heatmaps of all columns are level.
  ImGui::SetCursorPos(arrangement == Arrangement::beside ? ImVec2(first.x + each.x + spacing.x, first.y)
                                                         : ImVec2(first.x, first.y + each.y + spacing.y));
  slopes(answer, scale, RoutePart::weights, each, pointed, context);
}

}  // namespace tessera
