// The application's life: the session's news, presets in and out. See frame.cpp for what it draws.
#include "app/window/application.h"

#include <algorithm>
#include <chrono>

#include "app/window/layout.h"
#include "core/lab/atomic_file.h"
#include "core/lab/evidence.h"
#include "core/lab/recorder.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t max_events = 10000;
constexpr double notice_seconds = 6;
constexpr int settle_frames = 4;  // until menus and dialogs are gone from a picture
constexpr const char* default_preset = "specialize/first-light.json";

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

fs::path first_preset(const WindowOptions& options) {
  return options.preset.empty() ? options.presets_folder / default_preset : options.preset;
}

Application::Application(const WindowOptions& options, SettingsFile settings, const Fonts& fonts,
                         std::function<void()> wake, std::string solo)
    : options_(options),
      solo_(std::move(solo)),
      settings_(std::move(settings)),
      fonts_(fonts),
      panels_(make_panels()),
      shipped_(find_presets(options.presets_folder)),
      wake_(std::move(wake)) {
  live_.push_back(std::make_unique<LiveRun>(options_, "A", wake_));
  Settings& s = settings_.settings;
  if (!settings_.complaint().empty()) say(Severity::warning, settings_.complaint());
  Evidence evidence = load_evidence(options.evidence_folder);
  for (const Problem& problem : evidence.problems) say(Severity::warning, problem.text());
  evidence_ = std::move(evidence.claims);
  if (!options.theme.empty()) s.dark = options.theme != "light";
  if (options.scale > 0) s.scale = std::clamp(options.scale, min_scale, max_scale);
  if (options.reset_layout) {
    s.layout.clear();
    for (auto& [name, panel] : s.panels) panel.open = true;
  }
  for (const auto& panel : panels_) panel->restore(s.panels[panel->name()].text);
  if (!usable_layout(s.layout)) {
    say(Severity::warning, "settings: the layout of the panels can't be used; the default is");
    s.layout.clear();
  }
  // Ctrl+Tab shows the next run, not the next panel.
  ImGui::GetCurrentContext()->ConfigNavWindowingKeyNext = ImGui::GetCurrentContext()->ConfigNavWindowingKeyPrev = 0;
  build_layout_ = s.layout.empty();
  if (!build_layout_) ImGui::LoadIniSettingsFromMemory(s.layout.c_str(), s.layout.size());

  std::error_code error;
  files_.places = {{"Shipped presets", options.presets_folder}, {"Current folder", fs::current_path(error)}};
  if (const char* home = std::getenv("HOME")) files_.places.emplace_back("Home", home);

  play_when_ready_ = options.play;
  load(first_preset(options));
}

Application::~Application() { leave(); }

void Application::leave() {
  if (ImGui::GetCurrentContext() && ImGui::GetFrameCount() > 0 && solo_.empty()) {
    std::size_t size = 0;
    const char* layout = ImGui::SaveIniSettingsToMemory(&size);
    settings().layout.assign(layout, size);
    ImGui::GetIO().WantSaveIniSettings = false;
  }
  for (const auto& panel : panels_) settings().panels[panel->name()].text = panel->settings();
  if (const std::string complaint = settings_.save(); !complaint.empty()) say(Severity::warning, complaint);
}

void Application::say(Severity severity, const std::string& text) {
  events_.push_back({severity, snapshot().step, text, std::chrono::system_clock::now()});
  if (severity == Severity::error) ++errors_;
  notice_ = text;
  notice_until_ = seconds() + notice_seconds;
  answered_ = true;
}

bool Application::building_long() const {
  return snapshot().state == State::building && building_since_ > 0 && seconds() - building_since_ > 0.4;
}

bool Application::at_start() const {
  return snapshot().state == State::ready && snapshot().step == 0 && snapshot().preset;
}

News Application::news() {
  for (std::size_t i = live_.size(); i-- > 0;) take_outcomes(*live_[i]);  // which may close it
  abandoned_.clear();
  take_handover();
  take_recorded();
  for (const Background::Done& done : background_.take()) {
    if (done.problems.empty()) {
      say(Severity::info, done.said);
    } else {
      not_written(done.what, done.problems);
    }
  }
  rewind_.follow(run().snapshot);
  if (!notice_.empty() && seconds() > notice_until_) {
    notice_.clear();
    answered_ = true;
  }
  if (play_when_ready_ && snapshot().state == State::ready) {
    play_when_ready_ = false;
    submit(command::Play{});
  }
  bool all_ended = true, building = false, another_state = false, newer = false;
  for (const auto& live : live_) {
    const State state = live->snapshot->state;
    all_ended &= state == State::finished || state == State::failed;
    building |= state == State::building;
    another_state |= state != live->drawn_state;
    newer |= live->snapshot->version != live->drawn_version;
  }
  if (options_.quit && all_ended && !closing_) {
    for (const auto& live : live_) exit_code_ |= live->snapshot->state == State::failed ? 1 : 0;
    closing_ = true;
  }
  if (redraw_->exchange(false)) answered_ = true;
  if (answered_ || another_state) return News::urgent;
  if (building) {  // how long it has been going on is shown
    if (building_since_ == 0) building_since_ = seconds();
    return News::data;
  }
  building_since_ = 0;
  return newer ? News::data : News::none;
}

void Application::take_outcomes(LiveRun& live) {
  const auto outcomes = live.session->take_outcomes();  // before the snapshot, which then is at least as new
  live.snapshot = live.session->snapshot();
  for (const Outcome& outcome : outcomes) {
    answered_ = true;
    if (const auto loading = live.loading.extract(outcome.ticket)) {
      loaded(live, outcome, loading.mapped());
    } else if (!outcome.accepted) {
      say(Severity::warning, (live_.size() > 1 ? live.name + ": " : "") + outcome.text);
      if (forking_ && forking_->asked == outcome.ticket && forking_->parent == live.id) end_fork();
    }
  }
  take_events(live);
}

void Application::take_events(LiveRun& live) {
  for (Event& event : live.session->take_events()) {
    answered_ = true;
    if (event.severity == Severity::error) ++errors_;
    if (live_.size() > 1) event.text.insert(0, live.name + ": ");
    events_.push_back(std::move(event));
  }
  if (events_.size() > max_events) {
    events_.erase(events_.begin(), events_.end() - static_cast<std::ptrdiff_t>(max_events));
  }
}

Ticket Application::submit_to(LiveRun& live, Command command) {
  answered_ = true;
  return live.session->submit(std::move(command));
}

void Application::submit_to_all(const Command& command) {
  bool any = false;
  for (const auto& live : live_) {
    if (*refusal(live->snapshot->state, command.index()) != '\0') continue;
    submit_to(*live, command);
    any = true;
  }
  if (!any) submit(command);  // which says why not
}

bool Application::any_running() const {
  return std::any_of(live_.begin(), live_.end(),
                     [](const auto& live) { return live->snapshot->state == State::running; });
}

void Application::toggle_play() {
  if (any_running()) {
    submit_to_all(command::Pause{});
  } else {
    submit_to_all(command::Play{});
  }
}

void Application::new_seed() {
  for (const auto& live : live_) {
    if (!live->snapshot->preset) continue;
    const Parameters& now = live->snapshot->preset->parameters;
    const ParameterSpec* spec = now.table().find(seed_path);
    if (!spec) continue;
    const std::int64_t seed = now.integer(seed_path);
    const auto most = static_cast<std::int64_t>(spec->range.max);
    submit_to(*live, command::Reset{.seed = seed < most ? seed + 1 : static_cast<std::int64_t>(spec->range.min)});
  }
}

void Application::confirm(Command command, std::string question) {
  auto shared = std::make_shared<Command>(std::move(command));  // a Command is larger than a std::function likes
  dialogs_.ask({"Build anew?",
                std::move(question),
                {{"Build anew",
                  [this, shared, id = run().id] {
                    if (LiveRun* live = find_run(id)) submit_to(*live, std::move(*shared));
                  }},
                 {"Cancel", {}}},
                {}});
}

bool Application::shipped(const fs::path& file) const {
  const fs::path relative = file.lexically_relative(options_.presets_folder);
  return !options_.presets_folder.empty() && !relative.empty() && *relative.begin() != "..";
}

void Application::if_unchanged(const std::string& question, const std::function<void()>& then) {
  if (!run().at_risk()) {
    then();
    return;
  }
  if (!dialogs_.empty()) return;  // one question at a time: this one would be about what the other one may change
  dialogs_.ask({"Unsaved changes",
                document().name() + (document().file().empty() ? " was never saved. " : " was changed. ") + question,
                {{"Save...", [this, then] { save(then); }}, {"Discard changes", then}, {"Cancel", {}}},
                {}});
}

void Application::open(const fs::path& preset) {
  if (!dialogs_.empty()) {  // a file was dropped
    say(Severity::info, "Answer the question first, then open " + preset.filename().string());
    return;
  }
  if_unchanged("Opening another preset loses the changes.", [this, preset] { load(preset); });
}

void Application::load(const fs::path& file) {
  std::error_code error;
  const fs::path path = fs::absolute(file, error).lexically_normal();
  auto preset = options_.read_preset(path);
  if (!preset) {
    dialogs_.tell("This preset can't be opened", path.string(), preset.problems);
    for (const Problem& problem : preset.problems) say(Severity::error, problem.text());
    return;
  }
  const Ticket ticket = submit_to(run(), command::Load{*preset.value});
  run().loading.emplace(ticket, LiveRun::Loading{path, std::move(*preset.value), {}});
}

void Application::loaded(LiveRun& live, const Outcome& outcome, const LiveRun::Loading& loading) {
  if (loading.file.empty()) {
    forked(live, outcome, loading);
    return;
  }
  // Refused by a failed session: this preset is what a reset would try again. Otherwise the experiment before is kept.
  if (!outcome.accepted && live.snapshot->state != State::failed) {
    dialogs_.tell("This preset can't be run", loading.file.string(), {{loading.preset.name, outcome.text, ""}});
    return;
  }
  live.document.opened(loading.file, loading.preset);
  remember(settings(), loading.file);
  welcome = true;
  const View& view = loading.preset.view;
  selection_ = Selection();
  selection_.layer = std::max(view.layer, 0);
  for (const auto& panel : panels_) panel->apply(view);
  for (const std::string& name : view.panels) show_panel(name, true);
}

void Application::ask_file(FileRequest request) { files_.show(std::move(request)); }

void Application::ask_open() {
  ask_file({.purpose = FileRequest::Purpose::open,
            .title = "Open preset",
            .extension = ".json",
            .folder = document().open() ? document().file().parent_path() : options_.presets_folder,
            .name = "",
            .done = [this](const fs::path& file) { open(file); }});
}

void Application::save(std::function<void()> then) {
  if (!document().open() || document().file().empty() || shipped(document().file())) {
    save_as(std::move(then));
  } else if (save_to(document().file()) && then) {
    then();
  }
}

void Application::save_as(std::function<void()> then) {
  std::error_code error;
  const fs::path file = document().file();
  const bool own = !file.empty() && !shipped(file);
  ask_file({.purpose = FileRequest::Purpose::save,
            .title = "Save preset",
            .extension = ".json",
            .folder = own ? file.parent_path() : fs::current_path(error),
            .name = file.empty() ? "preset.json" : file.filename().string(),
            .done = [this, then = std::move(then)](const fs::path& to) {
              if (save_to(to) && then) then();
            }});
}

bool Application::save_to(const fs::path& file) {
  auto preset = preset_to_save(snapshot());
  if (!preset) return false;
  try {
    save_preset(*preset, file);
  } catch (const InputError& error) {
    dialogs_.tell("The preset was not saved", "Nothing was written.", error.problems());
    say(Severity::error, error.what());
    return false;
  }
  preset->name = file.stem().string();
  document().saved(file, *preset);
  remember(settings(), file);
  say(Severity::info, "Saved " + file.string());
  return true;
}

void Application::save_scalars() { context().save_text("scalars.csv", scalars_csv(snapshot())); }

bool Application::busy() const {
  return std::any_of(panels_.begin(), panels_.end(), [](const auto& panel) { return panel->busy(); });
}

void Application::save_picture() { context().save_png("tessera.png", 0, 0, 0, 0); }

void Application::save_panel(const std::string& name, float scale) {
  ask_file({.purpose = FileRequest::Purpose::save,
            .title = "Save picture",
            .extension = ".png",
            .folder = {},
            .name = name + ".png",
            .done = [this, name, scale](const fs::path& file) {
              show_panel(name, true);
              capture_ = Capture{.file = file, .panel = name, .scale = scale};
              capture_in_ = settle_frames;
            }});
}

void Application::write(const std::string& what, std::function<std::string()> work) {
  background_.begin(what, std::move(work), wake_);
}

void Application::not_written(const std::string& what, const std::vector<Problem>& problems) {
  dialogs_.tell(what, "Nothing was written.", problems);
  for (const Problem& problem : problems) say(Severity::error, problem.text());
}

void Application::request_close() { close_from(0); }

void Application::close_from(std::size_t index) {
  while (index < live_.size() && !live_[index]->at_risk()) ++index;
  if (index == live_.size()) {
    closing_ = true;
    return;
  }
  show_run(index);
  if_unchanged("Closing the window loses the changes.", [this, index] { close_from(index + 1); });
}

void Application::set_theme(bool dark) { settings().dark = dark; }

void Application::set_scale(double scale) { settings().scale = std::clamp(scale, min_scale, max_scale); }

void Application::reset_layout() {
  for (auto& [name, panel] : settings().panels) panel.open = true;
  build_layout_ = true;
}

void Application::show_panel(const std::string& name, bool in_front) {
  const auto known = std::any_of(panels_.begin(), panels_.end(), [&](const auto& p) { return name == p->name(); });
  if (!known) return;
  settings().panels[name].open = true;
  if (in_front) to_front_.push_back(name);
  answered_ = true;
}

PanelContext Application::context() {
  const auto ask = [this](std::string name, std::string what, std::function<void(const fs::path&)> done) {
    ask_file({.purpose = FileRequest::Purpose::save,
              .title = "Save " + what,
              .extension = fs::path(name).extension().string(),
              .folder = {},
              .name = name,
              .done = std::move(done)});
  };
  const auto save_png = [this, ask](std::string name, float x, float y, float width, float height) {
    ask(std::move(name), "picture", [this, x, y, width, height](const fs::path& file) {
      capture_ = Capture{file, x, y, width, height};
      capture_in_ = settle_frames;
    });
  };
  const auto save_text = [this, ask](std::string name, std::string content) {
    ask(std::move(name), "figures", [this, content = std::move(content)](const fs::path& file) {
      try {
        write_file(file, content);
        say(Severity::info, "Saved " + file.string());
      } catch (const InputError& error) {
        dialogs_.tell("The file was not saved", "Nothing was written.", error.problems());
        say(Severity::error, error.what());
      }
    });
  };
  return {.snapshot = rewind_.shown(),
          .newest = snapshot(),
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
          .runs = runs_,
          .add_run = [this] { ask_run(); },
          .remove_run =
              [this](std::size_t index) {
                const std::size_t recorded = index - std::min(index, live_.size());
                if (index >= live_.size() && recorded < recorded_.size()) {
                  recorded_.erase(recorded_.begin() + static_cast<std::ptrdiff_t>(recorded));
                }
              },
          .fork = [this] { ask_fork(); },
          .load = [this](const fs::path& file) { open(file); },
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
