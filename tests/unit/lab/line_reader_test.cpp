// Lines of files that somebody else may have made: whole ones only, in bounded memory, and always with an end.
#include "core/lab/line_reader.h"

#include <sys/stat.h>

#include "core/lab/append_file.h"
#include "core/lab/problem.h"
#include "core/lab/recorded_rows.h"
#include "tests/unit/lab/files.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

std::string problem(const std::function<void()>& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// All lines, with a bar behind each.
std::string read(const fs::path& file) {
  std::string all;
  LineReader lines(file);
  std::uint64_t bytes = 0;
  while (const auto line = lines.next()) {
    all.append(*line).append("|");
    bytes += line->size() + 1;
    EXPECT_EQ(lines.bytes(), bytes);
  }
  EXPECT_FALSE(lines.next()) << "and so it stays";
  return all;
}

TEST(LineReader, ReturnsWholeLines) {
  const Folder folder;
  for (const auto& [text, lines] :
       {std::pair{"", ""}, {"a", ""}, {"\n", "|"}, {"a\nbc\n\nd\n", "a|bc||d|"}, {"a\nb", "a|"}}) {
    write_text(folder / "lines", text);
    EXPECT_EQ(read(folder / "lines"), lines);
  }
}

TEST(LineReader, LinesAcrossBlocks) {
  const Folder folder;
  std::string text, lines;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string line(i * 7919 + i % 2, static_cast<char>('a' + i % 26));
    text += line + "\n";
    lines += line + "|";
  }
  write_text(folder / "lines", text + "torn");
  EXPECT_EQ(read(folder / "lines"), lines);
}

TEST(LineReader, FollowsALinkAndGoesOnWhenTheFileGrows) {
  const Folder folder;
  write_text(folder / "lines", "a\nb");
  fs::create_symlink(folder / "lines", folder / "link");
  LineReader lines(folder / "link");
  EXPECT_EQ(lines.next(), "a");
  EXPECT_EQ(lines.next(), std::nullopt);
  std::ofstream(folder / "lines", std::ios::app) << "c\n";
  EXPECT_EQ(lines.next(), "bc");
}

TEST(LineReader, RefusesWhatMayHaveNoEnd) {
  const Folder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0666), 0);
  fs::create_symlink("/dev/zero", folder / "endless");
  for (const fs::path& file : {folder / "pipe", folder / "endless", folder.path()}) {
    EXPECT_EQ(problem([&] { LineReader lines(file); }),
              file.string() + ": this is not a file; allowed: the figures of a run");
  }
  EXPECT_EQ(
      problem([&] { LineReader lines(folder / "nothing"); }).find((folder / "nothing").string() + ": can't be read: "),
      0u);
}

// A file with a hole takes no space on the disk.
TEST(LineReader, ALineWithoutEndIsRefused) {
  const Folder folder;
  const fs::path file = folder / "lines";
  write_text(file, "step,name,value\n");
  fs::resize_file(file, std::uintmax_t{1} << 40);
  const std::string refused = ": line 2 is longer than 67108864 bytes; allowed: the figures of a run";
  LineReader lines(file);
  EXPECT_EQ(lines.next(), "step,name,value");
  EXPECT_EQ(problem([&] { lines.next(); }), file.string() + refused);
  const auto problems = read_scalars(file, [](std::int64_t, const std::string&, double) {});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].text(), file.string() + refused);
  EXPECT_EQ(problem([&] { AppendFile().open(file); }),
            file.string() + ": its last line has no end; allowed: the figures of a run");
  EXPECT_EQ(fs::file_size(file), std::uintmax_t{1} << 40) << "and nothing is cut off";
}

TEST(LineReader, CuttingReadsNoMoreThanItMust) {
  const Folder folder;
  const fs::path file = folder / "lines";
  write_text(file, "a\nb\n");
  AppendFile lines;
  lines.open(file);
  fs::resize_file(file, std::uintmax_t{1} << 40);  // by somebody else
  lines.cut([](std::string_view line) { return line == "b"; });
  EXPECT_EQ(read_text(file), "a\n");
}

}  // namespace
}  // namespace tessera::test
