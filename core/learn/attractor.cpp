#include "core/learn/attractor.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/learn/gradients.h"
#include "core/learn/sequence_accuracy.h"

namespace tessera {
namespace {

constexpr std::int64_t samples_of_all = 320, fewest_of_class = 3;
constexpr std::int64_t window = 6, most_points = 4096;  // of a trend
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool of_expert(const Weight& weight) { return weight.expert >= 0; }

struct Line {
  double slope = nan, error = nan;  // standard error of the slope
};

// Least squares through the last `count` of `total` points.
Line line_through(const at::Tensor& points, std::int64_t total, std::int64_t count) {
  if (count < 3) return {};
  const at::Tensor x = points.select(1, 0).slice(0, total - count, total),
                   y = points.select(1, 1).slice(0, total - count, total);
  const at::Tensor dx = x - x.mean(), dy = y - y.mean();
  const double spread = dx.square().sum().item<double>();
  if (spread == 0) return {};
  const double slope = (dx * dy).sum().item<double>() / spread;
  const double rest = (dy - dx * slope).square().sum().item<double>();
  return {slope, std::sqrt(rest / static_cast<double>(count - 2) / spread)};
}

// Which classes compete with these in a loss, [1, outputs], as in training: of loss_over task those of the task, of a
// tile those of the tasks that have begun and some of its classes. Undefined: all.
at::Tensor competing(const Task& task, const std::vector<int>& classes, const std::string& loss_over,
                     const at::TensorOptions& options) {
  const auto& tasks = task.outline().sequence;
  if (tasks.empty() || loss_over == "all") return {};
  if (loss_over == "seen") return outputs_in_force(task, "seen", options);
  const bool is_task = std::find(tasks.begin(), tasks.end(), classes) != tasks.end();
  std::vector<double> open(static_cast<std::size_t>(task.outline().outputs), -std::numeric_limits<double>::infinity());
  for (std::size_t t = 0; t < static_cast<std::size_t>(task.begun()); ++t) {
    const bool any = std::any_of(classes.begin(), classes.end(), [&](int c) {
      return std::find(tasks[t].begin(), tasks[t].end(), c) != tasks[t].end();
    });
    if (is_task ? tasks[t] != classes : !any) continue;
    for (const int c : tasks[t]) open[static_cast<std::size_t>(c)] = 0;
  }
  return at::tensor(at::ArrayRef<double>(open), at::kDouble).to(options).unsqueeze(0);
}

}  // namespace

Attractor::Attractor(const Model& model, const Task& task, std::int64_t seed) : model_(model), task_(task) {
  const std::int64_t outputs = task.outline().outputs;
  const auto of_class = static_cast<std::size_t>(std::max(fewest_of_class, samples_of_all / outputs));
  samples_.resize(static_cast<std::size_t>(outputs));
  const auto& labels = task.train_labels();
  std::vector<std::int32_t> order(labels.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  Random(seed, "attractor").shuffle(order);
  for (const std::int32_t i : order) {
    const std::size_t label = labels[static_cast<std::size_t>(i)];
    if (label < samples_.size() && samples_[label].size() < of_class) samples_[label].push_back(i);
  }
}

ClassSequence Attractor::sources() const {
  if (const TileLayout tiles = model_.tiles(); !tiles.empty()) return tiles;
  const TaskOutline& outline = task_.outline();
  if (!outline.sequence.empty()) return outline.sequence;
  ClassSequence classes;
  for (int c = 0; c < outline.outputs; ++c) classes.push_back({c});
  return classes;
}

std::vector<at::Tensor> Attractor::expert_weights() const {
  std::vector<Weight> weights;
  for (const Weight& weight : model_.weights()) {
    if (of_expert(weight)) weights.push_back(weight);
  }
  std::stable_sort(weights.begin(), weights.end(), [](const auto& a, const auto& b) { return a.expert < b.expert; });
  return values_of(weights);
}

at::Tensor Attractor::norms(const at::Tensor& loss, std::size_t parts) const {
  const std::vector<at::Tensor> gradients = gradients_of(loss, expert_weights(), /*keep=*/true);
  std::vector<at::Tensor> squares;
  for (std::size_t i = 0; i < gradients.size(); i += parts) {
    at::Tensor sum = gradients[i].square().sum(at::kDouble);
    for (std::size_t part = 1; part < parts; ++part) sum = sum + gradients[i + part].square().sum(at::kDouble);
    squares.push_back(sum);
  }
  return at::stack(squares).sqrt().to(at::kCPU);
}

AttractorObservation Attractor::measure(const std::string& loss_over) const {
  const TaskOutline& outline = task_.outline();
  const auto experts = static_cast<std::size_t>(model_.head_experts());
  const std::size_t parts = expert_weights().size() / experts;  // a weight and a bias
  const at::Tensor begun = outline.sequence.empty() ? at::ones({outline.outputs}, at::kBool) : classes_begun(task_);
  std::vector<std::int64_t> indices;
  std::vector<std::int64_t> first_of;  // of each class, where its samples begin
  for (const auto& of_class : samples_) {
    first_of.push_back(static_cast<std::int64_t>(indices.size()));
    indices.insert(indices.end(), of_class.begin(), of_class.end());
  }
  first_of.push_back(static_cast<std::int64_t>(indices.size()));
  const Samples samples = task_.pick(indices);
  AttractorObservation made;
  at::Tensor features;
  {
    const at::NoGradGuard no_grad;
    features = model_.forward(samples.inputs, {}).features;
    for (const at::Tensor& of_expert : model_.expert_outputs(features)) {
      made.outputs.push_back(of_expert.to(at::kCPU, at::kDouble));
    }
    const std::vector<at::Tensor> weights = expert_weights();
    for (std::size_t e = 0; e < experts; ++e) {
      made.weights.push_back(weights[e * parts].detach().flatten().to(at::kCPU, at::kDouble));
    }
  }

  const auto of_begun = [&](const std::vector<int>& classes) {  // int64 rows of their samples
    std::vector<at::Tensor> some = {at::empty({0}, at::kLong)};
    for (const int c : classes) {
      const auto at = static_cast<std::size_t>(c);
      if (begun.const_data_ptr<bool>()[c]) some.push_back(at::arange(first_of[at], first_of[at + 1], at::kLong));
    }
    return at::cat(some).to(features.device());
  };
  const auto head_of = [&](const std::vector<int>& classes, const at::Tensor& which) {
    return model_.head(features.index_select(0, which), samples.targets.index_select(0, which),
                       competing(task_, classes, loss_over, features.options()));
  };

  std::vector<at::Tensor> columns;
  for (const auto& classes : sources()) {
    const at::Tensor which = of_begun(classes);
    columns.push_back(which.size(0) == 0 ? at::full({static_cast<std::int64_t>(experts)}, nan, at::kDouble)
                                         : norms(head_of(classes, which).loss, parts));
  }
  made.gradients = at::stack(columns, 1);

  std::vector<int> learned;  // now
  if (!outline.sequence.empty()) learned = outline.sequence[static_cast<std::size_t>(task_.stage())];
  for (int c = 0; outline.sequence.empty() && c < outline.outputs; ++c) learned.push_back(c);
  const HeadOutput now = head_of(learned, of_begun(learned));
  if (now.redundancy.defined()) {
    const double of_loss = norms(now.loss, parts).norm().item<double>();
    const double of_redundancy = norms(now.redundancy, parts).norm().item<double>();
    made.perturbation = of_redundancy / (of_loss + of_redundancy);
  }
  return made;
}

SimilarityTrend::SimilarityTrend()
    : points_(at::zeros({most_points, 2}, at::kDouble)),
      count_(at::zeros({}, at::kLong)),
      sign_(at::zeros({2}, at::kDouble)) {}

void SimilarityTrend::begin_task() {
  count_.zero_();
  sign_.zero_();
}

void SimilarityTrend::add(double epoch, double similarity) {
  sign_[1] = 0;
  if (!std::isfinite(similarity)) return;
  std::int64_t count = count_.item<std::int64_t>();
  if (count == most_points) {  // every second of them says as much
    points_.slice(0, 0, most_points / 2).copy_(points_.slice(0, 0, most_points, 2).clone());
    count = most_points / 2;
  }
  points_[count][0] = epoch;
  points_[count][1] = similarity;
  count_.fill_(count + 1);
  const Line line = line_through(points_, count + 1, std::min(count + 1, window));
  if (std::isnan(line.slope) || std::abs(line.slope) <= 2 * line.error) return;
  const double sign = line.slope > 0 ? 1 : -1, before = sign_[0].item<double>();
  sign_[1] = before != 0 && sign != before ? 1 : 0;
  sign_[0] = sign;
}

double SimilarityTrend::slope() const {
  const std::int64_t count = count_.item<std::int64_t>();
  return line_through(points_, count, std::min(count, window)).slope;
}

double SimilarityTrend::task_slope() const {
  const std::int64_t count = count_.item<std::int64_t>();
  return line_through(points_, count, count).slope;
}

bool SimilarityTrend::turned() const { return sign_[1].item<double>() > 0; }

std::vector<ModelState> SimilarityTrend::states() const {
  return {{"attractor.points", points_}, {"attractor.count", count_}, {"attractor.sign", sign_}};
}

}  // namespace tessera
