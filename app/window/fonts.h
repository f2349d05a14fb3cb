// The fonts, compiled into the program: Roboto for text (with mathematical signs from Latin Modern Math and icons from
// Font Awesome), Inconsolata for figures, Roboto Bold for headings.
#pragma once

struct ImFont;

namespace tessera {

inline constexpr float text_size = 15;  // pixels at scale 1

struct Fonts {
  ImFont *text = nullptr, *figures = nullptr, *heading = nullptr;  // owned by the ImGui context
};

// Adds them to the current ImGui context, `text` being the default.
Fonts load_fonts();

}  // namespace tessera
