// The progress line of long work, on standard error when that is a terminal.
#include "app/commands/progress.h"

#include <unistd.h>

#include <cstdio>

#include "core/lab/text.h"

namespace tessera::commands {

std::string progress_text(const Snapshot& snapshot) {
  if (snapshot.state == State::empty || snapshot.state == State::building) {
    if (snapshot.building.empty()) return "building the experiment";
    return snapshot.building + ": " + std::to_string(static_cast<int>(100 * snapshot.built)) + " %";
  }
  std::string text = "step " + with_commas(snapshot.step) + " / " + with_commas(snapshot.steps);
  if (snapshot.steps_per_s > 0) {
    char rate[40];
    std::snprintf(rate, sizeof rate, "   %.*f steps/s", snapshot.steps_per_s < 10 ? 1 : 0, snapshot.steps_per_s);
    text += rate;
  }
  if (snapshot.seconds_left > 0) text += "   " + duration(snapshot.seconds_left) + " left";
  return text;
}

Progress::Progress(bool wanted) : shown_(wanted && isatty(STDERR_FILENO)) {}

Progress::~Progress() { clear(); }

void Progress::show(const std::string& text) {
  if (!shown_ || text == text_) return;
  text_ = text;
  std::fprintf(stderr, "\r%s\033[K", text.c_str());
  std::fflush(stderr);
}

void Progress::clear() {
  if (!shown_ || text_.empty()) return;
  text_.clear();
  std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
}

}  // namespace tessera::commands
