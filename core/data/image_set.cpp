#include "core/data/image_set.h"

#include <algorithm>
#include <cstdlib>

#include "core/lab/problem.h"

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

std::string how_to_get(const std::string& name) {
  if (name == "fashion-mnist") {
    return "apt-get install dataset-fashion-mnist, or the folder with the four IDX files in task.data.path";
  }
  return "the folder with the four IDX files in task.data.path, or their folder " + name + " below TESSERA_DATA";
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
  throw InputError({{(folder / (file + ".gz")).string(), "no such file", how_to_get(name)}});
}

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
  if (*largest >= classes) {
    throw InputError(
        {{labels_file.string(),
          "label " + std::to_string(*largest) + " of sample " + std::to_string(largest - labels.bytes.begin()),
          "0 to " + std::to_string(classes - 1)}});
  }
  return {static_cast<int>(images.shape[1]), static_cast<int>(images.shape[2]), std::move(images.bytes),
          std::move(labels.bytes)};
}

}  // namespace

const std::vector<std::string>& image_set_names() {
  static const std::vector<std::string> names = {"fashion-mnist", "mnist", "kmnist"};
  return names;
}

fs::path data_folder(const std::string& name, const std::string& path) {
  if (!path.empty()) {
    if (is_folder(path)) return path;
    throw InputError({{"task.data.path", "\"" + path + "\", which is no folder", how_to_get(name)}});
  }
  std::string tried;
  if (const char* parent = std::getenv("TESSERA_DATA"); parent != nullptr && *parent != '\0') {
    fs::path folder = fs::path(parent) / name;
    if (is_folder(folder)) return folder;
    tried = folder.string() + " (TESSERA_DATA) and ";
  }
  fs::path installed = fs::path("/usr/share/datasets") / name;
  if (is_folder(installed)) return installed;
  throw InputError(
      {{"task.data.name", name + " is not here: no folder " + tried + installed.string(), how_to_get(name)}});
}

ImageData load_images(const std::string& name, const fs::path& folder) {
  ImageData data;
  data.classes = class_names(name);
  data.train = read_set(name, folder, "train", data.classes.size());
  data.test = read_set(name, folder, "t10k", data.classes.size());
  if (data.train.rows != data.test.rows || data.train.columns != data.test.columns) {
    throw InputError({{folder.string(), "training and test images differ in size", "images of one size"}});
  }
  return data;
}

}  // namespace tessera
