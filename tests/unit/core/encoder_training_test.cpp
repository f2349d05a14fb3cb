// An encoder trained before a sequence of tasks: that it learns, that a cache changes nothing, and that features are
// computed once and are those of the images.
#include "core/learn/encoder_training.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "core/learn/features.h"
#include "core/learn/tensor_cache.h"
#include "core/tasks/sequence.h"
#include "tests/unit/core/resumed.h"
#include "tests/unit/core/small_sequence.h"
#include "tests/unit/data/idx_files.h"
#include "tests/unit/data/problem_of.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using test::Record;

class EncoderTraining : public testing::Test {
 protected:
  EncoderTraining() {
    test::write_data_set(folder_.path / "before", 300, 20);
    test::write_data_set(folder_.path / "tasks", 200, 50);
    fs::create_directories(cache_.path);
    setenv("XDG_CACHE_HOME", cache_.path.c_str(), 1);
  }
  ~EncoderTraining() override { unsetenv("XDG_CACHE_HOME"); }

  static Model make(std::int64_t seed) {
    ModelParts parts;
    parts.outline.width = 8;
    parts.outline.depth = 1;
    parts.outline.encoder = "mlp";
    parts.experts.resize(1);
    parts.live.routers.resize(1);
    parts.live.losses.resize(1);
    parts.live.subspaces.resize(1);
    return Model(parts, shape(), 10, seed, at::TensorOptions(at::kFloat));
  }
  static InputShape shape() {
    InputShape made;
    made.rows = 4;
    made.columns = 3;
    return made;
  }
  EncoderParameters parameters() const {
    EncoderParameters made;
    made.data_name = "mnist";
    made.data_path = (folder_.path / "before").string();
    made.steps = 60;
    return made;
  }
  static std::vector<at::Tensor> encoder_of(const Model& model) {
    std::vector<at::Tensor> copies;
    for (const Weight& weight : model.weights()) {
      if (weight.scope == Scope::encoder) copies.push_back(weight.value.detach().clone());
    }
    return copies;
  }
  std::vector<at::Tensor> trained(std::int64_t seed, const EncoderParameters& with) const {
    Model model = make(seed);
    train_encoder(model, shape(), "mlp", with, "cpu, 1 thread");
    return encoder_of(model);
  }
  static bool same(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!at::equal(a[i], b[i])) return false;
    }
    return a.size() == b.size();
  }
  std::size_t cached() const {
    std::error_code ignored;
    const fs::path folder = cache_.path / "tessera";
    if (!fs::exists(folder, ignored)) return 0;
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
  Preset preset(const std::map<std::string, Value>& changes) const {
    std::map<std::string, Value> values = {{"task.encoder.data.name", std::string("mnist")},
                                           {"task.encoder.data.path", (folder_.path / "before").string()},
                                           {"task.encoder.steps", std::int64_t{20}},
                                           {"model.depth", std::int64_t{0}},
                                           {"model.head.kind", std::string("tiles")},
                                           {"model.head.route_by_label", true},
                                           {"learn.weight_decay", 0.},
                                           {"learn.continual.freeze_experts", true}};
    for (const auto& [path, value] : changes) values[path] = value;
    return test::small_sequence(folder_.path / "tasks", values);
  }

  test::TemporaryFolder folder_, cache_;
};

TEST_F(EncoderTraining, IsTheSameForAllSeedsOfRunsAndFromTheCache) {
  const std::vector<at::Tensor> first = trained(1, parameters());
  EXPECT_FALSE(same(first, encoder_of(make(1))));
  EXPECT_EQ(cached(), 1u);
  EXPECT_TRUE(same(trained(2, parameters()), first));
  EXPECT_EQ(cached(), 1u);
  fs::remove_all(cache_.path / "tessera");
  EXPECT_TRUE(same(trained(3, parameters()), first));
  EncoderParameters other = parameters();
  other.seed = 2;
  EXPECT_FALSE(same(trained(1, other), first));
  EXPECT_EQ(cached(), 2u);
}

TEST_F(EncoderTraining, ADamagedOrUnwritableCacheIsNone) {
  const std::vector<at::Tensor> first = trained(1, parameters());
  const fs::path file = fs::directory_iterator(cache_.path / "tessera")->path();
  test::Bytes bytes = test::read_bytes(file);
  bytes[bytes.size() - 20] ^= 1;
  test::write_plain(file, bytes);
  EXPECT_TRUE(same(trained(1, parameters()), first));
  fs::resize_file(file, 100);
  EXPECT_TRUE(same(trained(1, parameters()), first));
  test::write_plain(folder_.path / "file", {1});
  setenv("XDG_CACHE_HOME", (folder_.path / "file").c_str(), 1);
  EXPECT_TRUE(same(trained(1, parameters()), first));
}

TEST_F(EncoderTraining, AnotherDataSetIsAnotherEncoder) {
  const std::vector<at::Tensor> first = trained(1, parameters());
  test::write_data_set(folder_.path / "before", 310, 20);
  EXPECT_FALSE(same(trained(1, parameters()), first));
}

TEST_F(EncoderTraining, RefusesImagesOfAnotherShape) {
  Model model = make(1);
  InputShape wide = shape();
  wide.columns = 4;
  const Problem found = test::problem_of([&] { train_encoder(model, wide, "mlp", parameters(), "cpu"); });
  EXPECT_EQ(found.where, "task.encoder.data.name");
  EXPECT_NE(found.allowed.find("1 x 4 x 4"), std::string::npos) << found.allowed;
  EncoderParameters missing = parameters();
  missing.data_path = "/no/such/folder";
  EXPECT_EQ(test::problem_of([&] { train_encoder(model, shape(), "mlp", missing, "cpu"); }).where,
            "task.encoder.data.path");
}

TEST_F(EncoderTraining, FeaturesStandForImages) {
  ClassificationParameters data;
  data.data_name = "mnist";
  data.data_path = (folder_.path / "tasks").string();
  SequenceTask task(data, {}, 10, 1, at::kCPU);
  const Samples images = task.pick({3, 7, 199}), tests = task.test(5, 9);
  const Model model = make(1);
  task.use_features([&](const at::Tensor& inputs) { return features_of(model, inputs); });
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(task.pick({3, 7, 199}).inputs, model.encode(images.inputs), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(task.test(5, 9).inputs, model.encode(tests.inputs), 1e-5, 1e-6));
  EXPECT_TRUE(at::equal(task.pick({3, 7, 199}).labels, images.labels));
  task.use_features({});
  EXPECT_TRUE(at::equal(task.pick({3, 7, 199}).inputs, images.inputs));
}

TEST_F(EncoderTraining, FeaturesFromTheCacheAreTheSame) {
  const Model model = make(1);
  auto generator = at::detail::createCPUGenerator(1);
  const at::Tensor inputs = at::randn({1203, 12}, generator);
  const at::Tensor plain = features_of(model, inputs);
  EXPECT_TRUE(at::equal(cached_features_of(model, inputs, "here"), plain));
  EXPECT_EQ(cached(), 1u);
  EXPECT_TRUE(at::equal(cached_features_of(model, inputs, "here"), plain));
  EXPECT_EQ(cached(), 1u);
  // Of other inputs, another order of them, other weights, another place: another entry.
  at::Tensor other = inputs.clone();
  other[1202][11] += 1e-6;
  EXPECT_TRUE(at::equal(cached_features_of(model, other, "here"), features_of(model, other)));
  EXPECT_EQ(cached(), 2u);
  other = inputs.flip(0);
  EXPECT_TRUE(at::equal(cached_features_of(model, other, "here"), features_of(model, other)));
  EXPECT_EQ(cached(), 3u);
  cached_features_of(make(2), inputs, "here");
  cached_features_of(model, inputs, "there");
  EXPECT_EQ(cached(), 5u);
}

// Nothing that a task's tile needs is touched by the others: told the task, nothing is forgotten, to the last sample.
TEST_F(EncoderTraining, TilesOnAStillEncoderForgetNothing) {
  for (const char* encoder : {"frozen", "frozen_after_first"}) {
    const auto engine = make_engine();
    const Description built = engine->build(preset({{"learn.continual.encoder", std::string(encoder)}}));
    Record record;
    test::run(*engine, record, 0, 40, 40);
    for (const char* figure : {"forgetting/task_il", "bwt/task_il"}) {
      EXPECT_EQ(test::series(record, test::index_of(built, figure)), std::vector<double>(4, 0.)) << encoder << figure;
    }
  }
}

TEST_F(EncoderTraining, ARunThatGoesOnHasTheSame) {
  for (const char* encoder : {"frozen", "frozen_after_first"}) {
    const Preset made = preset({{"learn.continual.encoder", std::string(encoder)}});
    const Record whole = test::whole_run(made, 40);
    for (const std::int64_t at : {5, 8, 19}) {
      EXPECT_TRUE(test::resumed_run(made, at, 40).entries == whole.entries) << encoder << " " << at;
    }
  }
}

}  // namespace
}  // namespace tessera
