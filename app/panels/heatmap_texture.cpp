// Pixels of a large heatmap, handed to whatever renders Dear ImGui.
#include "app/panels/heatmap_texture.h"

#include <cstring>

#include "imgui_internal.h"

namespace tessera {
namespace {

void drop(ImTextureData* texture) {
  if (!texture) return;
  // At the end of the program the context may be gone, and with it what it held.
  if (ImGui::GetCurrentContext()) {
    ImGui::UnregisterUserTexture(texture);
    ImGui::GetPlatformIO().Textures.find_erase(texture);
  }
  IM_DELETE(texture);
}

}  // namespace

HeatmapCache::HeatmapCache() : texture_(std::make_unique<Texture>()) {}
HeatmapCache::~HeatmapCache() = default;

HeatmapCache::Texture::~Texture() {
  drop(data_);
  for (ImTextureData* texture : retired_) drop(texture);
}

void HeatmapCache::Texture::sweep() {
  std::erase_if(retired_, [](ImTextureData* texture) {
    if (texture->Status != ImTextureStatus_Destroyed) return false;
    drop(texture);
    return true;
  });
}

void HeatmapCache::Texture::update(const std::vector<ImU32>& pixels, int width, int height) {
  sweep();
  if (data_ && data_->Width == width && data_->Height == height && pixels == pixels_) return;
  pixels_ = pixels;
  if (data_ && (data_->Width != width || data_->Height != height)) {
    data_->WantDestroyNextFrame = true;
    retired_.push_back(data_);
    data_ = nullptr;
  }
  const bool fresh = data_ == nullptr;
  if (fresh) {
    data_ = IM_NEW(ImTextureData)();
    data_->Create(ImTextureFormat_RGBA32, width, height);
    data_->UseColors = true;
    ImGui::RegisterUserTexture(data_);
  }
  std::memcpy(data_->GetPixels(), pixels.data(), pixels.size() * sizeof(ImU32));
  if (!fresh && data_->Status == ImTextureStatus_OK) {
    const ImTextureRect all{0, 0, static_cast<unsigned short>(width), static_cast<unsigned short>(height)};
    data_->Updates.resize(0);
    data_->Updates.push_back(all);
    data_->UpdateRect = data_->UsedRect = all;
    data_->SetStatus(ImTextureStatus_WantUpdates);
  }
}

void HeatmapCache::Texture::draw(ImDrawList& list, ImVec2 from, ImVec2 to) const {
  if (!data_) return;
  const ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
  const float pixels = (to.x - from.x) * ImGui::GetIO().DisplayFramebufferScale.x;
  const bool sharp = pixels >= static_cast<float>(data_->Width) && platform.DrawCallback_SetSamplerNearest &&
                     platform.DrawCallback_SetSamplerLinear;
  if (sharp) list.AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
  list.AddImage(data_->GetTexRef(), from, to);
  if (sharp) list.AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
}

}  // namespace tessera
