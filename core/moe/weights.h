// A model's weights, by name, and how they start.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/random.h"

namespace tessera {

enum class Scope { encoder, attention, router, experts, alpha, head };  // what a weight is part of

struct Weight {
  std::string name;  // "layer2.experts.w1"
  Scope scope;
  int layer;  // routed layer (that of a head: the one after the last MoE layer), or -1
  at::Tensor value;
  double bound = 0;          // it started as U(-bound, bound),
  bool normal = false;       // or as N(0, 1)
  std::int64_t expert = -1;  // of a head whose experts are weights apart, which; else -1
};

std::vector<at::Tensor> values_of(const std::vector<Weight>& weights);

// What a model keeps between steps and no gradient moves.
struct ModelState {
  std::string name;  // "layer2.router.selection_bias"
  at::Tensor value;
};

// The bound of torch.nn.Linear's weights and biases: 1 / sqrt(fan_in).
double linear_bound(std::int64_t fan_in);

// Makes weights that start as U(-bound, bound), N(0, 1) or orthogonal, each from a generator of its own, seeded by
// name. Numbers are drawn in double on the CPU, so that devices and dtypes start alike.
class Initialiser {
 public:
  Initialiser(std::int64_t seed, at::TensorOptions options) : seed_(seed), options_(options) {}

  at::Tensor add(std::string name, Scope scope, int layer, at::IntArrayRef shape, double bound,
                 std::int64_t expert = -1);
  // Columns of one drawn matrix [rows, columns], or elements of one vector [columns], as a weight for each expert,
  // which has so many: named PREFIX.expertE.NAME, drawn as PREFIX.NAME.
  std::vector<at::Tensor> add_for_experts(const std::string& prefix, const std::string& name, int layer,
                                          at::IntArrayRef shape, double bound,
                                          const std::vector<std::int64_t>& columns);

  at::Tensor add_normal(std::string name, Scope scope, int layer, at::IntArrayRef shape);
  // [rows, columns] with orthonormal rows or columns, whichever are fewer; as torch.nn.init.orthogonal_ (Saxe et al.
  // 2014).
  at::Tensor add_orthogonal(std::string name, Scope scope, int layer, std::int64_t rows, std::int64_t columns);
  Random generator(std::string_view name) const { return {seed_, name}; }  // for what is drawn and no weight
  at::Tensor add_state(std::string name, at::IntArrayRef shape);           // zeros

  std::vector<Weight> weights;  // in the order added
  std::vector<ModelState> states;

 private:
  at::Tensor uniform(std::string_view name, at::IntArrayRef shape, double bound) const;
  at::Tensor normal(std::string_view name, at::IntArrayRef shape) const;
  at::Tensor keep(std::string name, Scope scope, int layer, const at::Tensor& drawn);

  std::int64_t seed_;
  at::TensorOptions options_;  // dtype, device
};

// What a weight that starts uniform, normal or as 0 would start as with another seed; double, on the CPU.
at::Tensor drawn_anew(const Weight& weight, std::int64_t seed);

}  // namespace tessera
