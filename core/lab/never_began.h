// Runs that never began: killed while their folders were being made (recorder.h).
#pragma once

#include <filesystem>

#include "core/lab/folder_lock.h"

namespace tessera {

// Whether a folder holds what a recorder makes before preset.json, and nothing else. Figures are there only in a fork,
// those of its parent: no file that somebody trained or exported is ever taken for such a leftover. It may still be in
// the making: only who has the folder's lock knows that it isn't.
bool never_began(const std::filesystem::path& folder);

// Empties a folder that never_began. The lock must have been taken of this folder.
void clear_never_began(const std::filesystem::path& folder, const FolderLock&);

}  // namespace tessera
