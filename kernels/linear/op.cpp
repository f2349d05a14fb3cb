// tessera::linear: its autograd, and how the work is cut on the CPU. No sum crosses a cut.
#include "kernels/linear/op.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "kernels/cpu/tasks.h"

namespace tessera::kernels {
namespace cpu {
namespace {

std::int64_t tile_columns_of(const InstructionSet& set, std::size_t bytes) {
  return 2 * set.vector_bytes / static_cast<std::int64_t>(bytes);
}

// Calls f(part) for all parts of a [rows, columns] result.
template <class F>
void for_parts(std::int64_t rows, std::int64_t columns, std::int64_t step, const F& f) {
  const std::int64_t down = (rows + linear_rows - 1) / linear_rows, across = (columns + step - 1) / step;
  for_each_task(down * across, [&](std::int64_t i) {
    const std::int64_t row = i / across;
    f(LinearPart{rows * row / down, rows * (row + 1) / down, i % across * step});
  });
}

}  // namespace

at::Tensor linear(const InstructionSet& set, const at::Tensor& x_in, const at::Tensor& w_in, const at::Tensor& b_in) {
  const at::Tensor x = x_in.contiguous(), w = w_in.contiguous(), b = b_in.contiguous();
  at::Tensor y = at::empty({x.size(0), w.size(1)}, x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "linear", [&] {
    const Linear<scalar_t> m{x.size(0),
                             w.size(0),
                             w.size(1),
                             x.const_data_ptr<scalar_t>(),
                             w.const_data_ptr<scalar_t>(),
                             b.const_data_ptr<scalar_t>(),
                             y.mutable_data_ptr<scalar_t>()};
    for_parts(m.rows, m.out, tile_columns_of(set, sizeof(scalar_t)), [&](const LinearPart& part) {
      const Scratch<scalar_t> panel(linear_scratch(m.in, m.out));
      set.functions<scalar_t>().linear_forward(m, part, panel.data());
    });
  });
  return y;
}

LinearGradients linear_backward(const InstructionSet& set, const at::Tensor& dy_in, const at::Tensor& x_in,
                                const at::Tensor& w_in, bool want_x) {
  const at::Tensor dy = dy_in.contiguous(), x = x_in.contiguous(), w = w_in.contiguous();
  LinearGradients d{{}, at::empty_like(w), at::empty({w.size(1)}, w.options())};
  if (want_x) d.x = at::empty_like(x);
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "linear_backward", [&] {
    Linear<scalar_t> m{x.size(0), w.size(0), w.size(1), x.const_data_ptr<scalar_t>(), w.const_data_ptr<scalar_t>(),
                       nullptr,   nullptr};
    m.dy = m.padded_dy = dy.const_data_ptr<scalar_t>();
    const std::int64_t stride = padded(m.out);
    m.dw = d.w.mutable_data_ptr<scalar_t>();
    m.db = d.b.mutable_data_ptr<scalar_t>();
    const Scratch<scalar_t> copy(stride == m.out ? 0 : m.rows * stride);
    if (stride != m.out) {
      for (std::int64_t r = 0; r < m.rows; ++r) {
        scalar_t* const row = copy.data() + r * stride;
        std::fill(std::copy(m.dy + r * m.out, m.dy + (r + 1) * m.out, row), row + stride, scalar_t(0));
      }
      m.padded_dy = copy.data();
    }
    const Functions<scalar_t>& functions = set.functions<scalar_t>();
    const std::int64_t parts = (m.in + linear_rows - 1) / linear_rows;
    for_each_task(parts,
                  [&](std::int64_t i) { functions.linear_gradient(m, m.in * i / parts, m.in * (i + 1) / parts); });
    if (!want_x) return;
    m.dx = d.x.mutable_data_ptr<scalar_t>();
    for_parts(m.rows, m.in, tile_columns_of(set, sizeof(scalar_t)), [&](const LinearPart& part) {
      const Scratch<scalar_t> panel(linear_scratch(m.in, m.out));
      functions.linear_input_gradient(m, part, panel.data());
    });
  });
  return d;
}

}  // namespace cpu

namespace {

using at::Tensor;
using torch::autograd::variable_list;

class Linear : public torch::autograd::Function<Linear> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& w, const Tensor& b) {
    const at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({x, w});
    return cpu::linear(*cpu::instruction_sets()[0], x, w, b);
  }

  static variable_list backward(torch::autograd::AutogradContext* context, variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "linear: differentiable only once");
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto saved = context->get_saved_variables();
    auto d = cpu::linear_backward(*cpu::instruction_sets()[0], gradients[0], saved[0], saved[1],
                                  context->needs_input_grad(0));
    return {std::move(d.x), std::move(d.w), std::move(d.b)};
  }
};

}  // namespace

Tensor linear(const Tensor& x, const Tensor& w, const Tensor& b) {
  TORCH_CHECK(x.dim() == 2 && w.dim() == 2 && w.size(0) == x.size(1), "linear: x is [rows, in] and w [in, out], not ",
              x.sizes(), " and ", w.sizes());
  TORCH_CHECK(b.dim() == 1 && b.size(0) == w.size(1), "linear: b is [", w.size(1), "], not ", b.sizes());
  TORCH_CHECK(w.device() == x.device() && b.device() == x.device(), "linear: x, w and b are on one device, not ",
              x.device(), ", ", w.device(), ", ", b.device());
  if (!x.is_cpu()) return at::addmm(b, x, w);
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble, "linear: x is float32 or float64, not ",
              x.scalar_type());
  TORCH_CHECK(w.scalar_type() == x.scalar_type() && b.scalar_type() == x.scalar_type(),
              "linear: x, w and b are of one dtype, not ", x.scalar_type(), ", ", w.scalar_type(), ", ",
              b.scalar_type());
  return Linear::apply(x, w, b);
}

TORCH_LIBRARY_FRAGMENT(tessera, m) { m.def("linear(Tensor x, Tensor w, Tensor b) -> Tensor", linear); }

}  // namespace tessera::kernels
