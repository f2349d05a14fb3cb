// Several tasks at once: their samples and answers, outputs of their own, drift, testing apart and with the task
// withheld, and gradients combined.
#include "core/tasks/multitask.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "core/learn/evaluation.h"
#include "core/learn/gradients.h"
#include "core/learn/learner.h"
#include "tests/unit/data/idx_files.h"
#include "tests/unit/data/problem_of.h"

namespace tessera {
namespace {

class Multitask : public testing::Test {
 protected:
  Multitask() {
    test::write_data_set(folder_.path / "mnist", 60, 20);
    test::write_data_set(folder_.path / "kmnist", 50, 30);
    setenv("TESSERA_DATA", folder_.path.c_str(), 1);
  }
  ~Multitask() override { unsetenv("TESSERA_DATA"); }

  static std::unique_ptr<MultitaskTask> make(const std::string& tasks = "mnist, kmnist parity, mnist >= 5",
                                             std::int64_t batch = 6) {
    MultitaskParameters parameters;
    parameters.tasks = tasks;
    return std::make_unique<MultitaskTask>(parameters, batch, 1, at::kCPU);
  }
  static Model model_of(const Task& task, bool told, const std::string& logits = "linear") {
    ModelParts parts;
    parts.outline.width = 8;
    parts.outline.depth = 1;
    parts.outline.task_embedding = told;
    parts.experts.resize(1);
    parts.experts[0].hidden = 6;
    parts.live.routers.resize(1);
    parts.live.routers[0].selection = "dense";
    parts.live.routers[0].logits.kind = logits;
    parts.live.losses.resize(1);
    parts.live.losses[0].load_balance = logits == "hash" ? 1 : 0;
    parts.live.subspaces.resize(1);
    parts.tasks = task.outline().tasks;
    parts.task_outputs = task.outline().task_outputs;
    return Model(parts, task.outline().inputs, task.outline().outputs, 1, at::TensorOptions(at::kFloat));
  }

  test::TemporaryFolder folder_;
};

TEST_F(Multitask, AsksEachTaskOfItsData) {
  const auto task = make();
  const TaskOutline& outline = task->outline();
  EXPECT_EQ(outline.tasks, 3);
  EXPECT_EQ(outline.outputs, 14);
  EXPECT_EQ(outline.task_outputs, (std::vector<std::pair<int, int>>{{0, 10}, {10, 12}, {12, 14}}));
  EXPECT_EQ(outline.classes, (std::vector<std::string>{"mnist", "kmnist parity", "mnist >= 5"}));
  EXPECT_EQ(task->train_labels().size(), 150u);  // as many of each as the smaller data set has
  EXPECT_EQ(task->test_samples(), 60);
  // Image i is of class i % 10. Samples 3 i, 3 i + 1, 3 i + 2 are image i in each task.
  const Samples some = task->pick({0, 1, 2, 9, 10, 11, 21, 22, 23});
  EXPECT_TRUE(at::equal(some.targets, at::tensor({0, 10, 12, 3, 11, 12, 7, 11, 13}, at::kLong)));
  EXPECT_TRUE(at::equal(task->tasks_of(some), at::tensor({0, 1, 2, 0, 1, 2, 0, 1, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(some.inputs[0], some.inputs[2]));  // one image, two questions
  EXPECT_TRUE(at::equal(task->test(0, 60).targets.slice(0, 3, 6), at::tensor({1, 11, 12}, at::kLong)));
}

TEST_F(Multitask, DriftMovesAnswersWithinTheirTask) {
  const auto task = make();
  task->drift = 1;
  EXPECT_TRUE(at::equal(task->pick({0, 1, 2, 27, 28, 29}).targets, at::tensor({1, 11, 13, 0, 10, 12}, at::kLong)));
  EXPECT_TRUE(at::equal(task->test(27, 30).targets, at::tensor({0, 10, 12}, at::kLong)));
}

TEST_F(Multitask, SaysWhatIsMissing) {
  const Problem missing = test::problem_of([] { make("mnist, fashion-mnist"); });
  std::error_code ignored;
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist", ignored)) {
    EXPECT_EQ(missing.where, "task.multitask.tasks");
  } else {  // it is there, and its images have another size
    EXPECT_EQ(missing.allowed, "data sets with images of one size");
  }
  std::filesystem::remove_all(folder_.path / "kmnist");
  const Problem gone = test::problem_of([] { make(); });
  EXPECT_EQ(gone.where, "task.multitask.tasks");
  EXPECT_NE(gone.found.find("kmnist"), std::string::npos);
  EXPECT_NE(gone.allowed.find("TESSERA_DATA"), std::string::npos);
  for (const char* part : {"train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"}) {
    test::write_data_set(folder_.path / "kmnist", 50, 30);
    const auto file = folder_.path / "kmnist" / (std::string(part) + ".gz");
    ASSERT_TRUE(std::filesystem::exists(file)) << file;
    std::filesystem::resize_file(file, 10);
    const Problem damaged = test::problem_of([] { make(); });
    EXPECT_EQ(damaged.where, "task.multitask.tasks");
    EXPECT_NE(damaged.found.find(part), std::string::npos) << damaged.found;
    EXPECT_EQ(damaged.allowed.find("task.data"), std::string::npos) << damaged.allowed;
  }
  test::write_data_set(folder_.path / "kmnist", 50, 30);
  MultitaskParameters many;
  many.tasks = "mnist, mnist parity";
  many.samples = 61;
  EXPECT_EQ(test::problem_of([&] { MultitaskTask(many, 4, 1, at::kCPU); }).where, "task.multitask.samples");
}

TEST_F(Multitask, OutputsOfOtherTasksAreNeverAnswered) {
  const auto task = make();
  const Model model = model_of(*task, true);
  const Samples samples = task->pick({0, 1, 2, 3});
  const ModelOutput output = model.forward(samples.inputs, samples.targets, {.tasks = task->tasks_of(samples)});
  const at::Tensor possible = output.logits.isfinite().sum(1);
  EXPECT_TRUE(at::equal(possible, at::tensor({10, 2, 2, 10}, at::kLong)));
  // The loss is the cross entropy among the task's own.
  double expected = 0;
  for (int i = 0; i < 4; ++i) {
    const auto [first, end] = task->outline().task_outputs[static_cast<std::size_t>(i % 3)];
    const at::Tensor own = output.logits[i].slice(0, first, end);
    expected -= own.log_softmax(0)[samples.targets[i].item<std::int64_t>() - first].item<double>() / 4;
  }
  EXPECT_NEAR(output.task_loss.item<double>(), expected, 1e-6);
}

TEST_F(Multitask, TestsEachTaskAndWithTheTaskWithheld) {
  const auto task = make();
  for (const bool told : {true, false}) {
    const Model model = model_of(*task, told);
    const Evaluation made = Evaluator(*task, 0).evaluate(model, true);
    const Samples all = task->test(0, 60);
    PassKind pass{.tasks = task->tasks_of(all)};
    const at::NoGradGuard no_grad;
    const at::Tensor right = model.forward(all.inputs, {}, pass).logits.argmax(1) == all.targets;
    ASSERT_EQ(made.task_accuracy.size(), 3u);
    for (std::int64_t t = 0; t < 3; ++t) {
      const double expected = right.slice(0, t, 60, 3).to(at::kDouble).mean().item<double>();
      EXPECT_DOUBLE_EQ(made.task_accuracy[static_cast<std::size_t>(t)], expected);
    }
    EXPECT_DOUBLE_EQ(made.accuracy, right.to(at::kDouble).mean().item<double>());
    pass.blind = true;
    const at::Tensor blind = model.forward(all.inputs, {}, pass).logits;
    EXPECT_EQ(at::equal(blind, model.forward(all.inputs, {}, {.tasks = pass.tasks}).logits), !told);
    ASSERT_TRUE(made.blind.has_value());
    EXPECT_DOUBLE_EQ(*made.blind, (blind.argmax(1) == all.targets).to(at::kDouble).mean().item<double>());
  }
}

TEST_F(Multitask, TestsLeaveOutWhatIsHeldOut) {
  const auto task = make();
  const Model model = model_of(*task, true);
  const Evaluation made = Evaluator(*task, 0, 21).evaluate(model, true, 21);
  const at::NoGradGuard no_grad;
  const Samples some = task->test(0, 39);
  const at::Tensor logits = model.forward(some.inputs, {}, {.tasks = task->tasks_of(some)}).logits;
  EXPECT_NEAR(made.loss, at::cross_entropy_loss(logits, some.targets).item<double>(), 1e-6);
  EXPECT_NEAR(test_loss(model, *task, 0, 39), made.loss, 1e-12);
  const Evaluator of_half(*task, 0, 30);
  EXPECT_EQ(of_half.evaluate(model, true, 30).choices[0].size(0), of_half.probes().count());
  EXPECT_EQ(of_half.evaluate(model, true, 2).choices[0].size(0), of_half.probes().count());
}

std::vector<at::Tensor> values(const Model& model) {
  std::vector<at::Tensor> made;
  for (const Weight& weight : model.weights()) made.push_back(weight.value);
  return made;
}

// Its router losses are figures without a gradient.
TEST_F(Multitask, CombinesGradientsBehindAHash) {
  const auto task = make();
  Model model = model_of(*task, false, "hash");
  LearnParameters parameters;
  parameters.combine = "mean";
  Learner learner(model, *task, parameters, {}, 1);
  const StepResult result = learner.step();
  EXPECT_GT(result.output.router_losses.sum().item<double>(), 0);
}

// A step with PCGrad is one of AdamW along the gradients of two separate passes, projected as the paper has it.
TEST_F(Multitask, CombinesTheGradientsOfSeparatePasses) {
  const auto task = make("mnist, mnist >= 5"), same = make("mnist, mnist >= 5");
  Model learning = model_of(*task, true), apart = model_of(*task, true);
  LearnParameters parameters;
  parameters.combine = "pcgrad";
  Learner learner(learning, *task, parameters, {}, 1);
  AdamW optimiser(values(apart));
  const auto flat = [](const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor& t : tensors) parts.push_back(t.flatten());
    return at::cat(parts);
  };
  int conflicts = 0;
  for (int step = 0; step < 5; ++step) {
    learner.step();
    const Samples batch = same->next_batch();
    std::vector<std::vector<at::Tensor>> of_task;
    for (std::int64_t t = 0; t < 2; ++t) {
      const at::Tensor own = (batch.labels == t).nonzero().flatten();
      if (own.size(0) == 0) continue;
      const PassKind pass{true, 0, batch.labels.index_select(0, own)};
      const at::Tensor loss =
          apart.forward(batch.inputs.index_select(0, own), batch.targets.index_select(0, own), pass).task_loss;
      of_task.push_back(gradients_of(loss, values(apart)));
    }
    std::vector<at::Tensor> combined = of_task[0];
    if (of_task.size() == 2) {
      const at::Tensor a = flat(of_task[0]), b = flat(of_task[1]);
      const double dot = a.dot(b).item<double>();
      const bool opposed = dot < 0;
      conflicts += opposed;
      const double off_a = opposed ? dot / b.square().sum().item<double>() : 0,
                   off_b = opposed ? dot / a.square().sum().item<double>() : 0;
      for (std::size_t w = 0; w < combined.size(); ++w) {
        combined[w] = ((of_task[0][w] - off_a * of_task[1][w]) + (of_task[1][w] - off_b * of_task[0][w])) / 2;
      }
    }
    optimiser.step(combined, parameters);
    EXPECT_TRUE(at::allclose(flat(values(learning)), flat(values(apart)), 1e-4, 1e-5)) << step;
  }
  EXPECT_GT(conflicts, 0);
}

}  // namespace
}  // namespace tessera
