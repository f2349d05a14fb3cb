// The window from outside: open it for a person, or render it off screen into a PNG. It knows training only as an
// Engine made by a factory, and presets only through the reader it is given.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/lab/engine.h"
#include "core/lab/fork.h"
#include "core/lab/preset.h"
#include "core/lab/route_question.h"
#include "core/lab/session.h"

namespace tessera {

struct WindowOptions {
  std::function<std::unique_ptr<Engine>()> make_engine;  // called on the session's worker thread
  // Reads and checks a preset (load_preset with this program's parameter table). Called on the window's thread.
  std::function<Result<Preset>(const std::filesystem::path&)> read_preset;
  // Reads a recorded run (read_snapshot with the same table). Called on a thread of its own.
  std::function<Result<std::shared_ptr<const Snapshot>>(const std::filesystem::path&)> read_run;
  // What a router on its own makes of given logits. Any thread; throws InputError. May be empty.
  RouteFunction route;
  CombinationCheck check;  // of the session: what a change in the window may not make together. May be empty
  // Whatever has to be initialised before there is a graphics context (LibTorch's CUDA). May be empty.
  std::function<void()> before_graphics;

  std::filesystem::path preset;           // opened first; empty: presets_folder/specialize/first-light.json
  std::filesystem::path presets_folder;   // the shipped ones; "Save as" proposes the current folder, never this one
  std::filesystem::path evidence_folder;  // stored verdicts on the shipped presets' claims; empty: none
  std::filesystem::path config_folder;    // settings, layout, recent files; empty: default_config_folder()
  bool reset_layout = false;              // start with the default docking layout
  int width = 0, height = 0;              // of the window; 0: as last time, or the default
  std::string theme;                      // "light" or "dark"; empty: as last time (dark at first)
  double scale = 0;                       // interface scale, 0.75 to 2.5, on top of the monitor's; 0: as last time
  bool play = false;                      // start training at once
  bool quit = false;                      // close when the run has ended; the exit code is 1 if it failed
  // For each session that the window makes, where runs are recorded: a recorder, told where a forked run comes from,
  // and the folder that it records into now (any thread). May be empty.
  struct Recording {
    std::shared_ptr<Observer> observer;
    std::function<std::filesystem::path()> folder;
  };
  std::function<Recording(const std::optional<RecordedPast>&)> make_recording;
};

// $XDG_CONFIG_HOME/tessera, else ~/.config/tessera; empty when neither variable is set (nothing is remembered then).
std::filesystem::path default_config_folder();

// There is no display, or no OpenGL 3.3 on it. The text says so and what works without: commands print it and exit 2.
class GraphicsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Opens the window and returns when it was closed, with the exit code. A preset that can't be read or built is shown in
// the window. Throws GraphicsError.
int run_window(const WindowOptions&);

struct ShotOptions {
  WindowOptions
      window;        // `width` and `height` are the picture's (0: 1600 x 1000); config_folder is never read or written
  double scale = 1;  // the picture has so many pixels, a side, for each of the window's
  std::int64_t steps = 0;     // training steps before the picture is taken; fewer when the run is shorter
  std::filesystem::path out;  // PNG, written atomically
  std::string layout;         // "default" (or empty), or the name of one panel, which then fills the window
  std::function<void(const Snapshot&)> progress;  // while it trains, a few times a second; may be empty
};

// Renders the real window after `steps` steps, without showing it; starts a virtual display where there is none
// that can be opened. Throws
// InputError (a preset that can't be read or built, an unknown layout, an `out` that can't be written), TrainingError
// (training failed), GraphicsError.
void render_shot(const ShotOptions&);

}  // namespace tessera
