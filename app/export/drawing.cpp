// See drawing.h.
#include "app/export/drawing.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tessera {

void Drawing::line(XY from, XY to, Colour colour, double thickness, bool dashed) {
  shapes_.emplace_back(Line{{from, to}, colour, thickness, dashed});
}

void Drawing::polyline(std::vector<XY> points, Colour colour, double thickness) {
  shapes_.emplace_back(Line{std::move(points), colour, thickness, false});
}

void Drawing::area(std::vector<XY> corners, Colour colour) { shapes_.emplace_back(Area{std::move(corners), colour}); }

void Drawing::rectangle(XY at, double w, double h, Colour colour) {
  area({at, {at.x + w, at.y}, {at.x + w, at.y + h}, {at.x, at.y + h}}, colour);
}

void Drawing::frame(XY at, double w, double h, Colour colour, double thickness) {
  polyline({at, {at.x + w, at.y}, {at.x + w, at.y + h}, {at.x, at.y + h}, at}, colour, thickness);
}

void Drawing::text(XY at, std::string text, TextStyle style) { shapes_.emplace_back(Text{at, std::move(text), style}); }

void Drawing::cells(Cells cells) { shapes_.emplace_back(std::move(cells)); }

void Drawing::clip(XY at, double w, double h) { shapes_.emplace_back(Clip{at, w, h}); }

Drawing::Cells shrunk(const Drawing::Cells& cells, int most) {
  constexpr std::array<int, 4> shifts = {red_shift, green_shift, blue_shift, alpha_shift};
  if (cells.columns <= most && cells.rows <= most) return cells;
  Drawing::Cells small{cells.at, cells.width, cells.height, std::min(cells.columns, most), std::min(cells.rows, most),
                       {}};
  const auto begin = [](int block, int blocks, int all) {
    return static_cast<std::size_t>(static_cast<std::int64_t>(block) * all / blocks);
  };
  for (int row = 0; row < small.rows; ++row) {
    for (int column = 0; column < small.columns; ++column) {
      std::array<std::uint64_t, 4> sums = {};
      std::uint64_t count = 0;
      for (std::size_t y = begin(row, small.rows, cells.rows); y < begin(row + 1, small.rows, cells.rows); ++y) {
        for (std::size_t x = begin(column, small.columns, cells.columns);
             x < begin(column + 1, small.columns, cells.columns); ++x, ++count) {
          const Colour c = cells.colours[y * static_cast<std::size_t>(cells.columns) + x];
          for (std::size_t i = 0; i < shifts.size(); ++i) sums[i] += c >> shifts[i] & 0xFF;
        }
      }
      Colour mean = 0;
      for (std::size_t i = 0; i < shifts.size(); ++i) {
        mean |= static_cast<Colour>((sums[i] + count / 2) / count) << shifts[i];
      }
      small.colours.push_back(mean);
    }
  }
  return small;
}

}  // namespace tessera
