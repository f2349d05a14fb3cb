// Checkpoints: round trips, and that no damaged file is taken for a good one.
#include "core/lab/checkpoint.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "core/lab/recorder.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/session_fixture.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

Checkpoint sample() {
  Checkpoint made{Parameters(table())};
  made.step = 17;
  EXPECT_TRUE(made.parameters.set("model.router.temperature", 0.1).empty());
  EXPECT_TRUE(made.parameters.set("model.layer2.router.temperature", 1.0 / 3).empty());
  EXPECT_TRUE(made.parameters.set("task.data.path", std::string("/d\xC3\xA9")).empty());
  made.timeline = {{3, "task.batch", std::int64_t{64}, 0}, {15, "model.router.temperature", 2.0, 10}};
  made.ramps = {{made.timeline[1], 0.7}};
  made.parts.write("weights", bytes_of("\x01\x02\x03 and more"));
  made.parts.write("empty", {});
  return made;
}

std::string problem(const fs::path& file) {
  try {
    read_checkpoint(file, table());
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Checkpoint, Crc32) {
  // The check value of the CRC catalogue, and zlib's of other texts.
  EXPECT_EQ(crc32(bytes_of("123456789")), 0xCBF43926u);
  EXPECT_EQ(crc32({}), 0u);
  EXPECT_EQ(crc32(bytes_of("a")), 0xE8B7BE43u);
}

TEST(Checkpoint, RoundTrips) {
  const Folder folder;
  const Checkpoint made = sample();
  write_checkpoint(made, folder / "c");
  Checkpoint read = read_checkpoint(folder / "c", table());
  EXPECT_EQ(read.step, 17);
  EXPECT_TRUE(read.parameters == made.parameters);
  EXPECT_EQ(read.timeline, made.timeline);
  EXPECT_EQ(read.ramps, made.ramps);
  EXPECT_EQ(read.parts.all(), made.parts.all());
  EXPECT_EQ(read.parts.read("weights").size(), 12u);
  EXPECT_TRUE(read.parts.read("empty").empty());
  EXPECT_THROW(read.parts.read("optimiser"), InputError);
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Checkpoint, PartsHaveDifferentNames) {
  Parts parts;
  parts.write("a", bytes_of("x"));
  EXPECT_THROW(parts.write("a", bytes_of("y")), std::logic_error);
}

TEST(Checkpoint, TruncatedAnywhereIsRefused) {
  const Folder folder;
  write_checkpoint(sample(), folder / "c");
  const std::string whole = read_text(folder / "c");
  ASSERT_GT(whole.size(), 500u);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_text(folder / "t", whole.substr(0, size));
    const std::string found = problem(folder / "t");
    ASSERT_EQ(found.find((folder / "t").string() + ": "), 0u) << size << " " << found;
  }
  write_text(folder / "t", whole + "x");
  EXPECT_EQ(problem(folder / "t"), (folder / "t").string() + ": it is longer than it should be");
}

TEST(Checkpoint, AnyFlippedBitIsRefused) {
  const Folder folder;
  write_checkpoint(sample(), folder / "c");
  const std::string whole = read_text(folder / "c");
  std::mt19937 random(1);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (random() % 8)));
    write_text(folder / "t", damaged);
    const std::string found = problem(folder / "t");
    ASSERT_EQ(found.find((folder / "t").string() + ": "), 0u) << "byte " << i << " " << found;
  }
}

// A file with a header of the test's own making, right in its checksum.
std::string with_header(const std::string& header, const std::string& parts = "") {
  std::string file = "TESSCKPT";
  const auto put = [&](std::uint64_t number, int size) {
    for (int i = 0; i < size; ++i) file += static_cast<char>((number >> (8 * i)) & 0xFF);
  };
  put(1, 4);
  put(crc32(bytes_of(header)), 4);
  put(header.size(), 8);
  return file + header + parts;
}

TEST(Checkpoint, HeadersThatLieAreRefused) {
  const Folder folder;
  const auto found = [&](const std::string& text) {
    write_text(folder / "t", text);
    return problem(folder / "t");
  };
  const std::string rest = R"("parameters": {}, "timeline": [], "ramps": [])";
  EXPECT_EQ(found(with_header(R"({"step": 1, )" + rest + R"(, "parts": []})")), "");
  for (const std::string& header : {
           std::string("[]"),
           std::string("{}"),
           std::string("{"),
           std::string("\xFF"),
           R"({"step": "x", )" + rest + R"(, "parts": []})",
           R"({"step": -1, )" + rest + R"(, "parts": []})",
           R"({"step": 1e300, )" + rest + R"(, "parts": []})",
           R"({"step": 1, )" + rest + R"(, "parts": 3})",
           R"({"step": 1, )" + rest + R"(, "parts": [{}]})",
           R"({"step": 1, )" + rest + R"(, "parts": [{"name": "a", "size": 9223372036854775807, "crc32": 0}]})",
           R"({"step": 1, )" + rest + R"(, "parts": [{"name": "a", "size": 18446744073709551615, "crc32": 0}]})",
           R"({"step": 1, )" + rest + R"(, "parts": [{"name": "a", "size": -1, "crc32": 0}]})",
           R"({"step": 1, )" + rest + R"(, "parts": [{"name": "a", "size": 1, "crc32": 0}]})",
           R"({"step": 1, )" + rest +
               R"(, "parts": [{"name": "a", "size": 0, "crc32": 0}, {"name": "a", "size": 0, "crc32": 0}]})",
           std::string(
               R"({"step": 1, "parameters": {"model": {"depth": 99}}, "timeline": [], "ramps": [], "parts": []})"),
           std::string(R"({"step": 1, "parameters": {"unheard": 1}, "timeline": [], "ramps": [], "parts": []})"),
           std::string(R"({"step": 1, "parameters": 7, "timeline": [], "ramps": [], "parts": []})"),
           std::string(R"({"step": 1, "parameters": {}, "timeline": [7], "ramps": [], "parts": []})"),
           std::string(R"({"step": 1, "parameters": {}, "timeline": [], "ramps": [7], "parts": []})"),
           std::string(
               R"({"step": 1, "parameters": {}, "timeline": [], "ramps": [{"goal": [], "from": 1}], "parts": []})"),
           std::string(R"({"step": 1, "parameters": {}, "timeline": [], "ramps": [{"goal": [{"step": 0, "ramp": 5,
                           "path": "run.pace", "value": 1}], "from": "x"}], "parts": []})"),
       }) {
    const std::string text = found(with_header(header));
    EXPECT_NE(text, "") << header;
    EXPECT_EQ(text.find((folder / "t").string()), 0u) << text;
  }
  const std::string huge = std::string("TESSCKPT\x01\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 24);
  EXPECT_NE(found(huge).find("corrupt (size of the header)"), std::string::npos);
  EXPECT_NE(found(std::string("TESSCKPT\x02\0\0\0", 12) + std::string(12, '\0')).find("version 2; allowed: 1"),
            std::string::npos);
  EXPECT_NE(found(std::string(100, 'x')).find("this is not a checkpoint"), std::string::npos);
}

TEST(Checkpoint, FilesThatAreNone) {
  const Folder folder;
  EXPECT_EQ(problem(folder / "none"), (folder / "none").string() + ": there is no such file");
  EXPECT_EQ(problem(folder.path()), folder.path().string() + ": this is not a file");
  EXPECT_EQ(problem("/dev/zero"), "/dev/zero: this is not a file");
}

TEST(Checkpoint, AFullDiskKeepsTheOldOne) {
  const Folder folder;
  write_checkpoint(sample(), folder / "c");
  const std::string before = read_text(folder / "c");
  Checkpoint larger = sample();
  larger.parts.write("more", bytes_of(std::string(5000, 'x')));
  {
    const FileSizeLimit limit(2000);
    EXPECT_THROW(write_checkpoint(larger, folder / "c"), InputError);
  }
  EXPECT_EQ(read_text(folder / "c"), before);
  EXPECT_EQ(folder.files(), 1u);
}

// --- in a session ---

class SessionCheckpointTest : public SessionTest {
 protected:
  Folder folder;
  const fs::path file = folder / "checkpoint";

  void step(int count) {
    const std::int64_t before = session->snapshot()->step;
    must(command::Step{count});
    ASSERT_TRUE(session->wait([&](const Snapshot& s) { return s.step == before + count && s.state != State::running; },
                              long_enough));
  }
};

TEST_F(SessionCheckpointTest, GoesBackAndOnAsBefore) {
  start();
  Preset made = preset(40);
  made.schedule = {{8, "model.router.temperature", 4.0, 8}, {20, "task.batch", std::int64_t{3}, 0}};
  must(command::Load{made});
  step(5);
  must(command::Set{"run.pace", 1000.0, false});
  step(5);
  must(command::SaveCheckpoint{file});
  const auto saved = session->snapshot();
  step(15);
  must(command::Set{"task.batch", std::int64_t{99}, false});
  const auto before = session->snapshot();
  must(command::RestoreCheckpoint{file});
  const auto back = session->snapshot();
  EXPECT_EQ(back->state, State::paused);
  EXPECT_EQ(back->step, 10);
  EXPECT_GT(back->run, before->run) << "caches of the curves are void";
  EXPECT_EQ(points(*back, FakeEngine::loss_total), points(*saved, FakeEngine::loss_total));
  EXPECT_EQ(*back->timeline, *saved->timeline);
  EXPECT_TRUE(*back->parameters == *saved->parameters);
  ASSERT_TRUE(back->matrices[FakeEngine::overlap]);
  EXPECT_EQ(back->matrices[FakeEngine::overlap]->step, 5) << "the newest before the checkpoint";
  step(15);
  const auto again = session->snapshot();
  EXPECT_EQ(points(*again, FakeEngine::loss_total), points(*before, FakeEngine::loss_total));
  EXPECT_EQ(points(*again, FakeEngine::alpha_entropy), points(*before, FakeEngine::alpha_entropy));
}

TEST_F(SessionCheckpointTest, RestoresIntoAnotherSession) {
  start();
  must(command::Load{preset(20)});
  step(12);
  must(command::SaveCheckpoint{file});
  step(8);
  const auto whole = points(*session->snapshot(), FakeEngine::loss_total);
  start();
  must(command::Load{preset(20)});
  must(command::RestoreCheckpoint{file});
  EXPECT_EQ(session->snapshot()->step, 12);
  must(command::Play{});
  const auto rest = points(*reach(State::finished), FakeEngine::loss_total);
  ASSERT_EQ(rest.size(), 8u);
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), whole.begin() + 12));
}

TEST_F(SessionCheckpointTest, OfAFinishedRun) {
  start();
  must(command::Load{preset(5)});
  must(command::Play{});
  reach(State::finished);
  must(command::SaveCheckpoint{file});
  must(command::Reset{});
  must(command::RestoreCheckpoint{file});
  EXPECT_EQ(session->snapshot()->state, State::finished);
  EXPECT_EQ(session->snapshot()->step, 5);
}

TEST_F(SessionCheckpointTest, OfAnotherExperimentIsRefused) {
  start();
  must(command::Load{preset(20)});
  step(2);
  must(command::SaveCheckpoint{file});
  Preset other = preset(20);
  ASSERT_TRUE(other.parameters.set("model.depth", std::int64_t{6}).empty());
  must(command::Load{other});
  step(3);
  const Outcome outcome = act(command::RestoreCheckpoint{file});
  EXPECT_FALSE(outcome.accepted);
  EXPECT_EQ(outcome.text,
            file.string() + ": the checkpoint is of another experiment: model.depth is \"4\" there and \"6\" here");
  EXPECT_EQ(session->snapshot()->state, State::paused);
  EXPECT_EQ(session->snapshot()->step, 3);
  Preset layered = preset(20);
  ASSERT_TRUE(layered.parameters.set("model.layer1.router.k", std::int64_t{6}).empty());
  must(command::Load{layered});
  EXPECT_NE(act(command::RestoreCheckpoint{file}).text.find("model.layer1.router.k is \"2\" there"), std::string::npos);
}

TEST_F(SessionCheckpointTest, ADamagedFileLosesNothing) {
  start();
  must(command::Load{preset(20)});
  step(4);
  must(command::SaveCheckpoint{file});
  step(4);
  write_text(file, read_text(file).substr(0, 300));
  const auto before = session->snapshot();
  EXPECT_EQ(act(command::RestoreCheckpoint{file}).text, file.string() + ": it is truncated");
  EXPECT_EQ(act(command::RestoreCheckpoint{folder / "none"}).text,
            (folder / "none").string() + ": there is no such file");
  EXPECT_EQ(errors().size(), 2u) << "in the log too";
  const auto after = session->snapshot();
  EXPECT_EQ(after->state, State::paused);
  EXPECT_EQ(after->step, 8);
  EXPECT_EQ(points(*after, FakeEngine::loss_total), points(*before, FakeEngine::loss_total));
}

TEST_F(SessionCheckpointTest, AnEngineThatCannotRestoreGoesBack) {
  int restores = 0;
  script->on_restore = [&restores] {  // after its state is overwritten
    if (++restores == 1) throw std::runtime_error("out of memory");
  };
  start();
  must(command::Load{preset(30)});
  step(3);
  must(command::SaveCheckpoint{file});
  step(3);
  const Outcome outcome = act(command::RestoreCheckpoint{file});
  EXPECT_FALSE(outcome.accepted);
  EXPECT_EQ(outcome.text, file.string() + ": out of memory");
  EXPECT_EQ(session->snapshot()->state, State::paused);
  EXPECT_EQ(restores, 2);
  step(6);
  const auto with = points(*session->snapshot(), FakeEngine::loss_total);
  script->on_restore = [] {};
  start();
  must(command::Load{preset(30)});
  step(12);
  EXPECT_EQ(points(*session->snapshot(), FakeEngine::loss_total), with) << "as if it had not been tried";
}

TEST_F(SessionCheckpointTest, WhenThereIsNoWayBackItFails) {
  script->on_restore = [] { throw std::runtime_error("gone"); };
  start();
  must(command::Load{preset(30)});
  step(3);
  must(command::SaveCheckpoint{file});
  EXPECT_FALSE(act(command::RestoreCheckpoint{file}).accepted);
  EXPECT_EQ(session->snapshot()->state, State::failed);
  EXPECT_EQ(session->snapshot()->failure, "gone");
}

TEST_F(SessionCheckpointTest, AfterAFailureItBuildsAnew) {
  script->on_step = [](std::int64_t step) {
    if (step == 6) throw std::runtime_error("CUDA error");
  };
  start();
  must(command::Load{preset(30)});
  step(4);
  must(command::SaveCheckpoint{file});
  must(command::Play{});
  reach(State::failed);
  EXPECT_EQ(script->made, 1);
  must(command::RestoreCheckpoint{file});
  EXPECT_EQ(script->made, 2) << "nothing of the broken engine is trusted";
  EXPECT_EQ(script->alive, 1);
  EXPECT_EQ(session->snapshot()->state, State::paused);
  EXPECT_EQ(session->snapshot()->step, 4);
  EXPECT_EQ(session->snapshot()->failure, "");
  step(1);
}

TEST_F(SessionCheckpointTest, ASaveThatFailsIsNoReasonToStop) {
  script->on_save = [] { throw std::runtime_error("no memory for a copy"); };
  start();
  must(command::Load{preset(20)});
  step(2);
  EXPECT_EQ(act(command::SaveCheckpoint{file}).text, "no memory for a copy");
  EXPECT_FALSE(fs::exists(file));
  script->on_save = [] {};
  EXPECT_NE(act(command::SaveCheckpoint{folder / "none/file"}).text.find("can't be written"), std::string::npos);
  EXPECT_EQ(session->snapshot()->state, State::paused);
  EXPECT_EQ(errors().size(), 2u);
  step(2);
}

}  // namespace
}  // namespace tessera::test
