// The program's own fonts for drawings: no machine needs fonts installed, and every machine draws the same.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

typedef struct _cairo cairo_t;
typedef struct _cairo_font_face cairo_font_face_t;

namespace tessera {

class Typefaces {
 public:
  Typefaces();  // throws std::runtime_error when they can't be loaded
  ~Typefaces();
  // Not copyable or movable
  Typefaces(const Typefaces&) = delete;
  Typefaces& operator=(const Typefaces&) = delete;

  // Of a line of text, in the unit of `size`.
  double width(std::string_view text, double size, bool bold = false) const;
  // At the current point, which moves to the end of it. Signs that Roboto lacks come from Latin Modern Math.
  void show(cairo_t*, std::string_view text, double size, bool bold = false) const;

 private:
  struct Face;
  struct Run {  // of characters that one face has
    const Face* face;
    std::string text;
  };
  std::vector<Run> runs(std::string_view text, bool bold) const;
  std::unique_ptr<Face> regular_, bold_, signs_;
};

}  // namespace tessera
