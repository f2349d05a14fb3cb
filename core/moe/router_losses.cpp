#include "core/moe/router_losses.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace tessera {
namespace {

double tokens(const kernels::GateOutput& gate) { return static_cast<double>(gate.alpha.size(0)); }
double experts(const kernels::GateOutput& gate) { return static_cast<double>(gate.alpha.size(1)); }

at::Tensor rows_with_weight(const kernels::GateOutput& gate) {
  return gate.sums.select(0, kernels::weighted_rows).detach().clamp_min(1);
}

// What the sums of P are multiplied by: E f / the number of scored rows.
at::Tensor balance_factors(const kernels::GateOutput& gate, const std::string& form) {
  const at::Tensor counts = form == "gshard" ? gate.first : gate.load;
  const at::Tensor total = form == "hugging_face" ? at::full({}, tokens(gate), counts.options()) : counts.sum();
  return counts *
         (experts(gate) / (total.clamp_min(1) * gate.sums.select(0, kernels::scored_rows).detach().clamp_min(1)));
}

// What the importance is multiplied by.
at::Tensor l1_factors(const kernels::GateOutput& gate, const RouterLossParameters& c, const at::Tensor& coefficient) {
  return gate.load * (coefficient * (experts(gate) / (c.l1.target * tokens(gate) * tokens(gate))));
}

at::Tensor square_of_mean(const at::Tensor& importance) {
  return importance.mean().square().clamp_min(1e-20);  // no token has weight: the loss is 0
}

}  // namespace

std::array<bool, router_loss_count> losses_on(const RouterLossParameters& c) {
  return {c.alpha_entropy != 0, c.load_balance != 0, c.z_loss != 0, c.variance != 0, c.l1.start != 0};
}

bool any_on(const RouterLossParameters& c) {
  const auto on = losses_on(c);
  return std::any_of(on.begin(), on.end(), [](bool one) { return one; });
}

at::Tensor router_losses(const kernels::GateOutput& gate, const RouterLossParameters& c,
                         const at::Tensor& l1_coefficient) {
  const at::Tensor off = at::zeros({}, gate.sums.options().requires_grad(false));
  std::vector<at::Tensor> parts(router_loss_count, off);
  const auto part = [&](RouterLoss loss) -> at::Tensor& { return parts[static_cast<std::size_t>(loss)]; };
  if (c.alpha_entropy != 0) {
    part(RouterLoss::alpha_entropy) =
        c.alpha_entropy * gate.sums.select(0, kernels::entropy_sum) / rows_with_weight(gate);
  }
  if (c.load_balance != 0) {
    part(RouterLoss::load_balance) = c.load_balance * at::dot(balance_factors(gate, c.balance_form), gate.share);
  }
  if (c.z_loss != 0) part(RouterLoss::z_loss) = gate.sums.select(0, kernels::squares_sum) * (c.z_loss / tokens(gate));
  if (c.variance != 0) {
    const at::Tensor& importance = gate.importance;
    part(RouterLoss::variance) = c.variance * importance.var(0, /*unbiased=*/false) / square_of_mean(importance);
  }
  if (c.l1.start != 0) part(RouterLoss::l1) = at::dot(l1_factors(gate, c, l1_coefficient), gate.importance);
  return at::stack(parts);
}

kernels::GateGradients router_loss_gradients(const kernels::GateOutput& gate, const RouterLossParameters& c,
                                             const at::Tensor& l1_coefficient, const at::Tensor& scale) {
  const auto of = [&](RouterLoss loss) { return scale.select(0, static_cast<std::int64_t>(loss)); };
  kernels::GateGradients d;
  if (c.load_balance != 0) {
    d.share = balance_factors(gate, c.balance_form) * (of(RouterLoss::load_balance) * c.load_balance);
  }
  if (c.alpha_entropy != 0 || c.z_loss != 0) {
    d.sums = at::zeros_like(gate.sums);
    d.sums[kernels::entropy_sum] = of(RouterLoss::alpha_entropy) * c.alpha_entropy / rows_with_weight(gate);
    d.sums[kernels::squares_sum] = of(RouterLoss::z_loss) * (c.z_loss / tokens(gate));
  }
  if (c.variance != 0) {  // of var / mean^2, with deviations x - m: 2 (x - m) / (E m^2) - 2 var / (E m^3)
    const at::Tensor mean = gate.importance.mean();
    const at::Tensor variance = gate.importance.var(0, /*unbiased=*/false);
    d.importance = (of(RouterLoss::variance) * (2 * c.variance / experts(gate))) *
                   (gate.importance - mean - variance / mean.clamp_min(1e-10)) / square_of_mean(gate.importance);
  }
  if (c.l1.start != 0) {
    const at::Tensor of_l1 = l1_factors(gate, c, l1_coefficient) * of(RouterLoss::l1);
    d.importance = d.importance.defined() ? d.importance + of_l1 : of_l1;
  }
  return d;
}

}  // namespace tessera
