// tessera::block_sparse_mm for the dispatcher: its schema, its autograd, patterns, and the typed call.
#include "kernels/block_sparse/op.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <optional>

#include "kernels/block_sparse/detail.h"

namespace tessera::kernels {
namespace {

using at::Tensor;
using torch::autograd::variable_list;
using Plain = Tensor(const Tensor&, const Tensor&, at::TensorList, std::int64_t, const std::optional<Tensor>&);
using Backward = std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, const Tensor&, at::TensorList, std::int64_t,
                                            const std::optional<Tensor>&, BlockSparseWanted);

const auto& plain_op() {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("tessera::block_sparse_mm", "").typed<Plain>();
  return op;
}

const auto& backward_op() {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("tessera::block_sparse_mm_backward", "").typed<Backward>();
  return op;
}

std::array<Tensor, 5> lists_of(const BlockPattern& p) { return {p.mask, p.rows, p.of_column, p.columns, p.of_row}; }

class BlockSparse : public torch::autograd::Function<BlockSparse> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& w,
                        const BlockPattern& pattern, const std::optional<Tensor>& offsets) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const std::array<Tensor, 5> lists = lists_of(pattern);
    context->save_for_backward({x, w, offsets.value_or(Tensor()), lists[0], lists[1], lists[2], lists[3], lists[4]});
    context->saved_data["block"] = pattern.block;
    return plain_op().call(x, w, lists, pattern.block, offsets);
  }

  static variable_list backward(torch::autograd::AutogradContext* context, variable_list gradients) {
    const auto s = context->get_saved_variables();
    auto [dx, dw] =
        backward_op().call(gradients[0], s[0], s[1], at::TensorList(s).slice(3), context->saved_data["block"].toInt(),
                           s[2].defined() ? std::optional(s[2]) : std::nullopt,
                           {context->needs_input_grad(0), context->needs_input_grad(1)});
    return {dx, dw, Tensor(), Tensor()};
  }
};

Tensor autograd(const Tensor& x, const Tensor& w, at::TensorList lists, std::int64_t block,
                const std::optional<Tensor>& offsets) {
  if (at::GradMode::is_enabled() && (x.requires_grad() || w.requires_grad())) {
    return BlockSparse::apply(x, w, pattern_of(lists, block), offsets);
  }
  const at::AutoDispatchBelowADInplaceOrView below;
  return plain_op().call(x, w, lists, block, offsets);
}

// The indices along the last dimension where mask [E, N, M] is true, and where each of the E * N rows of it begins.
std::pair<Tensor, Tensor> listed(const Tensor& mask) {
  const Tensor ends = mask.sum(2).flatten().cumsum(0);
  return {mask.nonzero().select(1, 2).to(at::kInt).contiguous(), at::cat({ends.new_zeros({1}), ends}).to(at::kInt)};
}

std::vector<Tensor> pattern_for_dispatcher(const Tensor& mask) {
  TORCH_CHECK(mask.scalar_type() == at::kBool, "block_pattern: the mask is bool, not ", mask.scalar_type());
  TORCH_CHECK(mask.dim() == 2 || mask.dim() == 3, "block_pattern: the mask is [experts, in / block, out / block], not ",
              mask.sizes());
  const Tensor masks = (mask.dim() == 2 ? mask.unsqueeze(0) : mask).contiguous();
  auto [rows, of_column] = listed(masks.transpose(1, 2));
  auto [columns, of_row] = listed(masks);
  return {masks, rows, of_column, columns, of_row};
}

}  // namespace

BlockPattern pattern_of(at::TensorList lists, std::int64_t block) {
  TORCH_CHECK(lists.size() == 5, "block_sparse_mm: a pattern is five tensors, not ", lists.size());
  return {block, lists[0], lists[1], lists[2], lists[3], lists[4]};
}

BlockPattern block_pattern(const Tensor& mask, std::int64_t block) {
  TORCH_CHECK(block >= 8 && block <= 256 && block % 8 == 0,
              "block_pattern: block is a multiple of 8 from 8 to 256, not ", block);
  return pattern_of(pattern_for_dispatcher(mask), block);
}

BlockSparseInputs checked_block_sparse(const BlockSparseInputs& in) {
  const auto& [x, w, pattern, offsets] = in;
  const auto& [block, mask, rows, of_column, columns, of_row] = pattern;
  TORCH_CHECK(x.dim() == 2 && w.dim() == 2 && w.size(0) == x.size(1),
              "block_sparse_mm: x is [tokens, in] and w [in, out], not ", x.sizes(), " and ", w.sizes());
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble,
              "block_sparse_mm: x is float32 or float64, not ", x.scalar_type());
  TORCH_CHECK(w.scalar_type() == x.scalar_type(), "block_sparse_mm: w has the dtype of x, ", x.scalar_type(), ", not ",
              w.scalar_type());
  TORCH_CHECK(block >= 8 && block <= 256 && block % 8 == 0,
              "block_sparse_mm: block is a multiple of 8 from 8 to 256, not ", block);
  TORCH_CHECK(mask.dim() == 3 && mask.scalar_type() == at::kBool && mask.size(0) >= 1 &&
                  mask.size(1) * block == w.size(0) && mask.size(2) * block == w.size(1),
              "block_sparse_mm: the mask of w, ", w.sizes(), ", in blocks of ", block,
              " is bool [experts, in / block, out / block], not ", mask.scalar_type(), " ", mask.sizes());
  TORCH_CHECK(offsets.defined() || mask.size(0) == 1, "block_sparse_mm: several experts need offsets");
  const auto listed = [](const Tensor& t, std::int64_t size) {
    TORCH_CHECK(t.dim() == 1 && t.size(0) == size && t.scalar_type() == at::kInt,
                "block_sparse_mm: offsets and a pattern's lists are int32 [", size, "] here, not ", t.scalar_type(),
                " ", t.sizes());
  };
  listed(rows, rows.numel());
  listed(columns, rows.numel());
  listed(of_column, in.experts() * in.across() + 1);
  listed(of_row, in.experts() * in.down() + 1);
  if (offsets.defined()) listed(offsets, in.experts() + 1);
  for (const Tensor* t : {&w, &mask, &rows, &of_column, &columns, &of_row, &offsets}) {
    TORCH_CHECK(!t->defined() || t->device() == x.device(), "block_sparse_mm: all is on the device of x, ", x.device(),
                ", not ", t->device());
  }
  return {
      x.contiguous(),
      w.contiguous(),
      {block, mask.contiguous(), rows.contiguous(), of_column.contiguous(), columns.contiguous(), of_row.contiguous()},
      offsets.defined() ? offsets.contiguous() : offsets};
}

Tensor checked_block_sparse_gradient(const BlockSparseInputs& in, const Tensor& dy) {
  TORCH_CHECK(dy.dim() == 2 && dy.size(0) == in.x.size(0) && dy.size(1) == in.w.size(1) &&
                  dy.scalar_type() == in.x.scalar_type() && dy.device() == in.x.device(),
              "block_sparse_mm_backward: dy is [", in.x.size(0), ", ", in.w.size(1),
              "] with the dtype and device of x, not ", dy.sizes());
  return dy.contiguous();
}

Tensor block_sparse_mm(const Tensor& x, const Tensor& w, const BlockPattern& pattern, const Tensor& offsets) {
  return plain_op().call(x, w, lists_of(pattern), pattern.block,
                         offsets.defined() ? std::optional(offsets) : std::nullopt);
}

TORCH_LIBRARY_FRAGMENT(tessera, m) {
  m.def("block_pattern(Tensor mask) -> Tensor[]", pattern_for_dispatcher);
  m.def("block_sparse_mm(Tensor x, Tensor w, Tensor[] pattern, int block, Tensor? offsets=None) -> Tensor");
  m.def(
      "block_sparse_mm_backward(Tensor dy, Tensor x, Tensor w, Tensor[] pattern, int block, Tensor? offsets, "
      "bool[2] wanted) -> (Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(tessera, Autograd, m) { m.impl("block_sparse_mm", autograd); }

}  // namespace tessera::kernels
