// Pixels of a large heatmap, handed to whatever renders Dear ImGui.
#pragma once

#include <cstdint>
#include <vector>

#include "app/panels/heatmap.h"

namespace tessera {

struct HeatmapCache::Texture {
  Texture() = default;
  ~Texture();
  Texture(const Texture&) = delete;
  Texture& operator=(const Texture&) = delete;

  // Takes over the colours (row-major) if they changed.
  void update(const std::vector<ImU32>& pixels, int width, int height);
  // Draws it; sharp edges between cells that are larger than a pixel.
  void draw(ImDrawList&, ImVec2 from, ImVec2 to) const;

 private:
  void sweep();
  ImTextureData* data_ = nullptr;
  std::vector<ImTextureData*> retired_;  // of another size; kept until the renderer let go of them
  std::vector<ImU32> pixels_;
};

}  // namespace tessera
