// See series.h.
#include "core/lab/series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace tessera {

void Series::append(Point point) {
  if (size() > 0 && point.step <= (*this)[size() - 1].step) {
    throw std::logic_error("a series has two values at step " + std::to_string(point.step) + ", or goes back to it");
  }
  tail_.push_back(point);
  if (tail_.size() < block_size) return;
  auto block = std::make_shared<Block>();
  std::copy(tail_.begin(), tail_.end(), block->begin());
  auto blocks = std::make_shared<Blocks>();
  blocks->reserve((sealed_ ? sealed_->size() : 0) + 1);
  if (sealed_) *blocks = *sealed_;
  blocks->push_back(std::move(block));
  sealed_ = std::move(blocks);
  tail_.clear();
}

void Series::cut(std::int64_t step) {
  const auto below = [step](const Point& point) { return point.step < step; };
  tail_.erase(std::partition_point(tail_.begin(), tail_.end(), below), tail_.end());
  if (!sealed_ || below(sealed_->back()->back())) return;
  // The tail is empty: it came after the blocks. Only what stays is looked at, so that a copy is cut cheaply.
  const auto all_below = [&](const std::shared_ptr<const Block>& block) { return below(block->back()); };
  const auto last = std::partition_point(sealed_->begin(), sealed_->end(), all_below);
  tail_.assign((*last)->begin(), std::partition_point((*last)->begin(), (*last)->end(), below));
  auto blocks = std::make_shared<Blocks>(sealed_->begin(), last);
  sealed_ = blocks->empty() ? nullptr : std::move(blocks);
}

const Point& Series::operator[](std::size_t index) const {
  const std::size_t sealed = sealed_ ? sealed_->size() * block_size : 0;
  if (index < sealed) return (*(*sealed_)[index / block_size])[index % block_size];
  return tail_[index - sealed];
}

Pyramid::Extent Pyramid::nothing() {
  return {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
}

Pyramid::Extent Pyramid::join(Extent a, Extent b) { return {std::min(a.min, b.min), std::max(a.max, b.max)}; }

void Pyramid::append(double x, double y) {
  if (!xs_.empty() && !(x > xs_.back())) throw std::logic_error("a pyramid's x must rise");
  xs_.push_back(x);
  ys_.push_back(y);
  std::size_t below = xs_.size();
  for (std::size_t level = 0; below % fan == 0; ++level) {
    Extent all = nothing();
    for (std::size_t i = below - fan; i < below; ++i) {
      all = join(all, level == 0 ? extent(i, i + 1) : levels_[level - 1][i]);
    }
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].push_back(all);
    below = levels_[level].size();
  }
}

void Pyramid::clear() { *this = Pyramid(); }

Pyramid::Extent Pyramid::extent(std::size_t first, std::size_t end) const {
  Extent all = nothing();
  const auto take = [&](std::size_t level, std::size_t i) {
    if (level > 0) {
      all = join(all, levels_[level - 1][i]);
    } else if (std::isfinite(ys_[i])) {
      all = join(all, {ys_[i], ys_[i]});
    }
  };
  for (std::size_t level = 0; first < end; ++level) {
    while (first < end && first % fan != 0) take(level, first++);
    while (first < end && end % fan != 0) take(level, --end);
    first /= fan;
    end /= fan;
  }
  return all;
}

std::vector<Pyramid::Bucket> Pyramid::reduce(double x_min, double x_max, std::size_t buckets) const {
  std::vector<Bucket> out;
  if (xs_.empty() || buckets == 0 || !(x_min <= x_max)) return out;
  const auto index = [&](auto it) { return static_cast<std::size_t>(it - xs_.begin()); };
  std::size_t first = index(std::lower_bound(xs_.begin(), xs_.end(), x_min));
  std::size_t end = index(std::upper_bound(xs_.begin(), xs_.end(), x_max));
  if (first > 0) --first;
  if (end < xs_.size()) ++end;
  const std::size_t count = end - first;
  // Edges at multiples of the width; the first and the last bucket may be cut, hence one bucket in reserve.
  const std::size_t width = count <= buckets ? 1 : buckets == 1 ? xs_.size() : (count - 1) / (buckets - 1) + 1;
  for (std::size_t from = first; from < end;) {
    const std::size_t to = std::min(end, (from / width + 1) * width);
    const Extent all = extent(from, to);
    out.push_back({xs_[from], xs_[to - 1], all.min, all.max});
    from = to;
  }
  return out;
}

}  // namespace tessera
