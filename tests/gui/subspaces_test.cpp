// The subspaces panel, and evictions on the timeline: experts of one backbone in a made-up study of two tasks.
#include <cmath>

#include "app/panels/heatmap.h"
#include "app/panels/timeline_axis.h"
#include "imgui_internal.h"
#include "tests/gui/alone.h"

namespace tessera::test {
namespace {

void train(ImGuiTestContext* ctx, Harness& h, std::int64_t steps) {
  h.script().step_us = 500;
  h.app().submit(command::Step{static_cast<int>(steps - h.now().step)});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == steps && h.now().state == State::paused; }));
  ctx->Yield(3);
}

// The panel in a window of its own, after 120 steps of a run whose experts are subspaces.
void show(ImGuiTestContext* ctx, Harness& h, ImVec2 size, const char* task = "interference",
          std::int64_t dimensions = 24) {
  show_alone(ctx, h, "subspaces",
             {{"task.kind", std::string(task)},
              {"model.experts.kind", std::string("subspace")},
              {"model.subspaces.backbone", dimensions}},
             120, size);
}

constexpr ImVec2 large(1200, 700), small(420, 360);

void click_cell(ImGuiTestContext* ctx, const char* heatmap, int row, int column) {
  const ImGuiTestItemInfo item = ctx->ItemInfo(heatmap);
  ctx->MouseMoveToPos(heatmap_cell(item.Window->StateStorage, item.ID, row, column));
  ctx->Yield(2);
  ctx->MouseClick();
  ctx->Yield(3);
}

Matrix newest(Harness& h, const std::string& name) {
  const auto& metrics = h.now().description->metrics;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].name == name) return *h.now().matrices[i];
  }
  throw std::out_of_range(name);
}

std::string chosen_layer(Harness& h) { return "layer" + std::to_string(h.app().selection().layer); }

// The first dimension that so many experts have picked.
int held_by(Harness& h, const std::string& layer, int count) {
  const Matrix alpha = newest(h, "subspace_alpha/" + layer);
  for (int d = 0; d < alpha.columns; ++d) {
    int found = 0;
    for (int expert = 0; expert < alpha.rows; ++expert) found += !std::isnan(alpha.at(expert, d));
    if (found == count) return d;
  }
  throw std::out_of_range(layer);
}

ImGuiID holding(ImGuiTestContext* ctx, Harness& h) { return h.child(ctx, "subspaces", "##holding"); }

// Whether the table lists the experts that have picked the dimension, and no others.
void check_holders(ImGuiTestContext* ctx, Harness& h, const std::string& layer, int dimension) {
  const Matrix alpha = newest(h, "subspace_alpha/" + layer);
  ImGuiWindow* const child = ImGui::FindWindowByID(holding(ctx, h));
  IM_CHECK(child != nullptr);
  ctx->SetRef(child);
  const ImGuiID table = ctx->GetID("##holders");
  ImGuiWindow* rows = nullptr;  // the table scrolls in a window of its own
  for (ImGuiWindow* window : child->DC.ChildWindows) {
    if (window->ChildId == table || std::string(window->Name).find("##holders") != std::string::npos) rows = window;
  }
  IM_CHECK(rows != nullptr);
  ctx->SetRef(rows);
  int found = 0;
  for (int expert = 0; expert < alpha.rows; ++expert) {
    const bool held = !std::isnan(alpha.at(expert, dimension));
    IM_CHECK_EQ(ctx->ItemExists(("**/##holder " + std::to_string(expert)).c_str()), held);
    found += held;
  }
  IM_CHECK_GT(found, 0);
  ctx->SetRef(h.window("subspaces").c_str());
}

void from_experts_of_their_own(ImGuiTestContext* ctx, Harness& h) {
  h.app().show_panel("subspaces", true);
  ctx->Yield(4);
  ctx->SetRef(h.window("subspaces").c_str());
  IM_CHECK(!ctx->ItemExists("##alpha"));
  h.picture(ctx, "subspaces_none");
  ctx->ItemClick("Use subspaces");
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  IM_CHECK_EQ(h.script().builds.load(), 1);
  ctx->ItemClick("//###question/Build anew");
  IM_CHECK(h.until(ctx, [&] { return h.script().builds == 2 && h.now().state == State::ready; }));
  IM_CHECK_EQ(h.now().parameters->text("model.experts.kind"), "subspace");
  ctx->Yield(3);
  ctx->SetRef(h.window("subspaces").c_str());
  IM_CHECK(!ctx->ItemExists("Use subspaces"));
}

void a_cell_selects_layer_and_expert(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large);
  h.picture(ctx, "subspaces");
  click_cell(ctx, "##figure", 5, 3);
  IM_CHECK_EQ(h.app().selection().layer, 3);
  IM_CHECK_EQ(h.app().selection().expert, 5);
  ctx->ComboClick("##layer/layer 1");
  ctx->Yield(2);
  IM_CHECK_EQ(h.app().selection().layer, 1);
  click_cell(ctx, "##pairs", 2, 4);
  IM_CHECK_EQ(h.app().selection().expert, 2);
  IM_CHECK(ctx->ItemExists("##tasks"));
}

void a_dimension_and_its_holders(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large);
  IM_CHECK(!ctx->ItemExists("**/##cosines"));
  ctx->ComboClick("##layer/layer 1");
  click_cell(ctx, "##alpha", 2, 7);
  IM_CHECK_EQ(h.app().selection().expert, 2);
  check_holders(ctx, h, "layer1", 7);
  h.picture(ctx, "subspaces_dimension");
  click_cell(ctx, "##over_time", 11, 2);
  check_holders(ctx, h, "layer1", 11);
  ctx->SetRef(holding(ctx, h));
  IM_CHECK(ctx->ItemExists("##cosines"));
  ctx->ItemInputValue("##dimension", 3);
  ctx->Yield(2);
  check_holders(ctx, h, "layer1", 3);
}

// Columns are the frames, every 25 steps; the name of one goes back to it, and all that is shown is of then.
void conflict_over_time(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large);
  const ImGuiTestItemInfo item = ctx->ItemInfo("##over_time");
  IM_CHECK(item.ID != 0);
  const Image before = h.look(ctx, item);
  const ImVec2 last = heatmap_cell(item.Window->StateStorage, item.ID, 23, 2);
  ctx->MouseMoveToPos(ImVec2(last.x, item.RectFull.Max.y - ImGui::GetTextLineHeight()));
  ctx->Yield(2);
  ctx->MouseClick();
  ctx->Yield(3);
  IM_CHECK_EQ(static_cast<int>(h.app().rewind().moment()), 50);
  h.picture(ctx, "subspaces_gone_back");
  ctx->KeyPress(ImGuiKey_End);
  train(ctx, h, 160);  // two frames more
  ctx->SetRef(h.window("subspaces").c_str());
  IM_CHECK(h.look(ctx, ctx->ItemInfo("##over_time")).rgb != before.rgb);
}

void one_task_has_no_conflict(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, "classification");
  IM_CHECK(ctx->ItemExists("##alpha"));
  IM_CHECK(!ctx->ItemExists("##tasks"));
  IM_CHECK(!ctx->ItemExists("##over_time"));
  IM_CHECK(h.child(ctx, "subspaces", "##one_task") != 0);
  const int dimension = held_by(h, chosen_layer(h), 2);
  click_cell(ctx, "##alpha", 1, dimension);
  check_holders(ctx, h, chosen_layer(h), dimension);
  h.picture(ctx, "subspaces_one_task");
}

void a_small_window_shows_one_part(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, small);
  const std::pair<const char*, const char*> parts[] = {{"Overlap by layer", "##figure"},
                                                       {"Rank overlap of pairs", "##pairs"},
                                                       {"Conflict of tasks", "##tasks"},
                                                       {"Conflict over time", "##over_time"},
                                                       {"Alpha by dimension", "##alpha"}};
  for (const auto& [part, item] : parts) {
    ctx->ComboClick((std::string("##part/") + part).c_str());
    ctx->Yield(2);
    for (const auto& [other, its] : parts) IM_CHECK_EQ(ctx->ItemExists(its), std::string(its) == item);
    IM_CHECK(ctx->GetWindowByRef(h.window("subspaces").c_str())->Rect().Contains(ctx->ItemInfo(item).RectFull));
    h.picture(ctx, std::string("subspaces_small_") + (item + 2));
  }
  const int dimension = held_by(h, chosen_layer(h), 1);
  click_cell(ctx, "##alpha", 2, dimension);  // what it asks for is shown
  check_holders(ctx, h, chosen_layer(h), dimension);
  h.picture(ctx, "subspaces_small_holding");
}

// As many dimensions as a backbone usually has: the maps are textures.
void a_wide_backbone(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, "interference", 1024);
  click_cell(ctx, "##alpha", 3, 700);
  click_cell(ctx, "##over_time", 1000, 3);
  h.picture(ctx, "subspaces_wide");
  for (const ImGuiWindow* child : Harness::find("###subspaces")->DC.ChildWindows) {
    if (std::string(child->Name).find("##holders") == std::string::npos) IM_CHECK_EQ(child->ScrollMax.y, 0);
  }
}

void evictions_on_the_timeline(ImGuiTestContext* ctx, Harness& h) {
  Preset plain = *h.now().preset;
  plain.schedule.clear();
  h.app().submit(command::Load{plain});
  IM_CHECK(h.until(ctx, [&] { return h.script().builds == 2 && h.now().state == State::ready; }));
  h.app().show_panel("timeline", true);
  ctx->Yield(6);
  ctx->SetRef(h.child(ctx, "timeline", "##rows"));
  const float without = ctx->ItemInfo("##axis").RectFull.GetHeight();
  show(ctx, h, small);
  ctx->WindowMove(h.window("subspaces").c_str(), ImVec2(1200, 700));
  h.app().show_panel("timeline", true);
  ctx->Yield(6);
  ctx->SetRef(h.child(ctx, "timeline", "##rows"));
  const ImGuiTestItemInfo axis = ctx->ItemInfo("##axis");
  IM_CHECK_GT(axis.RectFull.GetHeight(), without);
  // The made-up study evicts at steps 10, 30, ..., in layer 0. A pixel or two beside the tick counts as on it.
  const float x = timeline_x(axis.Window->StateStorage, 70);
  ctx->MouseMoveToPos(ImVec2(x + 2, axis.RectFull.Max.y - 6));
  ctx->Yield(3);
  h.picture(ctx, "timeline_evictions");
  ctx->MouseClick();
  ctx->Yield(3);
  IM_CHECK_EQ(static_cast<int>(h.app().rewind().moment()), 70);
}

}  // namespace

void add_subspace_tests(Harness& harness) {
  harness.add("subspaces", "from_experts_of_their_own", from_experts_of_their_own);
  harness.add("subspaces", "a_cell_selects_layer_and_expert", a_cell_selects_layer_and_expert);
  harness.add("subspaces", "a_dimension_and_its_holders", a_dimension_and_its_holders);
  harness.add("subspaces", "conflict_over_time", conflict_over_time);
  harness.add("subspaces", "one_task_has_no_conflict", one_task_has_no_conflict);
  harness.add("subspaces", "a_small_window_shows_one_part", a_small_window_shows_one_part);
  harness.add("subspaces", "a_wide_backbone", a_wide_backbone);
  harness.add("subspaces", "evictions_on_the_timeline", evictions_on_the_timeline);
}

}  // namespace tessera::test
