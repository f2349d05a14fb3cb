// The router playground: what is dragged, chosen and taken from the run is seen in the bars and slopes of its routers.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/panels/colours.h"
#include "app/panels/heatmap.h"
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

const std::string inputs = "##inputs";

// Fills most of the window with the panel, so that bars and both heatmaps have room.
void open(ImGuiTestContext* ctx, Harness& h) {
  h.app().welcome = false;  // the card would lie over the bars
  h.app().show_panel("playground", true);
  ctx->Yield(4);
  const std::string window = h.window("playground");
  ctx->UndockWindow(window.c_str());
  ctx->WindowMove(window.c_str(), ImVec2(20, 60));
  ctx->WindowResize(window.c_str(), ImVec2(1380, 790));
  ctx->Yield(4);
}

void refer_to(ImGuiTestContext* ctx, Harness& h, const std::string& child) {
  ctx->SetRef(h.child(ctx, "playground", child.c_str()));
}

std::string column(int id) { return "##columns/##column " + std::to_string(id); }

// What is set, as the panel remembers it.
nlohmann::json state(Harness& h) {
  for (const auto& panel : h.app().panels()) {
    if (std::string_view(panel->name()) == "playground") return nlohmann::json::parse(panel->settings());
  }
  return {};
}

Colour pixel(const Image& image, int x, int y) {
  const std::size_t at =
      3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x));
  return rgba(image.rgb[at], image.rgb[at + 1], image.rgb[at + 2]);
}

Image bars_of(ImGuiTestContext* ctx, Harness& h, int id) {
  refer_to(ctx, h, column(id));
  return h.look(ctx, ctx->ItemInfo("##bars"));
}

// Pixels that the bar of an expert's weight is high: the lower half of the bars is of the weights.
int weight_height(const Image& bars, Harness& h, int expert, int experts = 8) {
  const int x = bars.width * (2 * expert + 1) / (2 * experts);
  int full = 0;
  for (int y = bars.height / 2; y < bars.height; ++y) {
    full += pixel(bars, x, y) == expert_colour(expert, h.app().dark()) ? 1 : 0;
  }
  return full;
}

// The experts whose weight has a bar.
std::vector<int> chosen(ImGuiTestContext* ctx, Harness& h, int id, int experts = 8) {
  refer_to(ctx, h, column(id));
  if (!ctx->ItemExists("##bars")) return {};  // there is no answer yet
  const Image bars = bars_of(ctx, h, id);
  std::vector<int> found;
  for (int expert = 0; expert < experts; ++expert) {
    if (weight_height(bars, h, expert, experts) >= 4) found.push_back(expert);
  }
  return found;
}

// Where a value is on a bar of logits, which goes from -4 to 4 as they begin.
ImVec2 on_bar(const ImGuiTestItemInfo& bar, float value) {
  const ImRect& frame = bar.RectFull;
  const float padding = 2 + ImGui::GetStyle().GrabMinSize / 2;
  return {frame.GetCenter().x, frame.GetCenter().y - value / 4 * (frame.GetHeight() / 2 - padding)};
}

void drag(ImGuiTestContext* ctx, Harness& h, const char* child, const char* bar, float to) {
  refer_to(ctx, h, inputs + "/" + child);
  ctx->MouseMove(bar);
  ctx->MouseDown();
  ctx->MouseMoveToPos(on_bar(ctx->ItemInfo(bar), to));
  ctx->Yield(2);
  ctx->MouseUp();
}

// The colour of a cell, beside the figure that may be in it.
Colour cell(ImGuiTestContext* ctx, Harness& h, const char* heatmap, int row, int column) {
  const ImGuiTestItemInfo item = ctx->ItemInfo(heatmap);
  const Image picture = h.look(ctx, item);
  const ImVec2 middle = heatmap_cell(item.Window->StateStorage, item.ID, row, column);
  const ImVec2 next = heatmap_cell(item.Window->StateStorage, item.ID, row + 1, column + 1);
  return pixel(picture, static_cast<int>(middle.x - (next.x - middle.x) / 2 + 3 - item.RectClipped.Min.x),
               static_cast<int>(middle.y - (next.y - middle.y) / 2 + 3 - item.RectClipped.Min.y));
}

int channel(Colour colour, int shift) { return static_cast<int>(colour >> shift & 0xff); }
bool pays(Colour colour) { return channel(colour, blue_shift) > channel(colour, red_shift) + 20; }
bool gains(Colour colour) { return channel(colour, red_shift) > channel(colour, blue_shift) + 20; }

using Experts = std::vector<int>;

void a_logit_that_is_dragged(ImGuiTestContext* ctx, Harness& h) {
  open(ctx, h);
  IM_CHECK(h.until(ctx, [&] { return chosen(ctx, h, 0) == Experts({0, 1}); }));  // Mixtral: two of eight
  drag(ctx, h, "##logits", "##logit 6", 3.5f);
  IM_CHECK(std::abs(state(h)["logits"][6].get<double>() - 3.5) < 0.1);
  IM_CHECK(h.until(ctx, [&] { return chosen(ctx, h, 0) == Experts({0, 6}); }));
  h.picture(ctx, "playground");
  drag(ctx, h, "##logits", "##logit 0", -3.0f);
  IM_CHECK(h.until(ctx, [&] { return chosen(ctx, h, 0) == Experts({1, 6}); }));
}

// It counts when experts are chosen, and its bars are dragged like logits.
void a_bias_that_is_dragged(ImGuiTestContext* ctx, Harness& h) {
  open(ctx, h);
  IM_CHECK(h.until(ctx, [&] { return chosen(ctx, h, 0) == Experts({0, 1}); }));
  drag(ctx, h, "##bias", "##bias 2", 3.5f);  // the bars end at 1
  IM_CHECK(state(h)["bias"][2].get<double>() > 0.8);
  IM_CHECK(h.until(ctx, [&] { return chosen(ctx, h, 0) == Experts({0, 2}); }));
  IM_CHECK(state(h)["logits"][2].get<double>() == 1);
}

void a_logit_that_is_typed(ImGuiTestContext* ctx, Harness& h) {
  open(ctx, h);
  refer_to(ctx, h, inputs + "/##logits");
  ctx->ItemDoubleClick("##logit 5");
  ctx->KeyCharsReplaceEnter("12.5");
  ctx->Yield(2);
  IM_CHECK(state(h)["logits"][5].get<double>() == 12.5);
  IM_CHECK(h.until(ctx, [&] { return chosen(ctx, h, 0) == Experts({0, 5}) || chosen(ctx, h, 0) == Experts({5}); }));
}

// With softmax each logit that rises makes the other experts pay; with sigmoid nobody does.
void softmax_couples_and_sigmoid_does_not(ImGuiTestContext* ctx, Harness& h) {
  open(ctx, h);
  refer_to(ctx, h, column(1));
  ctx->ComboClick("##router/mixtral");
  ctx->Yield(2);
  IM_CHECK_STR_EQ(state(h)["routers"][1]["choice"].get<std::string>().c_str(), "routers/mixtral");
  refer_to(ctx, h, column(1));
  ctx->ItemClick("###settings");
  ctx->Yield(2);
  ctx->SetRef("//$FOCUSED");
  ctx->ComboClick("##model.router.score/sigmoid");
  ctx->Yield(2);
  h.picture(ctx, "playground_settings");
  ctx->KeyPress(ImGuiKey_Escape);
  ctx->Yield(2);
  IM_CHECK_STR_EQ(state(h)["routers"][1]["set"]["model.router.score"].get<std::string>().c_str(), "sigmoid");

  const Colour nothing = diverging_map(h.app().dark()).at(0.5) | rgba(0, 0, 0);
  refer_to(ctx, h, column(0));
  IM_CHECK(h.until(ctx, [&] { return ctx->ItemExists("##scores"); }));
  for (const auto& [row, logit] : {std::pair(0, 1), std::pair(1, 0), std::pair(2, 0)}) {
    IM_CHECK(pays(cell(ctx, h, "##scores", row, logit)));
  }
  IM_CHECK(gains(cell(ctx, h, "##scores", 0, 0)));
  // The two that are chosen share the weight; who isn't chosen has none to lose.
  IM_CHECK(pays(cell(ctx, h, "##weights", 1, 0)));
  IM_CHECK_EQ(cell(ctx, h, "##weights", 2, 0), nothing);

  refer_to(ctx, h, column(1));
  IM_CHECK(h.until(ctx, [&] { return cell(ctx, h, "##scores", 1, 0) == nothing; }));
  for (int row = 0; row < 8; ++row) {
    for (int logit = 0; logit < 8; ++logit) {
      const Colour colour = cell(ctx, h, "##scores", row, logit);
      IM_CHECK(row == logit ? gains(colour) : colour == nothing);
    }
  }
  IM_CHECK(pays(cell(ctx, h, "##weights", 1, 0)));  // they are divided by their sum, which couples them again
  h.picture(ctx, "playground_softmax_sigmoid");
}

void routers_beside_each_other(ImGuiTestContext* ctx, Harness& h) {
  open(ctx, h);
  ctx->SetRef(h.window("playground").c_str());
  ctx->ItemClick("###add");
  ctx->Yield(2);
  ctx->ItemClick("###add");
  ctx->Yield(2);
  IM_CHECK_EQ(state(h)["routers"].size(), 4u);
  IM_CHECK((ctx->ItemInfo("###add").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  IM_CHECK_STR_EQ(state(h)["routers"][3]["choice"].get<std::string>().c_str(), "run");
  // The experiment's own router: softmax, two experts, as it is now.
  IM_CHECK(h.until(ctx, [&] { return chosen(ctx, h, 3) == Experts({0, 1}); }));
  h.app().submit(command::Set{.path = "model.router.k", .value = std::int64_t{3}});
  IM_CHECK(h.until(ctx, [&] { return chosen(ctx, h, 3) == Experts({0, 1, 2}); }));
  h.picture(ctx, "playground_four");
  refer_to(ctx, h, column(0));
  ctx->ItemClick("###remove");
  ctx->Yield(2);
  IM_CHECK_EQ(state(h)["routers"].size(), 3u);
  IM_CHECK_STR_EQ(state(h)["routers"][0]["choice"].get<std::string>().c_str(), "routers/deepseek-v3");
}

// What the run has learnt to add to its logits or scores comes with them, so that its router chooses here as it does.
void bias_of_the_running_experiment(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.router.bias.update", .value = std::string("sign")});
  open(ctx, h);
  refer_to(ctx, h, inputs);
  ctx->ItemClick("From the run");
  refer_to(ctx, h, column(1));
  ctx->ComboClick("##router/this experiment");
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return state(h)["bias"][7] == 4.5; }));
  refer_to(ctx, h, inputs);
  ctx->ItemClick("###common");
  ctx->Yield(2);
  ctx->ItemInputValue("##temperature", 10.0f);  // the bias never weighs: even weights have bars that can be seen
  const auto takes_the_last = [&] {
    const Experts taken = chosen(ctx, h, 1);
    return std::find(taken.begin(), taken.end(), 7) != taken.end();
  };
  IM_CHECK(h.until(ctx, takes_the_last));
  const auto update = [&](const char* how) {
    h.app().submit(command::Set{.path = "model.router.bias.update", .value = std::string(how)});
  };
  update("none");  // and goes with it
  IM_CHECK(h.until(ctx, [&] { return state(h)["bias"][7] == 0.0; }));
  update("sign");
  IM_CHECK(h.until(ctx, takes_the_last));
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::paused));
  drag(ctx, h, "##bias", "##bias 7", -1.0f);  // by hand from here on
  IM_CHECK(!state(h)["follow"].get<bool>());
  IM_CHECK(h.until(ctx, [&] { return !takes_the_last(); }));
}

void one_temperature_for_all(ImGuiTestContext* ctx, Harness& h) {
  open(ctx, h);
  refer_to(ctx, h, inputs);
  IM_CHECK(!ctx->ItemExists("##temperature"));
  ctx->ItemClick("###common");
  ctx->Yield(2);
  ctx->ItemInputValue("##temperature", 100.0f);
  ctx->Yield(2);
  IM_CHECK(state(h)["temperature"].get<double>() == 100);
  // Mixtral's two weights: even, within 0.005; then 1 / (1 + e^-2) = 0.88, and 0.12. All columns share a
  // scale, which changes too.
  const auto heights = [&] {
    const Image bars = bars_of(ctx, h, 0);
    return std::pair(weight_height(bars, h, 0), weight_height(bars, h, 1));
  };
  IM_CHECK(h.until(ctx, [&] { return heights().first > 10 && std::abs(heights().first - heights().second) <= 2; }));
  refer_to(ctx, h, inputs);
  ctx->ItemInputValue("##temperature", 0.25f);
  IM_CHECK(h.until(ctx, [&] { return heights().first > 10 && heights().first > 3 * heights().second; }));
}

// The logits of the made-up engine: 3 for one expert of eight, another for each layer and token; see fake_engine.cpp.
void logits_of_the_running_experiment(ImGuiTestContext* ctx, Harness& h) {
  open(ctx, h);
  refer_to(ctx, h, inputs);
  ctx->ItemClick("From the run");
  ctx->Yield(4);
  IM_CHECK(!ctx->ItemExists("##token"));  // nothing before the first step
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return ctx->ItemExists("##token"); }));
  const auto largest = [&] {
    const auto logits = state(h)["logits"].get<std::vector<double>>();
    return std::max_element(logits.begin(), logits.end()) - logits.begin();
  };
  IM_CHECK(h.until(ctx, [&] { return largest() == h.app().selection().layer; }));
  refer_to(ctx, h, inputs);
  ctx->ComboClick("##layer/layer 2");
  IM_CHECK(h.until(ctx, [&] { return largest() == 2; }));
  refer_to(ctx, h, inputs);
  ctx->ItemInputValue("##token", 3);
  IM_CHECK(h.until(ctx, [&] { return largest() == 5; }));
  IM_CHECK_EQ(h.app().selection().layer, 2);  // the layer of all panels
  IM_CHECK(h.until(ctx, [&] { return !chosen(ctx, h, 0).empty() && chosen(ctx, h, 0).back() == 5; }));
  // It goes with the run: the other logits rise a little with each step.
  const auto before = state(h)["logits"];
  const std::int64_t step = h.now().step;
  IM_CHECK(h.until(ctx, [&] { return state(h)["logits"] != before; }));
  IM_CHECK_GT(h.now().step, step);
  h.picture(ctx, "playground_run");
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::paused));

  drag(ctx, h, "##logits", "##logit 0", 3.9f);  // by hand from here on
  IM_CHECK(!state(h)["follow"].get<bool>());
  IM_CHECK(state(h)["logits"][5] == 3.0);
}

// A small panel shows one part at a time.
void in_a_small_panel(ImGuiTestContext* ctx, Harness& h) {
  h.app().show_panel("playground", true);
  ctx->Yield(4);
  refer_to(ctx, h, column(0));
  IM_CHECK(h.until(ctx, [&] { return ctx->ItemExists("##bars"); }));
  IM_CHECK(!ctx->ItemExists("##scores"));
  ctx->SetRef(h.window("playground").c_str());
  ctx->ItemClick("d scores");
  ctx->Yield(2);
  refer_to(ctx, h, column(0));
  IM_CHECK(ctx->ItemExists("##scores"));
  IM_CHECK(!ctx->ItemExists("##bars"));
  ctx->SetRef(h.window("playground").c_str());
  ctx->ItemClick("d weights");
  ctx->Yield(2);
  refer_to(ctx, h, column(0));
  IM_CHECK(ctx->ItemExists("##weights"));
  h.picture(ctx, "playground_small");
}

void what_was_set_is_kept(ImGuiTestContext* ctx, Harness& h) {
  open(ctx, h);
  drag(ctx, h, "##logits", "##logit 6", 3.5f);
  refer_to(ctx, h, column(1));
  ctx->ComboClick("##router/switch");
  ctx->Yield(2);
  const nlohmann::json before = state(h);
  h.restart(ctx, true);
  IM_CHECK(h.until(ctx, State::ready));
  IM_CHECK(state(h) == before);
}

}  // namespace

void add_playground_tests(Harness& harness) {
  harness.add("playground", "a_logit_that_is_dragged", a_logit_that_is_dragged);
  harness.add("playground", "a_bias_that_is_dragged", a_bias_that_is_dragged);
  harness.add("playground", "a_logit_that_is_typed", a_logit_that_is_typed);
  harness.add("playground", "softmax_couples_and_sigmoid_does_not", softmax_couples_and_sigmoid_does_not);
  harness.add("playground", "routers_beside_each_other", routers_beside_each_other);
  harness.add("playground", "one_temperature_for_all", one_temperature_for_all);
  harness.add("playground", "logits_of_the_running_experiment", logits_of_the_running_experiment);
  harness.add("playground", "bias_of_the_running_experiment", bias_of_the_running_experiment);
  harness.add("playground", "in_a_small_panel", in_a_small_panel);
  harness.add("playground", "what_was_set_is_kept", what_was_set_is_kept);
}

}  // namespace tessera::test
