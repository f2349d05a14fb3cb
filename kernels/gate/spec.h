// What a gate does, by values alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace tessera::kernels {

// How logits, divided by the temperature, become scores.
enum class Score {
  softmax,
  sigmoid,
  sparsemax,  // Martins & Astudillo 2016, algorithm 1
  entmax15,   // alpha-entmax with alpha = 1.5, by sorting (Peters, Niculae & Martins 2019, algorithm 2)
  relu,       // ReMoE (Wang et al. 2024)
  none,       // they are the scores
};
enum class GroupRank { max, top2_sum, sum };    // what a group of experts is ranked by, of its keys
enum class GroupMask { minus_infinity, zero };  // the key of experts outside the kept groups (DeepSeek-V3, -V2)
enum class BiasTo { scores, logits };           // what the bias is added to for the key; logits: divided by temperature
enum class Normalise {                          // what the chosen scores are divided by
  none,
  sum,
  l1,       // the sum of their magnitudes
  softmax,  // the weights are the softmax of the chosen scores
};

// What a gate sums over its rows, as GateOutput::sums has them.
enum GateSum : std::int64_t {
  entropy_sum,    // of alpha divided by its sum, nats
  weighted_rows,  // rows with weight
  scored_rows,    // rows whose scores aren't all zero
  squares_sum,    // of logsumexp(logits)^2
  gate_sums,
};

struct GateSpec {
  double temperature = 1;
  Score score = Score::softmax;
  std::int64_t k = 0;  // experts that a token may choose; 0, or E and above: all
  double threshold = -std::numeric_limits<double>::infinity();  // only those whose key is above it
  std::int64_t groups = 1, groups_kept = 1;  // experts in `groups` equal runs; only those in kept ones can be chosen
  GroupRank group_rank = GroupRank::max;
  GroupMask group_mask = GroupMask::minus_infinity;
  BiasTo bias_to = BiasTo::scores;
  Normalise normalise = Normalise::sum;
  double scale = 1;  // multiplies alpha at the end
};

// Scores that sum to one by themselves.
constexpr bool sums_to_one(Score score) {
  return score == Score::softmax || score == Score::sparsemax || score == Score::entmax15;
}

// Chosen scores whose ratios are known from the logits, whatever underflows.
constexpr bool is_in_logarithms(const GateSpec& spec) {
  return (spec.score == Score::softmax || spec.score == Score::sigmoid) &&
         (spec.normalise == Normalise::sum || spec.normalise == Normalise::l1);
}

template <class Enum>
inline constexpr std::array<std::string_view, 0> names_of{};
template <>
inline constexpr std::array<std::string_view, 6> names_of<Score> = {"softmax",  "sigmoid", "sparsemax",
                                                                    "entmax15", "relu",    "none"};
template <>
inline constexpr std::array<std::string_view, 3> names_of<GroupRank> = {"max", "top2_sum", "sum"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<GroupMask> = {"minus_infinity", "zero"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<BiasTo> = {"scores", "logits"};
template <>
inline constexpr std::array<std::string_view, 4> names_of<Normalise> = {"none", "sum", "l1", "softmax"};

template <class Enum>
constexpr std::string_view name_of(Enum value) {
  return names_of<Enum>[static_cast<std::size_t>(value)];
}
template <class Enum>
Enum named(std::string_view name);  // of the five above; c10::Error when there is no such name

}  // namespace tessera::kernels
