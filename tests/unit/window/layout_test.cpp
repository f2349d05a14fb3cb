// Layouts that were kept: what may be given back to Dear ImGui.
#include "app/window/layout.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(Layout, WhatDearImguiWritesIsUsable) {
  EXPECT_TRUE(usable_layout(""));
  EXPECT_TRUE(
      usable_layout("[Window][Curves###curves]\nPos=302,20\nSize=585,399\nDockId=0x00000005,0\n\n"
                    "[Docking][Data]\n"
                    "DockSpace       ID=0x07E55E7A Window=0x1BBC0F80 Pos=0,20 Size=1280,757 Split=X\n"
                    "  DockNode      ID=0x00000001 Parent=0x07E55E7A SizeRef=299,757 Split=Y\n"
                    "    DockNode    ID=0x00000003 Parent=0x00000001 SizeRef=299,227 Selected=0xB4AEEB1B\n"
                    "    DockNode    ID=0x00000004 Parent=0x00000001 SizeRef=299,528 Selected=0x67D1E1A5\n"
                    "  DockNode      ID=0x00000002 Parent=0x07E55E7A SizeRef=979,757 CentralNode=1\n\n"));
}

TEST(Layout, WhatIsNoTreeIsNot) {
  const char* bad[] = {
      "DockNode ID=0x00000001 Parent=0x00000001",                                            // its own parent
      "DockNode ID=0x00000001 Parent=0x00000002\nDockNode ID=0x00000002 Parent=0x00000001",  // a ring
      "DockSpace ID=0x00000001\nDockSpace ID=0x00000001",                                    // twice
      "DockNode ID=0x00000002 Parent=0x00000009",                                            // no such parent
      "DockSpace ID=0x0000000Z",
      "DockSpace ID=0x00000000",
      "DockSpace Pos=1,2",
      "nonsense",
      "DockSpace ID=0x01\n DockNode ID=0x02 Parent=0x01\n DockNode ID=0x03 Parent=0x01\n DockNode ID=0x04 Parent=0x01"};
  for (const char* text : bad) EXPECT_FALSE(usable_layout(std::string("[Docking][Data]\n") + text + "\n")) << text;
}

}  // namespace
}  // namespace tessera
