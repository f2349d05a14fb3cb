// TensorBoard's event files: a sequence of records (TFRecord), each a protocol buffer message "Event". Only the few
// fields that are needed are encoded, by hand: they are plain numbers and texts.
//
// Formats: tensorflow/core/lib/io/record_writer.h (length, masked CRC-32C of it, bytes, masked CRC-32C of them);
// tensorflow/core/util/event.proto, framework/summary.proto, tensor.proto, and
// https://protobuf.dev/programming-guides/encoding/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/export/export.h"

namespace tessera {

std::uint32_t crc32c(std::string_view bytes);  // Castagnoli's, as in RFC 3720

class EventFile {
 public:
  explicit EventFile(Output&);  // writes the event that names the version
  // Not copyable or movable
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // `tag` groups by what is before its first "/". Values are kept as TensorBoard keeps them, in single precision.
  void scalar(std::int64_t step, std::string_view tag, double value);
  void image(std::int64_t step, std::string_view tag, int width, int height, std::string_view png);
  void text(std::int64_t step, std::string_view tag, std::string_view markdown);

 private:
  void summary(std::int64_t step, std::string_view value);
  void record(std::string_view event);
  Output& output_;
};

}  // namespace tessera
