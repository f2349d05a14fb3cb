// Presets in and out of the window: saving, loading, comparing, and files that can't be used.
#include <fstream>
#include <iterator>

#include "core/experiment.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

void open_file(ImGuiTestContext* ctx, const fs::path& file) {
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_O);
  ctx->Yield(2);
  Harness::choose_file(ctx, file);
}

Result<Preset> read(const fs::path& file) { return load_preset(file, experiment_parameters(), check_combinations); }

void load_by_double_click(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef(h.child(ctx, "experiments", "##presets"));
  ctx->ItemDoubleClick("###specialize\\/softmax");
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->name == "specialize/softmax" && h.now().state == State::ready; }));
  IM_CHECK_STR_EQ(h.app().document().name().c_str(), "specialize/softmax");
  IM_CHECK_EQ(h.app().settings().recent.size(), 2u);
  IM_CHECK(!h.app().document().changed(h.now()));
}

// A build that takes long says what it is at, and is given up for the preset that is chosen meanwhile.
void another_preset_while_one_is_built(ImGuiTestContext* ctx, Harness& h) {
  h.script().tell_build = true;
  h.script().hold_build = true;
  ctx->SetRef(h.child(ctx, "experiments", "##presets"));
  ctx->ItemDoubleClick("###specialize\\/softmax");
  IM_CHECK(h.until(ctx, [&] { return h.now().built == 0.5; }));
  IM_CHECK(h.until(ctx, [&] { return Harness::shown("###building"); }));
  h.picture(ctx, "building");
  const Ticket before = h.now().answered;
  ctx->SetRef(h.child(ctx, "experiments", "##presets"));
  ctx->ItemDoubleClick("###specialize\\/sigmoid");
  IM_CHECK(h.until(ctx, [&] { return h.now().answered > before; }));  // though the build goes on until it is given up
  h.script().hold_build = false;
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->name == "specialize/sigmoid" && h.now().state == State::ready; }));
  IM_CHECK_STR_EQ(h.app().document().name().c_str(), "specialize/sigmoid");
  IM_CHECK(!h.app().asking());
  IM_CHECK(!Harness::shown("###question"));
}

void save_load_compare(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.router.score", .value = std::string("sparsemax")});
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 20; }));
  h.app().submit(command::Set{.path = "model.router.temperature", .value = 0.2});
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::paused));
  const auto timeline = *h.now().timeline;
  const auto parameters = *h.now().parameters;

  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_S);  // a shipped preset is never overwritten: it asks for a place
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  h.picture(ctx, "save");
  const fs::path file = h.folder() / "mine.json";
  Harness::choose_file(ctx, file);
  IM_CHECK(fs::exists(file));
  IM_CHECK(!h.app().document().changed(h.now()));
  IM_CHECK(h.app().document().file() == file);

  const auto saved = read(file);
  IM_CHECK(saved.problems.empty());
  IM_CHECK_STR_EQ(saved.value->parameters.text("model.router.score").c_str(),
                  "sparsemax");                               // set before the first step
  const Intervention change = saved.value->schedule.front();  // set while it ran
  IM_CHECK_STR_EQ(change.path.c_str(), "model.router.temperature");
  IM_CHECK_GT(change.step, 20);

  open_file(ctx, fs::path(h.app().settings().recent.back()));  // the default preset
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->name == "specialize/first-light"; }));
  open_file(ctx, file);
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->name == "mine" && h.now().state == State::ready; }));
  IM_CHECK(*h.now().preset == *saved.value);
  IM_CHECK(h.now().preset->title == h.app().snapshot().preset->title);
  IM_CHECK(!h.app().document().changed(h.now()));

  // Run as far as before, it has the same parameters and the same history of changes after the start.
  h.script().step_us = 0;
  const std::int64_t goal = change.step + 1;
  h.app().submit(command::Step{static_cast<int>(goal)});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == goal && h.now().state == State::paused; }));
  IM_CHECK_EQ(h.now().parameters->real("model.router.temperature"), 0.2);
  IM_CHECK(h.now().parameters->text("model.router.score") == parameters.text("model.router.score"));
  std::vector<Intervention> later;
  for (const Intervention& each : timeline) {
    if (each.step > 0) later.push_back(each);
  }
  IM_CHECK(*h.now().timeline == later);
}

void saving_over_a_file_asks(ImGuiTestContext* ctx, Harness& h) {
  const fs::path file = h.folder() / "there.json";
  std::ofstream(file) << "precious";
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_S);
  ctx->Yield(2);
  Harness::choose_file(ctx, file);
  IM_CHECK(h.app().asking());  // asks again instead of writing
  {
    std::ifstream stream(file);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    IM_CHECK_STR_EQ(text.c_str(), "precious");
  }
  ctx->ItemClick(Harness::item("###file", "###accept"));
  ctx->Yield(2);
  IM_CHECK(!h.app().asking());
  IM_CHECK(read(file).problems.empty());
}

void saving_where_nothing_can_be_written(ImGuiTestContext* ctx, Harness& h) {
  std::ofstream(h.folder() / "file") << "in the way";
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_S);
  ctx->Yield(2);
  Harness::choose_file(ctx, h.folder() / "file" / "mine.json");
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  ctx->ItemClick(Harness::item("###question", "Close"));
  ctx->Yield(2);
  IM_CHECK_EQ(h.app().errors(), 1u);
  IM_CHECK(h.now().state == State::ready);
}

void bad_preset(ImGuiTestContext* ctx, Harness& h) {
  const fs::path file = h.folder() / "bad.json";
  std::ofstream(file) << R"({"schema": 1, "model": {"router": {"temperature": -3, "scores": "softmax"}}})";
  open_file(ctx, file);
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  h.picture(ctx, "problems");
  ctx->ItemClick(Harness::item("###question", "Close"));
  ctx->Yield(2);
  IM_CHECK_EQ(h.app().errors(), 2u);  // every problem is listed
  IM_CHECK(h.app().events().back().text.find("bad.json") != std::string::npos);
  IM_CHECK_STR_EQ(h.now().preset->name.c_str(), "specialize/first-light");  // what was open stays
  IM_CHECK(h.now().state == State::ready);
}

void unsaved_changes_are_asked_about(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.router.temperature", .value = 0.7});
  IM_CHECK(h.until(ctx, [&] { return h.app().document().changed(h.now()); }));
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Q);
  ctx->Yield(2);
  IM_CHECK(h.app().asking());
  IM_CHECK(!h.app().closing());
  h.picture(ctx, "unsaved");
  ctx->ItemClick(Harness::item("###question", "Cancel"));
  ctx->Yield(2);
  IM_CHECK(!h.app().asking());
  IM_CHECK(!h.app().closing());
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Q);
  ctx->Yield(2);
  ctx->ItemClick(Harness::item("###question", "Discard changes"));
  ctx->Yield(2);
  IM_CHECK(h.app().closing());
}

void saving_when_asked_goes_on(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.router.temperature", .value = 0.7});
  IM_CHECK(h.until(ctx, [&] { return h.app().document().changed(h.now()); }));
  h.app().open(fs::path(h.app().settings().recent.front()).parent_path() / "softmax.json");
  ctx->Yield(2);
  ctx->ItemClick(Harness::item("###question", "Save..."));
  ctx->Yield(2);
  Harness::choose_file(ctx, h.folder() / "kept.json");
  IM_CHECK(h.until(ctx, [&] { return h.now().preset->name == "specialize/softmax" && h.now().state == State::ready; }));
  IM_CHECK_EQ(read(h.folder() / "kept.json").value->parameters.real("model.router.temperature"), 0.7);
}

// A question while the file dialog is open: it is answered first, then the dialog is there again.
void closing_while_a_file_is_chosen(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.router.temperature", .value = 0.7});
  IM_CHECK(h.until(ctx, [&] { return h.app().document().changed(h.now()); }));
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_S);
  IM_CHECK(h.until(ctx, [&] { return Harness::shown("###file"); }));
  h.app().request_close();
  h.app().request_close();  // an impatient person
  ctx->Yield(3);
  IM_CHECK(Harness::shown("###question"));
  IM_CHECK(!Harness::shown("###file"));
  ctx->ItemClick(Harness::item("###question", "Cancel"));
  ctx->Yield(4);
  IM_CHECK(!Harness::shown("###question"));  // it asks once, however often the window is closed
  IM_CHECK(Harness::shown("###file"));
  IM_CHECK(!h.app().closing());
  Harness::choose_file(ctx, h.folder() / "kept.json");
  IM_CHECK(h.until(ctx, [&] { return !h.app().asking(); }));
  IM_CHECK(fs::exists(h.folder() / "kept.json"));
  ctx->KeyPress(ImGuiKey_Space);  // the keyboard is the experiment's again
  IM_CHECK(h.until(ctx, State::running));
}

void a_dropped_file_while_one_is_chosen(ImGuiTestContext* ctx, Harness& h) {
  const fs::path bad = h.folder() / "bad.json";
  std::ofstream(bad) << "{";
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_O);
  IM_CHECK(h.until(ctx, [&] { return Harness::shown("###file"); }));
  h.app().open(bad);
  ctx->Yield(3);
  IM_CHECK(Harness::shown("###question"));
  ctx->KeyPress(ImGuiKey_Escape);  // answers the question alone
  ctx->Yield(4);
  IM_CHECK(!Harness::shown("###question"));
  IM_CHECK(Harness::shown("###file"));
  ctx->ItemClick(Harness::item("###file", "Cancel"));
  ctx->Yield(3);
  IM_CHECK(!h.app().asking());
}

// While a question waits for its answer, another file is not asked about.
void dropping_two_files(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Set{.path = "model.router.temperature", .value = 0.7});
  IM_CHECK(h.until(ctx, [&] { return h.app().document().changed(h.now()); }));
  const fs::path folder = h.app().document().file().parent_path();
  h.app().open(folder / "softmax.json");
  h.app().open(folder / "softmax.json");
  ctx->Yield(3);
  ctx->ItemClick(Harness::item("###question", "Cancel"));
  ctx->Yield(3);
  IM_CHECK(!h.app().asking());
}

// The second of two quick loads is refused: the first is what is open.
void two_loads_of_which_one_fails(ImGuiTestContext* ctx, Harness& h) {
  const fs::path first = h.folder() / "first.json", second = h.folder() / "second.json";
  std::ofstream(first) << R"({"schema": 1, "title": "First", "model": {"depth": 2}})";
  std::ofstream(second) << R"({"schema": 1, "title": "Second", "model": {"depth": 3}})";
  h.script().refuse_depth = 3;
  h.app().open(first);
  h.app().open(second);
  IM_CHECK(h.until(ctx, [&] { return h.app().asking(); }));
  IM_CHECK(h.now().state == State::ready);
  IM_CHECK_STR_EQ(h.now().preset->title.c_str(), "First");
  IM_CHECK(h.app().document().file() == first);
  IM_CHECK(!h.app().document().changed(h.now()));
}

void missing_data(ImGuiTestContext* ctx, Harness& h) {
  h.script().refuse_build = true;
  h.restart(ctx, true);  // from the start: there is no experiment to keep
  IM_CHECK(h.until(ctx, State::failed));
  IM_CHECK(h.now().failure.find("/no/such/folder") != std::string::npos);
  IM_CHECK(Harness::shown("###failure"));
  h.script().refuse_build = false;
  ctx->ItemClick(Harness::item("###failure", "###reset"));
  IM_CHECK(h.until(ctx, State::ready));
  IM_CHECK_STR_EQ(h.app().document().name().c_str(), "specialize/first-light");
}

void the_view_of_a_preset(ImGuiTestContext* ctx, Harness& h) {
  const fs::path file = h.folder() / "view.json";
  std::ofstream(file) << R"({"schema": 1, "view": {"panels": ["log"], "layer": 2}})";
  ImGuiWindow* log = ImGui::FindWindowByName(h.window("log").c_str() + 2);
  IM_CHECK(log->Hidden || !log->DockTabIsVisible);  // behind the curves
  open_file(ctx, file);
  IM_CHECK(h.until(ctx, [&] { return h.app().selection().layer == 2; }));
  ctx->Yield(4);
  IM_CHECK(log->DockTabIsVisible);
}

}  // namespace

void add_preset_tests(Harness& harness) {
  harness.add("presets", "load_by_double_click", load_by_double_click);
  harness.add("presets", "another_preset_while_one_is_built", another_preset_while_one_is_built);
  harness.add("presets", "save_load_compare", save_load_compare);
  harness.add("presets", "saving_over_a_file_asks", saving_over_a_file_asks);
  harness.add("presets", "saving_where_nothing_can_be_written", saving_where_nothing_can_be_written);
  harness.add("presets", "bad_preset", bad_preset);
  harness.add("presets", "unsaved_changes_are_asked_about", unsaved_changes_are_asked_about);
  harness.add("presets", "saving_when_asked_goes_on", saving_when_asked_goes_on);
  harness.add("presets", "closing_while_a_file_is_chosen", closing_while_a_file_is_chosen);
  harness.add("presets", "a_dropped_file_while_one_is_chosen", a_dropped_file_while_one_is_chosen);
  harness.add("presets", "dropping_two_files", dropping_two_files);
  harness.add("presets", "two_loads_of_which_one_fails", two_loads_of_which_one_fails);
  harness.add("presets", "missing_data", missing_data);
  harness.add("presets", "the_view_of_a_preset", the_view_of_a_preset);
}

}  // namespace tessera::test
