// See taken_over.h.
#include "core/lab/taken_over.h"

#include "core/lab/atomic_file.h"
#include "core/lab/line_reader.h"
#include "core/lab/row_text.h"
#include "core/lab/storage_error.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_buffered = 1 << 20;

void copy(const fs::path& from, AppendFile& to, std::int64_t end, std::int64_t (*step_of)(std::string_view)) {
  LineReader lines(from);
  for (auto line = lines.next(); line && step_of(*line) < end; line = lines.next()) {
    to.append(*line);
    to.append("\n");
    if (to.buffered() > most_buffered) to.flush();
  }
  to.sync();
}

}  // namespace

void take_over_figures(const fs::path& parent, std::int64_t step, const fs::path& folder, AppendFile& scalars) {
  scalars.cut([](std::string_view) { return true; });  // the header is copied with the rest
  copy(parent / "scalars.csv", scalars, step, csv_step);
  const fs::path matrices = folder / "matrices";
  std::error_code error;
  const fs::directory_iterator entries(parent / "matrices", error);
  if (error == std::errc::no_such_file_or_directory) return;
  if (error) throw InputError({{(parent / "matrices").string(), error.message(), "a folder that can be read"}});
  for (const fs::directory_entry& entry : entries) {
    if (entry.path().extension() != ".ndjson") continue;
    fs::create_directory(matrices, error);
    if (error) throw StorageError(matrices.string(), error.message());
    AppendFile file;
    file.create(matrices / entry.path().filename());
    copy(entry.path(), file, step, matrix_step);
  }
  sync_folder(matrices);
}

}  // namespace tessera
