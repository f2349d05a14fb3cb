// See never_began.h.
#include "core/lab/never_began.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "core/lab/row_text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

bool half_written(const std::string& name) { return name.starts_with(".") && name.ends_with(".tmp"); }

// A folder of its own files with such names, and none else.
bool only_files(const fs::path& folder, const char* extension) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error) || entry.is_symlink(error)) return false;
    if (entry.path().extension() != extension && !half_written(entry.path().filename().string())) return false;
  }
  return !error;
}

// What follows the first line, as far as it is there: nothing, something, or it is another line.
enum class After { nothing, rows, foreign };
After after_header(const fs::path& file, std::string_view header) {
  std::ifstream in(file, std::ios::binary);
  std::string start(header.size() + 1, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  if (!header.starts_with(std::string_view(start).substr(0, header.size()))) return After::foreign;
  return start.size() > header.size() ? After::rows : After::nothing;
}

}  // namespace

bool never_began(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> files;
  bool figures = false;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool matrices = name == "matrices";
    if (matrices || name == "checkpoints") {
      if (entry.is_symlink(error) || !entry.is_directory(error)) return false;
      if (!only_files(entry.path(), matrices ? ".ndjson" : ".ckpt")) return false;
      figures = true;
      continue;
    }
    if (entry.is_symlink(error) || !entry.is_regular_file(error)) return false;
    if (half_written(name)) continue;
    files.push_back(name);
  }
  if (error) return false;
  const auto there = [&](const char* name) { return std::find(files.begin(), files.end(), name) != files.end(); };
  for (const std::string& name : files) {
    const auto is = [&](const char* known) { return name == known; };
    const char* const known[] = {"scalars.csv", "timing.csv", "timeline.json", "description.json", "parent.json"};
    if (std::none_of(std::begin(known), std::end(known), is)) return false;
  }
  if (!there("scalars.csv")) return false;  // the first that is made, and the last that is removed
  const After rows = after_header(folder / "scalars.csv", scalars_header);
  if (rows == After::foreign) return false;
  if (there("timing.csv") && after_header(folder / "timing.csv", timing_header) != After::nothing) return false;
  figures = figures || rows == After::rows;
  return !figures ||
         (there("timing.csv") && there("timeline.json") && there("description.json") && there("parent.json"));
}

// In an order in which what is left is always recognised again.
void clear_never_began(const fs::path& folder, const FolderLock&) {
  if (!never_began(folder)) return;
  std::error_code error;
  fs::remove_all(folder / "checkpoints", error);
  fs::remove_all(folder / "matrices", error);
  fs::resize_file(folder / "scalars.csv", 0, error);
  if (error) return;
  std::vector<fs::path> others;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() != "scalars.csv") others.push_back(entry.path());
  }
  for (const fs::path& file : others) fs::remove(file, error);
  fs::remove(folder / "scalars.csv", error);
}

}  // namespace tessera
