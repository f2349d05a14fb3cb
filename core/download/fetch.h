// A data set, from its place on the network to a folder that has all of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/data/downloads.h"

namespace tessera {

// What goes on: a file is fetched (done of total bytes; 0: not known yet), or unpacked (both are 0).
struct FetchProgress {
  std::string file;
  bool unpacking = false;
  std::int64_t done = 0, total = 0;
};

enum class Fetched { now, before, stopped };  // before: it was all there, and nothing was touched

// Makes `folder`, which isn't there yet or is empty, in one move at the end: until then everything lies in FOLDER.part,
// and what was downloaded stays there for the next try, unless it turns out to be damaged. `watch` is called often;
// false stops. Throws InputError when it can't begin, also where `folder` has something else, StorageError when the
// disk gives out on the way, std::runtime_error, naming the URL or the file, for what the server sent or didn't.
Fetched fetch(const Download& set, const std::filesystem::path& folder,
              const std::function<bool(const FetchProgress&)>& watch);

}  // namespace tessera
