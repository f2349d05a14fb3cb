// Files that are there whole or not at all, and files of whole lines.
#include "tests/unit/lab/files.h"

#include <sys/stat.h>

#include <stdexcept>

#include "core/lab/append_file.h"
#include "core/lab/atomic_file.h"
#include "core/lab/storage_error.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

TEST(AtomicFile, ReplacesAsAWhole) {
  const Folder folder;
  const fs::path path = folder / "file";
  write_file(path, "first");
  {
    AtomicFile file(path);
    file.write("sec");
    EXPECT_EQ(read_text(path), "first") << "until it is committed";
    file.write("ond");
    file.commit();
  }
  EXPECT_EQ(read_text(path), "second");
  EXPECT_EQ(folder.files(), 1u) << "no temporary file is left";
}

TEST(AtomicFile, WithoutCommitNothingHappens) {
  const Folder folder;
  write_file(folder / "file", "first");
  { AtomicFile(folder / "file").write("second"); }
  EXPECT_EQ(read_text(folder / "file"), "first");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, AFullDiskKeepsTheOldFile) {
  const Folder folder;
  write_file(folder / "file", "first");
  std::string what;
  try {
    const FileSizeLimit limit(100);
    write_file(folder / "file", std::string(1000, 'x'));
  } catch (const InputError& error) {
    what = error.what();
  }
  EXPECT_EQ(what.find((folder / "file").string() + ": can't be written: "), 0u) << what;
  EXPECT_EQ(read_text(folder / "file"), "first");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, FollowsALink) {
  const Folder folder;
  write_file(folder / "real", "first");
  fs::create_symlink(folder / "real", folder / "link");
  write_file(folder / "link", "second");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(folder / "real"), "second");
}

TEST(AtomicFile, ReadableByOthersAsUsual) {
  const Folder folder;
  const mode_t mask = umask(022);
  write_file(folder / "file", "x");
  umask(mask);
  struct stat status {};
  ASSERT_EQ(stat((folder / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST(AppendFile, AppendsAndFlushes) {
  const Folder folder;
  AppendFile file;
  EXPECT_FALSE(file.is_open());
  file.create(folder / "lines");
  EXPECT_TRUE(file.empty());
  file.append("a\n");
  EXPECT_FALSE(file.empty());
  file.append("b\n");
  file.flush();
  EXPECT_EQ(read_text(folder / "lines"), "a\nb\n");
  file.append("c\n");
  file.sync();
  EXPECT_EQ(read_text(folder / "lines"), "a\nb\nc\n");
}

TEST(AppendFile, ClosingFlushes) {
  const Folder folder;
  {
    AppendFile file;
    file.create(folder / "lines");
    file.append("a\n");
  }
  EXPECT_EQ(read_text(folder / "lines"), "a\n");
}

TEST(AppendFile, CreateRefusesAFileThatExists) {
  const Folder folder;
  write_text(folder / "lines", "a\n");
  AppendFile file;
  EXPECT_THROW(file.create(folder / "lines"), std::runtime_error);
  EXPECT_EQ(read_text(folder / "lines"), "a\n");
}

TEST(AppendFile, OpeningCutsATornLine) {
  const Folder folder;
  for (const auto& [before, after] : {std::pair{"a\nb\nc", "a\nb\n"}, {"a\nb\n", "a\nb\n"}, {"torn", ""}, {"", ""}}) {
    write_text(folder / "lines", before);
    AppendFile file;
    file.open(folder / "lines");
    EXPECT_EQ(read_text(folder / "lines"), after);
    EXPECT_EQ(file.empty(), std::string(after).empty());
    file.append("d\n");
    file.flush();
    EXPECT_EQ(read_text(folder / "lines"), std::string(after) + "d\n");
  }
}

TEST(AppendFile, CutsFromALineOn) {
  const Folder folder;
  AppendFile file;
  file.create(folder / "lines");
  file.append("a\nb\nc\nb\n");
  file.cut([](std::string_view line) { return line == "b"; });
  EXPECT_EQ(read_text(folder / "lines"), "a\n");
  file.append("d\n");
  file.cut([](std::string_view) { return false; });
  EXPECT_EQ(read_text(folder / "lines"), "a\nd\n");
  file.cut([](std::string_view) { return true; });
  EXPECT_TRUE(file.empty());
  file.append("e\n");
  file.flush();
  EXPECT_EQ(read_text(folder / "lines"), "e\n");
}

TEST(AppendFile, AFullDiskKeepsWholeLinesAndTheRestForTheNextTry) {
  const Folder folder;
  AppendFile file;
  file.create(folder / "lines");
  file.append("0123456\n");
  file.flush();
  {
    const FileSizeLimit limit(20);
    file.append("0123456\n01234567890\n");
    for (int attempt = 0; attempt < 2; ++attempt) {
      EXPECT_THROW(file.flush(), StorageError);
      EXPECT_EQ(read_text(folder / "lines"), "0123456\n0123456\n") << "20 bytes would hold half a line more";
    }
  }
  file.append("after\n");
  file.flush();
  EXPECT_EQ(read_text(folder / "lines"), "0123456\n0123456\n01234567890\nafter\n");
}

TEST(AppendFile, SaysWhichFileAndWhy) {
  const Folder folder;
  AppendFile file;
  try {
    file.create(folder / "no-folder/lines");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), (folder / "no-folder/lines").string() + ": can't be written: No such file or directory");
  }
}

}  // namespace
}  // namespace tessera::test
