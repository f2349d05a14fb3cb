// Where the program's own files are, and which preset a person means.
#pragma once

#include <filesystem>
#include <string>

#include "core/lab/preset.h"

namespace tessera::commands {

// The folder of the running program, links followed.
std::filesystem::path program_folder();

// The shipped presets: $TESSERA_PRESETS, else the folder "presets" nearest above the program, else that of the checkout
// that the program was built from.
std::filesystem::path presets_folder();

// The file that `name` means: a file, a shipped preset as "specialize/first-light", or one as
// "presets/specialize/first-light.json" from any current folder. The problem names similar presets.
Result<std::filesystem::path> find_preset(const std::string& name);

// The data that a preset needs: "fashion-mnist", "text", "none", or the questions about images.
std::string data_of(const Preset& preset);

}  // namespace tessera::commands
