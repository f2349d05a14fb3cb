// One file over HTTP, so that a transfer that was interrupted goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace tessera {

// Called now and then with the bytes that are there and that there will be (0: not known yet); false stops it.
using Watch = std::function<bool(std::int64_t done, std::int64_t total)>;

// Fetches what `part` lacks: asks for the bytes behind those it has, and begins anew where the server sends all of them
// anyway, unless it says that these are fewer. False when `watch` stopped it. Whatever else happens, `part` keeps what
// has come. `bytes` that the file should have (0: not known) count where the server doesn't say what it sends. Throws
// std::runtime_error, naming the URL, or StorageError.
bool fetch_file(const std::string& url, const std::filesystem::path& part, std::int64_t bytes, const Watch& watch);

std::string size_text(std::int64_t bytes);  // "170 MB", "4.5 kB"

}  // namespace tessera
