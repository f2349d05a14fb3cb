// Asks what a fork is to have otherwise than its parent, and from when on.
#pragma once

#include <string>

#include "core/lab/parameter.h"

namespace tessera {

class Application;
struct LiveRun;

class ForkDialog {
 public:
  void show(const LiveRun& parent);
  bool visible() const { return visible_; }
  // Popup "###fork"; items "##filter", the parameters of the list by path, the widget "##PATH" of the chosen one, "From
  // now on", "From the start", "Fork", "Cancel".
  void draw(Application&);

 private:
  void draw_parameters(const Parameters& now, float scale);
  void choose(const std::string& path, const Parameters& now);

  bool visible_ = false, from_start_ = false;
  std::string parent_, filter_, path_;
  Value value_;
};

}  // namespace tessera
