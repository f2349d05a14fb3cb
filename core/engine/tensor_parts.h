// Tensors as parts of a checkpoint: a small header, then their bytes. Little-endian.
//
//   4 bytes  "TSR1"      1 byte  dtype (1 float32, 2 float64, 3 int64, 4 uint8)      1 byte  dimensions
//   8 bytes  each extent                                                     then    the values, row-major
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/lab/engine.h"

namespace tessera {

void write_tensor(Writer& writer, std::string_view name, const at::Tensor& tensor);

// Reads everything first, then changes anything: a damaged checkpoint changes nothing.
class TensorReader {
 public:
  explicit TensorReader(Reader& reader) : reader_(reader) {}
  // Plans to fill `into` with the part. Throws InputError unless it is a tensor of the same dtype and shape.
  void read(std::string_view name, const at::Tensor& into);
  void commit();

 private:
  struct Copy {
    at::Tensor into, from;
  };
  Reader& reader_;
  std::vector<Copy> copies_;
};

}  // namespace tessera
