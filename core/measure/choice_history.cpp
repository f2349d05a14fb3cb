#include "core/measure/choice_history.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "core/measure/formulas.h"

namespace tessera {
namespace {

enum : std::int64_t { kept, added, stride, last_step };  // places in counts

}  // namespace

ChoiceHistory::ChoiceHistory(std::int64_t tokens, std::int64_t experts)
    : moments(at::zeros({most_moments, tokens, experts}, at::kByte)),
      last(at::zeros({tokens, experts}, at::kByte)),
      steps(at::zeros({most_moments}, at::kLong)),
      counts(at::zeros({4}, at::kLong)) {
  counts[stride] = 1;
}

double ChoiceHistory::add(std::int64_t step, const at::Tensor& alpha) {
  const at::Tensor chosen = (alpha != 0).to(at::kCPU, at::kByte);
  std::int64_t* const count = counts.mutable_data_ptr<std::int64_t>();
  const double value = count[added] > 0 ? saturation(last.to(at::kDouble), chosen.to(at::kDouble))
                                        : std::numeric_limits<double>::quiet_NaN();
  last.copy_(chosen);
  count[last_step] = step;
  if (count[added]++ % count[stride] != 0) return value;
  if (count[kept] == most_moments) {
    count[kept] /= 2;
    count[stride] *= 2;
    moments.slice(0, 0, count[kept]).copy_(moments.slice(0, 0, most_moments, 2).clone());
    steps.slice(0, 0, count[kept]).copy_(steps.slice(0, 0, most_moments, 2).clone());
  }
  moments[count[kept]].copy_(chosen);
  steps[count[kept]++] = step;
  return value;
}

at::Tensor ChoiceHistory::pairs() const {
  at::Tensor values = at::full({shares, shares}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
  const std::int64_t* const count = counts.const_data_ptr<std::int64_t>();
  if (count[added] == 0) return values;
  std::vector<at::Tensor> chosen;
  for (int share = 0; share + 1 < shares; ++share) {
    const double wanted = static_cast<double>(count[last_step]) * share / (shares - 1);
    const at::Tensor distance = (steps.slice(0, 0, count[kept]).to(at::kDouble) - wanted).abs();
    chosen.push_back(moments[distance.argmin().item<std::int64_t>()].to(at::kDouble));
  }
  chosen.push_back(last.to(at::kDouble));
  for (int i = 0; i < shares; ++i) {
    for (int j = 0; j < shares; ++j) {
      values[i][j] = saturation(chosen[static_cast<std::size_t>(i)], chosen[static_cast<std::size_t>(j)]);
    }
  }
  return values;
}

}  // namespace tessera
