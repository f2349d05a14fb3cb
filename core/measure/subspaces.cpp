#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

at::Tensor above_diagonal(const at::Tensor& square) {  // [..., n, n] -> [..., n (n - 1) / 2]
  const at::Tensor at = at::triu_indices(square.size(-2), square.size(-1), 1);
  return square.index({at::indexing::Ellipsis, at[0], at[1]});
}

}  // namespace

at::Tensor rank_overlap_pairs(const at::Tensor& picked) {
  const at::Tensor in = picked.to(at::kDouble);
  return at::mm(in, in.t()) / in.sum(1, true);
}

at::Tensor rank_overlap_means(const at::Tensor& picked) {
  const at::Tensor pairs = rank_overlap_pairs(picked);
  return (pairs.sum(1) - pairs.diagonal()) / static_cast<double>(pairs.size(0) - 1);
}

double evictions(const at::Tensor& picked_before, const at::Tensor& picked) {
  return static_cast<double>((picked_before & ~picked).sum().item<std::int64_t>());
}

double shared_dimensions(const at::Tensor& picked) { return (picked.sum(0) > 1).to(at::kDouble).mean().item<double>(); }

at::Tensor interference_by_dimension(const at::Tensor& cosines) { return at::relu(-above_diagonal(cosines)).mean(1); }

double gradient_interference(const at::Tensor& cosines) {
  const at::Tensor pairs = above_diagonal(cosines), held = (pairs != 0).any(1);
  const double count = held.sum().item<double>();
  return count == 0 ? 0 : (interference_by_dimension(cosines) * held).sum().item<double>() / count;
}

double isolation(const at::Tensor& task_share) {
  const at::Tensor weighed = task_share.sum(0) > 0;
  const at::Tensor p = task_share.t().index({weighed});
  if (p.size(0) < 2) return nan;
  const at::Tensor shared = at::minimum(p.unsqueeze(0), p.unsqueeze(1)).sum(2);  // [T, T]
  return 1 - above_diagonal(shared).mean().item<double>();
}

double topological_entropy(const at::Tensor& open) {
  return -(at::xlogy(open, open) + at::xlogy(1 - open, 1 - open)).mean().item<double>();
}

namespace {

using SubspaceFormula = std::function<double(const SubspaceObservation&)>;
using SubspaceMap = std::function<at::Tensor(const SubspaceObservation&)>;

// For each layer whose experts are subspaces.
void add_each(std::vector<Metric>& metrics, const Subject& subject, const MetricSpec& spec,
              const SubspaceFormula& formula) {
  for (int layer = 0; layer < subject.moe_layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    if (subject.dimensions[index] == 0) continue;
    metrics.push_back({for_layer(spec, subject, layer), Due::scalars,
                       [formula, index](const Observation& seen) { return formula(*seen.layers[index].subspaces); },
                       nullptr});
  }
}

Axis dimension_axis(const Subject& subject, int layer) {
  Axis axis{"dimension", {}};
  for (int d = 0; d < subject.dimensions[static_cast<std::size_t>(layer)]; ++d)
    axis.labels.push_back(std::to_string(d));
  return axis;
}

Axis pair_axis(const Subject& subject) {
  Axis axis{"pair of tasks", {}};
  for (std::size_t a = 0; a < subject.classes.size(); ++a) {
    for (std::size_t b = a + 1; b < subject.classes.size(); ++b) {
      axis.labels.push_back(subject.classes[a] + " / " + subject.classes[b]);
    }
  }
  return axis;
}

// [most experts, layers]: of each expert, the mean of its rank overlaps. NaN where a layer has no such expert.
at::Tensor overlap_by_layer(const std::vector<LayerObservation>& layers, std::int64_t moe_layers, std::int64_t most) {
  const at::Tensor map = at::full({most, moe_layers}, nan, at::kDouble);
  for (std::int64_t layer = 0; layer < moe_layers; ++layer) {
    const auto& subspaces = layers[static_cast<std::size_t>(layer)].subspaces;
    if (!subspaces) continue;
    const at::Tensor means = rank_overlap_means(subspaces->picked);
    map.select(1, layer).slice(0, 0, means.size(0)).copy_(means);
  }
  return map;
}

// The seed's figure: layers by experts.
void add_figure(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.name = spec.family = "rank_overlap_by_layer";
  spec.title = "rank overlap by layer";
  spec.rank = 2;
  spec.definition =
      "How much of an expert's subspace the others of its layer have picked too, mean over the others. The seed reads "
      "alpha's figure for this: much overlap in low layers, little in high ones.";
  spec.formula = "mean over j != i of |S_i and S_j| / r, r the rank quota";
  spec.source = "seed 001, 4, the figure of alpha: layers by experts";
  spec.axes[0].title = "expert";
  spec.axes[1].title = "layer";
  int most = 0;
  for (int layer = 0; layer < subject.moe_layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    spec.axes[1].labels.push_back(subject.layer_names[index]);
    if (subject.dimensions[index] > 0) most = std::max(most, subject.experts[index]);
  }
  if (most == 0) return;
  for (int e = 0; e < most; ++e) spec.axes[0].labels.push_back("expert " + std::to_string(e));
  metrics.push_back(
      {std::move(spec), Due::matrices, nullptr, [layers = subject.moe_layers, most](const Observation& seen) {
         return to_matrix(overlap_by_layer(seen.layers, layers, most));
       }});
}

void add_maps(std::vector<Metric>& metrics, const Subject& subject) {
  const auto add = [&](MetricSpec spec, int layer, const SubspaceMap& map) {
    const auto index = static_cast<std::size_t>(layer);
    spec.rank = 2;
    metrics.push_back(
        {for_layer(std::move(spec), subject, layer), Due::matrices, nullptr,
         [map, index](const Observation& seen) { return to_matrix(map(*seen.layers[index].subspaces)); }});
  };
  for (int layer = 0; layer < subject.moe_layers; ++layer) {
    if (subject.dimensions[static_cast<std::size_t>(layer)] == 0) continue;
    MetricSpec spec;
    spec.family = "subspace_alpha";
    spec.title = "alpha by dimension";
    spec.definition =
        "How open alpha makes each dimension of the backbone to an expert, in the dimensions that it picked; nothing "
        "in those that it didn't.";
    spec.formula = "sigmoid(alpha_ed / temperature), d in S_e";
    spec.source = "seed 001, Subspace Reconstruction";
    spec.axes[0] = expert_axis(subject, layer);
    spec.axes[1] = dimension_axis(subject, layer);
    add(spec, layer, [](const SubspaceObservation& s) { return s.open.masked_fill(~s.picked, nan); });

    spec.family = "rank_overlap_pairs";
    spec.title = "rank overlap of pairs";
    spec.definition = "Of the dimensions that an expert picked, the share that the other picked too.";
    spec.formula = "|S_i and S_j| / r, r the rank quota";
    spec.source = "seed 001, System Health";
    spec.axes[1] = spec.axes[0];
    add(spec, layer, [](const SubspaceObservation& s) { return rank_overlap_pairs(s.picked); });

    if (subject.tasks == 1) continue;
    spec.family = "task_share";
    spec.title = "share of tasks";
    spec.definition = "Of the weight that the router gives a task's tokens, in this step's batch, what an expert has.";
    spec.formula = "p(e|a) = sum over the tokens of task a of the weight of e, divided by its sum over e";
    spec.source = "the proportions that the isolation score compares (seed 001, System Health)";
    spec.axes[1] = class_axis(subject);
    add(spec, layer, [](const SubspaceObservation& s) { return s.task_share; });

    spec.family = "dimension_conflict";
    spec.title = "conflict by dimension";
    spec.colours = Colours::diverging;
    spec.low = -1;
    spec.definition =
        "Cosine between two tasks' gradients on each dimension of the backbone, in this step's batch; 0 where one of "
        "them has no gradient. Below 0: they pull the dimension apart.";
    spec.formula = "cos(g_ad, g_bd), g_ad the gradient of column d of the down and row d of the up matrix";
    spec.source = "seed 001, Conflict Detection";
    spec.axes[0] = pair_axis(subject);
    spec.axes[1] = dimension_axis(subject, layer);
    add(spec, layer, [](const SubspaceObservation& s) { return above_diagonal(s.cosines).t(); });

    spec.family = "task_conflict";
    spec.title = "conflict of tasks";
    spec.definition = "Cosine between two tasks' gradients of the whole backbone, in this step's batch.";
    spec.formula = "cos(g_a, g_b)";
    spec.source = "Yu et al. 2020, Gradient surgery, definition 1";
    spec.axes[0] = spec.axes[1] = class_axis(subject);
    add(spec, layer, [](const SubspaceObservation& s) { return cosines(s.task_gram); });
  }
}

}  // namespace

void add_subspaces(std::vector<Metric>& metrics, const Subject& subject) {
  MetricSpec spec;
  spec.source = "seed 001, System Health";
  spec.family = "rank_overlap";
  spec.title = "rank overlap";
  spec.definition = "Of the dimensions that an expert picked, the share that another picked too; mean over the pairs.";
  spec.formula = "mean over i != j of |S_i and S_j| / r, r the rank quota";
  add_each(metrics, subject, spec,
           [](const SubspaceObservation& s) { return mean_of_pairs(rank_overlap_pairs(s.picked)); });

  spec.family = "shared_dimensions";
  spec.title = "shared dimensions";
  spec.definition = "Share of the backbone's dimensions that two experts at least have picked.";
  spec.formula = "#{d : #{e : d in S_e} > 1} / D";
  add_each(metrics, subject, spec, [](const SubspaceObservation& s) { return shared_dimensions(s.picked); });

  spec.family = "evictions";
  spec.title = "evictions";
  spec.unit = "dimensions";
  spec.definition =
      "Dimensions that an expert had picked at the point before and has given up since, counted over the experts, "
      "whatever made it: loss, conflict, penalties, another rank quota.";
  spec.formula = "sum over e of |S_e(before) without S_e|";
  spec.source = "seed 001, Conflict Detection: the task with most conflict gives up its place";
  add_each(metrics, subject, spec, [](const SubspaceObservation& s) { return evictions(s.picked_before, s.picked); });

  spec.family = "topological_entropy";
  spec.title = "topological entropy";
  spec.unit = "nats";
  spec.definition =
      "How undecided alpha is: the entropy of open against closed, mean over experts and dimensions. At most ln 2.";
  spec.formula = "mean of -s ln s - (1 - s) ln(1 - s), s = sigmoid(alpha / temperature)";
  spec.source = "seed 001, 3.3, which names it without a formula";
  add_each(metrics, subject, spec, [](const SubspaceObservation& s) { return topological_entropy(s.open); });

  spec.unit = "";
  spec.family = "alpha_gradient_conflict";
  spec.title = "conflict's share of alpha's gradient";
  spec.definition = "How much of what moves alpha is conflict, beside the loss and the two penalties.";
  spec.formula = "|conflict| / (|loss| + |conflict| + |penalties|), norms of the parts of alpha's gradient";
  spec.source = "Zhang et al. 2025, arXiv 2512.20291, whose published log suggests that it is near 0";
  add_each(metrics, subject, spec, [](const SubspaceObservation& s) {
    return s.conflict_norm / (s.task_norm + s.conflict_norm + s.penalty_norm);
  });
  if (subject.tasks > 1) {
    spec.source = "seed 001, System Health";
    spec.family = "gradient_interference";
    spec.title = "gradient interference";
    spec.definition =
        "How much tasks pull against each other on the dimensions of the backbone that two of them at least use; 0 "
        "where "
        "there are none.";
    spec.formula = "mean over those dimensions, and pairs of tasks, of max(0, -cos(g_ad, g_bd))";
    add_each(metrics, subject, spec, [](const SubspaceObservation& s) { return gradient_interference(s.cosines); });

    spec.family = "isolation";
    spec.title = "isolation score";
    spec.definition =
        "How far apart tasks are routed: 1 when no two share an expert, 0 when all use the same in the same "
        "proportions.";
    spec.formula = "1 - mean over a != b of sum_e min(p(e|a), p(e|b)), p(e|a) = expert e's share of task a's weight";
    add_each(metrics, subject, spec, [](const SubspaceObservation& s) { return isolation(s.task_share); });
  }
  add_figure(metrics, subject);
  add_maps(metrics, subject);
}

}  // namespace tessera
