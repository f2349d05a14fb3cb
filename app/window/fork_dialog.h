// Asks what a fork is to have otherwise than its parent, and from when on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/window/forking.h"

namespace tessera {

class ForkDialog {
 public:
  void show(const Application&);
  bool visible() const { return visible_; }
  // Popup "###fork"; items "##filter", the parameters of the list by path, the widget "##PATH" of the chosen one, "From
  // the moment shown" (while an earlier one is), "From now on", "From the start", "Fork", "Cancel".
  void draw(Application&);

 private:
  void draw_origins(const Application&);
  void choose_origin(ForkFrom, const Snapshot&);
  const Parameters& there(const Application&);
  const char* when() const { return from_ == ForkFrom::moment ? "then" : "now"; }
  void draw_parameters(const Parameters& there, float scale);
  void choose(const std::string& path, const Parameters& there);

  bool visible_ = false;
  ForkFrom from_ = ForkFrom::now;
  std::string filter_, path_;
  Value value_;
  struct InForce {  // at the moment shown, worked out before
    std::int64_t step;
    std::shared_ptr<const std::vector<Intervention>> timeline;
    Parameters parameters;
  };
  std::optional<InForce> in_force_;
};

}  // namespace tessera
