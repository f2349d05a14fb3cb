// A model of text: who sees whom, and that its parts have the shapes that they say.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/moe/hash_logits.h"
#include "tests/unit/core/finite_differences.h"
#include "tests/unit/core/small_model.h"

namespace tessera {
namespace {

using test::SmallModel;

void limit_by_sequence(RouterParameters& router, ExpertParameters&) {
  router.k = 1;
  router.capacity.tokens = 2;
  router.capacity.of = "sequence";
}

void hash(RouterParameters& router, ExpertParameters&) {
  router.logits.kind = "hash";
  router.selection = "winner_take_all";
}

class Causality : public testing::TestWithParam<SmallModel> {};

TEST_P(Causality, FutureBytesChangeNothing) {
  const Model model = GetParam().make();
  const test::Batch batch = test::random_text();
  const at::Tensor before = model.forward(batch.inputs, {}).logits.view({test::sequences, test::length, -1});
  for (int place = 0; place < test::length; ++place) {
    at::Tensor changed = batch.inputs.clone();
    changed[1][place] = (changed[1][place] + 1) % test::vocabulary;
    const at::Tensor after = model.forward(changed, {}).logits.view(before.sizes());
    EXPECT_TRUE(at::allclose(after.slice(1, 0, place), before.slice(1, 0, place), 1e-12, 1e-12)) << place;
    EXPECT_TRUE(at::allclose(after[0], before[0], 1e-12, 1e-12)) << "of another sequence";
    EXPECT_TRUE(at::allclose(after[2], before[2], 1e-12, 1e-12)) << "of another sequence";
    for (int later = place; later < test::length; ++later) {
      EXPECT_FALSE(at::allclose(after[1][later], before[1][later])) << place << " " << later;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Causality,
                         testing::Values(SmallModel{.norm = "layer_norm", .text = true},
                                         SmallModel{.text = true, .adapt = limit_by_sequence},
                                         SmallModel{.text = true, .adapt = hash}));

TEST(TextModel, HashRoutersGoByTheByte) {
  const Model model = SmallModel{.text = true, .adapt = hash}.make();
  const test::Batch batch = test::random_text();
  const ModelOutput output = model.forward(batch.inputs, {});
  for (int layer = 0; layer < model.moe_layers(); ++layer) {
    const at::Tensor expected = hash_logits(batch.inputs.flatten(), layer, 4, at::kDouble);
    EXPECT_TRUE(at::equal(output.routings[static_cast<std::size_t>(layer)].alpha, expected)) << layer;
  }
}

TEST(TextModel, KnowsPlacesAndTakesShorterSequences) {
  const Model model = SmallModel{.text = true}.make();
  const at::Tensor same = at::full({1, test::length}, 3, at::kLong);
  const at::Tensor logits = model.forward(same, {}).logits;
  EXPECT_EQ(logits.sizes(), (std::vector<std::int64_t>{test::length, test::vocabulary}));
  EXPECT_FALSE(at::allclose(logits[0], logits[1]));
  const at::Tensor shorter = model.forward(same.slice(1, 0, 2), {}).logits;
  EXPECT_TRUE(at::allclose(shorter, logits.slice(0, 0, 2)));
}

TEST(TextModel, RoutesEveryByte) {
  const Model model = SmallModel{.text = true}.make(at::kFloat);
  const test::Batch batch = test::random_text();
  const ModelOutput output = model.forward(batch.inputs, batch.labels);
  ASSERT_EQ(output.routings.size(), 2u);
  EXPECT_EQ(output.routings[0].alpha.sizes(), (std::vector<std::int64_t>{test::sequences * test::length, 4}));
  EXPECT_NEAR(output.task_loss.item<double>(), at::cross_entropy_loss(output.logits, batch.labels).item<double>(),
              1e-6);
}

TEST(Attention, GradientsAreThoseOfFiniteDifferences) {
  Initialiser initialiser(3, at::kDouble);
  const Attention attention(0, 6, 3, initialiser);
  auto generator = at::detail::createCPUGenerator(1);
  const at::Tensor x = at::randn({8, 6}, generator, at::kDouble).set_requires_grad(true);
  const at::Tensor weights = at::randn({8, 6}, generator, at::kDouble);
  const auto loss = [&] { return (attention.forward(x, 4) * weights).sum(); };
  std::vector<at::Tensor> values = {x};
  for (const Weight& weight : initialiser.weights) values.push_back(weight.value);
  const auto gradients = torch::autograd::grad({loss()}, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    test::check_gradient(std::to_string(i), values[i].detach(), gradients[i], [&] { return loss().item<double>(); });
  }
}

TEST(Attention, OfOneTokenIsItsValue) {
  Initialiser initialiser(3, at::kDouble);
  const Attention attention(0, 4, 2, initialiser);
  const at::Tensor x = at::rand({3, 4}, at::kDouble);
  const auto weight = [&](std::size_t i) { return initialiser.weights[i].value.detach(); };  // qkv W, b, out W, b
  const at::Tensor value = (at::mm(x, weight(0)) + weight(1)).slice(1, 8, 12);
  EXPECT_TRUE(at::allclose(attention.forward(x, 1), at::mm(value, weight(2)) + weight(3)));
}

}  // namespace
}  // namespace tessera
