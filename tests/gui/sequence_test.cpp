// The sequence panel: the accuracy matrix of tasks one after another, in a made-up study.
#include "app/panels/heatmap.h"
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

// The panel in a window of its own, after so many steps of five tasks of 20 steps each.
void show(ImGuiTestContext* ctx, Harness& h, ImVec2 size, std::int64_t steps, const char* kind = "sequence") {
  Preset preset = *h.now().preset;
  preset.parameters.set("task.kind", std::string(kind));
  preset.parameters.set("task.sequence.steps", std::int64_t{20});
  preset.schedule.clear();
  const int builds = h.script().builds;
  h.app().submit(command::Load{preset});
  IM_CHECK(h.until(ctx, [&] { return h.script().builds > builds && h.now().state == State::ready; }));
  h.script().step_us = 500;
  h.app().submit(command::Step{static_cast<int>(steps)});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == steps && h.now().state == State::paused; }));
  h.app().show_panel("sequence", true);
  ctx->Yield(4);
  const std::string window = h.window("sequence");
  ctx->UndockWindow(window.c_str());
  ctx->WindowMove(window.c_str(), ImVec2(30, 40));
  ctx->WindowResize(window.c_str(), size);
  ctx->Yield(4);
  ctx->SetRef(window.c_str());
}

void it_says_what_it_needs(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, ImVec2(420, 360), 5, "classification");
  IM_CHECK(!ctx->ItemExists("##accuracies"));
  h.picture(ctx, "sequence_none");
}

void the_matrix_fills_in(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, ImVec2(600, 500), 90);
  IM_CHECK(ctx->ItemExists("##accuracies"));
  h.picture(ctx, "sequence_told");
  ctx->ItemClick("not told");
  ctx->Yield(3);
  IM_CHECK(ctx->ItemExists("##accuracies"));
  h.picture(ctx, "sequence_not_told");
  const ImGuiTestItemInfo item = ctx->ItemInfo("##accuracies");
  ctx->MouseMoveToPos(heatmap_cell(item.Window->StateStorage, item.ID, 2, 1));
  ctx->Yield(3);
  h.picture(ctx, "sequence_tooltip");
  ctx->ItemClick("task told");
  ctx->Yield(2);
}

void a_small_window_has_all_of_it(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, ImVec2(320, 260), 90);
  IM_CHECK(ctx->GetWindowByRef(h.window("sequence").c_str())->Rect().Contains(ctx->ItemInfo("##accuracies").RectFull));
  h.picture(ctx, "sequence_small");
}

}  // namespace

void add_sequence_tests(Harness& harness) {
  harness.add("sequence", "it_says_what_it_needs", it_says_what_it_needs);
  harness.add("sequence", "the_matrix_fills_in", the_matrix_fills_in);
  harness.add("sequence", "a_small_window_has_all_of_it", a_small_window_has_all_of_it);
}

}  // namespace tessera::test
