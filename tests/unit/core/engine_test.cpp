// The real engine, as a session drives it, on a small data set made for it.
#include "core/engine.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>

#include "core/experiment.h"
#include "core/lab/build_info.h"
#include "core/lab/checkpoint.h"
#include "core/lab/preset.h"
#include "core/lab/problem.h"
#include "core/moe/router_parameters.h"
#include "tests/unit/core/record.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

using test::Record;

class EngineTest : public testing::Test {
 protected:
  EngineTest() { test::write_data_set(folder_.path, 200, 50); }

  Preset preset(const std::map<std::string, Value>& changes = {}) {
    Preset made(experiment_parameters());
    set(made, {{"task.data.name", std::string("mnist")},
               {"task.data.path", folder_.path.string()},
               {"task.batch_size", std::int64_t{16}},
               {"run.device", std::string("cpu")},
               {"run.threads", std::int64_t{1}},
               {"model.width", std::int64_t{16}},
               {"model.depth", std::int64_t{2}},
               {"model.experts.count", std::int64_t{4}},
               {"model.experts.hidden", std::int64_t{8}},
               {"measure.scalars_every", std::int64_t{3}},
               {"measure.matrices_every", std::int64_t{5}},
               {"measure.test_every", std::int64_t{7}},
               {"measure.test_samples", std::int64_t{20}},
               {"measure.conflict_every", std::int64_t{10}},
               {"measure.conflict_samples", std::int64_t{4}}});
    set(made, changes);
    return made;
  }
  static void set(Preset& preset, const std::map<std::string, Value>& changes) {
    for (const auto& [path, value] : changes) {
      const auto problems = preset.parameters.set(path, value);
      ASSERT_TRUE(problems.empty()) << problems[0].text();
    }
  }
  static void run(Engine& engine, Record& record, std::int64_t from, std::int64_t to, std::int64_t end = 1000) {
    test::run(engine, record, from, to, end);
  }
  Record run(const Preset& preset, std::int64_t steps) {
    const auto engine = make_engine();
    engine->build(preset);
    Record record;
    run(*engine, record, 0, steps);
    return record;
  }
  static std::size_t index_of(const Description& description, const std::string& name) {
    return test::index_of(description, name);
  }
  static std::vector<double> series(const Record& record, std::size_t metric) { return test::series(record, metric); }

  test::TemporaryFolder folder_;
};

TEST_F(EngineTest, DescribesWhatItBuilt) {
  const auto engine = make_engine();
  const Description built = engine->build(preset({{"model.head.kind", std::string("tiles")},
                                                  {"model.head.tiles.count", std::int64_t{3}},
                                                  {"measure.groups", std::string("halves")},
                                                  {"model.layer1.experts.count", std::int64_t{6}}}));
  EXPECT_EQ(built.layers, 3);
  EXPECT_EQ(built.layer_names, (std::vector<std::string>{"layer 0", "layer 1", "tiles"}));
  EXPECT_EQ(built.experts, (std::vector<int>{4, 6, 3}));
  EXPECT_EQ(built.tiles, (std::vector<std::vector<int>>{{0, 1, 2}, {3, 4, 5}, {6, 7, 8, 9}}));
  EXPECT_EQ(built.groups, (std::vector<std::string>{"0-4", "5-9"}));
  EXPECT_EQ(built.classes.size(), 10u);
  EXPECT_EQ(built.device, "cpu, 1 thread");
  EXPECT_GT(engine->memory_bytes(), 1'000'000u);
}

TEST_F(EngineTest, MetricsAreDeclaredOnceAndWhole) {
  const auto engine = make_engine();
  const Description built = engine->build(preset({{"model.head.kind", std::string("tiles")}}));
  std::set<std::string> names;
  for (const MetricSpec& spec : built.metrics) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_FALSE(spec.family.empty() || spec.title.empty() || spec.definition.empty() || spec.formula.empty())
        << spec.name;
    EXPECT_TRUE(spec.rank == 0 || !spec.axes[0].labels.empty()) << spec.name;
    EXPECT_LT(spec.layer, built.layers);
  }
  for (const char* name :
       {"loss/total", "loss/task", "loss/alpha_entropy", "loss/load_balance", "loss/z_loss", "accuracy/train",
        "accuracy/test", "alpha_entropy/layer0", "alpha_entropy/layer1", "load_cv/layer1", "max_vio/layer0",
        "dead_experts/layer0", "overlap/layer1", "overlap/tiles", "conflict_rate/layer0", "conflict_rate/encoder"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
}

TEST_F(EngineTest, SoftmaxCouplesItsScoresAndSigmoidOnlyWhatIsNormalised) {
  const auto coupled = [&](const std::string& score, const std::string& normalise, const std::string& metric) {
    const auto engine = make_engine();
    const Description built =
        engine->build(preset({{"model.router.score", score}, {"model.router.normalise", normalise}}));
    Record record;
    run(*engine, record, 0, 6);
    return series(record, index_of(built, metric)).at(0);
  };
  EXPECT_NEAR(coupled("softmax", "none", "score_coupling/layer1"), .5, 1e-5);
  EXPECT_EQ(coupled("sigmoid", "none", "score_coupling/layer1"), 0);
  EXPECT_EQ(coupled("sigmoid", "none", "weight_coupling/layer1"), 0);
  EXPECT_NEAR(coupled("sigmoid", "sum", "weight_coupling/layer0"), .5, 1e-5) << "two weights of a fixed sum";
}

TEST_F(EngineTest, WritesWhatIsDueAndAllOfItInTheEnd) {
  const auto engine = make_engine();
  const Description built = engine->build(preset());
  Record record;
  run(*engine, record, 0, 12, 12);
  const auto steps = [&](const std::string& name) {
    std::vector<std::int64_t> all;
    for (const auto& entry : record.entries) {
      if (entry.metric == index_of(built, name)) all.push_back(entry.step);
    }
    return all;
  };
  using Steps = std::vector<std::int64_t>;
  EXPECT_EQ(steps("loss/total"), (Steps{0, 3, 6, 9, 11}));
  EXPECT_EQ(steps("accuracy/train"), (Steps{0, 3, 6, 9, 11}));
  EXPECT_EQ(steps("overlap_pairs/layer1"), (Steps{0, 5, 10, 11}));
  EXPECT_EQ(steps("accuracy/test"), (Steps{0, 7, 11}));
  EXPECT_EQ(steps("conflict_experts/layer0"), (Steps{0, 10, 11}));
  EXPECT_EQ(steps("loss/z_loss"), Steps{}) << "off, so it has no part in the loss";
  for (std::size_t i = 0; i < built.metrics.size(); ++i) {  // matrices fit their axes
    if (built.metrics[i].rank != 2) continue;
    const auto rows = static_cast<int>(built.metrics[i].axes[0].labels.size());
    const auto columns = static_cast<int>(built.metrics[i].axes[1].labels.size());
    EXPECT_EQ(record.shapes.at(i), std::pair(rows, columns)) << built.metrics[i].name;
  }
}

TEST_F(EngineTest, IntervalsOfZeroMeanOnlyTheEnd) {
  const auto engine = make_engine();
  const Description built = engine->build(preset({{"measure.scalars_every", std::int64_t{0}},
                                                  {"measure.matrices_every", std::int64_t{0}},
                                                  {"measure.test_every", std::int64_t{0}},
                                                  {"measure.conflict_every", std::int64_t{0}}}));
  Record record;
  run(*engine, record, 0, 4, 5);
  EXPECT_TRUE(record.entries.empty());
  run(*engine, record, 4, 5, 5);
  EXPECT_GT(record.entries.size(), built.metrics.size() / 2);
}

TEST_F(EngineTest, Learns) {
  const auto engine = make_engine();
  const Description built = engine->build(preset({{"learn.rate", 0.01}}));
  Record record;
  run(*engine, record, 0, 150, 150);
  EXPECT_GT(series(record, index_of(built, "accuracy/test")).back(), 0.9);
  EXPECT_LT(series(record, index_of(built, "loss/task")).back(), 0.5);
}

TEST_F(EngineTest, LossIsTheSumOfItsParts) {
  const auto engine = make_engine();
  const Description built = engine->build(preset({{"model.losses.alpha_entropy", -0.5}, {"model.losses.z_loss", 0.1}}));
  Record record;
  run(*engine, record, 0, 10);
  const auto part = [&](const char* name) { return series(record, index_of(built, std::string("loss/") + name)); };
  const auto total = part("total");
  ASSERT_EQ(total.size(), 4u);
  for (std::size_t i = 0; i < total.size(); ++i) {
    const double sum = part("task")[i] + part("alpha_entropy")[i] + part("load_balance")[i] + part("z_loss")[i];
    EXPECT_NEAR(total[i], sum, 1e-5);
    EXPECT_LT(part("alpha_entropy")[i], 0);
  }
}

TEST_F(EngineTest, SameSeedSameFiguresBitForBit) {
  const Record first = run(preset(), 25), again = run(preset(), 25);
  EXPECT_TRUE(first.entries == again.entries);
  EXPECT_FALSE(first.entries == run(preset({{"run.seed", std::int64_t{2}}}), 25).entries);
}

TEST_F(EngineTest, ExperimentsInOneProcessDoNotDisturbEachOther) {
  const Preset one = preset(), other = preset({{"run.seed", std::int64_t{9}},
                                               {"run.threads", std::int64_t{2}},
                                               {"model.encoder.kind", std::string("conv")}});
  const Record alone = run(one, 25);
  const auto a = make_engine(), b = make_engine();
  a->build(one);
  Record record, ignored;
  for (std::int64_t step = 0; step < 25; ++step) {
    if (step == 3) b->build(other);
    if (step > 3) run(*b, ignored, step, step + 1);
    at::manual_seed(static_cast<std::uint64_t>(step));
    run(*a, record, step, step + 1);
  }
  EXPECT_TRUE(record.entries == alone.entries);
}

TEST_F(EngineTest, MeasuringChangesNoTraining) {
  const auto loss_at = [&](const Preset& preset) {
    const auto engine = make_engine();
    const Description built = engine->build(preset);
    Record record;
    run(*engine, record, 0, 20, 20);
    return series(record, index_of(built, "loss/total")).back();
  };
  EXPECT_EQ(loss_at(preset()), loss_at(preset({{"measure.scalars_every", std::int64_t{1}},
                                               {"measure.matrices_every", std::int64_t{1}},
                                               {"measure.test_every", std::int64_t{1}},
                                               {"measure.conflict_every", std::int64_t{1}},
                                               {"measure.groups", std::string("parity")}})));
}

TEST_F(EngineTest, GoesOnFromACheckpointBitForBit) {
  const auto text = [](const char* value) { return std::string(value); };
  const std::vector<std::map<std::string, Value>> kinds = {
      {{"model.head.kind", text("linear")}, {"learn.clip", 1.0}},
      {{"model.head.kind", text("tiles")}, {"learn.clip", 1.0}},
      {{"task.kind", text("interference")},
       {"task.samples", std::int64_t{60}},
       {"model.experts.kind", text("subspace")},
       {"model.subspaces.backbone", std::int64_t{32}},
       {"model.subspaces.picking", text("gumbel")},
       {"model.router.task.ratio", 0.5},
       {"learn.combine", text("pcgrad")},
       {"learn.regulator.kind", text("thompson")},
       {"learn.regulator.every", std::int64_t{4}},
       {"learn.regulator.samples", std::int64_t{16}}},
      {{"model.experts.kind", text("block_sparse")}, {"model.experts.blocks.size", std::int64_t{8}}},
      {{"model.experts.kind", text("lora")}, {"model.experts.lora.rank", std::int64_t{2}}}};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const Preset made = preset(kinds[kind]);
    const Record whole = run(made, 40);
    const auto first = make_engine(), second = make_engine();
    first->build(made);
    Record record;
    run(*first, record, 0, 22);  // in the middle of windows and of an epoch
    Parts parts;
    first->save(parts);
    second->build(made);
    run(*second, record, 22, 22);
    Record elsewhere;
    run(*second, elsewhere, 0, 4);  // whatever it did before is gone after the restore
    second->restore(parts);
    run(*second, record, 22, 40);
    EXPECT_TRUE(record.entries == whole.entries) << kind;
  }
}

// Where a decision is due just then, its reward is of what was in force before.
TEST_F(EngineTest, ARegulatorGoesOnFromADecisionBitForBit) {
  const Preset made = preset({{"task.kind", std::string("interference")},
                              {"task.samples", std::int64_t{60}},
                              {"model.experts.kind", std::string("subspace")},
                              {"model.subspaces.backbone", std::int64_t{32}},
                              {"learn.regulator.kind", std::string("thompson")},
                              {"learn.regulator.every", std::int64_t{4}},
                              {"learn.regulator.samples", std::int64_t{16}}});
  const Record whole = run(made, 40);
  for (const std::int64_t at : {8, 12, 24}) {
    const auto first = make_engine(), second = make_engine(), set = make_engine();
    first->build(made);
    set->build(made);
    Record resumed, unchanged;
    run(*first, resumed, 0, at);
    Parts parts;
    first->save(parts);
    second->build(made);
    second->apply(made.parameters);
    second->restore(parts);
    run(*second, resumed, at, 40);
    EXPECT_TRUE(resumed.entries == whole.entries) << at;
    run(*set, unchanged, 0, at);
    set->apply(made.parameters);  // nothing is another value
    run(*set, unchanged, at, 40);
    EXPECT_TRUE(unchanged.entries == whole.entries) << at;
  }
}

TEST_F(EngineTest, ADamagedCheckpointChangesNothing) {
  const auto engine = make_engine();
  engine->build(preset());
  Record record;
  run(*engine, record, 0, 5);
  Parts good;
  engine->save(good);

  for (const auto& [damaged, bytes] : good.all()) {
    for (const int kind : {0, 1, 2, 3}) {
      Parts bad;
      for (const auto& [name, whole] : good.all()) {
        std::vector<std::byte> part = whole;
        if (name == damaged) {
          if (kind == 0) continue;                         // missing
          if (kind == 1) part.pop_back();                  // short
          if (kind == 2) part.assign(7, std::byte{0x5a});  // nonsense
          if (kind == 3) part.push_back(std::byte{0});     // long
        }
        bad.write(name, part);
      }
      EXPECT_THROW(engine->restore(bad), InputError) << damaged << " " << kind;
    }
  }
  const auto other = make_engine();
  other->build(preset({{"model.width", std::int64_t{32}}}));
  EXPECT_THROW(other->restore(good), InputError) << "another experiment's";

  run(*engine, record, 5, 25);
  EXPECT_TRUE(record.entries == run(preset(), 25).entries);
}

TEST_F(EngineTest, LiveParametersActAtTheNextStep) {
  const auto engine = make_engine();
  Preset changed = preset();
  const Description built = engine->build(changed);
  Record record;
  run(*engine, record, 0, 4);
  set(changed, {{"model.router.temperature", 10.0},
                {"model.layer1.router.selection", std::string("dense")},
                {"learn.rate", 2e-3}});
  engine->apply(changed.parameters);
  run(*engine, record, 4, 7);
  EXPECT_EQ(series(record, index_of(built, "temperature/layer0")), (std::vector<double>{1, 1, 10}));
  EXPECT_EQ(series(record, index_of(built, "rate")), (std::vector<double>{1e-3, 1e-3, 2e-3}));
  // Flat scores of two chosen, and of four.
  EXPECT_NEAR(series(record, index_of(built, "alpha_entropy/layer0")).back(), std::log(2), 0.02);
  EXPECT_GT(series(record, index_of(built, "alpha_entropy/layer1")).back(), std::log(3));
}

TEST_F(EngineTest, DriftOfThePresetActsFromTheStart) {
  const Preset drifting = preset({{"task.drift", std::int64_t{3}}});
  const auto engine = make_engine();
  engine->build(preset());
  engine->apply(drifting.parameters);
  Record record;
  run(*engine, record, 0, 12);
  EXPECT_TRUE(run(drifting, 12).entries == record.entries);
  EXPECT_FALSE(run(preset(), 12).entries == record.entries);
}

// The last point's window is that since the point before the last regular one, not the few steps that are left over.
TEST_F(EngineTest, TheLastPointIsOfAWholeWindow) {
  const auto loads = [&](std::int64_t steps, std::int64_t every) {
    const auto engine = make_engine();
    const Description built = engine->build(
        preset({{"run.steps", steps}, {"measure.scalars_every", every}, {"measure.matrices_every", every}}));
    Record record;
    run(*engine, record, 0, steps, steps);
    return std::make_pair(series(record, index_of(built, "accuracy/train")).back(),
                          series(record, index_of(built, "load_cv/layer0")).back());
  };
  // Points at 0, 5, 10, 15 and at the end, 16: that of steps 11 to 16; all of it without regular points.
  const auto last = loads(17, 5), alone = loads(17, 0);
  EXPECT_NE(last, alone);
  // By brute force: points at every step count one batch each.
  const auto engine = make_engine();
  const Description built =
      engine->build(preset({{"run.steps", std::int64_t{17}}, {"measure.scalars_every", std::int64_t{1}}}));
  Record record;
  run(*engine, record, 0, 17, 17);
  const std::vector<double> each = series(record, index_of(built, "accuracy/train"));
  ASSERT_EQ(each.size(), 17u);
  // The point at the last step is regular here: of one batch.
  EXPECT_NEAR(last.first, std::accumulate(each.end() - 6, each.end(), 0.) / 6, 1e-12);
  EXPECT_NEAR(alone.first, std::accumulate(each.begin(), each.end(), 0.) / 17, 1e-12);
}

TEST_F(EngineTest, ALossThatIsNotFiniteEndsTheRun) {
  const auto engine = make_engine();
  engine->build(preset());
  Record record;
  run(*engine, record, 0, 4);
  Parts good;
  engine->save(good);
  for (const char* weight : {"head.bias", "encoder.out.bias", "layer0.router.weight", "layer1.experts.w2"}) {
    Parts bad;
    for (const auto& [name, bytes] : good.all()) {
      std::vector<std::byte> part = bytes;
      if (name == std::string("weight/") + weight) std::fill(part.end() - 4, part.end(), std::byte{0xff});  // a NaN
      bad.write(name, part);
    }
    engine->restore(bad);
    try {
      run(*engine, record, 4, 5);
      FAIL() << "no TrainingError";
    } catch (const TrainingError& error) {
      EXPECT_STREQ(error.what(), "loss is NaN at step 4") << weight;
    }
  }
  EXPECT_NO_THROW(engine->build(preset()));
  Record again;
  EXPECT_NO_THROW(run(*engine, again, 0, 3));
}

TEST_F(EngineTest, RefusesWhatCanNotBeCombined) {
  const auto engine = make_engine();
  for (const auto& [path, value] : {std::pair("model.router.k", 200), std::pair("model.head.tiles.count", 64)}) {
    try {
      engine->build(preset({{path, std::int64_t{value}}, {"model.head.kind", std::string("tiles")}}));
      ADD_FAILURE() << "no InputError for " << path;
    } catch (const InputError& error) {
      EXPECT_EQ(error.problems()[0].where, path);
    }
  }
}

TEST_F(EngineTest, ABuildThatFailsLeavesTheOldExperiment) {
  const auto engine = make_engine();
  engine->build(preset());
  Record record;
  run(*engine, record, 0, 3);
  const auto refused = [&](const std::map<std::string, Value>& changes, const std::string& path) {
    try {
      engine->build(preset(changes));
      ADD_FAILURE() << "no InputError for " << path;
    } catch (const InputError& error) {
      EXPECT_EQ(error.problems()[0].where, path);
    }
  };
  refused({{"task.data.path", std::string("/no/such/folder")}}, "task.data.path");
  refused({{"task.train_samples", std::int64_t{201}}}, "task.train_samples");
  refused({{"task.batch_size", std::int64_t{201}}}, "task.batch_size");
  refused({{"task.train_samples", std::int64_t{16}},
           {"measure.groups", std::string("custom")},
           {"measure.custom_groups", std::string("0|x")}},
          "measure.custom_groups");
  if (!torch::cuda::is_available()) refused({{"run.device", std::string("cuda")}}, "run.device");
  run(*engine, record, 3, 25);
  EXPECT_TRUE(record.entries == run(preset(), 25).entries);
}

std::vector<Value> some_values(const ParameterSpec& spec) {
  switch (spec.kind) {
    case Kind::boolean:
      return {true, false};
    case Kind::choice:
      return {spec.choices.begin(), spec.choices.end()};
    case Kind::integer:
      return {std::int64_t{1}, std::int64_t{2}, std::int64_t{4}};
    default:
      return {spec.range.min, std::min(1.5, spec.range.max), std::get<double>(spec.default_value)};
  }
}

// A router is switched, and each of its live pieces changed, while it trains: nothing is built anew, and all goes on.
TEST_F(EngineTest, EveryPieceOfARunningRouterCanBeChanged) {
  const auto engine = make_engine();
  Preset changing = preset();
  Parameters& now = changing.parameters;
  engine->build(changing);
  Record record;
  std::int64_t step = 0, refused = 0;
  const auto go_on = [&](const std::string& change) {
    if (!check_combinations(now).empty()) return static_cast<void>(++refused);
    engine->apply(now);
    ASSERT_NO_THROW(run(*engine, record, step, step + 2)) << change;
    step += 2;
  };
  std::set<std::string> changed;
  for (const ParameterSpec& spec : now.table().specs()) {
    if (!spec.path.starts_with("model.router.") || spec.applies != Applies::live) continue;
    const Value before = now.get(spec.path);
    for (const Value& value : some_values(spec)) {
      if (!now.set(spec.path, value).empty()) continue;
      go_on(spec.path + " = " + to_string(value));
      changed.insert(spec.path);
    }
    now.set(spec.path, before);
  }
  for (const char* piece : {"score", "temperature", "selection", "k", "groups.count", "bias.update", "normalise",
                            "scale", "capacity.train", "second.policy", "applies", "input.jitter"}) {
    EXPECT_TRUE(changed.contains(std::string("model.router.") + piece)) << piece;
  }
  // And from any router to any other: each score with each way to choose and to weigh.
  const auto choices = [&](const char* path) { return now.table().find(path)->choices; };
  now.set("model.router.capacity.train", 1.0);
  now.set("model.router.capacity.test", 1.0);  // experts that choose need one
  for (const std::string& selection : choices("model.router.selection")) {
    for (const std::string& score : choices("model.router.score")) {
      for (const std::string& normalise : choices("model.router.normalise")) {
        now.set("model.router.selection", selection);
        now.set("model.router.score", score);
        now.set("model.router.normalise", normalise);
        go_on(selection + ", " + score + ", " + normalise);
      }
    }
  }
  EXPECT_GT(step, 4 * refused) << refused << " of them don't go together";
}

// Each router of the zoo trains, with all that is measured of it; of text as of images, unless it looks ahead.
TEST_F(EngineTest, EveryRouterOfTheZooTrains) {
  const auto texts = folder_.path / "texts";
  std::filesystem::create_directory(texts);
  for (const auto& [name, word] : {std::pair("first.txt", "stone "), std::pair("second.txt", "pietra ")}) {
    test::Bytes bytes;
    for (int i = 0; i < 500; ++i) bytes.insert(bytes.end(), word, word + std::string(word).size());
    test::write_plain(texts / name, bytes);
  }
  int trained = 0;
  for (const PresetFile& file : find_presets(std::filesystem::path(source_folder()) / "presets")) {
    if (file.topic != "routers") continue;
    const auto shipped = load_preset(file.path, experiment_parameters(), check_combinations);
    ASSERT_TRUE(shipped) << file.name;
    for (const char* kind : {"classification", "language"}) {
      SCOPED_TRACE(file.name + ", " + kind);
      Preset small = preset({{"task.kind", std::string(kind)},
                             {"task.text.path", texts.string()},
                             {"task.text.sequence_length", std::int64_t{8}},
                             {"model.attention.heads", std::int64_t{2}},
                             {"model.width", std::int64_t{16}}});
      for (const ParameterSpec& spec : small.parameters.table().specs()) {
        const bool of_router = spec.path.starts_with("model.router.") || spec.path.starts_with("model.experts.") ||
                               spec.path.starts_with("model.losses.");
        if (of_router) set(small, {{spec.path, shipped.value->parameters.get(spec.path)}});
      }
      set(small, {{"model.experts.hidden", std::int64_t{8}}});
      if (!check_combinations(small.parameters).empty()) {
        EXPECT_TRUE(std::string(kind) == "language" &&
                    (file.name == "routers/soft-moe" || file.name == "routers/expert-choice"));
        continue;
      }
      const auto engine = make_engine();
      const Description built = engine->build(small);
      Record record;
      ASSERT_NO_THROW(run(*engine, record, 0, 4, 4));
      ++trained;
      std::set<std::string> missing;  // figures that are not defined here are left out
      for (std::size_t i = 0; i < built.metrics.size(); ++i) {
        const MetricSpec& metric = built.metrics[i];
        const auto values = series(record, i);
        if (metric.rank == 0 && values.empty()) missing.insert(metric.family);
        for (const double value : values) EXPECT_TRUE(std::isfinite(value)) << metric.name;
      }
      const RouterParameters router = small.parameters.load<RouterParameters>("model.router", 0);
      const bool limited = router.capacity.train > 0 || router.capacity.tokens > 0;
      EXPECT_EQ(missing.count("dropped"), limited && router.selection != "expert_choice" ? 0u : 1u);
      for (const char* family : {"alpha_entropy", "score_entropy", "load_cv", "max_vio", "dead_experts", "overlap"}) {
        EXPECT_EQ(missing.count(family), 0u) << family;
      }
      if (file.name == "routers/hash") {
        const auto same = series(record, index_of(built, "saturation/layer0"));
        EXPECT_FALSE(same.empty());
        for (const double share : same) EXPECT_EQ(share, 1);
      }
    }
  }
  EXPECT_EQ(trained, 46);
}

// The logits of a step are those that its figures were made of.
TEST_F(EngineTest, TellsTheLogitsOfTheLastStep) {
  const auto engine = make_engine();
  const Description built = engine->build(preset({{"measure.scalars_every", std::int64_t{1}},
                                                  {"model.layer1.experts.count", std::int64_t{6}},
                                                  {"model.head.kind", std::string("tiles")}}));
  EXPECT_EQ(engine->layer_logits(0, 16).tokens, 0) << "before the first step";
  Record record;
  run(*engine, record, 0, 4);
  for (const int layer : {0, 1}) {
    const LayerLogits all = engine->layer_logits(layer, 100);
    ASSERT_EQ(all.tokens, 16);
    ASSERT_EQ(all.width, layer == 0 ? 4 : 6);
    ASSERT_EQ(all.logits.size(), static_cast<std::size_t>(all.tokens * all.width));
    const at::Tensor p = at::tensor(all.logits).to(at::kDouble).view({all.tokens, all.width}).softmax(1);
    const double entropy = -(p * p.log()).sum(1).mean().item<double>();
    const auto name = "score_entropy/layer" + std::to_string(layer);
    EXPECT_NEAR(entropy, series(record, index_of(built, name)).back(), 1e-5);
    ASSERT_EQ(all.labels.size(), 16u);
    for (const int label : all.labels) EXPECT_TRUE(label >= 0 && label < 10) << label;

    const LayerLogits few = engine->layer_logits(layer, 3);
    EXPECT_EQ(few.tokens, 3);
    EXPECT_TRUE(std::equal(few.logits.begin(), few.logits.end(), all.logits.begin()));
    EXPECT_EQ(few.labels, std::vector<int>(all.labels.begin(), all.labels.begin() + 3));
  }
  for (const int layer : {-1, 2, 7}) EXPECT_EQ(engine->layer_logits(layer, 16).tokens, 0) << "tiles, and no layers";
}

TEST_F(EngineTest, BeforeABuildThereIsNothingToDo) {
  const auto engine = make_engine();
  Record record;
  Parts parts;
  EXPECT_THROW(engine->step(0, false, record), std::logic_error);
  EXPECT_THROW(engine->save(parts), std::logic_error);
  EXPECT_GT(engine->memory_bytes(), 0u);
}

}  // namespace
}  // namespace tessera
