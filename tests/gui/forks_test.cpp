// Forks: from now, from the start, from the moment shown; and those that can't be made.
#include <algorithm>
#include <chrono>
#include <memory>

#include "core/lab/checkpoints.h"
#include "core/lab/recorder.h"
#include "tests/gui/forking.h"

namespace tessera::test {
namespace {

using Context = ImGuiTestContext;

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

}  // namespace

void add_fork_tests(Harness& harness) {
  harness.add("forks", "fork_now", [](Context* t, Harness& h) {
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

  harness.add("forks", "fork_from_the_start_is_that_preset", [](Context* t, Harness& h) {
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
  harness.add("forks", "fork_from_the_moment_shown", [](Context* t, Harness& h) {
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

  harness.add("forks", "fork_from_the_moment_shown_of_a_recorded_run", [](Context* t, Harness& h) {
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

  harness.add("forks", "a_fork_from_a_moment_trains_along", [](Context* t, Harness& h) {
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

  harness.add("forks", "forked_while_it_trains_both_go_on", [](Context* t, Harness& h) {
    h.script().step_us = 20000;  // it isn't over before it is forked
    t->KeyPress(ImGuiKey_Space);
    IM_CHECK(h.until(t, [&] { return h.now().step > 5; }));
    if (!fork(t, h, "From now on")) return;
    const LiveRun& b = *h.app().live()[1];
    IM_CHECK(h.until(t, [&] { return b.snapshot->state == State::running || b.snapshot->state == State::finished; }));
    IM_CHECK(h.until(t, [&] { return h.now().state == State::running || h.now().state == State::finished; }));
    IM_CHECK_GT(b.snapshot->step, 5);
  });

  harness.add("forks", "a_fork_that_can_not_be_built", [](Context* t, Harness& h) {
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

  harness.add("forks", "a_fork_that_can_not_be_built_and_is_left_alone", [](Context* t, Harness& h) {
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

  harness.add("forks", "a_fork_given_up_for_a_preset", [](Context* t, Harness& h) {
    h.script().tell_build = true;
    h.script().hold_build = true;
    h.app().fork(temperature, 0.25, ForkFrom::start);
    IM_CHECK(h.until(t, [&] { return h.app().live().size() == 2; }));
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Tab);
    IM_CHECK(h.until(t, [&] { return h.app().run().name == "B"; }));
    IM_CHECK(h.until(t, [&] { return h.now().built == 0.5; }));
    t->SetRef(h.child(t, "experiments", "##presets"));
    t->ItemDoubleClick("###specialize\\/softmax");
    IM_CHECK(h.until(t, [&] { return !h.app().forking(); }));
    h.script().hold_build = false;
    IM_CHECK(h.until(t, [&] { return h.now().state == State::ready; }));
    IM_CHECK_STR_EQ(h.now().preset->name.c_str(), "specialize/softmax");
    IM_CHECK_STR_EQ(h.app().run().name.c_str(), "B");
    IM_CHECK(!Harness::shown("###question"));
  });

  harness.add("forks", "a_fork_goes_on_when_its_parent_closes", [](Context* t, Harness& h) {
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

  harness.add("forks", "a_failed_run_is_forked_from_a_moment_before", [](Context* t, Harness& h) {
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

  harness.add("forks", "a_fork_that_closes_unsaved_asks", [](Context* t, Harness& h) {
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
}

}  // namespace tessera::test
