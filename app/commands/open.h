// What opening the window and rendering it share.
#pragma once

#include <filesystem>
#include <functional>

#include "app/commands/settings.h"
#include "app/window/window.h"

namespace tessera::commands {

// Gives the window its engine, the shipped presets, and `preset` to open first, with the settings.
void connect(WindowOptions& options, const std::filesystem::path& preset, const Settings& settings);

// Calls it; where there is no display, says so on standard error and returns `bad_input`.
int with_graphics(const std::function<int()>& call);

}  // namespace tessera::commands
