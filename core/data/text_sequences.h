// Texts cut into sequences, some of them for validation.
#pragma once

#include "core/data/text_corpus.h"

namespace tessera {

// A sequence is length + 1 bytes: the first `length` are given, and for each the one after it is to be said.
struct Sequences {
  std::vector<std::uint8_t> bytes;   // [sequences, length + 1]
  std::vector<std::uint8_t> labels;  // [sequences]: which text each is of
};
struct CutTexts {
  Sequences train, validation;
};

// Sequences follow each other without a gap or a common byte; what is left at a text's end is dropped. Of each text's n
// sequences, about `share` (one at least) are for validation, in pieces of up to 8 KiB whose middles are spread evenly,
// so that they are of all parts of it, and few of them have neighbours in the training set. In the validation set the
// texts take turns, so that its first sequences are of all of them. Throws InputError when a text gives fewer than
// 2 sequences.
CutTexts cut(const std::vector<Text>& texts, std::int64_t length, double share);

}  // namespace tessera
