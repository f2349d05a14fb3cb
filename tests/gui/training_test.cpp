// Playing, pausing, stepping, resetting; a run that fails, and recovering from it.
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

constexpr const char* bar = "//##MainMenuBar/##MenuBar";

std::size_t points(const Snapshot& snapshot, const char* metric) {
  for (std::size_t i = 0; i < snapshot.description->metrics.size(); ++i) {
    if (snapshot.description->metrics[i].name == metric) return snapshot.series[i].size();
  }
  return 0;
}

// Vertices that the window of the panel drew in the last frame.
int drawn(const Harness& harness, const char* panel) {
  const ImGuiWindow* window = ImGui::FindWindowByName(harness.window(panel).c_str() + 2);
  int vertices = 0;
  const auto count = [&vertices](const ImGuiWindow* w, const auto& self) -> void {
    vertices += w->DrawList->VtxBuffer.Size;
    for (const ImGuiWindow* child : w->DC.ChildWindows) self(child, self);
  };
  count(window, count);
  return vertices;
}

void play_pause_step(ImGuiTestContext* ctx, Harness& h) {
  IM_CHECK_EQ(h.now().step, 0);
  ctx->SetRef(bar);
  ctx->ItemClick("###play");
  IM_CHECK(h.until(ctx, [&] { return h.now().step >= 20; }));
  IM_CHECK(h.now().state == State::running);
  ctx->ItemClick("###play");
  IM_CHECK(h.until(ctx, State::paused));
  const std::int64_t paused_at = h.now().step;
  ctx->ItemClick("###step");
  IM_CHECK(h.until(ctx, [&] { return h.now().step == paused_at + 1; }));
  IM_CHECK(h.until(ctx, State::paused));
}

void keyboard(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::running));
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::paused));
  const std::int64_t paused_at = h.now().step;
  ctx->KeyPress(ImGuiKey_Period);
  IM_CHECK(h.until(ctx, [&] { return h.now().step == paused_at + 1; }));
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_R);
  IM_CHECK(h.until(ctx, [&] { return h.now().state == State::ready && h.now().step == 0; }));
  // The key of a button that was clicked is still the experiment's.
  ctx->SetRef(bar);
  ctx->ItemClick("###step");
  IM_CHECK(h.until(ctx, [&] { return h.now().step == 1 && h.now().state == State::paused; }));
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::running));
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_R);
  IM_CHECK(h.until(ctx, [&] { return h.now().state == State::ready && h.now().step == 0; }));
  // A space in a text field is a space.
  ctx->SetRef(h.window("controls").c_str());
  ctx->ItemClick("##filter");
  ctx->KeyChars("a b");
  ctx->Yield(3);
  IM_CHECK(h.now().state == State::ready);
}

void curves_grow(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return points(h.now(), "alpha_entropy/layer0") >= 8; }));
  const std::size_t before = points(h.now(), "alpha_entropy/layer0");
  const int vertices = drawn(h, "curves");
  IM_CHECK(h.until(ctx, [&] { return points(h.now(), "alpha_entropy/layer0") >= before + 40; }));
  IM_CHECK_GT(drawn(h, "curves"), vertices + 50);  // lines of more points
  IM_CHECK_GT(points(h.now(), "loss/total"), before);
  h.picture(ctx, "training");
}

void welcome_card(ImGuiTestContext* ctx, Harness& h) {
  IM_CHECK(Harness::shown("###welcome"));
  ctx->ItemClick(Harness::item("###welcome", "###start"));
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 0; }));
  IM_CHECK(!Harness::shown("###welcome"));
}

void reset_and_new_seed(ImGuiTestContext* ctx, Harness& h) {
  const std::int64_t seed = h.now().preset->parameters.integer("run.seed");
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 10; }));
  ctx->SetRef(bar);
  ctx->ItemClick("###reset");
  IM_CHECK(h.until(ctx, [&] { return h.now().state == State::ready && h.now().step == 0; }));
  IM_CHECK_EQ(h.now().preset->parameters.integer("run.seed"), seed);
  IM_CHECK_EQ(points(h.now(), "loss/total"), 0u);
  ctx->SetRef("##MainMenuBar");
  ctx->MenuClick("Experiment/New seed");
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->parameters.integer("run.seed") == seed + 1; }));
  IM_CHECK_EQ(h.now().step, 0);
}

void finishes(ImGuiTestContext* ctx, Harness& h) {
  h.script().step_us = 0;
  h.app().submit(command::Set{.path = "run.pace", .value = 0.0});
  h.app().submit(command::Set{.path = "run.steps", .value = std::int64_t{200}});
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::finished));
  IM_CHECK_EQ(h.now().step, 200);
  // The button is grey, and says why; so does the key.
  IM_CHECK((ctx->ItemInfo("//##MainMenuBar/##MenuBar/###play").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  ctx->KeyPress(ImGuiKey_Space);
  ctx->Yield(2);
  IM_CHECK_STR_EQ(h.app().notice().c_str(), refusal<command::Play>(State::finished));
}

void failure_and_recovery(ImGuiTestContext* ctx, Harness& h) {
  h.script().fail_at = 30;
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::failed));
  IM_CHECK_STR_EQ(h.now().failure.c_str(), "out of memory at step 30");
  IM_CHECK_EQ(h.app().errors(), 1u);
  IM_CHECK(Harness::shown("###failure"));
  h.picture(ctx, "failed");
  h.script().fail_at = -1;
  ctx->ItemClick(Harness::item("###failure", "###reset"));
  IM_CHECK(h.until(ctx, State::ready));
  ctx->Yield(2);
  IM_CHECK(!Harness::shown("###failure"));
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 40; }));
  IM_CHECK(h.now().state == State::running);
}

void nan_loss(ImGuiTestContext* ctx, Harness& h) {
  h.script().nan_at = 25;
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::failed));
  IM_CHECK(h.now().failure.find("nan") != std::string::npos);
  IM_CHECK(h.now().failure.find("25") != std::string::npos);
  h.script().nan_at = -1;
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_R);
  IM_CHECK(h.until(ctx, State::ready));
}

void pace(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef(bar);
  ctx->ItemClick("###pace");
  ctx->ItemClick("//$FOCUSED/5 steps\\/s");
  IM_CHECK(h.until(ctx, [&] { return h.now().parameters->real("run.pace") == 5; }));
  ctx->Yield(2);
  IM_CHECK(!h.app().document().changed(h.now()));  // no figure depends on it
}

// What would be refused can't be moved.
void a_failed_run_has_nothing_to_set_live(ImGuiTestContext* ctx, Harness& h) {
  h.script().fail_at = 20;
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::failed));
  ctx->SetRef(bar);
  IM_CHECK((ctx->ItemInfo("###pace").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  ctx->SetRef(h.window("controls").c_str());
  ctx->ItemClick("##filter");
  ctx->KeyCharsReplace("router temperature");
  ctx->Yield(2);
  ctx->SetRef(h.controls(ctx));
  IM_CHECK((ctx->ItemInfo("##model.router.temperature").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  ctx->SetRef(h.window("controls").c_str());
  ctx->ItemClick("##filter");
  ctx->KeyCharsReplace("experts.count");  // a rebuild is a way out of it
  ctx->Yield(2);
  ctx->SetRef(h.controls(ctx));
  IM_CHECK((ctx->ItemInfo("##model.experts.count").ItemFlags & ImGuiItemFlags_Disabled) == 0);
}

void closing_while_training(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::running));
  h.app().request_close();
  ctx->Yield();
  IM_CHECK(h.app().closing());
  h.restart(ctx, true);  // destroys the session in the middle of training
  IM_CHECK(h.until(ctx, State::ready));
}

}  // namespace

void add_training_tests(Harness& harness) {
  harness.add("training", "play_pause_step", play_pause_step);
  harness.add("training", "keyboard", keyboard);
  harness.add("training", "curves_grow", curves_grow);
  harness.add("training", "welcome_card", welcome_card);
  harness.add("training", "reset_and_new_seed", reset_and_new_seed);
  harness.add("training", "finishes", finishes);
  harness.add("training", "failure_and_recovery", failure_and_recovery);
  harness.add("training", "nan_loss", nan_loss);
  harness.add("training", "pace", pace);
  harness.add("training", "a_failed_run_has_nothing_to_set_live", a_failed_run_has_nothing_to_set_live);
  harness.add("training", "closing_while_training", closing_while_training);
}

}  // namespace tessera::test
