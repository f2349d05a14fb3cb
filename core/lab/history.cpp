// See history.h.
#include "core/lab/history.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "core/lab/session.h"
#include "core/lab/timeline.h"

namespace tessera {
namespace {

constexpr std::size_t of_a_frame = 128;  // allocations, pointers, what the block holds
constexpr double close = 1.5;            // metrics whose spacing is up to so many times the least are thinned with it

}  // namespace

const History::Frame& History::Track::operator[](std::size_t index) const {
  const std::size_t in_blocks = sealed ? sealed->size() * block_size : 0;
  if (index < in_blocks) return (*(*sealed)[index / block_size])[index % block_size];
  return tail[index - in_blocks];
}

std::size_t History::Track::first_after(std::int64_t step) const {
  std::size_t from = 0, to = size();
  while (from < to) {
    const std::size_t middle = from + (to - from) / 2;
    if ((*this)[middle].matrix->step <= step) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

void History::Track::append(Frame frame) {
  tail.push_back(std::move(frame));
  if (tail.size() < block_size) return;
  auto blocks = sealed ? std::make_shared<Blocks>(*sealed) : std::make_shared<Blocks>();
  blocks->push_back(std::make_shared<const Block>(std::move(tail)));
  sealed = std::move(blocks);
  tail = {};
}

double History::Track::spacing() const {
  const Frame &first = (*this)[0], &last = (*this)[size() - 1];
  const auto steps = static_cast<double>(last.matrix->step - first.matrix->step);
  return static_cast<double>(stride) * steps / static_cast<double>(last.number - first.number);
}

History::History(std::size_t metrics, std::size_t bound) : bound_(bound), tracks_(metrics) {}

std::size_t History::bytes_of(const Matrix& matrix) {
  return of_a_frame + sizeof(Matrix) + matrix.values.capacity() * sizeof(float);
}

const std::shared_ptr<const Matrix>& History::frame(std::size_t metric, std::size_t index) const {
  return tracks_[metric][index].matrix;
}

void History::append(std::size_t metric, std::shared_ptr<const Matrix> matrix) {
  Track& track = tracks_.at(metric);
  const std::size_t count = track.size();
  if (count > 0 && matrix->step <= track[count - 1].matrix->step) {
    throw std::logic_error("a matrix has two frames at step " + std::to_string(matrix->step) + ", or goes back to it");
  }
  bytes_ += bytes_of(*matrix);
  track.append({std::move(matrix), count > 0 ? track[count - 1].number + 1 : 0});
  if (bytes_ > bound_) make_room();
}

void History::cut(std::int64_t step) {
  if (step == std::numeric_limits<std::int64_t>::min()) step = step + 1;  // no step lies before it
  for (Track& track : tracks_) {
    const std::size_t end = track.first_after(step - 1);
    if (end == track.size()) continue;
    std::vector<Frame> kept;
    kept.reserve(end);
    for (std::size_t i = 0; i < end; ++i) kept.push_back(track[i]);
    rebuild(track, std::move(kept));
    if (end == 0) track.stride = 1;
  }
}

std::shared_ptr<const Matrix> History::at(std::size_t metric, std::int64_t step) const {
  const Track& track = tracks_[metric];
  const std::size_t end = track.first_after(step);
  return end > 0 ? track[end - 1].matrix : nullptr;
}

std::optional<std::int64_t> History::before(std::int64_t step) const {
  std::optional<std::int64_t> found;
  if (step == std::numeric_limits<std::int64_t>::min()) return found;
  for (const Track& track : tracks_) {
    const std::size_t end = track.first_after(step - 1);
    if (end > 0) found = std::max(found, std::optional(track[end - 1].matrix->step));
  }
  return found;
}

std::optional<std::int64_t> History::after(std::int64_t step) const {
  std::optional<std::int64_t> found;
  for (const Track& track : tracks_) {
    const std::size_t next = track.first_after(step);
    if (next == track.size()) continue;
    const std::int64_t its = track[next].matrix->step;
    found = found ? std::min(*found, its) : its;
  }
  return found;
}

// The first step of the newest frames that together need no more than `bytes`; at the latest that of the newest one.
std::int64_t History::dense_from(std::size_t bytes) const {
  std::int64_t low = 0, high = 0;  // the answer lies in [low, high]
  for (const Track& track : tracks_) {
    if (track.size() > 0) high = std::max(high, track[track.size() - 1].matrix->step);
  }
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    std::size_t needed = 0;
    for (const Track& track : tracks_) {
      if (track.size() == 0) continue;
      needed += (track.size() - track.first_after(middle - 1)) * bytes_of(*track[track.size() - 1].matrix);
    }
    if (needed > bytes) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void History::make_room() {
  std::size_t dense = bound_ / 4;
  const std::size_t goal = bound_ / 8 * 7;  // so that the next time isn't soon
  thin(dense_from(dense));
  while (bytes_ > goal) {
    if (double_closest(dense_from(dense))) {
      thin(dense_from(dense));
    } else if (bytes_ <= bound_) {
      return;
    } else if (dense > 0) {
      dense /= 2;
    } else {
      drop_oldest();
    }
  }
}

// Of each metric's frames older than `dense_from` those that are no multiple of its stride go.
void History::thin(std::int64_t dense_from) {
  for (Track& track : tracks_) {
    std::vector<Frame> kept;
    const std::size_t count = track.size();
    for (std::size_t i = 0; i < count; ++i) {
      const Frame& frame = track[i];
      const bool stays = i == 0 || i + 1 == count || frame.matrix->step >= dense_from;
      if (stays || frame.number % track.stride == 0) kept.push_back(frame);
    }
    if (kept.size() < count) rebuild(track, std::move(kept));
  }
}

// Of the metrics that have frames between the first and the dense ones, those whose frames are closest together are to
// have them twice as far apart. False: there are none.
bool History::double_closest(std::int64_t dense_from) {
  std::vector<std::pair<double, Track*>> between;
  for (Track& track : tracks_) {
    const std::size_t older = track.first_after(dense_from - 1);
    if (older > 1 && track.size() > 2) between.emplace_back(track.spacing(), &track);
  }
  if (between.empty()) return false;
  const double least = std::min_element(between.begin(), between.end())->first;
  for (auto& [spacing, track] : between) {
    if (spacing <= least * close) track->stride *= 2;
  }
  return true;
}

void History::rebuild(Track& track, std::vector<Frame> kept) {
  const std::size_t count = track.size();
  for (std::size_t i = 0; i < count; ++i) bytes_ -= bytes_of(*track[i].matrix);
  for (const Frame& frame : kept) bytes_ += bytes_of(*frame.matrix);
  Track made;
  made.stride = track.stride;
  auto blocks = std::make_shared<Track::Blocks>();
  std::size_t from = 0;
  for (; from + Track::block_size <= kept.size(); from += Track::block_size) {
    const auto first = kept.begin() + static_cast<std::ptrdiff_t>(from);
    blocks->push_back(std::make_shared<const Track::Block>(first, first + Track::block_size));
  }
  if (!blocks->empty()) made.sealed = std::move(blocks);
  made.tail.assign(kept.begin() + static_cast<std::ptrdiff_t>(from), kept.end());
  track = std::move(made);
}

void History::drop_oldest() {
  Track* largest = nullptr;
  std::size_t most = 0;
  for (Track& track : tracks_) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < track.size(); ++i) bytes += bytes_of(*track[i].matrix);  // two at most
    if (bytes > most) {
      most = bytes;
      largest = &track;
    }
  }
  std::vector<Frame> kept;
  for (std::size_t i = 1; i < largest->size(); ++i) kept.push_back((*largest)[i]);
  rebuild(*largest, std::move(kept));
}

Snapshot at(const Snapshot& now, std::int64_t step) {
  Snapshot then = now;
  if (step < 0 || step >= now.step) return then;
  then.step = step + 1;
  then.seconds_left = 0;
  for (Series& series : then.series) series.cut(step + 1);
  for (std::size_t i = 0; i < then.matrices.size(); ++i) {
    if (!then.matrices[i] || then.matrices[i]->step <= step) continue;
    then.matrices[i] = now.history && i < now.history->metrics() ? now.history->at(i, step) : nullptr;
  }
  if (!now.preset || !now.timeline) return then;
  then.parameters = std::make_shared<const Parameters>(in_force(now.preset->parameters, *now.timeline, step));
  return then;
}

}  // namespace tessera
