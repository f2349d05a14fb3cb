// Files from strangers: what leads elsewhere or never ends is refused.
#include "core/lab/given_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/lab/atomic_file.h"
#include "tests/unit/lab/files.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

TEST(GivenFiles, ReadsWholeFilesUpToALimit) {
  const Folder folder;
  write_file(folder / "a", "12345");
  EXPECT_EQ(*read_given_file(folder / "a", 5).value, "12345");
  EXPECT_FALSE(read_given_file(folder / "a", 4));
  fs::create_symlink(folder / "a", folder / "link");
  EXPECT_EQ(*read_given_file(folder / "link", 5).value, "12345");
}

TEST(GivenFiles, RefusesWhatIsNoFile) {
  const Folder folder;
  EXPECT_FALSE(read_given_file(folder / "nothing", 9));
  EXPECT_FALSE(read_given_file(folder.path(), 9));
  EXPECT_FALSE(read_given_file("/dev/zero", 9));
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(read_given_file(folder / "pipe", 9)) << "and doesn't wait for a writer";
}

TEST(GivenFiles, FindsLinksAtAnyDepth) {
  const Folder folder;
  fs::create_directories(folder / "run/matrices/deep");
  write_file(folder / "run/scalars.csv", "x");
  EXPECT_TRUE(links_below(folder / "run").empty());
  fs::create_symlink(folder / "run", folder / "named");
  EXPECT_TRUE(links_below(folder / "named").empty()) << "the folder itself may be a link";

  fs::create_symlink("/nowhere", folder / "run/matrices/deep/x.ndjson");
  ASSERT_EQ(links_below(folder / "run").size(), 1u);
  EXPECT_NE(links_below(folder / "run")[0].text().find("deep/x.ndjson: this is a link"), std::string::npos);
  fs::create_directory_symlink("..", folder / "run/loop");
  ASSERT_EQ(mkfifo((folder / "run/pipe").c_str(), 0600), 0);
  EXPECT_EQ(links_below(folder / "run").size(), 3u);
  EXPECT_FALSE(links_below(folder / "none").empty());
}

}  // namespace
}  // namespace tessera::test
