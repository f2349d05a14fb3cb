// A panel: one view of the run. Panels read snapshots and submit commands; they know no engine and no tensor.
// A new panel is one file that defines a Panel and one line in panels.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/lab/judge.h"
#include "core/lab/route_question.h"
#include "core/lab/session.h"

struct ImFont;

namespace tessera {

// One selection for the whole window: pick it in one panel and all others follow. -1: none.
struct Selection {
  int layer = 0;
  int expert = -1;
  int group = -1;  // a class, or group of classes, by index
  // The expert under the pointer in the frame before, and its layer: highlighted in every panel that shows it.
  int hovered_expert = -1, hovered_layer = -1;

  bool highlights(int at_layer, int an_expert) const {
    return an_expert >= 0 && hovered_expert == an_expert && hovered_layer == at_layer;
  }
  void hover(int at_layer, int an_expert) {  // by the panel whose expert is under the pointer in this frame
    next_layer_ = at_layer;
    next_expert_ = an_expert;
  }
  void end_frame() {  // by the window, after the last panel
    hovered_expert = next_expert_;
    hovered_layer = next_layer_;
    next_expert_ = next_layer_ = -1;
  }

 private:
  int next_expert_ = -1, next_layer_ = -1;
};

// A run that can be compared with others: one that trains in this window, or one read from its folder.
struct ComparedRun {
  std::string name;                          // "A", or that of its folder
  std::string about;                         // what it is: the preset and what it has otherwise, or the path
  std::shared_ptr<const Snapshot> snapshot;  // at the moment shown; never null, but perhaps without a description
  std::shared_ptr<const Snapshot> newest;    // the same run now
  int colour = 0;                            // place in the categorical palette
  bool live = false;
};

// What a panel may use while it draws. Lives for one frame.
struct PanelContext {
  const Snapshot& snapshot;  // the run at the moment shown
  const Snapshot& newest;    // the same run now; what a command acts on
  int run_id = 0;            // of that run, however often it is built anew: no other one of this program has it
  // The step shown, as it was when that step had been computed (snapshot.step is one more); -1: now, and `snapshot` is
  // `newest`.
  std::int64_t moment = -1;
  std::function<void(std::int64_t step)> set_moment;  // -1, or a step that is still to come: now
  Selection& selection;
  std::function<Ticket(Command)> submit;
  CombinationCheck check;  // what commands are checked with; may be empty
  std::function<void(Command, std::string question)>
      confirm;                             // asks first (a rebuild loses the run so far), then submits
  const std::vector<Event>& events;        // the log so far
  const std::vector<PresetFile>& presets;  // shipped
  const std::vector<std::filesystem::path>& recent;
  const std::vector<JudgedClaim>& evidence;                // stored, of all presets
  const std::vector<ComparedRun>& runs;                    // those that train first
  std::function<void()> add_run;                           // asks for the folder of a recorded one
  std::function<void(std::size_t)> remove_run;             // by its place in `runs`; a recorded one
  std::function<void()> fork;                              // asks for the difference
  std::function<void(const std::filesystem::path&)> load;  // reads a preset and submits Load, or reports its problems
  std::function<Result<Preset>(const std::filesystem::path&)> read;  // only reads and checks it: for its description
  // What a router makes of given logits: the training core's answer. Any thread; takes milliseconds and more; throws
  // InputError. Empty where there is no training core.
  RouteFunction route;
  std::function<void()> redraw;  // any thread, also after this frame: there is something new to see
  std::function<void()> save, save_as;
  // Both ask for a path first, proposing `name` ("curves.png"). A rectangle of this frame, in ImGui coordinates:
  std::function<void(std::string name, float x, float y, float width, float height)> save_png;
  std::function<void(std::string name, std::string content)> save_text;
  float scale = 1;            // interface scale; sizes in pixels are multiplied by it
  bool dark = true;           // theme; colours that depend on it are in colours.h
  ImFont* figures = nullptr;  // the monospaced font, for numbers that change (ImGui::PushFont(figures, 0)); never null
  ImFont* heading = nullptr;  // the bold one; never null
};

class Panel {
 public:
  virtual ~Panel() = default;
  virtual const char* name() const = 0;   // "overlap": for View::panels and settings
  virtual const char* title() const = 0;  // "Overlap": of its window
  virtual const char* about() const = 0;  // what it shows, and when: for the empty state and the question mark
  virtual std::vector<std::string> families() const { return {}; }  // metrics explained under the question mark
  virtual void draw(PanelContext&) = 0;                             // between ImGui::Begin and End of its window
  virtual bool busy() const { return false; }  // it has asked for what it is to show: a picture waits for that
  virtual void apply(const View&) {}           // a preset with its own view was loaded
  // What the panel remembers between sessions ("smoothing=0.6"), one line; restore takes what an older version wrote,
  // too.
  virtual std::string settings() const { return {}; }
  virtual void restore(const std::string&) {}
};

// All panels, in the order of the View menu. One line each in panels.cpp.
std::vector<std::unique_ptr<Panel>> make_panels();

}  // namespace tessera
