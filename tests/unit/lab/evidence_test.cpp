// Judged claims as files: nothing is lost on the way, and what is no evidence is told.
#include "core/lab/evidence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/lab/atomic_file.h"
#include "tests/unit/lab/files.h"

namespace tessera::test {
namespace {

using nlohmann::json;

JudgedClaim example() {
  JudgedClaim judged;
  judged.text = "Falls | rises";
  judged.source = "a *paper*";
  judged.preset = "specialize/x";
  judged.metric = "loss/total";
  judged.measured = "loss/total at the end, a - b";
  judged.predicted = "< 0";
  judged.seeds = {1, 2, 3};
  judged.values = {-1.5, std::numeric_limits<double>::quiet_NaN(), 0.1};
  judged.mean = -0.7;
  judged.interval = Interval{-1.25, 0.1};
  judged.verdict = Verdict::undecided;
  judged.reason = "the interval lies on both sides";
  judged.commit = "abcdef0123";
  judged.command = "./lab verify specialize/x --seeds 3";
  return judged;
}

TEST(Evidence, JsonHasTheFieldsThatScriptsRead) {
  const json array = json::parse(evidence_json({example()}));
  ASSERT_TRUE(array.is_array() && array.size() == 1);
  const json& item = array[0];
  EXPECT_EQ(item["claim"], "Falls | rises");
  EXPECT_EQ(item["mean"], -0.7);
  EXPECT_EQ(item["interval"], (json{-1.25, 0.1}));
  EXPECT_EQ(item["seeds"], (json{1, 2, 3}));
  EXPECT_EQ(item["values"], (json{-1.5, nullptr, 0.1}));
  EXPECT_EQ(item["verdict"], "undecided");
  for (const char* key : {"source", "preset", "metric", "measured", "predicted", "reason", "commit", "command"}) {
    EXPECT_TRUE(item[key].is_string()) << key;
  }
  JudgedClaim bare = example();
  bare.mean.reset();
  bare.interval.reset();
  const json without = json::parse(evidence_json({bare}))[0];
  EXPECT_TRUE(without["mean"].is_null() && without["interval"].is_null());
}

TEST(Evidence, ReadsWhatItWrites) {
  JudgedClaim bare = example();
  bare.mean.reset();
  bare.interval.reset();
  bare.verdict = Verdict::refuted;
  const auto read = read_evidence(evidence_json({example(), bare}), "x.json");
  ASSERT_TRUE(read) << read.problems[0].text();
  ASSERT_EQ(read.value->size(), 2u);
  EXPECT_EQ(evidence_json(*read.value), evidence_json({example(), bare}));
  EXPECT_EQ((*read.value)[1].verdict, Verdict::refuted);
  EXPECT_EQ((*read.value)[0].interval->high, 0.1);
}

TEST(Evidence, WhatIsNoneIsRefused) {
  const auto problem = [](const char* key, const json& value) {
    json array = json::parse(evidence_json({example()}));
    array[0][key] = value;
    const auto read = read_evidence(array.dump(), "x.json");
    return read ? "" : read.problems[0].text();
  };
  EXPECT_EQ(problem("mean", 1), "");
  EXPECT_EQ(problem("mean", "1"), "x.json: [0].mean: \"1\"; allowed: a number or null");
  EXPECT_EQ(problem("interval", {1}), "x.json: [0].interval: [...]; allowed: [low, high] or null");
  EXPECT_EQ(problem("seeds", {1.5}), "x.json: [0].seeds: [...]; allowed: an array of whole numbers");
  EXPECT_EQ(problem("seeds", {18446744073709551615u, 1, 2}),
            "x.json: [0].seeds: [...]; allowed: an array of whole numbers");
  EXPECT_EQ(problem("values", {1}), "x.json: [0].values: [...]; allowed: an array of numbers and null, one a seed");
  EXPECT_EQ(problem("verdict", "true"), "x.json: [0].verdict: \"true\"; allowed: reproduced, refuted or undecided");
  EXPECT_EQ(problem("claim", 3).find("x.json: [0].claim: 3"), 0u);
  for (const char* text : {"", "{}", "[1]", "[{}]", "[", "null"}) EXPECT_FALSE(read_evidence(text, "x.json")) << text;
}

TEST(Evidence, MarkdownKeepsItsColumns) {
  const std::string table = evidence_markdown({example()});
  EXPECT_NE(table.find("Falls \\| rises"), std::string::npos);
  EXPECT_NE(table.find("-0.7 \\[-1.25, 0.1]"), std::string::npos) << table;
  EXPECT_NE(table.find("| 1 to 3 | undecided: the interval lies on both sides |"), std::string::npos) << table;
}

TEST(Evidence, SeedsInShort) {
  EXPECT_EQ(seeds_text({}), "none");
  EXPECT_EQ(seeds_text({4}), "4");
  EXPECT_EQ(seeds_text({4, 5}), "4, 5");
  EXPECT_EQ(seeds_text({4, 5, 6}), "4 to 6");
  EXPECT_EQ(seeds_text({1, 2, 4}), "1, 2, 4");
}

TEST(Evidence, AFolderOfIt) {
  const Folder folder;
  JudgedClaim second = example();
  second.text = "Second";
  write_file(folder.path() / "b.json", evidence_json({second}));
  write_file(folder.path() / "a.json", evidence_json({example(), example()}));
  write_file(folder.path() / "README.md", "not evidence");
  write_file(folder.path() / "c.json", "{\"no\": 1}");
  std::filesystem::create_directories(folder.path() / "on-stand-ins" / "deeper");
  write_file(folder.path() / "on-stand-ins" / "a.json", evidence_json({second}));
  write_file(folder.path() / "on-stand-ins" / "deeper" / "a.json", evidence_json({second}));
  const Evidence evidence = load_evidence(folder.path());
  ASSERT_EQ(evidence.claims.size(), 4u);
  EXPECT_EQ(evidence.claims[2].text, "Second");
  EXPECT_EQ(evidence.claims[2].apart, "");
  EXPECT_EQ(evidence.claims[3].apart, "on stand-ins");
  ASSERT_EQ(evidence.problems.size(), 1u);
  EXPECT_NE(evidence.problems[0].where.find("c.json"), std::string::npos);
  EXPECT_TRUE(load_evidence(folder.path() / "nowhere").claims.empty());
}

}  // namespace
}  // namespace tessera::test
