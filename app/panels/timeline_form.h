// The form in which a planned change is entered: parameter, layer, step, value, ramp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/panels/panel.h"

namespace tessera {

// Item ids in the popup "##form": "##parameter", "##of_layer", "##step", the parameter's own ("##model.router.k"),
// "##ramp", "OK", "Cancel".
class TimelineForm {
 public:
  // Opens it; path: of the parameter proposed, or empty.
  void add(const Snapshot&, const std::string& path, std::int64_t step);
  void edit(const Intervention&);
  void close();  // another run: what was entered is void
  // Nothing unless it is open. What is to be submitted, made of `timeline`, when it was accepted.
  std::optional<std::vector<Intervention>> draw(PanelContext&,
                                                const std::shared_ptr<const std::vector<Intervention>>& timeline);

 private:
  void choose(const Snapshot&, const std::string& path);
  void fields(PanelContext&);
  void choose_parameter(PanelContext&, float width);
  void choose_layer(PanelContext&, const ParameterSpec&, float width);
  using Timeline = std::shared_ptr<const std::vector<Intervention>>;
  void check(const PanelContext&, const Timeline&);
  std::optional<std::vector<Intervention>> buttons(PanelContext&, const Timeline&);

  std::optional<Intervention> old_;  // that is edited; without: a new one
  Intervention draft_;
  bool opening_ = false, closing_ = false;

  // What is wrong with it, and what that was found for: a long plan takes too long to check in each frame.
  struct Checked {
    std::optional<Intervention> old;
    Intervention draft;
    Timeline timeline;
    std::shared_ptr<const Parameters> parameters;
    std::int64_t late = -1;  // the run's step, where one of the two is no longer to come
    friend bool operator==(const Checked&, const Checked&) = default;
  };
  std::optional<Checked> checked_;
  std::vector<Problem> problems_;
};

}  // namespace tessera
