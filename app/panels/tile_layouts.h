// Layouts of tiles as the tiles panel shows and edits them: which one is in force, one that waits, changes class by
// class, and the text of a list. No drawing in here.
#pragma once

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

// The layout in force at the moment of the snapshot: that of its newest "tile_learned", else as it was built.
Tiles tiles_in_force(const Snapshot&);

// Whether the run learns tasks one after another: then a layout is taken over when a task begins.
bool has_tasks(const Snapshot&);
bool has_next_task(const Snapshot&);  // one that is still to begin
// What is to be said where another layout than tiles_in_force() is asked for; empty: there is none.
std::string layout_note(const Snapshot&);

}  // namespace tessera
