// The folders that runs are recorded in: which may be taken, and taking one before others do.
#pragma once

#include <filesystem>
#include <optional>

#include "core/lab/folder_lock.h"
#include "core/lab/problem.h"

namespace tessera {

bool holds_run(const std::filesystem::path& folder);

// What keeps a new run out of a folder: a run, or anything else. What never_began does, too.
std::optional<Problem> occupied(const std::filesystem::path& folder);

// Whether files can be made where the folder is or will be: by making one, and removing it. InputError: they can't.
void try_to_write(const std::filesystem::path& folder);

// Makes and locks a new or empty folder for a run. Others may want the same folder at the same time: whoever has the
// lock of an empty folder has won it. InputError when it is occupied or can't be made; or else, with `beside`, the
// first of WANTED-2, WANTED-3, ... that is new or empty is taken.
struct ClaimedFolder {
  std::filesystem::path folder;
  bool is_new;  // made now
};
ClaimedFolder claim_new(const std::filesystem::path& wanted, bool beside, FolderLock&);

// Locks the folder of a run that is to go on. InputError: it holds no run, one that is still going, or links.
void claim_recorded(const std::filesystem::path& folder, FolderLock&);

}  // namespace tessera
