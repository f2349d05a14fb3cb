// block_sparse_mm on the CPU: memory, and how the work is cut into tasks.
//
// y and dx: some tokens of an expert, in the columns of one block. dw: blocks of a row, all of them where that leaves
// work for every thread, since a row shares what is packed of x. No sum crosses a cut, so results don't depend on
// threads.
#include "kernels/block_sparse/cpu.h"

#include <ATen/ATen.h>
#include <torch/library.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "kernels/block_sparse/detail.h"
#include "kernels/cpu/instruction_sets.h"
#include "kernels/cpu/tasks.h"
#include "kernels/threads.h"

namespace tessera::kernels {
namespace cpu {
namespace {

using at::Tensor;

std::vector<std::int32_t> checked_offsets(const BlockSparseInputs& in) {
  const std::int64_t tokens = in.x.size(0);
  if (!in.offsets.defined()) return {0, static_cast<std::int32_t>(tokens)};
  const auto* const offset = in.offsets.const_data_ptr<std::int32_t>();
  std::vector<std::int32_t> offsets(offset, offset + in.experts() + 1);
  TORCH_CHECK(offsets.front() == 0 && std::is_sorted(offsets.begin(), offsets.end()) && offsets.back() <= tokens,
              "block_sparse_mm: offsets ascend from 0 to at most the number of tokens");
  return offsets;
}

// Throws unless starts cut the list into parts, in each of which entries ascend and are below `bound`.
void check_list(const Tensor& list, const Tensor& starts, std::int64_t bound) {
  const auto *const entry = list.const_data_ptr<std::int32_t>(), *const start = starts.const_data_ptr<std::int32_t>();
  const std::int64_t parts = starts.numel() - 1;
  bool good = start[0] == 0 && start[parts] == list.numel() && std::is_sorted(start, start + parts + 1);
  for (std::int64_t i = 0; good && i < parts; ++i) {
    for (std::int32_t n = start[i], last = -1; n < start[i + 1]; last = entry[n++]) {
      good = good && entry[n] > last && entry[n] < bound;
    }
  }
  TORCH_CHECK(good, "block_sparse_mm: a list of the pattern does not ascend within its matrix");
}

struct Tokens {  // first up to last; expert < 0: of none
  std::int64_t expert, first, last;
};

std::vector<Tokens> parts_of_tokens(const std::vector<std::int32_t>& offsets, std::int64_t tokens) {
  std::vector<Tokens> parts;
  const auto cut = [&](std::int64_t expert, std::int64_t begin, std::int64_t end) {
    const std::int64_t n = end - begin, count = (n + block_sparse_tokens - 1) / block_sparse_tokens;
    for (std::int64_t i = 0; i < count; ++i) {
      parts.push_back({expert, begin + n * i / count, begin + n * (i + 1) / count});
    }
  };
  for (std::size_t e = 0; e + 1 < offsets.size(); ++e) cut(static_cast<std::int64_t>(e), offsets[e], offsets[e + 1]);
  cut(-1, offsets.back(), tokens);
  return parts;
}

// All parts of y (list: rows, across: J) or of dx (list: columns, across: I), the largest first.
std::vector<BlockSparsePart> parts_of_product(const std::vector<Tokens>& tokens, const Tensor& list,
                                              const Tensor& starts, std::int64_t across) {
  const auto *const entry = list.const_data_ptr<std::int32_t>(), *const start = starts.const_data_ptr<std::int32_t>();
  std::vector<BlockSparsePart> parts;
  for (const Tokens& t : tokens) {
    for (std::int64_t j = 0; j < across; ++j) {
      if (t.expert < 0) {
        parts.push_back({t.first, t.last, j, nullptr, 0});
      } else {
        const std::int32_t* const at = start + t.expert * across + j;
        parts.push_back({t.first, t.last, j, entry + at[0], at[1] - at[0]});
      }
    }
  }
  const auto work = [](const BlockSparsePart& p) { return (p.last - p.first) * p.count; };
  std::stable_sort(parts.begin(), parts.end(), [&](const auto& a, const auto& b) { return work(a) > work(b); });
  return parts;
}

std::vector<BlockSparseStripe> stripes_of_gradient(const BlockSparseInputs& in,
                                                   const std::vector<std::int32_t>& offsets) {
  const std::int64_t I = in.down(), J = in.across(), wanted = 4 * threads() / std::max<std::int64_t>(I, 1) + 1;
  const std::int64_t width = std::clamp<std::int64_t>((J + wanted - 1) / wanted, 1, block_sparse_stripe);
  const std::int64_t stripes = (J + width - 1) / width;
  std::vector<std::int64_t> work(static_cast<std::size_t>(I * stripes));
  const auto *const column = in.pattern.columns.const_data_ptr<std::int32_t>(), *const start =
                                                                                    in.pattern.of_row
                                                                                        .const_data_ptr<std::int32_t>();
  for (std::int64_t r = 0; r < in.experts() * I; ++r) {
    const std::int64_t tokens = offsets[r / I + 1] - offsets[r / I];
    for (std::int32_t n = start[r]; n < start[r + 1]; ++n) work[r % I * stripes + column[n] / width] += tokens;
  }
  std::vector<std::int64_t> order(work.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return work[a] > work[b]; });
  std::vector<BlockSparseStripe> all;
  for (const std::int64_t i : order) {
    const std::int64_t first = i % stripes * width;
    all.push_back({i / stripes, first, std::min(first + width, J)});
  }
  return all;
}

template <class T>
BlockSparse<T> shape_of(const BlockSparseInputs& in) {
  return {in.w.size(0), in.w.size(1), in.pattern.block, in.x.const_data_ptr<T>(), in.w.const_data_ptr<T>()};
}

}  // namespace

Tensor block_sparse_mm(const InstructionSet& set, const BlockSparseInputs& in) {
  const BlockPattern& p = in.pattern;
  check_list(p.rows, p.of_column, in.down());
  const std::vector<BlockSparsePart> parts =
      parts_of_product(parts_of_tokens(checked_offsets(in), in.x.size(0)), p.rows, p.of_column, in.across());
  Tensor y = at::empty({in.x.size(0), in.w.size(1)}, in.x.options());
  AT_DISPATCH_FLOATING_TYPES(in.x.scalar_type(), "block_sparse_mm", [&] {
    BlockSparse<scalar_t> m = shape_of<scalar_t>(in);
    m.y = y.mutable_data_ptr<scalar_t>();
    for_each_task(static_cast<std::int64_t>(parts.size()), [&](std::int64_t i) {
      const Scratch<scalar_t> scratch(block_sparse_scratch(m.block));
      set.functions<scalar_t>().block_sparse_forward(m, parts[i], scratch.data());
    });
  });
  return y;
}

BlockSparseGradients block_sparse_mm_backward(const InstructionSet& set, const Tensor& d_out,
                                              const BlockSparseInputs& in, const BlockSparseWanted& wanted) {
  const Tensor dy = checked_block_sparse_gradient(in, d_out);
  const BlockPattern& p = in.pattern;
  check_list(p.columns, p.of_row, in.across());
  const std::vector<std::int32_t> offsets = checked_offsets(in);
  BlockSparseGradients d;
  std::vector<BlockSparsePart> parts;
  std::vector<BlockSparseStripe> stripes;
  if (wanted[0]) {
    d[0] = at::empty_like(in.x);
    parts = parts_of_product(parts_of_tokens(offsets, in.x.size(0)), p.columns, p.of_row, in.down());
  }
  if (wanted[1]) {
    d[1] = at::empty_like(in.w);
    stripes = stripes_of_gradient(in, offsets);
  }
  AT_DISPATCH_FLOATING_TYPES(in.x.scalar_type(), "block_sparse_mm_backward", [&] {
    BlockSparse<scalar_t> m = shape_of<scalar_t>(in);
    m.dy = dy.const_data_ptr<scalar_t>();
    m.dx = wanted[0] ? d[0].mutable_data_ptr<scalar_t>() : nullptr;
    m.dw = wanted[1] ? d[1].mutable_data_ptr<scalar_t>() : nullptr;
    m.experts = in.experts();
    m.offsets = offsets.data();
    m.columns = p.columns.const_data_ptr<std::int32_t>();
    m.of_row = p.of_row.const_data_ptr<std::int32_t>();
    const Functions<scalar_t>& functions = set.functions<scalar_t>();
    const auto gradients = static_cast<std::int64_t>(stripes.size());
    for_each_task(gradients + static_cast<std::int64_t>(parts.size()), [&](std::int64_t i) {
      const Scratch<scalar_t> scratch(block_sparse_scratch(m.block));
      if (i < gradients) {
        functions.block_sparse_gradient(m, stripes[i], scratch.data());
      } else {
        functions.block_sparse_input_gradient(m, parts[i - gradients], scratch.data());
      }
    });
  });
  return d;
}

}  // namespace cpu

namespace {

using at::Tensor;

BlockSparseInputs inputs_of(const Tensor& x, const Tensor& w, at::TensorList lists, std::int64_t block,
                            const std::optional<Tensor>& offsets) {
  return checked_block_sparse({x, w, pattern_of(lists, block), offsets.value_or(Tensor())});
}

Tensor block_sparse_mm_cpu(const Tensor& x, const Tensor& w, at::TensorList lists, std::int64_t block,
                           const std::optional<Tensor>& offsets) {
  return cpu::block_sparse_mm(*cpu::instruction_sets()[0], inputs_of(x, w, lists, block, offsets));
}

std::tuple<Tensor, Tensor> block_sparse_mm_backward_cpu(const Tensor& dy, const Tensor& x, const Tensor& w,
                                                        at::TensorList lists, std::int64_t block,
                                                        const std::optional<Tensor>& offsets,
                                                        BlockSparseWanted wanted) {
  return std::tuple_cat(
      cpu::block_sparse_mm_backward(*cpu::instruction_sets()[0], dy, inputs_of(x, w, lists, block, offsets), wanted));
}

}  // namespace

TORCH_LIBRARY_IMPL(tessera, CPU, m) {
  m.impl("block_sparse_mm", block_sparse_mm_cpu);
  m.impl("block_sparse_mm_backward", block_sparse_mm_backward_cpu);
}

}  // namespace tessera::kernels
