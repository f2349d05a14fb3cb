// Small text helpers of messages and files: UTF-8, numbers that read back exactly, the nearest known word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

bool valid_utf8(std::string_view text);  // as RFC 3629: no surrogates, no overlong forms, up to U+10FFFF
// Whether `text` has control characters (below U+0020, or U+007F); lines: line breaks and tabs are allowed.
bool has_controls(std::string_view text, bool lines);

// Shortest decimal text that reads back to the same double; "nan", "inf" and "-inf" for those.
std::string number_text(double value);
std::string number_text(std::int64_t value);
std::string with_commas(std::int64_t number);  // "1,240"
std::string duration(double seconds);          // "2 h 5 min", "3 min 20 s", "8 s", rounded up; "?" where it is no time

std::vector<std::string_view> split(std::string_view text, char separator);  // one part at least, perhaps empty
std::string_view trimmed(std::string_view text);                             // without spaces around it

std::string csv_field(const std::string& text);  // quoted only where RFC 4180 asks for it

// `text` for a message: in quotes, on one line, valid UTF-8 whatever it was, cut to about 60 characters.
std::string in_quotes(std::string_view text);
std::string printable(std::string_view text, std::size_t limit = 200);  // the same without quotes

// The candidate that `word` is probably a misspelling of; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// "a, b, c", cut with "..." after `limit`.
std::string listed(const std::vector<std::string>& words, std::size_t limit = 20);

}  // namespace tessera
