// Drawings as PDF and PNG, through cairo.
#include <cairo-pdf.h>
#include <cairo.h>

#include <cmath>
#include <memory>
#include <stdexcept>

#include "app/export/drawing.h"

namespace tessera {
namespace {

using Surface = std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)>;
using Context = std::unique_ptr<cairo_t, void (*)(cairo_t*)>;

cairo_status_t append(void* to, const unsigned char* bytes, unsigned count) {
  static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) throw std::runtime_error(std::string("cairo: ") + cairo_status_to_string(status));
}

Surface image(int width, int height) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height), cairo_surface_destroy);
  check(cairo_surface_status(surface.get()));
  return surface;
}

Surface raster(const Drawing::Cells& all) {
  constexpr int most = 4096;  // cairo ends at 32,767, and no page shows as many
  const Drawing::Cells cells = shrunk(all, most);
  Surface surface = image(cells.columns, cells.rows);
  cairo_surface_flush(surface.get());
  unsigned char* bytes = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int row = 0; row < cells.rows; ++row) {
    auto* pixels = reinterpret_cast<std::uint32_t*>(bytes + static_cast<std::ptrdiff_t>(row) * stride);
    for (int column = 0; column < cells.columns; ++column) {
      const Colour c = cells.colours[static_cast<std::size_t>(row) * static_cast<std::size_t>(cells.columns) +
                                     static_cast<std::size_t>(column)];
      pixels[column] = (c >> red_shift & 0xFF) << 16 | (c >> green_shift & 0xFF) << 8 | (c >> blue_shift & 0xFF);
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

std::string png_bytes(cairo_surface_t* surface) {
  std::string bytes;
  check(cairo_surface_write_to_png_stream(surface, append, &bytes));
  return bytes;
}

class Painter {
 public:
  Painter(cairo_t* to, const Typefaces& typefaces) : to_(to), typefaces_(typefaces) {
    cairo_set_line_join(to, CAIRO_LINE_JOIN_ROUND);
  }

  void operator()(const Drawing::Line& line) {
    ink(line.colour);
    cairo_set_line_width(to_, line.width);
    const double dashes[] = {3, 2};
    cairo_set_dash(to_, dashes, line.dashed ? 2 : 0, 0);
    path(line.points);
    cairo_stroke(to_);
  }

  void operator()(const Drawing::Area& area) {
    ink(area.colour);
    path(area.corners);
    cairo_close_path(to_);
    cairo_fill(to_);
  }

  void operator()(const Drawing::Text& text) {
    const double width = typefaces_.width(text.text, text.style.size, text.style.bold);
    const double shift = text.style.align == Align::left ? 0 : text.style.align == Align::right ? -width : -width / 2;
    ink(text.style.colour);
    cairo_save(to_);
    cairo_translate(to_, text.at.x, text.at.y);
    if (text.style.upright) cairo_rotate(to_, -std::acos(-1.0) / 2);
    cairo_move_to(to_, shift, 0);
    typefaces_.show(to_, text.text, text.style.size, text.style.bold);
    cairo_restore(to_);
  }

  void operator()(const Drawing::Cells& cells) {
    const Surface pixels = raster(cells);
    cairo_save(to_);
    cairo_translate(to_, cells.at.x, cells.at.y);
    cairo_scale(to_, cells.width / cairo_image_surface_get_width(pixels.get()),
                cells.height / cairo_image_surface_get_height(pixels.get()));
    cairo_set_source_surface(to_, pixels.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(to_), CAIRO_FILTER_NEAREST);
    cairo_paint(to_);
    cairo_restore(to_);
  }

  void operator()(const Drawing::Clip& clip) {
    cairo_reset_clip(to_);
    if (clip.width <= 0) return;
    cairo_rectangle(to_, clip.at.x, clip.at.y, clip.width, clip.height);
    cairo_clip(to_);
  }

 private:
  void ink(Colour c) {
    const auto part = [c](int shift) { return (c >> shift & 0xFF) / 255.0; };
    cairo_set_source_rgba(to_, part(red_shift), part(green_shift), part(blue_shift), part(alpha_shift));
  }

  void path(const std::vector<XY>& points) {
    cairo_new_path(to_);
    bool gap = true;
    for (const XY& point : points) {
      const bool here = std::isfinite(point.x) && std::isfinite(point.y);
      if (here) gap ? cairo_move_to(to_, point.x, point.y) : cairo_line_to(to_, point.x, point.y);
      gap = !here;
    }
  }

  cairo_t* to_;
  const Typefaces& typefaces_;
};

void paint(cairo_surface_t* surface, double scale, const std::vector<Drawing::Shape>& shapes, const Typefaces& faces) {
  const Context context(cairo_create(surface), cairo_destroy);
  cairo_scale(context.get(), scale, scale);
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  Painter painter(context.get(), faces);
  for (const Drawing::Shape& shape : shapes) std::visit(painter, shape);
  check(cairo_status(context.get()));
}

}  // namespace

std::string Drawing::pdf(const Typefaces& typefaces) const {
  std::string bytes;
  {
    const Surface surface(cairo_pdf_surface_create_for_stream(append, &bytes, width, height), cairo_surface_destroy);
    check(cairo_surface_status(surface.get()));
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, title.c_str());
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATOR, "Tessera");
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE, "1980-01-01T00:00:00Z");
    paint(surface.get(), 1, shapes_, typefaces);
    cairo_surface_finish(surface.get());
    check(cairo_surface_status(surface.get()));
  }
  return bytes;
}

PngPicture Drawing::png(const Typefaces& typefaces, double pixels_a_point) const {
  PngPicture picture{
      static_cast<int>(std::ceil(width * pixels_a_point)), static_cast<int>(std::ceil(height * pixels_a_point)), {}};
  const Surface surface = image(picture.width, picture.height);
  paint(surface.get(), pixels_a_point, shapes_, typefaces);
  picture.bytes = png_bytes(surface.get());
  return picture;
}

std::string png_of(const Drawing::Cells& cells) { return png_bytes(raster(cells).get()); }

}  // namespace tessera
