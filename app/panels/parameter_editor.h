// The widget of a parameter, made from its description alone. Item ids are the parameter's path, "##model.router.k",
// "##model.layer2.router.k" for one layer; those of an editor below the run's (PanelContext::run_id).
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "app/panels/panel.h"

namespace tessera {

struct Edit {
  bool changed = false;   // `value` is another now
  bool finished = false;  // and the person let go of it
};

// A slider, combo, check box or text field for `value`.
Edit value_widget(const std::string& path, const ParameterSpec&, Value& value, float width);

// Edits parameters of the running experiment: live ones at once (at most every 50 ms while a slider moves; a text when
// it is complete), the others after asking. What was entered is shown until the run has taken it over.
class ParameterEditor {
 public:
  // A row with name, widget and reset. `layer`: -1 for all layers. `enabled`: false greys it out; so does a state in
  // which the change would be refused, with the reason as the widget's tooltip.
  void row(PanelContext&, const ParameterSpec&, int layer, float label_width, bool enabled);
  // Call once a frame, before the rows.
  void begin(const PanelContext&);

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    Value value;
    std::uint64_t version = 0;  // of the snapshot when it was submitted
    Clock::time_point submitted;
    bool sent = false;     // this very value
    bool editing = false;  // still held by the person
  };
  void edited(PanelContext&, const ParameterSpec&, const std::string& path, const Value&, Edit);
  void send(PanelContext&, const ParameterSpec&, const std::string& path, Pending&);
  void change(PanelContext&, const ParameterSpec&, const std::string& path, const Value&);
  void reset(PanelContext&, const ParameterSpec&, int layer, float x);  // the arrow at x, where there is a way back
  void label(PanelContext&, const ParameterSpec&, const Parameters&, int layer, float width);

  std::map<std::string, Pending, std::less<>> pending_;  // by path
  std::uint64_t run_ = 0;                                // that they were entered for
};

}  // namespace tessera
