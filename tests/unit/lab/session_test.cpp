// The course of a session: loading, running, publishing, failing, closing.
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

TEST_F(SessionTest, StartsEmpty) {
  start();
  const auto snapshot = session->snapshot();
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->state, State::empty);
  EXPECT_EQ(script->made, 0);
}

TEST_F(SessionTest, RunsToTheEnd) {
  start();
  must(command::Load{preset(7)});
  const auto ready = session->snapshot();
  EXPECT_EQ(ready->state, State::ready);
  EXPECT_EQ(ready->step, 0);
  EXPECT_EQ(ready->steps, 7);
  EXPECT_EQ(ready->run, 1u);
  ASSERT_NE(ready->description, nullptr);
  EXPECT_EQ(ready->description->metrics[FakeEngine::loss_total].name, "loss/total");
  EXPECT_EQ(ready->preset->name, "specialize/test");
  must(command::Play{});
  const auto done = reach(State::finished);
  EXPECT_EQ(done->step, 7);
  ASSERT_EQ(done->series[FakeEngine::loss_total].size(), 7u);
  EXPECT_EQ(done->series[FakeEngine::loss_total][6].step, 6);
  EXPECT_EQ(done->series[FakeEngine::alpha_entropy].size(), 4u);
  EXPECT_EQ(done->series[FakeEngine::overlap].size(), 0u);
  ASSERT_NE(done->matrices[FakeEngine::overlap], nullptr);
  EXPECT_EQ(done->matrices[FakeEngine::overlap]->step, 6);
  EXPECT_EQ(done->matrices[FakeEngine::loss_total], nullptr);
  EXPECT_EQ(done->memory_bytes, 1u << 20);
  const auto steps = script->steps();
  ASSERT_EQ(steps.size(), 7u);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(steps[i].step, static_cast<std::int64_t>(i));
    EXPECT_EQ(steps[i].last, i == 6);
  }
}

TEST_F(SessionTest, StepsOneAtATime) {
  start();
  must(command::Load{preset(5)});
  must(command::Step{});
  EXPECT_EQ(reach(State::paused)->step, 1);
  must(command::Step{3});
  EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.step == 4; }, long_enough));
  EXPECT_EQ(reach(State::paused)->step, 4);
  must(command::Step{3});  // one is left
  EXPECT_EQ(reach(State::finished)->step, 5);
}

}  // namespace
}  // namespace tessera::test
