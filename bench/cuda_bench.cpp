// The gate on a GPU against what memory allows: the time that reading its inputs and writing its results takes at the
// rate of a device-to-device copy on the same card, divided by the time that it takes. And against the chain of
// LibTorch calls that a person would write for it. Prints JSON: {name: {"us", "share_of_bandwidth", "calls_us"}}; exit
// code 3 where there is no GPU.
#include <ATen/ATen.h>
#include <cuda_runtime_api.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <vector>

#include "bench/chain_of_calls.h"
#include "kernels/gate/op.h"

namespace {

using at::Tensor;
using namespace tessera::kernels;

constexpr int calls = 10, rounds = 15;

// Microseconds of a call, the median over rounds; the calls of a round are on the device without a gap where the host
// keeps up.
double time_of(const std::function<void()>& f) {
  cudaEvent_t begin, end;
  cudaEventCreate(&begin);
  cudaEventCreate(&end);
  std::vector<double> times;
  for (int round = -2; round < rounds; ++round) {
    cudaEventRecord(begin);
    for (int i = 0; i < calls; ++i) f();
    cudaEventRecord(end);
    cudaEventSynchronize(end);
    float ms = 0;
    cudaEventElapsedTime(&ms, begin, end);
    if (round >= 0) times.push_back(ms * 1e3 / calls);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[rounds / 2];
}

bool first = true;
void print(const char* name, std::int64_t tokens, std::int64_t experts, std::int64_t k, double us, double share,
           double calls_us) {
  std::printf("%s\n  \"%s, %lld x %lld, k = %lld\": {\"us\": %.2f, \"share_of_bandwidth\": %.3f, \"calls_us\": %.2f}",
              first ? "{" : ",", name, static_cast<long long>(tokens), static_cast<long long>(experts),
              static_cast<long long>(k), us, share, calls_us);
  std::fflush(stdout);
  first = false;
}

void bench(std::int64_t tokens, std::int64_t experts, std::int64_t k, double bytes_per_us) {
  const Tensor logits = at::randn({tokens, experts}, at::kCUDA), d = at::randn({tokens, experts}, at::kCUDA);
  const GateSpec spec{.k = k};
  const double matrix = 4. * static_cast<double>(logits.numel());
  const GateOutput out = gate(logits, spec);
  const double forward = time_of([&] { gate(logits, spec); });
  const double backward = time_of([&] { gate_backward({d, {}, {}, {}, {}}, logits, out, spec); });
  const double calls_forward = time_of([&] { chain_of_calls(logits, k, true); });
  const Tensor leaf = logits.clone().requires_grad_();
  const Tensor alpha = chain_of_calls(leaf, k, true).alpha;
  const double calls_backward = time_of([&] { torch::autograd::grad({alpha}, {leaf}, {d}, /*retain_graph=*/true); });
  print("forward", tokens, experts, k, forward, 3 * matrix / bytes_per_us / forward, calls_forward);
  print("backward", tokens, experts, k, backward, 4 * matrix / bytes_per_us / backward, calls_backward);
}

}  // namespace

int main() {
  if (!torch::cuda::is_available()) {
    std::fputs("cuda_bench: there is no GPU\n", stderr);
    return 3;
  }
  const Tensor from = at::randn({1 << 28}, at::kCUDA), to = at::empty_like(from);
  const double bytes_per_us = 8. * (1 << 28) / time_of([&] { to.copy_(from); });
  for (const auto [tokens, experts, k] :
       {std::array<std::int64_t, 3>{4096, 64, 8}, {1 << 20, 8, 2}, {1 << 20, 64, 8}, {1 << 18, 256, 8}}) {
    bench(tokens, experts, k, bytes_per_us);
  }
  std::printf(",\n  \"copy\": {\"GB/s\": %.0f}\n}\n", bytes_per_us / 1e3);
}
