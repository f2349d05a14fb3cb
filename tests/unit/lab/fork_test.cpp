// Forks: what a child keeps of its parent's timeline.
#include "core/lab/fork.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tessera::test
