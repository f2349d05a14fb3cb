// Conflict measured on probes against gradients of separate backward passes.
#include "core/learn/probes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "core/lab/problem.h"
#include "core/measure/formulas.h"
#include "core/tasks/classification.h"
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
    return ClassificationTask(parameters, 5, 1, at::kCPU);
  }
  static Model model(const std::string& head) {
    ModelParts parts;
    parts.outline.width = 8;
    parts.outline.depth = 2;
    parts.experts.resize(2);
    parts.experts[0].count = parts.experts[1].count = 3;
    parts.experts[0].hidden = parts.experts[1].hidden = 4;
    parts.head.kind = head;
    parts.tiles = {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}};
    parts.live.routers.resize(2);
    parts.live.losses.resize(2);
    InputShape shape;
    shape.rows = 4;
    shape.columns = 3;
    return Model(parts, shape, 10, 1, at::TensorOptions(at::kFloat));
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

    std::map<std::string, std::vector<at::Tensor>> rows;  // by what they are the gradient of, one a group
    for (const auto& group : groups) {
      std::vector<std::int64_t> indices;
      for (std::size_t i = 0; i < data.train_labels().size(); ++i) {
        if (std::count(group.begin(), group.end(), data.train_labels()[i]) > 0) {
          indices.push_back(static_cast<std::int64_t>(i));
        }
      }
      const Samples samples = data.pick(indices);
      for (const Weight& weight : net.weights()) weight.value.mutable_grad() = at::Tensor();
      net.forward(samples.inputs, samples.targets).task_loss.backward();
      std::map<std::string, std::vector<at::Tensor>> parts;
      for (const Weight& weight : net.weights()) {
        const at::Tensor flat = weight.value.grad().flatten();
        if (weight.name.starts_with("encoder.")) parts["encoder"].push_back(flat);
        for (const char* name : {"layer0.router", "layer1.router", "layer0.experts", "layer1.experts", "tiles"}) {
          if (weight.name.starts_with(std::string(name) + ".")) parts[name].push_back(flat);
        }
      }
      for (const auto& [name, of_name] : parts) rows[name].push_back(at::cat(of_name));
    }
    for (const Weight& weight : net.weights()) weight.value.mutable_grad() = at::Tensor();

    const auto expect = [&](const at::Tensor& gram, const std::string& name) {
      const at::Tensor wanted = gram_of(rows.at(name)).to(at::kDouble);
      EXPECT_TRUE(at::allclose(gram, wanted, 1e-4, 1e-6 * wanted.abs().max().item<double>())) << name;
    };
    expect(measured.encoder, "encoder");
    for (const std::size_t layer : {0, 1}) {
      expect(measured.routers[layer], "layer" + std::to_string(layer) + ".router");
      expect(measured.experts[layer], "layer" + std::to_string(layer) + ".experts");
    }
    if (std::string(head) == "tiles") expect(measured.experts[2], "tiles");
    EXPECT_EQ(measured.experts.size(), std::string(head) == "tiles" ? 3u : 2u);
  }
}

TEST_F(ProbesTest, MeasuringLeavesNoTrace) {
  const ClassificationTask data = task();
  const Model net = model("linear");
  std::vector<at::Tensor> before;
  for (const Weight& weight : net.weights()) before.push_back(weight.value.detach().clone());
  const Probes probes(data, {{0}, {1}}, 3, 1);
  const ConflictGrams first = probes.measure(net), second = probes.measure(net);
  EXPECT_TRUE(at::equal(first.encoder, second.encoder));
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(at::equal(net.weights()[i].value, before[i]));
    EXPECT_FALSE(net.weights()[i].value.grad().defined());
  }
}

TEST_F(ProbesTest, AnswersDriftWithTheTask) {
  ClassificationTask data = task(), drifted = task();
  const Model net = model("linear");
  const Probes probes(data, {{0}, {1}}, 3, 1);
  const at::Tensor before = probes.measure(net).encoder;
  data.drift = drifted.drift = 2;
  const at::Tensor after = probes.measure(net).encoder;
  EXPECT_FALSE(at::allclose(before, after));
  EXPECT_TRUE(at::equal(after, Probes(drifted, {{0}, {1}}, 3, 1).measure(net).encoder));
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
