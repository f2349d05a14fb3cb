// A run that goes on in another session: as a fork, with other plans from some step on.
#include "core/lab/recorder.h"
#include "core/lab/row_text.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

constexpr const char* temperature = "model.router.temperature";

class ContinueTest : public SessionTest {
 protected:
  Folder folder;
  struct Taken {
    std::shared_ptr<const Checkpoint> checkpoint;
    std::shared_ptr<const Snapshot> snapshot;
  };

  // The state of a run of 12 steps after five of them, with a ramp under way.
  static Preset parent() {
    Preset made = preset(12);
    made.schedule = {{1, temperature, 0.5, 20}};
    return made;
  }
  Taken take() {
    Taken taken;
    must(command::TakeCheckpoint{[&](auto checkpoint, auto snapshot) {
      taken = {std::move(checkpoint), std::move(snapshot)};
    }});
    EXPECT_EQ(taken.checkpoint->step, taken.snapshot->step);
    return taken;
  }
  Taken after_five() {
    start();
    must(command::Load{parent()});
    must(command::Step{5});
    reach(State::paused);
    Taken taken = take();
    session.reset();
    return taken;
  }
  // The parent's plans, and another temperature from step 5 on.
  static Preset child() {
    Preset made = parent();
    made.name = "specialize/child";
    made.schedule.push_back({5, temperature, 2.0, 0});
    return made;
  }
  std::string finished() {
    must(command::Play{});
    return scalars_csv(*reach(State::finished));
  }
};

TEST_F(ContinueTest, AForkIsTheRunOfItsPresetFromTheStart) {
  const Taken taken = after_five();
  start();
  must(command::Load{child()});
  const std::string whole = finished();
  session.reset();

  options.observer = std::make_shared<RunRecorder>(folder / "child");
  start();
  must(command::Continue{child(), taken.checkpoint, taken.snapshot});
  const auto now = session->snapshot();
  EXPECT_EQ(now->state, State::paused);
  EXPECT_EQ(now->step, 5);
  EXPECT_EQ(now->preset->name, "specialize/child");
  EXPECT_EQ(scalars_csv(*now), scalars_csv(*taken.snapshot));
  ASSERT_TRUE(now->matrices[FakeEngine::overlap]);
  EXPECT_EQ(now->matrices[FakeEngine::overlap]->step, 0);
  ASSERT_EQ(now->history->size(FakeEngine::overlap), 1u);
  EXPECT_EQ(now->history->frame(FakeEngine::overlap, 0), taken.snapshot->matrices[FakeEngine::overlap]);
  EXPECT_EQ(finished(), whole);
  EXPECT_EQ(*session->snapshot()->timeline, child().schedule);
  session.reset();
  options.observer.reset();
  EXPECT_EQ(read_text(folder / "child" / "scalars.csv"), whole) << "and so it is recorded";

  options.observer = nullptr;
  start();
  must(command::Continue{child(), taken.checkpoint, taken.snapshot});
  must(command::Reset{});
  EXPECT_EQ(session->snapshot()->step, 0);
  EXPECT_EQ(finished(), whole) << "a reset of the fork is the same run again";
}

TEST_F(ContinueTest, WithTheSamePlansItIsTheSameRun) {
  const Taken taken = after_five();
  start();
  must(command::Load{parent()});
  const std::string whole = finished();
  must(command::Continue{parent(), taken.checkpoint, taken.snapshot});
  EXPECT_EQ(session->snapshot()->step, 5);
  EXPECT_EQ(finished(), whole);
  must(command::Continue{parent(), taken.checkpoint, nullptr});
  EXPECT_EQ(finished(), whole.substr(0, 16) + whole.substr(whole.find("\n5,") + 1))
      << "without the past: from there on";
}

TEST_F(ContinueTest, TwoSessionsTrainAtOnce) {
  const Taken taken = after_five();
  start();
  must(command::Load{child()});
  const std::string whole = finished();
  const auto first = std::move(session);
  const auto second_script = std::make_shared<Script>();
  Session second([&] { return std::make_unique<FakeEngine>(second_script); }, options);
  for (int round = 0; round < 20; ++round) {
    const std::pair<Session*, std::uint64_t> both[] = {{first.get(), first->snapshot()->run},
                                                       {&second, second.snapshot()->run}};
    first->submit(command::Reset{});
    second.submit(command::Continue{child(), taken.checkpoint, taken.snapshot});
    for (const auto& [each, before] : both) each->submit(command::Play{});
    for (const auto& [each, before] : both) {
      const auto done = [run = before](const Snapshot& s) { return s.run > run && s.state == State::finished; };
      ASSERT_TRUE(each->wait(done, long_enough));
    }
  }
  EXPECT_EQ(scalars_csv(*first->snapshot()), whole);
  EXPECT_EQ(scalars_csv(*second.snapshot()), whole);
}

TEST_F(ContinueTest, ACheckpointOfAnotherExperimentIsRefused) {
  const Taken taken = after_five();
  start();
  must(command::Load{preset(3)});
  const std::string before = finished();
  Preset other = child();
  ASSERT_TRUE(other.parameters.set("model.depth", std::int64_t{2}).empty());
  const Outcome outcome = act(command::Continue{other, taken.checkpoint, taken.snapshot});
  EXPECT_FALSE(outcome.accepted);
  EXPECT_NE(outcome.text.find("model.depth"), std::string::npos) << outcome.text;
  EXPECT_EQ(scalars_csv(*session->snapshot()), before) << "what was there stays";
  EXPECT_EQ(session->snapshot()->state, State::finished);
}

TEST_F(ContinueTest, AnEngineThatCanNotBeSavedOrRestored) {
  const Taken taken = after_five();
  script->on_save = [] { throw std::runtime_error("no memory"); };
  start();
  must(command::Load{parent()});
  const Outcome refused = act(command::TakeCheckpoint{[](const auto&, const auto&) { FAIL(); }});
  EXPECT_FALSE(refused.accepted);
  EXPECT_NE(refused.text.find("no memory"), std::string::npos) << refused.text;
  EXPECT_EQ(session->snapshot()->state, State::ready);

  script->on_save = [] {};
  bool first = true;
  script->on_restore = [&first] {
    if (std::exchange(first, false)) throw std::runtime_error("of another kind");
  };
  const Outcome outcome = act(command::Continue{child(), taken.checkpoint, taken.snapshot});
  EXPECT_FALSE(outcome.accepted);
  EXPECT_NE(outcome.text.find("of another kind"), std::string::npos) << outcome.text;
  EXPECT_EQ(session->snapshot()->state, State::ready) << "built, and at its start";
  EXPECT_EQ(session->snapshot()->step, 0);
}

}  // namespace
}  // namespace tessera::test
