#include "core/data/image_set.h"

#include <algorithm>
#include <cstdlib>

#include "core/data/cifar.h"
#include "core/data/downloads.h"
#include "core/lab/problem.h"
#include "core/lab/user_folder.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t max_side = 256;  // pixels

std::vector<std::string> class_names(const std::string& name) {
  if (name == "fashion-mnist") {
    return {"T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"};
  }
  if (name == "kmnist") return {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"};
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
}

std::string how_to_get(const std::string& name, const std::string& where) {
  const std::string path = where + ".path";
  if (name == "fashion-mnist") {
    return "apt-get install dataset-fashion-mnist, or the folder with the four IDX files in " + path;
  }
  if (name == "folder") return "a folder with files in the layout of MNIST, CIFAR-10 or CIFAR-100 in " + path;
  const std::string command = find_download(name) ? "./lab data " + name + ", or " : "";
  const std::string files = name.starts_with("cifar")
                                ? "files of its binary version (www.cs.toronto.edu/~kriz/cifar.html)"
                                : "four IDX files";
  return command + "the folder with the " + files + " in " + path + ", or their folder " + name + " below TESSERA_DATA";
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// The file, plain or compressed.
fs::path find_file(const std::string& name, const fs::path& folder, const std::string& file) {
  std::error_code ignored;
  for (const char* ending : {"", ".gz"}) {
    fs::path path = folder / (file + ending);
    if (fs::exists(path, ignored)) return path;
  }
  throw InputError({{(folder / (file + ".gz")).string(), "no such file", how_to_get(name, "task.data")}});
}

// classes: 0 for as many as the labels have.
ImageSet read_set(const std::string& name, const fs::path& folder, const std::string& prefix, std::size_t classes) {
  const fs::path images_file = find_file(name, folder, prefix + "-images-idx3-ubyte");
  const fs::path labels_file = find_file(name, folder, prefix + "-labels-idx1-ubyte");
  IdxFile images = read_idx(images_file, 3);
  IdxFile labels = read_idx(labels_file, 1);
  if (images.shape[0] != labels.shape[0]) {
    throw InputError(
        {{labels_file.string(), std::to_string(labels.shape[0]) + " labels",
          std::to_string(images.shape[0]) + ", as many as " + images_file.filename().string() + " has images"}});
  }
  if (images.shape[1] > max_side || images.shape[2] > max_side) {
    throw InputError(
        {{images_file.string(), std::to_string(images.shape[1]) + " x " + std::to_string(images.shape[2]) + " pixels",
          "up to 256 x 256"}});
  }
  const auto largest = std::max_element(labels.bytes.begin(), labels.bytes.end());
  if (classes > 0 && *largest >= classes) {
    throw InputError(
        {{labels_file.string(),
          "label " + std::to_string(*largest) + " of sample " + std::to_string(largest - labels.bytes.begin()),
          "0 to " + std::to_string(classes - 1)}});
  }
  ImageSet set;
  set.rows = static_cast<int>(images.shape[1]);
  set.columns = static_cast<int>(images.shape[2]);
  set.pixels = std::move(images.bytes);
  set.labels = std::move(labels.bytes);
  return set;
}

ImageData read_idx_folder(const std::string& name, const fs::path& folder) {
  ImageData data;
  if (name != "folder") data.classes = class_names(name);
  data.train = read_set(name, folder, "train", data.classes.size());
  data.test = read_set(name, folder, "t10k", data.classes.size());
  if (!data.train.same_shape(data.test)) {
    throw InputError({{folder.string(), "training and test images differ in size", "images of one size"}});
  }
  if (data.classes.empty()) {
    const auto largest = [](const ImageSet& set) { return *std::max_element(set.labels.begin(), set.labels.end()); };
    for (int c = 0; c <= std::max(largest(data.train), largest(data.test)); ++c)
      data.classes.push_back(std::to_string(c));
  }
  return data;
}

}  // namespace

void ImageSet::keep_first(std::int64_t count) {
  const auto kept = static_cast<std::size_t>(count);
  labels.resize(kept);
  pixels.resize(kept * static_cast<std::size_t>(pixels_each()));
  if (!superclasses.empty()) superclasses.resize(kept);
}

const std::vector<std::string>& image_set_names() {
  static const std::vector<std::string> names = {"fashion-mnist", "mnist", "kmnist", "cifar-10", "cifar-100"};
  return names;
}

fs::path data_folder(const std::string& name, const std::string& path, const std::string& where) {
  if (!path.empty() || name == "folder") {
    if (is_folder(path)) return path;
    throw InputError({{where + ".path", "\"" + path + "\", which is no folder", how_to_get(name, where)}});
  }
  std::string tried;
  if (const char* parent = std::getenv("TESSERA_DATA"); parent != nullptr && *parent != '\0') {
    fs::path folder = fs::path(parent) / name;
    if (is_folder(folder)) return folder;
    tried = folder.string() + " (TESSERA_DATA), ";
  }
  if (const fs::path parent = user_folder("XDG_DATA_HOME", ".local/share"); !parent.empty()) {
    fs::path folder = parent / name;
    if (is_folder(folder)) return folder;
    tried += folder.string() + " or ";
  }
  fs::path installed = fs::path("/usr/share/datasets") / name;
  if (is_folder(installed)) return installed;
  throw InputError(
      {{where + ".name", name + " is not here: no folder " + tried + installed.string(), how_to_get(name, where)}});
}

ImageData load_images(const std::string& name, const fs::path& folder) {
  const bool ten = is_cifar10_folder(folder), hundred = is_cifar100_folder(folder), any = name == "folder";
  if (name.starts_with("cifar") && !(name == "cifar-10" ? ten : hundred)) {
    const char* const first = name == "cifar-10" ? "data_batch_1.bin" : "train.bin";
    throw InputError({{(folder / first).string(), "no such file", how_to_get(name, "task.data")}});
  }
  if (name == "cifar-10" || (any && ten)) return read_cifar10(folder);
  if (name == "cifar-100" || (any && hundred)) return read_cifar100(folder);
  return read_idx_folder(name, folder);
}

}  // namespace tessera
