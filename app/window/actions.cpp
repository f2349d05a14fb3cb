// See actions.h.
#include "app/window/actions.h"

#include <algorithm>
#include <stdexcept>

#include "app/panels/icons.h"
#include "app/window/application.h"

namespace tessera {
namespace {

const char* needs_preset(const Application& app) { return app.snapshot().preset ? "" : "No preset is loaded."; }

const char* needs_data(const Application& app) {
  return app.snapshot().step > 0 ? "" : "There are no figures before the first step.";
}

// All runs are driven as one: nothing is refused that one of them allows.
const char* refused_by_all(const Application& app, std::size_t kind) {
  for (const auto& live : app.live()) {
    if (*refusal(live->snapshot->state, kind) == '\0') return "";
  }
  return refusal(app.snapshot().state, kind);
}

template <class C>
const char* refused(const Application& app) {
  return refused_by_all(app, command_kind<C>);
}

const char* play_refused(const Application& app) {
  return app.any_running() ? refused<command::Pause>(app) : refused<command::Play>(app);
}

const char* fork_refused(const Application& app) {
  if (app.live().size() >= most_live) return "Four runs train side by side already: close one first.";
  if (app.forking()) return "A fork is being made already.";
  if (const char* empty = needs_preset(app); *empty) return empty;
  const Snapshot& now = app.snapshot();
  const bool was_built = now.state != State::building && now.description;
  return was_built ? "" : refusal<command::TakeCheckpoint>(now.state);
}

const char* close_refused(const Application& app) { return app.live().size() > 1 ? "" : "It is the only run."; }

const char* next_refused(const Application& app) {
  return app.live().size() > 1 ? "" : "It is the only run: fork it to have another one.";
}

const char* nothing_before(const Application& app) {
  return app.rewind().possible() ? "" : "Nothing has happened yet that one could go back to.";
}

const char* not_rewound(const Application& app) { return app.rewind().active() ? "" : "The window shows now already."; }

// Arrows belong to a widget that is being edited, to an open popup, and to who goes through the window by keyboard.
bool arrows_free(const Application&) {
  const bool popup = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
  return !ImGui::GetIO().WantTextInput && !ImGui::IsAnyItemActive() && !popup && !ImGui::GetIO().NavVisible;
}

bool now_free(const Application& app) { return app.rewind().active() && app.page() == Page::none && arrows_free(app); }

double step_scale(double from, double by) { return std::clamp(from + by, min_scale, max_scale); }

constexpr ImGuiKeyChord ctrl = ImGuiMod_Ctrl, shift = ImGuiMod_Shift;

const Action table[] = {
    {"File",
     "Open preset...",
     ICON_FOLDER_OPEN,
     ctrl | ImGuiKey_O,
     {},
     "Choose a preset file and build its experiment.",
     [](Application& a) { a.ask_open(); },
     nullptr,
     false},
    {"File",
     "Save",
     ICON_SAVE,
     ctrl | ImGuiKey_S,
     {},
     "Save the experiment as a preset: what was changed while it ran becomes its schedule.",
     [](Application& a) { a.save(); },
     needs_preset,
     true},
    {"File",
     "Save as...",
     "",
     ctrl | shift | ImGuiKey_S,
     {},
     "Save the experiment as a preset under another name.",
     [](Application& a) { a.save_as(); },
     needs_preset,
     false},
    {"File",
     "Save figures as CSV...",
     ICON_TABLE,
     ctrl | ImGuiKey_E,
     {},
     "Write every scalar of this run: step, name, value.",
     [](Application& a) { a.save_scalars(); },
     needs_data,
     true},
    {"File",
     "Save picture as PNG...",
     ICON_PICTURE,
     ctrl | ImGuiKey_P,
     {},
     "Write what the window shows.",
     [](Application& a) { a.save_picture(); },
     nullptr,
     false},
    {"File",
     "Quit",
     "",
     ctrl | ImGuiKey_Q,
     {},
     "Close the window.",
     [](Application& a) { a.request_close(); },
     nullptr,
     true},

    {"Experiment",
     "Play or pause",
     ICON_PLAY,
     ImGuiKey_Space,
     {},
     "Train, or stop after the step under way.",
     [](Application& a) { a.toggle_play(); },
     play_refused,
     false},
    {"Experiment",
     "Step",
     ICON_STEP,
     ImGuiKey_Period,
     {ImGuiKey_KeypadDecimal},
     "Train one step.",
     [](Application& a) { a.submit_to_all(command::Step{}); },
     refused<command::Step>,
     false},
    {"Experiment",
     "Reset",
     ICON_RESET,
     ctrl | ImGuiKey_R,
     {},
     "Back to step 0, with the same seed: the same run again.",
     [](Application& a) { a.submit_to_all(command::Reset{}); },
     refused<command::Reset>,
     true},
    {"Experiment",
     "New seed",
     ICON_DICE,
     ctrl | shift | ImGuiKey_R,
     {},
     "Back to step 0 with the next seed: another run.",
     [](Application& a) { a.new_seed(); },
     refused<command::Reset>,
     false},
    {"Experiment",
     "Fork...",
     ICON_FORK,
     ctrl | ImGuiKey_F,
     {},
     "Train a second run beside this one, with one parameter changed: now, from the start, or at the moment shown.",
     [](Application& a) { a.ask_fork(); },
     fork_refused,
     true},
    {"Experiment",
     "Next run",
     "",
     ctrl | ImGuiKey_Tab,
     {},
     "Show the next of the runs that train side by side.",
     [](Application& a) { a.show_next_run(); },
     next_refused,
     false},
    {"Experiment",
     "Close run",
     "",
     ctrl | ImGuiKey_W,
     {},
     "Close the run that is shown; the others go on.",
     [](Application& a) { a.close_run(); },
     close_refused,
     false},

    {"View",
     "Earlier",
     "",
     ImGuiKey_LeftArrow,
     {},
     "Go back in the run, to the frame before: all panels show it as it was then.",
     [](Application& a) { a.rewind().back(); },
     nothing_before,
     true,
     arrows_free},
    {"View",
     "Later",
     "",
     ImGuiKey_RightArrow,
     {},
     "Go on to the next frame; after the newest, back to now.",
     [](Application& a) { a.rewind().forward(); },
     not_rewound,
     false,
     arrows_free},
    {"View",
     "First step",
     "",
     ImGuiKey_Home,
     {},
     "Show the run as it was at its first frame.",
     [](Application& a) { a.rewind().to_first(); },
     nothing_before,
     false,
     arrows_free},
    {"View",
     "Now",
     "",
     ImGuiKey_End,
     {ImGuiKey_Escape},
     "Show the run as it is now; so does Esc.",
     [](Application& a) { a.rewind().go_to(-1); },
     not_rewound,
     false,
     now_free},
    {"View",
     "Reset layout",
     "",
     0,
     {},
     "Put all panels back to their places.",
     [](Application& a) { a.reset_layout(); },
     nullptr,
     true},
    {"View",
     "Light or dark",
     "",
     ctrl | ImGuiKey_T,
     {},
     "Change between the light and the dark theme.",
     [](Application& a) { a.set_theme(!a.dark()); },
     nullptr,
     false},
    {"View",
     "Larger",
     "",
     ctrl | ImGuiKey_Equal,
     {ctrl | shift | ImGuiKey_Equal, ctrl | ImGuiKey_KeypadAdd},
     "Enlarge text and controls.",
     [](Application& a) { a.set_scale(step_scale(a.settings().scale, 0.125)); },
     nullptr,
     false},
    {"View",
     "Smaller",
     "",
     ctrl | ImGuiKey_Minus,
     {ctrl | ImGuiKey_KeypadSubtract},
     "Reduce text and controls.",
     [](Application& a) { a.set_scale(step_scale(a.settings().scale, -0.125)); },
     nullptr,
     false},
    {"View",
     "Normal size",
     "",
     ctrl | ImGuiKey_0,
     {ctrl | ImGuiKey_Keypad0},
     "Text and controls at their usual size.",
     [](Application& a) { a.set_scale(1); },
     nullptr,
     false},

    {"Help",
     "Shortcuts",
     "",
     ImGuiKey_F1,
     {},
     "This list.",
     [](Application& a) { a.show_page(Page::shortcuts); },
     nullptr,
     false},
    {"Help",
     "Metrics",
     "",
     0,
     {},
     "What every figure means: definition, formula, source.",
     [](Application& a) { a.show_page(Page::metrics); },
     needs_preset,
     false},
    {"Help",
     "About Tessera",
     "",
     0,
     {},
     "Version, licences, folders.",
     [](Application& a) { a.show_page(Page::about); },
     nullptr,
     true},
};

}  // namespace

std::span<const Action> actions() { return table; }

const Action& action(const char* label) {
  for (const Action& candidate : table) {
    if (std::string_view(candidate.label) == label) return candidate;
  }
  throw std::out_of_range(label);
}

std::string shown_keys(ImGuiKeyChord keys) {
  if (keys == 0) return {};
  std::string text;
  if (keys & ImGuiMod_Ctrl) text += "Ctrl+";
  if (keys & ImGuiMod_Shift) text += "Shift+";
  if (keys & ImGuiMod_Alt) text += "Alt+";
  switch (const auto key = static_cast<ImGuiKey>(keys & ~ImGuiMod_Mask_)) {
    case ImGuiKey_Period:
      return text + ".";
    case ImGuiKey_Equal:
      return text + "+";
    case ImGuiKey_Minus:
      return text + "-";
    default:
      return text + ImGui::GetKeyName(key);
  }
}

void handle_keys(Application& app) {
  if (app.asking()) return;
  for (const Action& candidate : table) {
    if (candidate.keys_free && !candidate.keys_free(app)) continue;
    const ImGuiInputFlags repeat = candidate.keys_free ? ImGuiInputFlags_Repeat : 0;
    const auto pressed = [repeat](ImGuiKeyChord keys) {
      return keys != 0 && ImGui::Shortcut(keys, ImGuiInputFlags_RouteGlobal | repeat);
    };
    if (!pressed(candidate.keys) && !pressed(candidate.also[0]) && !pressed(candidate.also[1])) continue;
    const char* reason = candidate.refused ? candidate.refused(app) : "";
    if (*reason && candidate.keys_free) continue;  // an arrow that leads nowhere needs no message
    if (*reason) {
      app.say(Severity::info, reason);
    } else {
      candidate.run(app);
    }
  }
}

}  // namespace tessera
