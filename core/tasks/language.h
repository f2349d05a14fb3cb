// The language task: texts in several languages, byte by byte; the next byte is to be said.
#pragma once

#include "core/data/text_sequences.h"
#include "core/tasks/language_parameters.h"
#include "core/tasks/task.h"

namespace tessera {

struct LabelledSequences {
  at::Tensor bytes;   // uint8 [sequences, length + 1]
  at::Tensor labels;  // int64 [sequences]
};

// A sample is a sequence of a text, its class the text's language; a token is a byte, its class what kind of character
// it is (character_class()), its id the byte. All of these are of the byte that is given, not of the one to be said.
class LanguageTask : public Task {
 public:
  // Throws InputError when texts are missing or too short.
  LanguageTask(const LanguageParameters& parameters, std::int64_t batch_size, std::int64_t seed, at::Device device);

  std::int64_t test_samples() const override { return test_.labels.size(0); }

 private:
  Samples pick_plain(const std::vector<std::int64_t>& indices) const override;
  Samples test_plain(std::int64_t first, std::int64_t end) const override;
  struct Loaded;
  LanguageTask(Loaded loaded, std::int64_t batch_size, std::int64_t seed, at::Device device);

  Samples samples(const at::Tensor& bytes, const at::Tensor& labels) const;

  LabelledSequences train_, test_;
  at::Tensor character_classes_;  // int64 [256]
};

}  // namespace tessera
