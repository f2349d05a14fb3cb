// A build that takes long: what it is at is known, and it is given up for another one and for closing.
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

class BuildTest : public SessionTest {
 protected:
  // Builds go on until `go` is true.
  BuildTest() {
    options.publish_every = std::chrono::milliseconds(0);
    script->during_build = [this](const BuildProgress& progress) {
      progress("training the encoder", 0.25);
      while (!go) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        progress("training the encoder", 0.5);
      }
    };
  }
  void wait_for_building() {
    EXPECT_TRUE(session->wait([](const Snapshot& s) { return s.built == 0.5; }, long_enough));
  }
  std::atomic<bool> go = false;
};

TEST_F(BuildTest, SaysWhatItIsAt) {
  start();
  const Ticket load = session->submit(command::Load{preset(3)});
  wait_for_building();
  EXPECT_EQ(session->snapshot()->state, State::building);
  EXPECT_EQ(session->snapshot()->building, "training the encoder");
  go = true;
  EXPECT_TRUE(result(load).accepted);
  EXPECT_EQ(session->snapshot()->state, State::ready);
  EXPECT_EQ(session->snapshot()->building, "");
}

TEST_F(BuildTest, IsGivenUpForAnotherOne) {
  start();
  const Ticket first = session->submit(command::Load{preset(3)});
  wait_for_building();
  const Ticket second = session->submit(command::Load{preset(5)});
  const Outcome given_up = result(first);
  EXPECT_FALSE(given_up.accepted);
  EXPECT_TRUE(given_up.given_up);
  EXPECT_EQ(given_up.text, "given up for another one");
  go = true;
  const Outcome built = result(second);
  EXPECT_TRUE(built.accepted);
  EXPECT_FALSE(built.given_up);
  EXPECT_EQ(session->snapshot()->steps, 5);
  EXPECT_TRUE(errors().empty());
  EXPECT_EQ(script->built, 1);
}

TEST_F(BuildTest, LeavesWhatWasThere) {
  go = true;
  start();
  must(command::Load{preset(10)});
  must(command::Step{2});
  reach(State::paused);
  go = false;
  const Ticket load = session->submit(command::Load{preset(3)});
  reach(State::building);
  Preset wrong = preset(4);
  wrong.schedule.push_back({-1, "run.steps", std::int64_t{1}, 0});
  const Ticket refused = session->submit(command::Load{wrong});
  EXPECT_TRUE(result(load).given_up);
  EXPECT_FALSE(result(refused).accepted);
  EXPECT_FALSE(result(refused).given_up);
  EXPECT_EQ(session->snapshot()->state, State::paused);
  EXPECT_EQ(session->snapshot()->step, 2);
  EXPECT_EQ(session->snapshot()->steps, 10);
}

TEST_F(BuildTest, IsGivenUpForClosing) {
  start();
  session->submit(command::Load{preset(3)});
  wait_for_building();
  session.reset();  // would wait for ever
  EXPECT_EQ(script->alive, 0);
}

}  // namespace
}  // namespace tessera::test
