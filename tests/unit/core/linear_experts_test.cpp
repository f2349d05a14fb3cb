// The head of linear experts behind a soft router: its formula and its loss written out, and finite differences.
#include "core/moe/linear_experts.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "tests/unit/core/kernels_support.h"

namespace tessera {
namespace {

constexpr std::int64_t samples = 6, width = 5, classes = 4, experts = 3;

at::Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kDouble);
}

struct Small {
  HeadParameters parameters;
  Initialiser initialiser{3, at::kDouble};
  std::optional<LinearExperts> head;
  at::Tensor x = normal({samples, width}, 1), labels = at::tensor({0, 1, 2, 3, 0, 1}, at::kLong);

  explicit Small(std::int64_t features, double redundancy = 0, const std::string& of = "weights") {
    parameters.kind = "experts";
    parameters.experts.count = experts;
    parameters.experts.router_features = features;
    parameters.experts.redundancy = redundancy;
    parameters.experts.redundancy_of = of;
    head.emplace(parameters, width, static_cast<int>(classes), 0, initialiser);
  }
  at::Tensor weight(const std::string& name) const {
    for (const Weight& of : initialiser.weights) {
      if (of.name == name) return of.value;
    }
    throw std::out_of_range(name);
  }
  HeadOutput run() const { return head->forward(x, labels, {}, parameters); }
};

TEST(LinearExperts, AreMixedByASoftRouter) {
  for (const std::int64_t features : {0, 2, 100}) {
    const Small s(features);
    EXPECT_EQ(s.initialiser.weights.size(), features == 0 ? 7u : 8u);
    const HeadOutput output = s.run();
    for (std::int64_t i = 0; i < samples; ++i) {
      at::Tensor logits = s.weight("head.router.bias").detach().clone();
      for (std::int64_t f = 0; f < std::min(features, width); ++f) {
        logits += s.x[i][f] * s.weight("head.router.weight").detach()[f];
      }
      const at::Tensor g = logits.exp() / logits.exp().sum();
      at::Tensor expected = at::zeros({classes}, at::kDouble);
      for (std::int64_t e = 0; e < experts; ++e) {
        const std::string name = "head.expert" + std::to_string(e);
        expected +=
            g[e] * (at::mv(s.weight(name + ".weight").detach().t(), s.x[i]) + s.weight(name + ".bias").detach());
      }
      EXPECT_TRUE(at::allclose(output.logits[i], expected, 1e-12, 1e-12)) << features << " " << i;
      EXPECT_TRUE(at::allclose(output.routing->alpha[i], g, 1e-12, 1e-12));
    }
    EXPECT_NEAR(output.loss.item<double>(), at::cross_entropy_loss(output.logits, s.labels).item<double>(), 1e-15);
    EXPECT_FALSE(output.redundancy.defined());
  }
}

TEST(LinearExperts, RedundancyIsTheMeanSquaredCosine) {
  const at::Tensor rows = at::tensor({1., 0., 1., 1., 0., -2.}, at::kDouble).view({3, 2});
  EXPECT_NEAR(redundancy(rows).item<double>(), (0.5 + 0 + 0.5) / 3, 1e-15);
  EXPECT_NEAR(redundancy(at::stack({rows, at::ones({3, 2}, at::kDouble)})).item<double>(), (1. / 3 + 1) / 2, 1e-15);
  EXPECT_EQ(redundancy(at::zeros({3, 2}, at::kDouble)).item<double>(), 0);
}

TEST(LinearExperts, HaveTheGradientsOfFiniteDifferences) {
  for (const std::string of : {"weights", "outputs"}) {
    Small s(3, 0.5, of);
    s.x.requires_grad_();
    std::vector<at::Tensor> inputs = {s.x};
    for (const Weight& weight : s.initialiser.weights) inputs.push_back(weight.value);
    const auto loss = [&] {
      const HeadOutput output = s.run();
      return output.loss + output.redundancy;
    };
    kernels::expect_gradients(loss, inputs);
  }
}

}  // namespace
}  // namespace tessera
