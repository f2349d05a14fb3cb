// Thousands of wrong presets: none crashes or hangs the reader, every refusal says where and why, and what is taken is
// a preset that can be written and read again. Seeded: a failure repeats.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/lab/preset.h"
#include "core/lab/text.h"
#include "tests/fuzz/mutator.h"
#include "tests/unit/lab/random_preset.h"

namespace tessera::test {
namespace {

constexpr int cases = 12'000;

struct Count {
  int all = 0, well_formed = 0, refused = 0, well_formed_refused = 0, taken = 0, problems = 0;
};

// A problem names its source and, unless it is of the whole text, a place in it; and says what is wrong there.
void expect_helpful(const Problem& problem, const std::string& text) {
  ASSERT_EQ(problem.where.find("fuzz.json"), 0u) << text;
  ASSERT_FALSE(problem.found.empty() && problem.allowed.empty()) << problem.where << "\n" << text;
  ASSERT_LT(problem.text().size(), 5000u) << text;
  ASSERT_TRUE(valid_utf8(problem.text())) << text;
  ASSERT_FALSE(has_controls(problem.text(), false)) << problem.text();
}

void try_one(const std::string& text, Count& count) {
  ++count.all;
  const bool well_formed = nlohmann::json::accept(text);
  count.well_formed += well_formed;
  const Result<Preset> read = read_preset(text, "fuzz.json", table());
  ASSERT_NE(read.value.has_value(), !read.problems.empty()) << text;
  if (!read) {
    ++count.refused;
    count.well_formed_refused += well_formed;
    count.problems += static_cast<int>(read.problems.size());
    for (const Problem& problem : read.problems) expect_helpful(problem, text);
    return;
  }
  ++count.taken;
  ASSERT_TRUE(well_formed) << text;
  for (const bool complete : {false, true}) {
    const std::string written = write_preset(*read.value, complete);
    const Result<Preset> again = read_preset(written, "fuzz.json", table());
    ASSERT_TRUE(again) << again.problems[0].text() << "\n" << written;
    ASSERT_TRUE(*again.value == *read.value) << text << "\n" << written;
  }
}

TEST(PresetFuzz, WrongPresetsAreRefusedWithReasons) {
  RandomPresets presets(2026);
  Mutator mutator(2027);
  Count count;
  for (int i = 0; i < cases; ++i) {
    const std::string good = write_preset(presets.preset(), i % 2 == 0);
    const std::string text = i % 4 == 0 ? mutator.change_text(good) : mutator.change_content(good);
    ASSERT_NO_FATAL_FAILURE(try_one(text, count)) << "case " << i;
  }
  RecordProperty("well_formed_refused", count.well_formed_refused);
  EXPECT_GE(count.all, 10'000);
  EXPECT_GE(count.well_formed_refused, count.all / 2) << "well-formed, but wrong in content";
  EXPECT_GE(count.refused, count.all * 2 / 3);
  EXPECT_GE(count.taken, 100) << "some changes are harmless";
  EXPECT_GE(count.problems, count.refused);
}

TEST(PresetFuzz, NoiseIsRefused) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 200, '\0');
    for (char& c : text)
      c = i % 2 == 0 ? static_cast<char>(random()) : R"({}[]",:0123456789.eE+-truefalsn\u )"[random() % 34];
    Count count;
    ASSERT_NO_FATAL_FAILURE(try_one(text, count)) << text;
  }
}

}  // namespace
}  // namespace tessera::test
