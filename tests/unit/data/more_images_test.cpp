// Data sets appended to one another.
#include "core/data/more_images.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/data/problem_of.h"

namespace tessera {
namespace {

ImageSet set_of(int samples, int classes, std::uint8_t first_pixel) {
  ImageSet made;
  made.rows = 1;
  made.columns = 2;
  for (int i = 0; i < samples; ++i) {
    made.pixels.push_back(static_cast<std::uint8_t>(first_pixel + i));
    made.pixels.push_back(0);
    made.labels.push_back(static_cast<std::uint8_t>(i % classes));
  }
  return made;
}

ImageData data_of(int train, int test, int classes, std::uint8_t first_pixel) {
  ImageData made;
  made.train = set_of(train, classes, first_pixel);
  made.test = set_of(test, classes, first_pixel);
  for (int c = 0; c < classes; ++c) made.classes.push_back(std::to_string(c));
  return made;
}

TEST(MoreImages, ClassesFollowAndSamplesKeepTheirs) {
  ImageData data = data_of(6, 4, 2, 10);
  append(data, data_of(3, 2, 3, 100), "a", "b", "here");
  EXPECT_EQ(data.classes, (std::vector<std::string>{"a 0", "a 1", "b 0", "b 1", "b 2"}));
  ASSERT_EQ(data.train.samples(), 9);
  ASSERT_EQ(data.test.samples(), 6);
  std::vector<int> seen;
  for (std::size_t i = 0; i < 9; ++i) {
    const int pixel = data.train.pixels[2 * i], label = data.train.labels[i];
    EXPECT_EQ(label, pixel >= 100 ? 2 + (pixel - 100) % 3 : (pixel - 10) % 2);
    seen.push_back(pixel);
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<int>{10, 11, 12, 13, 14, 15, 100, 101, 102}));
  append(data, data_of(1, 1, 1, 200), "", "c", "here");
  EXPECT_EQ(data.classes.back(), "c 0");
  EXPECT_EQ(data.classes.front(), "a 0");
}

TEST(MoreImages, AreMixedEvenly) {
  ImageData data = data_of(1, 40, 1, 0);
  append(data, data_of(1, 20, 1, 100), "a", "b", "here");
  for (std::size_t end = 3; end <= 60; end += 3) {
    const auto of_second = std::count(data.test.labels.begin(), data.test.labels.begin() + static_cast<int>(end), 1);
    EXPECT_EQ(of_second, static_cast<long>(end) / 3) << end;
  }
}

TEST(MoreImages, MustHaveTheSameShape) {
  ImageData data = data_of(2, 2, 1, 0), other = data_of(2, 2, 1, 0);
  other.train.rows = 2;
  other.train.columns = 1;
  const Problem found = test::problem_of([&] { append(data, other, "a", "b", "here"); });
  EXPECT_EQ(found.where, "here");
  EXPECT_NE(found.allowed.find("1 x 1 x 2"), std::string::npos) << found.allowed;
  EXPECT_EQ(data.train.samples(), 2);  // as it was
}

TEST(MoreImages, AreNamedOrFolders) {
  EXPECT_EQ(*data_sets_in(" mnist , ./there ", "here").value, (std::vector<std::string>{"mnist", "./there"}));
  EXPECT_TRUE(data_sets_in("  ", "here").value->empty());
  for (const char* text : {"imagenet", "mnist,", ","}) EXPECT_FALSE(data_sets_in(text, "here")) << text;
}

}  // namespace
}  // namespace tessera
