// Examples for block_sparse_mm: shapes, which blocks are active, and a run with both gradients.
#pragma once

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "kernels/block_sparse/op.h"

namespace tessera::kernels {

enum class Active { none, one, all, random, no_first_column, no_last_row };

struct BlockSparseCase {
  std::string name;
  std::int64_t block, down, across;  // w is [down * block, across * block]
  Active active;
  std::vector<int> tokens;   // of each expert
  std::int64_t without = 0;  // tokens past the last offset
};

inline std::vector<BlockSparseCase> block_sparse_cases() {
  using enum Active;
  std::vector<BlockSparseCase> cases;
  for (const int tokens : {0, 1, 7, 130}) {
    for (const Active active : {none, one, all, random, no_first_column, no_last_row}) {
      cases.push_back({"of 8", 8, 3, 5, active, {tokens}});
      cases.push_back({"of 24, a row and a half of tiles", 24, 4, 2, active, {tokens}});
      cases.push_back({"of 64, deeper than what is packed at once", 64, 5, 6, active, {tokens}});
    }
    cases.push_back({"of 256", 256, 2, 1, all, {tokens}});
    cases.push_back({"of 136, each deeper than what is packed at once", 136, 2, 3, random, {tokens}});
    cases.push_back({"wide", 8, 2, 70, random, {tokens}});
  }
  cases.push_back({"three experts", 16, 4, 5, random, {9, 40, 3}});
  cases.push_back({"experts with and without tokens, and tokens without", 32, 3, 9, random, {0, 150, 0, 1, 260, 0}, 5});
  cases.push_back({"two experts that use all", 40, 2, 3, all, {30, 31}});
  cases.push_back({"two experts that use nothing", 8, 2, 3, none, {3, 4}});
  cases.push_back({"no tokens but those without an expert", 8, 2, 3, all, {0, 0}, 4});
  return cases;
}

struct BlockSparseExample {
  at::Tensor x, w, mask, offsets, gradient;
  std::int64_t block;

  BlockSparseExample(const BlockSparseCase& c, at::ScalarType type) : block(c.block) {
    at::manual_seed(12);
    const auto experts = static_cast<std::int64_t>(c.tokens.size());
    std::vector<int> ends{0};
    for (const int n : c.tokens) ends.push_back(ends.back() + n);
    if (experts > 1 || c.without > 0) offsets = torch::tensor(ends, at::kInt);
    mask = at::rand({experts, c.down, c.across}) < .4;
    if (c.active == Active::none) mask.fill_(false);
    if (c.active == Active::all) mask.fill_(true);
    if (c.active == Active::no_first_column) mask.fill_(true).select(2, 0).fill_(false);
    if (c.active == Active::no_last_row) mask.fill_(true).select(1, c.down - 1).fill_(false);
    if (c.active == Active::one) mask.fill_(false).select(1, c.down - 1).select(1, c.across - 1).fill_(true);
    const std::int64_t tokens = ends.back() + c.without, in = c.down * block, out = c.across * block;
    x = at::randn({tokens, in}, type).requires_grad_();
    w = at::randn({in, out}, type).mul_(1 / std::sqrt(static_cast<double>(in))).requires_grad_();
    gradient = at::randn({tokens, out}, type);
  }

  BlockSparseExample to(at::Device device, at::ScalarType type) const {
    BlockSparseExample other = *this;
    other.x = x.detach().to(device, type).requires_grad_();
    other.w = w.detach().to(device, type).requires_grad_();
    other.mask = mask.to(device);
    other.gradient = gradient.to(device, type);
    if (offsets.defined()) other.offsets = offsets.to(device);
    return other;
  }

  at::Tensor ours() const { return block_sparse_mm(x, w, block_pattern(mask, block), offsets); }
  at::Tensor reference() const { return reference::block_sparse_mm(x, w, mask, block, offsets); }

  // y and the gradients of x and w for `gradient`.
  std::vector<at::Tensor> with_gradients(const at::Tensor& y) const {
    const auto d = torch::autograd::grad({y}, {x, w}, {gradient});
    return {y.detach(), d[0], d[1]};
  }
};

}  // namespace tessera::kernels
