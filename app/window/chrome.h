// What surrounds the panels: menu bar, status bar, the banner of a failed run, the card of an experiment that has not
// started, the pages of the Help menu.
#pragma once

namespace tessera {

class Application;

void draw_menu_bar(Application&);
void draw_status_bar(Application&);
void draw_rewind_bar(Application&);  // "###rewind", with "###moment" and, while rewound, "###now"; over the status bar
void draw_failure(Application&);     // "###failure"; nothing unless a run has failed, or paused by itself
void draw_welcome(Application&);     // "###welcome"; nothing unless at_start()
void draw_page(Application&);        // "###page"; nothing unless one is shown

}  // namespace tessera
