// See capture.h.
#include "app/window/capture.h"

#include <cmath>
#include <memory>

#include "app/window/application.h"
#include "app/window/graphics.h"
#include "app/window/large_picture.h"
#include "app/window/layout.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

Image picture_of_panel(const Application& app, const std::string& name, float pixels) {
  for (const auto& panel : app.panels()) {
    if (panel->name() != name) continue;
    ImGuiWindow* window = ImGui::FindWindowByName(window_id(*panel).c_str());
    if (window && window->Active && !window->Hidden) return draw_large(part_of(*window), pixels);
  }
  throw InputError({{name, "was not drawn", "a panel that is open"}});
}

Image picture_of(const Graphics& graphics, const Application& app, const Capture& capture) {
  const float pixels = graphics.pixels();
  if (!capture.panel.empty()) return picture_of_panel(app, capture.panel, pixels);
  const Image all = graphics.picture();
  if (capture.width <= 0) return all;
  const auto whole = [pixels](float value) { return static_cast<int>(std::lround(value * pixels)); };
  return all.crop(whole(capture.x), whole(capture.y), whole(capture.width), whole(capture.height));
}

void take(const Graphics& graphics, Application& app, const Capture& capture) {
  constexpr const char* failed = "The picture was not saved";
  try {
    const auto image = std::make_shared<const Image>(picture_of(graphics, app, capture));
    app.write(failed, [image, file = capture.file] {
      write_png(*image, file);
      return "Saved " + file.string();
    });
  } catch (const InputError& error) {
    app.not_written(failed, error.problems());
  } catch (const std::exception& error) {
    app.not_written(failed, {{capture.file.string(), error.what(), ""}});
  }
}

}  // namespace

void draw_frame(Graphics& graphics, Application& app, float monitor_scale) {
  app.prepare(monitor_scale);
  graphics.begin_frame(app.fineness());
  app.draw();
  graphics.render();
  if (const auto capture = app.take_capture()) take(graphics, app, *capture);
}

}  // namespace tessera
