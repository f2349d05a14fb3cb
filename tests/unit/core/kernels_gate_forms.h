// Forms of the gate that tests go through: every score with every normalisation, and every way of choosing.
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "kernels/gate/op.h"

namespace tessera::kernels {

struct GateForm {
  GateSpec spec;
  bool biased = false;

  std::string name() const {
    return std::string(name_of(spec.score)) + ", " + std::string(name_of(spec.normalise)) + ", k " +
           std::to_string(spec.k) + ", groups " + std::to_string(spec.groups) + " " +
           std::string(name_of(spec.group_rank)) + (biased ? ", bias to " + std::string(name_of(spec.bias_to)) : "");
  }
};

// For a number of experts that 4 divides.
inline std::vector<GateForm> gate_forms() {
  std::vector<GateForm> forms;
  for (const Score score :
       {Score::softmax, Score::sigmoid, Score::sparsemax, Score::entmax15, Score::relu, Score::none}) {
    for (const Normalise normalise : {Normalise::none, Normalise::sum, Normalise::l1, Normalise::softmax}) {
      const GateSpec plain{.temperature = .7, .score = score, .normalise = normalise};
      const auto add = [&](bool biased, auto change) {
        forms.push_back({plain, biased});
        change(forms.back().spec);
      };
      add(false, [](GateSpec&) {});
      add(false, [](GateSpec& s) { s.k = 3, s.scale = 2.5; });
      add(false, [](GateSpec& s) { s.k = 3, s.threshold = .3; });
      add(true, [](GateSpec& s) { s.k = 3; });
      add(true, [](GateSpec& s) { s.k = 3, s.bias_to = BiasTo::logits, s.threshold = .1; });
      add(false, [](GateSpec& s) { s.k = 2, s.groups = 4, s.groups_kept = 2; });
      add(true, [](GateSpec& s) {
        s.k = 3, s.groups = 4, s.groups_kept = 3, s.group_rank = GroupRank::top2_sum, s.scale = 2.5;
      });
      add(true, [](GateSpec& s) {
        s.k = 5, s.groups = 2, s.groups_kept = 1, s.group_rank = GroupRank::sum, s.group_mask = GroupMask::zero;
      });
    }
  }
  return forms;
}

// Logits whose scores are well apart, so that no rounding decides what is chosen.
inline at::Tensor random_logits(std::int64_t tokens, std::int64_t experts, at::ScalarType type) {
  return (at::randn({tokens, experts}, at::kDouble) * 2).to(type);
}

inline at::Tensor bias_for(const GateForm& form, const at::Tensor& logits) {
  return form.biased ? at::linspace(-.5, .6, logits.size(1), logits.options()).flip(0).contiguous() : at::Tensor();
}

inline std::vector<at::Tensor> tensors(const GateOutput& out) {
  return {out.alpha, out.scores, out.load, out.importance, out.share, out.sums, out.first};
}

// One for each gradient that there is, with entries of both signs.
inline GateGradients random_gradients(const at::Tensor& logits) {
  const std::int64_t experts = logits.size(1);
  return {at::randn_like(logits), at::randn_like(logits), at::randn({experts}, logits.options()),
          at::randn({experts}, logits.options()), at::randn({4}, logits.options())};
}

// What they are the gradients of.
inline at::Tensor weighted(const GateOutput& out, const GateGradients& d) {
  return (out.alpha * d.alpha).sum() + (out.scores * d.scores).sum() + (out.importance * d.importance).sum() +
         (out.share * d.share).sum() + out.sums[0] * d.sums[0] + out.sums[3] * d.sums[3];
}

}  // namespace tessera::kernels
