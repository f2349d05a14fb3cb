// A run that is killed, SIGKILL, at any moment goes on from its last checkpoint to the same bytes as one that nobody
// disturbed. A process of its own records with the real session and recorder; only the engine is a fake.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "core/lab/checkpoints.h"
#include "core/lab/recorder.h"
#include "core/lab/resume.h"
#include "core/lab/run_folder.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int64_t steps = 400, interval = 40;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kills_wanted = 10;  // each process takes several times as long
#else
constexpr int kills_wanted = 50;
#endif

// What both processes see of the run.
struct Shared {
  std::atomic<std::int64_t> began, step,
      saved;  // first step computed (-1: none yet); under way; of the last checkpoint
  std::atomic<bool> saving;
  std::atomic<std::int64_t> brake;  // the run waits before this step, so that it can't end before it is killed
};

// A checkpoint large enough to be caught while it is written.
class HeavyEngine : public FakeEngine {
 public:
  using FakeEngine::FakeEngine;
  void save(Writer& writer) const override {
    FakeEngine::save(writer);
    const std::vector<std::byte> weights(400'000, std::byte{7});
    writer.write("weights", weights);
  }
};

Preset experiment() {
  Preset made = preset(steps);
  made.schedule = {{55, "model.router.temperature", 3.0, 90},
                   {100, "task.batch", std::int64_t{7}, 0},
                   {230, "model.router.temperature", 0.25, 100}};
  return made;
}

// Begins the run of a folder, or goes on with it, until its end. Returns the process's exit code.
int record(const fs::path& run, Shared& shared) {
  RunRecorder::Checkpoints checkpoints;
  checkpoints.steps = interval;
  const bool resumed = holds_run(run);
  const auto script = std::make_shared<Script>();
  std::int64_t saving = 0;
  script->on_step = [&](std::int64_t step) {
    if (shared.saving.exchange(false)) shared.saved = saving;
    if (shared.began < 0) shared.began = step;
    shared.step = step;
    while (step >= shared.brake) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(100us);
  };
  script->on_save = [&] {
    saving = shared.step + 1;
    shared.saving = true;
  };
  Session::Options options;
  options.observer = std::make_shared<RunRecorder>(
      run, resumed ? RunRecorder::Existing::resume : RunRecorder::Existing::refuse, checkpoints);
  Continuation todo{experiment(), {}, {}, {}};
  if (resumed) {
    auto found = continuation(run, table());
    if (!found || !found.value->damaged.empty()) return 3;
    todo = *std::move(found.value);
  }
  Session session([script] { return std::make_unique<HeavyEngine>(script); }, options);
  session.submit(command::Load{todo.preset});
  if (todo.checkpoint) {
    session.submit(command::RestoreCheckpoint{*todo.checkpoint});
    session.submit(command::Schedule{todo.to_come});
  }
  session.submit(command::Play{});
  const auto over = [](const Snapshot& s) { return s.state == State::finished || s.state == State::failed; };
  if (!session.wait(over, long_enough)) return 4;
  return session.snapshot()->state == State::finished ? 0 : 5;
}

class KillTest : public testing::Test {
 protected:
  Folder folder;
  Shared* shared = nullptr;
  std::mt19937 draw{20260131};

  void SetUp() override {
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    shared = new (memory) Shared{};
  }
  void TearDown() override { munmap(shared, sizeof(Shared)); }

  pid_t begin(const fs::path& run, std::int64_t brake) {
    shared->began = shared->step = shared->saved = -1;
    shared->saving = false;
    shared->brake = brake;
    const pid_t child = fork();
    if (child != 0) return child;
    int code = 6;
    try {
      code = record(run, *shared);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    _exit(code);
  }
  static int wait_for(pid_t child) {
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return status;
  }
  std::int64_t any(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(draw);
  }

  // Everything that must not depend on what happened on the way.
  static std::string lasting(const fs::path& run) {
    std::string all;
    for (const char* name : {"preset.json", "timeline.json", "scalars.csv", "matrices/overlap-layer0.ndjson"}) {
      all += read_text(run / name);
    }
    return all;
  }
  static std::size_t rows(const fs::path& run) {
    const std::string text = read_text(run / "scalars.csv");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) - 1;
  }

  // Lets the run come to a random step from `first` on, and there, at a random moment, or in the middle of the next
  // checkpoint, kills it.
  void kill_somewhere(pid_t child, std::int64_t first, bool while_saving) {
    const std::int64_t at = any(first, steps - interval - 2);
    shared->brake = at + interval + 1;  // behind the next checkpoint
    const auto until = std::chrono::steady_clock::now() + long_enough;
    // On a busy machine the checkpoint may have come and gone: then it is killed where it waits.
    const auto there = [&] { return shared->step >= (while_saving && !shared->saving ? shared->brake.load() : at); };
    while (!there() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(20us);
    ASSERT_TRUE(there());
    std::this_thread::sleep_for(std::chrono::microseconds(any(0, while_saving ? 3000 : 300)));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    const int status = wait_for(child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it was under way";
  }
};

TEST_F(KillTest, GoesOnToTheSameBytes) {
  const fs::path whole = folder / "whole";
  ASSERT_EQ(wait_for(begin(whole, steps)), 0);
  const std::string expected = lasting(whole);
  int kills = 0, torn = 0, again = 0;
  for (int number = 0; kills < kills_wanted; ++number) {
    const fs::path run = folder / ("run-" + std::to_string(number));
    std::int64_t from = 0;
    pid_t child = begin(run, 0);
    do {
      ASSERT_NO_FATAL_FAILURE(kill_somewhere(child, std::max(interval, from) + 1, kills % 2 == 0));
      ++kills;
      again += from > 0;
      ASSERT_GT(rows(run), 0u);
      ASSERT_FALSE(fs::exists(run / "summary.json"));
      for (const auto& file : fs::directory_iterator(run / "checkpoints")) torn += file.path().extension() == ".tmp";
      const std::int64_t killed_at = shared->step, saved = shared->saved;

      child = begin(run, 0);
      while (shared->began < 0) {
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, WNOHANG), 0) << "exit code " << WEXITSTATUS(status);
        std::this_thread::sleep_for(100us);
      }
      from = shared->began;
      EXPECT_GE(from, saved) << "a checkpoint that was there is used";
      EXPECT_LE(killed_at - from, interval) << "no more than that is lost";
    } while (from < steps - 2 * interval && any(0, 2) == 0);
    shared->brake = steps;
    ASSERT_EQ(wait_for(child), 0);
    ASSERT_EQ(lasting(run), expected) << "run " << number;
    EXPECT_LE(saved_checkpoints(run).size(), max_checkpoints);
    for (const auto& file : fs::recursive_directory_iterator(run)) EXPECT_NE(file.path().extension(), ".tmp");
    fs::remove_all(run);
  }
  RecordProperty("kills", kills);
  RecordProperty("killed_again", again);
  RecordProperty("torn_checkpoints", torn);
}

// Also while it is being resumed: between the killing of one and the first step of the next.
TEST_F(KillTest, AlsoWhileItResumes) {
  const fs::path whole = folder / "whole", run = folder / "run";
  ASSERT_EQ(wait_for(begin(whole, steps)), 0);
  pid_t child = begin(run, 0);
  ASSERT_NO_FATAL_FAILURE(kill_somewhere(child, 3 * interval, false));
  for (int attempt = 0; attempt < kills_wanted; ++attempt) {
    child = begin(run, 0);  // no further than its first step
    std::this_thread::sleep_for(std::chrono::microseconds(any(0, 15'000)));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    wait_for(child);
    ASSERT_FALSE(fs::exists(run / "summary.json"));
  }
  ASSERT_EQ(wait_for(begin(run, steps)), 0);
  EXPECT_GE(shared->began, 3 * interval);
  EXPECT_EQ(lasting(run), lasting(whole));
}

}  // namespace
}  // namespace tessera::test
