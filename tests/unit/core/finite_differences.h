// Gradients by central differences, in double.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

namespace tessera::test {

// Checks d value() / d variable against autograd's `gradient` at up to `places` elements spread over the variable.
inline void check_gradient(const std::string& name, const at::Tensor& variable, const at::Tensor& gradient,
                           const std::function<double()>& value, std::int64_t places = 8, double tolerance = 1e-6) {
  ASSERT_TRUE(gradient.defined()) << name;
  ASSERT_EQ(variable.scalar_type(), at::kDouble);
  ASSERT_TRUE(variable.is_contiguous());
  const at::NoGradGuard no_grad;
  constexpr double h = 1e-6;
  double* values = variable.mutable_data_ptr<double>();
  const at::Tensor flat = gradient.contiguous().view(-1);
  const std::int64_t n = variable.numel(), stride = std::max<std::int64_t>(1, n / places) | 1;
  for (std::int64_t i = 0; i < n; i += stride) {
    const double kept = values[i];
    values[i] = kept + h;
    const double above = value();
    values[i] = kept - h;
    const double below = value();
    values[i] = kept;
    const double slope = (above - below) / (2 * h);
    EXPECT_NEAR(flat[i].item<double>(), slope, tolerance * std::max(1.0, std::abs(slope))) << name << "[" << i << "]";
  }
}

}  // namespace tessera::test
