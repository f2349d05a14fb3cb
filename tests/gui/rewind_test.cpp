// Going back in a run: the bar, the keys, the axis of the curves; what the panels show then.
#include "app/panels/heatmap.h"
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

void train(ImGuiTestContext* ctx, Harness& h, std::int64_t steps) {
  h.script().step_us = 500;
  h.app().submit(command::Step{static_cast<int>(steps)});
  IM_CHECK(h.until(ctx, [&] { return h.now().step >= steps && h.now().state == State::paused; }));
}

int moment(Harness& h) { return static_cast<int>(h.app().rewind().moment()); }

ImGuiID bar(const char* item) { return Harness::item("###rewind", item); }

// Of the newest frame at or before the moment that the made-up engine wrote: one every 25 steps.
bool matrices_are_of(const Snapshot& shown, std::int64_t step) {
  int seen = 0;
  for (const auto& matrix : shown.matrices) {
    if (!matrix) continue;
    ++seen;
    if (matrix->step != step) return false;
  }
  return seen > 5;
}

void keys(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_LeftArrow);
  IM_CHECK_EQ(moment(h), -1);  // there is nothing before the first step
  train(ctx, h, 120);
  ctx->KeyPress(ImGuiKey_LeftArrow);
  IM_CHECK_EQ(moment(h), 100);
  ctx->KeyPress(ImGuiKey_LeftArrow);
  IM_CHECK_EQ(moment(h), 75);
  IM_CHECK(matrices_are_of(h.app().rewind().shown(), 75));
  IM_CHECK_EQ(h.app().rewind().shown().step, 76);
  ctx->KeyPress(ImGuiKey_RightArrow);
  IM_CHECK_EQ(moment(h), 100);
  ctx->KeyPress(ImGuiKey_Home);
  IM_CHECK_EQ(moment(h), 0);
  ctx->KeyPress(ImGuiKey_End);
  IM_CHECK_EQ(moment(h), -1);
  ctx->KeyPress(ImGuiKey_LeftArrow);
  ctx->KeyPress(ImGuiKey_RightArrow);
  IM_CHECK_EQ(moment(h), -1);
  ctx->KeyPress(ImGuiKey_Home);
  ctx->KeyPress(ImGuiKey_Escape);
  IM_CHECK_EQ(moment(h), -1);
  // Keys that a text field has are its own.
  ctx->SetRef(h.window("controls").c_str());
  ctx->ItemClick("##filter");
  ctx->KeyPress(ImGuiKey_LeftArrow);
  ctx->KeyPress(ImGuiKey_Home);
  IM_CHECK_EQ(moment(h), -1);
  // So are they of who goes through the window by keyboard.
  ctx->KeyPress(ImGuiKey_Escape);
  ctx->KeyPress(ImGuiKey_Tab);
  ctx->Yield(2);
  IM_CHECK(ImGui::GetIO().NavVisible);
  ctx->KeyPress(ImGuiKey_LeftArrow);
  IM_CHECK_EQ(moment(h), -1);
}

void the_bar(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 200);
  IM_CHECK((ctx->ItemInfo(bar("###now")).ItemFlags & ImGuiItemFlags_Disabled) != 0);
  const ImRect track = ctx->ItemInfo(bar("###moment")).RectFull;
  ctx->MouseMoveToPos(ImVec2(track.GetCenter().x, track.GetCenter().y));
  ctx->MouseDown();
  ctx->Yield(2);
  IM_CHECK_GT(moment(h), 90);
  IM_CHECK_LT(moment(h), 110);
  ctx->MouseMoveToPos(ImVec2(track.Min.x + track.GetWidth() * 0.75f, track.GetCenter().y));
  IM_CHECK_GT(moment(h), 110);
  ctx->MouseUp();
  ctx->Yield(2);
  h.picture(ctx, "rewound");
  ctx->ItemClick(bar("###now"));
  ctx->Yield(2);
  IM_CHECK_EQ(moment(h), -1);
}

// What a person sees of the heatmap of pairs; the pointer is elsewhere.
Image pairs(ImGuiTestContext* ctx, Harness& h) {
  ctx->MouseMoveToPos(ImVec2(2, ImGui::GetIO().DisplaySize.y - 2));
  ctx->SetRef(h.window("overlap").c_str());
  return h.look(ctx, ctx->ItemInfo("##pairs"));
}

void panels_show_the_moment_while_it_trains(ImGuiTestContext* ctx, Harness& h) {
  // What is shown at step 50 of the same run when it has just got there.
  train(ctx, h, 51);
  h.script().step_us = 4000;
  const Image then = pairs(ctx, h);
  IM_CHECK_GT(then.rgb.size(), 30000u);
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 200; }));
  IM_CHECK(pairs(ctx, h).rgb != then.rgb);
  h.app().rewind().go_to(60);
  const std::int64_t began = h.now().step;
  IM_CHECK(h.until(ctx, [&] { return h.now().step > began + 100; }));  // it goes on behind
  IM_CHECK(h.now().state == State::running);
  IM_CHECK_EQ(moment(h), 60);
  IM_CHECK(pairs(ctx, h).rgb == then.rgb);  // the same to the last pixel
  IM_CHECK(matrices_are_of(h.app().rewind().shown(), 50));
  h.picture(ctx, "rewound_running");
  // A click works as ever.
  ctx->SetRef(h.window("overlap").c_str());
  const ImGuiTestItemInfo map = ctx->ItemInfo("##pairs");
  const ImVec2 cell = heatmap_cell(map.Window->StateStorage, map.ID, 3, 1);
  ctx->MouseMoveToPos(cell);
  ctx->MouseClick(0);
  ctx->Yield(2);
  IM_CHECK_EQ(h.app().selection().expert, 3);
  // The transport acts on the run.
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::paused));
  IM_CHECK_EQ(moment(h), 60);
}

void controls_are_of_then_and_greyed(ImGuiTestContext* ctx, Harness& h) {
  const double before = h.now().parameters->real("model.router.temperature");
  train(ctx, h, 60);
  h.app().submit(command::Set{"model.router.temperature", 0.25});
  IM_CHECK(h.until(ctx, [&] { return h.now().parameters->real("model.router.temperature") == 0.25; }));
  h.app().submit(command::Step{60});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == 120 && h.now().state == State::paused; }));
  h.app().rewind().go_to(30);
  ctx->Yield(2);
  IM_CHECK_EQ(h.app().rewind().shown().parameters->real("model.router.temperature"), before);
  ctx->SetRef(h.window("controls").c_str());
  ctx->ItemClick("##filter");
  ctx->KeyCharsReplace("router.temperature");
  ctx->Yield(2);
  const ImGuiID parameters = h.controls(ctx);
  const auto slider = [&] {
    ctx->SetRef(parameters);
    return ctx->ItemInfo("##model.router.temperature");
  };
  IM_CHECK((slider().ItemFlags & ImGuiItemFlags_Disabled) != 0);
  h.picture(ctx, "controls_then");
  ctx->SetRef(h.window("controls").c_str());
  ctx->ItemClick("Now");
  ctx->Yield(2);
  IM_CHECK_EQ(moment(h), -1);
  IM_CHECK((slider().ItemFlags & ImGuiItemFlags_Disabled) == 0);
  IM_CHECK_EQ(h.now().parameters->real("model.router.temperature"), 0.25);
}

void the_axis_of_the_curves(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 200);
  const ImGuiWindow* window = ctx->WindowInfo(h.window("curves").c_str()).Window;
  const ImRect inner = window->InnerRect;
  // The figures of the step axis are in the last line but one of the panel.
  const float y = inner.Max.y - ImGui::GetTextLineHeight() * 1.6f - 4;
  ctx->MouseMoveToPos(ImVec2(inner.Min.x + inner.GetWidth() * 0.25f, y));
  ctx->MouseDown();
  ctx->Yield(2);
  const int first = moment(h);
  IM_CHECK_GT(first, 40);  // the middle of the left plot
  IM_CHECK_LT(first, 160);
  ctx->MouseMoveToPos(ImVec2(inner.Min.x + inner.GetWidth() * 0.4f, y));
  ctx->Yield(2);
  IM_CHECK_GT(moment(h), first);
  ctx->MouseUp();
  ctx->Yield(2);
  h.picture(ctx, "curves_then");
  IM_CHECK_GT(moment(h), first);
}

void another_run_ends_it(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 100);
  ctx->KeyPress(ImGuiKey_Home);
  IM_CHECK_EQ(moment(h), 0);
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_R);
  IM_CHECK(h.until(ctx, [&] { return h.now().state == State::ready && h.now().step == 0; }));
  IM_CHECK_EQ(moment(h), -1);
}

}  // namespace

void add_rewind_tests(Harness& harness) {
  harness.add("rewind", "keys", keys);
  harness.add("rewind", "the_bar", the_bar);
  harness.add("rewind", "panels_show_the_moment_while_it_trains", panels_show_the_moment_while_it_trains);
  harness.add("rewind", "controls_are_of_then_and_greyed", controls_are_of_then_and_greyed);
  harness.add("rewind", "the_axis_of_the_curves", the_axis_of_the_curves);
  harness.add("rewind", "another_run_ends_it", another_run_ends_it);
}

}  // namespace tessera::test
