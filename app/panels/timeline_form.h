// The form in which a planned change is entered: parameter, layer, step, value, ramp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/panels/panel.h"

namespace tessera {

// Item ids in the popup "##form": "##parameter", "##of_layer", "##step", the parameter's own ("##model.router.k"),
// "##ramp", "OK", "Cancel".
class TimelineForm {
 public:
  // Opens it; path: of the parameter proposed, or empty.
  void add(const Snapshot&, const std::string& path, std::int64_t step);
  void edit(const Intervention&);
  void draw(PanelContext&);  // nothing unless it is open

 private:
  void choose(const Snapshot&, const std::string& path);
  void fields(PanelContext&);
  void choose_parameter(PanelContext&, float width);
  void choose_layer(PanelContext&, const ParameterSpec&, float width);
  void buttons(PanelContext&);

  std::optional<Intervention> old_;  // that is edited; without: a new one
  Intervention draft_;
  bool opening_ = false;
};

}  // namespace tessera
