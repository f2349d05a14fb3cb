// Experts of a head that become alike: the Gaussian attractor of seed 003, and what is said to keep them from it.
#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// [E, E] of value(i, j), symmetric.
at::Tensor pairs(std::size_t experts, const std::function<double(std::size_t, std::size_t)>& value) {
  const auto count = static_cast<std::int64_t>(experts);
  at::Tensor made = at::empty({count, count}, at::kDouble);
  auto at = made.accessor<double, 2>();
  for (std::size_t i = 0; i < experts; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const auto row = static_cast<std::int64_t>(i), column = static_cast<std::int64_t>(j);
      at[row][column] = at[column][row] = value(i, j);
    }
  }
  return made;
}

// Columns of all experts that vary, standardised: [N, D].
at::Tensor standardised(const std::vector<at::Tensor>& outputs) {
  const at::Tensor all = at::cat(outputs, 1);
  const at::Tensor deviation = all.std(at::OptionalIntArrayRef(0), /*correction=*/1);
  const at::Tensor varying = (deviation > 0).nonzero().flatten();
  return ((all - all.mean(0)) / deviation).index_select(1, varying);
}

// A^2 of each column of a standardised [N, D].
at::Tensor anderson_darling_of(const at::Tensor& z) {
  const std::int64_t n = z.size(0);
  const at::Tensor sorted = std::get<0>(z.sort(0));
  const at::Tensor weight = (2 * at::arange(1, n + 1, at::kDouble) - 1).unsqueeze(1);
  const at::Tensor terms = at::special_log_ndtr(sorted) + at::special_log_ndtr(-sorted.flip(0));
  return -(weight * terms).mean(0) - static_cast<double>(n);
}

}  // namespace

at::Tensor pair_cosines(const std::vector<at::Tensor>& rows) {
  return pairs(rows.size(), [&](std::size_t i, std::size_t j) {
    if (rows[i].size(0) != rows[j].size(0)) return nan;
    const double norms = rows[i].norm().item<double>() * rows[j].norm().item<double>();
    return norms > 0 ? at::dot(rows[i], rows[j]).item<double>() / norms : nan;
  });
}

at::Tensor cka_pairs(const std::vector<at::Tensor>& outputs) {
  std::vector<at::Tensor> centred;
  std::vector<double> norms;
  for (const at::Tensor& x : outputs) {
    centred.push_back(x - x.mean(0));
    norms.push_back(at::mm(centred.back().t(), centred.back()).norm().item<double>());
  }
  return pairs(outputs.size(), [&](std::size_t i, std::size_t j) {
    if (norms[i] == 0 || norms[j] == 0) return nan;
    return at::mm(centred[i].t(), centred[j]).square().sum().item<double>() / (norms[i] * norms[j]);
  });
}

double effective_rank(const at::Tensor& cosines) {
  if (!at::isfinite(cosines).all().item<bool>()) return nan;
  const at::Tensor singular = at::linalg_eigvalsh(cosines).clamp_min(0).sqrt(), p = singular / singular.sum();
  return std::exp(-at::xlogy(p, p).sum().item<double>());
}

double excess_kurtosis(const std::vector<at::Tensor>& outputs) {
  const at::Tensor all = at::cat(outputs, 1), centred = all - all.mean(0);
  const at::Tensor variance = centred.square().mean(0), varying = (variance > 0).nonzero().flatten();
  if (varying.size(0) == 0) return nan;
  const at::Tensor ratio = centred.pow(4).mean(0).index_select(0, varying) / variance.index_select(0, varying).square();
  return ratio.mean().item<double>() - 3;
}

double anderson_darling(const at::Tensor& column) {
  return anderson_darling_of(standardised({column.unsqueeze(1)}))[0].item<double>();
}

double non_gaussian_share(const std::vector<at::Tensor>& outputs) {
  const at::Tensor z = standardised(outputs);
  if (z.size(1) == 0 || z.size(0) < 8) return nan;
  const auto n = static_cast<double>(z.size(0));
  return (anderson_darling_of(z) * (1 + 0.75 / n + 2.25 / (n * n)) > 0.752).to(at::kDouble).mean().item<double>();
}

namespace {

at::Tensor output_cosines(const AttractorObservation& seen) {
  std::vector<at::Tensor> rows;
  for (const at::Tensor& output : seen.outputs) rows.push_back(output.flatten());
  return pair_cosines(rows);
}
at::Tensor weight_cosines(const AttractorObservation& seen) { return pair_cosines(seen.weights); }
at::Tensor output_ckas(const AttractorObservation& seen) { return cka_pairs(seen.outputs); }

// 1 - the mean over pairs of sources of what their gradients' squares have in common; NaN with fewer than two.
double gradient_isolation(const at::Tensor& norms) {
  const at::Tensor squares = norms.square(), sums = squares.sum(0);
  const at::Tensor some = at::isfinite(sums).logical_and(sums > 0).nonzero().flatten();
  if (some.size(0) < 2) return nan;
  return isolation((squares / sums).index_select(1, some));
}

constexpr const char* source = "seed 003: Gaussian attractor, hierarchy of operators";

}  // namespace

void add_attractor(std::vector<Metric>& metrics, const Subject& subject) {
  if (subject.sources.empty()) return;
  const int layer = static_cast<int>(subject.experts.size()) - 1;
  MetricSpec spec;
  spec.source = source;
  const auto add = [&](const char* family, const char* title, double low, double high, const std::string& definition,
                       const char* formula, const std::function<double(const AttractorObservation&)>& value,
                       Due due = Due::attractor, const char* unit = "") {
    spec.family = family;
    spec.title = title;
    spec.low = low;
    spec.high = high;
    spec.definition = definition;
    spec.formula = formula;
    spec.unit = unit;
    metrics.push_back({for_layer(spec, subject, layer), due,
                       [value](const Observation& seen) { return value(seen.attractor); }, nullptr});
  };
  const std::string same = "Over the same training samples of all classes. ";
  add("output_cosine", "cosine of outputs", -1, 1,
      same + "Mean over pairs of experts of the cosine between what they make of all samples; of tiles place by place.",
      "mean_{i<j} cos(y_i, y_j)", [](const auto& seen) { return mean_of_pairs(output_cosines(seen)); });
  add("weight_cosine", "cosine of weights", -1, 1, "Mean over pairs of experts of the cosine between their weights.",
      "mean_{i<j} cos(W_i, W_j)", [](const auto& seen) { return mean_of_pairs(weight_cosines(seen)); });
  add("output_cka", "CKA of outputs", 0, 1,
      same + "Mean over pairs of experts of the linear centred kernel alignment of their outputs.",
      "mean_{i<j} |Y_i'Y_j|^2 / (|Y_i'Y_i| |Y_j'Y_j|)",
      [](const auto& seen) { return mean_of_pairs(output_ckas(seen)); });
  add("effective_rank_outputs", "effective rank of outputs", 0, 0,
      same +
          "How many different experts there are, by their outputs: from 1 (all the same) to their number; "
          "nothing for tiles of different sizes.",
      "exp(H(s / sum s)), s the singular values of the outputs, each expert's of length 1",
      [](const auto& seen) { return effective_rank(output_cosines(seen)); });
  add("effective_rank_weights", "effective rank of weights", 0, 0, "The same by their weights.",
      "exp(H(s / sum s)), s the singular values of the weights, each expert's of length 1",
      [](const auto& seen) { return effective_rank(weight_cosines(seen)); });
  add("excess_kurtosis", "excess kurtosis of outputs", 0, 0, same + "Mean over experts and their outputs; 0: Gaussian.",
      "mean of m_4 / m_2^2 - 3", [](const auto& seen) { return excess_kurtosis(seen.outputs); });
  add("non_gaussian", "outputs that are not Gaussian", 0, 1,
      same + "Share of the experts' outputs that the test of Anderson and Darling tells from a Gaussian at 5 per cent.",
      "#{A^2 (1 + 0.75/N + 2.25/N^2) > 0.752} / #outputs",
      [](const auto& seen) { return non_gaussian_share(seen.outputs); });
  add(
      "similarity_slope", "slope of the similarity", 0, 0,
      "Change of the mean cosine of outputs in an epoch of the task, least squares over its last six points.",
      "d mean cos / d epoch", [](const auto& seen) { return seen.slope; }, Due::attractor, "per epoch");
  add("phase_transitions", "phase transitions", 0, 0,
      "1 where that slope, beyond two of its standard errors, has another sign than the last one of the task that was.",
      "", [](const auto& seen) { return seen.turned ? 1. : 0.; });
  add(
      "alignment_slope", "alignment slope of the task", 0, 0,
      "At the end of a task: change of the mean cosine of outputs in an epoch, least squares over the whole task.",
      "d mean cos / d epoch", [](const auto& seen) { return seen.task_slope; }, Due::task, "per epoch");

  const auto add_matrix = [&](const char* family, const char* title, Colours colours, double low, double high,
                              const char* definition, const char* formula,
                              const std::function<at::Tensor(const AttractorObservation&)>& value) {
    MetricSpec matrix;
    matrix.source = source;
    matrix.family = family;
    matrix.title = title;
    matrix.rank = 2;
    matrix.colours = colours;
    matrix.low = low;
    matrix.high = high;
    matrix.axes[0] = matrix.axes[1] = expert_axis(subject, layer);
    matrix.definition = definition;
    matrix.formula = formula;
    if (std::string(family) == "gradient_flow") matrix.axes[1] = {subject.source_noun, subject.sources};
    metrics.push_back({for_layer(matrix, subject, layer), Due::attractor, nullptr,
                       [value](const Observation& seen) { return to_matrix(value(seen.attractor)); }});
  };
  add_matrix("similarity_outputs", "similarity of outputs", Colours::diverging, -1, 1,
             "Cosine between what two experts make of the same samples; nothing for tiles of different sizes.",
             "cos(y_i, y_j)", output_cosines);
  add_matrix("similarity_weights", "similarity of weights", Colours::diverging, -1, 1,
             "Cosine between two experts' weights; nothing for tiles of different sizes.", "cos(W_i, W_j)",
             weight_cosines);
  add_matrix("similarity_cka", "CKA of outputs", Colours::sequential, 0, 1,
             "Linear centred kernel alignment of two experts' outputs.", "|Y_i'Y_j|^2 / (|Y_i'Y_i| |Y_j'Y_j|)",
             output_ckas);
  add_matrix("gradient_flow", "gradients that reach experts", Colours::sequential, 0, 0,
             "Norm of the gradient that reaches an expert from samples of a tile's classes, of experts for all classes "
             "from those of a task; nothing before they begin. Routed by label it is 0 off the diagonal by design.",
             "|d loss(samples of j) / d W_i|", [](const auto& seen) { return seen.gradients; });

  MetricSpec strength;
  strength.source = source;
  strength.family = "operator";
  const auto add_operator = [&](const char* name, const char* title, const char* definition, const char* formula,
                                const std::function<double(const AttractorObservation&)>& value) {
    strength.name = std::string("operator/") + name;
    strength.title = title;
    strength.definition = definition;
    strength.formula = formula;
    metrics.push_back(
        {strength, Due::attractor, [value](const Observation& seen) { return value(seen.attractor); }, nullptr});
  };
  add_operator(
      "isolation", "isolation of the output space",
      "How little the gradients of different tiles' samples, or tasks', reach the same experts: 1 when none does.",
      "1 - mean over pairs of sources of sum_e min(p(e|a), p(e|b)), p(e|a) the share of the squared gradient",
      [](const auto& seen) { return gradient_isolation(seen.gradients); });
  add_operator("freezing", "freezing", "Share of the experts' weights that stayed as they are in this step.",
               "#frozen / #all", [](const auto& seen) { return seen.freezing; });
  add_operator("perturbation", "perturbation of gradients",
               "Share of the anti-redundancy loss in the norms of gradients that reach the experts in the task now.",
               "|g_R| / (|g_CE| + |g_R|)", [](const auto& seen) { return seen.perturbation; });
}

}  // namespace tessera
