// A session with a fake engine, and short ways to drive it from a test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/lab/session.h"
#include "tests/unit/lab/fake_engine.h"

namespace tessera::test {

constexpr auto long_enough = std::chrono::seconds(60);  // for a test that would otherwise hang; never reached

inline Preset preset(std::int64_t steps = 10) {
  Preset made(table());
  made.name = "specialize/test";
  made.title = "Test";
  EXPECT_TRUE(made.parameters.set("run.steps", steps).empty());
  return made;
}

class SessionTest : public testing::Test {
 protected:
  std::shared_ptr<Script> script = std::make_shared<Script>();
  Session::Options options;
  std::unique_ptr<Session> session;

  void start() {
    outcomes_.clear();
    session = std::make_unique<Session>([script = script] { return std::make_unique<FakeEngine>(script); }, options);
  }

  // The outcome of a command, once it has one.
  Outcome result(Ticket ticket) {
    const auto answered = [&](const Snapshot&) {
      for (Outcome& outcome : session->take_outcomes()) {
        EXPECT_TRUE(outcomes_.emplace(outcome.ticket, outcome).second) << "two outcomes of one command";
      }
      return outcomes_.contains(ticket);
    };
    EXPECT_TRUE(session->wait(answered, long_enough));
    return outcomes_[ticket];
  }
  Outcome act(Command command) { return result(session->submit(std::move(command))); }
  void must(Command command) {
    const Outcome outcome = act(std::move(command));
    ASSERT_TRUE(outcome.accepted) << outcome.text;
    EXPECT_EQ(outcome.text, "");
  }

  std::shared_ptr<const Snapshot> reach(State state) {
    EXPECT_TRUE(session->wait([state](const Snapshot& s) { return s.state == state; }, long_enough))
        << "is " << to_string(session->snapshot()->state);
    return session->snapshot();
  }

  std::vector<std::string> errors() {
    std::vector<std::string> texts;
    for (const Event& event : session->take_events()) {
      if (event.severity == Severity::error) texts.push_back(event.text);
    }
    return texts;
  }

 private:
  std::map<Ticket, Outcome> outcomes_;
};

inline std::vector<std::pair<std::int64_t, double>> points(const Snapshot& snapshot, std::size_t metric) {
  std::vector<std::pair<std::int64_t, double>> all;
  for (std::size_t i = 0; i < snapshot.series[metric].size(); ++i) {
    all.emplace_back(snapshot.series[metric][i].step, snapshot.series[metric][i].value);
  }
  return all;
}

}  // namespace tessera::test
