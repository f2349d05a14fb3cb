// A data set's images as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/data/image_set.h"

namespace tessera {

struct LabelledImages {
  at::Tensor pixels;  // float32 [samples, rows * columns]; the training set's have mean 0 and variance 1
  at::Tensor labels;  // int64 [samples]
};

struct LabelledImageData {
  LabelledImages train, test;
};
LabelledImageData labelled_images(const ImageData& data, at::Device device);

}  // namespace tessera
