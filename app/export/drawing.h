// A drawing: shapes in points (1/72 inch) from the top left, on white, written as SVG, PDF or PNG.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "app/export/typefaces.h"
#include "app/panels/colours.h"

namespace tessera {

struct XY {
  double x, y;
};

enum class Align { left, middle, right };

struct TextStyle {
  double size = 9;
  Colour colour = rgba(0, 0, 0);
  Align align = Align::left;
  bool bold = false;
  bool upright = false;  // reads upwards
};

struct PngPicture {
  int width = 0, height = 0;  // pixels
  std::string bytes;
};

class Drawing {
 public:
  struct Line {  // through the points; one that isn't finite is a gap
    std::vector<XY> points;
    Colour colour;
    double width;
    bool dashed;
  };
  struct Area {
    std::vector<XY> corners;
    Colour colour;
  };
  struct Text {
    XY at;  // on the base line: its start, middle or end
    std::string text;
    TextStyle style;
  };
  struct Cells {  // a raster, rows from the top, every cell with sharp edges
    XY at;
    double width, height;
    int columns, rows;
    std::vector<Colour> colours;
  };
  struct Clip {  // what follows shows only in here, up to the next one; without a width: everywhere
    XY at;
    double width, height;
  };
  using Shape = std::variant<Line, Area, Text, Cells, Clip>;

  double width = 0, height = 0;
  std::string title;  // of the document

  void line(XY from, XY to, Colour colour, double thickness, bool dashed = false);
  void polyline(std::vector<XY> points, Colour colour, double thickness);
  void area(std::vector<XY> corners, Colour colour);
  void rectangle(XY at, double w, double h, Colour colour);
  void frame(XY at, double w, double h, Colour colour, double thickness);
  void text(XY at, std::string text, TextStyle style);
  void cells(Cells cells);
  void clip(XY at, double w, double h);
  void unclip() { clip({0, 0}, 0, 0); }

  // Text stays text, so that it can be edited and searched.
  std::string svg() const;
  // One page; fonts are embedded. No dates: the same drawing gives the same bytes.
  std::string pdf(const Typefaces&) const;
  PngPicture png(const Typefaces&, double pixels_a_point) const;

 private:
  std::vector<Shape> shapes_;
};

// The same with at most so many rows and columns: a cell is the mean colour of a block, each of which has its place.
Drawing::Cells shrunk(const Drawing::Cells&, int most);

// A raster as a PNG file; a large one is shrunk to some thousand rows and columns.
std::string png_of(const Drawing::Cells&);

}  // namespace tessera
