// One frame of the application: what surrounds the panels, the panels, what lies over them.
#include <algorithm>
#include <cmath>

#include "app/window/actions.h"
#include "app/window/application.h"
#include "app/window/chrome.h"
#include "app/window/layout.h"
#include "app/window/theme.h"
#include "core/lab/atomic_file.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

constexpr ImGuiID dock_space = 0x7e55e7a;  // its own: the layout that is kept names it
constexpr int raising_frames = 3;
constexpr int settle_frames = 4;  // until menus and dialogs are gone from a picture

}  // namespace

void Application::prepare(float monitor_scale) {
  if (capture_in_ > 0) --capture_in_;
  capturing_ = capture_ && capture_in_ == 0 && to_front_.empty();
  scale_ = monitor_scale * static_cast<float>(settings().scale);
  if (scale_ == applied_scale_ && settings().dark == applied_dark_) return;
  apply_theme(settings().dark, scale_);
  applied_scale_ = scale_;
  applied_dark_ = settings().dark;
}

void Application::draw() {
  handle_keys(*this);
  const bool changed = document().changed(snapshot());
  title_ = document().open() ? document().name() + (changed ? " * - Tessera" : " - Tessera") : "Tessera";

  draw_menu_bar(*this);
  draw_status_bar(*this);
  draw_rewind_bar(*this);
  draw_failure(*this);
  draw_panels();
  draw_welcome(*this);
  draw_page(*this);
  // One at a time, since each would take the other's place: a file is asked for once all questions are answered.
  if (!dialogs_.empty()) {
    dialogs_.draw(scale_);
  } else if (fork_dialog_.visible()) {
    fork_dialog_.draw(*this);
  } else {
    files_.draw(scale_, settings().dark);
  }

  if (moment_to_show_) rewind_.go_to(*std::exchange(moment_to_show_, {}));
  selection_.end_frame();
  if (ImGui::GetIO().WantSaveIniSettings) leave();
  for (const auto& live : live_.all()) {
    live->drawn_state = live->snapshot->state;
    live->drawn_version = live->snapshot->version;
  }
  answered_ = capture_.has_value() || !to_front_.empty() || rewind_.moment() != drawn_moment_;
  drawn_moment_ = rewind_.moment();
}

void Application::capture_soon(Capture capture) {
  capture_ = std::move(capture);
  capture_in_ = settle_frames;
}

float Application::fineness() const { return capturing_ ? capture_->scale : 1; }

std::optional<Capture> Application::take_capture() {
  if (!std::exchange(capturing_, false)) return {};
  return std::exchange(capture_, {});
}

void Application::draw_panels() {
  compared_.list(live_, recorded_.all(), rewind_.moment());
  PanelContext panel_context = context();
  const ImGuiViewport& viewport = *ImGui::GetMainViewport();
  if (!solo_.empty()) {
    ImGui::SetNextWindowPos(viewport.WorkPos);
    ImGui::SetNextWindowSize(viewport.WorkSize);
    for (const auto& panel : panels_) {
      if (panel->name() == solo_) draw_panel(*panel, panel_context);
    }
    return;
  }
  ImGui::DockSpaceOverViewport(dock_space, &viewport);
  if (build_layout_) {
    build_default_layout(dock_space, viewport.WorkSize, panels_, scale_);
    build_layout_ = false;
    // Where several share a place, the first of the list is in front.
    std::vector<std::string> order;
    for (auto panel = panels_.rbegin(); panel != panels_.rend(); ++panel) order.emplace_back((*panel)->name());
    order.insert(order.end(), to_front_.begin(), to_front_.end());
    to_front_ = std::move(order);
  }
  for (const auto& panel : panels_) draw_panel(*panel, panel_context);
  raise_panels();
}

// A new layout has its tab bars after a frame or two, and windows that appear come to the front by themselves: hence
// more than one attempt.
void Application::raise_panels() {
  for (const std::string& name : to_front_) {
    const auto panel = std::find_if(panels_.begin(), panels_.end(), [&](const auto& p) { return name == p->name(); });
    ImGuiWindow* window = panel == panels_.end() ? nullptr : ImGui::FindWindowByName(window_id(**panel).c_str());
    if (!window) continue;
    if (window->DockNode && window->DockNode->TabBar) window->DockNode->TabBar->NextSelectedTabId = window->TabId;
    // The tab of the window with the focus stays selected, so that a panel behind it needs the focus.
    const ImGuiWindow* focused = ImGui::GetCurrentContext()->NavWindow;
    const bool behind = focused && window->DockNode && focused->RootWindow->DockNode == window->DockNode;
    if (behind || window->DockId == 0) ImGui::FocusWindow(window);
  }
  if (to_front_.empty() || ++raising_ < raising_frames) return;
  to_front_.clear();
  raising_ = 0;
}

void Application::draw_panel(Panel& panel, PanelContext& panel_context) {
  bool& open = settings().panels[panel.name()].open;
  if (!open && solo_.empty()) return;
  ImGuiWindowFlags flags = ImGuiWindowFlags_NoCollapse;
  if (!solo_.empty()) flags |= ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize;
  ImGuiWindowClass tab;  // its tab has a button to close it; another one beside the tabs would be too many
  tab.DockNodeFlagsOverrideSet = ImGuiDockNodeFlags_NoCloseButton | ImGuiDockNodeFlags_NoWindowMenuButton;
  ImGui::SetNextWindowClass(&tab);
  if (ImGui::Begin(window_id(panel).c_str(), solo_.empty() ? &open : nullptr, flags)) panel.draw(panel_context);
  ImGui::End();
}

PanelContext Application::context() {
  const auto ask = [this](std::string name, std::string what, std::function<void(const std::filesystem::path&)> done) {
    ask_file({.purpose = FileRequest::Purpose::save,
              .title = "Save " + what,
              .extension = std::filesystem::path(name).extension().string(),
              .folder = {},
              .name = name,
              .done = std::move(done)});
  };
  const auto save_png = [this, ask](std::string name, float x, float y, float width, float height) {
    ask(std::move(name), "picture", [this, x, y, width, height](const std::filesystem::path& file) {
      capture_soon({file, x, y, width, height});
    });
  };
  const auto save_text = [this, ask](std::string name, std::string content) {
    ask(std::move(name), "figures", [this, content = std::move(content)](const std::filesystem::path& file) {
      try {
        write_file(file, content);
        say(Severity::info, "Saved " + file.string());
      } catch (const InputError& error) {
        tell("The file was not saved", "Nothing was written.", error.problems());
        say(Severity::error, error.what());
      }
    });
  };
  return {.snapshot = rewind_.shown(),
          .newest = snapshot(),
          .run_id = static_cast<int>(run().id),
          .moment = rewind_.moment(),
          .set_moment = [this](std::int64_t step) { moment_to_show_ = step; },
          .selection = selection_,
          .submit = [this](Command command) { return submit_to(run(), std::move(command)); },
          .check = options_.check,
          .confirm = [this](Command command, std::string text) { confirm(std::move(command), std::move(text)); },
          .events = events_,
          .presets = shipped_,
          .recent = settings().recent,
          .evidence = evidence_,
          .runs = compared_.all(),
          .add_run = [this] { ask_run(); },
          .remove_run = [this](std::size_t index) { recorded_.remove(index - live().size()); },
          .fork = [this] { ask_fork(); },
          .load = [this](const std::filesystem::path& file) { open(file); },
          .read = options_.read_preset,
          .route = options_.route,
          .redraw =
              [redraw = redraw_, wake = wake_] {
                *redraw = true;
                wake();
              },
          .save = [this] { save(); },
          .save_as = [this] { save_as(); },
          .save_png = save_png,
          .save_text = save_text,
          .scale = scale_,
          .dark = settings().dark,
          .figures = fonts_.figures,
          .heading = fonts_.heading};
}

}  // namespace tessera
