// Pictures of what is drawn, as PNG files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tessera {

struct Image {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // rows from the top, 3 bytes a pixel

  // The part inside the rectangle (in pixels, from the top left); what lies outside the image is left out.
  Image crop(int x, int y, int w, int h) const;
};

// Atomic: temporary file beside it, fsync, rename. Throws InputError when it can't be written.
void write_png(const Image&, const std::filesystem::path&);
// For tests and round trips. Throws InputError when it is no PNG.
Image read_png(const std::filesystem::path&);

}  // namespace tessera
