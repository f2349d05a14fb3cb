// The assembler copies the font files of the unpacked imgui-bundle sources into the program. TESSERA_FONTS, the folder
// they are in, comes from app/CMakeLists.txt.
#include "app/window/font_data.h"

#define EMBED(name, file)                                                                                          \
  __asm__(".pushsection .rodata\n.balign 16\nfont_" #name ":\n.incbin \"" TESSERA_FONTS "/" file "\"\nfont_" #name \
          "_end:\n.byte 0\n.popsection\n");                                                                        \
  extern "C" const unsigned char font_##name[], font_##name##_end[];                                               \
  const tessera::FontData tessera::name{font_##name, font_##name##_end};

EMBED(roboto_regular, "Roboto/Roboto-Regular.ttf")
EMBED(roboto_bold, "Roboto/Roboto-Bold.ttf")
EMBED(inconsolata, "Inconsolata-Medium.ttf")
EMBED(latin_modern_math, "latex/latinmodern-math.otf")
EMBED(font_awesome, "Font_Awesome_6_Free-Solid-900.otf")
