// What a session refuses because values don't go together, and what it says of changes that a rebuild or reset drops.
#include "core/lab/text.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

constexpr const char* temperature = "model.router.temperature";
constexpr const char* batch = "task.batch";
constexpr const char* width = "model.width";
using I = std::int64_t;

// A rule between a live parameter and one that needs a rebuild: at the defaults, 128 and 64, as much as is allowed.
std::vector<Problem> batch_fits(const Parameters& parameters) {
  const I most = 2 * parameters.integer(width);
  if (parameters.integer(batch) <= most) return {};
  return {{batch, number_text(parameters.integer(batch)), "at most " + number_text(most)}};
}

class SessionCheckTest : public SessionTest {
 protected:
  void SetUp() override {
    options.check = batch_fits;
    start();
  }
  void step(int count) {
    must(command::Step{count});
    reach(State::paused);
  }
  std::string last_event() {
    const auto events = session->take_events();
    return events.empty() ? "" : events.back().text;
  }
};

TEST_F(SessionCheckTest, ALiveValue) {
  must(command::Load{preset(10)});
  EXPECT_EQ(act(command::Set{batch, I{129}, false}).text, "task.batch: 129; allowed: at most 128");
  EXPECT_EQ(session->snapshot()->parameters->integer(batch), 128);
  EXPECT_TRUE(session->snapshot()->timeline->empty());
  EXPECT_EQ(script->applied, 0);
  must(command::Set{batch, I{127}, false});
}

TEST_F(SessionCheckTest, ARebuild) {
  must(command::Load{preset(10)});
  EXPECT_EQ(act(command::Set{width, I{63}, true}).text, "task.batch: 128; allowed: at most 126");
  EXPECT_EQ(script->built, 1);
  EXPECT_EQ(session->snapshot()->state, State::ready);
  must(command::Set{batch, I{100}, false});
  must(command::Set{width, I{63}, true});
  EXPECT_EQ(session->snapshot()->parameters->integer(batch), 100) << "set before the first step";
}

TEST_F(SessionCheckTest, ARebuildDuringTheRunStartsFromThePreset) {
  must(command::Load{preset(10)});
  step(2);
  must(command::Set{batch, I{100}, false});
  EXPECT_EQ(act(command::Set{width, I{63}, true}).text,
            "task.batch: 128; allowed: at most 126 (a rebuild starts from the preset; dropped: task.batch = 100 "
            "(step 2))");
  EXPECT_EQ(session->snapshot()->step, 2);
}

TEST_F(SessionCheckTest, ALoad) {
  must(command::Load{preset(10)});
  Preset bad = preset(10);
  ASSERT_TRUE(bad.parameters.set(batch, I{500}).empty());
  EXPECT_EQ(act(command::Load{bad}).text, "task.batch: 500; allowed: at most 128");
  EXPECT_EQ(session->snapshot()->state, State::ready) << "the experiment before stays";
  EXPECT_EQ(session->snapshot()->parameters->integer(batch), 128);

  start();
  EXPECT_FALSE(act(command::Load{bad}).accepted);
  EXPECT_EQ(session->snapshot()->state, State::failed) << "as with any preset that can't be built";
}

TEST_F(SessionCheckTest, ASchedule) {
  must(command::Load{preset(10)});
  EXPECT_EQ(act(command::Schedule{{{7, temperature, 2.0, 0}, {5, batch, I{200}, 0}, {8, temperature, 3.0, 0}}}).text,
            "schedule, step 5: task.batch: 200; allowed: at most 128");
  EXPECT_TRUE(session->snapshot()->timeline->empty());

  Preset bad = preset(10);
  bad.schedule = {{5, batch, I{200}, 3}};
  EXPECT_EQ(act(command::Load{bad}).text, "schedule, step 5: task.batch: 200; allowed: at most 128");
}

TEST_F(SessionCheckTest, WhatAPersonChangedSinceIsCheckedWhenAnInterventionIsDue) {
  // Two live values: the temperature times the batch may not exceed 1000.
  options.check = [](const Parameters& parameters) -> std::vector<Problem> {
    const double product = parameters.real(temperature) * static_cast<double>(parameters.integer(batch));
    if (product <= 1000) return {};
    return {{temperature, number_text(parameters.real(temperature)), "less"}};
  };
  start();
  Preset made = preset(10);
  made.schedule = {{3, temperature, 5.0, 0}};
  must(command::Load{made});
  must(command::Set{batch, I{500}, false});
  must(command::Play{});
  const auto end = reach(State::failed);
  EXPECT_EQ(end->failure, "model.router.temperature: 5; allowed: less");
  EXPECT_EQ(end->step, 3);
}

TEST_F(SessionCheckTest, ARebuildTakesOverWhatWasChangedBeforeTheFirstStep) {
  Preset made = preset(10);
  made.schedule = {{0, temperature, 9.0, 0}, {0, "model.router.jitter", true, 0}, {4, temperature, 2.0, 0}};
  must(command::Load{made});
  must(command::Set{temperature, 0.5, false});  // in place of what was planned for step 0
  must(command::Set{batch, I{30}, false});
  must(command::Set{width, I{32}, true});
  EXPECT_EQ(last_event(), "rebuilt with model.width = 32");
  const auto rebuilt = session->snapshot();
  EXPECT_EQ(rebuilt->preset->parameters.real(temperature), 0.5);
  EXPECT_EQ(rebuilt->preset->parameters.integer(batch), 30);
  EXPECT_FALSE(rebuilt->preset->parameters.boolean("model.router.jitter")) << "stays in the schedule";
  EXPECT_EQ(*rebuilt->timeline,
            (std::vector<Intervention>{{0, "model.router.jitter", true, 0}, {4, temperature, 2.0, 0}}));
  step(1);
  EXPECT_EQ(script->steps().back().parameters.real(temperature), 0.5);
  EXPECT_EQ(script->steps().back().parameters.integer(batch), 30);
}

TEST_F(SessionCheckTest, WhatIsDroppedIsNamed) {
  Preset made = preset(10);
  made.schedule = {{1, temperature, 2.0, 0}};
  must(command::Load{made});
  must(command::Set{batch, I{30}, false});
  step(2);
  must(command::Set{temperature, 0.5, false});
  session->take_events();
  must(command::Set{width, I{32}, true});
  EXPECT_EQ(last_event(), "rebuilt with model.width = 32; dropped: model.router.temperature = 0.5 (step 2)");
  must(command::Reset{});
  EXPECT_EQ(last_event(), "reset") << "nothing was changed since";
  EXPECT_EQ(session->snapshot()->parameters->integer(batch), 30) << "part of the preset by now";
  must(command::Set{batch, I{20}, false});
  must(command::Reset{3});
  EXPECT_EQ(last_event(), "reset with seed 3; dropped: task.batch = 20 (step 0)");
  EXPECT_EQ(session->snapshot()->parameters->integer(batch), 30);
}

}  // namespace
}  // namespace tessera::test
