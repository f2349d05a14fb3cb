// Layouts of tiles as the tiles panel shows and edits them: which one is in force, one that waits, changes class by
// class, and the text of a list. No drawing in here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/session.h"

namespace tessera {

using Tiles = std::vector<std::vector<int>>;  // classes of each tile, rising

// "0-4,7|5-6": the tiles separated by |, neighbours as ranges.
std::string tiles_text(const Tiles&);
// The way back; nothing for what is no such list of classes below `classes`.
std::optional<Tiles> read_tiles(std::string_view text, int classes);

bool overlapping(const Tiles&);  // whether a class is in several
void move_class(Tiles&, int of_class, int tile);
void toggle_class(Tiles&, int of_class, int tile);
// Why they can't be used; empty: they can. two_each: a tile needs two classes.
std::string why_unusable(const Tiles&, const std::vector<std::string>& classes, bool two_each);

// The layout in force at the moment of the snapshot: its newest "tile_layout", until there is one as it was built.
Tiles tiles_in_force(const Snapshot&);

// What is to be said where another layout than tiles_in_force() is asked for; empty: there is none. Where the run
// learns tasks one after another, a layout is taken over when a task begins.
std::string layout_note(const Snapshot&);

// The same, for a panel that asks in each frame: it takes a replay of the timeline.
class LayoutNote {
 public:
  // moment: -1, or the step at which the snapshot is looked back at.
  const std::string& text(const Snapshot&, std::int64_t moment);

 private:
  struct Of {
    std::uint64_t run = 0, version = 0;
    std::int64_t moment = -1;
    friend bool operator==(const Of&, const Of&) = default;
  };
  Of of_;
  std::string text_;
};

}  // namespace tessera
