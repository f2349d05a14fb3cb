// The language task and a whole experiment on it, on small texts made for it.
#include "core/tasks/language.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/engine.h"
#include "core/experiment.h"
#include "core/lab/checkpoint.h"
#include "core/lab/problem.h"
#include "core/learn/evaluation.h"
#include "tests/unit/core/record.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

using test::index_of;
using test::Record;
using test::series;

class LanguageTest : public testing::Test {
 protected:
  LanguageTest() {  // words of one letter case each, and a third text in bytes beyond ASCII
    std::string lower, upper, beyond;
    for (int i = 0; i < 400; ++i) {
      lower += "abc de ";
      upper += "XYZ 12\n";
      beyond += "\xC3\xA9\xC3\xA8\xC3\xA0 ";
    }
    for (const auto& [name, text] :
         {std::pair{"lower", lower}, std::pair{"upper", upper}, std::pair{"beyond", beyond}}) {
      test::write_plain(folder_.path / (std::string(name) + ".txt"), test::Bytes(text.begin(), text.end()));
    }
  }

  LanguageParameters parameters() const {
    LanguageParameters made;
    made.path = folder_.path.string();
    made.languages = "lower,upper,beyond";
    made.sequence_length = 10;
    made.validation = 0.1;
    return made;
  }
  Preset preset(const std::map<std::string, Value>& changes = {}) const {
    Preset made(experiment_parameters());
    std::map<std::string, Value> values = {{"task.kind", std::string("language")},
                                           {"task.text.path", folder_.path.string()},
                                           {"task.text.sequence_length", std::int64_t{10}},
                                           {"task.batch_size", std::int64_t{6}},
                                           {"run.device", std::string("cpu")},
                                           {"run.threads", std::int64_t{1}},
                                           {"model.width", std::int64_t{16}},
                                           {"model.depth", std::int64_t{2}},
                                           {"model.norm", std::string("layer_norm")},
                                           {"model.attention.heads", std::int64_t{2}},
                                           {"model.experts.count", std::int64_t{4}},
                                           {"model.experts.hidden", std::int64_t{8}},
                                           {"learn.rate", 0.01},
                                           {"measure.scalars_every", std::int64_t{3}},
                                           {"measure.matrices_every", std::int64_t{5}},
                                           {"measure.test_every", std::int64_t{7}},
                                           {"measure.test_samples", std::int64_t{20}},
                                           {"measure.conflict_every", std::int64_t{10}},
                                           {"measure.conflict_samples", std::int64_t{3}}};
    for (const auto& [path, value] : changes) values[path] = value;
    for (const auto& [path, value] : values) EXPECT_TRUE(made.parameters.set(path, value).empty()) << path;
    return made;
  }
  Record whole_run(const Preset& preset, std::int64_t steps) const {
    const auto engine = make_engine();
    engine->build(preset);
    Record record;
    test::run(*engine, record, 0, steps, steps);
    return record;
  }
  test::TemporaryFolder folder_;
};

TEST_F(LanguageTest, SamplesAreSequencesAndTheirNextBytes) {
  LanguageTask task(parameters(), 4, 1, at::kCPU);
  EXPECT_EQ(task.outline().classes, (std::vector<std::string>{"lower", "upper", "beyond"}));
  EXPECT_EQ(task.outline().outputs, 256);
  EXPECT_EQ(task.outline().vocabulary[65], "A");
  const Samples batch = task.next_batch();
  EXPECT_EQ(batch.inputs.sizes(), (std::vector<std::int64_t>{4, 10}));
  EXPECT_EQ(batch.targets.size(0), 40);
  EXPECT_TRUE(at::equal(batch.ids, batch.inputs.flatten()));
  const at::Tensor targets = batch.targets.view({4, 10});
  EXPECT_TRUE(at::equal(batch.inputs.slice(1, 1), targets.slice(1, 0, 9)));
  for (int t = 0; t < 40; ++t) {
    const auto byte = static_cast<std::uint8_t>(batch.ids[t].item<std::int64_t>());
    EXPECT_EQ(batch.token_labels[t].item<std::int64_t>(), character_class(byte));
    const auto label = batch.labels[t].item<std::int64_t>();
    EXPECT_TRUE(byte == ' ' || (byte >= 'a' && byte <= 'z' ? 0 : byte >= 0x80 ? 2 : 1) == label) << int(byte);
  }
}

TEST_F(LanguageTest, EverySequenceIsForOneOfTwoPurposes) {
  LanguageTask task(parameters(), 4, 1, at::kCPU);
  const auto all = static_cast<std::int64_t>(task.train_labels().size()) + task.test_samples();
  EXPECT_EQ(all, 2 * (400 * 7 / 11) + 400 * 7 / 11);
  EXPECT_EQ(task.test(0, 3).labels.view({3, 10}).select(1, 0).sum().item<std::int64_t>(), 0 + 1 + 2)
      << "they take turns";
  const LanguageTask other(parameters(), 4, 2, at::kCPU);
  EXPECT_TRUE(at::equal(task.test(0, 9).inputs, other.test(0, 9).inputs)) << "whatever the seed";
}

TEST_F(LanguageTest, Learns) {
  const auto engine = make_engine();
  const Description built = engine->build(preset());
  Record record;
  test::run(*engine, record, 0, 200, 200);
  const auto of = [&](const char* name) { return series(record, index_of(built, name)); };
  EXPECT_NEAR(of("loss/validation").front(), std::log(256), 0.5);
  EXPECT_LT(of("loss/validation").back(), 0.5);  // only where in a word a sequence starts can't be known
  EXPECT_GT(of("accuracy/test").back(), 0.8);
  EXPECT_EQ(of("max_vio_validation/layer1").size(), of("accuracy/test").size());
  EXPECT_EQ(of("saturation/layer0").size(), of("accuracy/test").size() - 1) << "the first has none before";
  EXPECT_GT(of("saturation/layer0").back(), 0.5);
  EXPECT_GT(of("vocabulary_specialisation/layer0").back(), 0.5);
  EXPECT_EQ(of("saturation_pairs/layer0").size(), 1u) << "at the end";
  for (std::size_t i = 0; i < built.metrics.size(); ++i) {  // matrices fit their axes
    if (built.metrics[i].rank != 2) continue;
    const auto rows = static_cast<int>(built.metrics[i].axes[0].labels.size());
    const auto columns = static_cast<int>(built.metrics[i].axes[1].labels.size());
    EXPECT_EQ(record.shapes.at(i), std::pair(rows, columns)) << built.metrics[i].name;
  }
  EXPECT_EQ(built.metrics[index_of(built, "routing/layer0")].axes[1].title, "language");
  EXPECT_EQ(built.metrics[index_of(built, "routing_by_character/layer0")].axes[1].labels, character_classes());
}

TEST_F(LanguageTest, SameSeedSameFiguresBitForBit) {
  const Record first = whole_run(preset(), 25);
  EXPECT_TRUE(first.entries == whole_run(preset(), 25).entries);
  const Preset two_threads = preset({{"run.threads", std::int64_t{2}}});
  EXPECT_TRUE(whole_run(two_threads, 25).entries == whole_run(two_threads, 25).entries);
  EXPECT_FALSE(first.entries == whole_run(preset({{"run.seed", std::int64_t{2}}}), 25).entries);
}

TEST_F(LanguageTest, GoesOnFromACheckpointBitForBit) {
  const Record whole = whole_run(preset(), 40);
  const auto first = make_engine(), second = make_engine();
  first->build(preset());
  Record record;
  test::run(*first, record, 0, 22, 40);
  Parts parts;
  first->save(parts);
  second->build(preset());
  Record elsewhere;
  test::run(*second, elsewhere, 0, 9);
  second->restore(parts);
  test::run(*second, record, 22, 40, 40);
  EXPECT_TRUE(record.entries == whole.entries);
}

TEST_F(LanguageTest, EvaluationIsThatOfOnePass) {
  const LanguageTask task(parameters(), 4, 1, at::kCPU);
  ModelParts parts;
  parts.outline.width = 8;
  parts.outline.depth = 1;
  parts.outline.heads = 1;
  parts.experts.resize(1);
  parts.live.routers.resize(1);
  parts.live.losses.resize(1);
  parts.live.losses[0].load_balance = 100;  // which is no part of it
  const Model model(parts, task.outline().inputs, 256, 1, at::kFloat);
  const Evaluator evaluator(task, 6);
  for (const bool all : {false, true}) {
    const Evaluation made = evaluator.evaluate(model, all);
    const Samples samples = task.test(0, all ? task.test_samples() : 6);
    const at::NoGradGuard no_grad;
    const ModelOutput output = model.forward(samples.inputs, {});
    EXPECT_NEAR(made.loss, at::cross_entropy_loss(output.logits, samples.targets).item<double>(), 1e-5);
    const at::Tensor hits = (output.logits.argmax(1) == samples.targets).to(at::kDouble);
    EXPECT_NEAR(made.accuracy, hits.mean().item<double>(), 1e-12);
    EXPECT_TRUE(at::equal(made.loads[0], (output.routings[0].alpha != 0).sum(0).to(at::kDouble)));
    EXPECT_EQ(made.choices[0].size(0), 60);
    EXPECT_TRUE(at::equal(made.choices[0], output.routings[0].alpha.slice(0, 0, 60))) << "the same tokens both times";
  }
  EXPECT_EQ(Evaluator(task, 0).probes().count(), 250) << "every third of 750";
}

TEST_F(LanguageTest, RefusesWhatDoesNotFit) {
  const auto refused = [&](const std::map<std::string, Value>& changes, const std::string& path) {
    try {
      make_engine()->build(preset(changes));
      ADD_FAILURE() << "no InputError for " << path;
    } catch (const InputError& error) {
      EXPECT_EQ(error.problems()[0].where, path);
    }
  };
  refused({{"model.attention.heads", std::int64_t{3}}}, "model.attention.heads");
  refused({{"model.head.kind", std::string("tiles")}}, "model.head.kind");
  refused({{"task.text.path", std::string("/no/such/folder")}}, "task.text.path");
  refused({{"task.text.languages", std::string("lower,latin")}}, "task.text.languages");
  refused({{"task.text.sequence_length", std::int64_t{4000}}}, "task.text.sequence_length");
  refused({{"task.batch_size", std::int64_t{4096}}}, "task.batch_size");
  refused({{"measure.groups", std::string("custom")}, {"measure.custom_groups", std::string("0|3")}},
          "measure.custom_groups");
}

}  // namespace
}  // namespace tessera
