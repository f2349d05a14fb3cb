// A GLFW window with an OpenGL 3.3 context, and Dear ImGui drawing into it.
#pragma once

#include "app/window/fonts.h"
#include "app/window/png.h"

struct GLFWwindow;

namespace tessera {

struct GraphicsOptions {
  int width = 1440, height = 900;
  bool visible = true;  // otherwise frames are drawn into a buffer of their own, which no window manager resizes
  bool maximized = false;
};

class Graphics {
 public:
  explicit Graphics(const GraphicsOptions&);  // throws GraphicsError
  ~Graphics();
  // Not copyable or movable
  Graphics(const Graphics&) = delete;
  Graphics& operator=(const Graphics&) = delete;

  GLFWwindow* window() const { return window_; }
  const Fonts& fonts() const { return fonts_; }
  float monitor_scale() const;                 // 2 on a HiDPI monitor; 1 where frames are drawn off screen
  bool software() const { return software_; }  // OpenGL runs on the processor

  // Up to ImGui::NewFrame(). fineness: how many pixels the frame is made for where the screen has one; on the screen it
  // looks the same, but pictures of it (large_picture.h) have the detail.
  void begin_frame(float fineness = 1);
  float pixels() const { return pixels_; }  // that this frame is made for, for each unit of Dear ImGui's
  void render();          // ImGui::Render() and OpenGL; complete when it returns where OpenGL is software
  Image picture() const;  // of what was rendered; between render() and present()
  void present();

 private:
  void make_offscreen(int width, int height);

  GLFWwindow* window_ = nullptr;
  Fonts fonts_;
  bool visible_, software_ = false;
  unsigned framebuffer_ = 0, colour_ = 0;
  int width_ = 0, height_ = 0;     // of the frame, in pixels
  float screen_ = 1, pixels_ = 1;  // pixels a unit: of the screen, of the frame
};

}  // namespace tessera
