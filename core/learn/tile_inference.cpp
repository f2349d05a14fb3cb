#include "core/learn/tile_inference.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>

#include "core/learn/gradients.h"
#include "core/learn/sequence_accuracy.h"

namespace tessera {
namespace {

constexpr std::size_t samples_of_mean = 200;  // training samples, of each class
constexpr double closed = -std::numeric_limits<double>::infinity();

std::vector<at::Tensor> linear_map(const Model& model, std::int64_t width, std::int64_t tiles, std::int64_t seed) {
  Initialiser initialiser(seed, model.options());
  const double bound = linear_bound(width);
  return {initialiser.add("tile classifier.weight", Scope::head, -1, {width, tiles}, bound),
          initialiser.add("tile classifier.bias", Scope::head, -1, {tiles}, bound)};
}

ClassSequence tiles_of(const Model& model, const Task& task) {
  const TileLayout tiles = model.tiles();
  return tiles.size() > 1 ? tiles : task.outline().sequence;
}

at::Tensor classes_of_tiles(const TileLayout& tiles, std::int64_t classes) {
  at::Tensor made = at::zeros({static_cast<std::int64_t>(tiles.size()), classes}, at::kDouble);
  auto at = made.accessor<double, 2>();
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    for (const int c : tiles[t]) at[static_cast<std::int64_t>(t)][c] = 1;
  }
  return made;
}

// Of what a row leaves open the index of the largest, int64 [rows].
at::Tensor largest(const at::Tensor& values, const at::Tensor& open) {
  return at::where(open, values, closed).argmax(1);
}

}  // namespace

TileInference::TileInference(const Model& model, const Task& task, std::int64_t seed)
    : model_(model),
      task_(task),
      map_(linear_map(model, model.width(), static_cast<std::int64_t>(tiles_of(model, task).size()), seed)),
      optimiser_(map_) {
  const std::int64_t outputs = task.outline().outputs;
  means_ = at::zeros({outputs, model.width()}, model.options().requires_grad(false));
  known_ = at::zeros({outputs}, means_.options().dtype(at::kLong));
}

at::Tensor TileInference::choices() const {
  const at::Tensor begun = classes_begun(task_);
  const at::Tensor has = classes_of_tiles(tiles_of(model_, task_), begun.size(0)) > 0;
  return at::logical_and(has, begun).to(means_.device());
}

void TileInference::learn(const at::Tensor& features, const at::Tensor& targets, const LearnParameters& parameters) {
  const at::Tensor open = choices(), has = open.to(means_.scalar_type());
  const at::Tensor wanted = (has / has.sum(0).clamp_min(1)).t().index_select(0, targets);  // [samples, tiles]
  const at::Tensor logits = at::addmm(map_[1], features.detach(), map_[0]);
  const at::Tensor log_probabilities = at::where(open.any(1), logits, closed).log_softmax(1);
  const at::Tensor loss = -at::where(wanted > 0, wanted * log_probabilities, 0.).sum(1).mean();
  std::vector<at::Tensor> gradients = gradients_of(loss, map_);
  optimiser_.step(gradients, parameters);
}

void TileInference::take_means() {
  const at::NoGradGuard no_grad;
  std::vector<std::vector<std::int64_t>> of_class(static_cast<std::size_t>(task_.outline().outputs));
  for (const std::int64_t i : task_.stage_samples()) {
    auto& samples = of_class[task_.train_labels()[static_cast<std::size_t>(i)]];
    if (samples.size() < samples_of_mean) samples.push_back(i);
  }
  for (std::size_t c = 0; c < of_class.size(); ++c) {
    if (of_class[c].empty()) continue;
    const auto row = static_cast<std::int64_t>(c);
    means_[row].copy_(model_.forward(task_.pick(of_class[c]).inputs, {}).features.mean(0));
    known_[row] = 1;
  }
}

void TileInference::tiles_were_laid(const TileLayout& before) {
  const TileLayout now = model_.tiles();
  if (now.size() < 2) return;  // it chooses among tasks
  const at::Tensor had = classes_of_tiles(before, known_.size(0)), has = classes_of_tiles(now, known_.size(0));
  const at::Tensor share = had / had.sum(0).clamp_min(1);  // of a class, over the tiles that had it
  const at::Tensor from = at::mm(share, (has / has.sum(1, true)).t()).to(means_.options());
  const at::NoGradGuard no_grad;
  for (const auto* beside : {&map_, &optimiser_.mean, &optimiser_.square}) {
    for (at::Tensor of_tiles : *beside) of_tiles.copy_(at::matmul(of_tiles, from));
  }
}

TileInference::Answers TileInference::answer(const at::Tensor& features, const at::Tensor& logits) const {
  const at::NoGradGuard no_grad;
  const at::Tensor open = choices();
  const auto among = [&](const at::Tensor& tile) { return largest(logits, open.index_select(0, tile)); };
  Answers made;

  const at::Tensor distance = at::cdist(features, means_);
  const at::Tensor nearest = largest(-distance, (known_ == 1).expand_as(distance));
  const at::Tensor first_tile = open.to(at::kLong).argmax(0);  // of each class
  made.class_mean = among(first_tile.index_select(0, nearest));

  std::vector<at::Tensor> uncertainty;  // of each tile, [samples]
  for (std::int64_t t = 0; t < open.size(0); ++t) {
    const at::Tensor classes = open[t].nonzero().flatten();
    const auto count = static_cast<double>(classes.size(0));
    if (count < 2) {  // says nothing: as uncertain as can be
      uncertainty.push_back(at::full({logits.size(0)}, count == 0 ? -closed : 1., logits.options()));
      continue;
    }
    const at::Tensor log_p = logits.index_select(1, classes).log_softmax(1);
    uncertainty.push_back(-(log_p.exp() * log_p).sum(1) / std::log(count));
  }
  made.entropy = among(at::stack(uncertainty, 1).argmin(1));

  const at::Tensor of_tiles = at::addmm(map_[1], features, map_[0]);
  made.classifier = among(largest(of_tiles, open.any(1).expand_as(of_tiles)));
  return made;
}

std::vector<ModelState> TileInference::states() const {
  std::vector<ModelState> states = {{"inference.means", means_}, {"inference.known", known_}};
  for (std::size_t i = 0; i < map_.size(); ++i) {
    const std::string number = std::to_string(i);
    states.push_back({"inference.map" + number, map_[i]});
    states.push_back({"inference.mean" + number, optimiser_.mean[i]});
    states.push_back({"inference.square" + number, optimiser_.square[i]});
  }
  states.push_back({"inference.steps", optimiser_.steps});
  return states;
}

}  // namespace tessera
