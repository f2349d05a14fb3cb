// See png.h.
#include "app/window/png.h"

#include <png.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "core/lab/atomic_file.h"
#include "core/lab/problem.h"

namespace tessera {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& found, const std::string& allowed) {
  throw InputError({{path.string(), found, allowed}});
}

}  // namespace

Image Image::crop(int x, int y, int w, int h) const {
  const int left = std::clamp(x, 0, width), right = std::clamp(x + w, left, width);
  const int top = std::clamp(y, 0, height), bottom = std::clamp(y + h, top, height);
  Image part{.width = right - left, .height = bottom - top, .rgb = {}};
  part.rgb.reserve(static_cast<std::size_t>(part.width) * part.height * 3);
  for (int row = top; row < bottom; ++row) {
    const auto from = rgb.begin() + (static_cast<std::ptrdiff_t>(row) * width + left) * 3;
    part.rgb.insert(part.rgb.end(), from, from + static_cast<std::ptrdiff_t>(part.width) * 3);
  }
  return part;
}

void write_png(const Image& image, const std::filesystem::path& path) {
  if (image.width <= 0 || image.height <= 0) refuse(path, "a picture without pixels", "at least 1 x 1");
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_RGB;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(png), '\0');
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&png, bytes.data(), &size, 0, image.rgb.data(), 0, nullptr)) {
    refuse(path, png.message, "");
  }
  bytes.resize(size);
  write_file(path, bytes);
}

Image read_png(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path, "can't be read", "a PNG file");
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size())) refuse(path, png.message, "a PNG file");
  png.format = PNG_FORMAT_RGB;
  Image image{.width = static_cast<int>(png.width), .height = static_cast<int>(png.height), .rgb = {}};
  image.rgb.resize(PNG_IMAGE_SIZE(png));
  if (!png_image_finish_read(&png, nullptr, image.rgb.data(), 0, nullptr)) refuse(path, png.message, "a PNG file");
  return image;
}

}  // namespace tessera
