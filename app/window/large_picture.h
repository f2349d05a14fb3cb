// Pictures of what a frame drew with more pixels than the screen has. Nothing is blown up: the frame is made for finer
// pixels (Graphics::begin_frame), which gives text and lines the detail, and then drawn once more, piece by piece, into
// a buffer of its own, so that neither the graphics card's largest texture nor its memory bounds the picture.
#pragma once

#include <string>
#include <vector>

#include "app/window/png.h"
#include "imgui.h"

struct ImGuiWindow;

namespace tessera {

inline constexpr int most_picture_pixels = 16384;  // on a side

struct PicturePart {
  ImVec2 from, size;               // in Dear ImGui's units
  std::vector<ImDrawList*> lists;  // what is drawn, of this frame
  ImVec4 back;                     // colour behind it
};

// After ImGui::Render(). Of a window: what it holds, without its title or tab, scroll bars, and what lies over it.
PicturePart part_of(ImGuiWindow&);
PicturePart whole_frame();

// "12,800 x 8,000 pixels".
std::string picture_size(ImVec2 size, float pixels);
bool picture_too_large(ImVec2 size, float pixels);

// With so many pixels a unit, those that the frame was made for. The size is rounded. Throws InputError when it is too
// large or empty, GraphicsError when OpenGL fails.
Image draw_large(const PicturePart&, float pixels);

}  // namespace tessera
