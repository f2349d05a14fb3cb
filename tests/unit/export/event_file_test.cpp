// Event files: check sums against published values, the framing read back by hand. (What TensorBoard's own reader makes
// of a whole file is in tests/python/test_export.py.)
#include "app/export/event_file.h"

#include <gtest/gtest.h>

#include <cstring>

namespace tessera::test {
namespace {

TEST(EventFile, ChecksumsOfRfc3720) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);  // appendix B.4
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  std::string rising;
  for (char i = 0; i < 32; ++i) rising += i;
  EXPECT_EQ(crc32c(rising), 0x46DD794Eu);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(EventFile, ARecordIsItsLengthItsBytesAndTheirMaskedSums) {
  std::string file;
  {
    Output output([&file](std::string_view bytes) { file += bytes; });
    EventFile events(output);
    events.scalar(300, "a", 1.0);
    output.flush();
  }
  std::size_t at = 0;
  std::vector<std::string> records;
  while (at < file.size()) {
    std::uint64_t length = 0;
    std::uint32_t sum = 0;
    std::memcpy(&length, file.data() + at, 8);
    const auto masked = [&](std::size_t from, std::size_t count) {
      const std::uint32_t crc = crc32c(std::string_view(file).substr(from, count));
      return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
    };
    std::memcpy(&sum, file.data() + at + 8, 4);
    EXPECT_EQ(sum, masked(at, 8));
    ASSERT_LE(at + 16 + length, file.size());
    records.push_back(file.substr(at + 12, length));
    std::memcpy(&sum, file.data() + at + 12 + length, 4);
    EXPECT_EQ(sum, masked(at + 12, length));
    at += 16 + length;
  }
  ASSERT_EQ(records.size(), 2u);
  // By hand: wall_time (field 1, 64 bits), step (2, varint), then file_version (3) or summary (5): a value (1) with its
  // tag (1) and simple_value (2, 32 bits).
  const std::string time("\x09\0\0\0\0\0\0\0\0", 9);
  EXPECT_EQ(records[0], time + std::string("\x10\0\x1A\x0D", 4) + "brain.Event:2");
  EXPECT_EQ(records[1], time + std::string("\x10\xAC\x02\x2A\x0A\x0A\x08\x0A\x01"
                                           "a"
                                           "\x15\0\0\x80\x3F",
                                           15));
}

}  // namespace
}  // namespace tessera::test
