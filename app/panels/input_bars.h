// Numbers of experts as vertical bars that are dragged with the mouse, each in its expert's colour.
#pragma once

#include <string>
#include <vector>

#include "app/panels/panel.h"
#include "app/panels/pointed.h"
#include "imgui.h"

namespace tessera {

// One row of bars. Keeps its scale while a bar is held, so that it doesn't run away from the pointer.
class InputBars {
 public:
  // noun: "logit"; bars are the items "##logit 3" in the child window "##logits". least: half of the scale at least.
  // Bars that would be too narrow to be held are scrolled.
  InputBars(std::string noun, std::string plural, double least)
      : noun_(std::move(noun)), plural_(std::move(plural)), least_(least), extent_(least) {}

  // Whether a value was changed: dragged, by the keyboard, or typed after Ctrl+click or a double click. `pointed` has
  // the expert to be marked, and is told the one under the pointer.
  bool draw(std::vector<double>& values, double most, ImVec2 size, Pointed& pointed, const PanelContext&);

 private:
  bool bar(int expert, double& value, double most, ImVec2 at, ImVec2 size, bool marked, const PanelContext&);
  void numbers(int experts, ImVec2 at, float width, const PanelContext&) const;

  std::string noun_, plural_;
  double least_, extent_;
  bool held_ = false;
  int shown_ = -1;  // whose value is named above
};

}  // namespace tessera
