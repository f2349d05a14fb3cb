// Conflict measured on probes against gradients of separate backward passes.
#include "core/learn/probes.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/lab/problem.h"
#include "core/measure/formulas.h"
#include "tests/unit/core/small_model.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

class ProbesTest : public testing::Test {
 protected:
  ProbesTest() { test::write_data_set(folder_.path, 60, 20); }

  ClassificationTask task(std::int64_t samples = 0) {
    ClassificationParameters parameters;
    parameters.data_name = "mnist";
    parameters.data_path = folder_.path.string();
    parameters.train_samples = samples;
    parameters.batch_size = 5;
    return ClassificationTask(parameters, 1, at::kCPU);
  }
  static Model model(const std::string& head) {
    ModelParts parts;
    parts.outline.width = 8;
    parts.outline.depth = 2;
    parts.experts.resize(2);
    parts.experts[0].count = parts.experts[1].count = 3;
    parts.experts[0].hidden = parts.experts[1].hidden = 4;
    parts.head.kind = head;
    parts.live.routers.resize(2);
    parts.live.losses.resize(2);
    return Model(parts, 4, 3, 10, 1, at::TensorOptions(at::kFloat));
  }

  test::TemporaryFolder folder_;
};

at::Tensor gram_of(const std::vector<at::Tensor>& rows) {
  const at::Tensor stacked = at::stack(rows).to(at::kDouble);
  return at::mm(stacked, stacked.t());
}

TEST_F(ProbesTest, ConflictIsThatOfSeparateBackwardPasses) {
  const ClassificationTask data = task();
  for (const char* head : {"linear", "tiles"}) {
    const Model net = model(head);
    const Groups groups = {{0, 1}, {2}, {3, 4, 5}};
    // As many probes as there are samples of a group: all of them, whatever the order.
    const ConflictGrams measured = Probes(data, groups, 1000, 1).measure(net);

    std::vector<at::Tensor> encoder, router, experts, both;
    for (const auto& group : groups) {
      std::vector<std::int64_t> indices;
      for (std::size_t i = 0; i < data.train_labels().size(); ++i) {
        if (std::count(group.begin(), group.end(), data.train_labels()[i]) > 0) {
          indices.push_back(static_cast<std::int64_t>(i));
        }
      }
      const Samples samples = data.pick(indices);
      for (const Weight& weight : net.weights()) weight.value.mutable_grad() = at::Tensor();
      net.forward(samples.pixels, samples.labels).task_loss.backward();
      std::vector<at::Tensor> of_encoder, of_router, of_experts;
      for (const Weight& weight : net.weights()) {
        const at::Tensor flat = weight.value.grad().flatten();
        if (weight.scope == Scope::encoder) of_encoder.push_back(flat);
        if (weight.name == "layer1.router.weight") of_router.push_back(flat);
        if (weight.name.starts_with("layer1.experts")) of_experts.push_back(flat);
      }
      encoder.push_back(at::cat(of_encoder));
      router.push_back(at::cat(of_router));
      experts.push_back(at::cat(of_experts));
      both.push_back(at::cat({router.back(), experts.back()}));
    }
    for (const Weight& weight : net.weights()) weight.value.mutable_grad() = at::Tensor();

    const auto same = [](const at::Tensor& gram, const std::vector<at::Tensor>& rows) {
      return at::allclose(cosines(gram), cosines(gram_of(rows)), 1e-4, 1e-5);
    };
    EXPECT_TRUE(same(measured.encoder, encoder));
    EXPECT_TRUE(same(measured.routers[1], router));
    EXPECT_TRUE(same(measured.experts[1], experts));
    EXPECT_TRUE(same(measured.routers[1] + measured.experts[1], both));
    EXPECT_EQ(measured.experts.size(), std::string(head) == "tiles" ? 3u : 2u);
  }
}

TEST_F(ProbesTest, MeasuringLeavesNoTrace) {
  const ClassificationTask data = task();
  const Model net = model("linear");
  std::vector<at::Tensor> before;
  for (const Weight& weight : net.weights()) before.push_back(weight.value.detach().clone());
  const auto order = data.sampler.state();
  const Probes probes(data, {{0}, {1}}, 3, 1);
  const ConflictGrams first = probes.measure(net), second = probes.measure(net);
  EXPECT_TRUE(at::equal(first.encoder, second.encoder));
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(at::equal(net.weights()[i].value, before[i]));
    EXPECT_FALSE(net.weights()[i].value.grad().defined());
  }
  EXPECT_EQ(data.sampler.state().random, order.random);
  EXPECT_EQ(data.sampler.state().position, order.position);
}

TEST_F(ProbesTest, RefuseAGroupWithoutSamples) {
  const ClassificationTask few = task(7);  // classes 0 to 6
  EXPECT_NO_THROW(Probes(few, {{0}, {6, 9}}, 3, 1));
  try {
    const Probes probes(few, {{0}, {7, 8}}, 3, 1);
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    EXPECT_EQ(error.problems()[0].where, "measure.groups");
    EXPECT_NE(error.problems()[0].found.find("7-8"), std::string::npos);
  }
}

}  // namespace
}  // namespace tessera
