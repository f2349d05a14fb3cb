#include "core/data/text_sequences.h"

#include <algorithm>
#include <cmath>

#include "core/lab/problem.h"

namespace tessera {
namespace {

constexpr std::int64_t piece_bytes = 8192;

// Which of n sequences are for validation.
std::vector<bool> held_out(std::int64_t n, std::int64_t bytes_each, double share) {
  const std::int64_t wanted = std::clamp<std::int64_t>(std::llround(static_cast<double>(n) * share), 1, n - 1);
  const std::int64_t size = std::clamp<std::int64_t>(piece_bytes / bytes_each, 1, wanted);
  const std::int64_t pieces = wanted / size;
  std::vector<bool> held(static_cast<std::size_t>(n), false);
  for (std::int64_t i = 0; i < pieces; ++i) {
    const std::int64_t first = (2 * i + 1) * n / (2 * pieces) - size / 2;
    std::fill_n(held.begin() + first, size, true);
  }
  return held;
}

void add(const Text& text, std::size_t sequence, std::size_t size, std::size_t label, Sequences& to) {
  const auto from = text.bytes.begin() + static_cast<std::ptrdiff_t>(sequence * size);
  to.bytes.insert(to.bytes.end(), from, from + static_cast<std::ptrdiff_t>(size));
  to.labels.push_back(static_cast<std::uint8_t>(label));
}

}  // namespace

CutTexts cut(const std::vector<Text>& texts, std::int64_t length, double share) {
  const auto size = static_cast<std::size_t>(length + 1);
  CutTexts result;
  std::vector<std::vector<std::size_t>> validation;  // sequences of each text
  std::size_t most = 0;
  for (std::size_t t = 0; t < texts.size(); ++t) {
    const std::size_t n = texts[t].bytes.size() / size;
    if (n < 2) {
      throw InputError({{"task.text.sequence_length", std::to_string(length),
                         "less: the text in " + texts[t].language + " has " + std::to_string(texts[t].bytes.size()) +
                             " bytes, which don't give two sequences"}});
    }
    const std::vector<bool> held = held_out(static_cast<std::int64_t>(n), length + 1, share);
    validation.emplace_back();
    for (std::size_t s = 0; s < n; ++s) {
      if (held[s]) {
        validation.back().push_back(s);
      } else {
        add(texts[t], s, size, t, result.train);
      }
    }
    most = std::max(most, validation.back().size());
  }
  for (std::size_t turn = 0; turn < most; ++turn) {
    for (std::size_t t = 0; t < texts.size(); ++t) {
      if (turn < validation[t].size()) add(texts[t], validation[t][turn], size, t, result.validation);
    }
  }
  return result;
}

}  // namespace tessera
