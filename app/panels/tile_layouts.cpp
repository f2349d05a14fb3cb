// See tile_layouts.h.
#include "app/panels/tile_layouts.h"

#include <algorithm>
#include <charconv>

#include "app/panels/lookup.h"
#include "app/panels/task_steps.h"
#include "core/lab/text.h"
#include "core/lab/timeline.h"

namespace tessera {
namespace {

constexpr const char* parts[] = {"layout", "list", "layout_seed", "classes_per_tile"};  // of model.head.tiles

bool has(const std::vector<int>& tile, int of_class) {
  return std::find(tile.begin(), tile.end(), of_class) != tile.end();
}

bool read_number(std::string_view text, int classes, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() && value >= 0 && value < classes;
}

// The parameters that the layout in force at a step is from: those of the beginning of its task, or of the step where
// there are no tasks. Below 0: as it was built.
Parameters taken_over(const Snapshot& snapshot, const TaskSteps& task, std::int64_t step) {
  if (step < 0) return snapshot.preset->parameters;
  if (task.any()) step = std::min(step / task.each * task.each, task.last_begins);
  return in_force(snapshot.preset->parameters, *snapshot.timeline, step);
}

// Whether they lay out the tiles otherwise than `wanted` does.
bool differ(const Parameters& parameters, const Parameters& wanted) {
  return std::any_of(std::begin(parts), std::end(parts), [&](const char* part) {
    const ParameterSpec* spec = wanted.table().find(std::string("model.head.tiles.") + part);
    return spec && wanted.holds(spec->when) && wanted.get(spec->path) != parameters.get(spec->path);
  });
}

// The layout in force in the step it was measured in; null until then.
const Matrix* newest_layout(const Snapshot& snapshot) {
  return newest(snapshot, find_metric(*snapshot.description, "tile_layout", -1, 2));
}

}  // namespace

std::string tiles_text(const Tiles& tiles) {
  std::string text;
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    if (t > 0) text += '|';
    const std::vector<int>& own = tiles[t];
    for (std::size_t i = 0; i < own.size();) {
      std::size_t last = i;
      while (last + 1 < own.size() && own[last + 1] == own[last] + 1) ++last;
      if (i > 0) text += ',';
      text += std::to_string(own[i]);
      if (last > i) text += "-" + std::to_string(own[last]);
      i = last + 1;
    }
  }
  return text;
}

std::optional<Tiles> read_tiles(std::string_view text, int classes) {
  Tiles tiles;
  for (const std::string_view part : split(text, '|')) {
    std::vector<int>& tile = tiles.emplace_back();
    for (const std::string_view item : split(part, ',')) {
      const std::string_view range = trimmed(item);
      const std::size_t dash = range.find('-');
      int first = 0, last = 0;
      if (!read_number(range.substr(0, dash), classes, first)) return {};
      if (dash == range.npos) {
        last = first;
      } else if (!read_number(range.substr(dash + 1), classes, last) || last < first) {
        return {};
      }
      for (int c = first; c <= last; ++c) {
        if (!has(tile, c)) tile.push_back(c);
      }
    }
    std::sort(tile.begin(), tile.end());
  }
  return tiles;
}

bool overlapping(const Tiles& tiles) {
  std::vector<int> all;
  for (const std::vector<int>& tile : tiles) all.insert(all.end(), tile.begin(), tile.end());
  std::sort(all.begin(), all.end());
  return std::adjacent_find(all.begin(), all.end()) != all.end();
}

void move_class(Tiles& tiles, int of_class, int tile) {
  for (std::vector<int>& other : tiles) std::erase(other, of_class);
  toggle_class(tiles, of_class, tile);
}

void toggle_class(Tiles& tiles, int of_class, int tile) {
  std::vector<int>& own = tiles[static_cast<std::size_t>(tile)];
  if (std::erase(own, of_class) > 0) return;
  own.insert(std::upper_bound(own.begin(), own.end(), of_class), of_class);
}

std::string why_unusable(const Tiles& tiles, const std::vector<std::string>& classes, bool two_each) {
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    const std::string tile = "Tile " + std::to_string(t);
    if (tiles[t].empty()) return tile + " would be empty.";
    if (two_each && tiles[t].size() < 2) {
      return tile + " would have one class: with route_by_label each tile needs two.";
    }
  }
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto has_it = [c](const std::vector<int>& tile) { return has(tile, static_cast<int>(c)); };
    if (std::none_of(tiles.begin(), tiles.end(), has_it)) return classes[c] + " would be in no tile.";
  }
  return {};
}

Tiles tiles_in_force(const Snapshot& snapshot) {
  if (!snapshot.description) return {};
  const Matrix* layout = newest_layout(snapshot);
  if (!layout) return snapshot.description->tiles;
  Tiles tiles(static_cast<std::size_t>(layout->columns));
  for (int tile = 0; tile < layout->columns; ++tile) {
    for (int row = 0; row < layout->rows; ++row) {
      if (layout->at(row, tile) > 0) tiles[static_cast<std::size_t>(tile)].push_back(row);
    }
  }
  return tiles;
}

std::string layout_note(const Snapshot& snapshot) {
  if (!snapshot.preset || !snapshot.timeline || !snapshot.parameters || !snapshot.description) return {};
  const TaskSteps task = task_steps(snapshot);
  const Parameters& asked = *snapshot.parameters;
  const Parameters taken = task.any() ? taken_over(snapshot, task, snapshot.step - 1) : asked;
  if (differ(taken, asked)) {
    return task.more(snapshot.step) ? "A new layout is taken over when the next task begins."
                                    : "A new layout was asked for after the last task had begun: it isn't taken over.";
  }
  if (snapshot.state == State::finished || snapshot.state == State::failed) return {};  // nothing is measured any more
  const Matrix* layout = newest_layout(snapshot);
  const bool shown = !differ(taken_over(snapshot, task, layout ? layout->step : -1), taken);
  return shown ? "" : "The new layout is shown once it has been measured.";
}

const std::string& LayoutNote::text(const Snapshot& snapshot, std::int64_t moment) {
  const Of of{snapshot.run, snapshot.version, moment};
  if (of_ != of) text_ = layout_note(snapshot);
  of_ = of;
  return text_;
}

}  // namespace tessera
