// Tasks shared among helpers: each done once, whatever the number of threads; exceptions; jobs after jobs.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/cpu/tasks.h"
#include "kernels/threads.h"
#include "tests/unit/core/kernels_support.h"

namespace tessera::kernels {
namespace {

using cpu::for_each_task;

class Tasks : public testing::TestWithParam<int> {
  const Threads scope_{GetParam()};
};

TEST_P(Tasks, AreEachDoneOnce) {
  for (const std::int64_t n : {0, 1, 2, 3, 1000}) {
    std::vector<std::atomic<int>> done(static_cast<std::size_t>(n));
    for_each_task(n, [&](std::int64_t i) { ++done[static_cast<std::size_t>(i)]; });
    for (const auto& count : done) EXPECT_EQ(count, 1);
  }
}

// What a task writes is seen by the caller, and by the tasks of the next job: plain memory, no atomics.
TEST_P(Tasks, OfManyShortJobsFollowOneAnother) {
  std::vector<int> values(64, 0);
  for (int job = 0; job < 20000; ++job) {
    for_each_task(64, [&](std::int64_t i) { values[static_cast<std::size_t>(i)] += job & 1; });
  }
  for (const int value : values) EXPECT_EQ(value, 10000);
}

TEST_P(Tasks, WakeHelpersThatSleep) {
  std::atomic<int> done{0};
  for (int job = 0; job < 20; ++job) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    for_each_task(8, [&](std::int64_t) { ++done; });
  }
  EXPECT_EQ(done, 160);
}

// Tasks that wait for one another are only done if helpers take part: at once, and after they have gone to sleep.
TEST_P(Tasks, AreSharedAmongAllThreads) {
  const int threads = GetParam();
  for (const int pause : {0, 0, 20, 20}) {
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));
    std::atomic<int> arrived{0};
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for_each_task(threads, [&](std::int64_t) {
      ++arrived;
      while (arrived < threads && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    });
    EXPECT_EQ(arrived, threads);
    EXPECT_LT(std::chrono::steady_clock::now(), until);
  }
}

TEST_P(Tasks, PassOnTheFirstExceptionAndGoOn) {
  for (int round = 0; round < 100; ++round) {
    EXPECT_THROW(for_each_task(50,
                               [](std::int64_t i) {
                                 if (i % 7 == 3) throw std::runtime_error("task");
                               }),
                 std::runtime_error);
    std::atomic<int> done{0};
    for_each_task(50, [&](std::int64_t) { ++done; });
    EXPECT_EQ(done, 50);
  }
}

TEST_P(Tasks, OfSeveralOwnersDoNotMeet) {
  std::vector<std::thread> owners;
  std::atomic<int> wrong{0};
  for (int owner = 0; owner < 3; ++owner) {
    owners.emplace_back([&wrong] {
      const Threads scope(3);
      for (int job = 0; job < 500; ++job) {
        std::atomic<int> done{0};
        for_each_task(10, [&](std::int64_t) { ++done; });
        if (done != 10) ++wrong;
      }
    });
  }
  for (std::thread& owner : owners) owner.join();
  EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, Tasks, testing::Values(1, 2, 5));

TEST(SetThreads, RefusesNone) { EXPECT_THROW(set_threads(0), c10::Error); }

}  // namespace
}  // namespace tessera::kernels
