// The table of data sets that can be downloaded.
#include "core/data/downloads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/data/image_set.h"
#include "tests/unit/data/idx_files.h"

namespace tessera {
namespace {

TEST(Downloads, EachLineIsWhole) {
  for (const Download& set : downloads()) {
    SCOPED_TRACE(set.name);
    const auto& known = image_set_names();
    EXPECT_NE(std::find(known.begin(), known.end(), set.name), known.end());
    EXPECT_TRUE(set.url.starts_with("https://") && set.url.ends_with("/"));
    EXPECT_FALSE(set.files.empty());
    EXPECT_FALSE(set.contents.empty());
    for (const PublishedFile& file : set.files) {
      EXPECT_EQ(file.md5.size(), 32u);
      EXPECT_EQ(file.md5.find_first_not_of("0123456789abcdef"), std::string::npos);
      EXPECT_GT(file.bytes, 0);
      EXPECT_EQ(file.name.find('/'), std::string::npos);
    }
    EXPECT_EQ(find_download(set.name), &set);
  }
  EXPECT_EQ(find_download("none"), nullptr);
}

TEST(Downloads, WhatAFolderLacks) {
  const test::TemporaryFolder folder;
  const Download set{"x", "", {}, {"images.gz", "labels"}};
  EXPECT_EQ(missing(set, folder.path), set.contents);
  std::ofstream(folder.path / "images").put('x');  // unpacked by hand
  EXPECT_EQ(missing(set, folder.path), std::vector<std::string>{"labels"});
  std::filesystem::create_directory(folder.path / "labels");  // a folder is no file
  EXPECT_EQ(missing(set, folder.path), std::vector<std::string>{"labels"});
}

}  // namespace
}  // namespace tessera
