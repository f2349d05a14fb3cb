// The tiles panel: the mosaic and its colours, and layouts that are changed by clicking while a made-up study goes on.
#include "app/panels/heatmap.h"
#include "imgui_internal.h"
#include "tests/gui/alone.h"

namespace tessera::test {
namespace {

using Tiles = std::vector<std::vector<int>>;
constexpr const char* list_path = "model.head.tiles.list";
constexpr const char* layout_path = "model.head.tiles.layout";
const Tiles contiguous = {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}};

// The panel in a window of its own, after so many steps; tiles of an experiment that learns five tasks of 20 steps
// each, or one.
void show(ImGuiTestContext* ctx, Harness& h, ImVec2 size, std::int64_t steps, const char* kind = "sequence",
          const char* layout = "contiguous", bool by_label = false) {
  show_alone(ctx, h, "tiles",
             {{"task.kind", std::string(kind)},
              {"task.sequence.steps", std::int64_t{20}},
              {"model.head.kind", std::string("tiles")},
              {"model.head.route_by_label", by_label},
              {layout_path, std::string(layout)}},
             steps, size);
}

constexpr ImVec2 large(760, 460), narrow(260, 560);

void point_at(ImGuiTestContext* ctx, Harness& h, int of_class, int tile) {
  ctx->SetRef(h.window("tiles").c_str());
  const ImGuiTestItemInfo item = ctx->ItemInfo("##mosaic");
  ctx->MouseMoveToPos(heatmap_cell(item.Window->StateStorage, item.ID, of_class, tile));
  ctx->Yield(2);
}

void click_cell(ImGuiTestContext* ctx, Harness& h, int of_class, int tile) {
  point_at(ctx, h, of_class, tile);
  ctx->MouseClick();
  ctx->Yield(2);
}

void away(ImGuiTestContext* ctx) {
  ctx->MouseMoveToPos(ImVec2(1300, 870));
  ctx->Yield(3);
}

bool disabled(ImGuiTestContext* ctx, const char* item) {
  return (ctx->ItemInfo(item).ItemFlags & ImGuiItemFlags_Disabled) != 0;
}

std::string text_of(Harness& h, const char* path) { return h.now().parameters->text(path); }

void steps_more(ImGuiTestContext* ctx, Harness& h, int count) {
  const std::int64_t to = h.now().step + count;
  h.app().submit(command::Step{count});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == to && h.now().state == State::paused; }));
  ctx->Yield(3);
}

void from_a_linear_head(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef(h.window("tiles").c_str());
  ctx->ItemClick("Use tiles");
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  ctx->ItemClick("//###question/Build anew");
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles().size() == 5; }));
  IM_CHECK(h.until(ctx, State::ready));
  ctx->SetRef(h.window("tiles").c_str());
  IM_CHECK(ctx->ItemExists("##mosaic"));
}

// How many tiles there are needs a rebuild; which classes they have doesn't.
void rows_of_parameters(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 10, "classification");
  const auto row = [&](const char* path) {
    const ImGuiID layout = h.child(ctx, "tiles", "##layout");
    ctx->SetRef(ctx->GetID(("$$" + std::to_string(h.app().run().id)).c_str(), layout));
    return "##" + std::string(path);
  };
  ctx->ItemInputValue(row("model.head.tiles.count").c_str(), 3);
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  IM_CHECK_EQ(h.script().tiles().size(), 5u);  // nothing is built before it is asked for
  ctx->ItemClick("//###question/Build anew");
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles().size() == 3 && h.now().state == State::ready; }));
  ctx->Yield(3);
  const int builds = h.script().builds;
  ctx->ComboClick((row(layout_path) + "/overlapping").c_str());
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles()[1] == std::vector<int>({3, 4, 5, 6}); }));
  ctx->ItemInputValue(row("model.head.tiles.classes_per_tile").c_str(), 6);
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles()[0] == std::vector<int>({0, 1, 2, 3, 4, 5}); }));
  h.picture(ctx, "tiles_rows");
  IM_CHECK_EQ(h.script().builds.load(), builds);
  // Half of a list is none: a text is sent when it is complete.
  ctx->ComboClick((row(layout_path) + "/contiguous").c_str());
  IM_CHECK(h.until(ctx, [&] { return h.script().layout() == "contiguous"; }));
  h.app().submit(command::Set{list_path, std::string("0-1|2-5|6-9"), false});
  h.app().submit(command::Set{layout_path, std::string("list"), false});
  IM_CHECK(h.until(ctx, [&] { return h.script().layout() == "list"; }));
  ctx->Yield(3);
  const int applied = h.script().applied;
  ctx->ItemClick(row(list_path).c_str());
  ctx->KeyCharsReplace("0-4|5-7|8-9");
  ctx->Yield(5);
  IM_CHECK_EQ(h.script().applied.load(), applied);
  ctx->KeyPress(ImGuiKey_Enter);
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles() == Tiles({{0, 1, 2, 3, 4}, {5, 6, 7}, {8, 9}}); }));
  IM_CHECK_EQ(h.script().applied.load(), applied + 1);
}

void colours_of_the_mosaic(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 90);
  away(ctx);
  Image before = h.look(ctx, ctx->ItemInfo("##mosaic"));
  h.picture(ctx, "tiles_tiles");
  for (const char* view : {"learned", "forgotten"}) {
    ctx->ItemClick(view);
    away(ctx);
    const Image now = h.look(ctx, ctx->ItemInfo("##mosaic"));
    IM_CHECK(now.rgb != before.rgb);
    before = now;
    point_at(ctx, h, 4, 2);
    h.picture(ctx, std::string("tiles_") + view);
  }
  h.app().set_theme(false);
  away(ctx);
  h.picture(ctx, "tiles_light");
  click_cell(ctx, h, 4, 2);  // a click selects, as long as nothing is edited
  IM_CHECK_EQ(h.app().selection().expert, 2);
  IM_CHECK(h.script().tiles() == contiguous);
}

void a_class_moves_to_another_tile(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 50);
  ctx->ItemClick("Edit");
  ctx->Yield(2);
  IM_CHECK(disabled(ctx, "###use layout"));  // nothing is changed
  click_cell(ctx, h, 6, 0);
  click_cell(ctx, h, 7, 1);
  click_cell(ctx, h, 2, 3);
  IM_CHECK_EQ(h.app().selection().expert, -1);
  point_at(ctx, h, 4, 4);
  h.picture(ctx, "tiles_draft");
  h.app().set_theme(false);
  ctx->Yield(3);
  h.picture(ctx, "tiles_draft_light");
  h.app().set_theme(true);
  IM_CHECK(!disabled(ctx, "###use layout"));
  IM_CHECK_STR_EQ(h.script().layout().c_str(), "contiguous");
  ctx->ItemClick("###use layout");
  IM_CHECK(h.until(ctx, [&] { return h.script().layout() == "list"; }));
  IM_CHECK_STR_EQ(text_of(h, list_path).c_str(), "0-1,6|3,7|4-5|2|8-9");
  ctx->Yield(3);
  IM_CHECK(!ctx->ItemExists("###use layout"));
  // It waits for the next task, which begins at step 60.
  IM_CHECK(h.script().tiles() == contiguous);
  away(ctx);
  h.picture(ctx, "tiles_waiting");
  const Tiles asked = {{0, 1, 6}, {3, 7}, {4, 5}, {2}, {8, 9}};
  steps_more(ctx, h, 10);
  IM_CHECK(h.script().tiles() == contiguous);
  steps_more(ctx, h, 16);
  IM_CHECK(h.script().tiles() == asked);
  steps_more(ctx, h, 2);  // a pause measures nothing; step 75 does
  away(ctx);
  h.picture(ctx, "tiles_taken_over");
  // What was in force is seen when looking back.
  ctx->SetRef(h.window("tiles").c_str());
  const Image now = h.look(ctx, ctx->ItemInfo("##mosaic"));
  h.app().rewind().go_to(30);
  ctx->Yield(4);
  IM_CHECK(h.look(ctx, ctx->ItemInfo("##mosaic")).rgb != now.rgb);
  IM_CHECK(disabled(ctx, "Edit"));
  h.picture(ctx, "tiles_then");
}

// A second draft begins with the list that waits, and is one command.
void a_list_is_edited_again(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 50);
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 6, 0);
  ctx->ItemClick("###use layout");
  IM_CHECK(h.until(ctx, [&] { return text_of(h, layout_path) == "list"; }));
  ctx->Yield(3);
  ctx->SetRef(h.window("tiles").c_str());
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 2, 4);
  ctx->ItemClick("###use layout");
  IM_CHECK(h.until(ctx, [&] { return text_of(h, list_path) == "0-1,6|3|4-5|7|2,8-9"; }));
}

void a_draft_is_discarded(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 50);
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 6, 0);
  const int applied = h.script().applied;
  ctx->ItemClick("Discard");
  ctx->Yield(3);
  IM_CHECK(!ctx->ItemExists("###use layout"));
  ctx->ItemClick("Edit");  // and begins anew
  ctx->Yield(2);
  IM_CHECK(disabled(ctx, "###use layout"));
  ctx->ItemClick("Edit");
  ctx->Yield(2);
  IM_CHECK(!ctx->ItemExists("###use layout"));
  IM_CHECK_EQ(h.script().applied.load(), applied);
  IM_CHECK_STR_EQ(h.script().layout().c_str(), "contiguous");
}

// Where a class may be in several tiles, a click puts it in or takes it out.
void overlapping_tiles_are_toggled(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 30, "classification", "overlapping");
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 9, 0);
  click_cell(ctx, h, 0, 0);
  IM_CHECK(!disabled(ctx, "###use layout"));
  h.picture(ctx, "tiles_toggled");
  ctx->ItemClick("###use layout");
  IM_CHECK(h.until(ctx, [&] { return h.script().layout() == "list"; }));
  IM_CHECK_STR_EQ(text_of(h, list_path).c_str(), "1-3,9|2-5|4-7|6-9|0-1,8-9");
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles()[0] == std::vector<int>({1, 2, 3, 9}); }));  // at once
  away(ctx);
  h.picture(ctx, "tiles_not_measured");
}

// Refused with the reason as the button's tooltip.
void what_cant_be_used(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 50, "sequence", "contiguous", true);
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 8, 0);
  IM_CHECK(disabled(ctx, "###use layout"));  // a tile of one class while routing is by label
  ctx->MouseMove("###use layout");
  ctx->SleepNoSkip(0.5f, 0.05f);
  ctx->Yield(2);
  h.picture(ctx, "tiles_refused");
  click_cell(ctx, h, 1, 4);
  IM_CHECK(!disabled(ctx, "###use layout"));
  click_cell(ctx, h, 1, 0);
  click_cell(ctx, h, 9, 0);
  IM_CHECK(disabled(ctx, "###use layout"));  // an empty one
  ctx->ItemClick("Discard");
  // No class may be left over; none is, where they only move.
  show(ctx, h, large, 30, "classification", "overlapping");
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 0, 0);
  click_cell(ctx, h, 0, 4);
  IM_CHECK(disabled(ctx, "###use layout"));
  // After the beginning of the last task nothing is taken over any more.
  show(ctx, h, large, 90);
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 6, 0);
  IM_CHECK(disabled(ctx, "###use layout"));
}

// Until the run has answered, and when it was refused, the draft is still there.
void a_draft_stays_until_it_is_taken(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 50);
  h.script().hold = true;
  h.app().submit(command::Step{1});
  IM_CHECK(h.until(ctx, [&] { return h.script().stepping == 1; }));
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 6, 0);
  ctx->ItemClick("###use layout");
  ctx->Yield(5);
  IM_CHECK(ctx->ItemExists("###use layout"));
  IM_CHECK(disabled(ctx, "###use layout"));
  click_cell(ctx, h, 7, 0);  // what is asked for doesn't change any more
  h.picture(ctx, "tiles_asked");
  h.script().hold = false;
  IM_CHECK(h.until(ctx, [&] { return text_of(h, layout_path) == "list"; }));
  IM_CHECK_STR_EQ(text_of(h, list_path).c_str(), "0-1,6|2-3|4-5|7|8-9");
  ctx->Yield(3);
  IM_CHECK(!ctx->ItemExists("###use layout"));

  IM_CHECK(h.until(ctx, State::paused));
  h.script().refuse_changes = true;
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 3, 0);
  const Ticket before = h.now().answered;
  ctx->ItemClick("###use layout");
  IM_CHECK(h.until(ctx, [&] { return h.now().answered > before; }));
  ctx->Yield(3);
  IM_CHECK(ctx->ItemExists("###use layout"));
  IM_CHECK(!disabled(ctx, "###use layout"));
  h.picture(ctx, "tiles_refused_by_the_run");
  IM_CHECK_STR_EQ(text_of(h, list_path).c_str(), "0-1,6|2-3|4-5|7|8-9");
  h.script().refuse_changes = false;
  ctx->SetRef(h.window("tiles").c_str());
  ctx->ItemClick("###use layout");
  IM_CHECK(h.until(ctx, [&] { return text_of(h, list_path) == "0-1,3,6|2|4-5|7|8-9"; }));
  ctx->Yield(3);
  IM_CHECK(!ctx->ItemExists("###use layout"));
}

// What hasn't been measured has no figure: in the first task nothing can be forgotten.
void cells_without_a_value(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, large, 10);
  const auto written = [&](const char* view) {
    ctx->ItemClick(view);
    away(ctx);
    const ImGuiTestItemInfo item = ctx->ItemInfo("##mosaic");
    const Image image = h.look(ctx, item);
    const ImVec2 cell = heatmap_cell(item.Window->StateStorage, item.ID, 5, 2);
    const Image middle = image.crop(static_cast<int>(cell.x - item.RectClipped.Min.x) - 9,
                                    static_cast<int>(cell.y - item.RectClipped.Min.y) - 6, 18, 12);
    for (std::size_t i = 3; i < middle.rgb.size(); ++i) {
      if (middle.rgb[i] != middle.rgb[i % 3]) return true;
    }
    return false;
  };
  IM_CHECK(written("learned"));
  IM_CHECK(!written("forgotten"));
  point_at(ctx, h, 5, 2);
  h.picture(ctx, "tiles_not_forgotten");
}

void a_narrow_window_has_all_of_it(ImGuiTestContext* ctx, Harness& h) {
  show(ctx, h, narrow, 50);
  IM_CHECK(!ctx->ItemExists("forgotten"));
  ctx->ComboClick("##colours/forgotten");
  ctx->ItemClick("Edit");
  click_cell(ctx, h, 6, 0);
  const ImRect whole = ctx->GetWindowByRef(h.window("tiles").c_str())->Rect();
  for (const char* item : {"##colours", "Edit", "?##help", "###use layout", "Discard", "##mosaic"}) {
    IM_CHECK(whole.Contains(ctx->ItemInfo(item).RectFull));
  }
  h.picture(ctx, "tiles_narrow");
  ctx->ItemClick("###use layout");
  IM_CHECK(h.until(ctx, [&] { return h.script().layout() == "list"; }));
  ctx->Yield(3);
  away(ctx);
  h.picture(ctx, "tiles_narrow_waiting");
  ctx->ComboClick("##colours/tiles");
}

}  // namespace

void add_tile_tests(Harness& harness) {
  harness.add("tiles", "from_a_linear_head", from_a_linear_head);
  harness.add("tiles", "rows_of_parameters", rows_of_parameters);
  harness.add("tiles", "colours_of_the_mosaic", colours_of_the_mosaic);
  harness.add("tiles", "a_class_moves_to_another_tile", a_class_moves_to_another_tile);
  harness.add("tiles", "a_list_is_edited_again", a_list_is_edited_again);
  harness.add("tiles", "a_draft_is_discarded", a_draft_is_discarded);
  harness.add("tiles", "overlapping_tiles_are_toggled", overlapping_tiles_are_toggled);
  harness.add("tiles", "what_cant_be_used", what_cant_be_used);
  harness.add("tiles", "a_draft_stays_until_it_is_taken", a_draft_stays_until_it_is_taken);
  harness.add("tiles", "cells_without_a_value", cells_without_a_value);
  harness.add("tiles", "a_narrow_window_has_all_of_it", a_narrow_window_has_all_of_it);
}

}  // namespace tessera::test
