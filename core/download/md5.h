// Checksums of files.
#pragma once

#include <filesystem>
#include <string>

namespace tessera {

// MD5 as 32 small hexadecimal digits. Throws std::runtime_error, naming the file, when it can't be read.
std::string md5_of(const std::filesystem::path& file);

}  // namespace tessera
