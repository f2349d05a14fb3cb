#include "core/data/cifar.h"

#include <algorithm>
#include <fstream>

#include "core/data/gz_file.h"
#include "core/lab/problem.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

constexpr int side = 32, channels = 3;
constexpr std::size_t pixels_of_image = std::size_t{side} * side * channels;
constexpr std::int64_t most_images = 1'000'000;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

struct LabelByte {
  const char* what;  // "label", "superclass"
  std::size_t classes;
  std::vector<std::uint8_t> ImageSet::*into;
};

// Appends the images of a file whose records begin with these labels.
void read_records(const fs::path& path, const std::vector<LabelByte>& labels, ImageSet& set) {
  GzFile file(path, "CIFAR file");
  const std::size_t record = labels.size() + pixels_of_image;
  std::vector<std::uint8_t> bytes(record);
  std::int64_t count = 0;
  for (;; ++count) {
    const std::size_t got = file.read(bytes.data(), static_cast<unsigned>(record));
    if (got == 0) break;
    const std::string image = "image " + std::to_string(count);
    if (got < record) {
      file.fail("ends after " + std::to_string(got) + " bytes of " + image,
                "records of " + std::to_string(record) + " bytes");
    }
    if (count == most_images) file.fail("more than a million images", "up to a million");
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (bytes[i] >= labels[i].classes) {
        file.fail(std::string(labels[i].what) + " " + std::to_string(bytes[i]) + " of " + image,
                  "0 to " + std::to_string(labels[i].classes - 1));
      }
      (set.*labels[i].into).push_back(bytes[i]);
    }
    set.pixels.insert(set.pixels.end(), bytes.begin() + static_cast<std::ptrdiff_t>(labels.size()), bytes.end());
  }
  if (count == 0) file.fail("is empty", "records of " + std::to_string(record) + " bytes");
}

// A name a line; empty lines are left out.
std::vector<std::string> read_names(const fs::path& path, std::size_t classes) {
  std::vector<std::string> names;
  std::ifstream file(path);
  for (std::string line; names.size() <= classes && std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (const std::string_view name = trimmed(line); !name.empty()) names.emplace_back(name.substr(0, 100));
  }
  if (names.size() != classes) {
    throw InputError(
        {{path.string(), std::to_string(names.size()) + (names.size() > classes ? " names or more" : " names"),
          std::to_string(classes) + ", one a line"}});
  }
  return names;
}

std::vector<std::string> numbers(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

std::vector<std::string> names_or(const fs::path& path, std::vector<std::string> others) {
  return is_there(path) ? read_names(path, others.size()) : others;
}

ImageSet empty_set() {
  ImageSet set;
  set.channels = channels;
  set.rows = set.columns = side;
  return set;
}

fs::path batch(const fs::path& folder, int number) {
  return folder / ("data_batch_" + std::to_string(number) + ".bin");
}

}  // namespace

bool is_cifar10_folder(const fs::path& folder) { return is_there(batch(folder, 1)); }

bool is_cifar100_folder(const fs::path& folder) { return is_there(folder / "train.bin"); }

ImageData read_cifar10(const fs::path& folder) {
  ImageData data;
  data.classes = names_or(folder / "batches.meta.txt",
                          {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"});
  const std::vector<LabelByte> labels = {{"label", data.classes.size(), &ImageSet::labels}};
  data.train = data.test = empty_set();
  int number = 1;
  for (; number <= 5 && is_there(batch(folder, number)); ++number)
    read_records(batch(folder, number), labels, data.train);
  for (int later = number + 1; later <= 5; ++later) {
    if (!is_there(batch(folder, later))) continue;
    throw InputError({{batch(folder, number).string(), "no such file",
                       "all batches before " + batch(folder, later).filename().string()}});
  }
  read_records(folder / "test_batch.bin", labels, data.test);
  return data;
}

ImageData read_cifar100(const fs::path& folder) {
  ImageData data;
  data.classes = names_or(folder / "fine_label_names.txt", numbers(100));
  data.superclasses = names_or(folder / "coarse_label_names.txt", numbers(20));
  const std::vector<LabelByte> labels = {{"superclass", data.superclasses.size(), &ImageSet::superclasses},
                                         {"label", data.classes.size(), &ImageSet::labels}};
  data.train = data.test = empty_set();
  read_records(folder / "train.bin", labels, data.train);
  read_records(folder / "test.bin", labels, data.test);
  return data;
}

}  // namespace tessera
