// render_shot: the real window, off screen, after a number of steps.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "app/window/application.h"
#include "app/window/display.h"
#include "app/window/graphics.h"
#include "app/window/large_picture.h"
#include "app/window/window.h"
#include "core/lab/atomic_file.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
constexpr int settle_frames = 6;                          // docking and automatic sizes come to rest
constexpr auto most_patience = std::chrono::seconds(20);  // with a panel that has asked for something

GraphicsOptions size_of(const ShotOptions& shot) {
  return {.width = shot.window.width > 0 ? shot.window.width : 1600,
          .height = shot.window.height > 0 ? shot.window.height : 1000,
          .visible = false};
}

void check(const ShotOptions& shot) {
  std::vector<Problem> problems;
  const auto panels = make_panels();
  const bool known = shot.layout.empty() || shot.layout == "default" ||
                     std::any_of(panels.begin(), panels.end(), [&](const auto& p) { return shot.layout == p->name(); });
  if (!known) {
    std::string names = "default";
    for (const auto& panel : panels) names += std::string(", ") + panel->name();
    problems.push_back({"--layout", shot.layout, names});
  }
  const GraphicsOptions window = size_of(shot);
  const ImVec2 size(static_cast<float>(window.width), static_cast<float>(window.height));
  if (const auto scale = static_cast<float>(shot.scale); picture_too_large(size, scale)) {
    problems.push_back({shot.scale == 1 ? "--size" : "--scale", picture_size(size, scale),
                        "up to " + with_commas(most_picture_pixels) + " on a side"});
  }
  std::error_code error;
  const fs::path folder = fs::absolute(shot.out, error).parent_path();
  if (!fs::is_directory(folder, error))
    problems.push_back({"--out", shot.out.string(), "a file in a folder that exists"});
  if (!problems.empty()) throw InputError(std::move(problems));
  AtomicFile probe(shot.out);  // InputError now if it can't be written; never committed
}

[[noreturn]] void fail(const Snapshot& snapshot) {
  if (snapshot.step > 0) throw TrainingError(snapshot.failure);
  throw InputError({{snapshot.preset ? snapshot.preset->name : "", snapshot.failure, ""}});
}

// Until the experiment is built, and has done `steps` steps or all it has.
void train(Session& session, std::int64_t steps, const std::function<void(const Snapshot&)>& progress) {
  const auto wait = [&](const std::function<bool(const Snapshot&)>& done) {
    while (!session.wait(done, std::chrono::milliseconds(100))) {
      if (progress) progress(*session.snapshot());
    }
  };
  const auto at_rest = [](const Snapshot& s) {
    return s.state != State::empty && s.state != State::building && s.state != State::running;
  };
  wait(at_rest);
  if (session.snapshot()->state == State::failed) fail(*session.snapshot());
  const std::int64_t goal = std::min(steps, session.snapshot()->steps);
  if (goal <= 0) return;
  session.submit(command::Step{static_cast<int>(std::min<std::int64_t>(goal, 1'000'000'000))});
  wait([&](const Snapshot& s) { return at_rest(s) && (s.step >= goal || s.state == State::failed); });
  if (session.snapshot()->state == State::failed) fail(*session.snapshot());
}

}  // namespace

void render_shot(const ShotOptions& shot) {
  check(shot);
  WindowOptions options = shot.window;
  options.play = options.quit = false;
  if (auto preset = options.read_preset(first_preset(options)); !preset) throw InputError(preset.problems);
  if (options.before_graphics) options.before_graphics();

  std::optional<VirtualDisplay> display;
  if (!has_display()) display.emplace();
  const GraphicsOptions size = size_of(shot);
  std::unique_ptr<Graphics> window;
  try {
    window = std::make_unique<Graphics>(size);
  } catch (const GraphicsError&) {  // DISPLAY may name one that is gone, as after ssh -X
    if (display) throw;
    display.emplace();
    window = std::make_unique<Graphics>(size);
  }
  Graphics& graphics = *window;
  const bool one_panel = !shot.layout.empty() && shot.layout != "default";
  Application app(
      options, SettingsFile(""), graphics.fonts(), [] {}, shot.layout == "default" ? "" : shot.layout);
  train(app.session(), shot.steps, shot.progress);
  const auto end = std::chrono::steady_clock::now() + most_patience;
  for (int frame = 0; frame < settle_frames || (app.busy() && std::chrono::steady_clock::now() < end); ++frame) {
    if (frame >= settle_frames) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    app.news();
    if (one_panel) app.welcome = false;  // the card would lie over it
    app.prepare(1);
    graphics.begin_frame(static_cast<float>(shot.scale));
    app.draw();
    graphics.render();
  }
  write_png(draw_large(whole_frame(), graphics.pixels()), shot.out);
}

}  // namespace tessera
