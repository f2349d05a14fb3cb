// What a person does with the runs: drive all as one, show one, fork, close, compare with recorded ones.
#include "app/window/application.h"

namespace tessera {

void Application::submit_to_all(const Command& command) {
  bool any = false;
  for (const auto& live : live_.all()) {
    if (*refusal(live->snapshot->state, command.index()) != '\0') continue;
    submit_to(*live, command);
    any = true;
  }
  if (!any) submit(command);  // which says why not
}

void Application::toggle_play() {
  if (any_running()) {
    submit_to_all(command::Pause{});
  } else {
    submit_to_all(command::Play{});
  }
}

void Application::new_seed() {
  for (const auto& live : live_.all()) {
    if (!live->snapshot->preset) continue;
    const Parameters& now = live->snapshot->preset->parameters;
    const ParameterSpec* spec = now.table().find(seed_path);
    if (!spec) continue;
    const std::int64_t seed = now.integer(seed_path);
    const auto most = static_cast<std::int64_t>(spec->range.max);
    submit_to(*live, command::Reset{.seed = seed < most ? seed + 1 : static_cast<std::int64_t>(spec->range.min)});
  }
}

void Application::shown_is_another() {
  rewind_.show(run().snapshot);
  answered_ = true;
}

void Application::show_run(std::size_t index) {
  if (index >= live().size()) return;
  live_.show(index);
  shown_is_another();
}

void Application::show_next_run() {
  live_.show_next();
  shown_is_another();
}

void Application::close_unasked(LiveRun& gone) {
  forking_.closes(gone);
  live_.close(gone);
  shown_is_another();
}

void Application::close_run() {
  if_unchanged("Closing the run loses it.", [this, id = run().id] {
    LiveRun* gone = live_.find(id);
    if (gone && live().size() > 1) close_unasked(*gone);
  });
}

void Application::fork(const std::string& path, const Value& value, ForkFrom from) {
  if (!snapshot().preset || live().size() >= most_live || forking()) return;
  if (from == ForkFrom::moment && !rewind_.active()) return;
  const std::int64_t step = from == ForkFrom::start ? 0 : rewind_.shown().step;
  forking_.begin(path, value, from, from == ForkFrom::now ? snapshot().step : step);
}

void Application::ask_run() {
  ask_file({.purpose = FileRequest::Purpose::folder,
            .title = "Add a recorded run",
            .extension = {},
            .folder = {},
            .name = {},
            .done = [this](const std::filesystem::path& folder) { add_recorded(folder); }});
}

void Application::add_recorded(const std::filesystem::path& folder) {
  if (!options_.read_run) return;
  if (recorded_.has(folder)) {
    say(Severity::info, folder.string() + " is there already");
    return;
  }
  recorded_.add(folder);
  say(Severity::info, "Reading " + folder.string());
}

void Application::take_recorded() {
  for (const RecordedRuns::Done& done : recorded_.take()) {
    if (done.problems.empty()) {
      say(Severity::info, "Added " + done.folder.string());
      show_panel("compare", true);
    } else {
      tell("This run can't be read", done.folder.string(), done.problems);
      say(Severity::error, done.problems.front().text());
    }
  }
}

}  // namespace tessera
