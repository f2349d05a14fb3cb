// A layout of tiles that a person makes by clicking: a draft, what can't be done with it, and the commands that ask for
// it. The draft is there until the run has taken it: one that was refused can be mended.
#pragma once

#include <optional>

#include "app/panels/panel.h"
#include "app/panels/tile_layouts.h"

namespace tessera {

class TileEditor {
 public:
  // Once a frame, before the rest: forgets what was for another run, or isn't possible any more.
  void follow(const PanelContext&, const Tiles& in_force);

  // The toggle. Item id: "Edit".
  void button(const PanelContext&);
  // A line of buttons while it is on. Item ids: "###use layout", "Discard".
  void line(PanelContext&);
  void clicked(int of_class, int tile);

  const Tiles* draft() const { return draft_ ? &*draft_ : nullptr; }  // null: nothing is edited
  bool toggles() const { return toggles_; }
  bool asked() const { return asked_ != 0; }  // for the draft, and the run hasn't answered

 private:
  void begin(const Snapshot&);
  std::string why_not_now(const PanelContext&) const;
  std::string why_not(const PanelContext&) const;
  void use(PanelContext&);
  void drop();

  std::optional<Tiles> draft_;
  Tiles in_force_, start_;  // start_: where the draft began
  bool toggles_ = false;
  Ticket asked_ = 0;  // of the command that the run hasn't answered yet; 0: none
  int run_id_ = 0;
  std::uint64_t run_ = 0;
};

}  // namespace tessera
