// See graphics.h.
#include "app/window/graphics.h"

#define GLAD_GL_IMPLEMENTATION
#include <GLFW/glfw3.h>
#include <glad/gl.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "app/panels/colours.h"
#include "app/window/window.h"
#include "backends/imgui_impl_glfw.h"
#include "backends/imgui_impl_opengl3.h"
#include "imgui.h"
#include "implot.h"

namespace tessera {
namespace {

constexpr const char* headless_commands =
    "Without a display these work:\n"
    "  ./lab run PRESET       train, and write the figures to a folder\n"
    "  ./lab shot PRESET --steps N --out FILE.png   a picture of the window\n"
    "  ./lab presets          what is shipped\n"
    "  ./lab --help           everything else";

[[noreturn]] void fail(const std::string& what) {
  const char* reason = nullptr;
  glfwGetError(&reason);
  glfwTerminate();
  throw GraphicsError(what + (reason ? std::string(" (") + reason + ")" : "") + ".\n" + headless_commands);
}

// Four tiles of a mosaic.
void set_icon(GLFWwindow* window) {
  constexpr int size = 32;
  std::vector<unsigned char> pixels(static_cast<std::size_t>(size) * size * 4, 0);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const int column = x / 16, row = y / 16, gap = 2;
      if (x % 16 < gap || x % 16 >= 16 - gap || y % 16 < gap || y % 16 >= 16 - gap) continue;
      const ImU32 colour = expert_colour(column + 2 * row, true);
      for (int channel = 0; channel < 4; ++channel) {
        pixels[static_cast<std::size_t>((y * size + x) * 4 + channel)] =
            static_cast<unsigned char>(colour >> (8 * channel));
      }
    }
  }
  const GLFWimage icon{size, size, pixels.data()};
  glfwSetWindowIcon(window, 1, &icon);
}

}  // namespace

Graphics::Graphics(const GraphicsOptions& options) : visible_(options.visible) {
  if (!glfwInit()) fail("There is no display to open a window on");
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  glfwWindowHint(GLFW_VISIBLE, options.visible);
  glfwWindowHint(GLFW_MAXIMIZED, options.maximized);
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, options.visible);
  glfwWindowHint(GLFW_DEPTH_BITS, 0);
  glfwWindowHint(GLFW_STENCIL_BITS, 0);
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "Tessera");
  glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "tessera");
  window_ = glfwCreateWindow(options.width, options.height, "Tessera", nullptr, nullptr);
  if (!window_) fail("This display has no OpenGL 3.3");
  glfwMakeContextCurrent(window_);
  if (!gladLoadGL(glfwGetProcAddress)) fail("OpenGL could not be loaded");
  const auto* renderer = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
  const std::string_view name = renderer ? renderer : "";
  software_ = name.find("llvmpipe") != name.npos || name.find("softpipe") != name.npos || name.find("SWR") != name.npos;
  glfwSwapInterval(software_ ? 0 : 1);
  set_icon(window_);
  glfwSetWindowSizeLimits(window_, 640, 480, GLFW_DONT_CARE, GLFW_DONT_CARE);

  ImGui::CreateContext();
  ImPlot::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;  // the layout is kept with the other settings
  io.LogFilename = nullptr;
  io.ConfigFlags |= ImGuiConfigFlags_DockingEnable | ImGuiConfigFlags_NavEnableKeyboard;
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  io.ConfigDockingWithShift = false;
  io.ConfigInputTextCursorBlink = true;
  ImGui_ImplGlfw_InitForOpenGL(window_, options.visible);
  ImGui_ImplOpenGL3_Init("#version 330 core");
  fonts_ = load_fonts();
  if (!visible_) make_offscreen(options.width, options.height);
}

Graphics::~Graphics() {
  if (framebuffer_) {
    glDeleteFramebuffers(1, &framebuffer_);
    glDeleteTextures(1, &colour_);
  }
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImPlot::DestroyContext();
  ImGui::DestroyContext();
  glfwDestroyWindow(window_);
  glfwTerminate();
}

// The pixels of a window that isn't mapped are undefined, hence a framebuffer object.
void Graphics::make_offscreen(int width, int height) {
  width_ = width;
  height_ = height;
  glGenTextures(1, &colour_);
  glBindTexture(GL_TEXTURE_2D, colour_);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
  glBindTexture(GL_TEXTURE_2D, 0);
  glGenFramebuffers(1, &framebuffer_);
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, colour_, 0);
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
    throw GraphicsError("OpenGL can't draw a picture of " + std::to_string(width) + " x " + std::to_string(height));
  }
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
}

float Graphics::monitor_scale() const {
  if (!visible_) return 1;
  float x = 1, y = 1;
  glfwGetWindowContentScale(window_, &x, &y);
  return std::clamp(std::max(x, y), 0.5f, 4.0f);
}

void Graphics::begin_frame(float fineness) {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  if (!visible_) {
    ImGui::GetIO().DisplaySize = ImVec2(static_cast<float>(width_), static_cast<float>(height_));
    ImGui::GetIO().DisplayFramebufferScale = ImVec2(1, 1);
  }
  screen_ = ImGui::GetIO().DisplayFramebufferScale.x;
  pixels_ = screen_ * fineness;
  ImGui::GetIO().DisplayFramebufferScale = ImVec2(pixels_, pixels_);
  ImGui::NewFrame();
}

void Graphics::render() {
  ImGui::Render();
  ImGui::GetDrawData()->FramebufferScale = ImVec2(screen_, screen_);
  ImGui::GetIO().DisplayFramebufferScale = ImVec2(screen_, screen_);
  if (visible_) glfwGetFramebufferSize(window_, &width_, &height_);
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
  glViewport(0, 0, width_, height_);
  const ImVec4 back = ImGui::GetStyleColorVec4(ImGuiCol_DockingEmptyBg);
  glClearColor(back.x, back.y, back.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  // Otherwise the cost of a frame would be that of queueing it, and the pacing of frames wrong.
  if (software_) glFinish();
}

Image Graphics::picture() const {
  Image image{.width = width_, .height = height_, .rgb = {}};
  const std::size_t row = static_cast<std::size_t>(width_) * 3;
  image.rgb.resize(row * static_cast<std::size_t>(height_));
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
  glReadBuffer(framebuffer_ ? GL_COLOR_ATTACHMENT0 : GL_BACK);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width_, height_, GL_RGB, GL_UNSIGNED_BYTE, image.rgb.data());
  for (int y = 0; y < height_ / 2; ++y) {  // OpenGL counts rows from the bottom
    std::swap_ranges(image.rgb.begin() + static_cast<std::ptrdiff_t>(row) * y,
                     image.rgb.begin() + static_cast<std::ptrdiff_t>(row) * (y + 1),
                     image.rgb.begin() + static_cast<std::ptrdiff_t>(row) * (height_ - 1 - y));
  }
  return image;
}

void Graphics::present() {
  if (visible_) glfwSwapBuffers(window_);
}

}  // namespace tessera
