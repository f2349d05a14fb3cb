// Vectors of the data readers as tensors.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tessera {

// uint8 [bytes], a view: the vector outlives it, and it is only read.
inline at::Tensor bytes_of(const std::vector<std::uint8_t>& bytes) {
  return at::from_blob(const_cast<std::uint8_t*>(bytes.data()), {static_cast<std::int64_t>(bytes.size())}, at::kByte);
}

// int64 [indices], a copy.
inline at::Tensor indices_on(at::Device device, const std::vector<std::int64_t>& indices) {
  at::Tensor index = at::empty({static_cast<std::int64_t>(indices.size())}, at::kLong);
  std::copy(indices.begin(), indices.end(), index.mutable_data_ptr<std::int64_t>());
  return index.to(device);
}

}  // namespace tessera
