// What moves alpha besides the loss (CDSP, seed 001, section 3): conflict of gradients on the backbone's dimensions,
// and two penalties. Gradients apart by task come from the one backward pass of training: SubspaceTaps has a copy of
// each expert's matrices for each task. The products are as large as without, each over the tokens of its task; the
// copies cost memory, experts x tasks x 2 x width x rank.
#pragma once

#include "core/moe/subspace_bank.h"

namespace tessera {

// Gradients of the step's loss with respect to the backbone, a row for each of its D dimensions: what is in column d of
// `down`, then what is in row d of `up`. T: tasks, E: experts, M = 2 width.
// Their sum over tasks, or experts, is the gradient of training. d_down, d_up: gradients with respect to the taps'
// `down` and `up`. dimensions: D.
enum class Apart { by_task, by_expert };
at::Tensor backbone_gradients(Apart by, const SubspaceTaps& taps, const at::Tensor& d_down, const at::Tensor& d_up,
                              std::int64_t dimensions);  // [T, D, M] or [E, D, M]

// Of n gradients on each dimension, [n, D, M].
struct Opposition {
  at::Tensor cosines;   // [D, n, n]; 0 where one of the two is zero
  at::Tensor pressure;  // [n, D]: sum over the others of max(0, -cos_ab) |g_b| / (|g_a| + |g_b|). The smaller gradient
                        // is hurt more by a step along the sum, and pushed harder
};
Opposition opposition(const at::Tensor& gradients);

// [E, D]: pressure on the dimensions that are picked. Between tasks, an expert bears a task's pressure in proportion to
// its share of the task.
at::Tensor pressure_on_experts(const Opposition& of_tasks, const SubspaceTaps& taps);
at::Tensor pressure_on_experts(const Opposition& of_experts);

// [E, D]: what is added to the gradient with respect to the scores, so that a step moves an expert from the dimensions
// with more pressure to those with less: the pressure less its mean. Pressure as it is would only ever close
// dimensions, until no expert says anything. AdamW then divides each element by its own size, so that what sums to 0
// here need not do so in the step.
at::Tensor conflict_gradient(const at::Tensor& pressure);

// [E, E]: max(0, -cos(g_i, g_j)) for i != j, of the gradients of `down` on the dimensions that both picked (the paper's
// conflict loss, sum A_ij max(0, -cos), differentiated with respect to A).
at::Tensor paper_conflict_gradient(const at::Tensor& by_expert, const at::Tensor& picked, std::int64_t width);

// Of metabolic x mean |alpha| + determinacy x mean s (1 - s), s = sigmoid(alpha).
at::Tensor penalty_gradient(const at::Tensor& alpha, const SubspaceParameters& parameters);

// A step of training, of one layer.
struct SubspaceStep {
  at::Tensor picked;      // bool [E, D]: Gumbel noise aside, which the step itself picked with
  at::Tensor scores;      // [E, D]: what they were ranked by, Gumbel noise aside
  at::Tensor task_share;  // [E, T]
  at::Tensor by_task;     // [T, D, M], see backbone_gradients()
  Opposition between_tasks;
  at::Tensor task_norm, conflict_norm, penalty_norm;  // []: of alpha's gradient by the loss, conflict, both penalties
};
// Adds to d_alpha, the loss's gradient with respect to alpha.
SubspaceStep add_dynamics(const SubspaceBank& bank, const SubspaceTaps& taps, const at::Tensor& d_down,
                          const at::Tensor& d_up, const SubspaceParameters& parameters, at::Tensor& d_alpha);

}  // namespace tessera
