// See large_picture.h.
#include "app/window/large_picture.h"

#include <glad/gl.h>

#include <algorithm>
#include <cmath>

#include "app/window/window.h"
#include "backends/imgui_impl_opengl3.h"
#include "core/lab/problem.h"
#include "core/lab/text.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

constexpr int piece = 2048;  // pixels on a side; every OpenGL 3.3 has as much

int pixels_of(float units, float pixels) { return static_cast<int>(std::lround(units * pixels)); }

// A buffer to draw into.
class Canvas {
 public:
  Canvas(int width, int height) {
    glGenRenderbuffers(1, &colour_);
    glBindRenderbuffer(GL_RENDERBUFFER, colour_);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glBindRenderbuffer(GL_RENDERBUFFER, 0);
    glGenFramebuffers(1, &buffer_);
    glBindFramebuffer(GL_FRAMEBUFFER, buffer_);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colour_);
    if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
      release();
      throw GraphicsError("OpenGL can't draw a picture of " + std::to_string(width) + " x " + std::to_string(height));
    }
  }
  ~Canvas() { release(); }
  // Not copyable or movable
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

 private:
  void release() const {
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    glDeleteFramebuffers(1, &buffer_);
    glDeleteRenderbuffers(1, &colour_);
  }
  unsigned buffer_ = 0, colour_ = 0;
};

void add_lists(ImGuiWindow& window, std::vector<ImDrawList*>& lists) {
  lists.push_back(window.DrawList);
  for (ImGuiWindow* child : window.DC.ChildWindows) {
    if (child->Active && !child->Hidden) add_lists(*child, lists);
  }
}

// The piece of the part that starts at the pixel x, y, into the canvas.
void draw_piece(const PicturePart& part, float pixels, int x, int y, int width, int height) {
  ImDrawData data;
  data.Valid = true;
  data.DisplayPos = {part.from.x + static_cast<float>(x) / pixels, part.from.y + static_cast<float>(y) / pixels};
  data.DisplaySize = {static_cast<float>(width) / pixels, static_cast<float>(height) / pixels};
  data.FramebufferScale = {pixels, pixels};
  for (ImDrawList* list : part.lists) data.CmdLists.push_back(list);
  data.CmdListsCount = data.CmdLists.Size;
  glViewport(0, 0, width, height);
  glClearColor(part.back.x, part.back.y, part.back.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(&data);
}

}  // namespace

PicturePart part_of(ImGuiWindow& window) {
  PicturePart part;
  part.from = ImFloor(window.InnerRect.Min);
  part.size = {std::floor(window.InnerRect.Max.x) - part.from.x, std::floor(window.InnerRect.Max.y) - part.from.y};
  part.back = ImGui::GetStyleColorVec4(ImGuiCol_WindowBg);
  add_lists(window, part.lists);
  return part;
}

PicturePart whole_frame() {
  const ImDrawData& data = *ImGui::GetDrawData();
  return {.from = data.DisplayPos,
          .size = data.DisplaySize,
          .lists = {data.CmdLists.begin(), data.CmdLists.end()},
          .back = ImGui::GetStyleColorVec4(ImGuiCol_DockingEmptyBg)};
}

std::string picture_size(ImVec2 size, float pixels) {
  return with_commas(pixels_of(size.x, pixels)) + " x " + with_commas(pixels_of(size.y, pixels)) + " pixels";
}

bool picture_too_large(ImVec2 size, float pixels) {
  return std::max(size.x, size.y) * pixels > static_cast<float>(most_picture_pixels);
}

Image draw_large(const PicturePart& part, float pixels) {
  Image image{.width = pixels_of(part.size.x, pixels), .height = pixels_of(part.size.y, pixels), .rgb = {}};
  if (image.width < 1 || image.height < 1 || picture_too_large(part.size, pixels)) {
    throw InputError({{"picture", picture_size(part.size, pixels),
                       "1 to " + with_commas(most_picture_pixels) + " on a side: a smaller scale or window"}});
  }
  const std::size_t row = static_cast<std::size_t>(image.width) * 3;
  image.rgb.resize(row * static_cast<std::size_t>(image.height));
  const Canvas canvas(std::min(image.width, piece), std::min(image.height, piece));
  std::vector<std::uint8_t> read(static_cast<std::size_t>(piece) * piece * 3);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadBuffer(GL_COLOR_ATTACHMENT0);
  for (int y = 0; y < image.height; y += piece) {
    for (int x = 0; x < image.width; x += piece) {
      const int width = std::min(piece, image.width - x), height = std::min(piece, image.height - y);
      draw_piece(part, pixels, x, y, width, height);
      glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, read.data());
      for (int line = 0; line < height; ++line) {  // OpenGL counts them from the bottom
        const auto from = read.begin() + static_cast<std::ptrdiff_t>(height - 1 - line) * width * 3;
        std::copy_n(from, width * 3, image.rgb.begin() + static_cast<std::ptrdiff_t>(row * (y + line)) + x * 3);
      }
    }
  }
  return image;
}

}  // namespace tessera
