// What goes wrong in a session: every failure is said, nothing else is lost, and there is a way back.
#include <algorithm>
#include <cmath>

#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

using FailureTest = SessionTest;

TEST_F(FailureTest, AStepThatThrows) {
  script->on_step = [](std::int64_t step) {
    if (step == 3) throw TrainingError("loss is NaN at step 3");
  };
  start();
  must(command::Load{preset(10)});
  must(command::Play{});
  const auto failed = reach(State::failed);
  EXPECT_EQ(failed->failure, "loss is NaN at step 3");
  EXPECT_EQ(failed->step, 3);
  EXPECT_EQ(failed->series[FakeEngine::loss_total].size(), 3u) << "what was measured stays";
  bool said = false;
  for (const Event& event : session->take_events()) {
    said |= event.severity == Severity::error && event.text == failed->failure && event.step == 3;
  }
  EXPECT_TRUE(said);
  script->on_step = [](std::int64_t) {};
  must(command::Reset{});
  EXPECT_EQ(session->snapshot()->failure, "");
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->step, 10);
}

TEST_F(FailureTest, AnythingCanBeThrown) {
  const std::pair<std::function<void()>, std::string> cases[] = {
      {[] { throw std::runtime_error("CUDA error: out of memory"); }, "CUDA error: out of memory"},
      {[] {
         throw InputError({{"file", "is truncated", ""}});
       },
       "file: is truncated"},
      {[] { throw std::bad_alloc(); }, std::bad_alloc().what()},
      {[] { throw 5; }, "failed for an unknown reason"},
      {[] { throw std::runtime_error(""); }, "failed without a reason"},
      {[] { throw std::runtime_error(std::string(100000, 'x')); }, std::string(4000, 'x')},
  };
  for (const auto& [thrower, text] : cases) {
    script = std::make_shared<Script>();
    script->on_step = [&thrower = thrower](std::int64_t) { thrower(); };
    start();
    must(command::Load{preset(10)});
    must(command::Play{});
    EXPECT_EQ(reach(State::failed)->failure, text);
    session.reset();
    EXPECT_EQ(script->alive, 0);
  }
}

TEST_F(FailureTest, ALossThatIsNotFinite) {
  for (const double bad : {std::nan(""), static_cast<double>(INFINITY), -static_cast<double>(INFINITY)}) {
    script = std::make_shared<Script>();
    script->loss = [bad](std::int64_t step, double loss) { return step == 4 ? bad : loss; };
    start();
    must(command::Load{preset(10)});
    must(command::Play{});
    const auto failed = reach(State::failed);
    EXPECT_EQ(failed->failure.find("loss/total is "), 0u) << failed->failure;
    EXPECT_EQ(failed->failure.substr(failed->failure.size() - 10), " at step 4");
    EXPECT_EQ(failed->step, 4);
    EXPECT_EQ(failed->series[FakeEngine::loss_total].size(), 5u) << "the bad value can be seen";
  }
}

TEST_F(FailureTest, TheFirstBuildThatThrows) {
  script->on_build = [](const Preset&) {
    throw InputError({{"task.data.path", "\"/nowhere\"", "a folder with the data"}});
  };
  start();
  const Outcome outcome = act(command::Load{preset(10)});
  EXPECT_FALSE(outcome.accepted);
  EXPECT_EQ(outcome.text, "task.data.path: \"/nowhere\"; allowed: a folder with the data");
  const auto failed = session->snapshot();
  EXPECT_EQ(failed->state, State::failed);
  EXPECT_EQ(failed->failure, outcome.text);
  EXPECT_EQ(failed->description, nullptr);
  ASSERT_NE(failed->preset, nullptr) << "kept, to try again";
  script->on_build = [](const Preset& preset) {
    if (preset.parameters.text("task.data.path").empty()) throw std::runtime_error("still nothing");
  };
  EXPECT_EQ(act(command::Reset{}).text, "still nothing");
  EXPECT_EQ(session->snapshot()->state, State::failed);
  must(command::Set{"task.data.path", std::string("/data"), true});
  EXPECT_EQ(session->snapshot()->state, State::ready);
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->step, 10);
}

TEST_F(FailureTest, ALaterBuildThatThrowsLosesNothing) {
  start();
  must(command::Load{preset(1000000)});
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step > 20; }, long_enough));
  script->on_build = [](const Preset&) { throw InputError({{"data", "missing", ""}}); };
  Preset other = preset(5);
  other.name = "other";
  const Outcome outcome = act(command::Load{other});
  EXPECT_FALSE(outcome.accepted);
  EXPECT_EQ(outcome.text, "data: missing");
  const auto kept = session->snapshot();
  EXPECT_EQ(kept->state, State::paused);
  EXPECT_EQ(kept->run, 1u);
  EXPECT_GT(kept->step, 20);
  EXPECT_EQ(kept->preset->name, "specialize/test");
  EXPECT_EQ(static_cast<std::int64_t>(kept->series[0].size()), kept->step);
  EXPECT_EQ(errors(), std::vector<std::string>{"data: missing"});
  EXPECT_FALSE(act(command::Set{"model.depth", std::int64_t{5}, true}).accepted);
  EXPECT_EQ(session->snapshot()->preset->parameters.integer("model.depth"), 4);
  EXPECT_FALSE(act(command::Reset{}).accepted);
  must(command::Step{});
  EXPECT_TRUE(session->wait([&](const Snapshot& s) { return s.step == kept->step + 1; }, long_enough));
}

TEST_F(FailureTest, AnEngineThatCannotBeMade) {
  int attempts = 0;
  script->on_make = [&attempts] {
    if (++attempts == 1) throw std::runtime_error("no CUDA device");
  };
  start();
  EXPECT_EQ(act(command::Load{preset(3)}).text, "no CUDA device");
  EXPECT_EQ(session->snapshot()->state, State::failed);
  must(command::Load{preset(3)});
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->step, 3);
}

TEST_F(FailureTest, AChangeThatTheEngineCannotApply) {
  script->on_apply = [] { throw std::runtime_error("no such kernel"); };
  start();
  must(command::Load{preset(10)});
  EXPECT_EQ(act(command::Set{"task.batch", std::int64_t{5}, false}).text, "no such kernel");
  EXPECT_EQ(session->snapshot()->state, State::failed);
  EXPECT_EQ(act(command::Set{"task.batch", std::int64_t{6}, false}).text, "the run failed; reset it or open a preset");
  must(command::Reset{});
  Preset scheduled = preset(10);
  scheduled.schedule = {{4, "task.batch", std::int64_t{5}, 0}};
  must(command::Load{scheduled});
  must(command::Play{});
  EXPECT_EQ(reach(State::failed)->step, 4);
}

TEST_F(FailureTest, AfterAFailureTheEngineIsMadeAnew) {
  script->on_step = [](std::int64_t) { throw std::runtime_error("CUDA error: illegal address"); };
  start();
  must(command::Load{preset(10)});
  must(command::Play{});
  reach(State::failed);
  must(command::Reset{});
  EXPECT_EQ(script->made, 2);
  EXPECT_EQ(script->alive, 1);
}

// Engines that don't keep to their own declaration.
class WildEngine : public FakeEngine {
 public:
  WildEngine(std::shared_ptr<Script> script, std::function<void(Telemetry&)> wild)
      : FakeEngine(std::move(script)), wild_(std::move(wild)) {}
  void step(std::int64_t step, bool last, Telemetry& telemetry) override {
    FakeEngine::step(step, last, telemetry);
    wild_(telemetry);
  }

 private:
  std::function<void(Telemetry&)> wild_;
};

TEST_F(FailureTest, MetricsThatWereNotDeclared) {
  const std::function<void(Telemetry&)> wild[] = {
      [](Telemetry& t) { t.scalar(3, 1); },
      [](Telemetry& t) { t.scalar(FakeEngine::overlap, 1); },
      [](Telemetry& t) {
        t.matrix(FakeEngine::loss_total, {0, 1, 1, {1}});
      },
      [](Telemetry& t) {
        t.matrix(FakeEngine::overlap, {0, 2, 2, {1}});
      },
      [](Telemetry& t) {
        t.matrix(FakeEngine::overlap, {0, -1, -1, {1}});
      },
      [](Telemetry& t) { t.scalar(FakeEngine::loss_total, 1); },  // twice in one step
  };
  for (const auto& what : wild) {
    session = std::make_unique<Session>([&] { return std::make_unique<WildEngine>(script, what); }, options);
    const Ticket load = session->submit(command::Load{preset(3)});
    session->submit(command::Play{});
    EXPECT_NE(reach(State::failed)->failure, "");
    EXPECT_GT(load, 0u);
    session.reset();
  }
}

// --- observers ---

struct Tale : Observer {
  std::vector<std::string> told;
  std::string throw_at;
  void tell(const std::string& what) {
    told.push_back(what);
    if (what == throw_at) throw std::runtime_error("disk full");
  }
  void started(const Preset& preset, const Description& d) override {
    tell("started " + preset.name + " " + std::to_string(d.metrics.size()));
  }
  void scalar(std::int64_t step, const MetricSpec& metric, double) override {
    tell(std::to_string(step) + " " + metric.name);
  }
  void matrix(const MetricSpec& metric, const Matrix& matrix) override {
    tell(std::to_string(matrix.step) + " " + metric.name);
  }
  void changed(const Intervention& change) override {
    tell("changed " + change.path + " at " + std::to_string(change.step));
  }
  void stepped(std::int64_t done, double seconds, std::uint64_t) override {
    EXPECT_GE(seconds, 0);
    tell("stepped " + std::to_string(done));
  }
  void paused() override { tell("paused"); }
  void ended(State state, const Snapshot& snapshot) override {
    tell(std::string("ended ") + to_string(state) + " at " + std::to_string(snapshot.step));
  }
};

class ObserverTest : public SessionTest {
 protected:
  std::shared_ptr<Tale> tale = std::make_shared<Tale>();
  void SetUp() override { options.observer = tale; }
};

TEST_F(ObserverTest, IsToldEverythingInOrder) {
  start();
  Preset made = preset(3);
  made.schedule = {{1, "run.pace", 1000.0, 0}};
  must(command::Load{made});
  must(command::Step{});
  reach(State::paused);
  must(command::Set{"task.batch", std::int64_t{5}, false});
  must(command::Play{});
  reach(State::finished);
  session.reset();
  EXPECT_EQ(tale->told,
            (std::vector<std::string>{
                "started specialize/test 3", "0 loss/total", "0 alpha_entropy/layer0", "0 overlap/layer0", "stepped 1",
                "paused", "changed task.batch at 1", "paused", "changed run.pace at 1", "1 loss/total", "stepped 2",
                "2 loss/total", "2 alpha_entropy/layer0", "2 overlap/layer0", "stepped 3", "ended finished at 3"}));
}

TEST_F(ObserverTest, IsToldOfEveryEnd) {
  start();
  must(command::Load{preset(3)});
  must(command::Step{});
  reach(State::paused);
  must(command::Reset{});
  must(command::Step{2});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 2 && s.state == State::paused; }, long_enough));
  session.reset();
  std::vector<std::string> ends;
  for (const std::string& what : tale->told) {
    if (what.starts_with("ended") || what.starts_with("started")) ends.push_back(what);
  }
  EXPECT_EQ(ends, (std::vector<std::string>{"started specialize/test 3", "ended paused at 1",
                                            "started specialize/test 3", "ended paused at 2"}));
}

TEST_F(ObserverTest, ARunThatGoesOnEndsAgain) {
  start();
  must(command::Load{preset(2)});
  must(command::Play{});
  reach(State::finished);
  must(command::Set{"run.steps", std::int64_t{3}, false});
  must(command::Play{});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 3; }, long_enough));
  reach(State::finished);
  session.reset();
  EXPECT_EQ(std::count_if(tale->told.begin(), tale->told.end(),
                          [](const std::string& what) { return what.starts_with("ended finished"); }),
            2);
}

TEST_F(ObserverTest, WhatItThrowsFailsTheRun) {
  for (const char* at : {"started specialize/test 3", "1 loss/total", "0 overlap/layer0", "stepped 2",
                         "changed run.pace at 1", "ended finished at 3"}) {
    tale = std::make_shared<Tale>();
    tale->throw_at = at;
    options.observer = tale;
    start();
    Preset made = preset(3);
    made.schedule = {{1, "run.pace", 1000.0, 0}};
    session->submit(command::Load{made});
    session->submit(command::Play{});
    EXPECT_EQ(reach(State::failed)->failure, "disk full") << at;
    session.reset();
    EXPECT_EQ(script->alive, 0);
  }
}

TEST_F(ObserverTest, WhatItThrowsAtAPause) {
  tale->throw_at = "paused";
  start();
  must(command::Load{preset(3)});
  must(command::Step{});
  EXPECT_EQ(reach(State::failed)->failure, "disk full");
}

}  // namespace
}  // namespace tessera::test
