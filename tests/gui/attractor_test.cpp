// The attractor panel, and phase transitions on the timeline: experts of a head that become alike, in a made-up study.
#include "app/panels/heatmap.h"
#include "app/panels/timeline_axis.h"
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

constexpr ImVec2 large(900, 560), narrow(360, 620), small(320, 260);

// The panel in a window of its own, after 90 steps of five tasks of 20 steps each.
void show(ImGuiTestContext* ctx, Harness& h, ImVec2 size, const char* head = "experts", std::int64_t every = 10) {
  constexpr std::int64_t steps = 90;
  Preset preset = *h.now().preset;
  preset.parameters.set("task.kind", std::string("sequence"));
  preset.parameters.set("task.sequence.steps", std::int64_t{20});
  preset.parameters.set("model.head.kind", std::string(head));
  preset.parameters.set("measure.attractor_every", every);
  preset.schedule.clear();
  const int builds = h.script().builds;
  h.app().submit(command::Load{preset});
  IM_CHECK(h.until(ctx, [&] { return h.script().builds > builds && h.now().state == State::ready; }));
  h.script().step_us = 500;
  h.app().submit(command::Step{static_cast<int>(steps)});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == steps && h.now().state == State::paused; }));
  h.app().show_panel("attractor", true);
  ctx->Yield(4);
  const std::string window = h.window("attractor");
  ctx->UndockWindow(window.c_str());
  ctx->WindowMove(window.c_str(), ImVec2(30, 40));
  ctx->WindowResize(window.c_str(), size);
  ctx->Yield(4);
  ctx->SetRef(window.c_str());
}

Panel& panel(Harness& h) {
  for (const auto& panel : h.app().panels()) {
    if (panel->name() == std::string("attractor")) return *panel;
  }
  throw std::out_of_range("attractor");
}

bool within_its_window(ImGuiTestContext* ctx, Harness& h, const char* item) {
  return ctx->GetWindowByRef(h.window("attractor").c_str())->Rect().Contains(ctx->ItemInfo(item).RectFull);
}

void it_says_what_it_needs(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, narrow, "linear");
  IM_CHECK(!ctx->ItemExists("##experts"));
  h.picture(ctx, "attractor_none");
  show(ctx, h, narrow, "experts", 0);
  IM_CHECK(!ctx->ItemExists("##experts"));
}

void how_alike_experts_are(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large);
  for (const char* item : {"##operator isolation", "##operator freezing", "##operator perturbation"}) {
    IM_CHECK(within_its_window(ctx, h, item));
  }
  Image before = h.look(ctx, ctx->ItemInfo("##experts"));
  for (const char* tab : {"weights", "CKA", "gradients"}) {
    ctx->ItemClick(tab);
    ctx->MouseMoveToPos(ImVec2(1300, 800));
    ctx->Yield(3);
    const Image now = h.look(ctx, ctx->ItemInfo("##experts"));
    IM_CHECK(now.rgb != before.rgb);
    before = now;
    h.picture(ctx, std::string("attractor_") + tab);
  }
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "tab=gradients");
  ctx->ItemClick("outputs");
  const ImGuiTestItemInfo item = ctx->ItemInfo("##experts");
  ctx->MouseMoveToPos(heatmap_cell(item.Window->StateStorage, item.ID, 2, 1));
  ctx->Yield(3);
  h.picture(ctx, "attractor_outputs");
  ctx->MouseClick();
  ctx->Yield(2);
  IM_CHECK_EQ(h.app().selection().expert, 2);
  IM_CHECK_EQ(h.app().selection().layer, h.now().description->layers - 1);
  ctx->MouseMove("##operator isolation");
  ctx->SleepNoSkip(0.5f, 0.05f);
  ctx->Yield(3);
  h.picture(ctx, "attractor_operator");
}

void the_tab_is_remembered(ImGuiTestContext* ctx, Harness& h) {
  panel(h).restore("tab=cka");
  show(ctx, h, large, "tiles");
  h.picture(ctx, "attractor_tiles");
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "tab=cka");
  panel(h).restore("tab=nonsense");
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "tab=cka");
}

void similarity_over_the_run(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large);
  // The made-up study has phase transitions at the steps 15, 45, 75. The axis goes from 0 to 90.
  const ImRect plot = ctx->ItemInfo("##similarity").RectFull;
  IM_CHECK(within_its_window(ctx, h, "##similarity"));
  ctx->MouseMoveToPos(ImVec2(plot.Min.x + plot.GetWidth() * 0.53f, plot.GetCenter().y));
  ctx->Yield(3);
  h.picture(ctx, "attractor_by_step");
}

// What was in force then, in all of it.
void back_at_a_moment(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large);
  const Image now = h.look(ctx, ctx->ItemInfo("##operator isolation"));
  h.app().rewind().go_to(30);
  ctx->Yield(4);
  IM_CHECK(h.look(ctx, ctx->ItemInfo("##operator isolation")).rgb != now.rgb);
  h.picture(ctx, "attractor_then");
  h.app().set_theme(false);
  ctx->Yield(3);
  h.picture(ctx, "attractor_light");
}

void windows_of_any_size(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, narrow);
  for (const char* item : {"##experts", "##similarity", "##operator perturbation"}) {
    IM_CHECK(within_its_window(ctx, h, item));
  }
  IM_CHECK_GT(ctx->ItemInfo("##similarity").RectFull.Min.y, ctx->ItemInfo("##experts").RectFull.Max.y);
  h.picture(ctx, "attractor_narrow");
  // A small one shows one of them.
  ctx->WindowResize(h.window("attractor").c_str(), small);
  ctx->Yield(4);
  IM_CHECK(within_its_window(ctx, h, "##experts"));
  IM_CHECK(!ctx->ItemExists("##similarity"));
  h.picture(ctx, "attractor_small");
  ctx->ComboClick("##attractor_view/by step");
  ctx->Yield(3);
  IM_CHECK(within_its_window(ctx, h, "##similarity"));
  IM_CHECK(!ctx->ItemExists("##experts"));
  h.picture(ctx, "attractor_small_by_step");
}

void phase_transitions_on_the_timeline(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, small);
  ctx->WindowMove(h.window("attractor").c_str(), ImVec2(1100, 620));
  h.app().show_panel("timeline", true);
  ctx->Yield(6);
  ctx->SetRef(h.child(ctx, "timeline", "##rows"));
  const ImGuiTestItemInfo axis = ctx->ItemInfo("##axis");
  ctx->MouseMoveToPos(ImVec2(timeline_x(axis.Window->StateStorage, 45) + 2, axis.RectFull.Max.y - 6));
  ctx->Yield(3);
  h.picture(ctx, "timeline_phase_transitions");
  ctx->MouseClick();
  ctx->Yield(3);
  IM_CHECK_EQ(static_cast<int>(h.app().rewind().moment()), 45);
}

}  // namespace

void add_attractor_tests(Harness& harness) {
  harness.add("attractor", "it_says_what_it_needs", it_says_what_it_needs);
  harness.add("attractor", "how_alike_experts_are", how_alike_experts_are);
  harness.add("attractor", "the_tab_is_remembered", the_tab_is_remembered);
  harness.add("attractor", "similarity_over_the_run", similarity_over_the_run);
  harness.add("attractor", "back_at_a_moment", back_at_a_moment);
  harness.add("attractor", "windows_of_any_size", windows_of_any_size);
  harness.add("attractor", "phase_transitions_on_the_timeline", phase_transitions_on_the_timeline);
}

}  // namespace tessera::test
