// Checkpoints: all that a run needs to go on, in one file.
//
//   8 bytes   "TESSCKPT"
//   4 bytes   version of this layout, little-endian like all that follows
//   4 bytes   CRC-32 of the header
//   8 bytes   size of the header
//   header    JSON: step, parameters in force, timeline, ramps under way, parts (name, size, crc32)
//   parts     their bytes, one after another, to the end of the file
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/engine.h"
#include "core/lab/timeline.h"

namespace tessera {

// The engine's parts in memory: what it saves to, and restores from.
class Parts : public Writer, public Reader {
 public:
  void write(std::string_view name, std::span<const std::byte> bytes) override;  // std::logic_error: a name again
  std::vector<std::byte> read(std::string_view name) override;                   // InputError: no such part
  const std::map<std::string, std::vector<std::byte>, std::less<>>& all() const { return parts_; }

 private:
  std::map<std::string, std::vector<std::byte>, std::less<>> parts_;
};

struct Checkpoint {
  explicit Checkpoint(Parameters in_force) : parameters(std::move(in_force)) {}
  std::int64_t step = 0;  // steps done
  Parameters parameters;  // in force at the next step
  std::vector<Intervention> timeline;
  std::vector<Ramp> ramps;
  Parts parts;
};

// Atomic. InputError when the file can't be written: then an older one of that name is still there.
void write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& file);
// InputError when it can't be read, is truncated, corrupt or of another version, or doesn't fit the table. Whatever the
// file holds: nothing is allocated that is larger than the file.
Checkpoint read_checkpoint(const std::filesystem::path& file, const ParameterTable& table);

std::uint32_t crc32(std::span<const std::byte> bytes);  // as in zlib and PNG (ISO 3309)

}  // namespace tessera
