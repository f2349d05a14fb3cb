// A power cut: of each file only what was synced is left. Whatever the moment, the run goes on to the same bytes. The
// calls that sync are watched by taking the C library's place.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>
#include <mutex>

#include "core/lab/checkpoints.h"
#include "core/lab/recorder.h"
#include "core/lab/resume.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

// By path: the size that a file had when it was last synced; for a folder, that it was. Constant initialisation: it is
// there before anything syncs.
std::mutex mutex;
std::map<std::string, std::uintmax_t>* synced = nullptr;

void note(int file) {
  const std::lock_guard lock(mutex);
  if (synced == nullptr) return;
  std::error_code error;
  struct stat status {};
  const fs::path path = fs::read_symlink("/proc/self/fd/" + std::to_string(file), error);
  if (error || fstat(file, &status) != 0) return;
  if (!S_ISDIR(status.st_mode)) {
    (*synced)[path.string()] = static_cast<std::uintmax_t>(status.st_size);
    return;
  }
  // The entries of a folder last from now on, a file that was renamed to its name with what was synced before.
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    (*synced)["entry " + entry.path().string()] = 1;
  }
}

}  // namespace
}  // namespace tessera::test

extern "C" int fsync(int file) {
  const auto result = static_cast<int>(syscall(SYS_fsync, file));
  tessera::test::note(file);
  return result;
}
extern "C" int fdatasync(int file) {
  const auto result = static_cast<int>(syscall(SYS_fdatasync, file));
  tessera::test::note(file);
  return result;
}

namespace tessera::test {
namespace {

// What of `run` is on the disk for sure. Files that are replaced as a whole are synced before they get their name.
void copy_what_lasts(const fs::path& run, const fs::path& to) {
  const std::lock_guard lock(mutex);
  fs::remove_all(to);
  fs::create_directories(to);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(run)) {
    const fs::path copy = to / fs::relative(entry.path(), run);
    if (!synced->contains("entry " + entry.path().string()) || !fs::exists(copy.parent_path())) continue;
    if (entry.is_directory()) {
      fs::create_directory(copy);
      continue;
    }
    fs::copy_file(entry.path(), copy);
    const bool grows = copy.extension() == ".csv" || copy.extension() == ".ndjson";
    const auto size = synced->find(entry.path().string());
    if (grows) fs::resize_file(copy, size == synced->end() ? 0 : std::min(size->second, fs::file_size(copy)));
  }
}

std::string lasting(const fs::path& run) {
  return read_text(run / "scalars.csv") + read_text(run / "matrices/overlap-layer0.ndjson") +
         read_text(run / "timeline.json") + read_text(run / "preset.json");
}

class PowerCutTest : public SessionTest {
 protected:
  Folder folder;
  std::map<std::string, std::uintmax_t> notes;
  void SetUp() override {
    const std::lock_guard lock(mutex);
    synced = &notes;
  }
  void TearDown() override {
    const std::lock_guard lock(mutex);
    synced = nullptr;
  }
};

TEST_F(PowerCutTest, WhatIsLeftGoesOnToTheSameBytes) {
  const fs::path run = folder / "run", cut = folder / "cut";
  Preset made = preset(60);
  made.schedule = {{12, "model.router.temperature", 3.0, 30}, {41, "task.batch", std::int64_t{7}, 0}};
  RunRecorder::Checkpoints each;
  each.steps = 7;
  std::vector<fs::path> left;
  script->on_step = [&](std::int64_t) {
    left.push_back(folder / ("cut-" + std::to_string(left.size())));
    copy_what_lasts(run, left.back());
  };
  options.observer = std::make_shared<RunRecorder>(run, RunRecorder::Existing::refuse, each);
  start();
  must(command::Load{made});
  must(command::Play{});
  reach(State::finished);
  session.reset();
  options.observer.reset();
  ASSERT_EQ(left.size(), 60u);
  script->on_step = [](std::int64_t) {};
  for (std::size_t step = 0; step < left.size(); ++step) {
    const auto todo = continuation(left[step], table());
    ASSERT_TRUE(todo) << InputError(todo.problems).what();
    EXPECT_TRUE(todo.value->damaged.empty());
    if (step >= 7) {
      ASSERT_TRUE(todo.value->checkpoint) << "at step " << step;
      EXPECT_EQ(*todo.value->checkpoint, checkpoint_file(left[step], static_cast<std::int64_t>(step) / 7 * 7));
    }
    options.observer = std::make_shared<RunRecorder>(left[step], RunRecorder::Existing::resume);
    start();
    must(command::Load{todo.value->preset});
    if (todo.value->checkpoint) {
      must(command::RestoreCheckpoint{*todo.value->checkpoint});
      must(command::Schedule{todo.value->to_come});
    }
    must(command::Play{});
    reach(State::finished);
    session.reset();
    options.observer.reset();
    ASSERT_EQ(lasting(left[step]), lasting(run)) << "cut at step " << step;
  }
}

}  // namespace
}  // namespace tessera::test
