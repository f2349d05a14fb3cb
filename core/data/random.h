// The experiment's own source of randomness. Each use has a generator of its own, seeded by name from the preset's
// seed, so that adding one disturbs no other; nothing ever draws from a global generator.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tessera {

// xoshiro256++ 1.0 (Blackman & Vigna 2021), seeded by splitmix64 from the seed and a hash (FNV-1a) of the name.
class Random {
 public:
  using State = std::array<std::uint64_t, 4>;

  Random(std::int64_t seed, std::string_view name);
  explicit Random(const State& state) : state_(state) {}  // not all zero

  std::uint64_t bits();
  double uniform();                          // in [0, 1), 53 bits
  std::uint64_t below(std::uint64_t bound);  // in [0, bound), each equally likely; bound > 0
  void shuffle(std::span<std::int32_t> items);

  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace tessera
