// Helpers for the files that declare metrics.
#pragma once

#include "core/measure/metrics.h"

namespace tessera {

Matrix to_matrix(const at::Tensor& values);  // [rows, columns], any dtype

Axis expert_axis(const Subject& subject, int layer);  // "expert 0" or "tile 0", ...
Axis class_axis(const Subject& subject);
Axis group_axis(const Subject& subject);

// The spec of a family for one layer, completed: name FAMILY/layerI, FAMILY/tiles or FAMILY/experts, title "TITLE,
// layer I".
MetricSpec for_layer(MetricSpec spec, const Subject& subject, int layer);

// A scalar for each routed layer, or only for the MoE layers. `spec` has family, title, unit and what explains it.
using LayerFormula = std::function<double(const LayerObservation&)>;
void add_for_layers(std::vector<Metric>& metrics, const Subject& subject, const MetricSpec& spec, Due due,
                    const LayerFormula& formula, bool tiles = true);

// Each in a file of its own, in the order that panels list them.
void add_losses(std::vector<Metric>&, const Subject&);
void add_accuracies(std::vector<Metric>&, const Subject&);
void add_alpha_entropy(std::vector<Metric>&, const Subject&);
void add_score_entropy(std::vector<Metric>&, const Subject&);
void add_load_entropy(std::vector<Metric>&, const Subject&);
void add_mutual_information(std::vector<Metric>&, const Subject&);
void add_coupling(std::vector<Metric>&, const Subject&);
void add_load(std::vector<Metric>&, const Subject&);
void add_load_cv(std::vector<Metric>&, const Subject&);
void add_max_vio(std::vector<Metric>&, const Subject&);
void add_dead_experts(std::vector<Metric>&, const Subject&);
void add_dropped(std::vector<Metric>&, const Subject&);
void add_routing(std::vector<Metric>&, const Subject&);
void add_overlap(std::vector<Metric>&, const Subject&);
void add_coactivation(std::vector<Metric>&, const Subject&);
void add_saturation(std::vector<Metric>&, const Subject&);
void add_vocabulary(std::vector<Metric>&, const Subject&);
void add_conflict(std::vector<Metric>&, const Subject&);
void add_subspaces(std::vector<Metric>&, const Subject&);
void add_dimensions(std::vector<Metric>&, const Subject&);
void add_regulator(std::vector<Metric>&, const Subject&);
void add_sequence(std::vector<Metric>&, const Subject&);
void add_mosaic(std::vector<Metric>&, const Subject&);
void add_attractor(std::vector<Metric>&, const Subject&);
void add_settings(std::vector<Metric>&, const Subject&);

}  // namespace tessera
