// All that the window is made of but the graphics: the session, the panels, the open preset, dialogs, settings. A frame
// is prepare() and draw(); who shows it (window.cpp, shot.cpp, a test) asks news() when one is needed.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/panels/panel.h"
#include "app/window/background.h"
#include "app/window/compared_runs.h"
#include "app/window/dialogs.h"
#include "app/window/document.h"
#include "app/window/file_dialog.h"
#include "app/window/fonts.h"
#include "app/window/fork_dialog.h"
#include "app/window/forking.h"
#include "app/window/live_runs.h"
#include "app/window/recorded_runs.h"
#include "app/window/rewind.h"
#include "app/window/settings.h"
#include "app/window/window.h"

namespace tessera {

enum class News { none, data, urgent };

// What of the next frame is to be written as a picture: a panel, by its name, with `scale` pixels for each that the
// screen has; or else a part, in ImGui coordinates; without a width, all of it.
struct Capture {
  std::filesystem::path file;
  float x = 0, y = 0, width = 0, height = 0;
  std::string panel = {};
  float scale = 1;
};

// The preset that a window with these options opens first.
std::filesystem::path first_preset(const WindowOptions&);

enum class Page { none, shortcuts, metrics, about };  // of the Help menu

class Application {
 public:
  // There is an ImGui context, with these fonts. `wake` is called on any thread when there may be news. solo: the name
  // of the panel that fills the window; empty: the docking layout.
  Application(const WindowOptions&, SettingsFile, const Fonts&, const std::function<void()>& wake,
              std::string solo = "");
  ~Application();
  // Not copyable or movable
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // --- for who shows it ---
  News news();                            // takes what the session has to say
  void prepare(float monitor_scale);      // before ImGui::NewFrame(): theme and scale
  void draw();                            // between ImGui::NewFrame() and Render()
  bool busy() const;                      // after draw(): a panel waits for what it has asked for
  float fineness() const;                 // after prepare(): how much finer than the screen's its pixels are to be
  std::optional<Capture> take_capture();  // after rendering: what to write
  void request_close();                   // asks first when something would be lost
  bool closing() const { return closing_; }
  int exit_code() const { return exit_code_; }
  const std::string& title() const { return title_; }  // of the window
  void leave();  // settings are written; called by who knows the window's size, and by the destructor

  // --- what a person can do; each also an action (actions.h) ---
  void open(const std::filesystem::path& preset);
  void ask_open();
  void save(std::function<void()> then = {});  // `then`: after it was saved, not when that failed or was cancelled
  void save_as(std::function<void()> then = {});
  void save_scalars();
  void save_picture();
  void save_panel(const std::string& name, float scale);  // as a picture; opens it and brings it to the front
  // Writes files on another thread, and says how it went; `work` as in Background::begin.
  void write(const std::string& what, std::function<std::string()> work);
  void not_written(const std::string& what, const std::vector<Problem>&);
  void ask_file(FileRequest);
  void ask(Question question) { dialogs_.ask(std::move(question)); }
  void tell(std::string title, std::string text, std::vector<Problem> problems) {
    dialogs_.tell(std::move(title), std::move(text), std::move(problems));
  }
  void submit(Command command) { submit_to(run(), std::move(command)); }
  Ticket submit_to(LiveRun&, Command);
  // To every run that allows it in its state; to compare runs, they are driven as one.
  void submit_to_all(const Command& command);
  void toggle_play();
  void new_seed();
  void ask_fork() { fork_dialog_.show(*this); }
  // Adds a run that differs from the present one in a parameter (Forking::begin).
  void fork(const std::string& path, const Value& value, ForkFrom from);
  bool forking() const { return forking_.under_way(); }  // one is being made
  void close_run();                                      // the present one, asking first; there must be another
  void close_unasked(LiveRun&);                          // likewise
  void show_run(std::size_t index);
  void ask_run();  // the folder of a recorded run, to be compared
  void add_recorded(const std::filesystem::path& folder);
  void show_next_run();
  void confirm(Command, std::string question);
  void reset_layout();
  void set_theme(bool dark);
  void set_scale(double scale);
  void show_panel(const std::string& name, bool in_front);
  void show_page(Page page) { page_ = page; }
  void say(Severity, const std::string& text);  // in the log, and for a while in the status bar

  // --- what there is to see ---
  const std::vector<std::unique_ptr<LiveRun>>& live() const { return live_.all(); }
  LiveRuns& live_runs() { return live_; }
  LiveRun& run() { return live_.shown(); }  // the one that the window shows
  const LiveRun& run() const { return live_.shown(); }
  bool any_running() const { return live_.any_running(); }
  const std::vector<ComparedRun>& runs() const { return compared_.all(); }
  const Snapshot& snapshot() const { return *run().snapshot; }
  const std::vector<Event>& events() const { return events_; }
  std::size_t errors() const { return errors_; }
  Settings& settings() { return settings_.settings; }
  const Settings& settings() const { return settings_.settings; }
  Document& document() { return run().document; }
  const std::vector<std::unique_ptr<Panel>>& panels() const { return panels_; }
  Selection& selection() { return selection_; }
  Rewind& rewind() { return rewind_; }
  const Rewind& rewind() const { return rewind_; }
  Session& session() { return *run().session; }
  Page page() const { return page_; }
  float scale() const { return scale_; }
  bool dark() const { return settings_.settings.dark; }
  const Fonts& fonts() const { return fonts_; }
  const CombinationCheck& check() const { return options_.check; }
  const std::string& notice() const { return notice_; }  // of the status bar; empty when it is over
  bool building_long() const;                            // long enough to say so
  bool at_start() const;  // an experiment is ready and no step is done: the welcome card shows
  bool welcome = true;    // until it is closed
  bool asking() const { return !dialogs_.empty() || files_.visible() || fork_dialog_.visible(); }

 private:
  void take_outcomes(LiveRun&);
  void take_events();
  void take_recorded();  // those that were read
  void take_written();
  News news_of_runs();
  void shown_is_another();
  void close_from(std::size_t index);       // asks about each run that would lose something, then closes the window
  void load(const std::filesystem::path&);  // without asking about changes
  void loaded(LiveRun&, const Outcome&, const LiveRun::Loading&);  // this Load was answered
  bool save_to(const std::filesystem::path&);                      // whether it was saved
  void if_unchanged(const std::string& question, const std::function<void()>& then);
  void capture_soon(Capture);
  PanelContext context();
  void draw_panels();
  void draw_panel(Panel&, PanelContext&);
  void raise_panels();
  bool shipped(const std::filesystem::path&) const;

  WindowOptions options_;
  std::string solo_;
  SettingsFile settings_;
  Fonts fonts_;
  std::vector<std::unique_ptr<Panel>> panels_;
  std::vector<PresetFile> shipped_;
  std::vector<JudgedClaim> evidence_;
  Selection selection_;
  Rewind rewind_;
  std::optional<std::int64_t> moment_to_show_;  // asked for by a panel in this frame
  Dialogs dialogs_;
  FileDialog files_;
  ForkDialog fork_dialog_;
  const std::function<void()> wake_;
  // A panel has something new to show. Shared: its other thread may say so when this window is gone.
  const std::shared_ptr<std::atomic<bool>> redraw_ = std::make_shared<std::atomic<bool>>(false);
  Background background_;
  RecordedRuns recorded_;
  ComparedRuns compared_;  // as of this frame
  Forking forking_;
  std::vector<Event> events_;
  std::size_t errors_ = 0;
  std::int64_t drawn_moment_ = -1;
  bool answered_ = true;  // something happened that no frame shows yet
  std::optional<Capture> capture_;
  int capture_in_ = 0;                 // frames until it is taken, so that menus and dialogs are gone
  bool capturing_ = false;             // in this frame
  std::vector<std::string> to_front_;  // names of panels, the last one in front of the others
  int raising_ = 0;                    // frames since
  bool build_layout_ = false;
  bool play_when_ready_ = false;
  Page page_ = Page::none;
  std::string title_ = "Tessera", notice_;
  double notice_until_ = 0, building_since_ = 0;
  float scale_ = 0, applied_scale_ = 0;
  bool applied_dark_ = false;
  bool closing_ = false;
  int exit_code_ = 0;
  LiveRuns live_;  // last: their workers may hand over something until they are gone
};

}  // namespace tessera
