#include <ATen/ATen.h>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {

at::Tensor vocabulary_shares(const at::Tensor& chosen, const at::Tensor& occurrences) {
  return chosen / occurrences;  // 0 / 0 = NaN: an id that doesn't occur
}

double vocabulary_specialisation(const at::Tensor& chosen, const at::Tensor& occurrences) {
  return at::nanmean(std::get<0>(vocabulary_shares(chosen, occurrences).max(0))).item<double>();
}

void add_vocabulary(std::vector<Metric>& metrics, const Subject& subject) {
  if (subject.vocabulary.empty()) return;
  MetricSpec spec;
  spec.family = "vocabulary_specialisation";
  spec.title = "vocabulary specialisation";
  spec.definition =
      "How much a token id alone says about where a token goes: the share of an id's tokens that choose the expert "
      "which most of them choose, averaged over the ids that occur, since the last heatmaps. 1: every id has an expert "
      "that always serves it; even routing to k of E experts gives little more than k / E. Ids are those of the tokens "
      "given, not of those to be said.";
  spec.formula = "mean over ids v of max_e N_ev / N_v";
  spec.source = "OLMoE, arXiv 2409.02060, section 5.4; the mean over ids of its maximum";
  constexpr bool tiles = false;
  add_for_layers(
      metrics, subject, spec, Due::matrices,
      [](const LayerObservation& layer) { return vocabulary_specialisation(layer.chosen_by_id, layer.occurrences); },
      tiles);

  spec.name = "vocabulary";
  spec.title = "vocabulary";
  spec.rank = 2;
  spec.definition =
      "Of the tokens with an id (column), the share that choose an expert (row), since the last heatmaps. Nothing "
      "where an id doesn't occur.";
  spec.formula = "N_ev / N_v";
  spec.source = "OLMoE, arXiv 2409.02060, section 5.4";
  spec.axes[1] = {"token id", subject.vocabulary};
  for (int layer = 0; layer < subject.moe_layers; ++layer) {
    spec.axes[0] = expert_axis(subject, layer);
    const auto index = static_cast<std::size_t>(layer);
    metrics.push_back({for_layer(spec, subject, layer), Due::matrices, nullptr, [index](const Observation& seen) {
                         const LayerObservation& of = seen.layers[index];
                         return to_matrix(vocabulary_shares(of.chosen_by_id, of.occurrences));
                       }});
  }
}

}  // namespace tessera
