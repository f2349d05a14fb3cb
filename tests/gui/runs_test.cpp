// Several runs in one window: shown, driven as one, compared, closed.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

#include "core/lab/recorder.h"
#include "core/lab/storage_error.h"
#include "tests/gui/forking.h"

namespace tessera::test {
namespace {

using Context = ImGuiTestContext;

// Shows the controls that match, and makes their list the reference.
void find_parameter(Context* t, Harness& h, const char* what) {
  t->SetRef(h.window("controls").c_str());
  t->ItemClick("##filter");
  t->KeyCharsReplace(what);
  t->Yield(2);
  t->SetRef(h.controls(t));
}

// A run of 20 steps of the default preset, in a folder.
void record(Harness& h, const std::filesystem::path& folder) {
  Session::Options options;
  options.observer = std::make_shared<RunRecorder>(folder);
  Session session([&h] { return make_fake_engine(h.shared_script()); }, options);
  Preset preset = *h.now().preset;
  preset.parameters.set("run.steps", std::int64_t{20});
  session.submit(command::Load{preset});
  session.submit(command::Play{});
  session.wait([](const Snapshot& s) { return s.state == State::finished; }, std::chrono::seconds(20));
}

// A recorder whose disk is full when the test says so.
class Disk : public Observer {
 public:
  std::atomic<bool> full = false;
  std::atomic<std::int64_t> written = 0;  // steps

  void started(const Preset&, const Description&) override {}
  void scalar(std::int64_t, const MetricSpec&, double) override {}
  void matrix(const MetricSpec&, const Matrix&) override {}
  void changed(const Intervention&) override {}
  void stepped(std::int64_t done, double, std::uint64_t) override {
    if (full) throw StorageError("runs/x/scalars.csv", "No space left on device");
    written = done;
  }
  void paused() override {
    if (full) throw StorageError("runs/x/scalars.csv", "No space left on device");
  }
  void ended(State, const Snapshot&) override {}
};

}  // namespace

void add_runs_tests(Harness& harness) {
  // What is on its way to a run that is in the middle of a step isn't shown as another run's.
  harness.add("runs", "controls_show_the_run_that_is_shown", [](Context* t, Harness& h) {
    if (!fork(t, h, "From the start")) return;
    const LiveRun &a = *h.app().live()[0], &b = *h.app().live()[1];
    find_parameter(t, h, "router.temperature");
    // Its arrow back to the default is there where a value is another.
    const auto arrow = [&] {
      t->Yield(2);
      t->SetRef(h.controls(t));
      return t->ItemExists("##reset model.router.temperature");
    };
    h.app().live()[1]->session->submit(command::Set{temperature, a.snapshot->parameters->real(temperature)});
    IM_CHECK(h.until(t, [&] { return in_force(b) == in_force(a); }));
    IM_CHECK(!arrow());
    // A has published more than B, so that its age doesn't make the value void.
    for (int i = 0; i < 20; ++i) h.app().live()[0]->session->submit(command::Pause{});
    IM_CHECK(h.until(t, [&] { return a.snapshot->version > b.snapshot->version; }));
    h.script().step_us = 1'500'000;
    h.app().live()[0]->session->submit(command::Step{1});
    IM_CHECK(h.until(t, [&] { return a.snapshot->state == State::running; }));
    t->ItemInputValue("##model.router.temperature", 4.0f);
    IM_CHECK(arrow());
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Tab);
    IM_CHECK_EQ(&h.app().run(), &b);
    IM_CHECK(!arrow());
  });

  // A field or a slider that a person holds belongs to the run it was taken hold of for.
  harness.add("runs", "what_is_being_entered_stays_with_its_run", [](Context* t, Harness& h) {
    if (!fork(t, h, "From the start")) return;
    const LiveRun &a = *h.app().live()[0], &b = *h.app().live()[1];
    const auto show_next = [&] {
      t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Tab);
      t->SleepNoSkip(0.2f, 0.02f);  // long enough for a change to arrive
      t->SetRef(h.controls(t));     // of that run
    };
    find_parameter(t, h, "task.data.path");
    t->ItemClick("##task.data.path");
    t->KeyChars("/of/a");
    show_next();
    IM_CHECK_EQ(&h.app().run(), &b);
    IM_CHECK_EQ(ImGui::GetActiveID(), 0u);
    t->ItemClick("##task.data.path");
    t->KeyPress(ImGuiKey_Enter);
    t->Yield(2);
    IM_CHECK(!h.app().asking());  // nothing was entered for B
    t->ItemClick("##task.data.path");
    t->KeyChars("/of/b");
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_W);  // at its start it is closed unasked
    IM_CHECK(h.until(t, [&] { return h.app().live().size() == 1; }));
    t->SleepNoSkip(0.2f, 0.02f);
    IM_CHECK(!h.app().asking());
    IM_CHECK_EQ(ImGui::GetActiveID(), 0u);

    if (!fork(t, h, "From the start")) return;
    find_parameter(t, h, "router.temperature");
    const LiveRun& c = *h.app().live()[1];
    const ImGuiTestItemInfo slider = t->ItemInfo("##model.router.temperature");
    t->MouseMove(slider.ID);
    t->MouseDown();
    t->MouseMoveToPos(ImVec2(slider.RectFull.Min.x + slider.RectFull.GetWidth() * 0.3f, slider.RectFull.GetCenter().y));
    t->SleepNoSkip(0.2f, 0.02f);
    const double held = in_force(a);
    show_next();
    IM_CHECK_EQ(&h.app().run(), &c);
    t->MouseMoveToPos(ImVec2(slider.RectFull.Max.x - 8, slider.RectFull.GetCenter().y));
    t->SleepNoSkip(0.2f, 0.02f);
    t->MouseUp();
    t->SleepNoSkip(0.2f, 0.02f);
    IM_CHECK_EQ(in_force(c), 0.25);
    IM_CHECK_EQ(in_force(a), held);

    t->SetRef(h.controls(t));
    t->MouseMove("##model.router.temperature");
    t->KeyDown(ImGuiMod_Ctrl);
    t->MouseClick();
    t->KeyUp(ImGuiMod_Ctrl);
    t->KeyCharsReplace("3.5");
    show_next();
    IM_CHECK_EQ(&h.app().run(), &a);
    t->KeyPress(ImGuiKey_Enter);
    t->SleepNoSkip(0.2f, 0.02f);
    IM_CHECK_EQ(in_force(a), held);
  });

  harness.add("runs", "driven_as_one", [](Context* t, Harness& h) {
    if (!fork(t, h, "From the start")) return;
    const auto all = [&](State state) {
      return h.until(t, [&, state] {
        return h.app().live()[0]->snapshot->state == state && h.app().live()[1]->snapshot->state == state;
      });
    };
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(all(State::running));
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(all(State::paused));
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_R);
    IM_CHECK(all(State::ready));
    t->KeyPress(ImGuiKey_Period);
    IM_CHECK(all(State::paused));
    IM_CHECK_EQ(h.app().live()[0]->snapshot->step, 1);
    IM_CHECK_EQ(h.app().live()[1]->snapshot->step, 1);
  });

  harness.add("runs", "no_more_than_four_and_close", [](Context* t, Harness& h) {
    for (int i = 0; i < 3; ++i) {
      if (!fork(t, h, "From the start")) return;
    }
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_F);
    t->Yield(2);
    IM_CHECK(!Harness::shown("###fork"));
    IM_CHECK(h.app().notice().find("close one") != std::string::npos);
    t->ItemClick("//##MainMenuBar/##MenuBar/B");
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_W);
    IM_CHECK(h.until(t, [&] { return h.app().live().size() == 3; }));
    IM_CHECK_STR_EQ(h.app().run().name.c_str(), "C");
    t->ItemClick("//##MainMenuBar/##MenuBar/A");
    if (!fork(t, h, "From the start")) return;  // the free letter
    IM_CHECK_STR_EQ(h.app().live().back()->name.c_str(), "B");
    for (int i = 0; i < 3; ++i) t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_W);
    IM_CHECK_EQ(h.app().live().size(), 1u);
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_W);
    IM_CHECK_EQ(h.app().live().size(), 1u);
  });

  harness.add("runs", "closing_a_run_does_not_wait_for_its_step", [](Context* t, Harness& h) {
    if (!fork(t, h, "From the start")) return;
    h.script().hold = true;
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Tab);
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(h.until(t, [&] { return h.script().stepping == 2; }));
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_W);
    IM_CHECK_EQ(h.app().live().size(), 1u);
    IM_CHECK_STR_EQ(h.app().run().name.c_str(), "A");
    t->Yield(5);
    IM_CHECK_EQ(h.script().alive.load(), 2);    // it is in the middle of its step still
    if (!fork(t, h, "From the start")) return;  // and its place is free
    IM_CHECK_STR_EQ(h.app().live().back()->name.c_str(), "B");
    h.script().step_us = 500;
    h.script().hold = false;
    IM_CHECK(h.until(t, [&] { return h.script().alive == 2; }));
    IM_CHECK(h.until(t, [&] { return h.now().step > 10; }));
    h.restart(t, true);
    IM_CHECK(h.until(t, State::ready));
    IM_CHECK_EQ(h.script().alive.load(), 1);
  });

  harness.add("runs", "a_full_disk_pauses_with_a_message", [](Context* t, Harness& h) {
    const auto disk = std::make_shared<Disk>();
    h.restart(t, true, [&](WindowOptions& options) {
      options.make_recording = [disk](const auto&) { return WindowOptions::Recording{disk, {}}; };
    });
    IM_CHECK(h.until(t, State::ready));
    h.script().step_us = 500;
    IM_CHECK(!Harness::shown("###failure"));
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(h.until(t, [&] { return disk->written > 5; }));
    disk->full = true;
    IM_CHECK(h.until(t, State::paused));
    const std::int64_t step = h.now().step;
    IM_CHECK(h.until(t, [] { return Harness::shown("###failure"); }));
    IM_CHECK(h.now().failure.find("scalars.csv") != std::string::npos);
    IM_CHECK(h.now().failure.find("free some space and press play") != std::string::npos);
    h.picture(t, "full_disk");
    t->SetRef(Harness::find("###failure"));
    t->ItemClick("###play");  // it is full still
    IM_CHECK(h.until(t, State::paused));
    IM_CHECK_EQ(h.now().step, step);
    disk->full = false;
    t->ItemClick("###play");
    IM_CHECK(h.until(t, State::finished));
    IM_CHECK(!Harness::shown("###failure"));
    IM_CHECK_EQ(disk->written.load(), h.now().step);
  });

  harness.add("runs", "compare", [](Context* t, Harness& h) {
    h.script().step_us = 500;
    h.app().show_panel("compare", true);
    if (!fork(t, h, "From the start")) return;
    play_to_the_end(t, h);
    t->Yield(3);
    t->SetRef(h.window("compare").c_str());
    t->ItemClick("Heatmaps");
    t->Yield(2);
    // The difference is the second's value less the first's, cell by cell.
    const LiveRun &a = *h.app().live()[0], &b = *h.app().live()[1];
    IM_CHECK(a.snapshot->matrices.size() == b.snapshot->matrices.size());
    h.picture(t, "compare_heatmaps");
    t->ItemClick("Table");
    t->Yield(2);
    h.picture(t, "compare_table");
    t->ItemClick("Curves");
    t->ItemUncheck("B/###B");
    t->ItemCheck("B/###B");
    t->Yield(2);
    h.picture(t, "compare_curves");
  });

  harness.add("runs", "a_recorded_run_is_added_and_taken_off", [](Context* t, Harness& h) {
    const auto folder = h.folder() / "recorded";
    record(h, folder);
    h.app().show_panel("compare", true);
    t->Yield(3);
    t->SetRef(h.window("compare").c_str());
    t->ItemClick("###Add run...");
    Harness::choose_file(t, folder);
    IM_CHECK(h.until(t, [&] { return h.app().runs().size() == 2; }));
    IM_CHECK_STR_EQ(h.app().runs()[1].name.c_str(), "recorded");
    IM_CHECK_EQ(h.app().runs()[1].snapshot->step, 20);
    t->Yield(3);
    h.picture(t, "compare_recorded");
    t->SetRef(h.window("compare").c_str());
    t->ItemClick("**/###remove");
    IM_CHECK(h.until(t, [&] { return h.app().runs().size() == 1; }));

    t->ItemClick("###Add run...");
    Harness::choose_file(t, h.folder());
    IM_CHECK(h.until(t, [&] { return Harness::shown("###question"); }));
    t->SetRef(Harness::find("###question"));
    t->ItemClick("Close");
    IM_CHECK_EQ(h.app().runs().size(), 1u);
  });
}

}  // namespace tessera::test
