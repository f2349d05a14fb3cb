// One gradient made of several tasks', whose directions may oppose each other.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace tessera {

// How much of each task's gradient is in the one that the weights follow, double [T] on the CPU. gram: double [T, T] on
// the CPU, their inner products. All rules but "loss" of learn.combine, where they are explained:
//   mean
//   pcgrad       Yu et al. 2020, algorithm 1, but divided by T, so that it is the mean where nothing conflicts; the
//                order of the others is drawn from the seed
//   mgda         Sener & Koltun 2018, eq. 3
//   cagrad       Liu et al. 2021 (Conflict-averse gradient descent), algorithm 1, c = 0.5
//   aligned_mtl  Senushkin et al. 2023, algorithm 1, with equal preferences
//   imtl_g       Liu et al. 2021 (Towards impartial multi-task learning), eq. 6
//   upgrad       Quinton & Rey 2024, eq. 5
// A gradient of zero has no say and is no obstacle. Where a rule has no answer the weights are 0: imtl_g
// where no sum of the gradients has equal projections on all of them, or only one that goes uphill for all, which its
// formula would take. cagrad's search moves weight between two tasks at a time, and may end at the plain mean where
// gradients cancel exactly. All NaN where an inner product isn't finite. Throws std::invalid_argument for
// another rule.
at::Tensor combination_weights(const std::string& rule, const at::Tensor& gram, std::uint64_t seed);

}  // namespace tessera
