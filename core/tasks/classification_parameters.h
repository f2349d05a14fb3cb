// A classification data set.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ClassificationParameters {
  std::string data_name = "fashion-mnist";
  std::string data_path;
  std::int64_t train_samples = 0;

  void describe(Describer& d) {
    const Condition images{"/task.kind", {"classification"}};
    d.choice("data.name", data_name, {"fashion-mnist", "mnist", "kmnist"},
             "Data set: 60,000 training and 10,000 test images of 28 x 28 grey pixels in 10 classes.", Applies::rebuild,
             images);
    d.text("data.path", data_path,
           "Folder with the four IDX files (plain or .gz). Empty: the folder named after the data set below the "
           "environment variable TESSERA_DATA, else the one that the Debian package dataset-fashion-mnist installs.",
           Applies::rebuild, images);
    d.integer("train_samples", train_samples, {.min = 0, .max = 1'000'000}, "samples",
              "Use only the first so many training samples; 0: all. Fewer show overfitting.", Applies::rebuild, images);
  }
};

}  // namespace tessera
