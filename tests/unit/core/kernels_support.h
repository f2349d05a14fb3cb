// What tests of custom operators share: finite differences, closeness with a message that says where, and the GPU.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>

#include <functional>
#include <string>
#include <vector>

#include "kernels/threads.h"
#include "tests/unit/core/finite_differences.h"

namespace tessera::kernels {

// Ends a test as skipped, and says why, where there is no GPU or this build has no code for one.
#ifdef TESSERA_WITH_CUDA
#define TESSERA_SKIP_WITHOUT_GPU() \
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no GPU: the CUDA version of this operator was not run"
#else
#define TESSERA_SKIP_WITHOUT_GPU() GTEST_SKIP() << "built without CUDA: the CUDA version of this operator was not run"
#endif

// How far two results of the same arithmetic in another order may be apart, relative to the largest entry.
inline double tolerance_of(at::ScalarType type) { return type == at::kDouble ? 1e-12 : 3e-6; }

// Both as float64, within tolerance times the larger of 1 and the largest entry expected; NaN equals NaN.
inline testing::AssertionResult near(const at::Tensor& got, const at::Tensor& expected, double tolerance) {
  const at::Tensor a = got.detach().to(at::kCPU, at::kDouble), b = expected.detach().to(at::kCPU, at::kDouble);
  if (a.sizes() != b.sizes()) return testing::AssertionFailure() << "shape " << a.sizes() << ", expected " << b.sizes();
  if (a.numel() == 0) return testing::AssertionSuccess();
  if (!at::equal(a.isnan(), b.isnan()))
    return testing::AssertionFailure() << "NaN elsewhere: " << a << "\nexpected\n" << b;
  const double scale = std::max(1.0, at::nan_to_num(b.abs()).max().item<double>());
  const double error = at::nan_to_num((a - b).abs()).max().item<double>();
  if (error <= tolerance * scale) return testing::AssertionSuccess();
  auto failure = testing::AssertionFailure() << "off by " << error << " (allowed " << tolerance * scale << ")";
  if (a.numel() <= 64) failure << "\ngot\n" << a << "\nexpected\n" << b;
  return failure;
}

// Autograd's gradients of `loss` against finite differences, for every element of every input; float64.
inline void expect_gradients(const std::function<at::Tensor()>& loss, const std::vector<at::Tensor>& inputs,
                             double tolerance = 1e-7) {
  const auto gradients = torch::autograd::grad({loss()}, inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    test::check_gradient(
        "input " + std::to_string(i), inputs[i], gradients[i], [&] { return loss().item<double>(); }, inputs[i].numel(),
        tolerance);
  }
}

// Sets the number of the operators' threads for a scope.
class Threads {
 public:
  explicit Threads(int n) : before_(threads()) { set_threads(n); }
  ~Threads() { set_threads(before_); }

 private:
  int before_;
};

}  // namespace tessera::kernels
