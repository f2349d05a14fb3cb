// What happened by itself during a run, as events on its timeline: the points above 0 of the series "evictions" and
// "phase_transitions". No drawing in here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/lab/session.h"

namespace tessera {

struct TimelineEvent {
  struct Part {
    std::size_t kind;  // index in TimelineEvents::kinds
    int layer;
    double count;  // above 0
  };
  std::int64_t step = 0;
  double count = 0;         // of all kinds and layers
  std::vector<Part> parts;  // of each kind the parts follow one another
};

class TimelineEvents {
 public:
  struct Kind {
    const char *family, *one, *many;
    bool counted;  // or there is one at most, at a step and in a layer
  };
  static constexpr Kind kinds[] = {{"evictions", "eviction", "evictions", true},
                                   {"phase_transitions", "phase transition", "phase transitions", false}};

  // Takes over what the series have more than at the last call; begins anew for another run.
  void update(const Snapshot& now);

  bool any() const { return !sources_.empty(); }                     // whether the run has such series
  std::string label() const;                                         // "evictions"; "events" of more kinds than one
  const std::vector<TimelineEvent>& all() const { return events_; }  // by step, rising
  // The event nearest to `step`, at most `within` steps from it; null: there is none.
  const TimelineEvent* nearest(double step, double within) const;
  // "step 150: 3 evictions in layer 0, 1 in layer 1", "step 150: phase transition in experts"
  std::string text(std::int64_t step) const;

  struct Bar {
    double step;  // of its first event
    float part;   // its largest count, of the largest of all: (0, 1]
  };
  // The events of [from, to], at most one in each of `most` equal stretches.
  std::vector<Bar> bars(double from, double to, float most) const;

 private:
  void add(TimelineEvent);
  struct Source {
    std::size_t metric, taken;  // points of its series taken over
    std::size_t kind;
    int layer;
  };
  std::vector<Source> sources_;
  std::vector<std::string> layer_names_;
  std::vector<TimelineEvent> events_;
  double largest_ = 1;
  std::uint64_t run_ = 0;
  bool described_ = false;
};

}  // namespace tessera
