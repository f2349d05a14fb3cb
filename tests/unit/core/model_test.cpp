// Whole small models: gradients of every weight by finite differences, and what a forward pass must keep to.
#include "core/moe/model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/unit/core/finite_differences.h"
#include "tests/unit/core/small_model.h"

namespace tessera {
namespace {

using test::SmallModel;

class WholeModelGradients : public testing::TestWithParam<SmallModel> {};

TEST_P(WholeModelGradients, AreThoseOfFiniteDifferences) {
  Model model = GetParam().make();
  const test::Batch batch = GetParam().text ? test::random_text() : test::random_batch();
  model.live.losses[1].alpha_entropy = .3;
  model.live.losses[1].load_balance = .2;
  model.live.losses[1].z_loss = .1;
  model.live.losses[1].variance = .4;
  const auto loss = [&] {
    const ModelOutput output = model.forward(batch.inputs, batch.labels);
    return output.task_loss + (output.router_losses * at::tensor({1., 2., 3., 4., 5.}, at::kDouble)).sum();
  };
  std::vector<at::Tensor> values;
  for (const Weight& weight : model.weights()) values.push_back(weight.value);
  const auto gradients = torch::autograd::grad({loss()}, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    test::check_gradient(model.weights()[i].name, values[i], gradients[i], [&] { return loss().item<double>(); });
  }
}

INSTANTIATE_TEST_SUITE_P(All, WholeModelGradients,
                         testing::Values(SmallModel{}, SmallModel{.norm = "layer_norm", .activation = "silu"},
                                         SmallModel{.encoder = "mlp", .score = "sigmoid"},
                                         SmallModel{.encoder = "conv", .activation = "relu"},
                                         SmallModel{.score = "sparsemax", .k = 0},
                                         SmallModel{.score = "entmax15", .k = 3},
                                         SmallModel{.score = "sigmoid", .normalise = "none", .k = 0},
                                         SmallModel{.normalise = "none", .k = 1}, SmallModel{.head = "tiles"},
                                         SmallModel{.head = "tiles", .route_by_label = true},
                                         SmallModel{.norm = "layer_norm", .text = true},
                                         SmallModel{.score = "sparsemax", .k = 0, .text = true}));

TEST(Model, AddsTheWeightedExpertsToItsInput) {
  // One layer by hand, from the weights by name.
  const Model model = SmallModel{.score = "sigmoid", .activation = "relu", .normalise = "none", .depth = 1}.make();
  const test::Batch batch = test::random_batch();
  const auto weight = [&](const std::string& name) {
    for (const Weight& w : model.weights()) {
      if (w.name == name) return w.value.detach();
    }
    throw std::out_of_range(name);
  };
  at::Tensor x = at::mm(batch.inputs, weight("encoder.out.weight")) + weight("encoder.out.bias");
  const at::Tensor scores = at::sigmoid(at::mm(x, weight("layer0.router.weight")) / 0.7);
  at::Tensor sum = at::zeros_like(x);
  for (int t = 0; t < test::samples; ++t) {
    const at::Tensor chosen = std::get<1>(scores[t].topk(2));
    for (int i = 0; i < 2; ++i) {
      const auto e = chosen[i].item<std::int64_t>();
      const at::Tensor hidden =
          at::relu(at::matmul(x[t], weight("layer0.experts.w1")[e]) + weight("layer0.experts.b1")[e]);
      sum[t] += scores[t][e] * (at::matmul(hidden, weight("layer0.experts.w2")[e]) + weight("layer0.experts.b2")[e]);
    }
  }
  const at::Tensor logits = at::mm(x + sum, weight("head.weight")) + weight("head.bias");
  const ModelOutput output = model.forward(batch.inputs, batch.labels);
  EXPECT_TRUE(at::allclose(output.logits, logits, 1e-10, 1e-10));
  EXPECT_NEAR(output.task_loss.item<double>(), at::cross_entropy_loss(logits, batch.labels).item<double>(), 1e-10);
}

TEST(Model, LabelsChangeNoLogit) {
  for (const char* head : {"linear", "tiles"}) {
    const Model model = SmallModel{.head = head, .route_by_label = true}.make();
    const test::Batch batch = test::random_batch();
    EXPECT_TRUE(at::equal(model.forward(batch.inputs, {}).logits, model.forward(batch.inputs, batch.labels).logits));
    EXPECT_FALSE(model.forward(batch.inputs, {}).task_loss.defined());
  }
}

TEST(Model, NamesItsRoutedLayers) {
  EXPECT_EQ((SmallModel{.experts = 3}.make().experts()), (std::vector<int>{3, 3}));
  const Model mosaic = SmallModel{.head = "tiles"}.make();
  EXPECT_EQ(mosaic.experts(), (std::vector<int>{4, 4, 2}));
  EXPECT_EQ(mosaic.tiles(), (TileLayout{{0, 1, 2}, {0, 2, 3}}));
  EXPECT_EQ(mosaic.forward(test::random_batch().inputs, {}).routings.size(), 3u);
}

TEST(Model, StartsFromItsSeedWhateverElseIsDrawn) {
  at::manual_seed(1);
  const Model a = SmallModel{}.make(at::kFloat, 5);
  at::manual_seed(2);
  const Model b = SmallModel{}.make(at::kFloat, 5), c = SmallModel{}.make(at::kFloat, 6);
  const Model deeper = SmallModel{.depth = 3}.make(at::kFloat, 5);
  for (std::size_t i = 0; i < a.weights().size(); ++i) {
    EXPECT_TRUE(at::equal(a.weights()[i].value, b.weights()[i].value)) << a.weights()[i].name;
    EXPECT_FALSE(at::equal(a.weights()[i].value, c.weights()[i].value)) << a.weights()[i].name;
  }
  for (std::size_t i = 0; i < 12; ++i) {  // another layer leaves the others' weights as they were
    EXPECT_TRUE(at::equal(a.weights()[i].value, deeper.weights()[i].value)) << a.weights()[i].name;
  }
}

// By its pixels, which no training changes, an image has the same expert throughout a run, and another one by layer.
TEST(Model, AHashSeesThePixels) {
  const auto hash = [](RouterParameters& router, ExpertParameters&) {
    router.logits.kind = "hash";
    router.score = "none";
    router.selection = "winner_take_all";
  };
  const Model model = SmallModel{.adapt = hash}.make();
  const at::Tensor inputs = test::random_batch().inputs;
  const auto before = model.forward(inputs, {}).routings;
  for (const Weight& weight : model.weights()) weight.value.detach().add_(0.5);
  const auto after = model.forward(inputs.flip(0), {}).routings;
  for (const std::size_t layer : {0u, 1u}) {
    EXPECT_TRUE(at::equal(before[layer].alpha, after[layer].alpha.flip(0)));
    EXPECT_TRUE(at::equal(before[layer].alpha.sum(1), at::ones({test::samples}, at::kDouble)));
  }
  EXPECT_FALSE(at::equal(before[0].alpha, before[1].alpha));
}

// With weights of zero all experts are alike, and the second one works by the toss of a coin.
TEST(Model, LayersDrawApart) {
  const auto by_chance = [](RouterParameters& router, ExpertParameters&) {
    router.second.policy = "random";
    router.second.threshold = 1;
  };
  const Model model = SmallModel{.depth = 3, .adapt = by_chance}.make();
  for (const Weight& weight : model.weights()) weight.value.detach().zero_();
  const at::Tensor inputs = at::zeros({200, test::rows * test::columns}, at::kDouble);
  const auto seconds = [&](std::uint64_t noise) {
    std::vector<at::Tensor> drawn;
    for (const Routing& routing : model.forward(inputs, {}, {true, noise, {}}).routings) {
      drawn.push_back((routing.alpha != 0).sum(1) == 2);
    }
    return drawn;
  };
  const auto first = seconds(7), again = seconds(7), next = seconds(8);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::equal(first[i], again[i]));
    EXPECT_NEAR(first[i].sum().item<double>(), 100, 35);
    for (std::size_t j = 0; j < 3; ++j) {  // two tosses of 200 coins agree on about 100
      EXPECT_NEAR((first[i] == next[j]).sum().item<double>(), 100, 35);
      if (j == i) continue;
      EXPECT_NEAR((first[i] == first[j]).sum().item<double>(), 100, 35);
    }
  }
}

TEST(Model, LeavesTheGlobalGeneratorAlone) {
  at::manual_seed(3);
  const at::Tensor expected = at::rand({4});
  at::manual_seed(3);
  const Model model = SmallModel{.encoder = "conv", .head = "tiles"}.make();
  model.forward(test::random_batch().inputs, {});
  EXPECT_TRUE(at::equal(at::rand({4}), expected));
}

TEST(Model, WeightsStartWithinTheirBounds) {
  Initialiser initialiser(1, at::kDouble);
  const at::Tensor weight = initialiser.add("w", Scope::head, -1, {100, 100}, 0.25);
  EXPECT_LE(weight.abs().max().item<double>(), 0.25);
  EXPECT_GT(weight.max().item<double>(), 0.24);
  EXPECT_NEAR(weight.mean().item<double>(), 0, 5 * 0.25 / std::sqrt(3) / 100);
  EXPECT_NEAR(weight.std().item<double>(), 0.25 / std::sqrt(3), 0.005);
}

}  // namespace
}  // namespace tessera
