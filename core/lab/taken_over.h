// What a fork's record begins with: the figures of its parent, as they are.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/lab/append_file.h"

namespace tessera {

// Copies the lines of the steps before `step` from the parent's folder, which is only read: scalars.csv, header and
// all, into `scalars`, matrices/ into `folder`, where there is none yet. What was copied is on the disk then. The
// parent may go on meanwhile: what comes after `step`, and a line that is being written, is left out. InputError: what
// is there in a file's place is none of lines (core/lab/line_reader.h); StorageError: it can't be written.
void take_over_figures(const std::filesystem::path& parent, std::int64_t step, const std::filesystem::path& folder,
                       AppendFile& scalars);

}  // namespace tessera
