#include "core/tasks/language.h"

#include <ATen/ATen.h>

#include "core/tasks/tensors.h"

namespace tessera {
namespace {

constexpr int byte_values = 256;

LabelledSequences to_device(const Sequences& sequences, at::Device device) {
  const auto count = static_cast<std::int64_t>(sequences.labels.size());
  constexpr bool copy = true, non_blocking = false;  // the vectors go away
  return {bytes_of(sequences.bytes).view({count, -1}).to(device, at::kByte, non_blocking, copy),
          bytes_of(sequences.labels).to(device).to(at::kLong)};
}

}  // namespace

struct LanguageTask::Loaded {
  TaskOutline outline;
  CutTexts cut;

  explicit Loaded(const LanguageParameters& parameters) {
    const std::vector<Text> texts = load_texts(parameters.path, parameters.languages, parameters.bytes);
    cut = tessera::cut(texts, parameters.sequence_length, parameters.validation);
    outline.inputs.vocabulary = outline.outputs = byte_values;
    outline.inputs.sequence_length = parameters.sequence_length;
    outline.class_noun = "language";
    for (const Text& text : texts) outline.classes.push_back(text.language);
    outline.token_class_noun = "character class";
    outline.token_classes = character_classes();
    for (int byte = 0; byte < byte_values; ++byte) {
      outline.vocabulary.push_back(byte_name(static_cast<std::uint8_t>(byte)));
    }
  }
};

LanguageTask::LanguageTask(const LanguageParameters& parameters, std::int64_t batch_size, std::int64_t seed,
                           at::Device device)
    : LanguageTask(Loaded(parameters), batch_size, seed, device) {}

LanguageTask::LanguageTask(Loaded loaded, std::int64_t batch_size, std::int64_t seed, at::Device device)
    : Task(std::move(loaded.outline), loaded.cut.train.labels, batch_size, seed),
      train_(to_device(loaded.cut.train, device)),
      test_(to_device(loaded.cut.validation, device)) {
  std::vector<std::int64_t> classes;
  for (int byte = 0; byte < byte_values; ++byte) classes.push_back(character_class(static_cast<std::uint8_t>(byte)));
  character_classes_ = indices_on(device, classes);
}

Samples LanguageTask::samples(const at::Tensor& bytes, const at::Tensor& labels) const {
  const at::Tensor ids = bytes.to(at::kLong);
  const std::int64_t length = ids.size(1) - 1;
  Samples made;
  made.inputs = ids.slice(1, 0, length).contiguous();
  made.targets = ids.slice(1, 1).flatten();
  made.labels = labels.repeat_interleave(length);
  made.ids = made.inputs.flatten();
  made.token_labels = character_classes_.index_select(0, made.ids);
  return made;
}

Samples LanguageTask::pick_plain(const std::vector<std::int64_t>& indices) const {
  const at::Tensor index = indices_on(train_.labels.device(), indices);
  return samples(train_.bytes.index_select(0, index), train_.labels.index_select(0, index));
}

Samples LanguageTask::test_plain(std::int64_t first, std::int64_t end) const {
  return samples(test_.bytes.slice(0, first, end), test_.labels.slice(0, first, end));
}

}  // namespace tessera
