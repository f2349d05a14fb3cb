// The preset that is open: where it came from, whether it was changed since, and what saving it means.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/lab/session.h"

namespace tessera {

// The experiment as it stands, as a preset that gives the same run again: the loaded one with what was changed since.
// Changes made before the first step become parameters; later ones the schedule. Null when nothing is loaded.
std::unique_ptr<Preset> preset_to_save(const Snapshot&);

class Document {
 public:
  void opened(const std::filesystem::path& file, const Preset&);  // a Load of it was accepted
  void forked(const std::string& name, const Preset&);            // it comes from another run, and from no file
  void saved(const std::filesystem::path& file, const Preset&);   // it is the file's content now

  bool open() const { return open_; }
  const std::filesystem::path& file() const { return file_; }  // empty: of a fork
  std::string name() const;                                    // "specialize/first-light", or the file's name
  // Whether the experiment differs from what the file holds, in more than its pace. Cheap when the snapshot's parts are
  // those of the last call.
  bool changed(const Snapshot&);

 private:
  bool open_ = false, changed_ = false;
  std::filesystem::path file_;
  std::string name_, content_;  // content: of the file, complete
  std::shared_ptr<const Preset> seen_preset_;
  std::shared_ptr<const std::vector<Intervention>> seen_timeline_;
};

}  // namespace tessera
