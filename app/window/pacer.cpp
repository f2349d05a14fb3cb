// See pacer.h.
#include "app/window/pacer.h"

#include <algorithm>
#include <limits>

namespace tessera {
namespace {

constexpr int settle_frames = 3;        // Dear ImGui needs up to this many to react to an input completely
constexpr double tooltip_delay = 0.45;  // after the pointer came to rest
constexpr double blink = 0.4;

}  // namespace

void Pacer::input(double now) {
  settle_ = settle_frames;
  later_ = now + tooltip_delay;
}

void Pacer::data(double) { data_ = true; }

void Pacer::urgent(double) { settle_ = std::max(settle_, 2); }

void Pacer::blinking(double now) {
  if (later_ < 0) later_ = now + blink;
}

void Pacer::drew(double begin, double end) {
  const double cost = std::max(end - begin, 0.0);
  cost_ = cost_ == 0 ? cost : 0.7 * cost_ + 0.3 * cost;
  last_begin_ = begin;
  settle_ = std::max(settle_ - 1, 0);
  if (later_ >= 0 && begin >= later_) later_ = -1;
  data_ = false;
}

double Pacer::data_interval() const { return std::clamp(cost_ / limits_.share, limits_.fastest, limits_.slowest); }

double Pacer::wait(double now) const {
  if (settle_ > 0) return 0;
  double due = std::numeric_limits<double>::infinity();
  if (later_ >= 0) due = later_;
  if (data_) due = std::min(due, last_begin_ + data_interval());
  return std::max(due - now, 0.0);
}

}  // namespace tessera
