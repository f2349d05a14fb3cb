// All that the window is made of but the graphics: the session, the panels, the open preset, dialogs, settings. A frame
// is prepare() and draw(); who shows it (window.cpp, shot.cpp, a test) asks news() when one is needed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/panels/panel.h"
#include "app/window/dialogs.h"
#include "app/window/document.h"
#include "app/window/file_dialog.h"
#include "app/window/fonts.h"
#include "app/window/rewind.h"
#include "app/window/settings.h"
#include "app/window/window.h"

namespace tessera {

enum class News { none, data, urgent };

// A part of the next frame to be written as a picture, in ImGui coordinates; without a width, all of it.
struct Capture {
  std::filesystem::path file;
  float x = 0, y = 0, width = 0, height = 0;
};

// The preset that a window with these options opens first.
std::filesystem::path first_preset(const WindowOptions&);

enum class Page { none, shortcuts, metrics, about };  // of the Help menu

class Application {
 public:
  // There is an ImGui context, with these fonts. `wake` is called on any thread when there may be news. solo: the name
  // of the panel that fills the window; empty: the docking layout.
  Application(const WindowOptions&, SettingsFile, const Fonts&, std::function<void()> wake, std::string solo = "");
  ~Application();
  // Not copyable or movable
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // --- for who shows it ---
  News news();                            // takes what the session has to say
  void prepare(float monitor_scale);      // before ImGui::NewFrame(): theme and scale
  void draw();                            // between ImGui::NewFrame() and Render()
  std::optional<Capture> take_capture();  // after rendering: what to write
  void captured(const std::filesystem::path&, const std::string& complaint);  // it was written, or not
  void request_close();                                                       // asks first when something would be lost
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
  void submit(Command command) { submit_one(std::move(command)); }
  void toggle_play();
  void new_seed();
  void confirm(Command, std::string question);
  void reset_layout();
  void set_theme(bool dark);
  void set_scale(double scale);
  void show_panel(const std::string& name, bool in_front);
  void show_page(Page page) { page_ = page; }
  void say(Severity, const std::string& text);  // in the log, and for a while in the status bar

  // --- what there is to see ---
  const Snapshot& snapshot() const { return *snapshot_; }
  const std::vector<Event>& events() const { return events_; }
  std::size_t errors() const { return errors_; }
  Settings& settings() { return settings_.settings; }
  const Settings& settings() const { return settings_.settings; }
  Document& document() { return document_; }
  const std::vector<std::unique_ptr<Panel>>& panels() const { return panels_; }
  Selection& selection() { return selection_; }
  Rewind& rewind() { return rewind_; }
  const Rewind& rewind() const { return rewind_; }
  Session& session() { return *session_; }
  Page page() const { return page_; }
  float scale() const { return scale_; }
  bool dark() const { return settings_.settings.dark; }
  const Fonts& fonts() const { return fonts_; }
  const std::string& notice() const { return notice_; }  // of the status bar; empty when it is over
  bool building_long() const;                            // long enough to say so
  bool at_start() const;  // an experiment is ready and no step is done: the welcome card shows
  bool welcome = true;    // until it is closed
  bool asking() const { return !dialogs_.empty() || files_.visible(); }

 private:
  Ticket submit_one(Command command);
  void take_outcomes(const std::vector<Outcome>&);
  void take_events();
  void load(const std::filesystem::path&);     // without asking about changes
  bool save_to(const std::filesystem::path&);  // whether it was saved
  void ask_file(FileRequest);
  void if_unchanged(const std::string& question, const std::function<void()>& then);
  PanelContext context();
  void draw_panels();
  void draw_panel(Panel&, PanelContext&);
  void raise_panels();
  bool shipped(const std::filesystem::path&) const;

  struct Loading {
    std::filesystem::path file;
    Preset preset;
  };
  void loaded(const Outcome&, const Loading&);  // this Load was answered

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
  Document document_;
  Dialogs dialogs_;
  FileDialog files_;
  std::vector<Event> events_;
  std::size_t errors_ = 0;
  std::shared_ptr<const Snapshot> snapshot_;
  State drawn_state_ = State::empty;
  std::uint64_t drawn_version_ = 0;
  std::int64_t drawn_moment_ = -1;
  bool answered_ = true;               // something happened that no frame shows yet
  std::map<Ticket, Loading> loading_;  // under way; several when one follows quickly on another
  std::optional<Capture> capture_;
  int capture_in_ = 0;                 // frames until it is taken, so that menus and dialogs are gone
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
  std::unique_ptr<Session> session_;  // last: its worker may wake us until it is gone
};

}  // namespace tessera
