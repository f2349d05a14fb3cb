// The core's formulas as operators of torch.ops.tessera_test, so that Python can hold them to its own computations.
// Built for the tests only.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/library.h>

#include "core/measure/formulas.h"
#include "core/measure/routing_window.h"
#include "core/moe/model.h"
#include "core/moe/router_losses.h"
#include "core/moe/tiles.h"

namespace tessera {
namespace {

// load, routed, together of batches given one after another
std::tuple<at::Tensor, at::Tensor, at::Tensor> routing_window(at::TensorList alphas, at::TensorList labels,
                                                              std::int64_t classes) {
  RoutingWindow window(alphas[0].size(1), {classes}, alphas[0].device());
  for (std::size_t i = 0; i < alphas.size(); ++i) window.add(alphas[i], {labels[i], {}, {}});
  return {window.load.now, window.routed.now, window.together.now};
}

// parts, and the gradient of sum_i scale[i] x part i with respect to the logits
std::vector<at::Tensor> router_losses(const at::Tensor& logits, std::string_view score, std::int64_t k,
                                      std::string_view normalise, double alpha_entropy, double load_balance,
                                      double z_loss, double variance, const at::Tensor& scale) {
  const kernels::GateSpec spec{.score = kernels::named<kernels::Score>(score),
                               .k = k,
                               .normalise = kernels::named<kernels::Normalise>(normalise)};
  const kernels::GateOutput routed = kernels::gate(logits, spec);
  RouterLossParameters coefficients;
  coefficients.alpha_entropy = alpha_entropy;
  coefficients.load_balance = load_balance;
  coefficients.z_loss = z_loss;
  coefficients.variance = variance;
  const auto gradients = router_loss_gradients(routed, coefficients, {}, scale);
  return {router_losses(routed, coefficients, at::Tensor()), kernels::gate_backward(gradients, logits, routed, spec)};
}

// logits, loss, weight, bias, scores, alpha of a mosaic head that was just made; the classes of tile t are
// tiles[offsets[t] : offsets[t + 1]]
std::vector<at::Tensor> mosaic(const at::Tensor& x, const at::Tensor& labels, at::IntArrayRef tiles,
                               at::IntArrayRef offsets, std::int64_t classes, bool route_by_label) {
  TileLayout layout;
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t) {
    layout.emplace_back(tiles.begin() + offsets[t], tiles.begin() + offsets[t + 1]);
  }
  Initialiser initialiser(1, x.options());
  const MosaicHead head(layout, x.size(1), static_cast<int>(classes), 0, initialiser);
  HeadParameters live;
  live.route_by_label = route_by_label;
  const HeadOutput output = head.forward(x, labels, {}, live);
  std::vector<at::Tensor> weights, biases;  // a tile each
  for (std::size_t t = 0; t < layout.size(); ++t) {
    weights.push_back(initialiser.weights[t].value);
    biases.push_back(initialiser.weights[layout.size() + t].value);
  }
  return {output.logits,          output.loss,          at::cat(weights, 1), at::cat(biases),
          output.routing->scores, output.routing->alpha};
}

// logits, weights and their names of a text model of two layers of four experts, just made; ids: int64 [sequences,
// length]
std::tuple<at::Tensor, std::vector<at::Tensor>, std::vector<std::string>> text_model(
    const at::Tensor& ids, std::int64_t heads, const std::string& norm, const std::string& score, std::int64_t k,
    std::int64_t seed) {
  ModelParts parts;
  parts.outline.width = 16;
  parts.outline.depth = 2;
  parts.outline.heads = heads;
  parts.outline.norm = norm;
  parts.experts.resize(2);
  for (ExpertParameters& bank : parts.experts) bank.count = 4, bank.hidden = 8;
  parts.live.routers.resize(2);
  for (RouterParameters& router : parts.live.routers) router.score = score, router.k = k;
  parts.live.losses.resize(2);
  InputShape shape;
  shape.vocabulary = 256;
  shape.sequence_length = ids.size(1);
  const Model model(parts, shape, 256, seed, at::kDouble);
  std::vector<at::Tensor> weights;
  std::vector<std::string> names;
  for (const Weight& weight : model.weights()) {
    weights.push_back(weight.value.detach());
    names.push_back(weight.name);
  }
  const at::NoGradGuard no_grad;
  return {model.forward(ids, {}).logits, weights, names};
}

TORCH_LIBRARY(tessera_test, library) {
  library.def("mean_entropy", &mean_entropy);
  library.def("entropy_of_mean", &entropy_of_mean);
  library.def("mutual_information", &mutual_information);
  library.def("load_cv", &load_cv);
  library.def("max_vio", &max_vio);
  library.def("dead_experts", &dead_experts);
  library.def("overlap_pairs", &overlap_pairs);
  library.def("mean_of_pairs", &mean_of_pairs);
  library.def("routing_shares", &routing_shares);
  library.def("coactivation", &coactivation);
  library.def("vocabulary_shares", &vocabulary_shares);
  library.def("vocabulary_specialisation", &vocabulary_specialisation);
  library.def("saturation", &saturation);
  library.def("text_model(Tensor ids, int heads, str norm, str score, int k, int seed) -> (Tensor, Tensor[], str[])",
              &text_model);
  library.def("cosines", &cosines);
  library.def("conflict_rate", &conflict_rate);
  library.def("routing_window(Tensor[] alphas, Tensor[] labels, int classes) -> (Tensor, Tensor, Tensor)",
              &routing_window);
  library.def(
      "router_losses(Tensor logits, str score, int k, str normalise, float alpha_entropy, float load_balance, "
      "float z_loss, float variance, Tensor scale) -> Tensor[]",
      &router_losses);
  library.def(
      "mosaic(Tensor x, Tensor labels, int[] tiles, int[] offsets, int classes, bool route_by_label) -> Tensor[]",
      &mosaic);
}

}  // namespace
}  // namespace tessera
