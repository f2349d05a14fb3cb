#include "core/moe/hash_logits.h"

#include <ATen/ATen.h>

namespace tessera {
namespace {

// The finaliser of MurmurHash3 in signed arithmetic, which wraps around the same: every bit of the id reaches all bits
// of the result.
at::Tensor mixed(at::Tensor h) {
  constexpr std::int64_t low_bits = 0x7fffffff;  // what an arithmetic shift by 33 keeps of an unsigned one
  for (const std::int64_t factor :
       {static_cast<std::int64_t>(0xff51afd7ed558ccd), static_cast<std::int64_t>(0xc4ceb9fe1a85ec53)}) {
    h = h.bitwise_xor(h.bitwise_right_shift(33).bitwise_and(low_bits)).mul(factor);
  }
  return h.bitwise_xor(h.bitwise_right_shift(33).bitwise_and(low_bits));
}

}  // namespace

at::Tensor hash_logits(const at::Tensor& ids, int layer, std::int64_t experts, at::TensorOptions options) {
  const at::Tensor expert = mixed(mixed(ids + 1) + layer).remainder(experts).unsqueeze(1);
  return at::zeros({ids.size(0), experts}, options).scatter(1, expert, 1);
}

at::Tensor ids_of_rows(const at::Tensor& features) {
  const at::Tensor steps = (features.detach() * 4096).round().to(at::kLong);
  const at::Tensor factors = mixed(at::arange(1, features.size(1) + 1, steps.options()));
  return mixed((steps * factors).sum(1));
}

}  // namespace tessera
