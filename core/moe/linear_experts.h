// The head of seed 003's expert protocol: linear experts for all classes, mixed by a soft router.
#pragma once

#include "core/moe/head.h"

namespace tessera {

// logits = sum_e g_e(x) (x W_e + b_e), g = softmax(x_F W + b) over the experts, x_F the first features that the router
// hears (none: its bias alone). Each expert is a weight of its own, so that one can stay as it is.
class LinearExperts : public Head {
 public:
  // layer: that of the experts and their router as a routed layer.
  LinearExperts(const HeadParameters& parameters, std::int64_t width, int classes, int layer, Initialiser& initialiser);

  HeadOutput forward(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& mask,
                     const HeadParameters& live) const override;
  std::vector<at::Tensor> expert_outputs(const at::Tensor& x) const override { return outputs(x).unbind(1); }
  std::int64_t experts() const override { return static_cast<std::int64_t>(weights_.size()); }

 private:
  at::Tensor outputs(const at::Tensor& x) const;  // [samples, experts, classes]

  std::vector<at::Tensor> weights_, biases_;  // of each expert: [width, classes], [classes]
  at::Tensor router_, router_bias_;           // [features, experts], undefined without features; [experts]
};

// Mean over the pairs of experts of the squared cosine between their rows; for [samples, experts, n] the mean over the
// samples too (seed 003, anti-redundancy loss). Rows of zero have none with others. Differentiable.
at::Tensor redundancy(const at::Tensor& of_experts);

}  // namespace tessera
