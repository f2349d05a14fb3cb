// The formulas of the metrics, as pure functions. Tensors are double and on the CPU. T: tokens, E: experts, C: classes,
// G: groups. NaN where a value is not defined.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace tessera {

// Magnitudes of rows divided by their sum; rows without weight are left out. weights: [T, E].
at::Tensor normalised_rows(const at::Tensor& weights);

// Mean over tokens of H(p_t) = -sum_e p_te ln p_te, p the normalised rows; nats.
double mean_entropy(const at::Tensor& weights);
// H of the mean over tokens of the normalised rows; nats.
double entropy_of_mean(const at::Tensor& weights);
// Of token and expert: entropy_of_mean - mean_entropy; nats.
double mutual_information(const at::Tensor& weights);

// jacobian: [T, E, E], d output_i / d logit_j of each token: the share of it that is off the diagonal.
double coupling(const at::Tensor& jacobian);

// load: [E], assignments of each expert.
double load_cv(const at::Tensor& load);       // population standard deviation / mean
double max_vio(const at::Tensor& load);       // (max - mean) / mean (arXiv 2408.15664)
double dead_experts(const at::Tensor& load);  // share of experts without an assignment
// Assignments that a capacity took away, of all: dropped: bool [T, E]; alpha: [T, E], of those that it left.
double dropped_share(const at::Tensor& dropped, const at::Tensor& alpha);

// routed: [E, C], weight routed to an expert from tokens of a class. An expert without weight is dead: NaN.
at::Tensor overlap_pairs(
    const at::Tensor& routed);  // [E, E]: sum_c min(p(c|i), p(c|j)), p(c|i) = routed_ic / its row's sum
at::Tensor routing_shares(const at::Tensor& routed);  // [E, C]: routed / its sum
// together: [E, E], tokens that chose both; on the diagonal, tokens that chose the expert.
at::Tensor coactivation(const at::Tensor& together);  // [E, E]: N_ij / N_i; not symmetric (OLMoE, arXiv 2409.02060)
// chosen: [E, V], tokens with an id that chose an expert; occurrences: [V], tokens with the id. (OLMoE, section 5.4)
at::Tensor vocabulary_shares(const at::Tensor& chosen, const at::Tensor& occurrences);  // [E, V]: N_ev / N_v
// Mean over the ids that occur of their largest share, max_e N_ev / N_v.
double vocabulary_specialisation(const at::Tensor& chosen, const at::Tensor& occurrences);
// then, now: [T, E], not 0 for the experts that a token chose. Mean over the tokens that choose any now of
// |E_then and E_now| / |E_now|. (OLMoE, section 5.1, where |E_now| is k)
double saturation(const at::Tensor& then, const at::Tensor& now);
// Mean over the pairs i != j of living experts; NaN with fewer than two.
double mean_of_pairs(const at::Tensor& pairs);

// gram: [G, G], inner products of the groups' gradients.
at::Tensor cosines(const at::Tensor& gram);  // [G, G]; NaN for a group whose gradient is zero
// #{i < j : cos_ij < 0} / #{i < j}, over the pairs that have a cosine.
double conflict_rate(const at::Tensor& gram);

// picked: bool [E, D], with as many in each row.
at::Tensor rank_overlap_pairs(const at::Tensor& picked);  // [E, E]: |S_i and S_j| / rank
at::Tensor rank_overlap_means(const at::Tensor& picked);  // [E]: of each row's pairs, itself left out; NaN: it is alone
double evictions(const at::Tensor& picked_before, const at::Tensor& picked);  // #{(e, d) : picked before, not now}
double shared_dimensions(const at::Tensor& picked);  // share of the dimensions with two experts at least
// cosines: [D, T, T], 0 where a task has no gradient. Mean over the pairs of tasks of max(0, -cos), [D].
at::Tensor interference_by_dimension(const at::Tensor& cosines);
// Its mean over the dimensions that two tasks at least have gradients on; 0 without any.
double gradient_interference(const at::Tensor& cosines);
// task_share: [E, T], columns with sum 1. 1 - mean over the pairs of tasks of sum_e min(p(e|a), p(e|b)).
double isolation(const at::Tensor& task_share);
// By task: damage and its standard error. NaN where none is hurt by two standard errors, or one wasn't tested.
double evenness(const std::vector<double>& damage, const std::vector<double>& errors);
// accuracies: R, [tasks, tasks], accuracy on task i after training task t; NaN where it wasn't measured. Of the tasks
// up to `task`, after it; the latter two NaN after the first.
double mean_accuracy(const at::Tensor& accuracies, std::int64_t task);
double backward_transfer(const at::Tensor& accuracies, std::int64_t task);
double forgetting(const at::Tensor& accuracies, std::int64_t task);
// Of experts: rows, vectors; NaN for two of different lengths, or one of zeros.
at::Tensor pair_cosines(const std::vector<at::Tensor>& rows);  // [E, E]
// outputs: [N, K_e] of each expert, of the same samples. Linear CKA, |X'Y|_F^2 / (|X'X|_F |Y'Y|_F), columns centred
// (Kornblith et al. 2019). NaN where an output doesn't vary.
at::Tensor cka_pairs(const std::vector<at::Tensor>& outputs);  // [E, E]
// exp of the entropy of the singular values, divided by their sum (Roy & Vetterli 2007), of the rows whose cosines
// these are, each of length 1: 1 to E. NaN where a pair has none.
double effective_rank(const at::Tensor& cosines);
// Mean over the columns of E((x - mean)^4) / variance^2 - 3; 0 for a Gaussian. NaN where none varies.
double excess_kurtosis(const std::vector<at::Tensor>& outputs);
// Share of the columns that the test of Anderson and Darling tells from a Gaussian of any mean and variance at the
// level of 5 per cent: A^2 (1 + 0.75 / N + 2.25 / N^2) > 0.752 (D'Agostino & Stephens 1986, table 4.7).
double non_gaussian_share(const std::vector<at::Tensor>& outputs);
double anderson_darling(const at::Tensor& column);  // A^2, [N] of any mean and variance

double topological_entropy(const at::Tensor& open);  // mean of -s ln s - (1 - s) ln(1 - s), nats

}  // namespace tessera
