// Routing by a fixed hash of the token's id (Roller et al. 2021): nothing is learned.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tessera {

// [T, experts]: 1 for the expert that the id has in this layer, 0 for the others. ids: int64 [T]. Layers have hashes of
// their own, so that ids which share an expert in one don't in all.
at::Tensor hash_logits(const at::Tensor& ids, int layer, std::int64_t experts, at::TensorOptions options);

// int64 [T]: equal rows have equal ids. For tokens that have no id of their own: images.
at::Tensor ids_of_rows(const at::Tensor& features);

}  // namespace tessera
