// See given_files.h.
#include "core/lab/given_files.h"

#include <fstream>

namespace tessera {

namespace fs = std::filesystem;

Result<std::string> read_given_file(const fs::path& file, std::size_t most) {
  const auto problem = [&](std::string found) {
    return std::vector<Problem>{{file.string(), std::move(found), "a readable file"}};
  };
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) return problem("there is no such file");
  if (!fs::is_regular_file(status)) return problem(error ? error.message() : "this is not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) return problem("it can't be read");
  std::string text(most + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in && !in.eof()) return problem("it can't be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > most) return problem("it is larger than " + std::to_string(most) + " bytes");
  return text;
}

std::vector<Problem> links_below(const fs::path& folder) {
  constexpr std::size_t enough = 20;
  std::vector<Problem> problems;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);  // doesn't follow links
  for (; !error && entry != fs::recursive_directory_iterator() && problems.size() < enough; entry.increment(error)) {
    const fs::file_status status = entry->symlink_status(error);
    if (fs::is_regular_file(status) || fs::is_directory(status)) continue;
    problems.push_back({entry->path().string(), fs::is_symlink(status) ? "this is a link" : "this is no regular file",
                        "only files of its own in a run's folder"});
  }
  if (error) problems.push_back({folder.string(), error.message(), "a folder that can be read"});
  return problems;
}

}  // namespace tessera
