// Image classification data sets on disk, in the layouts of MNIST and CIFAR.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/idx.h"

namespace tessera {

struct ImageSet {
  int channels = 1, rows = 0, columns = 0;
  std::vector<std::uint8_t> pixels;        // [samples, channels, rows, columns], 0 to 255
  std::vector<std::uint8_t> labels;        // [samples], below the number of classes
  std::vector<std::uint8_t> superclasses;  // [samples]; empty: the data set has none
  std::int64_t samples() const { return static_cast<std::int64_t>(labels.size()); }
  std::int64_t pixels_each() const { return std::int64_t{channels} * rows * columns; }
  bool same_shape(const ImageSet& other) const {
    return channels == other.channels && rows == other.rows && columns == other.columns;
  }
  void keep_first(std::int64_t count);  // at most as many samples as there are
};

struct ImageData {
  ImageSet train, test;
  std::vector<std::string> classes;       // names
  std::vector<std::string> superclasses;  // names; empty: the data set has none
};

// "fashion-mnist", ... Beside these load_images() takes "folder": one in any of the layouts, whose classes are as many
// as its labels have.
const std::vector<std::string>& image_set_names();

// Where a data set lies: `path` if it isn't empty; else NAME below the environment variable TESSERA_DATA, if that
// folder exists; else in a person's data folder (user_folder.h); else where the Debian package puts it. Throws
// InputError when there is none, with what to do; `where`: the parameters of name and path are WHERE.name and
// WHERE.path.
std::filesystem::path data_folder(const std::string& name, const std::string& path,
                                  const std::string& where = "task.data");

// Reads the folder in the data set's layout, of "folder" in the one whose files it has: {train,t10k}-{images-idx3,
// labels-idx1}-ubyte, plain or .gz, or one of CIFAR's (core/data/cifar.h). Checks the files against each other. Throws
// InputError, naming the file.
ImageData load_images(const std::string& name, const std::filesystem::path& folder);

}  // namespace tessera
