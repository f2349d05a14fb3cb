// The progress line of long work, on standard error when that is a terminal.
#pragma once

#include <string>

#include "core/lab/session.h"

namespace tessera::commands {

// "step 1,240 / 3,000   212 steps/s   8 s left"
std::string progress_text(const Snapshot& snapshot);

class Progress {
 public:
  explicit Progress(bool wanted);  // shown if wanted and standard error is a terminal
  ~Progress();                     // clears the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(const std::string& text);
  void clear();

 private:
  bool shown_;
  std::string text_;
};

}  // namespace tessera::commands
