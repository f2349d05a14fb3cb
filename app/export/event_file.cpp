// See event_file.h.
#include "app/export/event_file.h"

#include <array>
#include <bit>
#include <cstring>

namespace tessera {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
    table[i] = crc;
  }
  return table;
}

std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

// --- protocol buffers: a field is its number and wire type, then the value ---

void varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

template <class T>
void fixed(std::string& to, T value) {  // little-endian, whatever the machine
  for (std::size_t i = 0; i < sizeof value; ++i) to += static_cast<char>(value >> 8 * i & 0xFF);
}

enum Wire { wire_varint = 0, wire_64 = 1, wire_bytes = 2, wire_32 = 5 };
void key(std::string& to, int field, Wire wire) { varint(to, static_cast<std::uint64_t>(field << 3 | wire)); }

void integer_field(std::string& to, int field, std::uint64_t value) {
  key(to, field, wire_varint);
  varint(to, value);
}

void bytes_field(std::string& to, int field, std::string_view bytes) {
  key(to, field, wire_bytes);
  varint(to, bytes.size());
  to += bytes;
}

// Fields by their numbers in the .proto files.
namespace event {
constexpr int wall_time = 1, step = 2, file_version = 3, summary = 5;
}
namespace value {  // of a Summary
constexpr int tag = 1, simple_value = 2, image = 4, tensor = 8, metadata = 9;
}
constexpr int summary_value = 1;
constexpr int image_height = 1, image_width = 2, image_colorspace = 3, image_bytes = 4;
constexpr int tensor_dtype = 1, tensor_shape = 2, tensor_string = 8, shape_dim = 2, dim_size = 1, dtype_string = 7;
constexpr int metadata_plugin = 1, metadata_class = 4, plugin_name = 1, class_tensor = 2;
constexpr int rgb = 3;

// Without a clock: the same run gives the same file.
std::string event_at(std::int64_t step) {
  std::string text;
  key(text, event::wall_time, wire_64);
  fixed(text, std::bit_cast<std::uint64_t>(0.0));
  integer_field(text, event::step, static_cast<std::uint64_t>(step));
  return text;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto table = crc_table();
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return ~crc;
}

EventFile::EventFile(Output& output) : output_(output) {
  std::string first = event_at(0);
  bytes_field(first, event::file_version, "brain.Event:2");
  record(first);
}

void EventFile::scalar(std::int64_t step, std::string_view tag, double number) {
  std::string text;
  bytes_field(text, value::tag, tag);
  key(text, value::simple_value, wire_32);
  fixed(text, std::bit_cast<std::uint32_t>(static_cast<float>(number)));
  summary(step, text);
}

void EventFile::image(std::int64_t step, std::string_view tag, int width, int height, std::string_view png) {
  std::string image;
  integer_field(image, image_height, static_cast<std::uint64_t>(height));
  integer_field(image, image_width, static_cast<std::uint64_t>(width));
  integer_field(image, image_colorspace, rgb);
  bytes_field(image, image_bytes, png);
  std::string text;
  bytes_field(text, value::tag, tag);
  bytes_field(text, value::image, image);
  summary(step, text);
}

void EventFile::text(std::int64_t step, std::string_view tag, std::string_view markdown) {
  std::string dim, shape, tensor, plugin, metadata, text;
  integer_field(dim, dim_size, 1);
  bytes_field(shape, shape_dim, dim);
  integer_field(tensor, tensor_dtype, dtype_string);
  bytes_field(tensor, tensor_shape, shape);
  bytes_field(tensor, tensor_string, markdown);
  bytes_field(plugin, plugin_name, "text");
  bytes_field(metadata, metadata_plugin, plugin);
  integer_field(metadata, metadata_class, class_tensor);
  bytes_field(text, value::tag, tag);
  bytes_field(text, value::tensor, tensor);
  bytes_field(text, value::metadata, metadata);
  summary(step, text);
}

void EventFile::summary(std::int64_t step, std::string_view of_value) {
  std::string inside;
  bytes_field(inside, summary_value, of_value);
  std::string whole = event_at(step);
  bytes_field(whole, event::summary, inside);
  record(whole);
}

void EventFile::record(std::string_view event) {
  std::string frame;
  fixed(frame, static_cast<std::uint64_t>(event.size()));
  fixed(frame, masked_crc(frame));
  frame += event;
  fixed(frame, masked_crc(event));
  output_.write(frame);
}

}  // namespace tessera
