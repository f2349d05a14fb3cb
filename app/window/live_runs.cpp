// The runs that train side by side: forking one, showing another, closing one.
#include <algorithm>
#include <chrono>

#include "app/window/application.h"
#include "core/lab/fork.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

std::string letter(std::size_t index) { return {static_cast<char>('A' + index)}; }

// "temperature = 0.2 from step 400"
std::string difference(const ParameterTable& table, const std::string& path, const Value& value, std::int64_t step) {
  const ParameterSpec* spec = table.find(path);
  std::string text = (spec ? spec->label : path) + " = " + to_string(value);
  if (step > 0) text += " from step " + with_commas(step);
  return text;
}

}  // namespace

LiveRun& Application::add_run(const Parent& parent) {
  std::size_t index = 0;  // the first letter that is free
  const auto taken = [&](const auto& live) { return live->name == letter(index); };
  while (std::any_of(live_.begin(), live_.end(), taken)) ++index;
  live_.push_back(std::make_unique<LiveRun>(options_, letter(index), wake_, parent));
  return *live_.back();
}

void Application::show_run(std::size_t index) {
  if (index >= live_.size()) return;
  active_ = index;
  answered_ = true;
}

void Application::close_run() {
  if (live_.size() < 2) return;
  if_unchanged("Closing the run loses the changes.", [this] {
    live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(active_));
    active_ = std::min(active_, live_.size() - 1);
    answered_ = true;
  });
}

void Application::fork(const std::string& path, const Value& value, bool from_start) {
  const Snapshot& now = snapshot();
  if (!now.preset || live_.size() >= most_live) return;
  Forking forking{path, value, run().name, {}, now.state == State::running, nullptr, nullptr};
  if (run().folder) forking.folder = run().folder();
  if (from_start) {
    forking.snapshot = run().snapshot;
    handover_->forking = std::move(forking);
    answered_ = true;
    return;
  }
  // Shared, since the answer may come when this window is gone.
  submit(command::TakeCheckpoint{[forking, handover = handover_, wake = wake_](auto checkpoint, auto snapshot) mutable {
    forking.checkpoint = std::move(checkpoint);
    forking.snapshot = std::move(snapshot);
    {
      const std::lock_guard lock(handover->mutex);
      handover->forking = std::move(forking);
    }
    wake();
  }});
  if (forking.playing) submit(command::Pause{});  // until both can go on from there
}

void Application::add_fork() {
  std::optional<Forking> forking;
  {
    const std::lock_guard lock(handover_->mutex);
    forking.swap(handover_->forking);
  }
  if (!forking) return;
  const Snapshot& parent = *forking->snapshot;
  const std::int64_t step = forking->checkpoint ? forking->checkpoint->step : 0;
  auto fork = fork_of(*parent.preset, *parent.timeline, step, {{forking->path, forking->value}}, options_.check);
  if (!fork) {
    dialogs_.tell("The run can't be forked", "", fork.problems);
    if (forking->playing) submit_to_all(command::Play{});
    return;
  }
  Preset preset = std::move(fork.value->preset);
  const ParameterTable& table = preset.parameters.table();
  const std::string title = preset.title.empty() ? preset.name : preset.title;
  preset.title = title + ", " + difference(table, forking->path, forking->value, step);

  LiveRun& child = add_run({forking->folder, parent.preset->name, preset.parameters.integer(seed_path), step,
                            std::move(fork.value->changes)});
  Ticket ticket = 0;
  if (forking->checkpoint) {
    ticket = submit_to(child, command::Continue{preset, forking->checkpoint, forking->snapshot});
  } else {
    ticket = submit_to(child, command::Load{preset});
  }
  std::string name = forking->parent + ", " + difference(table, forking->path, forking->value, step);
  child.loading.emplace(ticket, LiveRun::Loading{{}, std::move(preset), std::move(name), forking->playing});
}

void Application::forked(LiveRun& child, const Outcome& outcome, const LiveRun::Loading& loading) {
  if (outcome.accepted) {
    child.document.forked(loading.name, loading.preset);
    say(Severity::info, "Run " + child.name + " is " + loading.name);
    show_panel("compare", true);
  } else {
    dialogs_.tell("The run can't be forked", outcome.text, {});
    const auto place = std::find_if(live_.begin(), live_.end(), [&](const auto& live) { return live.get() == &child; });
    abandoned_.push_back(std::move(*place));  // not now: its outcomes are being read
    live_.erase(place);
    active_ = std::min(active_, live_.size() - 1);
  }
  if (loading.playing) submit_to_all(command::Play{});
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
  opening_.push_back({folder, std::async(std::launch::async, [read = options_.read_run, wake = wake_, folder] {
                        auto run = read(folder);
                        wake();
                        return run;
                      })});
  say(Severity::info, "Reading " + folder.string());
}

void Application::take_recorded() {
  for (Opening& opening : opening_) {
    if (opening.run.wait_for(std::chrono::seconds(0)) != std::future_status::ready) continue;
    answered_ = true;
    const auto run = opening.run.get();
    if (!run) {
      dialogs_.tell("This run can't be read", opening.folder.string(), run.problems);
      say(Severity::error, run.problems.front().text());
      continue;
    }
    std::filesystem::path name = opening.folder.filename();
    if (name.empty()) name = opening.folder.parent_path().filename();
    recorded_.push_back({name.string(), opening.folder.string(), *run.value, *run.value, 0, false});
    say(Severity::info, "Added " + opening.folder.string());
    show_panel("compare", true);
  }
  std::erase_if(opening_, [](const Opening& opening) { return !opening.run.valid(); });
}

void Application::list_runs() {
  runs_.clear();
  for (const auto& live : live_) {
    runs_.push_back({live->name, live->label(), live->snapshot, live->snapshot, live->colour(), true});
  }
  runs_.insert(runs_.end(), recorded_.begin(), recorded_.end());
  if (rewind_.active()) {
    for (ComparedRun& each : runs_)
      each.snapshot = std::make_shared<const Snapshot>(at(*each.newest, rewind_.moment()));
  }
  for (std::size_t i = live_.size(); i < runs_.size(); ++i) {
    runs_[i].colour = static_cast<int>(most_live + i - live_.size());
  }
}

}  // namespace tessera
