// What is clicked in a panel: heatmaps, bars, experiments and the log.
#include <cmath>
#include <fstream>

#include "app/panels/heatmap.h"
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

// Plays until the matrices of step 25 and later are there, and pauses.
void train(ImGuiTestContext* ctx, Harness& h, std::int64_t steps = 60) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > steps; }));
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::paused));
}

void point_at(ImGuiTestContext* ctx, const char* heatmap, int row, int column) {
  const ImGuiTestItemInfo item = ctx->ItemInfo(heatmap);
  ctx->MouseMoveToPos(heatmap_cell(item.Window->StateStorage, item.ID, row, column));
  ctx->Yield(2);
}

void click_cell(ImGuiTestContext* ctx, const char* heatmap, int row, int column) {
  point_at(ctx, heatmap, row, column);
  ctx->MouseClick();
  ctx->Yield(2);
}

void a_cell_of_overlap(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h);
  ctx->SetRef(h.window("overlap").c_str());
  click_cell(ctx, "##experts_by_layers", 5, 3);
  IM_CHECK_EQ(h.app().selection().layer, 3);
  IM_CHECK_EQ(h.app().selection().expert, 5);
  // All panels follow: Routing shows the same layer, and the pairs are those of layer 3.
  click_cell(ctx, "##pairs", 2, 4);
  IM_CHECK_EQ(h.app().selection().layer, 3);
  IM_CHECK_EQ(h.app().selection().expert, 2);
  click_cell(ctx, "##pairs", 2, 4);
  IM_CHECK_EQ(h.app().selection().expert, -1);
  h.picture(ctx, "overlap");
}

void the_layer_is_the_same_everywhere(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h);
  for (const char* panel : {"overlap", "routing", "conflict"}) {
    ctx->SetRef(h.window(panel).c_str());
    const int layer = (h.app().selection().layer + 1) % 4;
    ctx->ComboClick(("##layer/layer " + std::to_string(layer)).c_str());
    ctx->Yield();
    IM_CHECK_EQ(h.app().selection().layer, layer);
  }
}

void pointing_at_an_expert(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h);
  ctx->SetRef(h.window("overlap").c_str());
  const int layer = h.app().selection().layer;
  point_at(ctx, "##experts_by_layers", 6, layer);
  IM_CHECK(h.app().selection().highlights(layer, 6));
  IM_CHECK(!h.app().selection().highlights(layer + 1, 6));  // another layer's expert 6 is another expert
  const ImGuiTestItemInfo load = [&] {
    ctx->SetRef(h.window("routing").c_str());
    return ctx->ItemInfo("##load");
  }();
  ctx->MouseMoveToPos(ImVec2(load.RectFull.Min.x + 40, load.RectFull.Min.y + 30));  // the first bar
  ctx->Yield(2);
  h.picture(ctx, "pointing");
  IM_CHECK(h.app().selection().highlights(layer, 0));
  ctx->MouseMoveToPos(ImVec2(5, 5));
  ctx->Yield(3);
  IM_CHECK_EQ(h.app().selection().hovered_expert, -1);
}

void views_of_routing(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h);
  ctx->SetRef(h.window("routing").c_str());
  IM_CHECK(ctx->ItemExists("##shares"));
  ctx->ItemClick("Matrix");
  ctx->Yield(2);
  IM_CHECK(!ctx->ItemExists("##shares"));
  click_cell(ctx, "##matrix", 3, 6);  // classes are rows here
  IM_CHECK_EQ(h.app().selection().expert, 6);
  ctx->ItemClick("Bars");
  ctx->Yield(2);
  IM_CHECK(ctx->ItemExists("##shares"));
}

// Of a text, also by what the bytes are.
void routing_by_character_class(ImGuiTestContext* ctx, Harness& h) {
  Preset text = *h.now().preset;
  text.parameters.set("task.kind", std::string("language"));
  h.app().submit(command::Load{text});
  train(ctx, h);
  ctx->SetRef(h.window("routing").c_str());
  const Image by_class = h.look(ctx, ctx->ItemInfo("##shares"));
  ctx->ComboClick("##by/by character class");
  ctx->Yield(2);
  IM_CHECK(h.look(ctx, ctx->ItemInfo("##shares")).rgb != by_class.rgb);
  h.picture(ctx, "routing_by_character");
  ctx->ItemClick("Matrix");
  ctx->Yield(2);
  click_cell(ctx, "##matrix", 2, 5);  // the last of three classes
  IM_CHECK_EQ(h.app().selection().expert, 5);
  IM_CHECK_EQ(h.app().selection().group, -1);  // groups are of the classes of samples
}

void parts_of_conflict(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h);
  ctx->SetRef(h.window("conflict").c_str());
  IM_CHECK(ctx->ItemExists("##cosines"));
  ctx->ComboClick("##part/encoder");
  ctx->Yield(2);
  IM_CHECK(ctx->ItemExists("##cosines"));
  IM_CHECK((ctx->ItemInfo("##layer").ItemFlags & ImGuiItemFlags_Disabled) != 0);  // the encoder is no layer
}

// The rate is below the cosines in a high window, beside them in a wide one; always within the window.
void conflict_rate_in_a_wide_window(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h);
  const std::string window = h.window("conflict");
  ctx->UndockWindow(window.c_str());
  ctx->WindowMove(window.c_str(), ImVec2(40, 60));
  for (const ImVec2 size : {ImVec2(900, 400), ImVec2(400, 600)}) {
    ctx->WindowResize(window.c_str(), size);
    ctx->Yield(3);
    ctx->SetRef(window.c_str());
    const ImRect cosines = ctx->ItemInfo("##cosines").RectFull, rate = ctx->ItemInfo("##rate").RectFull;
    const ImRect whole = ctx->GetWindowByRef(window.c_str())->Rect();
    IM_CHECK(whole.Contains(rate));
    IM_CHECK(size.x > size.y ? rate.Min.x >= cosines.Max.x : rate.Min.y >= cosines.Max.y);
    IM_CHECK(rate.GetWidth() > 100);
  }
  h.picture(ctx, "conflict_rate");
}

void one_layer_alone(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef(h.window("controls").c_str());
  ctx->ComboClick("##of_layer/layer 2");
  ctx->Yield(2);
  ctx->SetRef(h.controls(ctx));
  IM_CHECK(!ctx->ItemExists("##run.seed"));  // no layer has a seed of its own
  ctx->ItemInputValue("##model.layer2.router.temperature", 0.125f);
  IM_CHECK(h.until(ctx, [&] { return h.now().parameters->real("model.layer2.router.temperature") == 0.125; }));
  IM_CHECK_EQ(h.now().parameters->real("model.router.temperature"), 1);
  ctx->ItemClick("##reset model.layer2.router.temperature");
  IM_CHECK(h.until(ctx, [&] { return h.now().parameters->real("model.layer2.router.temperature") == 1; }));
}

// Where the experiment is built anew, the layer's own value is gone, and it follows the others again.
void a_layer_like_the_others_again(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.layer1.experts.hidden", .value = std::int64_t{48}, .rebuild = true});
  IM_CHECK(h.until(ctx, [&] { return h.script().builds == 2 && h.now().state == State::ready; }));
  IM_CHECK(h.now().preset->parameters.overrides().contains("model.layer1.experts.hidden"));
  ctx->SetRef(h.window("controls").c_str());
  ctx->ComboClick("##of_layer/layer 1");
  ctx->ItemClick("##filter");
  ctx->KeyCharsReplace("experts.hidden");
  ctx->Yield(2);
  ctx->SetRef(h.controls(ctx));
  ctx->ItemClick("##reset model.layer1.experts.hidden");
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  ctx->ItemClick("//###question/Build anew");
  IM_CHECK(h.until(ctx, [&] { return h.script().builds == 3 && h.now().state == State::ready; }));
  IM_CHECK(h.now().preset->parameters.overrides().empty());
  IM_CHECK_STR_EQ(h.now().preset->name.c_str(), "specialize/first-light");
  ctx->Yield(2);
  IM_CHECK(!ctx->ItemExists("##reset model.layer1.experts.hidden"));
}

void back_to_the_default(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.router.temperature", .value = 5.0});
  IM_CHECK(h.until(ctx, [&] { return h.script().temperature == 5; }));
  ctx->SetRef(h.window("controls").c_str());
  ctx->ItemClick("##filter");
  ctx->KeyCharsReplace("router temperature");
  ctx->Yield(2);
  ctx->SetRef(h.controls(ctx));
  ctx->ItemClick("##reset model.router.temperature");
  IM_CHECK(h.until(ctx, [&] { return h.script().temperature == 1; }));
  ctx->Yield(2);
  IM_CHECK(!ctx->ItemExists("##reset model.router.temperature"));
}

void what_does_not_matter_is_hidden(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef(h.controls(ctx));
  IM_CHECK(ctx->ItemExists("##model.router.k"));
  h.app().submit(command::Set{.path = "model.router.selection", .value = std::string("dense")});
  IM_CHECK(h.until(
      ctx, [&] { return !ctx->ItemExists("##model.router.k"); }, 5));
}

void an_experiment_from_the_list(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef(h.child(ctx, "experiments", "##presets"));
  IM_CHECK(!ctx->ItemExists("Load"));
  ctx->ItemClick("###specialize\\/softmax");
  ctx->Yield(2);
  ctx->ItemClick("Load");
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->name == "specialize/softmax" && h.now().state == State::ready; }));
}

// What is shipped is in the list above; one's own presets are called by their titles.
void recent_presets(ImGuiTestContext* ctx, Harness& h) {
  const std::filesystem::path shipped = h.app().document().file(), own = h.folder() / "own.json";
  std::ofstream(own) << R"({"schema": 1, "title": "My own study"})";
  ctx->SetRef(h.child(ctx, "experiments", "##presets"));
  IM_CHECK(!ctx->ItemExists("###topic recent"));
  h.app().open(own);
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->title == "My own study" && h.now().state == State::ready; }));
  IM_CHECK_EQ(h.app().settings().recent.size(), 2u);
  ctx->Yield(2);
  ImGuiWindow* list = ctx->GetWindowByRef("");
  IM_CHECK(list != nullptr);
  IM_CHECK(ctx->ItemExists("###topic recent"));
  const auto item = [&](const std::filesystem::path& file) {
    return ImHashStr(("###recent " + file.string()).c_str(), 0, list->ID);
  };
  IM_CHECK(ctx->ItemExists(item(own)));
  IM_CHECK(!ctx->ItemExists(item(shipped)));
  h.picture(ctx, "recent");
  h.app().open(shipped);
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->name == "specialize/first-light"; }));
  ctx->ItemClick(item(own));
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->title == "My own study"; }));
}

void the_log_is_copied_as_it_is_shown(ImGuiTestContext* ctx, Harness& h) {
  h.script().fail_at = 30;
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::failed));
  h.app().show_panel("log", true);
  ctx->Yield(3);
  ctx->SetRef(h.window("log").c_str());
  ctx->ItemClick("Copy");
  const std::string all = ImGui::GetClipboardText();
  IM_CHECK(all.find("out of memory at step 30") != std::string::npos);
  ctx->ItemClick("###error");
  ctx->ItemClick("Copy");
  const std::string rest = ImGui::GetClipboardText();
  IM_CHECK(rest.find("out of memory at step 30") == std::string::npos);
  IM_CHECK_LT(rest.size(), all.size());
}

// Every panel explains itself, and only three may scroll: at 1280 x 800, full of figures, at every theme's font.
void nothing_scrolls(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.head.kind", .value = std::string("tiles"), .rebuild = true});
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles().size() == 5 && h.now().state == State::ready; }));
  train(ctx, h);
  h.resize(ctx, 1280, 800);
  for (const auto& panel : h.app().panels()) {
    const std::string name = panel->name();
    if (name == "log") continue;
    h.app().show_panel(name, true);
    ctx->Yield(4);
    ctx->SetRef(h.window(name.c_str()).c_str());
    ctx->ItemClick("?##help");
    ctx->Yield(2);
    IM_CHECK(ctx->WindowInfo("//$FOCUSED").Window != nullptr);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    const ImGuiWindow* window = ctx->WindowInfo(h.window(name.c_str()).c_str()).Window;
    IM_CHECK_EQ(window->ScrollMax.x, 0);
    if (name == "experiments" || name == "controls") continue;
    IM_CHECK_EQ(window->ScrollMax.y, 0);
    for (const ImGuiWindow* child : window->DC.ChildWindows) IM_CHECK_EQ(child->ScrollMax.y, 0);
  }
}

}  // namespace

void add_panel_tests(Harness& harness) {
  harness.add("panels", "a_cell_of_overlap", a_cell_of_overlap);
  harness.add("panels", "the_layer_is_the_same_everywhere", the_layer_is_the_same_everywhere);
  harness.add("panels", "pointing_at_an_expert", pointing_at_an_expert);
  harness.add("panels", "views_of_routing", views_of_routing);
  harness.add("panels", "routing_by_character_class", routing_by_character_class);
  harness.add("panels", "parts_of_conflict", parts_of_conflict);
  harness.add("panels", "conflict_rate_in_a_wide_window", conflict_rate_in_a_wide_window);
  harness.add("panels", "one_layer_alone", one_layer_alone);
  harness.add("panels", "a_layer_like_the_others_again", a_layer_like_the_others_again);
  harness.add("panels", "back_to_the_default", back_to_the_default);
  harness.add("panels", "what_does_not_matter_is_hidden", what_does_not_matter_is_hidden);
  harness.add("panels", "an_experiment_from_the_list", an_experiment_from_the_list);
  harness.add("panels", "recent_presets", recent_presets);
  harness.add("panels", "the_log_is_copied_as_it_is_shown", the_log_is_copied_as_it_is_shown);
  harness.add("panels", "nothing_scrolls", nothing_scrolls);
}

}  // namespace tessera::test
