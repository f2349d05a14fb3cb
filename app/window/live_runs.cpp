// The runs that train side by side: forking one, showing another, closing one.
#include <algorithm>
#include <chrono>
#include <exception>

#include "app/window/application.h"
#include "core/lab/fork.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr std::size_t most_title_bytes = 200;  // what the reader of presets takes

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

LiveRun* Application::find_run(std::uint64_t id) {
  const auto found = std::find_if(live_.begin(), live_.end(), [id](const auto& live) { return live->id == id; });
  return found == live_.end() ? nullptr : found->get();
}

void Application::show_run(std::size_t index) {
  if (index >= live_.size()) return;
  active_ = index;
  rewind_.show(run().snapshot);
  answered_ = true;
}

// The run that is shown stays, or the next one takes its place.
void Application::erase_run(LiveRun& gone) {
  const auto place = std::find_if(live_.begin(), live_.end(), [&](const auto& live) { return live.get() == &gone; });
  const auto index = static_cast<std::size_t>(place - live_.begin());
  abandoned_.push_back(std::move(*place));  // not now: its outcomes may be being read
  live_.erase(place);
  if (index < active_) --active_;
  show_run(std::min(active_, live_.size() - 1));
}

void Application::close_run() {
  if_unchanged("Closing the run loses it.", [this, id = run().id] {
    LiveRun* gone = find_run(id);
    if (!gone || live_.size() < 2) return;
    if (forking_ && (forking_->child == id || forking_->parent == id)) end_fork();
    erase_run(*gone);
  });
}

void Application::fork(const std::string& path, const Value& value, bool from_start) {
  if (!snapshot().preset || live_.size() >= most_live || forking_) return;
  forking_ = Forking{path, value, run().id, 0, {}, {}, {}};
  if (from_start) {
    if (run().folder) forking_->folder = run().folder();
    add_fork(nullptr, snapshot());
    return;
  }
  // Shared, since the answer may come when this window is gone.
  forking_->asked = submit_to(
      run(), command::TakeCheckpoint{[to = handover_, wake = wake_, folder = run().folder](auto made, auto snapshot) {
        {
          const std::lock_guard lock(to->mutex);
          if (folder) to->folder = folder();
          to->checkpoint = std::move(made);
          to->snapshot = std::move(snapshot);
        }
        wake();
      }});
  for (const auto& live : live_) {  // so that all go on from there together
    if (live->snapshot->state != State::running) continue;
    forking_->waiting.push_back(live->id);
    submit_to(*live, command::Pause{});
  }
}

void Application::take_handover() {
  std::shared_ptr<const Checkpoint> checkpoint;
  std::shared_ptr<const Snapshot> parent;
  std::filesystem::path folder;
  {
    const std::lock_guard lock(handover_->mutex);
    checkpoint.swap(handover_->checkpoint);
    parent.swap(handover_->snapshot);
    folder.swap(handover_->folder);
  }
  if (!checkpoint || !forking_) return;
  forking_->folder = std::move(folder);
  add_fork(std::move(checkpoint), *parent);
}

// Without a checkpoint from the start.
void Application::add_fork(std::shared_ptr<const Checkpoint> checkpoint, const Snapshot& parent) {
  const std::int64_t step = checkpoint ? checkpoint->step : 0;
  const auto give_up = [this](const std::string& text, const std::vector<Problem>& problems) {
    dialogs_.tell("The run can't be forked", text, problems);
    end_fork();
  };
  auto fork = fork_of(*parent.preset, *parent.timeline, step, {{forking_->path, forking_->value}}, options_.check);
  if (!fork) return give_up("", fork.problems);
  Preset preset = std::move(fork.value->preset);
  const std::string what = difference(preset.parameters.table(), forking_->path, forking_->value, step);
  const std::string title = (preset.title.empty() ? preset.name : preset.title) + ", " + what;
  if (title.size() <= most_title_bytes) preset.title = title;
  preset.name.clear();  // it is no longer the preset of that name

  const LiveRun* of = find_run(forking_->parent);
  const Parent origin{forking_->folder, parent.preset->name, preset.parameters.integer(seed_path), step,
                      std::move(fork.value->changes)};
  try {
    LiveRun& child = add_run(origin);
    forking_->child = child.id;
    const Ticket ticket =
        checkpoint
            ? submit_to(child, command::Continue{preset, std::move(checkpoint), std::make_shared<Snapshot>(parent)})
            : submit_to(child, command::Load{preset});
    child.loading.emplace(ticket, LiveRun::Loading{{}, std::move(preset), (of ? of->name + ", " : "") + what});
  } catch (const std::exception& error) {  // its folder can't be made
    give_up(error.what(), {});
  }
}

void Application::end_fork() {
  const std::vector<std::uint64_t> waiting = std::move(forking_->waiting);
  forking_.reset();
  for (const std::uint64_t id : waiting) {
    if (LiveRun* live = find_run(id)) submit_to(*live, command::Play{});
  }
}

void Application::forked(LiveRun& child, const Outcome& outcome, const LiveRun::Loading& loading) {
  const bool plays = forking_ && !forking_->waiting.empty();
  if (outcome.accepted) {
    child.document.forked(loading.name, loading.preset);
    say(Severity::info, "Run " + child.name + " is " + loading.name);
    show_panel("compare", true);
    if (plays) submit_to(child, command::Play{});
  } else {
    dialogs_.tell("The run can't be forked", outcome.text, {});
    erase_run(child);
  }
  if (forking_) end_fork();
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
  for (const ComparedRun& there : recorded_) {
    if (there.about == folder.string()) {
      say(Severity::info, folder.string() + " is there already");
      return;
    }
  }
  const auto read = [read = options_.read_run, wake = wake_, folder]() -> Result<std::shared_ptr<const Snapshot>> {
    try {
      auto run = read(folder);
      wake();
      return run;
    } catch (const std::exception& error) {  // out of memory, say
      wake();
      return std::vector<Problem>{{folder.string(), error.what(), ""}};
    }
  };
  opening_.push_back({folder, std::async(std::launch::async, read)});
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
  if (!rewind_.active()) {
    then_.clear();
    return;
  }
  std::vector<Then> then;
  for (ComparedRun& each : runs_) {
    const auto known = std::find_if(then_.begin(), then_.end(), [&](const Then& other) {
      return other.newest == each.newest && other.moment == rewind_.moment();
    });
    each.snapshot =
        known != then_.end() ? known->snapshot : std::make_shared<const Snapshot>(at(*each.newest, rewind_.moment()));
    then.push_back({each.newest, rewind_.moment(), each.snapshot});
  }
  then_ = std::move(then);
  for (std::size_t i = live_.size(); i < runs_.size(); ++i) {
    runs_[i].colour = static_cast<int>(most_live + i - live_.size());
  }
}

}  // namespace tessera
