// What a person can do, once: the menus, the keyboard and the page of shortcuts are made from this table.
#pragma once

#include <span>
#include <string>

#include "imgui.h"

namespace tessera {

class Application;

struct Action {
  const char* menu;       // "File"; the menus show the actions in the order of the table
  const char* label;      // also its ID in the menu
  const char* icon;       // or ""
  ImGuiKeyChord keys;     // 0: none
  ImGuiKeyChord also[2];  // the same on other keyboards; 0: none
  const char* help;       // one sentence, for the page of shortcuts
  void (*run)(Application&);
  const char* (*refused)(const Application&);       // why it can't be done now, or ""; null: it always can
  bool separated;                                   // a line above it in the menu
  bool (*keys_free)(const Application&) = nullptr;  // whether its keys are not another's just now; null: they never are
};

std::span<const Action> actions();
const Action& action(const char* label);     // std::out_of_range when there is none
std::string shown_keys(ImGuiKeyChord keys);  // "Ctrl+Shift+S", "Space", "."

// Runs the actions whose keys were pressed. Not while a dialog is open; single keys not while text is typed.
void handle_keys(Application&);

}  // namespace tessera
