// Pictures: what is written reads back, parts are the right ones.
#include "app/window/png.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "core/lab/problem.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

Image pattern(int width, int height) {
  Image image{.width = width, .height = height, .rgb = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.rgb.insert(image.rgb.end(), {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y), 200});
    }
  }
  return image;
}

class PngFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tessera-png-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }
  fs::path folder;
};

TEST_F(PngFolder, ReadsBackWhatWasWritten) {
  const Image image = pattern(37, 21);
  write_png(image, folder / "a.png");
  const Image again = read_png(folder / "a.png");
  EXPECT_EQ(again.width, 37);
  EXPECT_EQ(again.height, 21);
  EXPECT_EQ(again.rgb, image.rgb);
}

TEST_F(PngFolder, WhatCannotBeWrittenOrReadIsSaid) {
  EXPECT_THROW(write_png(pattern(2, 2), folder / "none" / "a.png"), InputError);
  EXPECT_THROW(write_png(Image(), folder / "a.png"), InputError);
  EXPECT_THROW(read_png(folder / "none.png"), InputError);
  std::ofstream(folder / "text.png") << "no picture";
  EXPECT_THROW(read_png(folder / "text.png"), InputError);
}

TEST(Image, CropsInsideItself) {
  const Image part = pattern(20, 10).crop(5, 3, 4, 2);
  EXPECT_EQ(part.width, 4);
  EXPECT_EQ(part.height, 2);
  EXPECT_EQ(part.rgb[0], 5);
  EXPECT_EQ(part.rgb[1], 3);
  EXPECT_EQ(part.rgb[part.rgb.size() - 3], 8);
  EXPECT_EQ(part.rgb[part.rgb.size() - 2], 4);
  const Image edge = pattern(20, 10).crop(-4, 8, 30, 30);
  EXPECT_EQ(edge.width, 20);
  EXPECT_EQ(edge.height, 2);
  EXPECT_EQ(pattern(20, 10).crop(25, 0, 5, 5).width, 0);
}

}  // namespace
}  // namespace tessera
