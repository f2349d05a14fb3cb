// The gate on a GPU: memory, and the call of its kernels on LibTorch's stream.
#include "kernels/gate/cuda.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/library.h>

#include "kernels/gate/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

int checked_experts(const Tensor& logits) {
  TORCH_CHECK(logits.size(1) <= cuda::gate_most_experts, "gate: on CUDA at most ", cuda::gate_most_experts,
              " experts, not ", logits.size(1));
  return static_cast<int>(logits.size(1));
}

// Row-major, at a multiple of 16 bytes.
Tensor aligned(const Tensor& t) {
  const Tensor in = t.contiguous();
  return reinterpret_cast<std::uintptr_t>(in.const_data_ptr()) % 16 == 0 ? in : in.clone();
}

GateOutput gate_cuda(const Tensor& logits, const GateSpec& spec, const Tensor& bias) {
  const c10::cuda::CUDAGuard device(logits.device());
  const Tensor in = aligned(logits), b = contiguous(bias);
  const int experts = checked_experts(in);
  GateOutput out = empty_output(in);
  AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "gate", [&] {
    const int blocks = cuda::gate_blocks<scalar_t>(in.size(0), experts);
    const Tensor partials = at::empty({blocks, 4 * experts + 4}, in.options());
    const auto to = [](const Tensor& t) { return t.mutable_data_ptr<scalar_t>(); };
    cuda::gate_forward<scalar_t>(
        {data<scalar_t>(in), data<scalar_t>(b), to(out.alpha), to(out.scores), to(out.load), to(out.importance),
         to(out.share), to(out.first), to(out.sums), to(partials), in.size(0), experts, blocks, spec},
        c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return out;
}

Tensor gate_backward_cuda(const GateGradients& d, const Tensor& logits, const GateOutput& out, const GateSpec& spec) {
  const c10::cuda::CUDAGuard device(logits.device());
  const Tensor in = aligned(logits), alpha = aligned(out.alpha), scores = aligned(out.scores);
  GateGradients given = contiguous(d);
  for (Tensor* const t : {&given.alpha, &given.scores}) {
    if (t->defined()) *t = aligned(*t);
  }
  Tensor d_logits = at::empty_like(in);
  if (in.size(0) == 0) return d_logits;
  AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "gate_backward", [&] {
    cuda::gate_backward<scalar_t>(
        {data<scalar_t>(given.alpha), data<scalar_t>(given.scores), data<scalar_t>(given.importance),
         data<scalar_t>(given.share), data<scalar_t>(given.sums), data<scalar_t>(in), data<scalar_t>(alpha),
         data<scalar_t>(scores), d_logits.mutable_data_ptr<scalar_t>(), in.size(0), checked_experts(in), spec},
        c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return d_logits;
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CUDA, m) {
  m.impl("gate", gate_registered<gate_cuda>);
  m.impl("gate_backward", gate_backward_registered<gate_backward_cuda>);
}

}  // namespace tessera::kernels
