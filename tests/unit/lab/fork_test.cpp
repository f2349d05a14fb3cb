// Forks: what a child keeps of its parent's timeline, and what it says of its parent.
#include "core/lab/fork.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/lab/json_text.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/test_table.h"

namespace tessera::test {
namespace {

TEST(Fork, KeepsWhatWasBeforeAndWhatDoesNotConcernTheChange) {
  const std::vector<Intervention> parent = {{0, "a", 1.0, 0}, {4, "a", 2.0, 10}, {5, "a", 3.0, 0},
                                            {5, "b", 1.0, 0}, {9, "a", 4.0, 0},  {9, "b", 2.0, 3}};
  const std::vector<Intervention> expected = {
      {0, "a", 1.0, 0}, {4, "a", 2.0, 10}, {5, "a", 7.0, 2}, {5, "b", 1.0, 0}, {9, "b", 2.0, 3}};
  EXPECT_EQ(forked_timeline(parent, 5, {{0, "a", 7.0, 2}}), expected);
}

TEST(Fork, WithoutAChangeItIsTheParent) {
  const std::vector<Intervention> parent = {{0, "a", 1.0, 0}, {4, "a", 2.0, 10}};
  for (const int step : {0, 1, 4, 100}) EXPECT_EQ(forked_timeline(parent, step, {}), parent);
}

TEST(Fork, SeveralChangesAtOnce) {
  const std::vector<Intervention> expected = {{3, "a", 1.0, 0}, {3, "b", 2.0, 0}};
  EXPECT_EQ(forked_timeline({{8, "a", 5.0, 0}}, 3, {{0, "a", 1.0, 0}, {0, "b", 2.0, 0}}), expected);
}

TEST(Fork, AtStepZeroItSaysWhatWasInForceThere) {
  const std::string path = "model.router.temperature";
  const std::vector<Intervention> timeline = {{0, path, 0.5, 0}, {3, path, 4.0, 0}};
  const auto fork = fork_of(Preset(table()), timeline, 0, {{path, 2.0}});
  ASSERT_TRUE(fork) << fork.problems[0].text();
  EXPECT_EQ(fork.value->changes, (std::vector<ForkChange>{{path, 0.5, 2.0}}));
  EXPECT_EQ(fork.value->preset.parameters.get(path), Value(2.0));
  EXPECT_TRUE(fork.value->preset.schedule.empty());
}

class RecordedParent : public ::testing::Test {
 protected:
  Folder folder;
  std::string problem(const std::string& text) {
    write_text(folder / "parent.json", text);
    const auto read = recorded_parent(folder.path(), table());
    return read ? "" : read.problems.at(0).text();
  }
};

TEST_F(RecordedParent, IsWhatWasWritten) {
  EXPECT_FALSE(recorded_parent(folder.path(), table()).value->has_value());
  const Parent parent{"../run",
                      "a/b",
                      7,
                      40,
                      {{"model.router.temperature", 1.0, 0.5}, {"run.steps", std::int64_t{5}, std::int64_t{9}}}};
  write_text(folder / "parent.json", parent_json(parent));
  const auto read = recorded_parent(folder.path(), table());
  ASSERT_TRUE(read) << read.problems[0].text();
  const Parent& found = **read.value;
  EXPECT_EQ(found.folder, parent.folder);
  EXPECT_EQ(found.preset, parent.preset);
  EXPECT_EQ(found.seed, 7);
  EXPECT_EQ(found.step, 40);
  EXPECT_EQ(found.changes, parent.changes);
}

TEST_F(RecordedParent, WhatAForkDoesNotWriteIsAProblem) {
  const std::string start = R"({"run": "r", "preset": "p", "seed": 1, "step": 2, "set": [)";
  EXPECT_EQ(problem(start + "]}"), "");
  for (const std::string change :
       {R"({"path": "run.steps", "from": null, "to": 1})", R"({"path": "run.steps", "from": [1], "to": 1})",
        R"({"path": "run.steps", "from": "many", "to": 1})", R"({"path": "no.such", "from": 1, "to": 1})",
        R"({"path": "run.steps", "from": 18446744073709551615, "to": 1})", "3"}) {
    EXPECT_NE(problem(start + change + "]}").find("parent.json"), std::string::npos) << change;
  }
  EXPECT_NE(problem("{}"), "");
  EXPECT_NE(problem("x"), "");
  EXPECT_NE(problem("\"" + std::string(max_json_bytes, ' ') + "\""), "");
}

TEST_F(RecordedParent, ReadingItAlwaysEnds) {
  ASSERT_EQ(mkfifo((folder / "parent.json").c_str(), 0600), 0);
  EXPECT_FALSE(recorded_parent(folder.path(), table()));
  std::filesystem::remove(folder / "parent.json");
  std::filesystem::create_symlink("/dev/zero", folder / "parent.json");
  EXPECT_FALSE(recorded_parent(folder.path(), table()));
}

}  // namespace
}  // namespace tessera::test
