// The sequence panel: the accuracy matrix of tasks one after another, and routing by task, in a made-up study.
#include "app/panels/heatmap.h"
#include "imgui_internal.h"
#include "tests/gui/alone.h"

namespace tessera::test {
namespace {

// The panel in a window of its own, after so many steps of five tasks of 20 steps each.
void show(ImGuiTestContext* ctx, Harness& h, ImVec2 size, std::int64_t steps, const char* kind = "sequence",
          const char* head = "linear", bool inferred = false) {
  show_alone(ctx, h, "sequence",
             {{"task.kind", std::string(kind)},
              {"task.sequence.steps", std::int64_t{20}},
              {"model.head.kind", std::string(head)},
              {"measure.inferred_tiles", inferred}},
             steps, size);
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

Panel& panel(Harness& h) {
  for (const auto& panel : h.app().panels()) {
    if (panel->name() == std::string("sequence")) return *panel;
  }
  throw std::out_of_range("sequence");
}

void the_tile_is_inferred(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, ImVec2(700, 500), 90, "sequence", "tiles", true);
  for (const char* view : {"class mean", "entropy", "classifier"}) {
    ctx->ItemClick(view);
    ctx->Yield(3);
    IM_CHECK(ctx->ItemExists("##accuracies"));
  }
  h.picture(ctx, "sequence_inferred");
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "view=classifier");
}

void routing_by_task(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, ImVec2(600, 500), 90, "sequence", "experts");
  ctx->ItemClick("routing");
  ctx->Yield(3);
  IM_CHECK(!ctx->ItemExists("##accuracies"));
  const ImGuiTestItemInfo item = ctx->ItemInfo("##routing_by_task");
  ctx->MouseMoveToPos(heatmap_cell(item.Window->StateStorage, item.ID, 2, 1));
  ctx->Yield(3);
  h.picture(ctx, "sequence_routing");
  ctx->MouseClick();
  ctx->Yield(2);
  IM_CHECK_EQ(h.app().selection().expert, 2);
  ctx->ComboClick("##layer/experts");  // those of the head
  ctx->MouseMoveToPos(ImVec2(1300, 870));
  ctx->Yield(3);
  IM_CHECK_EQ(h.app().selection().layer, h.now().description->layers - 1);
  h.picture(ctx, "sequence_routing_of_the_head");
}

// What was written when there were two of them still says which.
void older_settings(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, ImVec2(600, 500), 30);
  panel(h).restore("told=0");
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "view=class_il");
  panel(h).restore("told=1");
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "view=task_il");
  panel(h).restore("view=entropy");  // this experiment has none: another view, and the choice stays
  ctx->Yield(3);
  IM_CHECK(ctx->ItemExists("##accuracies"));
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "view=entropy");
  ctx->ItemClick("task told");  // the one that is shown instead is chosen when it is clicked
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "view=task_il");
}

// Where the tabs don't fit, a combo has them.
void a_narrow_window_has_a_combo(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, ImVec2(320, 300), 90, "sequence", "tiles", true);
  IM_CHECK(!ctx->ItemExists("entropy"));
  ctx->ComboClick("##view/entropy");
  ctx->Yield(3);
  IM_CHECK(ctx->GetWindowByRef(h.window("sequence").c_str())->Rect().Contains(ctx->ItemInfo("##accuracies").RectFull));
  h.picture(ctx, "sequence_narrow");
  ctx->ComboClick("##view/routing");
  ctx->Yield(3);
  IM_CHECK(ctx->ItemExists("##routing_by_task"));
  show(ctx, h, ImVec2(230, 300), 30);
  panel(h).restore("view=entropy");
  ctx->ComboClick("##view/task told");
  IM_CHECK_STR_EQ(panel(h).settings().c_str(), "view=task_il");
}

}  // namespace

void add_sequence_tests(Harness& harness) {
  harness.add("sequence", "it_says_what_it_needs", it_says_what_it_needs);
  harness.add("sequence", "the_matrix_fills_in", the_matrix_fills_in);
  harness.add("sequence", "a_small_window_has_all_of_it", a_small_window_has_all_of_it);
  harness.add("sequence", "the_tile_is_inferred", the_tile_is_inferred);
  harness.add("sequence", "routing_by_task", routing_by_task);
  harness.add("sequence", "older_settings", older_settings);
  harness.add("sequence", "a_narrow_window_has_a_combo", a_narrow_window_has_a_combo);
}

}  // namespace tessera::test
