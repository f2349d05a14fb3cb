// See checkpoints.h.
#include "core/lab/checkpoints.h"

#include <algorithm>
#include <charconv>

#include "core/lab/atomic_file.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view extension = ".ckpt";

fs::path folder_of(const fs::path& run) { return run / "checkpoints"; }

// Whether nothing is left to do after it.
bool at_the_end(const Checkpoint& checkpoint) {
  const ParameterSpec* spec = checkpoint.parameters.table().find(steps_path);
  return spec != nullptr && spec->kind == Kind::integer && checkpoint.step >= checkpoint.parameters.integer(steps_path);
}

}  // namespace

fs::path checkpoint_file(const fs::path& run, std::int64_t step) {
  return folder_of(run) / (number_text(step) + std::string(extension));
}

std::vector<SavedCheckpoint> saved_checkpoints(const fs::path& run) {
  std::vector<SavedCheckpoint> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_of(run), error)) {
    const std::string stem = entry.path().stem().string();
    std::int64_t step = -1;
    const auto [end, wrong] = std::from_chars(stem.data(), stem.data() + stem.size(), step);
    const bool named = wrong == std::errc() && end == stem.data() + stem.size() && step >= 0 && step <= max_step;
    if (named && entry.path() == checkpoint_file(run, step)) found.push_back({step, entry.path()});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return found;
}

std::optional<std::size_t> superfluous(const std::vector<std::int64_t>& steps, std::size_t most) {
  if (steps.size() <= most) return std::nullopt;
  const auto gap = [&](std::size_t i) { return steps[i + 1] - (i == 0 ? 0 : steps[i - 1]); };
  std::size_t least = 0;
  for (std::size_t i = 1; i + 2 < steps.size(); ++i) {
    if (gap(i) < gap(least)) least = i;
  }
  return least;
}

void thin_checkpoints(const fs::path& run) {
  std::vector<SavedCheckpoint> saved = saved_checkpoints(run);
  while (true) {
    std::vector<std::int64_t> steps;
    for (const SavedCheckpoint& one : saved) steps.push_back(one.step);
    const std::optional<std::size_t> drop = superfluous(steps);
    if (!drop) return;
    std::error_code error;
    fs::remove(saved[*drop].file, error);
    saved.erase(saved.begin() + static_cast<std::ptrdiff_t>(*drop));
  }
}

void remove_checkpoints_after(const fs::path& run, std::int64_t step) {
  bool removed = false;
  for (const SavedCheckpoint& saved : saved_checkpoints(run)) {
    std::error_code error;
    if (saved.step > step) removed = fs::remove(saved.file, error) || removed;
  }
  if (removed) sync_folder(folder_of(run));
}

FoundCheckpoint find_checkpoint(const fs::path& run, std::int64_t at_most, const ParameterTable& table) {
  FoundCheckpoint result;
  const std::vector<SavedCheckpoint> saved = saved_checkpoints(run);
  for (auto one = saved.rbegin(); one != saved.rend(); ++one) {
    if (one->step > at_most) continue;
    try {
      Checkpoint read = read_checkpoint(one->file, table);
      if (read.step != one->step)
        throw InputError({{one->file.string(), "it is of step " + number_text(read.step), ""}});
      if (at_the_end(read)) continue;
      result.checkpoint = std::move(read);
      result.file = one->file;
      break;
    } catch (const InputError& error) {
      result.damaged.insert(result.damaged.end(), error.problems().begin(), error.problems().end());
    }
  }
  return result;
}

}  // namespace tessera
