// The attractor panel, and phase transitions on the timeline: experts of a head that become alike, in a made-up study.
#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/heatmap.h"
#include "app/panels/timeline_axis.h"
#include "imgui_internal.h"
#include "tests/gui/alone.h"

namespace tessera::test {
namespace {

constexpr ImVec2 large(900, 560), narrow(360, 620), small(320, 260);

// The panel in a window of its own, after 90 steps of five tasks.
void show(ImGuiTestContext* ctx, Harness& h, ImVec2 size, const char* head = "experts", std::int64_t every = 10,
          std::int64_t steps_of_task = 20) {
  show_alone(ctx, h, "attractor",
             {{"task.kind", std::string("sequence")},
              {"task.sequence.steps", steps_of_task},
              {"model.head.kind", std::string(head)},
              {"measure.attractor_every", every}},
             90, size);
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
  panel(h).restore("tab=by_step");  // beside the tabs here: another one is shown, and chosen when it is clicked
  ctx->Yield(3);
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "tab=by_step");
  ctx->ItemClick("outputs");
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "tab=outputs");
}

// The middles of the groups of columns that have a pixel which `is` (a byte's index in rgb).
template <class Is>
std::vector<double> marked(const Image& image, const Is& is) {
  std::vector<double> middles;
  int first = -1;
  for (int x = 0; x <= image.width; ++x) {
    bool any = false;
    for (int y = 0; y < image.height && x < image.width && !any; ++y) {
      any = is(static_cast<std::size_t>(3 * (y * image.width + x)));
    }
    if (any && first < 0) first = x;
    if (!any && first >= 0) middles.push_back((first + x - 1) / 2.0);
    if (!any) first = -1;
  }
  return middles;
}

void similarity_over_the_run(ImGuiTestContext* ctx, Harness& h) {
  const auto plot = [&] {
    ctx->MouseMoveToPos(ImVec2(1300, 800));
    ctx->Yield(3);
    return h.look(ctx, ctx->ItemInfo("##similarity"));
  };
  show(ctx, h, large, "experts", 10, 1000);  // no second task
  const Image alone = plot();
  show(ctx, h, large, "experts", 10, 22);
  IM_CHECK(within_its_window(ctx, h, "##similarity"));
  const Image image = plot();
  const Colour warning = tones(true).warning;
  const std::vector<double> turns = marked(image, [&](std::size_t at) {
    return image.rgb[at] == (warning >> red_shift & 255) && image.rgb[at + 1] == (warning >> green_shift & 255) &&
           image.rgb[at + 2] == (warning >> blue_shift & 255);
  });
  // The made-up study has phase transitions at the steps 15, 45, 75.
  IM_CHECK_EQ(turns.size(), 3u);
  const double step = (turns[2] - turns[0]) / 60;  // in pixels
  IM_CHECK_GT(step, 2);
  IM_CHECK_LE(std::abs(turns[1] - turns[0] - 30 * step), 1.5);
  IM_CHECK_EQ(image.rgb.size(), alone.rgb.size());
  const std::vector<double> begins = marked(image, [&](std::size_t at) {
    return !std::equal(image.rgb.begin() + static_cast<std::ptrdiff_t>(at),
                       image.rgb.begin() + static_cast<std::ptrdiff_t>(at + 3),
                       alone.rgb.begin() + static_cast<std::ptrdiff_t>(at));
  });
  IM_CHECK_EQ(begins.size(), 4u);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    IM_CHECK_LE(std::abs(begins[i] - turns[0] - (22 * static_cast<double>(i + 1) - 15) * step), 1.5);
  }
  const ImRect at = ctx->ItemInfo("##similarity").RectFull;
  ctx->MouseMoveToPos(ImVec2(at.Min.x + static_cast<float>(begins[1]), at.GetCenter().y));
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
