// See forking.h.
#include "app/window/forking.h"

#include <algorithm>
#include <exception>

#include "app/window/application.h"
#include "core/lab/checkpoints.h"
#include "core/lab/fork.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr std::size_t most_title_bytes = 200;  // what the reader of presets takes

// "temperature = 0.2 from step 400"
std::string difference(const ParameterTable& table, const std::string& path, const Value& value, std::int64_t step) {
  const ParameterSpec* spec = table.find(path);
  std::string text = (spec ? spec->label : path) + " = " + to_string(value);
  if (step > 0) text += " from step " + with_commas(step);
  return text;
}

// Whether what a checkpoint's run did before it is what this one did: a folder may have come to be another run's.
bool same_past(const Checkpoint& checkpoint, const std::vector<Intervention>& timeline) {
  const auto before = [&](std::vector<Intervention> changes) {
    std::erase_if(changes, [&](const Intervention& change) { return change.step >= checkpoint.step; });
    return changes;
  };
  return before(checkpoint.timeline) == before(timeline);
}

}  // namespace

Forking::Forking(Application& app, std::function<void()> wake) : app_(app), origins_(std::move(wake)) {}

void Forking::begin(std::string path, Value value, ForkFrom from, std::int64_t step) {
  LiveRun& parent = app_.run();
  Fork& fork = fork_.emplace(Fork{++forks_, std::move(path), std::move(value), parent.id, 0, {}, {}});
  if (from == ForkFrom::now) {
    fork.asked = app_.submit_to(
        parent, command::TakeCheckpoint{[this, number = fork.number, folder = parent.folder](auto taken, auto then) {
          auto recorded = folder ? folder() : std::filesystem::path();
          origins_.put({number, then->step, std::move(taken), std::move(then), std::move(recorded), {}});
        }});
  } else {
    Origin origin{fork.number, step, nullptr, parent.snapshot, parent.record(), {}};
    if (from == ForkFrom::moment && !origin.folder.empty()) {
      origins_.begin([origin] { return newest_checkpoint(origin); });
    } else {
      origins_.put(std::move(origin));
    }
  }
  if (from != ForkFrom::start) hold();
}

Forking::Origin Forking::newest_checkpoint(Origin origin) {
  try {
    FoundCheckpoint found = find_checkpoint(origin.folder, origin.step, origin.parent->preset->parameters.table());
    origin.passed_over = std::move(found.damaged);
    if (found.checkpoint && same_past(*found.checkpoint, *origin.parent->timeline)) {
      origin.checkpoint = std::make_shared<const Checkpoint>(*std::move(found.checkpoint));
    }
  } catch (const std::exception& error) {  // out of memory, say
    origin.passed_over.push_back({origin.folder.string(), error.what(), ""});
  }
  return origin;
}

void Forking::hold() {
  for (const auto& live : app_.live()) {
    if (live->snapshot->state != State::running) continue;
    fork_->waiting.push_back(live->id);
    app_.submit_to(*live, command::Pause{});
  }
}

void Forking::take() {
  for (const Origin& origin : origins_.take()) {
    if (fork_ && fork_->number == origin.fork) build(origin);
  }
}

void Forking::build(const Origin& origin) {
  for (const Problem& problem : origin.passed_over) app_.say(Severity::warning, problem.text() + "; passed over");
  const auto give_up = [this](const std::string& text, const std::vector<Problem>& problems) {
    app_.tell("The run can't be forked", text, problems);
    end();
  };
  const Snapshot& parent = *origin.parent;
  auto fork = fork_of(*parent.preset, *parent.timeline, origin.step, {{fork_->path, fork_->value}}, app_.check());
  if (!fork) return give_up("", fork.problems);
  Preset preset = std::move(fork.value->preset);
  const std::string what = difference(preset.parameters.table(), fork_->path, fork_->value, origin.step);
  const std::string title = (preset.title.empty() ? preset.name : preset.title) + ", " + what;
  if (title.size() <= most_title_bytes) preset.title = title;
  preset.name.clear();  // it is no longer the preset of that name

  const LiveRun* of = app_.live_runs().find(fork_->parent);
  const Parent from{origin.folder, parent.preset->name, preset.parameters.integer(seed_path), origin.step,
                    std::move(fork.value->changes)};
  try {
    LiveRun& child = app_.live_runs().add({from, origin.checkpoint ? origin.checkpoint->step : 0});
    fork_->child = child.id;
    Command command = command::Load{preset};
    if (origin.checkpoint) command = command::Continue{preset, origin.checkpoint, origin.parent};
    const Ticket ticket = app_.submit_to(child, std::move(command));
    child.loading.emplace(ticket, LiveRun::Loading{{}, std::move(preset), (of ? of->name + ", " : "") + what});
  } catch (const std::exception& error) {  // its folder can't be made
    give_up(error.what(), {});
  }
}

void Forking::built(LiveRun& child, const Outcome& outcome, const LiveRun::Loading& loading) {
  const bool under_way = fork_ && fork_->child == child.id;  // its parent may be closed, and another one be made
  const bool plays = under_way && !fork_->waiting.empty();
  if (under_way) end();
  if (outcome.accepted) {
    child.document.forked(loading.name, loading.preset);
    app_.say(Severity::info, "Run " + child.name + " is " + loading.name);
    app_.show_panel("compare", true);
    if (plays) app_.submit_to(child, command::Play{});
  } else if (outcome.given_up) {
    app_.say(Severity::info, "The fork was given up for another preset");  // which run `child` opens
  } else {
    app_.tell("The run can't be forked", outcome.text, {});
    if (app_.live().size() > 1) app_.close_unasked(child);
  }
}

void Forking::refused(const LiveRun& run, Ticket ticket) {
  if (fork_ && fork_->parent == run.id && fork_->asked == ticket) end();
}

void Forking::closes(const LiveRun& run) {
  if (fork_ && run.id == (fork_->child ? fork_->child : fork_->parent)) end();
}

void Forking::end() {
  const Fork ended = *std::exchange(fork_, std::nullopt);
  for (const std::uint64_t id : ended.waiting) {
    if (LiveRun* live = app_.live_runs().find(id)) app_.submit_to(*live, command::Play{});
  }
}

}  // namespace tessera
