#include "core/engine/sampler_part.h"

#include <cstring>

namespace tessera {
namespace {

constexpr std::string_view part = "sampler", stage_part = "task.stage";
constexpr std::size_t head = sizeof(Random::State) + sizeof(std::int64_t);

}  // namespace

void write_sampler(Writer& writer, const EpochSampler::State& state) {
  std::vector<std::byte> bytes(head + state.order.size() * sizeof(std::int32_t));
  std::memcpy(bytes.data(), state.random.data(), sizeof(Random::State));
  std::memcpy(bytes.data() + sizeof(Random::State), &state.position, sizeof(std::int64_t));
  std::memcpy(bytes.data() + head, state.order.data(), bytes.size() - head);
  writer.write(part, bytes);
}

void write_stage(Writer& writer, std::int64_t stage) { writer.write(stage_part, std::as_bytes(std::span(&stage, 1))); }

std::int64_t read_stage(Reader& reader) {
  const std::vector<std::byte> bytes = reader.read(stage_part);
  std::int64_t stage = 0;
  if (bytes.size() != sizeof(stage)) {
    throw InputError({{"checkpoint: task of the sequence", std::to_string(bytes.size()) + " bytes",
                       "a checkpoint of this experiment, undamaged"}});
  }
  std::memcpy(&stage, bytes.data(), sizeof(stage));
  return stage;
}

EpochSampler::State read_sampler(Reader& reader) {
  const std::vector<std::byte> bytes = reader.read(part);
  if (bytes.size() < head || (bytes.size() - head) % sizeof(std::int32_t) != 0) {
    throw InputError({{"checkpoint: order of the samples", std::to_string(bytes.size()) + " bytes",
                       "a checkpoint of this experiment, undamaged"}});
  }
  EpochSampler::State state;
  std::memcpy(state.random.data(), bytes.data(), sizeof(Random::State));
  std::memcpy(&state.position, bytes.data() + sizeof(Random::State), sizeof(std::int64_t));
  state.order.resize((bytes.size() - head) / sizeof(std::int32_t));
  std::memcpy(state.order.data(), bytes.data() + head, bytes.size() - head);
  return state;
}

}  // namespace tessera
