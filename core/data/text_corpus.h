// Texts in several languages on disk, as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tessera {

struct Text {
  std::string language;
  std::vector<std::uint8_t> bytes;  // of its files, one after another
};

inline constexpr std::size_t max_languages = 64;

// path, languages and most_bytes are task.text.path, .languages and .bytes. Of a folder: its entries in the order of
// their names (byte by byte), hidden ones left out; a sub-folder is a language named like it, and so are all files with
// the same name up to the first dot. Of a sub-folder's files, those in folders below it too, in the order of their
// paths. The same files always give the same bytes; a text that is cut off at most_bytes may end within a character.
//
// Throws InputError when there is no such folder or language, when a file can't be read, or when a language has no
// byte; of a text that a Debian package brings, with the package.
std::vector<Text> load_texts(const std::string& path, const std::string& languages, std::int64_t most_bytes);

// What a byte is in UTF-8, the names and which of them a byte is: letters, digits and so on of ASCII; of every other
// character, the first byte and the later ones. Control characters but the tab count as line ends.
const std::vector<std::string>& character_classes();
int character_class(std::uint8_t byte);

// A byte's name for axes: the ASCII character itself, or its number, 0xE3.
std::string byte_name(std::uint8_t byte);

}  // namespace tessera
