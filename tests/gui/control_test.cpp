// Controls reach the engine and the timeline; what needs a rebuild asks first.
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

constexpr const char* temperature = "##model.router.temperature";

// Shows only the parameters that match, so that none has to be scrolled to, and makes their list the reference.
void find(ImGuiTestContext* ctx, Harness& h, const char* what) {
  ctx->SetRef(h.window("controls").c_str());
  ctx->ItemClick("##filter");
  ctx->KeyCharsReplace(what);
  ctx->Yield(2);
  ctx->SetRef(h.controls(ctx));
}

bool on_timeline(const Snapshot& snapshot, const char* path, const Value& value) {
  for (const Intervention& change : *snapshot.timeline) {
    if (change.path == path && change.value == value) return true;
  }
  return false;
}

void temperature_reaches_the_engine(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 10; }));
  const int applied = h.script().applied;
  find(ctx, h, "temperature");
  ctx->ItemInputValue(temperature, 0.25f);
  IM_CHECK(h.until(ctx, [&] { return h.script().temperature == 0.25; }));
  IM_CHECK_GT(h.script().applied.load(), applied);
  IM_CHECK(h.until(ctx, [&] { return on_timeline(h.now(), "model.router.temperature", 0.25); }));
  IM_CHECK_EQ(h.now().parameters->real("model.router.temperature"), 0.25);
  IM_CHECK_EQ(h.script().builds.load(), 1);  // live: nothing was built anew
  IM_CHECK(h.app().document().changed(h.now()));
  IM_CHECK(h.app().title().find(" *") != std::string::npos);
}

void dragging_a_slider(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 10; }));
  const double before = h.script().temperature;
  find(ctx, h, "temperature");
  ctx->MouseMove(temperature);
  ctx->MouseDown();
  ctx->MouseMoveToPos(
      ImVec2(ctx->ItemInfo(temperature).RectFull.Min.x + 8, ctx->ItemInfo(temperature).RectFull.GetCenter().y));
  // It acts before the button is let go.
  IM_CHECK(h.until(ctx, [&] { return h.script().temperature < before; }));
  ctx->MouseUp();
  IM_CHECK(h.until(ctx, [&] {
    return !h.now().timeline->empty() && h.now().timeline->front().path == "model.router.temperature" &&
           h.now().parameters->real("model.router.temperature") == h.script().temperature;
  }));
}

void router_type(ImGuiTestContext* ctx, Harness& h) {
  IM_CHECK_STR_EQ(h.script().score().c_str(), "softmax");
  find(ctx, h, "router.score");
  ctx->ComboClick("##model.router.score/sparsemax");
  IM_CHECK(h.until(ctx, [&] { return h.script().score() == "sparsemax"; }));
  IM_CHECK_STR_EQ(h.now().parameters->text("model.router.score").c_str(), "sparsemax");
}

void a_rebuild_asks(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 10; }));
  find(ctx, h, "experts.count");
  ctx->ItemInputValue("##model.experts.count", 4);
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  h.picture(ctx, "rebuild");
  ctx->ItemClick(Harness::item("###question", "Cancel"));
  ctx->Yield(3);
  IM_CHECK(!h.app().asking());
  IM_CHECK_EQ(h.script().builds.load(), 1);
  IM_CHECK_EQ(h.now().preset->parameters.integer("model.experts.count"), 8);

  ctx->SetRef(h.controls(ctx));
  ctx->ItemInputValue("##model.experts.count", 4);
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  ctx->ItemClick(Harness::item("###question", "Build anew"));
  IM_CHECK(h.until(ctx, [&] { return h.script().builds == 2 && h.now().state == State::ready; }));
  IM_CHECK_EQ(h.now().description->experts.front(), 4);
  IM_CHECK_EQ(h.now().step, 0);
}

void tile_layout(ImGuiTestContext* ctx, Harness& h) {
  IM_CHECK(h.now().description->tiles.empty());
  find(ctx, h, "head.kind");
  ctx->ComboClick("##model.head.kind/tiles");
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  ctx->ItemClick(Harness::item("###question", "Build anew"));
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles().size() == 5; }));
  const auto contiguous = h.script().tiles();
  IM_CHECK(contiguous[0] == std::vector<int>({0, 1}));  // ten classes over five tiles

  find(ctx, h, "tiles.layout");
  const int builds = h.script().builds;
  ctx->ComboClick("##model.head.tiles.layout/overlapping");  // at once
  IM_CHECK(h.until(ctx, [&] { return h.script().tiles() != contiguous; }));
  IM_CHECK(h.script().tiles()[0] == std::vector<int>({0, 1, 2, 3}));  // four classes a tile is the default
  IM_CHECK_EQ(h.script().builds.load(), builds);
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 60; }));
  h.picture(ctx, "tiles");
}

void what_the_engine_refuses(ImGuiTestContext* ctx, Harness& h) {
  h.script().refuse_build = true;
  find(ctx, h, "model.depth");
  ctx->ItemInputValue("##model.depth", 2);
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  ctx->ItemClick(Harness::item("###question", "Build anew"));
  // The experiment before is kept whole, and the reason is said.
  IM_CHECK(h.until(ctx, [&] { return h.app().notice().find("/no/such/folder") != std::string::npos; }));
  IM_CHECK(h.now().state == State::ready);
  IM_CHECK_EQ(h.now().description->layers, 4);
}

}  // namespace

void add_control_tests(Harness& harness) {
  harness.add("controls", "temperature_reaches_the_engine", temperature_reaches_the_engine);
  harness.add("controls", "dragging_a_slider", dragging_a_slider);
  harness.add("controls", "router_type", router_type);
  harness.add("controls", "a_rebuild_asks", a_rebuild_asks);
  harness.add("controls", "tile_layout", tile_layout);
  harness.add("controls", "what_the_engine_refuses", what_the_engine_refuses);
}

}  // namespace tessera::test
