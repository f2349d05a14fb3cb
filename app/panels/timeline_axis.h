// The timeline drawn: a step axis, a row for each parameter that is changed, a mark for each change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/panels/panel.h"
#include "app/panels/plan.h"
#include "app/panels/timeline_events.h"
#include "imgui.h"

namespace tessera {

struct TimelineView {
  double from = 0, to = 1;  // steps shown
  bool follow = true;       // all of the run: nobody zoomed or panned
  std::optional<Intervention> selected;
  std::optional<Intervention> dragged;  // a planned one that is being moved
  std::int64_t dragged_to = 0;          // its step meanwhile
  bool scrubbing = false;               // the pointer moves the moment
};

// What a person asked for in this frame.
struct TimelineWish {
  std::optional<Intervention> edit, remove;
  struct Move {
    Intervention change;
    std::int64_t step;
  };
  std::optional<Move> move;
  struct Place {
    std::string path;  // of the row; empty: the axis
    std::int64_t step;
  };
  std::optional<Place> add;
};

// The step up to which a run with this plan is shown.
std::int64_t end_of(const Snapshot&, const std::vector<Intervention>& timeline);

// How high the axis, the lane of events if there is one, and these rows are.
float timeline_height(const TimelineEvents&, std::size_t rows, float scale);

// Draws into `size` at the cursor. Item ids: "##axis" (all of it; left button moves the moment, right button and wheel
// pan and zoom), "##mark STEP PATH" for a change, with a context menu of "Edit..." and "Delete"; one for those that
// lie within a pixel or two.
// `rows` are those of `timeline`. A click on an event goes to its step.
TimelineWish draw_timeline(PanelContext&, TimelineView&, const std::vector<Intervention>& timeline,
                           const TimelineEvents&, const std::vector<TimelineRow>& rows, ImVec2 size);

// The x coordinate of a step on the axis that was drawn last in the window of this storage: for GUI tests.
float timeline_x(const ImGuiStorage& of_window, std::int64_t step);

}  // namespace tessera
