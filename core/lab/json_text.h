// JSON in and out, more strictly than a library does by default: no duplicate keys, bounded size and depth, finite
// numbers, and output that is pleasant to read and to compare line by line.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/lab/problem.h"

namespace tessera {

inline constexpr std::size_t max_json_bytes = 4 << 20;
inline constexpr int max_json_depth = 16;

// The value of a whole text. Problems: larger than max_bytes, malformed (line and column), deeper than max_json_depth,
// a key given twice in one object, a number that no double holds (NaN, 1e999), ill-formed UTF-8.
Result<nlohmann::json> parse_json(std::string_view text, std::string_view where,
                                  std::size_t max_bytes = max_json_bytes);

// Two spaces of indentation, a line a member; arrays of plain values and objects of plain values within arrays on one
// line. Numbers are the shortest that read back the same. Ends with a line feed. Ill-formed UTF-8 becomes U+FFFD.
std::string print_json(const nlohmann::ordered_json& value);
std::string print_json_line(const nlohmann::ordered_json& value);  // everything on one line, without a line feed

}  // namespace tessera
