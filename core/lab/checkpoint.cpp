// See checkpoint.h.
#include "core/lab/checkpoint.h"

#include <array>
#include <fstream>
#include <stdexcept>

#include "core/lab/atomic_file.h"
#include "core/lab/json_text.h"
#include "core/lab/preset_json.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view magic = "TESSCKPT";
constexpr std::uint32_t layout_version = 1;
constexpr std::size_t prefix_size = 24;
constexpr std::uint64_t max_header = 64 << 20;

template <class T>
void put(std::string& out, T number) {
  for (std::size_t i = 0; i < sizeof number; ++i) out += static_cast<char>((number >> (8 * i)) & 0xFF);
}

template <class T>
T take(const char* bytes) {
  T number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number |= static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return number;
}

std::string header_text(const Checkpoint& checkpoint) {
  ordered_json header;
  header["step"] = checkpoint.step;
  header["parameters"] = parameters_json(checkpoint.parameters, true);
  header["timeline"] = interventions_json(checkpoint.timeline);
  ordered_json& ramps = header["ramps"] = ordered_json::array();
  for (const Ramp& ramp : checkpoint.ramps) {
    ramps.push_back({{"from", value_json(ramp.from)}, {"goal", interventions_json({ramp.intervention})}});
  }
  ordered_json& parts = header["parts"] = ordered_json::array();
  for (const auto& [name, bytes] : checkpoint.parts.all()) {
    parts.push_back({{"name", name}, {"size", bytes.size()}, {"crc32", crc32(bytes)}});
  }
  return print_json_line(header);
}

// Reads one file; every way in which it can be wrong ends in InputError.
class FileReader {
 public:
  FileReader(const fs::path& file, const ParameterTable& table) : where_(file.string()), table_(table) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (status.type() == fs::file_type::not_found) fail("there is no such file");
    if (!fs::is_regular_file(status)) fail(error ? error.message() : "this is not a file");
    left_ = fs::file_size(file, error);
    if (error) fail(error.message());
    stream_.open(file, std::ios::binary);
    if (!stream_) fail("it can't be read");
  }

  Checkpoint read() {
    const std::string prefix = bytes<std::string>(prefix_size);
    if (!prefix.starts_with(magic)) fail("this is not a checkpoint");
    const auto version = take<std::uint32_t>(prefix.data() + 8);
    if (version != layout_version) fail("its layout has version " + std::to_string(version), "1");
    const auto size = take<std::uint64_t>(prefix.data() + 16);
    if (size > max_header) fail("it is corrupt (size of the header)");
    const std::string text = bytes<std::string>(size);
    if (crc32(std::as_bytes(std::span(text))) != take<std::uint32_t>(prefix.data() + 12)) {
      fail("it is corrupt (checksum of the header)");
    }
    const Result<json> header = parse_json(text, where_, max_header);
    if (!header) throw InputError(header.problems);
    try {
      return read(*header.value);
    } catch (const json::exception& error) {  // right checksum, wrong content: written by something else
      fail(std::string("its header is wrong: ") + error.what());
    }
  }

 private:
  [[noreturn]] void fail(std::string found, std::string allowed = "") const {
    throw InputError({{where_, std::move(found), std::move(allowed)}});
  }

  template <class Bytes>
  Bytes bytes(std::uint64_t size) {
    if (size > left_) fail("it is truncated");
    Bytes read(size, typename Bytes::value_type{});
    stream_.read(reinterpret_cast<char*>(read.data()), static_cast<std::streamsize>(size));
    if (!stream_) fail("it is truncated or can't be read");
    left_ -= size;
    return read;
  }

  Checkpoint read(const json& header) {
    std::vector<Problem> problems;
    Parameters parameters(table_);
    read_parameters(header.at("parameters"), {}, where_, parameters, problems);
    Checkpoint checkpoint(std::move(parameters));
    checkpoint.step = header.at("step").get<std::int64_t>();
    if (checkpoint.step < 0 || checkpoint.step > max_step) fail("step " + number_text(checkpoint.step));
    checkpoint.timeline =
        read_interventions(header.at("timeline"), checkpoint.parameters, where_, "timeline", problems);
    for (const json& ramp : header.at("ramps")) {
      const auto goal = read_interventions(ramp.at("goal"), checkpoint.parameters, where_, "ramps", problems);
      if (goal.size() != 1 || goal[0].ramp < 1 || goal[0].step > checkpoint.step || !ramp.at("from").is_number()) {
        fail("a ramp in its header is wrong");
      }
      const ParameterSpec& spec = *table_.find(goal[0].path);
      const json& from = ramp.at("from");
      const Value number = from.is_number_float() ? Value(from.get<double>()) : Value(from.get<std::int64_t>());
      const Result<Value> good = checked(spec, number, where_ + ": ramps");
      if (!good) throw InputError(good.problems);
      checkpoint.ramps.push_back({goal[0], *good.value});
    }
    if (!problems.empty()) throw InputError(std::move(problems));
    for (const json& part : header.at("parts")) {
      const auto name = part.at("name").get<std::string>();
      const auto content = bytes<std::vector<std::byte>>(part.at("size").get<std::uint64_t>());
      if (crc32(content) != part.at("crc32").get<std::uint32_t>()) fail("it is corrupt (" + printable(name) + ")");
      if (checkpoint.parts.all().contains(name)) fail("its header is wrong: " + printable(name) + " twice");
      checkpoint.parts.write(name, content);
    }
    if (left_ != 0) fail("it is longer than it should be");
    return checkpoint;
  }

  std::string where_;
  const ParameterTable& table_;
  std::ifstream stream_;
  std::uint64_t left_ = 0;
};

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> made{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
    made[i] = c;
  }
  return made;
}();

}  // namespace

void Parts::write(std::string_view name, std::span<const std::byte> bytes) {
  const bool is_new = parts_.emplace(name, std::vector<std::byte>(bytes.begin(), bytes.end())).second;
  if (!is_new) throw std::logic_error("a checkpoint has two parts " + std::string(name));
}

std::vector<std::byte> Parts::read(std::string_view name) {
  const auto found = parts_.find(name);
  if (found == parts_.end()) throw InputError({{"checkpoint", "it has no part " + in_quotes(name), ""}});
  return found->second;
}

void write_checkpoint(const Checkpoint& checkpoint, const fs::path& file) {
  const std::string header = header_text(checkpoint);
  std::string prefix(magic);
  put(prefix, layout_version);
  put(prefix, crc32(std::as_bytes(std::span(header))));
  put(prefix, static_cast<std::uint64_t>(header.size()));
  AtomicFile out(file);
  out.write(prefix);
  out.write(header);
  for (const auto& [name, bytes] : checkpoint.parts.all()) out.write(bytes);
  out.commit();
}

Checkpoint read_checkpoint(const fs::path& file, const ParameterTable& table) { return FileReader(file, table).read(); }

std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t c = 0xFFFFFFFFu;
  for (const std::byte b : bytes) c = crc_table[(c ^ static_cast<std::uint32_t>(b)) & 0xFF] ^ (c >> 8);
  return c ^ 0xFFFFFFFFu;
}

}  // namespace tessera
