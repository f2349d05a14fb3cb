// A mosaic whose layout changes while tasks come one after another.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <span>

#include "core/engine/tiles_part.h"
#include "tests/unit/core/resumed.h"
#include "tests/unit/core/small_sequence.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

using test::Record;

class TileChange : public testing::Test {
 protected:
  TileChange() { test::write_data_set(folder_.path, 400, 100); }

  Preset preset(const std::map<std::string, Value>& changes = {}) const {
    std::map<std::string, Value> values = {{"model.head.kind", std::string("tiles")},
                                           {"model.head.route_by_label", true},
                                           {"learn.continual.freeze_experts", true}};
    for (const auto& [path, value] : changes) values[path] = value;
    return test::small_sequence(folder_.path, values);
  }
  static void set_list(Engine& engine, const Preset& preset, const char* list) {
    Parameters changed = preset.parameters;
    changed.set("model.head.tiles.layout", std::string("list"));
    changed.set("model.head.tiles.list", std::string(list));
    engine.apply(changed);
  }
  // Shapes of the tiles' weights, in a checkpoint.
  static std::vector<std::int64_t> classes_of_tiles(const Engine& engine) {
    Parts parts;
    engine.save(parts);
    std::vector<std::int64_t> counts;
    for (int t = 0; t < 5; ++t) {
      const auto bytes = parts.read("weight/tiles.expert" + std::to_string(t) + ".bias");
      counts.push_back(static_cast<std::int64_t>((bytes.size() - 14) / sizeof(float)));  // after a header of 14 bytes
    }
    return counts;
  }

  test::TemporaryFolder folder_;
};

constexpr const char* uneven = "0-2|3,4|5|6|7-9";

TEST_F(TileChange, WaitsForTheNextTask) {
  const Preset made = preset({{"model.head.route_by_label", false}});
  const auto engine = make_engine();
  engine->build(made);
  Record record;
  test::run(*engine, record, 0, 3);
  set_list(*engine, made, uneven);
  test::run(*engine, record, 3, 8);
  EXPECT_EQ(classes_of_tiles(*engine), (std::vector<std::int64_t>{2, 2, 2, 2, 2}));
  test::run(*engine, record, 8, 9);
  EXPECT_EQ(classes_of_tiles(*engine), (std::vector<std::int64_t>{3, 2, 1, 1, 3}));
  test::run(*engine, record, 9, 40);
}

// Whoever changes it before the first step, or by a schedule in it, means the first task.
TEST_F(TileChange, IsThereFromTheFirstStepOn) {
  const Preset made = preset();
  const auto engine = make_engine();
  const Description description = engine->build(made);
  set_list(*engine, made, "0,9|1,8|2,7|3,6|4,5");
  Record record;
  test::run(*engine, record, 0, 1);
  const std::size_t layout = test::index_of(description, "tile_layout");
  std::vector<float> expected(50, 0);
  for (std::size_t tile = 0; tile < 5; ++tile) expected[5 * tile + tile] = expected[5 * (9 - tile) + tile] = 1;
  for (const auto& entry : record.entries) {
    if (entry.metric == layout) {
      EXPECT_EQ(entry.values, expected);
    }
  }
  EXPECT_TRUE(record.shapes.contains(layout));
}

TEST_F(TileChange, IsThereAtOnceWithoutASequence) {
  const Preset made = preset({{"task.kind", std::string("classification")}, {"model.head.route_by_label", false}});
  const auto engine = make_engine();
  engine->build(made);
  Record record;
  test::run(*engine, record, 0, 3);
  set_list(*engine, made, uneven);
  EXPECT_EQ(classes_of_tiles(*engine), (std::vector<std::int64_t>{3, 2, 1, 1, 3}));
  test::run(*engine, record, 3, 6);
}

// Tile 1 takes class 4 from tile 2; at this rate a step changes next to nothing else.
TEST_F(TileChange, TheClassifierOfTilesIsLaidAnew) {
  const Preset made =
      preset({{"model.head.route_by_label", false}, {"measure.inferred_tiles", true}, {"learn.rate", 1e-6}});
  const auto engine = make_engine();
  engine->build(made);
  Record record;
  test::run(*engine, record, 0, 8);
  const auto biases = [&] {
    Parts parts;
    engine->save(parts);
    const auto bytes = parts.read("inference.map1");
    std::vector<float> values(5);
    std::memcpy(values.data(), bytes.data() + bytes.size() - sizeof(float) * 5, sizeof(float) * 5);
    return values;
  };
  const std::vector<float> before = biases();
  set_list(*engine, made, uneven);
  test::run(*engine, record, 8, 9);
  const std::vector<float> now = biases();
  EXPECT_NEAR(now[0], (2 * before[0] + before[1]) / 3, 1e-4);
  EXPECT_NEAR(now[1], (before[1] + before[2]) / 2, 1e-4);
  EXPECT_NEAR(now[2], before[2], 1e-4);
  EXPECT_GT(std::abs(now[1] - before[1]), 1e-3);
}

// With every method that keeps something beside each weight, before the change is taken over and after.
TEST_F(TileChange, GoesOnFromACheckpointBitForBit) {
  for (const char* method : {"none", "ewc", "lwf"}) {
    for (const std::int64_t at : {6, 19}) {
      const Preset made = preset({{"learn.continual.method", std::string(method)}});
      const auto whole = make_engine(), first = make_engine(), second = make_engine();
      Record expected, record, ignored;
      for (Engine* engine : {whole.get(), first.get()}) {
        engine->build(made);
        test::run(*engine, engine == whole.get() ? expected : record, 0, 3);
        set_list(*engine, made, "0,1|2-4|5,6|7,8|3,9");
      }
      test::run(*whole, expected, 3, 40);
      test::run(*first, record, 3, at);
      Parts parts;
      first->save(parts);
      second->build(made);
      test::run(*second, ignored, 0, 4);
      set_list(*second, made, "0,1|2-4|5,6|7,8|3,9");
      second->restore(parts);
      test::run(*second, record, at, 40);
      EXPECT_EQ(record.entries, expected.entries) << method << " at " << at;
    }
  }
}

// A class that gets a second tile is held there, too, and at the same weights: nothing pulls yet.
TEST_F(TileChange, KeepsConsolidationAtNought) {
  const Preset made = preset({{"learn.continual.method", std::string("ewc")},
                              {"learn.continual.ewc.strength", 1e6},
                              {"learn.continual.freeze_experts", false}});
  const auto engine = make_engine();
  const Description description = engine->build(made);
  set_list(*engine, made, "0,1|0-3|4,5|6,7|8,9");
  Record record;
  const std::size_t holding = test::index_of(description, "loss/holding");
  test::run(*engine, record, 0, 8);
  EXPECT_TRUE(test::series(record, holding).empty());
  test::run(*engine, record, 8, 20);
  for (const double value : test::series(record, holding)) EXPECT_GE(value, -0.01);
  EXPECT_NEAR(test::series(record, holding).front(), 0, 0.01);
}

TEST_F(TileChange, NothingIsForgottenOfATaskThatHasNotBegun) {
  const Preset made = preset({{"learn.continual.encoder", std::string("frozen")}, {"model.depth", std::int64_t{0}}});
  const auto engine = make_engine();
  const Description description = engine->build(made);
  Record record;
  test::run(*engine, record, 0, 40);
  const std::size_t forgotten = test::index_of(description, "tile_forgotten");
  int seen = 0;
  for (const auto& entry : record.entries) {
    if (entry.metric != forgotten) continue;
    const std::size_t task = static_cast<std::size_t>(seen++);
    for (std::size_t c = 0; c < 10; ++c) {
      const float value = entry.values[5 * c + c / 2];  // tiles are frozen, and so is the encoder
      EXPECT_TRUE(c / 2 <= task ? value == 0 : std::isnan(value)) << c << " after task " << task << ": " << value;
    }
  }
  EXPECT_EQ(seen, 5);
}

TEST_F(TileChange, ADamagedCheckpointChangesNothing) {
  const Preset made = preset();
  const auto engine = make_engine(), other = make_engine();
  engine->build(made);
  other->build(made);
  Record record, ignored;
  set_list(*other, made, "0,1|2-4|5,6|7,8|3,9");
  test::run(*other, ignored, 0, 20);
  Parts whole, damaged;
  other->save(whole);
  for (const auto& [name, bytes] : whole.all())
    damaged.write(name, name == "sampler" ? std::vector<std::byte>() : bytes);
  test::run(*engine, record, 0, 5);
  EXPECT_THROW(engine->restore(damaged), InputError);
  test::run(*engine, record, 5, 40);
  EXPECT_EQ(record.entries, test::whole_run(made, 40).entries);
}

// Layouts as a checkpoint has them: of each tile the number of its classes, then these.
TEST_F(TileChange, ReadsOnlySoundLayouts) {
  const TileLayout like = {{0, 1}, {2, 3}};
  const auto read = [&](const std::vector<std::int32_t>& numbers, std::size_t cut = 0) {
    Parts parts;
    const auto bytes = std::as_bytes(std::span(numbers));
    parts.write("tiles", bytes.first(bytes.size() - cut));
    return read_tiles(parts, like, 4);
  };
  EXPECT_EQ(read({2, 0, 1, 2, 2, 3}), like);
  EXPECT_EQ(read({1, 3, 3, 0, 1, 2}), (TileLayout{{3}, {0, 1, 2}}));
  using Numbers = std::vector<std::int32_t>;
  for (const Numbers& bad : {Numbers{2, 0, 1, 2, 2, 1000000},
                             {2, 0, 1, 2, 2, 4},
                             {2, 0, 1, 2, -1, 3},
                             {2, 1, 0, 2, 2, 3},
                             {2, 0, 1, 2, 2, 3, 0},
                             {2, 0, 1, 3, 2, 3},
                             {2, 0, 1},
                             {},
                             {2, 0, 1, 1, 2, 1, 3}}) {
    EXPECT_THROW(read(bad), InputError);
  }
  EXPECT_THROW(read({2, 0, 1, 2, 2, 3}, 1), InputError);
}

TEST_F(TileChange, RefusesWhatOnlyTheDataCanTell) {
  const Preset made = preset({{"task.data.name", std::string("folder")}});
  const auto engine = make_engine();
  engine->build(made);
  EXPECT_THROW(set_list(*engine, made, "0,1|2-4|5,6|7,8|3"), InputError);
  Record record;
  test::run(*engine, record, 0, 40);
  EXPECT_EQ(record.entries, test::whole_run(made, 40).entries);
}

}  // namespace
}  // namespace tessera
