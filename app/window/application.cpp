// The application's life: the news of its runs, settings, questions. See application_runs.cpp and application_files.cpp
// for what a person does, frame.cpp for what is drawn.
#include "app/window/application.h"

#include <algorithm>
#include <chrono>

#include "app/window/layout.h"
#include "core/lab/evidence.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t max_events = 10000;
constexpr double notice_seconds = 6;
constexpr const char* default_preset = "specialize/first-light.json";

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

fs::path first_preset(const WindowOptions& options) {
  return options.preset.empty() ? options.presets_folder / default_preset : options.preset;
}

Application::Application(const WindowOptions& options, SettingsFile settings, const Fonts& fonts,
                         const std::function<void()>& wake, std::string solo)
    : options_(options),
      solo_(std::move(solo)),
      settings_(std::move(settings)),
      fonts_(fonts),
      panels_(make_panels()),
      shipped_(find_presets(options.presets_folder)),
      wake_(wake),
      background_(wake),
      recorded_(options.read_run, wake),
      forking_(*this, wake),
      live_(options_, wake) {
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
  for (std::size_t i = live().size(); i-- > 0;) take_outcomes(*live()[i]);  // which may close it
  take_events();
  forking_.take();
  take_recorded();
  take_written();
  rewind_.follow(run().snapshot);
  if (!notice_.empty() && seconds() > notice_until_) {
    notice_.clear();
    answered_ = true;
  }
  if (play_when_ready_ && snapshot().state == State::ready) {
    play_when_ready_ = false;
    submit(command::Play{});
  }
  return news_of_runs();
}

News Application::news_of_runs() {
  bool all_ended = true, building = false, another_state = false, newer = false;
  for (const auto& live : live_.all()) {
    const State state = live->snapshot->state;
    all_ended &= state == State::finished || state == State::failed;
    building |= state == State::building;
    another_state |= state != live->drawn_state;
    newer |= live->snapshot->version != live->drawn_version;
  }
  if (options_.quit && all_ended && !closing_) {
    for (const auto& live : live_.all()) exit_code_ |= live->snapshot->state == State::failed ? 1 : 0;
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
    } else if (!outcome.accepted && !outcome.given_up) {
      say(Severity::warning, (live_.all().size() > 1 ? live.name + ": " : "") + outcome.text);
      forking_.refused(live, outcome.ticket);
    }
  }
}

void Application::take_events() {
  for (Event& event : live_.take_events()) {
    answered_ = true;
    if (event.severity == Severity::error) ++errors_;
    events_.push_back(std::move(event));
  }
  if (events_.size() > max_events) {
    events_.erase(events_.begin(), events_.end() - static_cast<std::ptrdiff_t>(max_events));
  }
}

void Application::take_written() {
  for (const Background::Done& done : background_.take()) {
    if (done.problems.empty()) {
      say(Severity::info, done.said);
    } else {
      not_written(done.what, done.problems);
    }
  }
}

Ticket Application::submit_to(LiveRun& live, Command command) {
  answered_ = true;
  return live.session->submit(std::move(command));
}

void Application::confirm(Command command, std::string question) {
  auto shared = std::make_shared<Command>(std::move(command));  // a Command is larger than a std::function likes
  dialogs_.ask({"Build anew?",
                std::move(question),
                {{"Build anew",
                  [this, shared, id = run().id] {
                    if (LiveRun* live = live_.find(id)) submit_to(*live, std::move(*shared));
                  }},
                 {"Cancel", {}}},
                {}});
}

bool Application::busy() const {
  return std::any_of(panels_.begin(), panels_.end(), [](const auto& panel) { return panel->busy(); });
}

void Application::request_close() { close_from(0); }

void Application::close_from(std::size_t index) {
  while (index < live().size() && !live()[index]->at_risk()) ++index;
  if (index == live().size()) {
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

}  // namespace tessera
