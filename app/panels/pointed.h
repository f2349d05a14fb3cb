// The expert under the pointer, marked in all parts of a panel in the next frame.
#pragma once

namespace tessera {

struct Pointed {
  int expert = -1;  // to be marked in this frame; -1: none

  void at(int an_expert) { next_ = an_expert; }  // by what is under the pointer
  void end_frame() {
    expert = next_;
    next_ = -1;
  }
  int next() const { return next_; }

 private:
  int next_ = -1;
};

}  // namespace tessera
