// Image classification data sets on disk, in the layout of MNIST.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/idx.h"

namespace tessera {

struct ImageSet {
  int rows = 0, columns = 0;
  std::vector<std::uint8_t> pixels;  // [samples, rows, columns], 0 to 255
  std::vector<std::uint8_t> labels;  // [samples], below the number of classes
  std::int64_t samples() const { return static_cast<std::int64_t>(labels.size()); }
};

struct ImageData {
  ImageSet train, test;
  std::vector<std::string> classes;  // names
};

const std::vector<std::string>& image_set_names();  // "fashion-mnist", ...

// Where a data set lies: `path` if it isn't empty; else NAME below the environment variable TESSERA_DATA, if that
// folder exists; else where the Debian package puts it. Throws InputError when there is none, with what to do.
std::filesystem::path data_folder(const std::string& name, const std::string& path);

// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte, plain or .gz, from the folder and checks them against each other.
// Throws InputError, naming the file.
ImageData load_images(const std::string& name, const std::filesystem::path& folder);

}  // namespace tessera
