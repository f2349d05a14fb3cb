#include "core/moe/straight_through.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/moe/activate.h"

namespace tessera {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class StraightThrough : public torch::autograd::Function<StraightThrough> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& y, const at::Tensor&, const at::Tensor& picked,
                            const at::Tensor& x, const at::Tensor& alpha, const at::Tensor& down, const at::Tensor& up,
                            std::int64_t activation) {
    context->save_for_backward({picked, x, alpha, down, up});
    context->saved_data["activation"] = activation;
    return y.view_as(y);
  }

  static variable_list backward(AutogradContext* context, variable_list outer) {
    const auto saved = context->get_saved_variables();
    const auto activation = static_cast<kernels::Activation>(context->saved_data["activation"].toInt());
    const at::Tensor &picked = saved[0], &x = saved[1], &alpha = saved[2], &down = saved[3], &up = saved[4];
    const at::Tensor pulled = activate(at::mm(x, down), activation) * at::mm(outer[0], up.t());  // [tokens, D]
    const at::Tensor d_masks = at::mm(alpha.t(), pulled).masked_fill(picked, 0);
    return {outer[0], d_masks, {}, {}, {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor straight_through(const at::Tensor& y, const at::Tensor& masks, const at::Tensor& picked, const at::Tensor& x,
                            const at::Tensor& alpha, const at::Tensor& down, const at::Tensor& up,
                            kernels::Activation activation) {
  return StraightThrough::apply(y, masks, picked, x.detach(), alpha.detach(), down.detach(), up.detach(),
                                static_cast<std::int64_t>(activation));
}

}  // namespace tessera
