// See document.h.
#include "app/window/document.h"

namespace tessera {

namespace {

// What is compared: all of a preset but its name, which says where it was found.
std::string content(Preset preset) {
  preset.name.clear();
  return write_preset(preset, true);
}

}  // namespace

std::unique_ptr<Preset> preset_to_save(const Snapshot& snapshot) {
  if (!snapshot.preset) return nullptr;
  auto preset = std::make_unique<Preset>(*snapshot.preset);
  if (!snapshot.timeline) return preset;
  preset->schedule.clear();
  for (const Intervention& change : *snapshot.timeline) {
    const bool initial = change.step == 0 && change.ramp == 0;
    if (!initial || !preset->parameters.set(change.path, change.value).empty()) preset->schedule.push_back(change);
  }
  return preset;
}

void Document::opened(const std::filesystem::path& file, const Preset& preset) { saved(file, preset); }

void Document::saved(const std::filesystem::path& file, const Preset& preset) {
  open_ = true;
  file_ = file;
  name_ = preset.name.empty() ? file.stem().string() : preset.name;
  Preset normal = preset;  // by the same rule as what it will be compared with
  normal.schedule.clear();
  for (const Intervention& change : preset.schedule) {
    const bool initial = change.step == 0 && change.ramp == 0;
    if (!initial || !normal.parameters.set(change.path, change.value).empty()) normal.schedule.push_back(change);
  }
  content_ = content(std::move(normal));
  seen_preset_ = nullptr;
  seen_timeline_ = nullptr;
  changed_ = false;
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
