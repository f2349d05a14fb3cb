#include "core/tasks/labelled_images.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

#include "core/tasks/tensors.h"

namespace tessera {
namespace {

// Mean and standard deviation of all pixels, in units of their 255 steps.
struct Brightness {
  double mean, deviation;
};
Brightness brightness(const ImageSet& set) {
  std::array<std::int64_t, 256> counts{};
  for (const std::uint8_t pixel : set.pixels) ++counts[pixel];
  const auto n = static_cast<double>(set.pixels.size());
  double mean = 0, square = 0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    const auto v = static_cast<double>(value), share = static_cast<double>(counts[value]) / n;
    mean += share * v;
    square += share * v * v;
  }
  const double variance = square - mean * mean;
  return {mean, variance > 0 ? std::sqrt(variance) : 1};
}

LabelledImages to_device(const ImageSet& set, const Brightness& scale, at::Device device) {
  at::Tensor x = bytes_of(set.pixels).to(device).to(at::kFloat);
  x.sub_(scale.mean).mul_(1 / scale.deviation);
  return {x.view({set.samples(), -1}), bytes_of(set.labels).to(device).to(at::kLong)};
}

}  // namespace

InputShape shape_of(const ImageSet& set) {
  InputShape shape;
  shape.channels = set.channels;
  shape.rows = set.rows;
  shape.columns = set.columns;
  return shape;
}

Samples picked(const LabelledImages& images, const std::vector<std::int64_t>& indices) {
  const at::Tensor index = indices_on(images.labels.device(), indices);
  const at::Tensor labels = images.labels.index_select(0, index);
  return {images.pixels.index_select(0, index), labels, labels, {}, {}};
}

Samples slice_of(const LabelledImages& images, std::int64_t first, std::int64_t end) {
  const at::Tensor labels = images.labels.slice(0, first, end);
  return {images.pixels.slice(0, first, end), labels, labels, {}, {}};
}

LabelledImageData labelled_images(const ImageData& data, at::Device device) {
  const Brightness scale = brightness(data.train);
  return {to_device(data.train, scale, device), to_device(data.test, scale, device)};
}

}  // namespace tessera
