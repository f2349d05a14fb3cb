// A data set's images as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/data/image_set.h"
#include "core/moe/input_shape.h"
#include "core/tasks/task.h"

namespace tessera {

InputShape shape_of(const ImageSet& set);

struct LabelledImages {
  at::Tensor pixels;  // float32 [samples, channels * rows * columns]; the training set's have mean 0 and variance 1
  at::Tensor labels;  // int64 [samples]
};

struct LabelledImageData {
  LabelledImages train, test;
};
Samples picked(const LabelledImages& images, const std::vector<std::int64_t>& indices);
Samples slice_of(const LabelledImages& images, std::int64_t first, std::int64_t end);  // views
LabelledImageData labelled_images(const ImageData& data, at::Device device);

}  // namespace tessera
