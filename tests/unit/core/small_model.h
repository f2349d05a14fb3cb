// Small models in double, for tests.
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "core/moe/model.h"

namespace tessera::test {

constexpr int rows = 6, columns = 5, classes = 4, samples = 7;
constexpr int vocabulary = 11, length = 6, sequences = 3;

struct SmallModel {
  std::string encoder = "linear", norm = "none", head = "linear", score = "softmax", activation = "gelu",
              normalise = "sum";
  int k = 2;  // 0: dense
  bool route_by_label = false;
  int depth = 2, experts = 4;
  bool text = false;
  void (*adapt)(RouterParameters&, ExpertParameters&) = nullptr;  // everything else

  Model make(at::ScalarType type = at::kDouble, std::int64_t seed = 1, at::Device device = at::kCPU) const {
    ModelParts parts;
    parts.outline.width = 8;
    parts.outline.depth = depth;
    parts.outline.encoder = encoder;
    parts.outline.norm = norm;
    ExpertParameters bank;
    bank.count = experts;
    bank.hidden = 5;
    bank.activation = activation;
    parts.head.kind = head;
    parts.tiles = {{0, 1, 2}, {0, 2, 3}};
    RouterParameters router;
    router.score = score;
    router.selection = k > 0 ? "top_k" : "dense";
    router.k = k;
    router.normalise = normalise;
    router.temperature = 0.7;
    if (adapt) adapt(router, bank);
    parts.experts.assign(static_cast<std::size_t>(depth), bank);
    parts.live.routers.assign(static_cast<std::size_t>(depth), router);
    parts.live.losses.resize(static_cast<std::size_t>(depth));
    parts.live.subspaces.resize(static_cast<std::size_t>(depth));
    parts.live.head.route_by_label = route_by_label;
    InputShape shape;
    if (text) {
      parts.outline.heads = 2;
      shape.vocabulary = vocabulary;
      shape.sequence_length = length;
    } else {
      shape.rows = rows;
      shape.columns = columns;
    }
    return Model(parts, shape, text ? vocabulary : classes, seed, at::TensorOptions(type).device(device));
  }
};

struct Batch {
  at::Tensor inputs, labels;
};
inline Batch random_batch(at::ScalarType type = at::kDouble) {
  auto generator = at::detail::createCPUGenerator(1);
  return {at::randn({samples, rows * columns}, generator, at::kDouble).to(type),
          at::randint(0, classes, {samples}, generator, at::kLong)};
}

inline Batch random_text() {  // int64 [sequences, length] and [sequences * length]
  auto generator = at::detail::createCPUGenerator(2);
  return {at::randint(0, vocabulary, {sequences, length}, generator, at::kLong),
          at::randint(0, vocabulary, {sequences * length}, generator, at::kLong)};
}

}  // namespace tessera::test
