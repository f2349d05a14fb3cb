// When to draw the next frame: at once for the person, a few times a second for new data (so that drawing in software
// leaves the processor to training), and not at all when nothing changed.
#pragma once

namespace tessera {

class Pacer {
 public:
  // All times are seconds of one monotonic clock.
  struct Limits {
    double share = 0.07;         // of the time that may go into drawing for data
    double fastest = 1.0 / 12;   // seconds between two frames for data, at least
    double slowest = 1.0 / 2.0;  // and at most, however long a frame takes
  };
  Pacer() = default;
  explicit Pacer(Limits limits) : limits_(limits) {}

  // The person did something: this frame, and those in which Dear ImGui's delayed reactions (tooltips, fades) show.
  void input(double now);
  void data(double now);                // something new to show; may wait
  void urgent(double now);              // a change of state, an answer to a command: the next frame at once
  void blinking(double now);            // a text cursor is on: draw again soon
  void drew(double begin, double end);  // a frame was drawn

  // Seconds from `now` until the next frame is due; 0: draw; infinity: nothing to draw for.
  double wait(double now) const;
  double data_interval() const;  // seconds between frames for data, at present

 private:
  Limits limits_{};
  double last_begin_ = -1e9;  // of the last frame
  double cost_ = 0;           // seconds a frame takes, smoothed
  int settle_ = 2;            // frames still to be drawn at once; the first ones lay out the window
  double later_ = -1;         // a frame due at this time; negative: none
  bool data_ = false;
};

}  // namespace tessera
