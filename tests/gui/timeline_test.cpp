// The timeline panel: plans are added, moved, edited and deleted with the mouse, and kept in a preset.
#include <algorithm>
#include <filesystem>

#include "app/panels/timeline_axis.h"
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;
constexpr const char* temperature = "model.router.temperature";

const std::vector<Intervention>& timeline(Harness& h) { return *h.now().timeline; }

bool has(Harness& h, const Intervention& change) {
  return std::find(timeline(h).begin(), timeline(h).end(), change) != timeline(h).end();
}

void show(ImGuiTestContext* ctx, Harness& h) {
  h.app().show_panel("timeline", true);
  ctx->Yield(6);
}

void step_to(ImGuiTestContext* ctx, Harness& h, std::int64_t step) {
  h.script().step_us = 500;
  h.app().submit(command::Step{static_cast<int>(step - h.now().step)});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == step && h.now().state == State::paused; }));
}

// The run is at step 100, with the temperature planned to be 0.5 at step 300, and to go to 0.25 from 500 to 600.
void plan(ImGuiTestContext* ctx, Harness& h) {
  step_to(ctx, h, 50);
  h.app().submit(command::Set{temperature, 2.0});
  step_to(ctx, h, 100);
  h.app().submit(command::Schedule{{{300, temperature, 0.5, 0}, {500, temperature, 0.25, 100}}});
  IM_CHECK(h.until(ctx, [&] { return has(h, {300, temperature, 0.5, 0}); }));
  show(ctx, h);
}

ImGuiTestItemInfo mark(ImGuiTestContext* ctx, Harness& h, std::int64_t step, const char* path = temperature) {
  ctx->SetRef(h.child(ctx, "timeline", "##rows"));
  return ctx->ItemInfo(("##mark " + std::to_string(step) + " " + path).c_str());
}

ImVec2 on_axis(ImGuiTestContext* ctx, Harness& h, std::int64_t step) {
  const ImGuiTestItemInfo any = mark(ctx, h, 50);
  return {timeline_x(any.Window->StateStorage, step), any.RectFull.GetCenter().y};
}

void a_mark_is_dragged(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  h.picture(ctx, "timeline");
  const ImVec2 from = mark(ctx, h, 300).RectFull.GetCenter(), to = on_axis(ctx, h, 400);
  ctx->MouseMoveToPos(from);
  ctx->MouseDown();
  ctx->MouseMoveToPos(to);
  ctx->Yield(2);
  h.picture(ctx, "timeline_dragging");
  IM_CHECK(has(h, {300, temperature, 0.5, 0}));  // not before it is let go
  ctx->MouseUp();
  IM_CHECK(h.until(ctx, [&] { return !has(h, {300, temperature, 0.5, 0}); }));
  IM_CHECK_EQ(timeline(h).size(), 3u);
  const Intervention& moved = timeline(h)[1];
  IM_CHECK_EQ(moved.value, Value(0.5));
  IM_CHECK_LT(std::abs(moved.step - 400), 15);  // a pixel is some steps wide
  IM_CHECK(has(h, {500, temperature, 0.25, 100}));
  // Never to a step that has been computed: as far left as it goes is the step after now.
  const ImVec2 again = mark(ctx, h, moved.step).RectFull.GetCenter(), past = on_axis(ctx, h, 20);
  ctx->MouseMoveToPos(again);
  ctx->MouseDown();
  ctx->MouseMoveToPos(past);
  ctx->MouseUp();
  IM_CHECK(h.until(ctx, [&] { return has(h, {101, temperature, 0.5, 0}); }));
}

void a_mark_dragged_past_the_edge(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  const ImGuiTestItemInfo dragged = mark(ctx, h, 300);
  const ImVec2 from = dragged.RectFull.GetCenter();
  const auto end = static_cast<std::int64_t>(h.now().steps);
  ctx->MouseMoveToPos(from);
  ctx->MouseDown();
  ctx->MouseMoveToPos(ImVec2(dragged.Window->Rect().Max.x + 100, from.y));
  ctx->Yield(2);
  ctx->MouseUp();
  IM_CHECK(h.until(ctx, [&] { return !has(h, {300, temperature, 0.5, 0}); }));
  IM_CHECK_EQ(timeline(h).size(), 3u);
  IM_CHECK_EQ(timeline(h).back().value, Value(0.5));
  IM_CHECK_LE(timeline(h).back().step, end);  // as far as the view goes
  IM_CHECK_GT(timeline(h).back().step, end - 15);
  // It was let go: the pointer moves nothing any more.
  const auto moved = timeline(h);
  ctx->MouseMoveToPos(on_axis(ctx, h, 200));
  ctx->Yield(3);
  IM_CHECK(mark(ctx, h, moved.back().step).ID != 0);
  ctx->MouseClick(0);
  ctx->Yield(5);
  IM_CHECK(timeline(h) == moved);
}

// A step takes long: the run answers after it.
void two_are_deleted_within_a_step(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  h.app().submit(
      command::Schedule{{{300, temperature, 0.5, 0}, {500, temperature, 0.25, 0}, {700, temperature, 1.5, 0}}});
  IM_CHECK(h.until(ctx, [&] { return has(h, {700, temperature, 1.5, 0}); }));
  const auto remove = [&](std::int64_t step) {
    ctx->MouseMoveToPos(mark(ctx, h, step).RectFull.GetCenter());
    ctx->MouseClick(0);
    ctx->KeyPress(ImGuiKey_Delete);
    ctx->Yield(2);
    ctx->SetRef(h.child(ctx, "timeline", "##rows"));
    IM_CHECK(!ctx->ItemExists(("##mark " + std::to_string(step) + " " + temperature).c_str()));
  };
  h.script().step_us = 4'000'000;
  h.app().submit(command::Play{});
  IM_CHECK(h.until(ctx, State::running));
  remove(300);
  remove(500);
  IM_CHECK(has(h, {300, temperature, 0.5, 0}));  // the step isn't over
  IM_CHECK_EQ(h.now().step, 100);
  h.script().step_us = 500;
  h.app().submit(command::Pause{});
  IM_CHECK(h.until(ctx, State::paused));
  const std::vector<Intervention> left = {{50, temperature, 2.0, 0}, {700, temperature, 1.5, 0}};
  IM_CHECK(timeline(h) == left);
}

void another_run_closes_the_form(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  const auto open = [&](const char* what) {
    ctx->SetRef(h.window("timeline").c_str());
    ctx->ItemClick(what);
    ctx->Yield(2);
    IM_CHECK(ctx->ItemExists("//$FOCUSED/##step"));
  };
  const auto popups = [] { return ImGui::GetCurrentContext()->OpenPopupStack.Size; };
  open("Add...");
  h.app().submit(command::Reset{});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == 0; }));
  ctx->Yield(3);
  IM_CHECK_EQ(popups(), 0);
  // It opens anew, beside what the preset has planned.
  const std::size_t planned = timeline(h).size();
  open("Add...");
  ctx->SetRef("//$FOCUSED");
  ctx->ItemInputValue("##step", 30);
  ctx->ItemClick("###OK");
  IM_CHECK(h.until(ctx, [&] { return timeline(h).size() == planned + 1; }));
}

// While it trains, a form opened a moment ago can still be accepted.
void a_change_is_added_while_training(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  h.script().step_us = 8000;
  h.app().submit(command::Play{});
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 105; }));
  ctx->SetRef(h.window("timeline").c_str());
  ctx->ItemClick("Add...");
  ctx->Yield(2);
  ctx->ItemClick("//$FOCUSED/###OK");
  IM_CHECK(h.until(ctx, [&] { return timeline(h).size() == 4; }));
  IM_CHECK_EQ(timeline(h)[1].step % 10, 0);
}

// More than there are pixels: one mark for those at one place, and the form's answer as before.
void thousands_are_planned(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  std::vector<Intervention> many;
  h.app().submit(command::Set{"run.steps", std::int64_t{20000}});
  for (int i = 0; i < 5000; ++i) many.push_back({200 + 2 * i, temperature, i % 2 == 0 ? 0.5 : 2.0, 0});
  h.app().submit(command::Schedule{many});
  IM_CHECK(h.until(ctx, [&] { return timeline(h).size() > 5000; }));
  ctx->Yield(2);
  ImGuiTestItemList items;
  ctx->GatherItems(&items, h.child(ctx, "timeline", "##rows"), 1);
  IM_CHECK_GT(items.GetSize(), 20);
  IM_CHECK_LT(items.GetSize(), 1200);
  h.picture(ctx, "timeline_thousands");
  ctx->SetRef(h.window("timeline").c_str());
  ctx->ItemClick("Add...");
  ctx->Yield(2);
  ctx->SetRef("//$FOCUSED");
  for (const auto& [step, refused] : {std::pair{300, true}, {301, false}, {50, true}, {303, false}}) {
    ctx->ItemInputValue("##step", step);
    ctx->Yield(2);
    IM_CHECK_EQ((ctx->ItemInfo("###OK").ItemFlags & ImGuiItemFlags_Disabled) != 0, refused);
  }
  ctx->ItemClick("###OK");
  IM_CHECK(h.until(ctx, [&] { return timeline(h).size() == many.size() + 3; }));
}

void what_is_past_stays(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  const auto before = timeline(h);
  const ImVec2 from = mark(ctx, h, 50).RectFull.GetCenter(), to = on_axis(ctx, h, 400);
  ctx->MouseMoveToPos(from);
  ctx->MouseDown();
  ctx->MouseMoveToPos(to);
  ctx->MouseUp();
  ctx->Yield(3);
  IM_CHECK(timeline(h) == before);
  // It is selected now; its buttons are greyed, and the key does nothing but say why.
  ctx->SetRef(h.window("timeline").c_str());
  IM_CHECK((ctx->ItemInfo("Delete").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  IM_CHECK((ctx->ItemInfo("Edit...").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  ctx->KeyPress(ImGuiKey_Delete);
  ctx->Yield(5);
  h.picture(ctx, "timeline_past");
  IM_CHECK(timeline(h) == before);
}

void a_change_is_added_through_the_form(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  ctx->SetRef(h.window("timeline").c_str());
  ctx->ItemClick("Add...");
  ctx->Yield(2);
  ctx->SetRef("//$FOCUSED");
  ctx->ItemInputValue("##step", 300);
  ctx->Yield(2);
  // There is one at that step already.
  IM_CHECK((ctx->ItemInfo("###OK").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  h.picture(ctx, "timeline_form_refused");
  ctx->ItemInputValue("##step", 60);  // past
  ctx->Yield(2);
  IM_CHECK((ctx->ItemInfo("###OK").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  ctx->ItemInputValue("##step", 250);
  ctx->ItemInputValue("##model.router.temperature", 0.75f);
  ctx->ItemInputValue("##ramp", 30);
  ctx->Yield(2);
  h.picture(ctx, "timeline_form");
  ctx->ItemClick("###OK");
  IM_CHECK(h.until(ctx, [&] { return has(h, {250, temperature, 0.75, 30}); }));
  IM_CHECK_EQ(timeline(h).size(), 4u);
  // A layer's own value has a row of its own.
  ctx->SetRef(h.window("timeline").c_str());
  ctx->ItemClick("Add...");
  ctx->Yield(2);
  ctx->SetRef("//$FOCUSED");
  ctx->ComboClick("##of_layer/layer 2");
  ctx->ItemInputValue("##step", 320);
  ctx->ItemInputValue("##model.layer2.router.temperature", 3.0f);
  ctx->ItemClick("###OK");
  IM_CHECK(h.until(ctx, [&] { return has(h, {320, "model.layer2.router.temperature", 3.0, 0}); }));
  IM_CHECK(mark(ctx, h, 320, "model.layer2.router.temperature").ID != 0);
  h.picture(ctx, "timeline_layer");
}

void a_change_is_edited_and_deleted(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  ctx->MouseMoveToPos(mark(ctx, h, 500).RectFull.GetCenter());
  ctx->MouseDoubleClick(0);
  ctx->Yield(3);
  ctx->SetRef("//$FOCUSED");
  ctx->ItemInputValue("##ramp", 40);
  ctx->ItemClick("###OK");
  IM_CHECK(h.until(ctx, [&] { return has(h, {500, temperature, 0.25, 40}); }));
  IM_CHECK_EQ(timeline(h).size(), 3u);
  ctx->MouseMoveToPos(mark(ctx, h, 300).RectFull.GetCenter());
  ctx->MouseClick(0);
  ctx->KeyPress(ImGuiKey_Delete);
  IM_CHECK(h.until(ctx, [&] { return !has(h, {300, temperature, 0.5, 0}); }));
  // And from the menu.
  ctx->MouseMoveToPos(mark(ctx, h, 500).RectFull.GetCenter());
  ctx->MouseClick(1);
  ctx->Yield(2);
  ctx->ItemClick("//$FOCUSED/Delete");
  IM_CHECK(h.until(ctx, [&] { return timeline(h).size() == 1; }));
  IM_CHECK(has(h, {50, temperature, 2.0, 0}));
}

void a_row_of_the_table(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  ctx->SetRef(h.window("timeline").c_str());
  ctx->ItemClick("**/##row 300 model.router.temperature");
  ctx->Yield(2);
  ctx->SetRef(h.window("timeline").c_str());
  ctx->ItemClick("Delete");
  IM_CHECK(h.until(ctx, [&] { return !has(h, {300, temperature, 0.5, 0}); }));
}

void the_axis_sets_the_moment(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  ImVec2 at = on_axis(ctx, h, 70), later = on_axis(ctx, h, 800);
  at.y = later.y = at.y - 1.5f * ImGui::GetFontSize();  // above the marks
  ctx->MouseMoveToPos(at);
  ctx->MouseClick(0);
  ctx->Yield(2);
  IM_CHECK_LT(std::abs(static_cast<int>(h.app().rewind().moment()) - 70), 15);
  h.picture(ctx, "timeline_moment");
  ctx->MouseMoveToPos(later);
  ctx->MouseClick(0);
  ctx->Yield(2);
  IM_CHECK_EQ(h.app().rewind().moment(), -1);
}

void a_double_click_plans_a_change(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  ctx->MouseMoveToPos(on_axis(ctx, h, 800));
  ctx->MouseDoubleClick(0);
  ctx->Yield(3);
  ctx->SetRef("//$FOCUSED");
  ctx->ItemInputValue("##model.router.temperature", 5.0f);
  ctx->ItemClick("###OK");
  IM_CHECK(h.until(ctx, [&] { return timeline(h).size() == 4; }));
  IM_CHECK_EQ(timeline(h).back().path, temperature);
  IM_CHECK_LT(std::abs(timeline(h).back().step - 800), 15);
}

// The schedule of a preset that was saved in the middle of a run is the run's timeline, and it runs as planned.
void a_saved_preset_keeps_the_plan(ImGuiTestContext* ctx, Harness& h) {
  plan(ctx, h);
  ctx->SetRef(h.window("timeline").c_str());
  ctx->ItemClick("Add...");
  ctx->Yield(2);
  ctx->SetRef("//$FOCUSED");
  ctx->ItemInputValue("##step", 110);
  ctx->ItemInputValue("##model.router.temperature", 0.125f);
  ctx->ItemClick("###OK");
  IM_CHECK(h.until(ctx, [&] { return timeline(h).size() == 4; }));
  const std::vector<Intervention> planned = timeline(h);
  const fs::path file = h.folder() / "planned.json";
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_S);
  ctx->Yield(3);
  Harness::choose_file(ctx, file);
  IM_CHECK(h.until(ctx, [&] { return fs::exists(file); }));
  h.app().open(file);
  IM_CHECK(h.until(ctx, [&] { return h.now().step == 0 && h.now().state == State::ready; }));
  IM_CHECK(timeline(h) == planned);
  step_to(ctx, h, 55);
  IM_CHECK_EQ(h.script().temperature.load(), 2.0);
  step_to(ctx, h, 115);
  IM_CHECK_EQ(h.script().temperature.load(), 0.125);
  IM_CHECK(timeline(h) == planned);
  IM_CHECK(!h.app().document().changed(h.now()));
}

}  // namespace

void add_timeline_tests(Harness& harness) {
  harness.add("timeline", "a_mark_is_dragged", a_mark_is_dragged);
  harness.add("timeline", "what_is_past_stays", what_is_past_stays);
  harness.add("timeline", "a_mark_dragged_past_the_edge", a_mark_dragged_past_the_edge);
  harness.add("timeline", "two_are_deleted_within_a_step", two_are_deleted_within_a_step);
  harness.add("timeline", "another_run_closes_the_form", another_run_closes_the_form);
  harness.add("timeline", "a_change_is_added_while_training", a_change_is_added_while_training);
  harness.add("timeline", "thousands_are_planned", thousands_are_planned);
  harness.add("timeline", "a_change_is_added_through_the_form", a_change_is_added_through_the_form);
  harness.add("timeline", "a_change_is_edited_and_deleted", a_change_is_edited_and_deleted);
  harness.add("timeline", "a_row_of_the_table", a_row_of_the_table);
  harness.add("timeline", "the_axis_sets_the_moment", the_axis_sets_the_moment);
  harness.add("timeline", "a_double_click_plans_a_change", a_double_click_plans_a_change);
  harness.add("timeline", "a_saved_preset_keeps_the_plan", a_saved_preset_keeps_the_plan);
}

}  // namespace tessera::test
