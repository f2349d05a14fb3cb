// A classification data set.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ClassificationParameters {
  std::string data_name = "fashion-mnist";
  std::string data_path;
  std::int64_t train_samples = 0;

  void describe(Describer& d) {
    const Condition images{"/task.kind", {"classification", "sequence"}};
    d.choice(
        "data.name", data_name, {"fashion-mnist", "mnist", "kmnist", "cifar-10", "cifar-100", "folder"},
        "Data set. fashion-mnist, mnist, kmnist: 60,000 training and 10,000 test images of 28 x 28 grey pixels in 10 "
        "classes. cifar-10, cifar-100: 50,000 and 10,000 of 32 x 32 coloured pixels in 10 or 100 classes. folder: "
        "what data.path has, in the layout of one of these.",
        Applies::rebuild, images);
    d.text("data.path", data_path,
           "Folder with the four IDX files (plain or .gz), or the files of CIFAR's binary version. Empty: the folder "
           "named after the data set below the "
           "environment variable TESSERA_DATA, else where ./lab data puts it, else where the Debian package "
           "dataset-fashion-mnist does.",
           Applies::rebuild, images);
    d.integer("train_samples", train_samples, {.min = 0, .max = 1'000'000}, "samples",
              "Use only the first so many training samples; 0: all. Fewer show overfitting.", Applies::rebuild, images);
  }
};

}  // namespace tessera
