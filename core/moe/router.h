// The router of an MoE layer: from tokens to logits, and what it remembers between steps. From logits on:
// core/moe/route.h.
#pragma once

#include "core/moe/loss_parameters.h"
#include "core/moe/route.h"
#include "core/moe/routing.h"
#include "core/moe/weights.h"

namespace tessera {

class Router {
 public:
  // experts: those that compute nothing included. tasks: with more than one, each has a bias. Of the parameters, those
  // that need a rebuild count. Linear weights start as U(-1/sqrt(width), 1/sqrt(width)), biases at 0, means as N(0, 1),
  // deviations at 1.
  Router(int layer, std::int64_t width, std::int64_t experts, std::int64_t tasks, const RouterParameters& parameters,
         Initialiser& initialiser);

  // x: [tokens, width]; [tokens, experts], with soft selection [tokens, experts x slots]. Differentiable.
  //   linear    x W (+ b)
  //   cosine    scale x cos(x, column of W) (+ b)
  //   gaussian  sum_d ln N(x_d; mean_de, exp(log_deviation_de)^2)
  //   hash      1 for the expert of the token's id, which the context has, 0 for the others
  // With a task ratio r these become (1 - r) norm(logits) + r norm(bias of the token's task), norm over the experts,
  // the second part without the token's task 0 (seed 001, "Gating").
  at::Tensor logits(const at::Tensor& x, const RouterParameters& parameters, const TokenContext& context) const;

  // Whether the two passes below compute all that is asked for.
  bool has_passes(const RouterParameters& parameters, bool training) const;
  // The two passes, without autograd, of a router that has them. x: [tokens, width].
  Routing forward(const at::Tensor& x, const RouterParameters& parameters) const;
  // From the gradient with respect to the assignments' weights, and those of the losses. Adds the gradient with respect
  // to x to dx and returns that of the weight.
  at::Tensor backward(const at::Tensor& x, const RouterParameters& parameters, const Routing& routing,
                      const at::Tensor& d_weights, const kernels::GateGradients& of_losses, const at::Tensor& dx) const;

  // After a step whose tokens chose experts as `load` [experts] says: the selection bias (arXiv 2408.15664, algorithm
  // 1) and the coefficient of the L1 loss (ReMoE, eq. 8) move.
  void update_state(const at::Tensor& load, std::int64_t tokens, const RouterParameters& parameters,
                    const RouterLossParameters& losses);

  const at::Tensor& weight() const { return weight_; }  // [width, experts x slots]; undefined for gaussian and hash
  at::Tensor bias_in_force(const RouterParameters& parameters) const;   // of the selection, [experts]; undefined: none
  const at::Tensor& l1_coefficient() const { return l1_coefficient_; }  // []; 0: not begun

 private:
  at::Tensor with_task(const at::Tensor& logits, const RouterParameters& parameters, const TokenContext& context) const;

  int layer_;
  std::int64_t experts_;
  at::Tensor weight_, bias_;         // [width, experts x slots], [experts x slots]
  at::Tensor mean_, log_deviation_;  // [width, experts]
  at::Tensor task_bias_;             // [tasks, experts]; undefined with one task
  at::Tensor selection_bias_, l1_coefficient_;
};

}  // namespace tessera
