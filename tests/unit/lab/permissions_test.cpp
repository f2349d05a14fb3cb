// Every state with every command: what the table says is what a session does.
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

constexpr State all_states[] = {State::empty,  State::building, State::ready, State::running,
                                State::paused, State::finished, State::failed};

TEST(Permissions, TheWholeTable) {
  // By hand, from what each command means: + allowed, - refused.
  // Load Play Pause Step Reset Set Schedule SaveCheckpoint RestoreCheckpoint TakeCheckpoint Continue Ask
  const std::pair<State, std::string> expected[] = {
      {State::empty, "+---------+-"},   {State::building, "+---------+-"}, {State::ready, "++-+++++++++"},
      {State::running, "+-+-++++++++"}, {State::paused, "++-+++++++++"},   {State::finished, "+---++++++++"},
      {State::failed, "+---++--+-+-"},
  };
  for (const auto& [state, row] : expected) {
    ASSERT_EQ(row.size(), command_kinds);
    for (std::size_t kind = 0; kind < command_kinds; ++kind) {
      const std::string reason = refusal(state, kind);
      EXPECT_EQ(reason.empty(), row[kind] == '+') << to_string(state) << " " << kind << " " << reason;
    }
  }
}

TEST(Permissions, ReasonsAreForPeople) {
  EXPECT_STREQ(refusal<command::Play>(State::finished), "the run is finished; reset it or raise run.steps");
  EXPECT_STREQ(refusal<command::Play>(State::empty), "no experiment is loaded");
  EXPECT_STREQ(refusal<command::Step>(State::running), "it is running; pause it first");
  EXPECT_STREQ(refusal<command::Load>(State::empty), "");  // needs no default constructor of its command
  EXPECT_STREQ(refusal<command::Set>(State::building), "the experiment is being built");
}

TEST(Permissions, KindsAreTheIndicesOfCommand) {
  EXPECT_EQ(Command(command::Load{preset()}).index(), command_kind<command::Load>);
  EXPECT_EQ(Command(command::Play{}).index(), command_kind<command::Play>);
  EXPECT_EQ(Command(command::RestoreCheckpoint{}).index(), command_kind<command::RestoreCheckpoint>);
}

TEST(Permissions, StatesHaveNames) {
  EXPECT_STREQ(to_string(State::empty), "empty");
  EXPECT_STREQ(to_string(State::building), "building");
  EXPECT_STREQ(to_string(State::ready), "ready");
  EXPECT_STREQ(to_string(State::running), "running");
  EXPECT_STREQ(to_string(State::paused), "paused");
  EXPECT_STREQ(to_string(State::finished), "finished");
  EXPECT_STREQ(to_string(State::failed), "failed");
}

class CellTest : public SessionTest {
 protected:
  Folder folder;

  // A command of each kind that is right in itself.
  Command make(std::size_t kind) {
    switch (kind) {
      case command_kind<command::Load>:
        return command::Load{preset(4)};
      case command_kind<command::Play>:
        return command::Play{};
      case command_kind<command::Pause>:
        return command::Pause{};
      case command_kind<command::Step>:
        return command::Step{};
      case command_kind<command::Reset>:
        return command::Reset{};
      case command_kind<command::Set>:
        return command::Set{"run.pace", 500.0, true};
      case command_kind<command::Schedule>:
        return command::Schedule{{{5000000, "run.pace", 1.0, 0}}};
      case command_kind<command::SaveCheckpoint>:
        return command::SaveCheckpoint{folder / "new"};
      case command_kind<command::RestoreCheckpoint>:
        return command::RestoreCheckpoint{folder / "checkpoint"};
      case command_kind<command::TakeCheckpoint>:
        return command::TakeCheckpoint{[](const auto&, const auto&) {}};
      case command_kind<command::Continue>:
        return command::Continue{
            preset(4), std::make_shared<const Checkpoint>(read_checkpoint(folder / "checkpoint", table())), nullptr};
      default:
        return command::Ask{[](const Engine&) {}};
    }
  }

  void save_a_checkpoint() {
    start();
    must(command::Load{preset(4)});
    must(command::SaveCheckpoint{folder / "checkpoint"});
    session.reset();
  }

  void bring_to(State state) {
    script = std::make_shared<Script>();
    if (state == State::failed) {
      script->on_step = [](std::int64_t) { throw std::runtime_error("broken"); };
    }
    start();
    if (state == State::empty) return;
    must(command::Load{preset(state == State::running ? 1000000 : 4)});
    if (state == State::ready) return;
    if (state == State::paused) {
      must(command::Step{});
    } else {
      must(command::Play{});
    }
    reach(state);
  }
};

TEST_F(CellTest, ASessionObeysTheTable) {
  save_a_checkpoint();
  for (const State state : all_states) {
    if (state == State::building) continue;  // its worker builds and takes no command: see below
    for (std::size_t kind = 0; kind < command_kinds; ++kind) {
      bring_to(state);
      const Outcome outcome = act(make(kind));
      const std::string expected = refusal(state, kind);
      EXPECT_EQ(outcome.accepted, expected.empty()) << to_string(state) << " " << kind << " " << outcome.text;
      EXPECT_EQ(outcome.text, expected) << to_string(state) << " " << kind;
      if (!expected.empty() && state != State::running) {
        EXPECT_EQ(session->snapshot()->state, state) << kind;
      }
      session.reset();
    }
  }
}

TEST_F(CellTest, WhatCommandsLeadTo) {
  save_a_checkpoint();
  const std::pair<std::pair<State, std::size_t>, State> moves[] = {
      {{State::empty, command_kind<command::Load>}, State::ready},
      {{State::ready, command_kind<command::Load>}, State::ready},
      {{State::running, command_kind<command::Load>}, State::ready},
      {{State::paused, command_kind<command::Load>}, State::ready},
      {{State::finished, command_kind<command::Load>}, State::ready},
      {{State::failed, command_kind<command::Load>}, State::ready},
      {{State::ready, command_kind<command::Play>}, State::finished},
      {{State::paused, command_kind<command::Play>}, State::finished},
      {{State::running, command_kind<command::Pause>}, State::paused},
      {{State::ready, command_kind<command::Step>}, State::paused},
      {{State::ready, command_kind<command::Reset>}, State::ready},
      {{State::running, command_kind<command::Reset>}, State::ready},
      {{State::paused, command_kind<command::Reset>}, State::ready},
      {{State::finished, command_kind<command::Reset>}, State::ready},
      {{State::failed, command_kind<command::Reset>}, State::ready},
      {{State::running, command_kind<command::Set>}, State::running},
      {{State::finished, command_kind<command::Set>}, State::finished},
      {{State::failed, command_kind<command::Set>}, State::ready},  // a rebuild
      {{State::running, command_kind<command::SaveCheckpoint>}, State::running},
      {{State::ready, command_kind<command::RestoreCheckpoint>}, State::paused},
      {{State::failed, command_kind<command::RestoreCheckpoint>}, State::paused},
  };
  for (const auto& [from, to] : moves) {
    bring_to(from.first);
    must(make(from.second));
    EXPECT_EQ(reach(to)->state, to) << to_string(from.first) << " " << from.second;
    session.reset();
  }
}

TEST_F(CellTest, WhatComesWhileItBuildsWaits) {
  Gate gate;
  script->on_build = [&](const Preset&) { gate.pass(); };
  start();
  const Ticket load = session->submit(command::Load{preset(3)});
  gate.wait_for_worker();
  EXPECT_EQ(session->snapshot()->state, State::building);
  const Ticket play = session->submit(command::Play{});
  EXPECT_TRUE(session->take_outcomes().empty());
  gate.open();
  EXPECT_TRUE(result(load).accepted);
  EXPECT_TRUE(result(play).accepted);
  EXPECT_EQ(reach(State::finished)->step, 3);
}

}  // namespace
}  // namespace tessera::test
