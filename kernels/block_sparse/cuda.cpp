// block_sparse_mm on a GPU: memory, and the call of its kernels on LibTorch's stream.
#include "kernels/block_sparse/cuda.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/library.h>

#include <limits>
#include <optional>

#include "kernels/block_sparse/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

BlockSparseInputs inputs_of(const Tensor& x, const Tensor& w, at::TensorList lists, std::int64_t block,
                            const std::optional<Tensor>& offsets) {
  TORCH_CHECK(x.size(0) <= std::numeric_limits<int>::max(), "block_sparse_mm: too many tokens for a GPU");
  return checked_block_sparse({x, w, pattern_of(lists, block), offsets.value_or(Tensor())});
}

template <class T>
cuda::BlockSparse<T> shape_of(const BlockSparseInputs& in) {
  const BlockPattern& p = in.pattern;
  return {in.x.const_data_ptr<T>(),
          in.w.const_data_ptr<T>(),
          p.mask.const_data_ptr<bool>(),
          p.rows.const_data_ptr<std::int32_t>(),
          p.of_column.const_data_ptr<std::int32_t>(),
          p.columns.const_data_ptr<std::int32_t>(),
          p.of_row.const_data_ptr<std::int32_t>(),
          in.offsets.defined() ? in.offsets.const_data_ptr<std::int32_t>() : nullptr,
          static_cast<int>(in.x.size(0)),
          static_cast<int>(in.experts()),
          static_cast<int>(in.w.size(0)),
          static_cast<int>(in.w.size(1)),
          static_cast<int>(p.block)};
}

Tensor block_sparse_mm_cuda(const Tensor& x, const Tensor& w, at::TensorList lists, std::int64_t block,
                            const std::optional<Tensor>& offsets) {
  const c10::cuda::CUDAGuard device(x.device());
  const BlockSparseInputs in = inputs_of(x, w, lists, block, offsets);
  Tensor y = at::empty({x.size(0), w.size(1)}, x.options());
  if (y.numel() == 0) return y;
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "block_sparse_mm", [&] {
    cuda::block_sparse_forward<scalar_t>(shape_of<scalar_t>(in), y.mutable_data_ptr<scalar_t>(),
                                         c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return y;
}

std::tuple<Tensor, Tensor> block_sparse_mm_backward_cuda(const Tensor& d_out, const Tensor& x, const Tensor& w,
                                                         at::TensorList lists, std::int64_t block,
                                                         const std::optional<Tensor>& offsets,
                                                         BlockSparseWanted wanted) {
  const c10::cuda::CUDAGuard device(x.device());
  const BlockSparseInputs in = inputs_of(x, w, lists, block, offsets);
  const Tensor dy = checked_block_sparse_gradient(in, d_out);
  Tensor dx = wanted[0] ? at::empty_like(in.x) : Tensor(), dw = wanted[1] ? at::empty_like(in.w) : Tensor();
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "block_sparse_mm_backward", [&] {
    const cuda::BlockSparse<scalar_t> m = shape_of<scalar_t>(in);
    const auto* const d = dy.const_data_ptr<scalar_t>();
    const auto stream = c10::cuda::getCurrentCUDAStream();
    if (wanted[0] && dx.numel() > 0) {
      cuda::block_sparse_input_gradient(m, d, dx.mutable_data_ptr<scalar_t>(), stream);
    }
    if (wanted[1] && dw.numel() > 0) cuda::block_sparse_gradient(m, d, dw.mutable_data_ptr<scalar_t>(), stream);
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return {std::move(dx), std::move(dw)};
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CUDA, m) {
  m.impl("block_sparse_mm", block_sparse_mm_cuda);
  m.impl("block_sparse_mm_backward", block_sparse_mm_backward_cuda);
}

}  // namespace tessera::kernels
