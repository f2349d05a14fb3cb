// Classes divided among tasks one after another, by hand.
#include "core/data/class_sequence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace tessera {
namespace {

ClassSequence of(const ClassSequenceSpec& spec, int classes, const std::vector<int>& superclasses = {}) {
  auto made = class_sequence(spec, classes, superclasses);
  EXPECT_TRUE(made) << (made.problems.empty() ? "" : made.problems[0].text());
  return made ? *made.value : ClassSequence{};
}

Problem problem(const ClassSequenceSpec& spec, int classes, const std::vector<int>& superclasses = {}) {
  const auto made = class_sequence(spec, classes, superclasses);
  EXPECT_EQ(made.problems.size(), 1u);
  return made.problems.empty() ? Problem{} : made.problems[0];
}

TEST(ClassSequence, WholeTasksHaveAsManyEachAndTheLastWhatIsLeft) {
  EXPECT_EQ(of({.tasks = 5}, 10), (ClassSequence{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}));
  const ClassSequence many = of({.tasks = 33}, 100);
  ASSERT_EQ(many.size(), 33u);
  for (std::size_t t = 0; t < 32; ++t) EXPECT_EQ(many[t].size(), 3u);
  EXPECT_EQ(many.back(), (std::vector<int>{96, 97, 98, 99}));
  EXPECT_EQ(problem({.tasks = 11}, 10).allowed, "1 to 10, the classes");
}

TEST(ClassSequence, AShuffledOrderIsAPermutationOfItsOwnSeed) {
  const ClassSequence one = of({.tasks = 5, .order = "shuffled"}, 10);
  std::vector<int> all;
  for (const auto& task : one) {
    EXPECT_EQ(task.size(), 2u);
    EXPECT_TRUE(std::is_sorted(task.begin(), task.end()));
    all.insert(all.end(), task.begin(), task.end());
  }
  std::sort(all.begin(), all.end());
  std::vector<int> expected(10);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
  EXPECT_EQ(of({.tasks = 5, .order = "shuffled"}, 10), one);
  EXPECT_NE(of({.tasks = 5, .order = "shuffled", .order_seed = 2}, 10), one);
  EXPECT_NE(of({.tasks = 5}, 10), one);
}

TEST(ClassSequence, OverlappingTasksGoOnIntoTheirNeighbours) {
  EXPECT_EQ(of({.tasks = 3, .split = "overlapping", .classes_per_task = 4}, 6),
            (ClassSequence{{0, 1, 2, 3}, {2, 3, 4, 5}, {0, 1, 4, 5}}));
  EXPECT_EQ(problem({.tasks = 3, .split = "overlapping", .classes_per_task = 7}, 6).where,
            "task.sequence.classes_per_task");
}

TEST(ClassSequence, PartialTasksLeaveClassesOut) {
  EXPECT_EQ(of({.tasks = 2, .split = "partial"}, 10), (ClassSequence{{0, 1, 2}, {5, 6, 7}}));
}

TEST(ClassSequence, SuperclassesAreTasks) {
  const std::vector<int> superclasses = {2, 0, 2, 1, 0, 1};
  EXPECT_EQ(of({.tasks = 3, .split = "superclasses"}, 6, superclasses), (ClassSequence{{1, 4}, {3, 5}, {0, 2}}));
  EXPECT_EQ(problem({.tasks = 4, .split = "superclasses"}, 6, superclasses).allowed, "1 to 3, the superclasses");
  EXPECT_EQ(problem({.tasks = 3, .split = "superclasses"}, 6).where, "task.sequence.split");
}

TEST(ClassSequence, AListIsTakenAsItIs) {
  EXPECT_EQ(of({.split = "list", .list = "4,0-1 | 9 | 1,2"}, 10), (ClassSequence{{0, 1, 4}, {9}, {1, 2}}));
  EXPECT_EQ(problem({.split = "list", .list = "0-4|10"}, 10).where, "task.sequence.list");
  EXPECT_EQ(problem({.split = "list"}, 10).where, "task.sequence.list");
}

}  // namespace
}  // namespace tessera
