// See document.h.
#include "app/window/document.h"

namespace tessera {
namespace {

// The preset with these changes: those before the first step are parameters, the others its schedule.
Preset with_changes(Preset preset, const std::vector<Intervention>& changes) {
  preset.schedule.clear();
  for (const Intervention& change : changes) {
    const bool initial = change.step == 0 && change.ramp == 0;
    if (!initial || !preset.parameters.set(change.path, change.value).empty()) preset.schedule.push_back(change);
  }
  return preset;
}

// What is compared: all of a preset but its name, which says where it was found, and the pace, on which no figure
// depends.
std::string content(Preset preset) {
  preset.name.clear();
  if (const ParameterSpec* pace = preset.parameters.table().find(pace_path)) {
    preset.parameters.set(pace_path, pace->default_value);
  }
  std::erase_if(preset.schedule, [](const Intervention& change) { return change.path == pace_path; });
  return write_preset(preset, true);
}

}  // namespace

std::unique_ptr<Preset> preset_to_save(const Snapshot& snapshot) {
  if (!snapshot.preset) return nullptr;
  if (!snapshot.timeline) return std::make_unique<Preset>(*snapshot.preset);
  return std::make_unique<Preset>(with_changes(*snapshot.preset, *snapshot.timeline));
}

void Document::opened(const std::filesystem::path& file, const Preset& preset) { saved(file, preset); }

void Document::saved(const std::filesystem::path& file, const Preset& preset) {
  open_ = true;
  file_ = file;
  name_ = preset.name.empty() ? file.stem().string() : preset.name;
  content_ = content(with_changes(preset, preset.schedule));  // by the same rule as what it will be compared with
  seen_preset_ = nullptr;
  seen_timeline_ = nullptr;
  changed_ = false;
}

void Document::forked(const std::string& name, const Preset& preset) {
  saved({}, preset);
  name_ = name;
}

std::string Document::name() const { return name_; }

bool Document::changed(const Snapshot& snapshot) {
  if (!open_ || !snapshot.preset || snapshot.state == State::building) return changed_;
  if (snapshot.preset == seen_preset_ && snapshot.timeline == seen_timeline_) return changed_;
  seen_preset_ = snapshot.preset;
  seen_timeline_ = snapshot.timeline;
  changed_ = content(*preset_to_save(snapshot)) != content_;
  return changed_;
}

}  // namespace tessera
