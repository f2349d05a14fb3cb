// See typefaces.h.
#include "app/export/typefaces.h"

#include <cairo-ft.h>
#include <cairo.h>

#include <stdexcept>

#include "app/window/font_data.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

using Library = std::shared_ptr<FT_LibraryRec_>;

// What a cairo font face needs for as long as it lives, which is as long as cairo likes: it caches what was drawn.
struct Hold {
  Library library;
  FT_Face face;
};
const cairo_user_data_key_t hold_key{};

void release(void* hold) {
  FT_Done_Face(static_cast<Hold*>(hold)->face);
  delete static_cast<Hold*>(hold);
}

struct Options {
  Options() : get(cairo_font_options_create()) {
    cairo_font_options_set_hint_style(get, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(get, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(get, CAIRO_ANTIALIAS_GRAY);
  }
  ~Options() { cairo_font_options_destroy(get); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  cairo_font_options_t* get;
};

// The character that `text` begins with, and its length in bytes; one byte where it is ill-formed.
std::pair<char32_t, std::size_t> first_character(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
  if (length == 1 || length > text.size()) return {byte, 1};
  char32_t code = byte & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  return {code, length};
}

}  // namespace

struct Typefaces::Face {
  Face(const Library& library, const FontData& data) {
    if (FT_New_Memory_Face(library.get(), data.begin, data.end - data.begin, 0, &letters)) {
      throw std::runtime_error("a font of the program can't be loaded");
    }
    auto* hold = new Hold{library, letters};
    drawn = cairo_ft_font_face_create_for_ft_face(letters, FT_LOAD_NO_HINTING);
    if (cairo_font_face_set_user_data(drawn, &hold_key, hold, release) != CAIRO_STATUS_SUCCESS) {
      cairo_font_face_destroy(drawn);
      release(hold);
      throw std::bad_alloc();
    }
  }
  ~Face() { cairo_font_face_destroy(drawn); }
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;

  bool has(char32_t character) const { return FT_Get_Char_Index(letters, character) != 0; }

  FT_Face letters = nullptr;
  cairo_font_face_t* drawn = nullptr;
};

Typefaces::Typefaces() {
  FT_Library made = nullptr;
  if (FT_Init_FreeType(&made)) throw std::runtime_error("FreeType can't be used");
  const Library library(made, FT_Done_FreeType);
  regular_ = std::make_unique<Face>(library, roboto_regular);
  bold_ = std::make_unique<Face>(library, roboto_bold);
  signs_ = std::make_unique<Face>(library, latin_modern_math);
}

Typefaces::~Typefaces() = default;

std::vector<Typefaces::Run> Typefaces::runs(std::string_view text, bool bold) const {
  std::vector<Run> runs;
  const std::string clean = valid_utf8(text) ? std::string() : printable(text, text.size());
  if (!clean.empty()) text = clean;
  const Face* usual = bold ? bold_.get() : regular_.get();
  while (!text.empty()) {
    const auto [character, length] = first_character(text);
    const Face* face = !usual->has(character) && signs_->has(character) ? signs_.get() : usual;
    if (runs.empty() || runs.back().face != face) runs.push_back({face, {}});
    runs.back().text += text.substr(0, length);
    text.remove_prefix(length);
  }
  return runs;
}

double Typefaces::width(std::string_view text, double size, bool bold) const {
  const Options options;
  cairo_matrix_t scale, identity;
  cairo_matrix_init_scale(&scale, size, size);
  cairo_matrix_init_identity(&identity);
  double width = 0;
  for (const Run& run : runs(text, bold)) {
    cairo_scaled_font_t* font = cairo_scaled_font_create(run.face->drawn, &scale, &identity, options.get);
    cairo_text_extents_t extents{};
    cairo_scaled_font_text_extents(font, run.text.c_str(), &extents);
    width += extents.x_advance;
    cairo_scaled_font_destroy(font);
  }
  return width;
}

void Typefaces::show(cairo_t* to, std::string_view text, double size, bool bold) const {
  const Options options;
  cairo_set_font_options(to, options.get);
  cairo_set_font_size(to, size);
  for (const Run& run : runs(text, bold)) {
    cairo_set_font_face(to, run.face->drawn);
    cairo_show_text(to, run.text.c_str());
  }
}

}  // namespace tessera
