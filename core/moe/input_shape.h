// What a model is given: images, or sequences of token ids.
#pragma once

#include <cstdint>

namespace tessera {

struct InputShape {
  int channels = 1, rows = 0, columns = 0;           // pixels of an image
  std::int64_t vocabulary = 0, sequence_length = 0;  // of text: token ids there are, tokens of a sequence; 0 for images

  bool is_text() const { return vocabulary > 0; }
  std::int64_t pixels() const { return std::int64_t{channels} * rows * columns; }
  std::int64_t tokens() const { return is_text() ? sequence_length : 1; }  // of a sample
};

}  // namespace tessera
