// What the playground remembers.
#include "app/panels/playground_state.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tessera {
namespace {

TEST(PlaygroundState, TextReadsBack) {
  PlaygroundState state;
  state.take({0.1, -3.25, 7});
  state.bias = {0, 0.5, -0.001};
  state.temperature = 0.3;
  state.follow = true;
  state.token = 12;
  state.routers = {{"routers/switch", {}},
                   {own_router,
                    {{"model.router.k", std::int64_t{3}},
                     {"model.router.score", std::string("relu")},
                     {router_temperature, 0.25},
                     {"model.router.bias.reversed", true}}}};
  const std::string text = to_text(state);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(playground_state(text), state);
  EXPECT_EQ(playground_state(to_text(PlaygroundState())), PlaygroundState());
}

TEST(PlaygroundState, AnythingElseIsTheDefault) {
  for (const char* text : {"", "nonsense", "[]", "{}", "{\"logits\": 3}", "{\"logits\": [1]}",
                           "{\"logits\": [1, \"a\"]}", "{\"logits\": [1, 1e9]}", "{\"routers\": [1, {}]}",
                           "{\"routers\": [{\"choice\": 7}]}", "{\"token\": -4}", "{\"temperature\": \"hot\"}"}) {
    EXPECT_EQ(playground_state(text), PlaygroundState()) << text;
  }
}

TEST(PlaygroundState, AtMostFourRouters) {
  std::string text = "{\"routers\": [";
  for (int i = 0; i < 9; ++i) text += std::string(i > 0 ? ", " : "") + "{\"choice\": \"run\"}";
  EXPECT_EQ(playground_state(text + "]}").routers.size(), most_routers);
}

TEST(PlaygroundState, ABiasOfAnotherLengthIsNone) {
  const PlaygroundState state = playground_state("{\"logits\": [1, 2, 3], \"bias\": [1, 1]}");
  EXPECT_EQ(state.bias, std::vector<double>(3));
}

TEST(PlaygroundState, ResizingKeepsWhatThereIs) {
  PlaygroundState state;
  state.take({1, 2, 3});
  state.resize(5);
  EXPECT_EQ(state.logits, (std::vector<double>{1, 2, 3, 0, 0}));
  state.resize(2);
  EXPECT_EQ(state.logits, (std::vector<double>{1, 2}));
  EXPECT_EQ(state.bias.size(), 2u);
}

TEST(PlaygroundState, Examples) {
  for (const int experts : {2, 8, 16}) {
    for (const LogitExample& example : logit_examples(experts, 1)) {
      EXPECT_GE(example.logits.size(), 2u) << example.name;
      EXPECT_LE(example.logits.size(), 16u) << example.name;
      for (const double logit : example.logits) EXPECT_LT(std::abs(logit), 20) << example.name;
    }
  }
  EXPECT_EQ(logit_examples(8, 1)[4].logits, logit_examples(8, 1)[4].logits);
  EXPECT_NE(logit_examples(8, 1)[4].logits, logit_examples(8, 2)[4].logits);
}

}  // namespace
}  // namespace tessera
