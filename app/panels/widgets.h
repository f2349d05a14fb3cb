// Small widgets that all panels share. Identifiers for GUI tests: "##layer" (choice of layer), "##help" (question
// mark).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/panels/panel.h"
#include "imgui.h"

namespace tessera::ui {

ImVec4 colour(ImU32);
ImU32 faded(ImU32, float alpha);  // with its opacity multiplied

// `text`, cut with an ellipsis where it is wider than `width`.
std::string fitted(std::string_view text, float width);
// Text of at most `width`, cut with an ellipsis; the whole of it as a tooltip then.
void fitted_text(std::string_view text, float width);
void muted_text(const PanelContext&, const char* text);
void wrapped(std::string_view text);

// A combo as wide as its widest item, or `room` if that is less. True when another item was chosen.
bool combo(const char* id, std::size_t& chosen, std::span<const std::string> items, const char* tooltip, float room);

// One button of a group of which one is down. True when it was pressed.
bool tab(const char* label, bool down);

// One of several views: a tab each where they fit into `room`, else the combo `id`. A tooltip each; may be empty.
struct ViewChoice {
  const char* label;
  const char* tooltip = "";
};
// True when one was clicked, perhaps the one that is shown.
bool choose_view(const char* id, std::size_t& chosen, std::span<const ViewChoice> views, float room);

// A tooltip of the item before: what the metric is.
void metric_tooltip(const PanelContext&, const MetricSpec&);

// The choice of layer, the same one in all panels. `room`: width it may take.
void layer_combo(PanelContext&, float room);

// The question mark at the right end of a panel's first row: explains the panel and its metrics.
void help_button(PanelContext&, const Panel&);

// What a panel says while it has nothing to show: its title, what it will show, and when.
void empty_state(PanelContext&, const Panel&, std::string_view when);

// Room from the cursor to the question mark.
float room_before_help();

// Short text of a number, for labels and tooltips: 4 significant digits.
std::string number(double value);

}  // namespace tessera::ui
