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
  EXPECT_EQ(given_up.text, "the build was given up for another one");
  go = true;
  const Outcome built = result(second);
  EXPECT_TRUE(built.accepted);
  EXPECT_FALSE(built.given_up);
  EXPECT_EQ(session->snapshot()->steps, 5);
  EXPECT_TRUE(errors().empty());
  EXPECT_EQ(script->built, 1);
}

TEST_F(BuildTest, LeavesWhatWasThere) {
  struct Watch : Observer {
    void started(const Preset&, const Description&) override { ++starts; }
    void given_up() override { ++given_up_; }
    void scalar(std::int64_t, const MetricSpec&, double) override {}
    void matrix(const MetricSpec&, const Matrix&) override {}
    void changed(const Intervention&) override {}
    void stepped(std::int64_t, double, std::uint64_t) override {}
    void ended(State, const Snapshot&) override { ++ends; }
    std::atomic<int> starts = 0, ends = 0, given_up_ = 0;
  };
  const auto watch = std::make_shared<Watch>();
  options.observer = watch;
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
  EXPECT_EQ(script->made, 1);
  EXPECT_EQ(watch->starts, 1);
  EXPECT_EQ(watch->ends, 0);
  EXPECT_EQ(watch->given_up_, 1);
  must(command::Play{});
  EXPECT_EQ(reach(State::finished)->step, 10);
}

// A Reset of a failed run is given up: what it says of its failure stays, and it can be reset again.
TEST_F(BuildTest, LeavesAFailedRunFailed) {
  go = true;
  script->on_step = [](std::int64_t) { throw TrainingError("loss is NaN"); };
  start();
  must(command::Load{preset(10)});
  must(command::Play{});
  reach(State::failed);
  go = false;
  const Ticket reset = session->submit(command::Reset{});
  reach(State::building);
  // What comes after is refused before it is built, and looks at the session as it was left.
  Checkpoint of_another(preset(5).parameters);
  of_another.step = 1;
  EXPECT_TRUE(of_another.parameters.set("model.depth", std::int64_t{2}).empty());
  const Ticket next =
      session->submit(command::Continue{preset(5), std::make_shared<Checkpoint>(std::move(of_another)), nullptr});
  EXPECT_TRUE(result(reset).given_up);
  go = true;
  EXPECT_FALSE(result(next).accepted);
  EXPECT_EQ(session->snapshot()->state, State::failed);
  EXPECT_EQ(session->snapshot()->failure, "loss is NaN");
  EXPECT_EQ(session->snapshot()->preset->title, "Test");
  must(command::Reset{});
  EXPECT_EQ(session->snapshot()->state, State::ready);
  EXPECT_EQ(session->snapshot()->failure, "");
  EXPECT_EQ(script->alive, 1);
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
