#include "core/engine/answer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/moe/expert_parameters.h"
#include "core/moe/hash_logits.h"
#include "core/moe/jacobian.h"
#include "core/moe/loss_parameters.h"
#include "core/moe/route.h"
#include "core/moe/router_losses.h"

namespace tessera {
namespace {

at::Tensor matrix(const std::vector<double>& values, std::int64_t rows) {
  const at::Tensor copy = at::tensor(values, at::kDouble);
  return rows == 0 ? copy.view({0, 0}) : copy.view({rows, -1});
}

std::vector<double> values(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  const at::Tensor flat = tensor.detach().to(at::kDouble).contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

void must_have(const char* what, std::size_t found, std::int64_t wanted, const std::string& of) {
  if (found == static_cast<std::size_t>(wanted)) return;
  throw InputError({{what, std::to_string(found) + " numbers", std::to_string(wanted) + ", " + of}});
}

void must_be_finite(const char* what, const std::vector<double>& numbers) {
  const auto bad = std::find_if(numbers.begin(), numbers.end(), [](double x) { return !std::isfinite(x); });
  if (bad == numbers.end()) return;
  throw InputError({{what, "number " + std::to_string(bad - numbers.begin()) + " is not finite", "finite numbers"}});
}

// Of a row of alpha, its entries other than zero, by weight.
std::vector<int> chosen(const double* row, int experts) {
  std::vector<int> order;
  for (int e = 0; e < experts; ++e) {
    if (row[e] != 0) order.push_back(e);
  }
  std::stable_sort(order.begin(), order.end(), [row](int a, int b) { return row[a] > row[b]; });
  return order;
}

}  // namespace

RouteAnswer answer(const RouteQuestion& question) {
  const auto router = question.parameters.load<RouterParameters>("model.router", question.layer);
  const auto experts = question.parameters.load<ExpertParameters>("model.experts", question.layer);
  auto losses = question.parameters.load<RouterLossParameters>("model.losses", question.layer);
  const std::int64_t E = experts.routed();
  const bool soft = router.selection == "soft", hash = router.logits.kind == "hash";
  const std::int64_t width = soft ? E * router.slots : E;

  if (question.tokens == 0) throw InputError({{hash ? "ids" : "logits", "no token", "one at least"}});
  if (!hash) must_have("logits", question.logits.size(), question.tokens * width, "tokens x " + std::to_string(width));
  if (!question.bias.empty()) must_have("bias", question.bias.size(), E, "the experts");
  if (hash) must_have("ids", question.ids.size(), question.tokens, "the tokens: a hash router needs them");
  must_be_finite("logits", question.logits);
  must_be_finite("bias", question.bias);

  at::Tensor logits = hash ? hash_logits(at::tensor(question.ids, at::kLong), question.layer, E, at::kDouble)
                           : matrix(question.logits, question.tokens).reshape({question.tokens, width});
  logits.set_requires_grad(question.jacobian);
  TokenContext context;
  context.training = question.train;
  context.noise = static_cast<std::uint64_t>(question.seed);
  const at::AutoGradMode with_gradients(question.jacobian);
  const RouteOutput routed =
      route(logits, router, question.bias.empty() ? at::Tensor() : at::tensor(question.bias, at::kDouble), context);

  RouteAnswer answer;
  answer.experts = static_cast<int>(E);
  const at::Tensor probs = comparable_scores(routed.scores, router);
  answer.probs = values(probs);
  answer.alpha = values(routed.alpha);
  for (std::int64_t t = 0; t < question.tokens; ++t) {
    const double* const row = answer.alpha.data() + t * E;
    answer.chosen.push_back(chosen(row, answer.experts));
    answer.entropy.push_back(entropy_nats({row, static_cast<std::size_t>(E)}));
  }
  answer.load = values((routed.alpha != 0).sum(0));
  losses.load_balance = losses.load_balance == 0 ? 0 : 1;  // a router without the loss has none of its own
  losses.z_loss = 1;
  losses.alpha_entropy = losses.variance = losses.l1.start = 0;
  const std::vector<double> parts = values(router_losses(routed, losses, {}));
  answer.aux_loss = parts[static_cast<std::size_t>(RouterLoss::load_balance)];
  answer.z_loss = parts[static_cast<std::size_t>(RouterLoss::z_loss)];
  if (routed.dropped.defined()) {
    const at::Tensor lost = routed.dropped.nonzero().select(1, 0).contiguous();
    answer.dropped.assign(lost.const_data_ptr<std::int64_t>(), lost.const_data_ptr<std::int64_t>() + lost.numel());
  }
  if (soft) {
    answer.slots = router.slots;
    answer.dispatch = values(routed.dispatch);
    answer.combine = values(routed.combine);
  } else if (question.jacobian) {
    answer.probs_jacobian = values(jacobian(probs, logits));
    answer.alpha_jacobian = values(jacobian(routed.alpha, logits));
  }
  return answer;
}

}  // namespace tessera
