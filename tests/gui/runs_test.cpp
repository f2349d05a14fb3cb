// Several runs in one window: forked, shown, driven as one, compared, closed.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

#include "core/lab/checkpoints.h"
#include "core/lab/recorder.h"
#include "core/lab/storage_error.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

using Context = ImGuiTestContext;
constexpr const char* temperature = "model.router.temperature";

// Asks for a fork with another temperature, and waits until it is there.
// Whether it was made; if not, the test has failed, and must end.
[[nodiscard]] bool fork(Context* t, Harness& h, const char* from) {
  const std::size_t before = h.app().live().size();
  t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_F);
  IM_CHECK_RETV(h.until(t, [&] { return Harness::shown("###fork"); }), false);
  t->SetRef(Harness::find("###fork"));
  t->ItemClick(from);
  t->ItemClick("##filter");
  t->KeyCharsReplace("temperature");
  t->ItemClick("**/###model.router.temperature");
  t->ItemInputValue(("##" + std::string(temperature)).c_str(), 0.25f);
  t->ItemClick("Fork");
  IM_CHECK_RETV(h.until(t,
                        [&] {
                          const auto& live = h.app().live();
                          return live.size() == before + 1 && live.back()->snapshot->description &&
                                 live.back()->loading.empty();
                        }),
                false);
  return true;
}

double in_force(const LiveRun& run) { return run.snapshot->parameters->real(temperature); }

// Shows the controls that match, and makes their list the reference.
void find_parameter(Context* t, Harness& h, const char* what) {
  t->SetRef(h.window("controls").c_str());
  t->ItemClick("##filter");
  t->KeyCharsReplace(what);
  t->Yield(2);
  t->SetRef(h.controls(t));
}

// The figures of the steps before `step` are the parent's; its temperature is another one from `step` on.
void check_leaves_at(const LiveRun& parent, const LiveRun& child, std::int64_t step) {
  int same = 0, other = 0;
  const auto& metrics = parent.snapshot->description->metrics;
  for (std::size_t metric = 0; metric < metrics.size(); ++metric) {
    const Series &one = parent.snapshot->series[metric], &another = child.snapshot->series[metric];
    IM_CHECK_EQ_NO_RET(one.size(), another.size());
    for (std::size_t i = 0; i < std::min(one.size(), another.size()); ++i) {
      const bool equal = one[i].step == another[i].step && one[i].value == another[i].value;
      if (one[i].step < step) IM_CHECK_NO_RET(equal);
      same += one[i].step < step && equal ? 1 : 0;
      if (one[i].step >= step && metrics[metric].family == "temperature") {
        IM_CHECK_EQ_NO_RET(another[i].value, 0.25);
        other += equal ? 0 : 1;
      }
    }
  }
  IM_CHECK_GT(same, 0);
  IM_CHECK_GT(other, 0);
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

void play_to_the_end(Context* t, Harness& h) {
  t->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(t, [&] {
    for (const auto& live : h.app().live()) {
      if (live->snapshot->state != State::finished) return false;
    }
    return true;
  }));
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
  harness.add("runs", "fork_now", [](Context* t, Harness& h) {
    h.script().step_us = 500;
    h.app().submit(command::Step{7});
    IM_CHECK(h.until(t, [&] { return h.now().step == 7 && h.now().state == State::paused; }));
    if (!fork(t, h, "From now on")) return;
    const LiveRun &a = *h.app().live()[0], &b = *h.app().live()[1];
    IM_CHECK_EQ(b.snapshot->step, 7);
    IM_CHECK_STR_EQ(b.name.c_str(), "B");
    IM_CHECK_EQ(&h.app().run(), &a);
    play_to_the_end(t, h);
    IM_CHECK_EQ(in_force(b), 0.25);
    IM_CHECK_NE(in_force(a), 0.25);
    // The figures up to the fork are the parent's, those after it are not.
    int same_before = 0, other_after = 0;
    for (std::size_t metric = 0; metric < a.snapshot->series.size(); ++metric) {
      const Series &one = a.snapshot->series[metric], &other = b.snapshot->series[metric];
      IM_CHECK_EQ_NO_RET(one.size(), other.size());
      for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
        if (one[i].step < 7) same_before += one[i].value == other[i].value ? 1 : -1000;
        if (one[i].step >= 7 && one[i].value != other[i].value) ++other_after;
      }
    }
    IM_CHECK_GT(same_before, 0);
    IM_CHECK_GT(other_after, 0);
    h.picture(t, "fork_now");
  });

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

  harness.add("runs", "fork_from_the_start_is_that_preset", [](Context* t, Harness& h) {
    h.script().step_us = 500;
    if (!fork(t, h, "From the start")) return;
    const LiveRun& b = *h.app().live()[1];
    IM_CHECK_EQ(b.snapshot->step, 0);
    IM_CHECK_EQ(b.snapshot->preset->parameters.real(temperature), 0.25);
    IM_CHECK_EQ(b.snapshot->preset->parameters.integer("run.seed"), h.now().preset->parameters.integer("run.seed"));
    t->ItemClick("//##MainMenuBar/##MenuBar/B");
    IM_CHECK_EQ(&h.app().run(), &b);
    IM_CHECK(h.app().title().find("temperature = 0.25") != std::string::npos);
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Tab);
    IM_CHECK_STR_EQ(h.app().run().name.c_str(), "A");
    play_to_the_end(t, h);
  });

  // Back at a moment, a fork differs after it: up to there it is the parent, figure for figure.
  harness.add("runs", "fork_from_the_moment_shown", [](Context* t, Harness& h) {
    h.script().step_us = 500;
    h.app().submit(command::Step{100});
    IM_CHECK(h.until(t, [&] { return h.now().step == 100 && h.now().state == State::paused; }));
    h.app().rewind().go_to(59);
    t->Yield(2);
    if (!fork(t, h, "From the moment shown")) return;
    const LiveRun &a = *h.app().live()[0], &b = *h.app().live()[1];
    IM_CHECK_EQ(b.snapshot->step, 0);  // without a record it computes the steps before again
    IM_CHECK(b.document.name().find("from step 60") != std::string::npos);
    IM_CHECK_EQ(h.app().rewind().moment(), 59);
    play_to_the_end(t, h);
    check_leaves_at(a, b, 60);
    h.picture(t, "fork_from_the_moment_shown");
  });

  harness.add("runs", "fork_from_the_moment_shown_of_a_recorded_run", [](Context* t, Harness& h) {
    std::vector<RecordedPast> pasts;
    const auto run = h.folder() / "run";
    h.restart(t, true, [&](WindowOptions& options) {
      options.make_recording = [&pasts, run](const std::optional<RecordedPast>& past) {
        if (past) pasts.push_back(*past);
        const auto recorder = std::make_shared<RunRecorder>(run, RunRecorder::Existing::beside);
        return WindowOptions::Recording{recorder, [recorder] { return recorder->folder(); }};
      };
    });
    IM_CHECK(h.until(t, State::ready));
    h.script().step_us = 500;
    const auto train_to = [&](int step) {
      h.app().submit(command::Step{step - static_cast<int>(h.now().step)});
      return h.until(t, [&] { return h.now().step == step && h.now().state == State::paused; });
    };
    for (const int step : {40, 70, 90}) {
      IM_CHECK(train_to(step));
      h.app().submit(command::SaveCheckpoint{});
      if (step == 40) h.app().submit(command::Set{"learn.rate", 0.001});  // is kept, being before the fork
      if (step == 70) h.app().submit(command::Set{temperature, 3.0});     // and this one isn't
    }
    IM_CHECK(train_to(120));
    IM_CHECK(std::filesystem::exists(checkpoint_file(run, 90)));
    std::filesystem::resize_file(checkpoint_file(run, 70), 100);  // damaged: the one before it is taken
    h.app().rewind().go_to(70);
    t->Yield(2);
    if (!fork(t, h, "From the moment shown")) return;
    const LiveRun &a = *h.app().live()[0], &b = *h.app().live()[1];
    IM_CHECK_EQ(b.snapshot->step, 40);
    IM_CHECK(b.snapshot->state == State::paused);
    IM_CHECK_EQ(pasts.size(), 1u);
    IM_CHECK_EQ(pasts[0].parent.step, 71);
    IM_CHECK(pasts[0].parent.folder == run);
    IM_CHECK_EQ(pasts[0].step, 40);
    play_to_the_end(t, h);
    check_leaves_at(a, b, 71);
    IM_CHECK_EQ(b.snapshot->parameters->real("learn.rate"), 0.001);
  });

  harness.add("runs", "a_fork_from_a_moment_trains_along", [](Context* t, Harness& h) {
    h.script().step_us = 20000;  // it isn't over before it is forked
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(h.until(t, [&] { return h.now().step > 30; }));
    t->KeyPress(ImGuiKey_Home);
    IM_CHECK_EQ(h.app().rewind().moment(), 0);
    if (!fork(t, h, "From the moment shown")) return;
    const LiveRun &a = *h.app().live()[0], &b = *h.app().live()[1];
    IM_CHECK(h.until(t, [&] { return b.snapshot->step > 5 && a.snapshot->state == State::running; }));
    IM_CHECK_EQ(in_force(b), 0.25);
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

  harness.add("runs", "forked_while_it_trains_both_go_on", [](Context* t, Harness& h) {
    h.script().step_us = 20000;  // it isn't over before it is forked
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(h.until(t, [&] { return h.now().step > 5; }));
    if (!fork(t, h, "From now on")) return;
    const LiveRun& b = *h.app().live()[1];
    IM_CHECK(h.until(t, [&] { return b.snapshot->state == State::running || b.snapshot->state == State::finished; }));
    IM_CHECK(h.until(t, [&] { return h.now().state == State::running || h.now().state == State::finished; }));
    IM_CHECK_GT(b.snapshot->step, 5);
  });

  harness.add("runs", "a_fork_that_can_not_be_built", [](Context* t, Harness& h) {
    h.script().step_us = 2000;
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(h.until(t, [&] { return h.now().step > 5; }));
    h.script().refuse_build = true;
    h.app().fork(temperature, 0.25, ForkFrom::now);
    IM_CHECK(h.until(t, [&] { return Harness::shown("###question"); }));
    t->SetRef(Harness::find("###question"));
    t->ItemClick("Close");
    IM_CHECK_EQ(h.app().live().size(), 1u);
    IM_CHECK(!h.app().forking());
    IM_CHECK(h.until(t, [&] { return h.now().state == State::running; }));  // it goes on
  });

  harness.add("runs", "a_fork_that_can_not_be_built_and_is_left_alone", [](Context* t, Harness& h) {
    h.script().hold_build = true;
    h.app().fork(temperature, 0.25, ForkFrom::start);
    IM_CHECK(h.until(t, [&] { return h.app().live().size() == 2; }));
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_W);  // its parent
    IM_CHECK_EQ(h.app().live().size(), 1u);
    IM_CHECK_STR_EQ(h.app().run().name.c_str(), "B");
    h.script().refuse_build = true;
    h.script().hold_build = false;
    IM_CHECK(h.until(t, [&] { return Harness::shown("###question"); }));
    t->SetRef(Harness::find("###question"));
    t->ItemClick("Close");
    IM_CHECK_EQ(h.app().live().size(), 1u);
    IM_CHECK(!h.app().forking());
    h.script().refuse_build = false;
    h.app().submit(command::Reset{});
    IM_CHECK(h.until(t, State::ready));
  });

  harness.add("runs", "a_fork_goes_on_when_its_parent_closes", [](Context* t, Harness& h) {
    h.script().hold_build = true;
    h.app().fork(temperature, 0.5, ForkFrom::start);
    IM_CHECK(h.until(t, [&] { return h.app().live().size() == 2; }));
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_W);
    IM_CHECK(h.app().forking());
    h.script().hold_build = false;
    IM_CHECK(h.until(t, [&] { return !h.app().forking(); }));
    IM_CHECK_EQ(in_force(h.app().run()), 0.5);
    // And one is made of B while A, the program's first run, has gone.
    if (!fork(t, h, "From the start")) return;
    IM_CHECK_EQ(h.app().live().size(), 2u);
  });

  harness.add("runs", "a_failed_run_is_forked_from_a_moment_before", [](Context* t, Harness& h) {
    h.script().step_us = 500;
    h.script().fail_at = 100;
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(h.until(t, [&] { return h.now().state == State::failed; }));
    h.script().fail_at = -1;
    h.app().rewind().go_to(59);
    t->Yield(2);
    if (!fork(t, h, "From the moment shown")) return;
    const LiveRun& b = *h.app().live()[1];
    IM_CHECK(b.snapshot->state == State::ready);
    IM_CHECK(b.document.name().find("from step 60") != std::string::npos);
  });

  harness.add("runs", "a_fork_that_closes_unsaved_asks", [](Context* t, Harness& h) {
    if (!fork(t, h, "From the start")) return;
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Tab);
    IM_CHECK_STR_EQ(h.app().run().name.c_str(), "B");
    t->KeyPress(ImGuiKey_Period);
    IM_CHECK(h.until(t, [&] { return h.now().step == 1; }));
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_W);
    IM_CHECK(h.until(t, [&] { return Harness::shown("###question"); }));
    t->SetRef(Harness::find("###question"));
    t->ItemClick("Cancel");
    IM_CHECK_EQ(h.app().live().size(), 2u);
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Tab);  // the other one is shown, and the window is to be closed
    h.app().request_close();
    IM_CHECK(h.until(t, [&] { return Harness::shown("###question"); }));
    IM_CHECK_STR_EQ(h.app().run().name.c_str(), "B");
    t->SetRef(Harness::find("###question"));
    t->ItemClick("Discard changes");
    IM_CHECK(h.app().closing());
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
