// The IDX reader on files made byte by byte: good ones, and every way of being damaged.
#include "core/data/idx.h"

#include <gtest/gtest.h>

#include "core/lab/problem.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

using test::Bytes;

class Idx : public testing::Test {
 protected:
  std::filesystem::path plain(const Bytes& bytes) {
    test::write_plain(folder_.path / "file", bytes);
    return folder_.path / "file";
  }

  // What the InputError of reading these bytes as rank-1 IDX says was found; empty when there is none.
  std::string complaint(const Bytes& bytes, int rank = 1) { return complaint_of(plain(bytes), rank); }
  static std::string complaint_of(const std::filesystem::path& file, int rank = 1) {
    try {
      read_idx(file, rank);
    } catch (const InputError& error) {
      EXPECT_EQ(error.problems().size(), 1u);
      EXPECT_EQ(error.problems()[0].where, file.string());
      EXPECT_FALSE(error.problems()[0].allowed.empty());
      return error.problems()[0].found;
    }
    return "";
  }

  test::TemporaryFolder folder_;
};

TEST_F(Idx, ReadsPlainAndCompressedAlike) {
  const Bytes bytes = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 250, 251, 252};
  test::write_gz(folder_.path / "file.gz", bytes);
  for (const auto& file : {plain(bytes), folder_.path / "file.gz"}) {
    const IdxFile read = read_idx(file, 2);
    EXPECT_EQ(read.shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(read.bytes, (Bytes{1, 2, 3, 250, 251, 252}));
  }
}

TEST_F(Idx, ReadsMoreThanOneChunk) {
  Bytes values(3'000'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i * 7 + i / 1000);
  test::write_gz(folder_.path / "file.gz", test::idx({3000, 1000}, values));
  EXPECT_EQ(read_idx(folder_.path / "file.gz", 2).bytes, values);
}

TEST_F(Idx, NamesAFileThatIsNotThere) {
  EXPECT_EQ(complaint_of(folder_.path / "none"), "No such file or directory");
  EXPECT_EQ(complaint_of(folder_.path), "Is a directory");
}

TEST_F(Idx, RefusesOtherFiles) {
  EXPECT_EQ(complaint({}), "only 0 bytes");
  EXPECT_EQ(complaint({0, 0, 8}), "only 3 bytes");
  EXPECT_EQ(complaint({0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9}), "starts with 2051");  // rank 3, not 1
  EXPECT_EQ(complaint({0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0}), "starts with 3329");                // floats
  EXPECT_EQ(complaint({'h', 'e', 'l', 'l', 'o'}), "starts with 1751477356");
}

TEST_F(Idx, RefusesAHeaderThatIsCutOffOrLies) {
  EXPECT_EQ(complaint({0, 0, 8, 1, 0, 0, 0}), "ends within its header");
  EXPECT_EQ(complaint({0, 0, 8, 1, 0, 0, 0, 0}), "its header says that dimension 0 is 0");
  EXPECT_EQ(complaint(test::idx({0xffffffff}, {1})), "its header says that it is larger than 1 GiB");
  EXPECT_EQ(complaint(test::idx({65536, 65536, 65536}, {1}), 3), "its header says that it is larger than 1 GiB");
}

TEST_F(Idx, RefusesTooFewAndTooManyBytes) {
  EXPECT_EQ(complaint(test::idx({4}, {1, 2, 3})), "ends after 3 of 4 bytes of data");
  EXPECT_EQ(complaint(test::idx({1u << 30}, {1, 2, 3})), "ends after 3 of 1073741824 bytes of data");
  EXPECT_EQ(complaint(test::idx({2}, {1, 2, 3})), "goes on after the 2 bytes that its header says");
}

TEST_F(Idx, RefusesDamagedCompression) {
  Bytes values(10'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>((i * i) >> 3);
  test::write_gz(folder_.path / "good.gz", test::idx({10'000}, values));
  const Bytes good = test::read_bytes(folder_.path / "good.gz");

  EXPECT_EQ(complaint(Bytes(good.begin(), good.begin() + static_cast<long>(good.size() / 2))),
            "ends in the middle of its compressed data");
  // Without the last byte of the checksum all the data is there, but not its proof.
  EXPECT_EQ(complaint(Bytes(good.begin(), good.end() - 1)), "ends in the middle of its compressed data");
  Bytes flipped = good;
  flipped[flipped.size() - 6] ^= 1;  // in the CRC of the data
  EXPECT_TRUE(complaint(flipped).starts_with("damaged")) << complaint(flipped);
}

// Whatever a file holds, the reader returns or complains; it never crashes (run under AddressSanitizer).
TEST_F(Idx, SurvivesAnyCutAndAnyFlippedByte) {
  const Bytes good = test::idx({2, 3, 4}, Bytes(24, 7));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(complaint(Bytes(good.begin(), good.begin() + static_cast<long>(size)), 3), "") << size;
  }
  for (std::size_t at = 0; at < 16; ++at) {  // each byte of the header matters
    Bytes bad = good;
    bad[at] ^= 0x81;
    EXPECT_NE(complaint(bad, 3), "") << at;
  }
}

}  // namespace
}  // namespace tessera
