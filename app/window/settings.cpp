// See settings.h.
#include "app/window/settings.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/lab/atomic_file.h"
#include "core/lab/json_text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t max_bytes = 4 << 20;

fs::path file_in(const fs::path& folder) { return folder / "settings.json"; }

template <class T>
void take(const nlohmann::json& object, const char* key, T& field) {
  const auto found = object.find(key);
  if (found == object.end()) return;
  if constexpr (std::is_same_v<T, bool>) {
    if (found->is_boolean()) field = found->get<bool>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (found->is_string()) field = found->get<std::string>();
  } else {
    if (found->is_number()) {
      const double value = found->get<double>();
      if (std::abs(value) < 1e9) field = static_cast<T>(value);
    }
  }
}

}  // namespace

void remember(Settings& settings, const fs::path& preset) {
  auto& recent = settings.recent;
  std::erase(recent, preset);
  recent.insert(recent.begin(), preset);
  if (recent.size() > max_recent) recent.resize(max_recent);
}

std::string write_settings(const Settings& s) {
  nlohmann::ordered_json json;
  json["version"] = settings_version;
  json["theme"] = s.dark ? "dark" : "light";
  json["scale"] = s.scale;
  json["window"] = {{"width", s.width}, {"height", s.height}, {"maximized", s.maximized}};
  json["recent"] = nlohmann::ordered_json::array();
  for (const auto& path : s.recent) json["recent"].push_back(path.string());
  json["panels"] = nlohmann::ordered_json::object();
  for (const auto& [name, panel] : s.panels) {
    json["panels"][name] = {{"open", panel.open}, {"settings", panel.text}};
  }
  json["layout"] = s.layout;
  return print_json(json);
}

SettingsText read_settings(std::string_view text) {
  SettingsText result;
  const auto json = parse_json(text, "settings", max_bytes);
  if (!json) {
    result.complaint = json.problems.front().text();
    return result;
  }
  const nlohmann::json& object = *json.value;
  int version = 0;
  if (object.is_object()) take(object, "version", version);
  if (version != settings_version) {
    result.newer = version > settings_version;
    result.complaint = result.newer ? "settings: written by a newer version of Tessera; left alone"
                                    : "settings: not of this version; the defaults are used";
    return result;
  }
  Settings& s = result.settings;
  std::string theme = "dark";
  take(object, "theme", theme);
  s.dark = theme != "light";
  take(object, "scale", s.scale);
  s.scale = std::clamp(s.scale, min_scale, max_scale);
  if (const auto window = object.find("window"); window != object.end() && window->is_object()) {
    take(*window, "width", s.width);
    take(*window, "height", s.height);
    take(*window, "maximized", s.maximized);
    s.width = std::clamp(s.width, 640, 16384);
    s.height = std::clamp(s.height, 480, 16384);
  }
  if (const auto recent = object.find("recent"); recent != object.end() && recent->is_array()) {
    for (const auto& path : *recent) {
      if (path.is_string() && s.recent.size() < max_recent) s.recent.emplace_back(path.get<std::string>());
    }
  }
  if (const auto panels = object.find("panels"); panels != object.end() && panels->is_object()) {
    for (const auto& [name, panel] : panels->items()) {
      if (!panel.is_object()) continue;
      take(panel, "open", s.panels[name].open);
      take(panel, "settings", s.panels[name].text);
    }
  }
  take(object, "layout", s.layout);
  return result;
}

SettingsFile::SettingsFile(fs::path folder) : folder_(std::move(folder)) {
  if (folder_.empty()) return;
  writable_ = true;
  std::ifstream file(file_in(folder_), std::ios::binary);
  if (!file) return;  // the first start
  written_.assign(std::istreambuf_iterator<char>(file), {});
  auto read = read_settings(written_);
  settings = std::move(read.settings);
  complaint_ = std::move(read.complaint);
  if (complaint_.empty()) return;
  writable_ = !read.newer;
  if (read.newer) return;
  std::error_code ignored;
  fs::rename(file_in(folder_), folder_ / "settings.broken.json", ignored);
}

std::string SettingsFile::save() {
  if (!writable_) return {};
  const std::string text = write_settings(settings);
  if (text == written_) return {};
  try {
    std::error_code error;
    fs::create_directories(folder_, error);
    write_file(file_in(folder_), text);
    written_ = text;
  } catch (const std::exception& error) {
    writable_ = false;  // said once, not at every change
    return std::string("settings are not remembered: ") + error.what();
  }
  return {};
}

}  // namespace tessera
