// Presets in and out, and the other files that a person asks for.
#include "app/window/application.h"
#include "core/lab/row_text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

}  // namespace

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
    tell("This preset can't be opened", path.string(), preset.problems);
    for (const Problem& problem : preset.problems) say(Severity::error, problem.text());
    return;
  }
  const Ticket ticket = submit_to(run(), command::Load{*preset.value});
  run().loading.emplace(ticket, LiveRun::Loading{path, std::move(*preset.value), {}});
}

void Application::loaded(LiveRun& live, const Outcome& outcome, const LiveRun::Loading& loading) {
  if (loading.file.empty()) {
    forking_.built(live, outcome, loading);
    return;
  }
  if (outcome.given_up) return;  // for a preset whose own outcome will come
  // Refused by a failed session: this preset is what a reset would try again. Otherwise the experiment before is kept.
  if (!outcome.accepted && live.snapshot->state != State::failed) {
    tell("This preset can't be run", loading.file.string(), {{loading.preset.name, outcome.text, ""}});
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
    tell("The preset was not saved", "Nothing was written.", error.problems());
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

void Application::save_picture() { context().save_png("tessera.png", 0, 0, 0, 0); }

void Application::save_panel(const std::string& name, float scale) {
  ask_file({.purpose = FileRequest::Purpose::save,
            .title = "Save picture",
            .extension = ".png",
            .folder = {},
            .name = name + ".png",
            .done = [this, name, scale](const fs::path& file) {
              show_panel(name, true);
              capture_soon({.file = file, .panel = name, .scale = scale});
            }});
}

void Application::write(const std::string& what, std::function<std::string()> work) {
  background_.begin(what, std::move(work));
}

void Application::not_written(const std::string& what, const std::vector<Problem>& problems) {
  tell(what, "Nothing was written.", problems);
  for (const Problem& problem : problems) say(Severity::error, problem.text());
}

}  // namespace tessera
