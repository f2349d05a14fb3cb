// Text helpers.
#include "core/lab/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tessera::test {
namespace {

TEST(Text, Utf8) {
  for (const char* good : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
                           "a\xE2\x82\xAC"
                           "b"}) {
    EXPECT_TRUE(valid_utf8(good)) << good;
  }
  // A continuation alone, overlong forms, a surrogate, beyond U+10FFFF, sequences cut short, bytes that never occur.
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xC2", "\xE2\x82", "\xF0\x90\x80",
                          "\xC2"
                          "a",
                          "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(valid_utf8(bad)) << bad;
  }
}

TEST(Text, Numbers) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(5e-324), "5e-324");
  EXPECT_EQ(number_text(std::nan("")), "nan");
  EXPECT_EQ(number_text(-std::nan("")), "nan");
  EXPECT_EQ(number_text(-INFINITY), "-inf");
  EXPECT_EQ(number_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(Text, NumbersHaveCommas) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(-1), "-1");
  EXPECT_EQ(with_commas(-123), "-123");
  EXPECT_EQ(with_commas(-1234), "-1,234");
}

TEST(Text, DurationsAreRounded) {
  EXPECT_EQ(duration(0.2), "1 s");
  EXPECT_EQ(duration(59), "59 s");
  EXPECT_EQ(duration(59.5), "1 min 0 s");
  EXPECT_EQ(duration(3599), "59 min 59 s");
  EXPECT_EQ(duration(3600), "1 h 0 min");
  EXPECT_EQ(duration(7 * 3600 + 300), "7 h 5 min");
  EXPECT_EQ(duration(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(duration(std::numeric_limits<double>::quiet_NaN()), "?");
}

TEST(Text, ForMessages) {
  EXPECT_EQ(in_quotes("two\nlines"), "\"two?lines\"");
  EXPECT_EQ(in_quotes("\xFF\xC3\xA9"), "\"?\xC3\xA9\"");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), '"' + std::string(60, 'x') + "...\"");
  EXPECT_EQ(listed({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(listed({"a", "b", "c"}, 2), "a, b, ...");
  EXPECT_EQ(listed({}), "");
}

TEST(Text, Nearest) {
  const std::vector<std::string> words = {"temperature", "kind", "k", "jitter"};
  EXPECT_EQ(nearest("temprature", words), "temperature");
  EXPECT_EQ(nearest("tempertaure", words), "temperature");
  EXPECT_EQ(nearest("knd", words), "kind");
  EXPECT_EQ(nearest("knid", words), "kind") << "neighbours exchanged";
  EXPECT_EQ(nearest("jiter", words), "jitter");
  EXPECT_EQ(nearest("colour", words), "");
  EXPECT_EQ(nearest(std::string(1 << 20, 'x'), words), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace tessera::test
