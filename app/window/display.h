// A virtual display (Xvfb) for pictures where there is no real one.
#pragma once

#include <sys/types.h>

#include <string>

namespace tessera {

bool has_display();  // whether an X server is named in the environment

// Starts Xvfb and points DISPLAY to it; ended and put back on destruction. Throws GraphicsError when Xvfb isn't
// installed or doesn't start within ten seconds.
class VirtualDisplay {
 public:
  VirtualDisplay();
  ~VirtualDisplay();
  // Not copyable or movable
  VirtualDisplay(const VirtualDisplay&) = delete;
  VirtualDisplay& operator=(const VirtualDisplay&) = delete;

 private:
  void stop();

  pid_t server_ = -1;
  std::string before_;  // DISPLAY, as it was
  bool had_ = false;
};

}  // namespace tessera
