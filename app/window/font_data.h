// The font files, as bytes in the program.
#pragma once

namespace tessera {

struct FontData {
  const unsigned char *begin, *end;
};

extern const FontData roboto_regular, roboto_bold, inconsolata, latin_modern_math, font_awesome;

}  // namespace tessera
