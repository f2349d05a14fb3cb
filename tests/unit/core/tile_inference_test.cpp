// Routers that infer the tile: their answers sample by sample, from what they keep.
#include "core/learn/tile_inference.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/learn/learner.h"
#include "core/tasks/sequence.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

constexpr std::int64_t classes = 10, width = 8;

// Five tasks of two classes, the last class of each in the tile of the next: tiles {0}, {1, 2}, {3, 4}, ..., {9}.
const TileLayout shifted = {{0}, {1, 2}, {3, 4}, {5, 6}, {7, 8}, {9}};

class Inference : public testing::Test {
 protected:
  Inference() { test::write_data_set(folder_.path, 300, 50); }

  void make(const TileLayout& tiles, bool joint = false) {
    ClassificationParameters data;
    data.data_name = "mnist";
    data.data_path = folder_.path.string();
    SequenceParameters sequence;
    sequence.steps = 20;
    sequence.joint = joint;
    task_ = std::make_unique<SequenceTask>(data, sequence, 10, 1, at::kCPU);
    ModelParts parts;
    parts.outline.width = width;
    parts.outline.depth = 0;
    parts.outline.encoder = "mlp";
    parts.head.kind = tiles.empty() ? "experts" : "tiles";
    parts.live.head = parts.head;
    parts.tiles = tiles;
    model_ = std::make_unique<Model>(parts, task_->outline().inputs, 10, 1, at::TensorOptions(at::kFloat));
    learner_ = std::make_unique<Learner>(*model_, *task_, LearnParameters(), ContinualParameters(), 1);
    inference_ = std::make_unique<TileInference>(*model_, *task_, 1);
  }
  void run(std::int64_t first, std::int64_t end) {
    for (std::int64_t step = first; step < end; ++step) {
      if (task_->advance_to(step)) learner_->begin_task();
      const StepResult result = learner_->step();
      inference_->learn(result.output.features, result.batch.targets, learner_->live);
      if (task_->stage_ends_after(step)) inference_->take_means();
    }
  }
  at::Tensor state(const std::string& name) const {
    for (const ModelState& state : inference_->states()) {
      if (state.name == name) return state.value.detach();
    }
    throw std::out_of_range(name);
  }
  static std::int64_t largest(const at::Tensor& logits, const std::vector<int>& among) {
    int best = among.at(0);
    for (const int c : among) {
      if (logits[c].item<float>() > logits[best].item<float>()) best = c;
    }
    return best;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<SequenceTask> task_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<TileInference> inference_;
};

// What is open after three tasks: the classes of each tile below 6.
void answers_by_hand(const at::Tensor& features, const at::Tensor& logits, const TileLayout& open,
                     const at::Tensor& means, const at::Tensor& map, const at::Tensor& bias,
                     const TileInference::Answers& got,
                     const std::function<std::int64_t(const at::Tensor&, const std::vector<int>&)>& largest) {
  for (std::int64_t i = 0; i < features.size(0); ++i) {
    std::size_t by_mean = 0, by_entropy = 0, by_map = 0;
    double nearest = 1e30, least = 1e30, most = -1e30;
    for (std::size_t t = 0; t < open.size(); ++t) {
      if (open[t].empty()) continue;
      double sum = 0, entropy = 0;
      for (const int c : open[t]) {
        const double distance = (features[i] - means[c]).norm().item<double>();
        if (distance < nearest) nearest = distance, by_mean = t;
        sum += std::exp(logits[i][c].item<double>());
      }
      for (const int c : open[t]) {
        const double p = std::exp(logits[i][c].item<double>()) / sum;
        entropy -= p * std::log(p);
      }
      const double uncertain = open[t].size() > 1 ? entropy / std::log(static_cast<double>(open[t].size())) : 1;
      if (uncertain < least) least = uncertain, by_entropy = t;
      const auto column = static_cast<std::int64_t>(t);
      const double named = (at::dot(features[i], map.select(1, column)) + bias[column]).item<double>();
      if (named > most) most = named, by_map = t;
    }
    EXPECT_EQ(got.class_mean[i].item<std::int64_t>(), largest(logits[i], open[by_mean])) << i;
    EXPECT_EQ(got.entropy[i].item<std::int64_t>(), largest(logits[i], open[by_entropy])) << i;
    EXPECT_EQ(got.classifier[i].item<std::int64_t>(), largest(logits[i], open[by_map])) << i;
  }
}

TEST_F(Inference, AnswersAreThoseCountedOneByOne) {
  for (const bool tiled : {true, false}) {
    make(tiled ? shifted : TileLayout());
    run(0, 60);  // three tasks, classes 0 to 5
    const Samples tests = task_->test(0, 50);
    const at::NoGradGuard no_grad;
    const ModelOutput output = model_->forward(tests.inputs, {});
    const TileLayout open = tiled ? TileLayout{{0}, {1, 2}, {3, 4}, {5}, {}, {}} : TileLayout{{0, 1}, {2, 3}, {4, 5}};
    answers_by_hand(output.features, output.logits, open, state("inference.means"), state("inference.map0"),
                    state("inference.map1"), inference_->answer(output.features, output.logits), largest);
  }
}

TEST_F(Inference, MeansAreThoseOfTheTrainingSamples) {
  make(shifted);
  run(0, 20);
  const at::Tensor means = state("inference.means"), known = state("inference.known");
  std::vector<std::int64_t> of_one;
  for (std::int64_t i = 1; i < 300; i += 10) of_one.push_back(i);
  const at::NoGradGuard no_grad;
  const at::Tensor expected = model_->forward(task_->pick(of_one).inputs, {}).features.mean(0);
  EXPECT_TRUE(at::allclose(means[1], expected, 1e-5, 1e-6));
  EXPECT_EQ(known.sum().item<std::int64_t>(), 2);  // the others come later
}

// All tasks at once: the classifier can learn which is which.
TEST_F(Inference, TheClassifierLearns) {
  make({}, /*joint=*/true);
  run(0, 100);
  for (int more = 0; more < 400; ++more) {
    const Samples batch = task_->next_batch();
    const at::NoGradGuard no_grad;
    const at::Tensor features = model_->forward(batch.inputs, {}).features;
    const at::AutoGradMode on(true);
    inference_->learn(features, batch.targets, LearnParameters{.rate = 0.02});
  }
  const Samples tests = task_->test(0, 50);
  const at::NoGradGuard no_grad;
  const at::Tensor features = model_->forward(tests.inputs, {}).features;
  const at::Tensor named = at::addmm(state("inference.map1"), features, state("inference.map0")).argmax(1);
  const at::Tensor tile = at::floor_divide(tests.targets, 2);
  EXPECT_GT((named == tile).to(at::kDouble).mean().item<double>(), 0.7);
}

// A tile that takes a class from two others and one that stays as it was, by hand.
TEST_F(Inference, TheClassifierKnowsTilesThatAreLaidAnew) {
  make(shifted);
  run(0, 20);
  const at::Tensor map = state("inference.map0").clone(), bias = state("inference.map1").clone();
  const at::Tensor mean = state("inference.mean0").clone();
  learner_->lay_tiles({{0, 1}, {2, 3, 4}, {5}, {6}, {7, 8}, {2, 9}});
  inference_->tiles_were_laid(shifted);
  const auto expect = [](const at::Tensor& now, const at::Tensor& before) {
    const auto column = [&](std::int64_t t) { return before.select(-1, t); };
    EXPECT_TRUE(at::allclose(now.select(-1, 0), (column(0) + column(1)) / 2));
    EXPECT_TRUE(at::allclose(now.select(-1, 1), (column(1) + 2 * column(2)) / 3));
    EXPECT_TRUE(at::allclose(now.select(-1, 2), column(3)));
    EXPECT_TRUE(at::allclose(now.select(-1, 3), column(3)));
    EXPECT_TRUE(at::allclose(now.select(-1, 4), column(4)));
    EXPECT_TRUE(at::allclose(now.select(-1, 5), (column(1) + column(5)) / 2));
  };
  expect(state("inference.map0"), map);
  expect(state("inference.map1"), bias);
  expect(state("inference.mean0"), mean);
}

TEST_F(Inference, LeavesTheModelAsItIs) {
  make(shifted);
  run(0, 5);
  std::vector<at::Tensor> before;
  for (const Weight& weight : model_->weights()) before.push_back(weight.value.detach().clone());
  const Samples batch = task_->next_batch();
  inference_->learn(model_->forward(batch.inputs, {}).features, batch.targets, LearnParameters());
  inference_->take_means();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(at::equal(model_->weights()[i].value, before[i]));
}

}  // namespace
}  // namespace tessera
