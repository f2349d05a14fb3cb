// Learning tasks one after another: what stays as it is stays to the bit, and what is done against forgetting is what
// its paper says, computed apart.
#include "core/learn/continual.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/learn/gradients.h"
#include "core/learn/learner.h"
#include "core/tasks/sequence.h"
#include "tests/unit/core/resumed.h"
#include "tests/unit/core/small_sequence.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

using test::Record;

constexpr std::int64_t steps = 6;  // of each task

class ContinualTest : public testing::Test {
 protected:
  ContinualTest() { test::write_data_set(folder_.path, 200, 50); }

  struct Setup {
    std::unique_ptr<SequenceTask> task;
    std::unique_ptr<Model> model;
    std::unique_ptr<Learner> learner;
    std::int64_t done = 0;

    StepResult run(std::int64_t count) {
      StepResult last;
      for (std::int64_t i = 0; i < count; ++i, ++done) {
        if (task->advance_to(done)) learner->begin_task();
        last = learner->step();
        if (task->stage_ends_after(done)) learner->end_task(last);
      }
      return last;
    }
    std::vector<at::Tensor> copy(const std::string& part) const {
      std::vector<at::Tensor> copies;
      for (const Weight& weight : model->weights()) {
        if (weight.name.find(part) != std::string::npos) copies.push_back(weight.value.detach().clone());
      }
      EXPECT_FALSE(copies.empty()) << part;
      return copies;
    }
    bool same(const std::string& part, const std::vector<at::Tensor>& before) const {
      const std::vector<at::Tensor> now = copy(part);
      for (std::size_t i = 0; i < now.size(); ++i) {
        if (!at::equal(now[i], before[i])) return false;
      }
      return true;
    }
  };

  Setup make(const std::function<void(ContinualParameters&, HeadParameters&)>& adapt) {
    Setup s;
    ClassificationParameters data;
    data.data_name = "mnist";
    data.data_path = folder_.path.string();
    SequenceParameters sequence;
    sequence.steps = steps;
    s.task = std::make_unique<SequenceTask>(data, sequence, 8, 1, at::kCPU);
    ContinualParameters continual;
    HeadParameters head;
    adapt(continual, head);
    const auto make_model = [outline = s.task->outline(), head] {
      ModelParts parts;
      parts.outline.width = 8;
      parts.outline.depth = 1;
      parts.experts.resize(1);
      parts.live.routers.resize(1);
      parts.live.losses.resize(1);
      parts.live.subspaces.resize(1);
      parts.head = parts.live.head = head;
      if (head.kind == "tiles") parts.tiles = *tile_layout(head.tiles, outline.outputs, {}).value;
      return std::make_unique<Model>(parts, outline.inputs, outline.outputs, 1, at::TensorOptions(at::kFloat));
    };
    s.model = make_model();
    LearnParameters learn;
    learn.rate = 0.01;
    s.learner = std::make_unique<Learner>(*s.model, *s.task, learn, continual, 1, make_model);
    return s;
  }

  test::TemporaryFolder folder_;
};

TEST_F(ContinualTest, AFrozenEncoderStaysToTheBit) {
  for (const std::string when : {"trained", "frozen_after_first", "frozen"}) {
    Setup s = make([&](ContinualParameters& c, HeadParameters&) { c.encoder = when; });
    const auto at_first = s.copy("encoder.");
    s.run(steps);
    EXPECT_EQ(s.same("encoder.", at_first), when == "frozen") << when;
    const auto after_one = s.copy("encoder.");
    s.run(steps);
    EXPECT_EQ(s.same("encoder.", after_one), when != "trained") << when;
  }
}

TEST_F(ContinualTest, TilesWithoutTheTasksClassesStayToTheBit) {
  for (const bool freeze : {true, false}) {
    Setup s = make([&](ContinualParameters& c, HeadParameters& head) {
      head.kind = "tiles";
      c.loss_over = "all";
      c.freeze_experts = freeze;
    });
    for (int task = 0; task < 5; ++task) {
      std::vector<std::vector<at::Tensor>> before;
      for (int tile = 0; tile < 5; ++tile) before.push_back(s.copy("tiles.expert" + std::to_string(tile)));
      s.run(steps);
      for (int tile = 0; tile < 5; ++tile) {
        const bool same = s.same("tiles.expert" + std::to_string(tile), before[static_cast<std::size_t>(tile)]);
        EXPECT_EQ(same, freeze && tile != task) << task << " " << tile;
      }
    }
  }
}

// A tile with just the task's classes learns alone, though another has some of them.
TEST_F(ContinualTest, ATasksOwnTileLearnsAlone) {
  Setup s = make([&](ContinualParameters& c, HeadParameters& head) {
    head.kind = "tiles";
    head.tiles = {.tiles = 5, .layout = "list", .list = "0,1|1-4|4,5|6,7|8,9"};
    c.loss_over = "all";
    c.freeze_experts = true;
  });
  for (int task = 0; task < 3; ++task) {  // 0,1; 2,3, which no tile has for itself; 4,5
    std::vector<std::vector<at::Tensor>> before;
    for (int tile = 0; tile < 5; ++tile) before.push_back(s.copy("tiles.expert" + std::to_string(tile)));
    s.run(steps);
    for (int tile = 0; tile < 5; ++tile) {
      EXPECT_EQ(!s.same("tiles.expert" + std::to_string(tile), before[static_cast<std::size_t>(tile)]), tile == task);
    }
  }
}

TEST_F(ContinualTest, TheExpertThatATaskUsedMostIsFrozenAfterIt) {
  Setup s = make([](ContinualParameters& c, HeadParameters& head) {
    head.kind = "experts";
    head.experts.count = 3;
    c.freeze_experts = true;
  });
  std::set<int> frozen;
  for (int task = 0; task < 4; ++task) {
    const StepResult last = s.run(steps);
    const at::Tensor weight = last.output.routings.back().alpha.sum(0);
    int most = -1;
    for (int e = 0; e < 3; ++e) {
      if (frozen.contains(e)) continue;
      if (most < 0 || weight[e].item<float>() > weight[most].item<float>()) most = e;
    }
    if (most >= 0) frozen.insert(most);
    std::vector<std::vector<at::Tensor>> before;
    for (int e = 0; e < 3; ++e) before.push_back(s.copy("head.expert" + std::to_string(e)));
    s.run(1);
    for (int e = 0; e < 3; ++e) {
      EXPECT_EQ(s.same("head.expert" + std::to_string(e), before[static_cast<std::size_t>(e)]), frozen.contains(e))
          << task << " " << e;
    }
    s.done = (task + 1) * steps;  // the next task begins anew
  }
  EXPECT_EQ(frozen.size(), 3u);
}

TEST_F(ContinualTest, RoutersAreAsFreeAsTheyAreToldToBe) {
  const auto moved =
      [&](const std::string& freedom) {  // in the first task, at its end in the second, and when it began
        Setup s = make([&](ContinualParameters& c, HeadParameters& head) {
          head.kind = "experts";
          c.router.freedom = freedom;
          c.router.warm_up = 2;
        });
        std::vector<bool> made;
        auto before = s.copy("router");
        s.run(2);
        made.push_back(!s.same("router", before));
        before = s.copy("router");
        s.run(steps - 2);
        made.push_back(!s.same("router", before));
        before = s.copy("router");
        s.run(1);
        made.push_back(!s.same("router", before));
        return made;
      };
  EXPECT_EQ(moved("trainable"), (std::vector<bool>{true, true, true}));
  EXPECT_EQ(moved("frozen"), (std::vector<bool>{false, false, false}));
  EXPECT_EQ(moved("frozen_after_first"), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(moved("frozen_after_warm_up"), (std::vector<bool>{true, false, false}));
  EXPECT_EQ(moved("slow"), (std::vector<bool>{true, true, true}));
  EXPECT_EQ(moved("reinitialised"), (std::vector<bool>{true, true, true}));
}

TEST_F(ContinualTest, AReinitialisedRouterIsDrawnAnew) {
  Setup s = make([&](ContinualParameters& c, HeadParameters& head) {
    head.kind = "experts";
    c.router.freedom = "reinitialised";
  });
  s.run(steps);
  s.task->advance_to(steps);
  const auto trained = s.copy("head.router.weight");
  s.learner->begin_task();
  const auto anew = s.copy("head.router.weight");
  EXPECT_GT((anew[0] - trained[0]).abs().mean().item<double>(), 0.05);
  EXPECT_LE(anew[0].abs().max().item<double>(), 1 / std::sqrt(8.));
  EXPECT_GT(anew[0].abs().max().item<double>(), 0.8 / std::sqrt(8.));
}

// Against the expectation over all answers, and the penalty written out.
TEST_F(ContinualTest, EwcHoldsWeightsByTheirFisherInformation) {
  Setup s = make([&](ContinualParameters& c, HeadParameters&) {
    c.method = "ewc";
    c.ewc.samples = 40;  // all of the task
    c.ewc.strength = 3;
  });
  s.run(steps);
  std::vector<at::Tensor> values;
  for (const Weight& weight : s.model->weights()) values.push_back(weight.value);
  std::vector<at::Tensor> expected;
  for (const at::Tensor& value : values) expected.push_back(at::zeros_like(value).set_requires_grad(false));
  const auto samples = s.task->stage_samples();
  ASSERT_EQ(samples.size(), 40u);
  PassKind pass;
  pass.outputs = at::full({1, 10}, -INFINITY);
  pass.outputs.slice(1, 0, 2) = 0;
  for (const std::int64_t i : samples) {
    for (int answer = 0; answer < 2; ++answer) {
      const at::Tensor log_p = s.model->forward(s.task->pick({i}).inputs, {}, pass).logits.log_softmax(1)[0][answer];
      const auto gradients = gradients_of(log_p, values);
      for (std::size_t w = 0; w < values.size(); ++w) {
        expected[w] += gradients[w].square() * std::exp(log_p.item<double>()) / 40;
      }
    }
  }
  const auto states = s.learner->continual.states();
  double sum = 0, of_expected = 0, product = 0, square = 0, square_expected = 0;
  for (std::size_t w = 0; w < values.size(); ++w) {
    const at::Tensor& importance = states[3 * w].value;
    sum += importance.sum().item<double>();
    of_expected += expected[w].sum().item<double>();
    product += (importance * expected[w]).sum().item<double>();
    square += importance.square().sum().item<double>();
    square_expected += expected[w].square().sum().item<double>();
  }
  EXPECT_NEAR(sum / of_expected, 1, 0.4);
  EXPECT_GT(product / std::sqrt(square * square_expected), 0.85);

  s.task->advance_to(steps);
  s.learner->begin_task();
  const auto zeros = [&] {
    std::vector<at::Tensor> made;
    for (const at::Tensor& value : values) made.push_back(at::zeros_like(value).set_requires_grad(false));
    return made;
  };
  auto gradients = zeros();
  EXPECT_NEAR(s.learner->continual.hold(gradients).item<double>(), 0, 1e-5);
  const at::NoGradGuard no_grad;
  double penalty = 0;
  for (std::size_t w = 0; w < values.size(); ++w) {
    values[w].add_(0.5);
    penalty += 1.5 * (states[3 * w].value * 0.25).sum().item<double>();
  }
  gradients = zeros();
  EXPECT_NEAR(s.learner->continual.hold(gradients).item<double>(), penalty, 1e-4 * penalty);
  for (std::size_t w = 0; w < values.size(); ++w) {
    EXPECT_TRUE(at::allclose(gradients[w], states[3 * w].value * 1.5, 1e-3, 1e-5)) << w;
  }
}

TEST_F(ContinualTest, LwfImitatesTheModelBeforeTheTask) {
  for (const std::string over : {"seen", "task"}) {
    Setup s = make([&](ContinualParameters& c, HeadParameters&) {
      c.method = "lwf";
      c.loss_over = over;
      c.lwf.strength = 0.7;
      c.lwf.temperature = 3;
    });
    EXPECT_FALSE(s.run(1).imitation.defined());
    s.run(2 * steps - 1);  // two tasks
    const Samples batch = s.task->pick({4, 5, 14, 15, 24, 25});
    const at::Tensor before = s.model->forward(batch.inputs, {}).logits.detach();
    s.run(3);
    const ModelOutput now = s.model->forward(batch.inputs, batch.targets);
    const at::Tensor got = s.learner->continual.imitation(batch, now);
    double expected = 0;
    const std::vector<std::pair<int, int>> groups =
        over == "task" ? std::vector<std::pair<int, int>>{{0, 2}, {2, 4}} : std::vector<std::pair<int, int>>{{0, 4}};
    for (const auto& [first, end] : groups) {
      const at::Tensor p = (before.slice(1, first, end) / 3).softmax(1),
                       q = (now.logits.detach().slice(1, first, end) / 3).softmax(1);
      expected -= (p * q.log()).sum(1).mean().item<double>() * 9 * 0.7 / static_cast<double>(groups.size());
    }
    EXPECT_NEAR(got.item<double>(), expected, 1e-5 * std::abs(expected)) << over;
    EXPECT_TRUE(got.requires_grad());
  }
}

TEST_F(ContinualTest, ReplayBringsSamplesOfEarlierTasks) {
  Setup s = make([&](ContinualParameters& c, HeadParameters&) {
    c.method = "replay";
    c.replay_per_class = 3;
  });
  EXPECT_EQ(s.run(1).batch.labels.size(0), 8);
  s.run(2 * steps - 1);
  std::map<std::int64_t, std::set<float>> kept;  // of each class, what tells its samples apart
  for (std::int64_t step = 0; step < steps; ++step) {
    const StepResult result = s.run(1);
    ASSERT_EQ(result.batch.labels.size(0), 16);
    ASSERT_EQ(result.output.logits.size(0), 16);
    for (std::int64_t i = 0; i < 16; ++i) {
      const std::int64_t label = result.batch.labels[i].item<std::int64_t>();
      EXPECT_EQ(label >= 4 && label < 6, i < 8) << i;
      EXPECT_TRUE(label < 6);
      if (i >= 8) kept[label].insert(result.batch.inputs[i].sum().item<float>());
    }
  }
  EXPECT_EQ(kept.size(), 4u);
  for (const auto& [label, samples] : kept) EXPECT_LE(samples.size(), 3u) << label;
}

TEST_F(ContinualTest, ARunThatGoesOnHasTheSame) {
  const auto text = [](const char* value) { return Value(std::string(value)); };
  const std::vector<std::map<std::string, Value>> kinds = {
      {{"learn.continual.method", text("ewc")}, {"learn.continual.ewc.samples", std::int64_t{10}}},
      {{"learn.continual.method", text("lwf")}, {"learn.continual.loss_over", text("task")}},
      {{"learn.continual.method", text("replay")}},
      {{"model.head.kind", text("experts")},
       {"model.head.experts.redundancy", 0.1},
       {"learn.continual.freeze_experts", true},
       {"learn.continual.router.freedom", text("reinitialised")}},
      {{"model.head.kind", text("tiles")},
       {"learn.continual.freeze_experts", true},
       {"model.head.route_by_label", true},
       {"model.depth", std::int64_t{0}}}};
  for (const auto& kind : kinds) {
    std::map<std::string, Value> values = kind;
    values["measure.test_every"] = std::int64_t{5};
    values["measure.inferred_tiles"] = true;
    values["measure.attractor_every"] = std::int64_t{2};
    const Preset made = test::small_sequence(folder_.path, values);
    const Record whole = test::whole_run(made, 40);
    for (const std::int64_t at : {16, 21}) {  // where a task begins, and within one
      EXPECT_TRUE(test::resumed_run(made, at, 40).entries == whole.entries) << kind.begin()->first << " " << at;
    }
  }
}

}  // namespace
}  // namespace tessera
