// dispatch on a GPU: memory, and the call of its kernels on LibTorch's stream.
#include "kernels/dispatch/cuda.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/library.h>

#include "kernels/dispatch/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

AssignmentLists dispatch_cuda(const Tensor& alpha, std::int64_t k) {
  const std::int64_t capacity = checked_dispatch(alpha, k), rows = alpha.size(0), experts = alpha.size(1);
  const c10::cuda::CUDAGuard device(alpha.device());
  const Tensor in = alpha.contiguous();
  const auto integers = in.options().dtype(at::kInt);
  Tensor tokens = at::zeros({capacity}, integers), expert = at::zeros({capacity}, integers),
         weights = at::zeros({capacity}, in.options());
  if (rows == 0) return {tokens, expert, weights, at::zeros({experts + 1}, integers)};
  Tensor offsets = at::empty({experts + 1}, integers), counts = at::empty({experts}, integers);
  AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "dispatch", [&] {
    cuda::dispatch(in.const_data_ptr<scalar_t>(), rows, static_cast<int>(experts), static_cast<int>(capacity),
                   counts.mutable_data_ptr<std::int32_t>(), tokens.mutable_data_ptr<std::int32_t>(),
                   expert.mutable_data_ptr<std::int32_t>(), weights.mutable_data_ptr<scalar_t>(),
                   offsets.mutable_data_ptr<std::int32_t>(), c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return {std::move(tokens), std::move(expert), std::move(weights), std::move(offsets)};
}

Tensor dispatch_backward_cuda(const Tensor& d_weights, const Tensor& tokens, const Tensor& experts,
                              const Tensor& offsets, std::int64_t rows) {
  const c10::cuda::CUDAGuard device(d_weights.device());
  const Tensor d = d_weights.contiguous();
  const std::int64_t width = offsets.size(0) - 1;
  Tensor d_alpha = at::zeros({rows, width}, d.options());
  if (d.size(0) == 0) return d_alpha;
  checked_dispatch_backward(d_weights, tokens, experts, offsets, rows);
  AT_DISPATCH_FLOATING_TYPES(d.scalar_type(), "dispatch_backward", [&] {
    cuda::dispatch_backward(d.const_data_ptr<scalar_t>(), tokens.const_data_ptr<std::int32_t>(),
                            experts.const_data_ptr<std::int32_t>(), offsets.const_data_ptr<std::int32_t>(),
                            static_cast<int>(width), static_cast<int>(d.size(0)), d_alpha.mutable_data_ptr<scalar_t>(),
                            c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return d_alpha;
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CUDA, m) {
  m.impl("dispatch", dispatch_cuda);
  m.impl("dispatch_backward", dispatch_backward_cuda);
}

}  // namespace tessera::kernels
