// Files in CIFAR's layouts, made byte by byte; cut off, empty and with labels that can't be.
#include "core/data/cifar.h"

#include <gtest/gtest.h>

#include "tests/unit/data/idx_files.h"
#include "tests/unit/data/problem_of.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::problem_of;

// `count` images; image i begins with these labels, its pixel p is (i + p / 1024) % 256: channel by channel.
Bytes records(int count, const std::function<Bytes(int)>& labels) {
  Bytes bytes;
  for (int i = 0; i < count; ++i) {
    for (const std::uint8_t label : labels(i)) bytes.push_back(label);
    for (int p = 0; p < 3072; ++p) bytes.push_back(static_cast<std::uint8_t>(i + p / 1024));
  }
  return bytes;
}

class Cifar : public testing::Test {
 protected:
  void ten(const std::string& file, int count, int first_label = 0) {
    test::write_plain(folder_.path / file,
                      records(count, [&](int i) { return Bytes{static_cast<std::uint8_t>((first_label + i) % 10)}; }));
  }
  void hundred(const std::string& file, int count) {
    test::write_plain(folder_.path / file, records(count, [](int i) {
                        return Bytes{static_cast<std::uint8_t>(i % 20), static_cast<std::uint8_t>(99 - i)};
                      }));
  }
  void names(const std::string& file, int count) {
    Bytes bytes;
    for (int i = 0; i < count; ++i) {
      for (const char c : "name " + std::to_string(i) + "\r\n") bytes.push_back(static_cast<std::uint8_t>(c));
    }
    bytes.push_back('\n');
    test::write_plain(folder_.path / file, bytes);
  }
  test::TemporaryFolder folder_;
};

TEST_F(Cifar, ReadsTheBatchesOfCifar10InTheirOrder) {
  ten("data_batch_1.bin", 3);
  ten("data_batch_2.bin", 2, 7);
  ten("test_batch.bin", 4, 5);
  EXPECT_TRUE(is_cifar10_folder(folder_.path));
  EXPECT_FALSE(is_cifar100_folder(folder_.path));
  const ImageData data = load_images("folder", folder_.path);
  EXPECT_EQ(data.train.samples(), 5);
  EXPECT_EQ(data.test.samples(), 4);
  EXPECT_EQ(data.train.channels, 3);
  EXPECT_EQ(data.train.rows, 32);
  EXPECT_EQ(data.train.columns, 32);
  EXPECT_EQ(data.train.labels, (Bytes{0, 1, 2, 7, 8}));
  EXPECT_EQ(data.test.labels, (Bytes{5, 6, 7, 8}));
  EXPECT_EQ(data.classes[9], "truck");
  EXPECT_TRUE(data.superclasses.empty());
  ASSERT_EQ(data.train.pixels.size(), 5u * 3072);
  EXPECT_EQ(data.train.pixels[3072], 1);             // image 1, red
  EXPECT_EQ(data.train.pixels[4 * 3072 + 2047], 2);  // image 1 of the second batch, green
  EXPECT_EQ(data.train.pixels[2 * 3072 + 2048], 4);  // image 2, blue
}

TEST_F(Cifar, ReadsCifar100WithSuperclassesAndNames) {
  hundred("train.bin", 100);
  hundred("test.bin", 7);
  const ImageData plain = load_images("cifar-100", folder_.path);
  EXPECT_EQ(plain.classes[42], "42");
  EXPECT_EQ(plain.superclasses[19], "19");
  EXPECT_EQ(plain.train.labels[99], 0);
  EXPECT_EQ(plain.train.superclasses[99], 19);
  EXPECT_EQ(plain.test.samples(), 7);
  names("fine_label_names.txt", 100);
  names("coarse_label_names.txt", 20);
  const ImageData named = load_images("cifar-100", folder_.path);
  EXPECT_EQ(named.classes[42], "name 42");
  EXPECT_EQ(named.superclasses[3], "name 3");
  names("fine_label_names.txt", 99);
  EXPECT_EQ(problem_of([&] { read_cifar100(folder_.path); }).found, "99 names");
  names("fine_label_names.txt", 150);
  EXPECT_EQ(problem_of([&] { read_cifar100(folder_.path); }).found, "101 names or more");
}

TEST_F(Cifar, RefusesWhatIsCutOffEmptyOrOutOfRange) {
  ten("data_batch_1.bin", 3);
  ten("test_batch.bin", 2);
  const fs::path file = folder_.path / "data_batch_1.bin";
  const auto problem = [&] { return problem_of([&] { load_images("cifar-10", folder_.path); }); };
  fs::resize_file(file, 3073 * 2 + 100);
  EXPECT_EQ(problem().where, file.string());
  EXPECT_NE(problem().found.find("100 bytes of image 2"), std::string::npos) << problem().found;
  EXPECT_EQ(problem().allowed, "records of 3073 bytes");
  fs::resize_file(file, 0);
  EXPECT_NE(problem().found.find("empty"), std::string::npos) << problem().found;
  test::write_plain(file, records(3, [](int i) { return Bytes{static_cast<std::uint8_t>(i == 1 ? 10 : 9)}; }));
  EXPECT_NE(problem().found.find("label 10 of image 1"), std::string::npos) << problem().found;
  EXPECT_EQ(problem().allowed, "0 to 9");
}

TEST_F(Cifar, NamesWhatIsMissing) {
  const auto problem = [&](const std::string& name) { return problem_of([&] { load_images(name, folder_.path); }); };
  EXPECT_EQ(problem("cifar-10").where, (folder_.path / "data_batch_1.bin").string());
  EXPECT_NE(problem("cifar-100").allowed.find("binary version"), std::string::npos);
  ten("data_batch_1.bin", 1);
  EXPECT_EQ(problem("cifar-10").where, (folder_.path / "test_batch.bin").string());
  ten("test_batch.bin", 1);
  ten("data_batch_3.bin", 1);
  EXPECT_EQ(problem("cifar-10").where, (folder_.path / "data_batch_2.bin").string());
  EXPECT_EQ(problem("cifar-100").where, (folder_.path / "train.bin").string());
}

TEST_F(Cifar, AFolderOfIdxFilesHasAsManyClassesAsItsLabels) {
  test::write_data_set(folder_.path, 30, 20);
  EXPECT_EQ(load_images("folder", folder_.path).classes.size(), 10u);
  test::write_plain(folder_.path / "t10k-labels-idx1-ubyte", test::idx({20}, Bytes(20, 46)));
  EXPECT_EQ(load_images("folder", folder_.path).classes.back(), "46");
  EXPECT_EQ(problem_of([] { data_folder("folder", "", "task.encoder.data"); }).where, "task.encoder.data.path");
}

}  // namespace
}  // namespace tessera
