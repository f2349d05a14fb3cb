// Data sets in folders: found, read, and refused when their files don't fit together.
#include "core/data/image_set.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/data/idx_files.h"
#include "tests/unit/data/problem_of.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using test::problem_of;

class ImageSets : public testing::Test {
 protected:
  void SetUp() override { test::write_data_set(folder_.path, 30, 20); }
  Problem problem() {
    return problem_of([&] { load_images("mnist", folder_.path); });
  }
  fs::path file(const std::string& name) { return folder_.path / name; }
  test::TemporaryFolder folder_;
};

TEST_F(ImageSets, ReadsAFolder) {
  const ImageData data = load_images("fashion-mnist", folder_.path);
  EXPECT_EQ(data.classes.size(), 10u);
  EXPECT_EQ(data.classes[9], "ankle boot");
  EXPECT_EQ(data.train.samples(), 30);
  EXPECT_EQ(data.test.samples(), 20);
  EXPECT_EQ(data.train.rows, 4);
  EXPECT_EQ(data.train.columns, 3);
  EXPECT_EQ(data.train.labels[13], 3);
  // Sample 13, class 3, pixel 2: 60 + (91 + 10) % 13.
  EXPECT_EQ(data.train.pixels[13 * 12 + 2], 60 + 101 % 13);
}

TEST_F(ImageSets, PrefersAPlainFileToItsCompressedOne) {
  test::write_plain(file("t10k-labels-idx1-ubyte"), test::idx({20}, test::Bytes(20, 4)));
  EXPECT_EQ(load_images("mnist", folder_.path).test.labels[7], 4);
}

TEST_F(ImageSets, NamesAMissingFileAndWhatToInstall) {
  fs::remove(file("t10k-images-idx3-ubyte.gz"));
  const Problem found = problem_of([&] { load_images("fashion-mnist", folder_.path); });
  EXPECT_EQ(found.where, file("t10k-images-idx3-ubyte.gz").string());
  EXPECT_NE(found.allowed.find("apt-get install dataset-fashion-mnist"), std::string::npos);
}

TEST_F(ImageSets, RefusesLabelsOutOfRange) {
  test::Bytes labels(30, 3);
  labels[17] = 10;
  test::write_gz(file("train-labels-idx1-ubyte.gz"), test::idx({30}, labels));
  EXPECT_EQ(problem().where, file("train-labels-idx1-ubyte.gz").string());
  EXPECT_EQ(problem().found, "label 10 of sample 17");
  EXPECT_EQ(problem().allowed, "0 to 9");
}

TEST_F(ImageSets, RefusesAnotherNumberOfLabelsThanImages) {
  test::write_gz(file("train-labels-idx1-ubyte.gz"), test::idx({29}, test::Bytes(29, 1)));
  EXPECT_EQ(problem().found, "29 labels");
  EXPECT_NE(problem().allowed.find("30"), std::string::npos);
}

TEST_F(ImageSets, RefusesImagesOfTwoSizes) {
  test::write_gz(file("t10k-images-idx3-ubyte.gz"), test::idx({20, 3, 4}, test::Bytes(240, 1)));
  EXPECT_EQ(problem().where, folder_.path.string());
}

TEST_F(ImageSets, RefusesHugeImages) {
  test::write_gz(file("train-images-idx3-ubyte.gz"), test::idx({30, 1, 300}, test::Bytes(9000, 1)));
  EXPECT_EQ(problem().found, "1 x 300 pixels");
}

// An environment variable, as it was again at the end.
class Variable {
 public:
  explicit Variable(const char* name) : name_(name) {
    if (const char* value = std::getenv(name)) before_ = value;
  }
  ~Variable() { before_.empty() ? unsetenv(name_) : setenv(name_, before_.c_str(), 1); }
  // Not copyable or movable
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

class DataFolder : public testing::Test {
 protected:
  void SetUp() override { setenv("XDG_DATA_HOME", (folder_.path / "share").c_str(), 1); }
  Variable data_{"TESSERA_DATA"}, share_{"XDG_DATA_HOME"};
  test::TemporaryFolder folder_;
};

TEST_F(DataFolder, IsThePathIfThereIsOne) {
  setenv("TESSERA_DATA", "/nowhere", 1);
  EXPECT_EQ(data_folder("mnist", folder_.path.string()), folder_.path);
  const Problem found = problem_of([&] { data_folder("mnist", (folder_.path / "none").string()); });
  EXPECT_EQ(found.where, "task.data.path");
}

TEST_F(DataFolder, IsBelowTheEnvironmentVariableNext) {
  fs::create_directory(folder_.path / "mnist");
  setenv("TESSERA_DATA", folder_.path.c_str(), 1);
  EXPECT_EQ(data_folder("mnist", ""), folder_.path / "mnist");
}

TEST_F(DataFolder, IsAPersonsOwnThen) {
  const fs::path own = folder_.path / "share/tessera/mnist";
  fs::create_directories(own);
  unsetenv("TESSERA_DATA");
  EXPECT_EQ(data_folder("mnist", ""), own);
  setenv("TESSERA_DATA", folder_.path.c_str(), 1);  // has none
  EXPECT_EQ(data_folder("mnist", ""), own);
}

TEST_F(DataFolder, SaysWhereItLooked) {
  setenv("TESSERA_DATA", folder_.path.c_str(), 1);
  const Problem found = problem_of([&] { data_folder("no-such-set", ""); });
  EXPECT_NE(found.found.find((folder_.path / "no-such-set").string()), std::string::npos);
  EXPECT_NE(found.found.find((folder_.path / "share/tessera/no-such-set").string()), std::string::npos);
  EXPECT_NE(found.found.find("/usr/share/datasets/no-such-set"), std::string::npos);
}

TEST_F(DataFolder, SaysHowToGetWhatCanBeDownloaded) {
  setenv("TESSERA_DATA", folder_.path.c_str(), 1);
  for (const char* name : {"cifar-10", "cifar-100"}) {
    const Problem found = problem_of([&] { data_folder(name, ""); });
    EXPECT_NE(found.allowed.find(std::string("./lab data ") + name), std::string::npos);
  }
  const Problem found = problem_of([] { data_folder("kmnist", "/nowhere"); });
  EXPECT_EQ(found.allowed.find("./lab data"), std::string::npos);
}

}  // namespace
}  // namespace tessera
