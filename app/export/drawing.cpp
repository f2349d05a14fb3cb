// See drawing.h.
#include "app/export/drawing.h"

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

}  // namespace tessera
