#include "core/moe/linear_experts.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "kernels/linear/op.h"

namespace tessera {

LinearExperts::LinearExperts(const HeadParameters& parameters, std::int64_t width, int classes, int layer,
                             Initialiser& initialiser) {
  const double bound = linear_bound(width);
  const std::int64_t count = parameters.experts.count, features = std::min(parameters.experts.router_features, width);
  for (std::int64_t e = 0; e < count; ++e) {
    const std::string name = "head.expert" + std::to_string(e);
    weights_.push_back(initialiser.add(name + ".weight", Scope::experts, layer, {width, classes}, bound, e));
    biases_.push_back(initialiser.add(name + ".bias", Scope::experts, layer, {classes}, bound, e));
  }
  const double router_bound = linear_bound(std::max<std::int64_t>(features, 1));
  if (features > 0) {
    router_ = initialiser.add("head.router.weight", Scope::router, layer, {features, count}, router_bound);
  }
  router_bias_ = initialiser.add("head.router.bias", Scope::router, layer, {count}, router_bound);
}

at::Tensor LinearExperts::outputs(const at::Tensor& x) const {
  const at::Tensor y = kernels::linear(x, at::cat(weights_, 1), at::cat(biases_));
  return y.view({x.size(0), experts(), -1});
}

HeadOutput LinearExperts::forward(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& mask,
                                  const HeadParameters& live) const {
  HeadOutput output;
  const at::Tensor of_experts = outputs(x);
  at::Tensor logits = router_bias_.unsqueeze(0).expand({x.size(0), -1});
  if (router_.defined()) logits = kernels::linear(x.narrow(1, 0, router_.size(0)).contiguous(), router_, router_bias_);
  const at::Tensor weights = logits.softmax(1);
  output.all_logits = output.logits = at::bmm(weights.unsqueeze(1), of_experts).squeeze(1);
  if (mask.defined()) output.logits = output.logits + mask;
  if (labels.defined()) {
    output.loss = at::cross_entropy_loss(output.logits, labels);
    if (live.experts.redundancy > 0 && experts() > 1) {
      const bool of_weights = live.experts.redundancy_of == "weights";
      at::Tensor rows = of_experts;
      if (of_weights) {
        std::vector<at::Tensor> flat;
        for (const at::Tensor& weight : weights_) flat.push_back(weight.flatten());
        rows = at::stack(flat);
      }
      output.redundancy = redundancy(rows) * live.experts.redundancy;
    }
  }
  Routing routing;
  routing.logits = logits.detach().contiguous();
  routing.scores = routing.alpha = weights.detach();
  output.routing = std::move(routing);
  return output;
}

at::Tensor redundancy(const at::Tensor& of_experts) {
  const at::Tensor norms = of_experts.norm(2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
  const at::Tensor unit = of_experts / norms, squares = at::matmul(unit, unit.transpose(-2, -1)).square();
  const std::int64_t experts = of_experts.size(-2);
  const at::Tensor pairs = squares.sum({-2, -1}) - squares.diagonal(0, -2, -1).sum(-1);
  return pairs.mean() / static_cast<double>(experts * (experts - 1));
}

}  // namespace tessera
