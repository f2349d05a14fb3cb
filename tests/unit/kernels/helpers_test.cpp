// Helpers, without LibTorch, so that ThreadSanitizer sees all of their synchronisation: what tasks write is plain
// memory.
#include "kernels/cpu/helpers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tessera::kernels::cpu {
namespace {

class HelpersTest : public testing::TestWithParam<int> {};

TEST_P(HelpersTest, ResultsOfJobsAreSeenByTheNext) {
  Helpers helpers(GetParam());
  std::vector<int> before(24, 0), after(24, 0);
  for (int job = 1; job <= 3000; ++job) {
    helpers.run(24, [&](std::int64_t i) {  // reads what another thread may have written in the job before
      after[static_cast<std::size_t>(i)] = before[static_cast<std::size_t>((i + job) % 24)] + 1;
    });
    std::swap(before, after);
    for (const int value : before) ASSERT_EQ(value, job);
  }
}

TEST_P(HelpersTest, SleepAndAreWoken) {
  Helpers helpers(GetParam());
  for (int job = 0; job < 30; ++job) {
    std::this_thread::sleep_for(std::chrono::microseconds(job % 2 == 0 ? 1000 : 100));
    std::atomic<int> arrived{0};
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const int all = GetParam() + 1;
    helpers.run(all, [&](std::int64_t) {  // done only if every helper takes part
      ++arrived;
      while (arrived < all && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    });
    ASSERT_EQ(arrived, all);
    ASSERT_LT(std::chrono::steady_clock::now(), until);
  }
}

TEST_P(HelpersTest, PassOnExceptions) {
  Helpers helpers(GetParam());
  for (int job = 0; job < 200; ++job) {
    EXPECT_THROW(helpers.run(20,
                             [](std::int64_t i) {
                               if (i % 5 == 2) throw std::runtime_error("task");
                             }),
                 std::runtime_error);
    int sum[20] = {};
    helpers.run(20, [&](std::int64_t i) { sum[i] = 1; });
    for (const int one : sum) ASSERT_EQ(one, 1);
  }
}

TEST_P(HelpersTest, MayGoAtAnyTime) {
  for (int i = 0; i < 50; ++i) {
    Helpers helpers(GetParam());
    if (i % 3 != 0) helpers.run(i, [](std::int64_t) {});
    if (i % 5 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
}

INSTANTIATE_TEST_SUITE_P(Counts, HelpersTest, testing::Values(1, 3));

}  // namespace
}  // namespace tessera::kernels::cpu
