// See recorded_rows.h.
#include "core/lab/recorded_rows.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "core/lab/json_text.h"
#include "core/lab/line_reader.h"
#include "core/lab/preset.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* a_matrix = "{\"step\", \"rows\", \"columns\", \"values\"}";

struct Row {
  std::int64_t step;
  std::string name;
  double value;
};

// step,name,value; a name in quotes has them doubled.
std::optional<Row> parse_row(std::string_view line) {
  const std::size_t first = line.find(','), last = line.rfind(',');
  if (first == std::string_view::npos || last == first) return std::nullopt;
  Row row{};
  const auto number = [](std::string_view text, auto& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (!number(line.substr(0, first), row.step) || !number(line.substr(last + 1), row.value)) return std::nullopt;
  if (row.step < 0 || row.step > max_step) return std::nullopt;
  std::string_view name = line.substr(first + 1, last - first - 1);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '"') ++i;
    if (i < name.size()) row.name += name[i];
  }
  return row;
}

// Of one line; nothing when it isn't one.
std::optional<Matrix> parse_matrix(const json& line) {
  const auto whole = [&](const char* key) -> std::optional<std::int64_t> {
    const auto found = line.find(key);
    if (found == line.end() || !found->is_number_integer()) return std::nullopt;
    const auto value = found->get<std::int64_t>();
    return value < 0 ? std::nullopt : std::optional(value);
  };
  const auto step = whole("step"), rows = whole("rows"), columns = whole("columns");
  const auto values = line.find("values");
  if (!step || *step > max_step || !rows || !columns || values == line.end() || !values->is_array())
    return std::nullopt;
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  if (*rows > most || *columns > most || values->size() != static_cast<std::size_t>(*rows)) return std::nullopt;
  Matrix matrix{*step, static_cast<int>(*rows), static_cast<int>(*columns), {}};
  for (const json& row : *values) {
    if (!row.is_array() || row.size() != static_cast<std::size_t>(*columns)) return std::nullopt;
    for (const json& value : row) {
      if (!value.is_number() && !value.is_null()) return std::nullopt;
      matrix.values.push_back(value.is_null() ? std::nanf("") : value.get<float>());
    }
  }
  return matrix;
}

// Each whole line that is left, until `line` says that it can't be read.
std::vector<Problem> each_line(LineReader& lines, const fs::path& file, const char* allowed,
                               const std::function<bool(std::string_view)>& line) {
  while (const auto text = lines.next()) {
    if (!line(*text)) return {{file.string(), "line " + std::to_string(lines.lines()), allowed}};
  }
  return {};
}

}  // namespace

std::vector<Problem> read_scalars(
    const fs::path& file, const std::function<void(std::int64_t step, const std::string& name, double value)>& row) {
  try {
    LineReader lines(file);
    if (!lines.next()) return {{file.string(), "has no first line", "the scalars of a run"}};
    return each_line(lines, file, "step,name,value", [&](std::string_view line) {
      const std::optional<Row> parsed = parse_row(line);
      if (parsed) row(parsed->step, parsed->name, parsed->value);
      return parsed.has_value();
    });
  } catch (const InputError& error) {
    return error.problems();
  }
}

std::vector<Problem> read_matrices(const fs::path& file, const std::function<void(const std::string& metric)>& header,
                                   const std::function<void(Matrix)>& frame) {
  try {
    LineReader lines(file);
    const auto first = lines.next();
    if (!first) return {};  // it was cut off before the first line was whole
    const json head = json::parse(*first, nullptr, false);
    const auto metric = head.is_object() ? head.find("metric") : head.end();
    if (!head.is_object() || metric == head.end() || !metric->is_string()) {
      return {{file.string(), "line 1", "{\"metric\", ...}"}};
    }
    header(metric->get<std::string>());
    return each_line(lines, file, a_matrix, [&](std::string_view line) {
      const json parsed = json::parse(line, nullptr, false);
      auto matrix = parsed.is_object() ? parse_matrix(parsed) : std::nullopt;
      if (matrix) frame(*std::move(matrix));
      return matrix.has_value();
    });
  } catch (const InputError& error) {
    return error.problems();
  }
}

}  // namespace tessera
