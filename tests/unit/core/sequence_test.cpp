// Tasks one after another: which samples come when, accuracies by brute force, the figures made of them by hand, and a
// run that goes on.
#include "core/tasks/sequence.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/learn/sequence_accuracy.h"
#include "core/measure/formulas.h"
#include "tests/unit/core/resumed.h"
#include "tests/unit/core/small_sequence.h"
#include "tests/unit/data/idx_files.h"
#include "tests/unit/data/problem_of.h"

namespace tessera {
namespace {

using test::Record;

class Sequence : public testing::Test {
 protected:
  Sequence() { test::write_data_set(folder_.path, 200, 50); }

  std::unique_ptr<SequenceTask> make(const SequenceParameters& parameters, std::int64_t batch = 10) {
    ClassificationParameters data;
    data.data_name = "mnist";
    data.data_path = folder_.path.string();
    return std::make_unique<SequenceTask>(data, parameters, batch, 1, at::kCPU);
  }
  static SequenceParameters five(bool joint = false) {
    SequenceParameters made;
    made.steps = 8;
    made.joint = joint;
    return made;
  }
  static Model model_of(const Task& task) {
    ModelParts parts;
    parts.outline.width = 8;
    parts.outline.depth = 1;
    parts.experts.resize(1);
    parts.live.routers.resize(1);
    parts.live.losses.resize(1);
    parts.live.subspaces.resize(1);
    return Model(parts, task.outline().inputs, task.outline().outputs, 1, at::TensorOptions(at::kFloat));
  }
  Preset preset(const std::map<std::string, Value>& changes = {}) {
    std::map<std::string, Value> values = {{"model.experts.count", std::int64_t{4}},
                                           {"measure.test_every", std::int64_t{5}}};
    for (const auto& [path, value] : changes) values[path] = value;
    return test::small_sequence(folder_.path, values);
  }
  test::TemporaryFolder folder_;
};

std::set<std::int64_t> classes_in(const at::Tensor& labels) {
  const auto* const values = labels.const_data_ptr<std::int64_t>();
  return {values, values + labels.numel()};
}

TEST_F(Sequence, EachTaskHasItsClassesForItsSteps) {
  const auto task = make(five());
  EXPECT_EQ(task->outline().sequence.size(), 5u);
  for (std::int64_t step = 0; step < 50; ++step) {
    task->advance_to(step);
    const std::int64_t stage = std::min<std::int64_t>(step / 8, 4);
    EXPECT_EQ(task->stage(), stage);
    const Samples batch = task->next_batch();
    EXPECT_EQ(classes_in(batch.labels), (std::set<std::int64_t>{2 * stage, 2 * stage + 1})) << step;
    EXPECT_TRUE(at::equal(batch.labels, batch.targets));
    EXPECT_EQ(task->stage_ends_after(step), step % 8 == 7 && step < 40) << step;
  }
}

TEST_F(Sequence, AnEpochHasEachSampleOfTheTaskOnce) {
  const auto task = make(five());
  task->advance_to(16);
  std::vector<std::int64_t> of_task;
  for (std::int64_t i = 0; i < 200; ++i) {
    if (i % 10 == 4 || i % 10 == 5) of_task.push_back(i);
  }
  std::vector<at::Tensor> drawn;
  for (int i = 0; i < 4; ++i) drawn.push_back(task->next_batch().inputs);
  const auto sums = [](const at::Tensor& rows) { return std::get<0>(rows.to(at::kDouble).sum(1).sort()); };
  EXPECT_TRUE(at::allclose(sums(at::cat(drawn)), sums(task->pick(of_task).inputs)));
}

TEST_F(Sequence, JointTasksComeTogether) {
  const auto task = make(five(true), 200);
  EXPECT_EQ(classes_in(task->next_batch().labels).size(), 10u);
  task->advance_to(17);
  EXPECT_EQ(task->stage(), 2);
  EXPECT_EQ(classes_in(task->next_batch().labels).size(), 10u);
}

TEST_F(Sequence, MayComeFromSeveralDataSets) {
  SequenceParameters parameters = five();
  parameters.classes.tasks = 2;
  parameters.more_data = folder_.path.string() + "/";
  const auto task = make(parameters);
  EXPECT_EQ(task->outline().outputs, 20);
  EXPECT_EQ(task->outline().sequence[1].front(), 10);
  EXPECT_EQ(task->test_samples(), 100);
  task->advance_to(8);
  for (const std::int64_t c : classes_in(task->next_batch().labels)) EXPECT_GE(c, 10);
}

TEST_F(Sequence, RefusesABatchLargerThanATask) {
  const Problem found = test::problem_of([&] { make(five(), 41); });
  EXPECT_EQ(found.where, "task.batch_size");
  EXPECT_NE(found.allowed.find("up to 40"), std::string::npos) << found.allowed;
}

TEST_F(Sequence, AccuraciesAreThoseCountedOneByOne) {
  SequenceParameters parameters = five();
  parameters.classes.split = "overlapping";
  parameters.classes.tasks = 4;
  parameters.classes.classes_per_task = 4;
  const auto task = make(parameters);
  const Model model = model_of(*task);
  const SequenceAccuracy got = sequence_accuracy(model, *task, 2, 47);
  const at::NoGradGuard no_grad;
  const Samples tests = task->test(0, 47);
  const at::Tensor logits = model.forward(tests.inputs, {}).logits;
  const auto& tasks = task->outline().sequence;
  const auto largest = [&](std::int64_t sample, const std::set<int>& among) {
    int best = -1;
    for (const int c : among) {
      if (best < 0 || logits[sample][c].item<float>() > logits[sample][best].item<float>()) best = c;
    }
    return best;
  };
  const at::Tensor alpha = model.forward(tests.inputs, {}).routings[0].alpha.to(at::kDouble);
  std::set<int> seen(tasks[0].begin(), tasks[0].end());
  seen.insert(tasks[1].begin(), tasks[1].end());
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const std::set<int> own(tasks[t].begin(), tasks[t].end());
    double count = 0, told = 0, untold = 0;
    at::Tensor routed = at::zeros({alpha.size(1)}, at::kDouble);
    for (std::int64_t i = 0; i < 47; ++i) {
      const int label = static_cast<int>(tests.targets[i].item<std::int64_t>());
      if (!own.contains(label)) continue;
      count += 1;
      routed += alpha[i];
      told += largest(i, own) == label;
      untold += largest(i, seen) == label;
    }
    const auto at = static_cast<std::int64_t>(t);
    EXPECT_TRUE(at::allclose(got.routing[0].select(1, at), routed / count, 1e-9, 1e-12));
    EXPECT_DOUBLE_EQ(got.tasks.task_il[at].item<double>(), told / count);
    if (t < 2) {
      EXPECT_DOUBLE_EQ(got.tasks.class_il[at].item<double>(), untold / count);
    } else {
      EXPECT_TRUE(std::isnan(got.tasks.class_il[at].item<double>()));
    }
  }
}

// Of a class its accuracy is that among the classes of its task.
TEST_F(Sequence, AccuraciesOfClassesAreThoseOfTheirTasks) {
  const auto task = make(five());
  const SequenceAccuracy got = sequence_accuracy(model_of(*task), *task, 1, 50);  // five samples of each class
  for (std::int64_t t = 0; t < 5; ++t) {
    EXPECT_NEAR((got.classes[2 * t] + got.classes[2 * t + 1]).item<double>() / 2, got.tasks.task_il[t].item<double>(),
                1e-12);
  }
}

TEST_F(Sequence, LossesRangeOverTheClassesInForce) {
  const auto task = make(five());
  task->advance_to(16);
  const auto open = [&](const std::string& over) {
    const at::Tensor mask = outputs_in_force(*task, over, at::TensorOptions(at::kFloat));
    std::vector<int> made;
    for (int c = 0; c < 10; ++c) {
      if (mask[0][c].item<float>() == 0) made.push_back(c);
    }
    return made;
  };
  EXPECT_FALSE(outputs_in_force(*task, "all", at::TensorOptions(at::kFloat)).defined());
  EXPECT_EQ(open("seen"), (std::vector<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(open("task"), (std::vector<int>{4, 5}));
}

TEST(SequenceFormulas, AreThoseWorkedByHand) {
  const double nan = std::nan("");
  // Row t: after task t.
  const at::Tensor r = at::tensor({.9, .1, .2,  //
                                   .7, .8, .3,  //
                                   .6, .85, .5},
                                  at::kDouble)
                           .view({3, 3});
  EXPECT_DOUBLE_EQ(mean_accuracy(r, 0), .9);
  EXPECT_DOUBLE_EQ(mean_accuracy(r, 2), (.6 + .85 + .5) / 3);
  EXPECT_TRUE(std::isnan(backward_transfer(r, 0)));
  EXPECT_NEAR(backward_transfer(r, 1), -.2, 1e-15);
  EXPECT_NEAR(backward_transfer(r, 2), ((.6 - .9) + (.85 - .8)) / 2, 1e-15);
  EXPECT_TRUE(std::isnan(forgetting(r, 0)));
  EXPECT_NEAR(forgetting(r, 2), ((.9 - .6) + (.8 - .85)) / 2, 1e-15);  // a gain counts against what is lost
  at::Tensor late = r.clone();
  late[0][1] = nan;  // not measured
  EXPECT_NEAR(forgetting(late, 2), ((.9 - .6) + (.8 - .85)) / 2, 1e-15);
  late[0][1] = .95;  // better before it was learned than after
  EXPECT_NEAR(forgetting(late, 2), ((.9 - .6) + (.95 - .85)) / 2, 1e-15);
}

TEST_F(Sequence, FillsItsMatricesTaskByTask) {
  const auto engine = make_engine();
  const Description built = engine->build(preset());
  Record record;
  test::run(*engine, record, 0, 40, 40);
  const std::size_t matrix = test::index_of(built, "accuracy_matrix/task_il");
  std::vector<std::vector<float>> frames;
  for (const auto& entry : record.entries) {
    if (entry.metric == matrix) frames.push_back(entry.values);
  }
  ASSERT_EQ(frames.size(), 5u);
  for (std::size_t t = 0; t < 5; ++t) {
    for (std::size_t row = 0; row < 5; ++row) {
      for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(std::isnan(frames[t][row * 5 + i]), row > t) << t;
    }
  }
  const auto means = test::series(record, test::index_of(built, "accuracy/task_il"));
  ASSERT_EQ(means.size(), 5u);
  float sum = 0;
  for (std::size_t i = 0; i < 5; ++i) sum += frames[4][20 + i];
  EXPECT_NEAR(means[4], sum / 5, 1e-6);
  EXPECT_EQ(test::series(record, test::index_of(built, "forgetting/class_il")).size(), 4u);
  const auto stages = test::series(record, test::index_of(built, "task"));
  EXPECT_EQ(stages[7], 0);
  EXPECT_EQ(stages[8], 1);
  // Nothing of what comes later is told apart among the classes seen.
  EXPECT_EQ(test::series(record, test::index_of(built, "task_accuracy_class_il/task4")).size(), 2u);
}

TEST_F(Sequence, ARunThatGoesOnHasTheSame) {
  for (const bool joint : {false, true}) {
    const Preset made = preset({{"task.sequence.joint", joint}, {"model.head.kind", std::string("tiles")}});
    EXPECT_TRUE(test::resumed_run(made, 21, 40).entries == test::whole_run(made, 40).entries) << joint;
  }
}

}  // namespace
}  // namespace tessera
