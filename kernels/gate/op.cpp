// tessera::gate for the dispatcher: its schema, and the typed call.
#include "kernels/gate/op.h"

#include <torch/library.h>

namespace tessera::kernels {
namespace {

const char* name_of(Score score) {
  switch (score) {
    case Score::softmax:
      return "softmax";
    case Score::sigmoid:
      return "sigmoid";
    case Score::sparsemax:
      return "sparsemax";
    case Score::entmax15:
      return "entmax15";
  }
  TORCH_CHECK(false, "gate: unknown score");
}

Score score_named(std::string_view name) {
  for (const Score score : {Score::softmax, Score::sigmoid, Score::sparsemax, Score::entmax15}) {
    if (name == name_of(score)) return score;
  }
  TORCH_CHECK(false, "gate: score is one of softmax, sigmoid, sparsemax, entmax15, not ", name);
}

void check(const at::Tensor& logits, double temperature) {
  TORCH_CHECK(logits.dim() == 2 && logits.size(1) >= 1, "gate: logits are [tokens, experts], not ", logits.sizes());
  TORCH_CHECK(logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kDouble,
              "gate: logits are float32 or float64, not ", logits.scalar_type());
  TORCH_CHECK(temperature > 0, "gate: the temperature is above 0, not ", temperature);
}

std::tuple<at::Tensor, at::Tensor> composite(const at::Tensor& logits, double temperature, std::string_view score,
                                             std::int64_t k, bool normalise) {
  check(logits, temperature);
  return reference::gate(logits, temperature, score_named(score), k, normalise);
}

}  // namespace

std::tuple<at::Tensor, at::Tensor> gate(const at::Tensor& logits, double temperature, Score score, std::int64_t k,
                                        bool normalise) {
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("tessera::gate", "")
          .typed<std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, double, std::string_view, std::int64_t, bool)>();
  return op.call(logits, temperature, name_of(score), k, normalise);
}

TORCH_LIBRARY_FRAGMENT(tessera, m) {
  m.def("gate(Tensor logits, float temperature, str score, int k, bool normalise) -> (Tensor alpha, Tensor scores)");
}

TORCH_LIBRARY_IMPL(tessera, CompositeImplicitAutograd, m) { m.impl("gate", composite); }

}  // namespace tessera::kernels
