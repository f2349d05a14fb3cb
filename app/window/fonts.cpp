// See fonts.h.
#include "app/window/fonts.h"

#include "app/window/font_data.h"
#include "imgui.h"

namespace tessera {
namespace {

ImFont* add(const FontData& data, ImFontConfig config) {
  config.FontDataOwnedByAtlas = false;  // it is constant data of the program
  // The atlas never writes into data it doesn't own.
  return ImGui::GetIO().Fonts->AddFontFromMemoryTTF(const_cast<unsigned char*>(data.begin),
                                                    static_cast<int>(data.end - data.begin), text_size, &config);
}

// `size`: relative to the font that it is merged into, so that both have letters of equal height.
void merge(const FontData& data, float size, float lower = 0) {
  ImFontConfig config;
  config.MergeMode = true;
  config.ExtraSizeScale = size;
  config.GlyphOffset.y = lower;
  add(data, config);
}

}  // namespace

Fonts load_fonts() {
  Fonts fonts;
  fonts.text = add(roboto_regular, {});
  merge(font_awesome, 0.82f, 0);
  merge(latin_modern_math, 1.0f);
  fonts.figures = add(inconsolata, {});
  merge(roboto_regular, 1.0f);  // Greek, superscripts
  merge(font_awesome, 0.82f, 0);
  merge(latin_modern_math, 1.0f);
  fonts.heading = add(roboto_bold, {});
  merge(font_awesome, 0.82f, 0);
  merge(latin_modern_math, 1.0f);
  ImGui::GetIO().FontDefault = fonts.text;
  return fonts;
}

}  // namespace tessera
