// Texts in folders: found, read in order, bounded, refused with what to do; and cut into sequences.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "core/data/text_sequences.h"
#include "tests/unit/data/idx_files.h"
#include "tests/unit/data/problem_of.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using test::problem_of;

test::Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }
std::string string(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

class Texts : public testing::Test {
 protected:
  void put(const std::string& file, std::string_view text) {
    fs::create_directories((folder_.path / file).parent_path());
    if (file.ends_with(".gz")) {
      test::write_gz(folder_.path / file, bytes(text));
    } else {
      test::write_plain(folder_.path / file, bytes(text));
    }
  }
  std::vector<Text> load(const std::string& languages = "", std::int64_t most = 1000) {
    return load_texts(folder_.path.string(), languages, most);
  }
  std::string text(std::string_view language, std::int64_t most = 1000) {
    for (const Text& text : load("", most)) {
      if (text.language == language) return string(text.bytes);
    }
    return "none";
  }
  Problem problem(const std::string& languages = "") {
    return problem_of([&] { load(languages); });
  }
  test::TemporaryFolder folder_;
};

TEST_F(Texts, AreReadInTheOrderOfTheirNames) {
  put("german/b.txt", "zwei ");
  put("german/a.txt.gz", "eins ");
  put("german/c/z.txt", "drei");
  put("german/.hidden", "nichts");
  put(".git/x", "nichts");
  put("french.2.txt", "deux");
  put("french.1.txt.gz", "un ");
  const auto texts = load();
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[0].language, "french");
  EXPECT_EQ(string(texts[0].bytes), "un deux");
  EXPECT_EQ(string(texts[1].bytes), "eins zwei drei");
}

TEST_F(Texts, AreBounded) {
  put("german/a", "12345");
  put("german/b", "67890");
  EXPECT_EQ(text("german", 7), "1234567");
  EXPECT_EQ(text("german", 5), "12345");
  EXPECT_EQ(text("german", 3), "123");
  put("german/c", std::string(200'000, 'x'));
  EXPECT_EQ(text("german", 150'000).size(), 150'000u);
  EXPECT_EQ(text("german", 1'000'000).size(), 200'010u);
}

TEST_F(Texts, AreChosenByName) {
  for (const char* name : {"a", "b", "c"}) put(std::string(name) + "/x", name);
  const auto texts = load(" c, a");
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[0].language, "c");
  EXPECT_EQ(texts[1].language, "a");
  EXPECT_EQ(problem("a,d").text(), "task.text.languages: \"d\"; allowed: some of a, b, c, separated by commas");
  EXPECT_EQ(problem("a,,b").found, "\"\"");
  EXPECT_EQ(problem("a,b,a").found, "\"a\" twice");
}

TEST_F(Texts, SayWhatIsWrong) {
  EXPECT_EQ(problem().found, "an empty folder");
  put("empty/x", "");
  EXPECT_EQ(problem().found, "no text");
  put("empty/y.gz", "a text that is long enough to be damaged in the middle");
  test::Bytes damaged = test::read_bytes(folder_.path / "empty/y.gz");
  damaged.resize(damaged.size() / 2);
  test::write_plain(folder_.path / "empty/y.gz", damaged);
  EXPECT_EQ(problem().where, (folder_.path / "empty/y.gz").string());
  const Problem none = problem_of([] { load_texts("/no/such/folder", "", 10); });
  EXPECT_EQ(none.where, "task.text.path");
  EXPECT_NE(none.allowed.find("sub-folder"), std::string::npos);
}

TEST_F(Texts, AreNoPipes) {
  put("german/a.txt", "eins");
  ASSERT_EQ(mkfifo((folder_.path / "german/pipe").c_str(), 0600), 0);
  EXPECT_EQ(problem().where, (folder_.path / "german/pipe").string());
  EXPECT_EQ(problem().found, "a pipe or a device");
}

TEST_F(Texts, MayLieBelowTheFolderOfData) {
  put("text/german/x", "eins");
  const char* before = std::getenv("TESSERA_DATA");
  const std::string kept = before ? before : "";
  setenv("TESSERA_DATA", folder_.path.c_str(), 1);
  const auto texts = load_texts("", "", 10);
  before ? setenv("TESSERA_DATA", kept.c_str(), 1) : unsetenv("TESSERA_DATA");
  ASSERT_EQ(texts.size(), 1u);
  EXPECT_EQ(string(texts[0].bytes), "eins");
}

TEST(CharacterClasses, AreThoseOfBytes) {
  const auto named = [](int byte) {
    return character_classes().at(static_cast<std::size_t>(character_class(static_cast<std::uint8_t>(byte))));
  };
  const std::string text = "azAZ09.~ \t\n\r";
  const std::vector<std::string> expected = {"lower case", "lower case", "upper case",  "upper case",
                                             "digit",      "digit",      "punctuation", "punctuation",
                                             "space",      "space",      "line end",    "line end"};
  for (std::size_t i = 0; i < text.size(); ++i) EXPECT_EQ(named(text[i]), expected[i]) << i;
  const std::string e = "\xC3\xA9", kana = "\xE3\x81\x82";
  EXPECT_EQ(named(static_cast<unsigned char>(e[0])), "UTF-8 first");
  EXPECT_EQ(named(static_cast<unsigned char>(e[1])), "UTF-8 later");
  EXPECT_EQ(named(static_cast<unsigned char>(kana[0])), "UTF-8 first");
  EXPECT_EQ(named(static_cast<unsigned char>(kana[2])), "UTF-8 later");
  EXPECT_EQ(named(0), "line end");
  EXPECT_EQ(named(0x7F), "line end");
  EXPECT_EQ(byte_name('a'), "a");
  EXPECT_EQ(byte_name(' '), "0x20");
  EXPECT_EQ(byte_name(0xE3), "0xE3");
}

// A text whose sequences can be told apart: sequence s is of the bytes s, t, s, t, ...
Text numbered(int t, int sequences, std::size_t size) {
  Text text{"text " + std::to_string(t), {}};
  for (int s = 0; s < sequences; ++s) {
    for (std::size_t i = 0; i < size; ++i) text.bytes.push_back(static_cast<std::uint8_t>(i % 2 == 0 ? s : t));
  }
  return text;
}

TEST(Cutting, GivesEverySequenceOnce) {
  const std::vector<Text> texts = {numbered(0, 40, 5), numbered(1, 21, 5)};
  const CutTexts made = cut(texts, 4, 0.1);
  ASSERT_EQ(made.train.bytes.size(), made.train.labels.size() * 5);
  ASSERT_EQ(made.validation.bytes.size(), made.validation.labels.size() * 5);
  EXPECT_EQ(made.validation.labels.size(), 6u);  // 4 of 40, 2 of 21
  std::set<std::pair<int, int>> seen;            // text, sequence
  for (const Sequences* of : {&made.train, &made.validation}) {
    for (std::size_t i = 0; i < of->labels.size(); ++i) {
      EXPECT_EQ(of->bytes[5 * i + 1], of->labels[i]);
      EXPECT_TRUE(seen.insert({of->labels[i], of->bytes[5 * i]}).second);
    }
  }
  EXPECT_EQ(seen.size(), 61u);
  // They take turns.
  EXPECT_EQ(made.validation.labels, (std::vector<std::uint8_t>{0, 1, 0, 1, 0, 0}));
}

TEST(Cutting, SpreadsPiecesOverTheText) {
  // Sequences of 1 KiB come in pieces of 8; 16 of 160 are two of them, in the middles of the halves.
  const CutTexts made = cut({numbered(0, 160, 1024)}, 1023, 0.1);
  std::vector<int> held;
  for (std::size_t i = 0; i < made.validation.labels.size(); ++i) held.push_back(made.validation.bytes[1024 * i]);
  EXPECT_EQ(held, (std::vector<int>{36, 37, 38, 39, 40, 41, 42, 43, 116, 117, 118, 119, 120, 121, 122, 123}));
}

TEST(Cutting, HoldsAtAnyShareAndLength) {
  for (const int n : {2, 3, 5, 17, 100}) {
    for (const double share : {0.001, 0.1, 0.34, 0.5}) {
      const CutTexts made = cut({numbered(0, n, 3)}, 2, share);
      EXPECT_GE(made.validation.labels.size(), 1u);
      EXPECT_GE(made.train.labels.size(), 1u);
      EXPECT_EQ(made.train.labels.size() + made.validation.labels.size(), static_cast<std::size_t>(n));
    }
  }
  const Problem problem = problem_of([] { cut({numbered(0, 3, 3)}, 8, 0.1); });
  EXPECT_EQ(problem.where, "task.text.sequence_length");
}

}  // namespace
}  // namespace tessera
