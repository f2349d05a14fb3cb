#include "core/moe/router_losses.h"

#include <torch/torch.h>

#include <vector>

namespace tessera {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows divided by their sum; a row without weight stays zero.
struct Normalised {
  at::Tensor rows;     // [T, E]
  at::Tensor inverse;  // [T, 1]: 1 / sum, 0 for a row without weight
};
Normalised normalised(const at::Tensor& weights) {
  const at::Tensor sum = weights.sum(1, true);
  const at::Tensor inverse = sum.reciprocal().masked_fill_(sum == 0, 0);
  return {weights * inverse, inverse};
}

// Each function returns coefficient x value and puts coefficient x gradient into `gradient`.

at::Tensor alpha_entropy(const at::Tensor& alpha, double coefficient, at::Tensor& gradient) {
  const auto [p, inverse] = normalised(alpha);
  const at::Tensor scale = coefficient / inverse.count_nonzero().to(alpha.dtype());
  const at::Tensor entropy = -at::xlogy(p, p).sum(1, true);
  // dH / dalpha_j = (-ln p_j - H) / sum for the chosen; the others stay unchosen, whatever their slope.
  gradient = (p.log().neg_().sub_(entropy) * (inverse * scale)).masked_fill_(p == 0, 0);
  return entropy.sum() * scale;
}

at::Tensor load_balance(const at::Tensor& scores, const at::Tensor& offsets, double coefficient, at::Tensor& gradient) {
  const auto [q, inverse] = normalised(scores);
  const auto E = static_cast<double>(scores.size(1)), T = static_cast<double>(scores.size(0));
  const at::Tensor f = at::diff(offsets).to(scores.dtype()).div_(offsets[-1]);
  const at::Tensor weighted = at::mv(q, f).unsqueeze(1);  // [T, 1]: sum_e f_e q_te
  gradient = (f - weighted).mul_(inverse).mul_(coefficient * E / T);
  return weighted.mean() * (coefficient * E);
}

at::Tensor z_loss(const at::Tensor& logits, double coefficient, at::Tensor& gradient) {
  const at::Tensor z = at::logsumexp(logits, 1, true);
  gradient = (logits - z).exp_().mul_(z).mul_(2 * coefficient / static_cast<double>(logits.size(0)));
  return z.square().mean() * coefficient;
}

// One node for all layers. Inputs: alpha, scores, logits of each layer in turn. Gradients are made on the way forward.
class Losses : public torch::autograd::Function<Losses> {
 public:
  static at::Tensor forward(AutogradContext* context, at::TensorList inputs, std::span<const Routing> routings,
                            std::span<const RouterLossParameters> coefficients) {
    variable_list gradients(inputs.size());
    at::Tensor parts = at::zeros({3}, inputs[0].options());
    for (std::size_t i = 0; i < routings.size(); ++i) {
      const auto& c = coefficients[i];
      const at::Tensor &alpha = inputs[3 * i], &scores = inputs[3 * i + 1], &logits = inputs[3 * i + 2];
      at::Tensor* gradient = &gradients[3 * i];
      if (c.alpha_entropy != 0) parts[0] += alpha_entropy(alpha, c.alpha_entropy, gradient[0]);
      if (c.load_balance != 0) {
        parts[1] += load_balance(scores, routings[i].assignments.offsets, c.load_balance, gradient[1]);
      }
      if (c.z_loss != 0) parts[2] += z_loss(logits, c.z_loss, gradient[2]);
    }
    context->saved_data["gradients"] = gradients;
    return parts;
  }

  static variable_list backward(AutogradContext* context, variable_list outer) {
    variable_list gradients = context->saved_data["gradients"].toTensorVector();
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (gradients[i].defined()) gradients[i] = gradients[i] * outer[0][static_cast<std::int64_t>(i % 3)];
    }
    gradients.resize(gradients.size() + 2);  // the spans
    return gradients;
  }
};

}  // namespace

RouterLosses router_losses(std::span<const Routing> routings, std::span<const RouterLossParameters> coefficients) {
  RouterLosses losses;
  bool any = false;
  for (const auto& c : coefficients) any = any || c.alpha_entropy != 0 || c.load_balance != 0 || c.z_loss != 0;
  if (!any) {
    losses.parts = at::zeros({3}, routings[0].alpha.options().requires_grad(false));
    return losses;
  }
  variable_list inputs;
  for (const Routing& routing : routings) {
    inputs.insert(inputs.end(), {routing.alpha, routing.scores, routing.logits});
  }
  const at::Tensor parts = Losses::apply(at::TensorList(inputs), routings, coefficients);
  losses.total = parts.sum();
  losses.parts = parts.detach();
  return losses;
}

}  // namespace tessera
