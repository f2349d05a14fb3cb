// What the parts of the gate share: argument checks, the registered functions' arguments, and the CPU's version for a
// given instruction set.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <tuple>

#include "kernels/gate/op.h"

namespace tessera::kernels {

// Throw c10::Error unless the arguments are as kernels/gate/op.h asks. The first returns the spec with a k of 1 up to
// the number of experts.
GateSpec checked_gate(const at::Tensor& logits, const GateSpec& spec, const at::Tensor& bias);
void check_gate_backward(const GateGradients& d, const at::Tensor& logits, const GateOutput& out, const GateSpec& spec);

// As the dispatcher passes them: outputs in the order of GateOutput.
using GateTensors = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor>;
using OptionalTensor = std::optional<at::Tensor>;

inline GateTensors tensors_of(GateOutput out) {
  return {std::move(out.alpha), std::move(out.scores), std::move(out.load), std::move(out.importance),
          std::move(out.share), std::move(out.sums),   std::move(out.first)};
}
inline GateOutput output_of(GateTensors t) {
  auto& [alpha, scores, load, importance, share, sums, first] = t;
  return {std::move(alpha), std::move(scores), std::move(load), std::move(importance),
          std::move(share), std::move(sums),   std::move(first)};
}

// What is registered for tessera::gate, from a function of this header's types; that is called with a checked spec.
template <GateOutput (*f)(const at::Tensor& logits, const GateSpec& spec, const at::Tensor& bias)>
GateTensors gate_registered(const at::Tensor& logits, double temperature, std::string_view score, std::int64_t k,
                            std::string_view normalise, std::optional<double> threshold, std::int64_t groups,
                            std::int64_t groups_kept, std::string_view group_rank, std::string_view group_mask,
                            const OptionalTensor& bias, std::string_view bias_to, double scale) {
  GateSpec spec{.temperature = temperature,
                .score = named<Score>(score),
                .k = k,
                .groups = groups,
                .groups_kept = groups_kept,
                .group_rank = named<GroupRank>(group_rank),
                .group_mask = named<GroupMask>(group_mask),
                .bias_to = named<BiasTo>(bias_to),
                .normalise = named<Normalise>(normalise),
                .scale = scale};
  if (threshold) spec.threshold = *threshold;
  const at::Tensor b = bias.value_or(at::Tensor());
  return tensors_of(f(logits, checked_gate(logits, spec, b), b));
}

template <at::Tensor (*f)(const GateGradients& d, const at::Tensor& logits, const GateOutput& out,
                          const GateSpec& spec)>
at::Tensor gate_backward_registered(const OptionalTensor& d_alpha, const OptionalTensor& d_scores,
                                    const OptionalTensor& d_importance, const OptionalTensor& d_share,
                                    const OptionalTensor& d_sums, const at::Tensor& logits, const at::Tensor& alpha,
                                    const at::Tensor& scores, double temperature, std::string_view score,
                                    std::string_view normalise, double scale) {
  const at::Tensor none;
  const GateGradients d{d_alpha.value_or(none), d_scores.value_or(none), d_importance.value_or(none),
                        d_share.value_or(none), d_sums.value_or(none)};
  GateOutput out;
  out.alpha = alpha;
  out.scores = scores;
  const GateSpec spec{.temperature = temperature,
                      .score = named<Score>(score),
                      .normalise = named<Normalise>(normalise),
                      .scale = scale};
  check_gate_backward(d, logits, out, spec);
  return f(d, logits, out, spec);
}

// What every version works on. An undefined tensor stays one, and has no data.
inline at::Tensor contiguous(const at::Tensor& t) { return t.defined() ? t.contiguous() : t; }
inline GateGradients contiguous(const GateGradients& d) {
  return {contiguous(d.alpha), contiguous(d.scores), contiguous(d.importance), contiguous(d.share), contiguous(d.sums)};
}
template <class T>
const T* data(const at::Tensor& t) {
  return t.defined() ? t.const_data_ptr<T>() : nullptr;
}
GateOutput empty_output(const at::Tensor& logits);  // uninitialised

namespace cpu {

struct InstructionSet;

// spec: as checked_gate returns it.
GateOutput gate(const InstructionSet& set, const at::Tensor& logits, const GateSpec& spec, const at::Tensor& bias);
at::Tensor gate_backward(const InstructionSet& set, const GateGradients& d, const at::Tensor& logits,
                         const GateOutput& out, const GateSpec& spec);

}  // namespace cpu
}  // namespace tessera::kernels
