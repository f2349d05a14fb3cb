// Where the program's own files are, and which preset a person means.
#include "app/commands/places.h"

#include <cstdlib>
#include <system_error>

#include "core/lab/build_info.h"
#include "core/lab/preset.h"
#include "core/lab/text.h"

namespace fs = std::filesystem;

namespace tessera::commands {

fs::path program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::current_path() : program.parent_path();
}

fs::path presets_folder() {
  if (const char* folder = std::getenv("TESSERA_PRESETS"); folder && *folder) return folder;
  std::error_code error;
  for (fs::path folder = program_folder();; folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / "presets" / "schema.json", error)) return folder / "presets";
    if (folder == folder.parent_path()) break;
  }
  return fs::path(source_folder()) / "presets";
}

Result<fs::path> find_preset(const std::string& name) {
  std::error_code error;
  if (fs::exists(name, error) && !fs::is_directory(name, error)) return fs::path(name);

  const fs::path folder = presets_folder();
  std::string inside = name;
  if (inside.starts_with("presets/")) inside.erase(0, 8);
  if (inside.ends_with(".json")) inside.erase(inside.size() - 5);
  std::vector<std::string> shipped;
  for (const PresetFile& file : find_presets(folder)) {
    if (file.name == inside) return file.path;
    shipped.push_back(file.name);
  }
  std::string found = fs::is_directory(name, error) ? "is a folder" : "no such preset";
  if (const std::string meant = nearest(inside, shipped); !meant.empty())
    found += "; did you mean " + in_quotes(meant) + "?";
  return std::vector<Problem>{
      {printable(name), found, "a preset's file, or a shipped one's name: ./lab presets lists them"}};
}

std::string data_of(const Preset& preset) {
  const std::string kind = preset.parameters.text("task.kind");
  if (kind == "language") return "text";
  if (kind == "interference") return "none";
  return preset.parameters.text(kind == "multitask" ? "task.multitask.tasks" : "task.data.name");
}

}  // namespace tessera::commands
