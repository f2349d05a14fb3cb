// Unpacking what came from elsewhere.
#pragma once

#include <filesystem>
#include <functional>

namespace tessera {

// Folders and files of a .tar.gz, with permissions of our own, into the folder `into`, which is there and empty. Any
// other entry, and one that would lie outside or where another file is, is refused. False when `go_on` said so. Throws
// std::runtime_error, naming the archive, or StorageError; what is unpacked by then stays.
bool unpack(const std::filesystem::path& archive, const std::filesystem::path& into,
            const std::function<bool()>& go_on);

}  // namespace tessera
