// What the parts of the gate share: argument checks, and the CPU's version for a given instruction set.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "kernels/gate/score.h"

namespace tessera::kernels {

struct GateArguments {
  double temperature;
  Score score;
  std::int64_t k;  // 1 up to the number of experts
  bool normalise;
};

// Throws c10::Error unless the arguments are as kernels/gate/op.h asks.
GateArguments checked_gate(const at::Tensor& logits, double temperature, std::string_view score, std::int64_t k,
                           bool normalise);
GateArguments checked_gate_backward(const std::optional<at::Tensor>& d_alpha, const std::optional<at::Tensor>& d_scores,
                                    const at::Tensor& alpha, const at::Tensor& scores, double temperature,
                                    std::string_view score, bool normalise);

namespace cpu {

struct InstructionSet;

std::tuple<at::Tensor, at::Tensor> gate(const InstructionSet& set, const at::Tensor& logits,
                                        const GateArguments& arguments);
at::Tensor gate_backward(const InstructionSet& set, const std::optional<at::Tensor>& d_alpha,
                         const std::optional<at::Tensor>& d_scores, const at::Tensor& alpha, const at::Tensor& scores,
                         const GateArguments& arguments);

}  // namespace cpu
}  // namespace tessera::kernels
