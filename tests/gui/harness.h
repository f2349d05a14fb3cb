// The real application in a real window, with a made-up engine and folders of its own, for tests that click.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "app/window/application.h"
#include "app/window/graphics.h"
#include "app/window/png.h"
#include "imgui.h"
#include "imgui_te_context.h"
#include "imgui_te_engine.h"
#include "tests/gui/fake_engine.h"

namespace tessera::test {

class Harness {
 public:
  Harness();
  ~Harness();
  // Not copyable or movable
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  // Runs the tests whose "category/name" matches one of the filters (all without any); the process's exit code.
  int run(int filters, char** filter);
  // Adds a test. It starts with a new application, in empty folders, with the default preset loaded and ready.
  void add(const char* category, const char* name, std::function<void(ImGuiTestContext*, Harness&)> body);

  // --- for tests ---
  // Types a whole path into the file dialog that is open, and accepts it.
  static void choose_file(ImGuiTestContext* context, const std::filesystem::path& file);
  Application& app() { return *app_; }
  Script& script() { return *script_; }
  const std::shared_ptr<Script>& shared_script() const { return script_; }  // for sessions of a test's own
  const std::filesystem::path& folder() const { return folder_; }           // for files that a test writes
  const Snapshot& now() const { return app_->snapshot(); }
  // Draws frames until `done`, for at most `seconds`; whether it came to pass.
  bool until(ImGuiTestContext*, const std::function<bool()>& done, double seconds = 20);
  bool until(ImGuiTestContext* context, State state) {
    return until(context, [this, state] { return now().state == state; });
  }
  // Ends the application and starts another one, as if the program had been started again. keep: with what the one
  // before remembered, and the same made-up engine.
  void restart(ImGuiTestContext*, bool keep, const std::function<void(WindowOptions&)>& change = {});
  // Another size of the window, from now to the end of the test, with the default layout for it.
  void resize(ImGuiTestContext*, int width, int height);
  // The last frame, written to the folder of pictures if the environment names one (TESSERA_GUI_PICTURES).
  void picture(ImGuiTestContext*, const std::string& name);

  // What an item looked like in the last frame.
  Image look(ImGuiTestContext*, const ImGuiTestItemInfo&);

  // References to things in the window.
  std::string window(const char* panel) const;  // "//Controls###controls"
  static ImGuiWindow* find(const char* name);   // a window by its name, "###failure"; null when it was never there
  static bool shown(const char* name);          // and whether it was drawn in the last frame
  static ImGuiID item(const char* window, const char* item);
  ImGuiID child(ImGuiTestContext*, const char* panel, const char* child) const;  // a child window, for SetRef
  ImGuiID controls(ImGuiTestContext*) const;  // what the parameters' widgets of the run that is shown are below

 private:
  void start(const std::function<void(WindowOptions&)>& change);
  void frame();

  std::filesystem::path folder_;
  std::shared_ptr<Script> script_;
  std::unique_ptr<Graphics> graphics_;
  ImGuiTestEngine* engine_ = nullptr;
  std::unique_ptr<Application> app_;
  std::function<void()> between_frames_;
};

// Each file of tests has one of these.
void add_training_tests(Harness&);
void add_control_tests(Harness&);
void add_preset_tests(Harness&);
void add_window_tests(Harness&);
void add_panel_tests(Harness&);
void add_curve_tests(Harness&);
void add_claim_tests(Harness&);
void add_rewind_tests(Harness&);
void add_timeline_tests(Harness&);
void add_fork_tests(Harness&);
void add_runs_tests(Harness&);
void add_export_tests(Harness&);
void add_playground_tests(Harness&);
void add_subspace_tests(Harness&);
void add_sequence_tests(Harness&);
void add_attractor_tests(Harness&);
void add_tile_tests(Harness&);

}  // namespace tessera::test
