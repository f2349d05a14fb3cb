// Changing an experiment while it runs: parameters, schedules, the timeline, rebuilds.
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

constexpr const char* temperature = "model.router.temperature";

class ChangeTest : public SessionTest {
 protected:
  void step(int count = 1) {
    const std::int64_t goal = session->snapshot()->step + count;
    must(command::Step{count});
    ASSERT_TRUE(
        session->wait([&](const Snapshot& s) { return s.step == goal && s.state != State::running; }, long_enough));
  }
  // The temperature that each step was computed with.
  std::vector<double> temperatures() {
    std::vector<double> used;
    for (const Script::Step& step : script->steps()) used.push_back(step.parameters.real(temperature));
    return used;
  }
};

TEST_F(ChangeTest, ALiveParameterActsAtTheNextStep) {
  start();
  must(command::Load{preset(10)});
  step(3);
  must(command::Set{temperature, 0.25, false});
  const auto snapshot = session->snapshot();
  EXPECT_EQ(snapshot->parameters->real(temperature), 0.25);
  EXPECT_EQ(snapshot->preset->parameters.real(temperature), 1) << "the preset is as loaded";
  EXPECT_EQ(*snapshot->timeline, (std::vector<Intervention>{{3, temperature, 0.25, 0}}));
  EXPECT_EQ(snapshot->run, 1u) << "no rebuild";
  step(2);
  EXPECT_EQ(temperatures(), (std::vector<double>{1, 1, 1, 0.25, 0.25}));
}

TEST_F(ChangeTest, SetsAtOneStepReplaceEachOther) {
  start();
  must(command::Load{preset(10)});
  step(2);
  for (const double value : {0.9, 0.8, 0.7}) must(command::Set{temperature, value, false});
  must(command::Set{"task.batch", std::int64_t{5}, false});
  must(command::Set{temperature, 0.6, false});
  EXPECT_EQ(*session->snapshot()->timeline,
            (std::vector<Intervention>{{2, temperature, 0.6, 0}, {2, "task.batch", std::int64_t{5}, 0}}));
  step();
  must(command::Set{temperature, 0.5, false});
  EXPECT_EQ(session->snapshot()->timeline->size(), 3u);
}

TEST_F(ChangeTest, TheSameValueIsNoChange) {
  start();
  must(command::Load{preset(10)});
  must(command::Set{temperature, 1.0, false});
  must(command::Set{temperature, std::int64_t{1}, false});
  EXPECT_TRUE(session->snapshot()->timeline->empty());
  EXPECT_EQ(script->applied, 0);
}

TEST_F(ChangeTest, WhatIsWrongIsRefusedWithAReason) {
  start();
  must(command::Load{preset(10)});
  EXPECT_EQ(act(command::Set{temperature, 0.0, false}).text, "model.router.temperature: 0; allowed: 0.01 to 100");
  EXPECT_EQ(act(command::Set{"model.router.temprature", 1.0, false}).text,
            "model.router.temprature: there is no such parameter; did you mean \"model.router.temperature\"?");
  EXPECT_EQ(act(command::Set{"model.depth", std::int64_t{6}, false}).text,
            "model.depth: a change needs a rebuild, which ends this run");
  EXPECT_EQ(act(command::Set{"model.depth", std::int64_t{60}, true}).text,
            "model.depth: 60; allowed: whole numbers, 1 to 16");
  EXPECT_EQ(act(command::Set{"model.layer9.router.temperature", 1.0, false}).text,
            "model.layer9.router.temperature: layer 9; allowed: layers 0 to 3 (model.depth is 4)");
  EXPECT_EQ(session->snapshot()->state, State::ready);
  EXPECT_TRUE(session->snapshot()->timeline->empty());
  EXPECT_EQ(script->built, 1);
}

TEST_F(ChangeTest, ALayerOfItsOwn) {
  start();
  must(command::Load{preset(10)});
  must(command::Set{"model.layer2.router.temperature", 0.5, false});
  EXPECT_EQ(session->snapshot()->parameters->real("model.layer2.router.temperature"), 0.5);
  EXPECT_EQ(session->snapshot()->parameters->real(temperature), 1);
}

TEST_F(ChangeTest, ARebuildKeepsTheScheduleAndDropsTheRest) {
  start();
  Preset made = preset(10);
  made.schedule = {{5, temperature, 0.5, 0}};
  must(command::Load{made});
  step(2);
  must(command::Set{temperature, 9.0, false});
  must(command::Set{"model.router.kind", std::string("sparsemax"), true});
  const auto snapshot = session->snapshot();
  EXPECT_EQ(snapshot->state, State::ready);
  EXPECT_EQ(snapshot->step, 0);
  EXPECT_EQ(snapshot->run, 2u);
  EXPECT_EQ(snapshot->preset->parameters.text("model.router.kind"), "sparsemax");
  EXPECT_EQ(snapshot->preset->name, "specialize/test");
  EXPECT_EQ(snapshot->parameters->real(temperature), 1);
  EXPECT_EQ(*snapshot->timeline, made.schedule);
  must(command::Reset{});
  EXPECT_EQ(session->snapshot()->preset->parameters.text("model.router.kind"), "sparsemax") << "a reset keeps it";
  EXPECT_EQ(script->built, 3);
}

TEST_F(ChangeTest, ARebuildThatTheScheduleForbids) {
  start();
  Preset made = preset(10);
  made.schedule = {{5, "model.layer3.router.temperature", 0.5, 0}};
  must(command::Load{made});
  EXPECT_EQ(act(command::Set{"model.depth", std::int64_t{2}, true}).text,
            "schedule, step 5: model.layer3.router.temperature: layer 3; allowed: layers 0 to 1 (model.depth is 2)");
  EXPECT_EQ(session->snapshot()->preset->parameters.integer("model.depth"), 4);
}

TEST_F(ChangeTest, AScheduleIsFollowed) {
  start();
  Preset made = preset(8);
  made.schedule = {{0, temperature, 2.0, 0}, {3, temperature, 32.0, 4}};
  must(command::Load{made});
  must(command::Play{});
  const auto done = reach(State::finished);
  const auto used = temperatures();
  const double expected[] = {2, 2, 2, 2, 4, 8, 16, 32};  // doubled at each step: the scale is logarithmic
  ASSERT_EQ(used.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(used[i], expected[i], 1e-12) << i;
  EXPECT_EQ(*done->timeline, made.schedule);
  EXPECT_EQ(done->parameters->real(temperature), 32);
}

TEST_F(ChangeTest, APersonEndsARamp) {
  start();
  Preset made = preset(10);
  made.schedule = {{0, temperature, 100.0, 8}};
  must(command::Load{made});
  step(2);
  must(command::Set{temperature, 0.5, false});
  step(3);
  const auto used = temperatures();
  EXPECT_EQ(std::vector<double>(used.begin() + 2, used.end()), (std::vector<double>{0.5, 0.5, 0.5}));
}

TEST_F(ChangeTest, APersonReplacesWhatIsPlannedForThisStep) {
  start();
  Preset made = preset(10);
  made.schedule = {{2, temperature, 9.0, 0}};
  must(command::Load{made});
  step(2);
  must(command::Set{temperature, 1.0, false});  // as it is: but not 9
  step(2);
  EXPECT_EQ(temperatures(), (std::vector<double>{1, 1, 1, 1}));
  EXPECT_EQ(*session->snapshot()->timeline, (std::vector<Intervention>{{2, temperature, 1.0, 0}}));
}

TEST_F(ChangeTest, TheTimelineReplaysTheRun) {
  options.publish_every = std::chrono::milliseconds(0);
  start();
  Preset made = preset(400);
  made.schedule = {{50, temperature, 3.0, 100}};
  must(command::Load{made});
  must(command::Play{});
  for (int i = 0; i < 20; ++i) {  // whenever they come
    must(command::Set{temperature, 0.5 + 0.1 * i, false});
    must(command::Set{"task.batch", std::int64_t{10 + i}, false});
  }
  if (session->snapshot()->state == State::running) must(command::Pause{});
  must(command::Set{"run.steps", session->snapshot()->step + 200, false});
  must(command::Play{});
  const auto live = reach(State::finished);
  const auto live_steps = script->steps();

  script = std::make_shared<Script>();
  start();
  made.schedule = *live->timeline;
  must(command::Load{made});
  must(command::Play{});
  const auto replayed = reach(State::finished);
  EXPECT_EQ(points(*replayed, FakeEngine::loss_total), points(*live, FakeEngine::loss_total));
  EXPECT_EQ(points(*replayed, FakeEngine::alpha_entropy), points(*live, FakeEngine::alpha_entropy));
  const auto again = script->steps();
  ASSERT_EQ(again.size(), live_steps.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_TRUE(again[i].parameters.get(temperature) == live_steps[i].parameters.get(temperature)) << i;
    EXPECT_TRUE(again[i].parameters.get("task.batch") == live_steps[i].parameters.get("task.batch")) << i;
  }
}

TEST_F(ChangeTest, ANewScheduleReplacesWhatIsToCome) {
  start();
  Preset made = preset(10);
  made.schedule = {{1, temperature, 2.0, 0}, {5, temperature, 5.0, 0}};
  must(command::Load{made});
  step(3);
  must(command::Schedule{{{6, temperature, 6.0, 0}, {4, temperature, 4.0, 0}}});
  EXPECT_EQ(*session->snapshot()->timeline,
            (std::vector<Intervention>{{1, temperature, 2.0, 0}, {4, temperature, 4.0, 0}, {6, temperature, 6.0, 0}}));
  step(4);
  EXPECT_EQ(temperatures(), (std::vector<double>{1, 2, 2, 2, 4, 4, 6}));
  must(command::Reset{});
  EXPECT_EQ(*session->snapshot()->timeline, made.schedule) << "the preset's";
}

// A plan is made from a snapshot; meanwhile the run goes on.
TEST_F(ChangeTest, WhatHasHappenedAsPlannedIsNoMistakeInASchedule) {
  start();
  Preset made = preset(10);
  made.schedule = {{1, temperature, 2.0, 0}, {2, temperature, 3.0, 4}, {5, temperature, 5.0, 0}};
  must(command::Load{made});
  step(3);
  must(command::Schedule{{{1, temperature, 2.0, 0}, {2, temperature, 3.0, 4}, {8, temperature, 6.0, 0}}});
  const std::vector<Intervention> expected = {
      {1, temperature, 2.0, 0}, {2, temperature, 3.0, 4}, {8, temperature, 6.0, 0}};
  EXPECT_EQ(*session->snapshot()->timeline, expected);
  // Not as planned: another value, another ramp.
  EXPECT_NE(act(command::Schedule{{{1, temperature, 2.5, 0}}}).text, "");
  EXPECT_NE(act(command::Schedule{{{2, temperature, 3.0, 0}}}).text, "");
  EXPECT_EQ(*session->snapshot()->timeline, expected);
}

TEST_F(ChangeTest, SchedulesThatAreWrongAreRefusedWhole) {
  start();
  must(command::Load{preset(10)});
  step(3);
  EXPECT_EQ(act(command::Schedule{{{2, temperature, 6.0, 0}}}).text, "schedule[0].step: 2; allowed: 3 or later");
  EXPECT_EQ(act(command::Schedule{{{7, temperature, 6.0, 0}, {7, temperature, 5.0, 0}}}).text,
            "schedule[1]: model.router.temperature changes twice at step 7; allowed: once");
  EXPECT_NE(act(command::Schedule{{{7, temperature, 6.0, 0}, {8, "model.depth", std::int64_t{3}, 0}}})
                .text.find("can't change while training"),
            std::string::npos);
  EXPECT_TRUE(session->snapshot()->timeline->empty());
}

TEST_F(ChangeTest, MoreStepsAfterTheEnd) {
  start();
  must(command::Load{preset(5)});
  must(command::Play{});
  reach(State::finished);
  EXPECT_FALSE(act(command::Play{}).accepted);
  must(command::Set{"run.steps", std::int64_t{8}, false});
  EXPECT_EQ(session->snapshot()->state, State::paused);
  EXPECT_EQ(session->snapshot()->steps, 8);
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 8; }, long_enough));
  EXPECT_EQ(reach(State::finished)->step, 8);
  EXPECT_EQ(*session->snapshot()->timeline, (std::vector<Intervention>{{5, "run.steps", std::int64_t{8}, 0}}));
}

TEST_F(ChangeTest, FewerSteps) {
  start();
  must(command::Load{preset(100)});
  step(5);
  EXPECT_EQ(act(command::Set{"run.steps", std::int64_t{5}, false}).text,
            "value: 5; allowed: more than 5: so many steps are done by then");
  must(command::Set{"run.steps", std::int64_t{6}, false});
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->step, 6);
  EXPECT_TRUE(script->steps().back().last);
}

TEST_F(ChangeTest, ScheduledStepsGoOnAtTheEnd) {
  start();
  Preset made = preset(5);
  made.schedule = {{5, "run.steps", std::int64_t{9}, 0}};
  must(command::Load{made});
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->step, 9);
}

TEST_F(ChangeTest, WithoutRunParametersItHasNoEnd) {
  // A table of other components than the fake engine's own is enough: the session must not need run.*.
  ParameterTable small;
  small.add<RouterParameters>("model.router", "Router");
  struct Plain : Engine {
    Description build(const Preset&) override { return {}; }
    void step(std::int64_t, bool last, Telemetry&) override { EXPECT_FALSE(last); }
    void apply(const Parameters&) override {}
    void save(Writer&) const override {}
    void restore(Reader&) override {}
    std::uint64_t memory_bytes() const override { return 0; }
  };
  session = std::make_unique<Session>([] { return std::make_unique<Plain>(); }, options);
  must(command::Load{Preset(small)});
  EXPECT_EQ(session->snapshot()->steps, 0);
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step > 1000; }, long_enough));
  EXPECT_EQ(session->snapshot()->seconds_left, 0);
  EXPECT_NE(act(command::Reset{3}).text.find("run.seed: there is no such parameter"), std::string::npos);
  session.reset();  // before the table
}

TEST_F(ChangeTest, WhatIsReplacedDoesNotCountAgainstTheLimit) {
  start();
  must(command::Load{preset(30'000)});
  must(command::Set{"task.batch", std::int64_t{3}, false});
  std::vector<Intervention> many;
  for (std::int64_t step = 1; many.size() + 1 < max_interventions; ++step) {
    many.push_back({step, "model.router.temperature", step % 2 == 0 ? 1.0 : 2.0, 0});
  }
  must(command::Schedule{many});
  must(command::Schedule{many});
  EXPECT_EQ(session->snapshot()->timeline->size(), max_interventions);
  many.push_back({25'000, "model.router.temperature", 1.0, 0});
  EXPECT_FALSE(act(command::Schedule{many}).accepted) << "with the one that has happened there are too many";
}

}  // namespace
}  // namespace tessera::test
