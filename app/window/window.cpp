// run_window: the loop that draws when there is something to draw for, and sleeps otherwise.
#include "app/window/window.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "app/window/application.h"
#include "app/window/capture.h"
#include "app/window/graphics.h"
#include "app/window/pacer.h"
#include "core/lab/user_folder.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

// The size that was last used, or asked for, as far as the monitor has room for it.
GraphicsOptions window_size(const WindowOptions& options, const Settings& last) {
  const bool asked = options.width > 0 && options.height > 0;
  return {.width = asked ? options.width : last.width,
          .height = asked ? options.height : last.height,
          .visible = true,
          .maximized = !asked && last.maximized};
}

void keep_size(GLFWwindow* window, Settings& settings) {
  settings.maximized = glfwGetWindowAttrib(window, GLFW_MAXIMIZED);
  if (settings.maximized) return;  // the size to go back to stays
  float x = 1, y = 1;
  glfwGetWindowSize(window, &settings.width, &settings.height);
  glfwGetWindowContentScale(window, &x, &y);  // GLFW_SCALE_TO_MONITOR multiplies it again at the next start
  settings.width = static_cast<int>(std::lround(static_cast<float>(settings.width) / std::max(x, 0.5f)));
  settings.height = static_cast<int>(std::lround(static_cast<float>(settings.height) / std::max(y, 0.5f)));
}

class Loop {
 public:
  Loop(Graphics& graphics, Application& app) : graphics_(graphics), app_(app) {
    glfwSetWindowUserPointer(graphics.window(), this);
    // The window was uncovered, or has another size: what is on screen is stale.
    glfwSetWindowRefreshCallback(graphics.window(),
                                 [](GLFWwindow* window) { self(window)->pacer_.input(glfwGetTime()); });
    glfwSetFramebufferSizeCallback(graphics.window(),
                                   [](GLFWwindow* window, int, int) { self(window)->pacer_.input(glfwGetTime()); });
    glfwSetDropCallback(graphics.window(), [](GLFWwindow* window, int count, const char** files) {
      if (count > 0) self(window)->app_.open(files[0]);
      self(window)->pacer_.input(glfwGetTime());
    });
    glfwSetWindowContentScaleCallback(
        graphics.window(), [](GLFWwindow* window, float, float) { self(window)->pacer_.input(glfwGetTime()); });
  }

  void run() {
    while (!app_.closing()) {
      sleep();
      const double now = glfwGetTime();
      if (!ImGui::GetCurrentContext()->InputEventsQueue.empty()) pacer_.input(now);
      switch (app_.news()) {
        case News::urgent:
          pacer_.urgent(now);
          break;
        case News::data:
          pacer_.data(now);
          break;
        case News::none:
          break;
      }
      if (ImGui::GetIO().WantTextInput) pacer_.blinking(now);
      const bool hidden = glfwGetWindowAttrib(graphics_.window(), GLFW_ICONIFIED);
      if (!hidden && pacer_.wait(now) <= 0) frame();
      if (glfwWindowShouldClose(graphics_.window())) {
        glfwSetWindowShouldClose(graphics_.window(), GLFW_FALSE);
        app_.request_close();
        pacer_.urgent(now);
      }
    }
  }

 private:
  static Loop* self(GLFWwindow* window) { return static_cast<Loop*>(glfwGetWindowUserPointer(window)); }

  void sleep() {
    const bool hidden = glfwGetWindowAttrib(graphics_.window(), GLFW_ICONIFIED);
    const double wait = hidden ? 1.0 : std::min(pacer_.wait(glfwGetTime()), 2.0);
    if (wait > 0) {
      glfwWaitEventsTimeout(wait);
    } else {
      glfwPollEvents();
    }
  }

  void frame() {
    const double begin = glfwGetTime();
    draw_frame(graphics_, app_, graphics_.monitor_scale());
    const double drawn = glfwGetTime();
    graphics_.present();
    // With a GPU, present() waits for the monitor; that is no cost.
    pacer_.drew(begin, graphics_.software() ? glfwGetTime() : drawn);
    if (app_.title() != title_) {
      title_ = app_.title();
      glfwSetWindowTitle(graphics_.window(), title_.c_str());
    }
  }

  Graphics& graphics_;
  Application& app_;
  Pacer pacer_;
  std::string title_;
};

}  // namespace

std::filesystem::path default_config_folder() { return user_folder("XDG_CONFIG_HOME", ".config"); }

int run_window(const WindowOptions& options) {
  SettingsFile settings(options.config_folder.empty() ? default_config_folder() : options.config_folder);
  if (options.before_graphics) options.before_graphics();
  Graphics graphics(window_size(options, settings.settings));
  Application app(options, std::move(settings), graphics.fonts(), [] { glfwPostEmptyEvent(); });
  Loop(graphics, app).run();
  keep_size(graphics.window(), app.settings());
  app.leave();
  return app.exit_code();
}

}  // namespace tessera
