// What the controls say about parameters, and the marks of what was changed.
#include "app/panels/parameter_text.h"

#include <gtest/gtest.h>

#include <set>

#include "app/panels/marks.h"
#include "core/experiment.h"

namespace tessera {
namespace {

const ParameterSpec& spec(std::string_view path) { return *experiment_parameters().find(path); }

TEST(ParameterText, APathForALayerReadsBackAsOne) {
  EXPECT_EQ(path_for_layer("model.router.k", 2), "model.layer2.router.k");
  EXPECT_EQ(path_for_layer("model.router.k", -1), "model.router.k");
  for (const ParameterSpec& each : experiment_parameters().specs()) {
    if (!each.per_layer) continue;
    const auto split = layer_path(path_for_layer(each.path, 3));
    ASSERT_TRUE(split) << each.path;
    EXPECT_EQ(split->base, each.path);
    EXPECT_EQ(split->layer, 3);
  }
}

TEST(ParameterText, OverriddenLayersRise) {
  Parameters parameters(experiment_parameters());
  EXPECT_TRUE(overridden_layers(parameters, "model.router.k").empty());
  ASSERT_TRUE(parameters.set("model.depth", std::int64_t{12}).empty());
  ASSERT_TRUE(parameters.set("model.layer10.router.k", std::int64_t{1}).empty());
  ASSERT_TRUE(parameters.set("model.layer2.router.k", std::int64_t{3}).empty());
  EXPECT_EQ(overridden_layers(parameters, "model.router.k"), (std::vector<int>{2, 10}));
  EXPECT_TRUE(overridden_layers(parameters, "model.router.temperature").empty());
}

TEST(ParameterText, NamesLeaveOutWhatTheirGroupShares) {
  const ParameterTable& table = experiment_parameters();
  EXPECT_EQ(name_in_group(spec("task.data.name"), table), "data name");
  EXPECT_EQ(name_in_group(spec("model.router.temperature"), table), "temperature");
  // Under one heading no two are called the same.
  std::set<std::pair<std::string, std::string>> names;
  for (const ParameterSpec& each : table.specs()) {
    EXPECT_TRUE(names.emplace(each.group, name_in_group(each, table)).second) << each.path;
  }
}

TEST(ParameterText, AfterAFailureOnlyWhatRebuildsCanBeChanged) {
  const ParameterSpec& live = spec("model.router.temperature");
  const ParameterSpec& rebuild = spec("model.experts.count");
  ASSERT_EQ(live.applies, Applies::live);
  ASSERT_EQ(rebuild.applies, Applies::rebuild);
  EXPECT_STREQ(change_refused(State::failed, rebuild), "");
  EXPECT_STRNE(change_refused(State::failed, live), "");
  for (const ParameterSpec* each : {&live, &rebuild}) {
    EXPECT_STREQ(change_refused(State::running, *each), "");
    EXPECT_STREQ(change_refused(State::finished, *each), "");
    EXPECT_STRNE(change_refused(State::building, *each), "");
  }
}

TEST(ParameterText, AFilterFindsAllItsWordsWhateverTheCase) {
  EXPECT_TRUE(matches(spec("model.router.temperature"), ""));
  EXPECT_TRUE(matches(spec("model.router.temperature"), "TEMP"));
  EXPECT_TRUE(matches(spec("model.router.temperature"), "router  temp"));
  EXPECT_FALSE(matches(spec("model.router.temperature"), "router xyz"));
}

TEST(ParameterText, SlidersOfWideRangesAreLogarithmic) {
  EXPECT_TRUE(slides_logarithmically(spec("model.router.temperature")));   // says so
  EXPECT_TRUE(slides_logarithmically(spec("model.losses.load_balance")));  // default 0.01 of 0 to 10
  EXPECT_FALSE(slides_logarithmically(spec("learn.beta1")));
}

TEST(ParameterText, SliderValuesHaveThreeDigitsAndStayInRange) {
  const Range range{.min = 0.01, .max = 100};
  EXPECT_EQ(rounded_for_slider(0.0123456, range), 0.0123);
  EXPECT_EQ(rounded_for_slider(1.0 / 3, range), 0.333);
  EXPECT_EQ(rounded_for_slider(98765, range), 100);
  EXPECT_EQ(rounded_for_slider(0, {.min = 0, .max = 1}), 0);
  EXPECT_EQ(rounded_for_slider(-0.5555, {.min = -10, .max = 10}), -0.556);
}

TEST(ParameterText, AnExplanationHasRangeUnitDefaultAndWhenItActs) {
  const std::string live = explanation(spec("model.router.temperature"));
  EXPECT_NE(live.find("0.01 to 100"), std::string::npos) << live;
  EXPECT_NE(live.find("default 1"), std::string::npos) << live;
  EXPECT_NE(live.find("at the next step"), std::string::npos) << live;
  const std::string rebuild = explanation(spec("task.batch_size"));
  EXPECT_NE(rebuild.find("1 to 4096 samples"), std::string::npos) << rebuild;
  EXPECT_NE(rebuild.find("built anew"), std::string::npos) << rebuild;
}

TEST(ParameterText, AConditionNamesWhatItHangsOn) {
  EXPECT_EQ(condition_text(spec("model.router.k"), experiment_parameters()),
            "It only matters while selection is top_k.");
  EXPECT_EQ(condition_text(spec("model.router.temperature"), experiment_parameters()), "");
}

TEST(ParameterText, TheQuestionSaysWhatIsLost) {
  EXPECT_EQ(rebuild_question("depth = 3", 0), "depth = 3 needs the experiment to be built anew.");
  EXPECT_EQ(rebuild_question("depth = 3", 340),
            "depth = 3 needs the experiment to be built anew. The run so far (340 steps) is lost.");
}

TEST(Marks, SayWhatItWasAndWhatItBecame) {
  Parameters from(experiment_parameters());
  const std::vector<Intervention> timeline = {{340, "model.router.temperature", 0.5, 0},
                                              {700, "model.router.temperature", 0.2, 100},
                                              {800, "model.layer2.router.temperature", 3.0, 0},
                                              {900, "model.router.score", std::string("sparsemax"), 0}};
  const std::vector<Mark> marks = timeline_marks(timeline, from, 750);
  ASSERT_EQ(marks.size(), 4u);
  EXPECT_EQ(marks[0].text, "step 340: temperature 1 \u2192 0.5");
  EXPECT_EQ(marks[1].text, "step 700: temperature 0.5 \u2192 0.2 over 100 steps");
  EXPECT_EQ(marks[2].text, "step 800: temperature of layer 2 0.2 \u2192 3");
  EXPECT_EQ(marks[3].text, "step 900: score softmax \u2192 sparsemax");
  EXPECT_FALSE(marks[0].scheduled);
  EXPECT_FALSE(marks[1].scheduled);
  EXPECT_TRUE(marks[2].scheduled);
  EXPECT_TRUE(marks[3].scheduled);
}

TEST(Marks, ThePaceHasNone) {
  const Parameters from(experiment_parameters());
  const std::vector<Mark> marks =
      timeline_marks({{10, "run.pace", 5.0, 0}, {20, "model.router.temperature", 2.0, 0}}, from, 100);
  ASSERT_EQ(marks.size(), 1u);
  EXPECT_EQ(marks[0].step, 20);
}

TEST(Marks, ALayerWithItsOwnValueStartsFromThat) {
  Parameters from(experiment_parameters());
  ASSERT_TRUE(from.set("model.layer1.router.temperature", 4.0).empty());
  const std::vector<Mark> marks = timeline_marks(
      {{10, "model.router.temperature", 0.5, 0}, {20, "model.layer1.router.temperature", 2.0, 0}}, from, 100);
  EXPECT_EQ(marks[1].text, "step 20: temperature of layer 1 4 \u2192 2");
}

}  // namespace
}  // namespace tessera
