// What the parts of expert_mlp share: the forward pass that keeps what the backward pass needs, and that pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "kernels/expert_mlp/activation.h"

namespace tessera::kernels {

struct MlpInputs {  // as kernels/expert_mlp/op.h has them
  at::Tensor x, tokens, weights, offsets, w1, b1, w2, b2;
};

struct MlpKept {
  at::Tensor y;
  at::Tensor hidden;  // after the activation, a row for each assignment; its width is the device's own
  at::Tensor slope;   // the activation's derivative, as hidden; without elements for relu
};

using MlpGradients = std::array<at::Tensor, 6>;  // x, weights, w1, b1, w2, b2; undefined where not wanted
using MlpWanted = std::array<bool, 6>;

// Throws c10::Error unless the inputs are as kernels/expert_mlp/op.h asks; makes them contiguous.
MlpInputs checked_mlp(const MlpInputs& inputs);
// The same for what the backward half is given beside them.
void check_mlp_backward(const MlpInputs& inputs, const at::Tensor& dy, const at::Tensor& hidden,
                        const at::Tensor& slope, Activation activation);

namespace cpu {

struct InstructionSet;

// keep: false leaves `slope` without elements; `hidden` is needed on the way in either case.
MlpKept expert_mlp(const InstructionSet& set, const MlpInputs& inputs, Activation activation, bool keep);
MlpGradients expert_mlp_backward(const InstructionSet& set, const at::Tensor& dy, const MlpInputs& inputs,
                                 const at::Tensor& hidden, const at::Tensor& slope, Activation activation,
                                 const MlpWanted& wanted);

}  // namespace cpu
}  // namespace tessera::kernels
