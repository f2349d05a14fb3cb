// How a router's logits become scores.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tessera::kernels {

enum class Score {
  softmax,
  sigmoid,
  sparsemax,  // Martins & Astudillo 2016, algorithm 1
  entmax15,   // alpha-entmax with alpha = 1.5, by sorting (Peters, Niculae & Martins 2019, algorithm 2)
};
inline constexpr std::array<std::string_view, 4> score_names = {"softmax", "sigmoid", "sparsemax", "entmax15"};
constexpr std::string_view name_of(Score score) { return score_names[static_cast<std::size_t>(score)]; }
Score score_named(std::string_view name);  // c10::Error when there is no such score

}  // namespace tessera::kernels
