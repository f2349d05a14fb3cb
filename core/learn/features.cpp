#include "core/learn/features.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "core/lab/build_info.h"
#include "core/learn/tensor_cache.h"

namespace tessera {
namespace {

constexpr std::int64_t at_once = 500, ramp_length = 8191;

// A number that follows from every bit of a float32 tensor, and from where each is.
std::uint64_t fingerprint(const at::Tensor& tensor) {
  const at::NoGradGuard no_grad;
  const at::Tensor flat = tensor.detach().reshape({-1}), ramp = at::arange(1, ramp_length + 1, at::kLong);
  constexpr std::int64_t chunk = ramp_length * 512;
  std::uint64_t made = static_cast<std::uint64_t>(flat.numel());
  for (std::int64_t first = 0; first < flat.numel(); first += chunk) {
    const at::Tensor bits = flat.slice(0, first, first + chunk).view(at::kInt).to(at::kCPU, at::kLong);
    const std::int64_t rows = (bits.numel() + ramp_length - 1) / ramp_length;
    const at::Tensor padded = at::constant_pad_nd(bits, {0, rows * ramp_length - bits.numel()}, 0);
    const at::Tensor of_rows = (padded.view({rows, ramp_length}) * ramp).sum(1);
    for (std::int64_t row = 0; row < rows; ++row) {
      made = made * 1000003 + static_cast<std::uint64_t>(of_rows.const_data_ptr<std::int64_t>()[row]);
    }
  }
  return made;
}

}  // namespace

at::Tensor features_of(const Model& model, const at::Tensor& inputs, const BuildProgress& progress) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < inputs.size(0); first += at_once) {
    if (progress) progress("computing features", static_cast<double>(first) / static_cast<double>(inputs.size(0)));
    parts.push_back(model.encode(inputs.slice(0, first, first + at_once)));
  }
  return at::cat(parts);
}

at::Tensor cached_features_of(const Model& model, const at::Tensor& inputs, const std::string& where,
                              const BuildProgress& progress) {
  std::string made_from = "features by " + std::string(commit()) + " on " + where + "\n";
  for (const Weight& weight : model.weights()) {
    if (weight.scope == Scope::encoder) {
      made_from += weight.name + " " + std::to_string(fingerprint(weight.value)) + "\n";
    }
  }
  made_from += "inputs " + std::to_string(fingerprint(inputs)) + "\n";
  const at::Tensor found = at::empty({inputs.size(0), model.width()}, model.options().requires_grad(false));
  if (read_cached("features", made_from, {found})) return found;
  at::Tensor made = features_of(model, inputs, progress);
  write_cached("features", made_from, {made});
  return made;
}

}  // namespace tessera
