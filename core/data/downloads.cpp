// See downloads.h.
#include "core/data/downloads.h"

#include <algorithm>
#include <cstdlib>

#include "core/lab/user_folder.h"

namespace tessera {

namespace fs = std::filesystem;

// Sums of CIFAR from www.cs.toronto.edu/~kriz/cifar.html; of MNIST, whose own page has none, those that torchvision
// uses.
const std::vector<Download>& downloads() {
  static const std::vector<Download> all = {
      {"cifar-10",
       "https://www.cs.toronto.edu/~kriz/",
       {{"cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 170'052'171}},
       {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin",
        "test_batch.bin"}},
      {"cifar-100",
       "https://www.cs.toronto.edu/~kriz/",
       {{"cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", 168'513'733}},
       {"train.bin", "test.bin"}},
      {"mnist",
       "https://ossci-datasets.s3.amazonaws.com/mnist/",
       {{"train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9'912'422},
        {"train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28'881},
        {"t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1'648'877},
        {"t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4'542}},
       {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz"}},
  };
  return all;
}

std::vector<std::string> download_names() {
  std::vector<std::string> names;
  for (const Download& set : downloads()) names.push_back(set.name);
  return names;
}

const Download* find_download(const std::string& name) {
  const auto found =
      std::find_if(downloads().begin(), downloads().end(), [&](const Download& d) { return d.name == name; });
  return found == downloads().end() ? nullptr : &*found;
}

fs::path downloads_folder() {
  if (const char* given = std::getenv("TESSERA_DATA"); given != nullptr && *given != '\0') return given;
  return user_folder("XDG_DATA_HOME", ".local/share");
}

std::vector<std::string> missing(const Download& set, const fs::path& folder) {
  std::vector<std::string> names;
  for (const std::string& name : set.contents) {
    std::error_code ignored;
    const bool plain = name.ends_with(".gz") && fs::is_regular_file(folder / fs::path(name).stem(), ignored);
    if (!plain && !fs::is_regular_file(folder / name, ignored)) names.push_back(name);
  }
  return names;
}

}  // namespace tessera
