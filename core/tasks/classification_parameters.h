// What is learned: a classification data set, and how it is fed.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ClassificationParameters {
  std::string data_name = "fashion-mnist";
  std::string data_path;
  std::int64_t train_samples = 0;
  std::int64_t batch_size = 128;

  void describe(Describer& d) {
    d.choice("data.name", data_name, {"fashion-mnist", "mnist"},
             "Data set: 60,000 training and 10,000 test images of 28 x 28 grey pixels in 10 classes.",
             Applies::rebuild);
    d.text("data.path", data_path,
           "Folder with the four IDX files (plain or .gz). Empty: the folder named after the data set below the "
           "environment variable TESSERA_DATA, else the one that the Debian package dataset-fashion-mnist installs.",
           Applies::rebuild);
    d.integer("train_samples", train_samples, {.min = 0, .max = 1'000'000}, "samples",
              "Use only the first so many training samples; 0: all. Fewer show overfitting.", Applies::rebuild);
    d.integer("batch_size", batch_size, {.min = 1, .max = 4096, .scale = Scale::logarithmic}, "samples",
              "Samples a step. Every epoch goes through the training set in a new random order.", Applies::rebuild);
  }
};

}  // namespace tessera
