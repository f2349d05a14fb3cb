// expert_mlp on a GPU: memory, and the call of its kernels on LibTorch's stream.
#include "kernels/expert_mlp/cuda.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/library.h>

#include "kernels/expert_mlp/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

template <class T>
cuda::MlpShape<T> shape_of(const MlpInputs& in, Tensor& places, Tensor& rows, Activation activation) {
  return {in.tokens.const_data_ptr<std::int32_t>(),
          in.offsets.const_data_ptr<std::int32_t>(),
          in.x.const_data_ptr<T>(),
          in.weights.const_data_ptr<T>(),
          in.w1.const_data_ptr<T>(),
          in.b1.const_data_ptr<T>(),
          in.w2.const_data_ptr<T>(),
          in.b2.const_data_ptr<T>(),
          places.mutable_data_ptr<std::int32_t>(),
          rows.mutable_data_ptr<T>(),
          static_cast<int>(in.x.size(0)),
          static_cast<int>(in.tokens.size(0)),
          static_cast<int>(in.w1.size(0)),
          static_cast<int>(in.w1.size(1)),
          static_cast<int>(in.w1.size(2)),
          activation};
}

bool nothing_to_do(const MlpInputs& in) { return in.x.numel() == 0 || in.tokens.size(0) == 0; }

MlpKept forward(const MlpInputs& in, Activation activation, bool keep) {
  const std::int64_t capacity = in.tokens.size(0), D = in.w1.size(1), H = in.w1.size(2);
  const auto options = in.x.options();
  MlpKept kept{at::empty_like(in.x), at::empty({capacity, H}, options),
               at::empty({keep && activation != Activation::relu ? capacity : 0, H}, options)};
  if (nothing_to_do(in)) {
    kept.y.zero_();
    return kept;
  }
  Tensor places = at::empty({in.x.size(0), in.w1.size(0)}, in.tokens.options()),
         rows = at::empty({capacity, D}, options);
  AT_DISPATCH_FLOATING_TYPES(in.x.scalar_type(), "expert_mlp", [&] {
    cuda::mlp_forward<scalar_t>(
        {shape_of<scalar_t>(in, places, rows, activation), kept.hidden.mutable_data_ptr<scalar_t>(),
         kept.slope.numel() ? kept.slope.mutable_data_ptr<scalar_t>() : nullptr, kept.y.mutable_data_ptr<scalar_t>()},
        c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return kept;
}

Tensor expert_mlp_cuda(const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets,
                       const Tensor& w1, const Tensor& b1, const Tensor& w2, const Tensor& b2,
                       std::string_view activation) {
  const c10::cuda::CUDAGuard device(x.device());
  return forward(checked_mlp({x, tokens, weights, offsets, w1, b1, w2, b2}), activation_named(activation), false).y;
}

std::tuple<Tensor, Tensor, Tensor> expert_mlp_forward_cuda(const Tensor& x, const Tensor& tokens, const Tensor& weights,
                                                           const Tensor& offsets, const Tensor& w1, const Tensor& b1,
                                                           const Tensor& w2, const Tensor& b2,
                                                           std::string_view activation) {
  const c10::cuda::CUDAGuard device(x.device());
  MlpKept kept =
      forward(checked_mlp({x, tokens, weights, offsets, w1, b1, w2, b2}), activation_named(activation), true);
  return {std::move(kept.y), std::move(kept.hidden), std::move(kept.slope)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> expert_mlp_backward_cuda(
    const Tensor& d_out, const Tensor& x, const Tensor& tokens, const Tensor& weights, const Tensor& offsets,
    const Tensor& w1, const Tensor& b1, const Tensor& w2, const Tensor& b2, const Tensor& hidden, const Tensor& slope,
    std::string_view activation, MlpWanted wanted) {
  const c10::cuda::CUDAGuard device(x.device());
  const MlpInputs in = checked_mlp({x, tokens, weights, offsets, w1, b1, w2, b2});
  check_mlp_backward(in, d_out, hidden, slope, activation_named(activation));
  const Tensor dy = d_out.contiguous();
  const Tensor* const like[] = {&in.x, &in.weights, &in.w1, &in.b1, &in.w2, &in.b2};
  MlpGradients d;
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (i == 1 || (wanted[i] && nothing_to_do(in))) {
      d[i] = at::zeros_like(*like[i]);
    } else if (wanted[i]) {
      d[i] = at::empty_like(*like[i]);
    }
  }
  if (!nothing_to_do(in)) {
    Tensor places = at::empty({in.x.size(0), in.w1.size(0)}, in.tokens.options()),
           rows = at::empty({in.tokens.size(0), in.x.size(1)}, in.x.options()), d_hidden = at::empty_like(hidden);
    AT_DISPATCH_FLOATING_TYPES(in.x.scalar_type(), "expert_mlp_backward", [&] {
      const auto data = [&](std::size_t i) { return wanted[i] ? d[i].mutable_data_ptr<scalar_t>() : nullptr; };
      cuda::mlp_backward<scalar_t>(
          {shape_of<scalar_t>(in, places, rows, activation_named(activation)), hidden.const_data_ptr<scalar_t>(),
           slope.numel() ? slope.const_data_ptr<scalar_t>() : nullptr, dy.const_data_ptr<scalar_t>(),
           d_hidden.mutable_data_ptr<scalar_t>(), d[1].mutable_data_ptr<scalar_t>(), data(0), data(2), data(3), data(4),
           data(5)},
          c10::cuda::getCurrentCUDAStream());
    });
    C10_CUDA_KERNEL_LAUNCH_CHECK();
  }
  if (!wanted[1]) d[1] = Tensor();
  return std::tuple_cat(std::move(d));
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CUDA, m) {
  m.impl("expert_mlp", expert_mlp_cuda);
  m.impl("expert_mlp_forward", expert_mlp_forward_cuda);
  m.impl("expert_mlp_backward", expert_mlp_backward_cuda);
}

}  // namespace tessera::kernels
