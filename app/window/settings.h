// What the window remembers between sessions, in one JSON file in the user's config folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

inline constexpr int settings_version = 1;
inline constexpr double min_scale = 0.75, max_scale = 2.5;

struct PanelSettings {
  bool open = true;
  std::string text;  // Panel::settings()
  friend bool operator==(const PanelSettings&, const PanelSettings&) = default;
};

struct Settings {
  bool dark = true;
  double scale = 1;                // interface scale
  int width = 1440, height = 900;  // of the window
  bool maximized = false;
  std::string layout;                           // Dear ImGui's .ini text; empty: the default layout
  std::map<std::string, PanelSettings> panels;  // by Panel::name()
  std::vector<std::filesystem::path> recent;    // presets opened or saved, the newest first
  friend bool operator==(const Settings&, const Settings&) = default;
};

inline constexpr std::size_t max_recent = 12;
void remember(Settings&, const std::filesystem::path& preset);  // moves it to the front of `recent`

std::string write_settings(const Settings&);

// Reading never fails: what is missing or out of range keeps its default. `complaint` says what was wrong with the text
// as a whole (malformed, another version); empty when nothing was.
struct SettingsText {
  Settings settings;
  std::string complaint;
  bool newer = false;  // of a version that this program doesn't know
};
SettingsText read_settings(std::string_view json);

// FOLDER/settings.json. A file that can't be used is kept as settings.broken.json before it is overwritten; one of a
// newer version is left alone (`writable` is false then, and without a folder).
class SettingsFile {
 public:
  explicit SettingsFile(std::filesystem::path folder);  // reads it; empty: nothing is read or written

  Settings settings;
  const std::string& complaint() const { return complaint_; }
  bool writable() const { return writable_; }
  // Writes when `settings` changed since. Returns what went wrong (a full or read-only folder); empty: nothing.
  std::string save();

 private:
  std::filesystem::path folder_;
  std::string written_, complaint_;
  bool writable_ = false;
};

}  // namespace tessera
