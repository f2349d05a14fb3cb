// The definition of block_sparse_mm in plain ATen calls: the masked dense product.
#include <ATen/ATen.h>

#include <vector>

#include "kernels/block_sparse/op.h"

namespace tessera::kernels::reference {

at::Tensor block_sparse_mm(const at::Tensor& x, const at::Tensor& w, const at::Tensor& mask, std::int64_t block,
                           const at::Tensor& offsets) {
  const at::Tensor masks = mask.dim() == 2 ? mask.unsqueeze(0) : mask,
                   elements = masks.repeat_interleave(block, 1).repeat_interleave(block, 2);
  if (!offsets.defined()) return at::mm(x, w * elements[0]);
  const at::Tensor bounds = offsets.cpu();
  const int* const bound = bounds.const_data_ptr<int>();
  std::vector<at::Tensor> parts;
  for (std::int64_t e = 0; e < masks.size(0); ++e) {
    parts.push_back(at::mm(x.slice(0, bound[e], bound[e + 1]), w * elements[e]));
  }
  parts.push_back(x.new_zeros({x.size(0) - bound[masks.size(0)], w.size(1)}));
  return at::cat(parts);
}

}  // namespace tessera::kernels::reference
