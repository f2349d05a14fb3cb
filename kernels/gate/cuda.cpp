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

std::tuple<Tensor, Tensor> gate_cuda(const Tensor& logits, double temperature, std::string_view score, std::int64_t k,
                                     bool normalise) {
  const GateArguments arguments = checked_gate(logits, temperature, score, k, normalise);
  const c10::cuda::CUDAGuard device(logits.device());
  const Tensor in = logits.contiguous();
  Tensor alpha = at::empty_like(in), scores = at::empty_like(in);
  if (in.size(0) == 0) return {alpha, scores};
  AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "gate", [&] {
    TORCH_CHECK(in.size(1) <= cuda::most_experts<scalar_t>, "gate: on CUDA at most ", cuda::most_experts<scalar_t>,
                " experts, not ", in.size(1));
    cuda::gate_forward(in.const_data_ptr<scalar_t>(), alpha.mutable_data_ptr<scalar_t>(),
                       scores.mutable_data_ptr<scalar_t>(), in.size(0), static_cast<int>(in.size(1)),
                       static_cast<int>(arguments.k), static_cast<scalar_t>(temperature), arguments.score, normalise,
                       c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return {std::move(alpha), std::move(scores)};
}

Tensor gate_backward_cuda(const std::optional<Tensor>& d_alpha, const std::optional<Tensor>& d_scores,
                          const Tensor& alpha, const Tensor& scores, double temperature, std::string_view score,
                          bool normalise) {
  const GateArguments arguments =
      checked_gate_backward(d_alpha, d_scores, alpha, scores, temperature, score, normalise);
  const c10::cuda::CUDAGuard device(alpha.device());
  const Tensor da = d_alpha ? d_alpha->contiguous() : Tensor(), ds = d_scores ? d_scores->contiguous() : Tensor(),
               a = alpha.contiguous(), s = scores.contiguous();
  Tensor d_logits = at::empty_like(a);
  if (a.size(0) == 0) return d_logits;
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "gate_backward", [&] {
    cuda::gate_backward(da.defined() ? da.const_data_ptr<scalar_t>() : nullptr,
                        ds.defined() ? ds.const_data_ptr<scalar_t>() : nullptr, a.const_data_ptr<scalar_t>(),
                        s.const_data_ptr<scalar_t>(), d_logits.mutable_data_ptr<scalar_t>(), a.size(0),
                        static_cast<int>(a.size(1)), static_cast<scalar_t>(temperature), arguments.score, normalise,
                        c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return d_logits;
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CUDA, m) {
  m.impl("gate", gate_cuda);
  m.impl("gate_backward", gate_backward_cuda);
}

}  // namespace tessera::kernels
