// AdamW: weights cut into spans, one a task.
#include "kernels/adamw/op.h"

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "kernels/cpu/tasks.h"

namespace tessera::kernels {
namespace cpu {

void adamw(const InstructionSet& set, at::TensorList weights, at::TensorList gradients, at::TensorList means,
           at::TensorList squares, const AdamWArguments& arguments) {
  constexpr std::int64_t span = 1 << 14;  // elements
  struct Part {
    std::size_t tensor;
    std::int64_t first;
  };
  std::vector<Part> parts;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    for (std::int64_t first = 0; first < weights[i].numel(); first += span) parts.push_back({i, first});
  }
  const auto t = static_cast<double>(arguments.step);
  const AdamWStep step{1 - arguments.rate * arguments.weight_decay,
                       arguments.beta1,
                       arguments.beta2,
                       arguments.rate / (1 - std::pow(arguments.beta1, t)),
                       std::sqrt(1 - std::pow(arguments.beta2, t)),
                       arguments.epsilon};
  std::vector<at::Tensor> contiguous;  // gradients of views may not be
  for (const at::Tensor& gradient : gradients) contiguous.push_back(gradient.contiguous());
  AT_DISPATCH_FLOATING_TYPES(weights[0].scalar_type(), "adamw", [&] {
    for_each_task(static_cast<std::int64_t>(parts.size()), [&](std::int64_t p) {
      const auto [i, first] = parts[static_cast<std::size_t>(p)];
      set.functions<scalar_t>().adamw(
          step, {weights[i].mutable_data_ptr<scalar_t>() + first, contiguous[i].const_data_ptr<scalar_t>() + first,
                 means[i].mutable_data_ptr<scalar_t>() + first, squares[i].mutable_data_ptr<scalar_t>() + first,
                 std::min(span, weights[i].numel() - first)});
    });
  });
}

}  // namespace cpu

void adamw(at::TensorList weights, at::TensorList gradients, at::TensorList means, at::TensorList squares,
           const AdamWArguments& arguments) {
  TORCH_CHECK(weights.size() == gradients.size() && weights.size() == means.size() && weights.size() == squares.size(),
              "adamw: weights, gradients and moments are parallel lists");
  if (weights.empty()) return;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    TORCH_CHECK(weights[i].is_contiguous() && means[i].is_contiguous() && squares[i].is_contiguous(),
                "adamw: weights and moments are contiguous");
    TORCH_CHECK(gradients[i].sizes() == weights[i].sizes() && means[i].sizes() == weights[i].sizes() &&
                    squares[i].sizes() == weights[i].sizes(),
                "adamw: gradient and moments are shaped as their weight, ", weights[i].sizes());
    for (const at::Tensor* t : {&weights[i], &gradients[i], &means[i], &squares[i]}) {
      TORCH_CHECK(t->scalar_type() == weights[0].scalar_type() && t->device() == weights[0].device(),
                  "adamw: all tensors are of one dtype and on one device");
    }
  }
  if (weights[0].is_cpu()) {
    return cpu::adamw(*cpu::instruction_sets()[0], weights, gradients, means, squares, arguments);
  }
  const at::Tensor step = at::full({}, static_cast<float>(arguments.step), weights[0].options().dtype(at::kFloat));
  const std::vector<at::Tensor> steps(weights.size(), step);
  std::vector<at::Tensor> contiguous;
  for (const at::Tensor& gradient : gradients) contiguous.push_back(gradient.contiguous());
  at::_fused_adamw_(weights, contiguous, means, squares, {}, steps, arguments.rate, arguments.beta1, arguments.beta2,
                    arguments.weight_decay, arguments.epsilon, /*amsgrad=*/false, /*maximize=*/false);
}

}  // namespace tessera::kernels
