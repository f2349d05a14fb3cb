// Examples for expert_mlp: shapes, how tokens are spread over experts, and a run with all gradients.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>
#include <utility>
#include <vector>

#include "kernels/dispatch/op.h"
#include "kernels/expert_mlp/detail.h"
#include "kernels/expert_mlp/op.h"

namespace tessera::kernels {

enum class Load { random, one_expert, none };  // one_expert: all tokens go to the last one

struct MlpCase {
  std::string name;
  std::int64_t tokens, experts, k, width, hidden;
  Activation activation;
  Load load;
};

inline std::vector<MlpCase> mlp_cases() {
  using enum Load;
  std::vector<MlpCase> cases;
  for (const Activation a : {Activation::relu, Activation::gelu, Activation::silu}) {
    cases.push_back({"the default preset's layer", 128, 8, 2, 64, 128, a, random});
    cases.push_back({"odd sizes", 37, 5, 3, 19, 45, a, random});
    cases.push_back({"narrow", 21, 3, 2, 1, 1, a, random});
    cases.push_back({"one token, one expert", 1, 1, 1, 5, 70, a, random});
    cases.push_back({"dense", 40, 4, 4, 16, 33, a, random});
    cases.push_back({"all tokens to one expert", 300, 4, 1, 24, 40, a, one_expert});
    cases.push_back({"no assignment at all", 10, 3, 2, 8, 16, a, none});
    cases.push_back({"no token", 0, 3, 2, 8, 16, a, random});
  }
  return cases;
}

struct MlpExample {
  at::Tensor x, tokens, weights, offsets, w1, b1, w2, b2, gradient;
  Activation activation;

  MlpExample(const MlpCase& c, at::ScalarType type) : activation(c.activation) {
    at::manual_seed(7);
    const auto random = [&](at::IntArrayRef shape, double scale) {
      return (at::randn(shape, type) * scale).requires_grad_();
    };
    const double in = 1 / std::sqrt(static_cast<double>(c.width)), out = 1 / std::sqrt(static_cast<double>(c.hidden));
    x = random({c.tokens, c.width}, 1);
    w1 = random({c.experts, c.width, c.hidden}, in);
    b1 = random({c.experts, c.hidden}, .5);
    w2 = random({c.experts, c.hidden, c.width}, out);
    b2 = random({c.experts, c.width}, .5);
    gradient = at::randn({c.tokens, c.width}, type);
    at::Tensor alpha = at::zeros({c.tokens, c.experts}, type);
    if (c.load == Load::one_expert) alpha.select(1, c.experts - 1).uniform_(.1, 1);
    if (c.load == Load::random && c.tokens > 0) {
      const at::Tensor chosen = std::get<1>(at::rand({c.tokens, c.experts}).topk(c.k, 1));
      alpha.scatter_(1, chosen, at::rand({c.tokens, c.k}, type) + .1);
    }
    const Assignments a = dispatch(alpha, c.k);
    tokens = a.tokens;
    offsets = a.offsets;
    weights = a.weights.detach().requires_grad_();
  }

  MlpInputs inputs() const { return {x, tokens, weights, offsets, w1, b1, w2, b2}; }

  MlpExample to(at::Device device, at::ScalarType type) const {
    MlpExample other = *this;
    for (at::Tensor* t : {&other.x, &other.weights, &other.w1, &other.b1, &other.w2, &other.b2}) {
      *t = t->detach().to(device, type).requires_grad_();
    }
    other.gradient = gradient.to(device, type);
    other.tokens = tokens.to(device);
    other.offsets = offsets.to(device);
    return other;
  }

  template <class F>
  at::Tensor call(F f) const {
    return f(x, tokens, weights, offsets, w1, b1, w2, b2, activation);
  }

  // Output and gradients of x, weights, w1, b1, w2, b2 for `gradient`.
  template <class F>
  std::pair<at::Tensor, std::vector<at::Tensor>> run(F f) const {
    const at::Tensor y = call(f);
    const std::vector<at::Tensor> inputs{x, weights, w1, b1, w2, b2};
    auto gradients = torch::autograd::grad({y}, inputs, {gradient}, {}, false, /*allow_unused=*/true);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!gradients[i].defined()) gradients[i] = at::zeros_like(inputs[i]);
    }
    return {y.detach(), gradients};
  }
};

}  // namespace tessera::kernels
