// data [NAME]: data sets from where they are published into the folder where presets look for them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "app/commands/command.h"
#include "app/commands/interrupt.h"
#include "app/commands/progress.h"
#include "core/data/downloads.h"
#include "core/download/fetch.h"
#include "core/download/http.h"
#include "core/lab/storage_error.h"
#include "core/lab/text.h"

namespace tessera::commands {
namespace {

namespace fs = std::filesystem;

struct Request {
  std::optional<std::string> name, destination, from;
  std::vector<std::string> md5;
};

// "cifar-10-binary.tar.gz: 34 % of 170 MB   5.2 MB/s   20 s left"
class Watcher {
 public:
  bool show(const FetchProgress& at) {
    const auto now = std::chrono::steady_clock::now();
    if (at.file != file_ || at.unpacking != unpacking_ || first_ < 0 || at.done < first_) {  // a server may begin anew
      file_ = at.file;
      unpacking_ = at.unpacking;
      since_ = now;
      first_ = at.done;
    } else if (now - shown_ < std::chrono::milliseconds(100)) {
      return !interrupt_.came();
    }
    shown_ = now;
    progress_.show(text(at, std::chrono::duration<double>(now - since_).count()));
    return !interrupt_.came();
  }

 private:
  std::string text(const FetchProgress& at, double seconds) const {
    if (at.unpacking) return "unpacking " + at.file;
    if (at.done == 0) return at.file + ": connecting";
    std::string line = at.file + ": ";
    if (at.total > 0) line += std::to_string(100 * at.done / at.total) + " % of ";
    line += size_text(at.total > 0 ? at.total : at.done);
    if (seconds < 0.5 || at.done == first_) return line;
    const double rate = static_cast<double>(at.done - first_) / seconds;
    line += "   " + size_text(static_cast<std::int64_t>(rate)) + "/s";
    if (at.total > at.done) line += "   " + duration(static_cast<double>(at.total - at.done) / rate) + " left";
    return line;
  }

  const Interrupt interrupt_;
  Progress progress_{true};
  std::string file_;
  bool unpacking_ = false;
  std::int64_t first_ = -1;  // bytes that this file had when it was first seen
  std::chrono::steady_clock::time_point since_, shown_;
};

// Absolute, so that what is printed holds anywhere.
fs::path destination(const Request& request, std::vector<Problem>& problems) {
  const fs::path folder = request.destination ? fs::path(*request.destination) : downloads_folder();
  if (!folder.empty()) return fs::absolute(folder).lexically_normal();
  problems.push_back(request.destination ? Problem{"--dest", "\"\"", "a folder"}
                                         : Problem{"data", "neither TESSERA_DATA nor HOME is set", "--dest FOLDER"});
  return {};
}

int list(const fs::path& folder) {
  std::size_t width = 0;
  for (const Download& set : downloads()) width = std::max(width, set.name.size());
  for (const Download& set : downloads()) {
    std::int64_t bytes = 0;
    for (const PublishedFile& file : set.files) bytes += file.bytes;
    std::printf("%-*s  %7s  %s%s\n", static_cast<int>(width), set.name.c_str(), size_text(bytes).c_str(),
                (folder / set.name).c_str(), missing(set, folder / set.name).empty() ? "  (there)" : "");
  }
  return fine;
}

// As the options have it: another place, other sums.
Download asked_for(Download set, const Request& request, std::vector<Problem>& problems) {
  if (request.from) {
    if (!request.from->starts_with("http://") && !request.from->starts_with("https://")) {
      problems.push_back({"--from", in_quotes(*request.from), "http://... or https://..."});
    }
    set.url = *request.from + (request.from->ends_with('/') ? "" : "/");
  }
  if (request.md5.empty()) return set;
  if (request.md5.size() != set.files.size()) {
    std::vector<std::string> names;
    for (const PublishedFile& file : set.files) names.push_back(file.name);
    problems.push_back(
        {"--md5", "given " + std::to_string(request.md5.size()) + " times", "one for each of " + listed(names)});
    return set;
  }
  for (std::size_t i = 0; i < set.files.size(); ++i) {
    std::string sum = request.md5[i];
    std::transform(sum.begin(), sum.end(), sum.begin(), [](unsigned char c) { return std::tolower(c); });
    if (sum.size() != 32 || sum.find_first_not_of("0123456789abcdef") != std::string::npos) {
      problems.push_back({"--md5", in_quotes(request.md5[i]), "32 hexadecimal digits"});
    }
    set.files[i].md5 = sum;
    set.files[i].bytes = 0;
  }
  return set;
}

int get(const Request& request) {
  std::vector<Problem> problems;
  const fs::path parent = destination(request, problems);
  const Download* const known = request.name ? find_download(*request.name) : nullptr;
  if (request.name && !known) problems.push_back({"data", in_quotes(*request.name), listed(download_names())});
  const Download set = known ? asked_for(*known, request, problems) : Download{};
  if (!problems.empty()) return report(problems);
  if (!known) return list(parent);

  const fs::path folder = parent / set.name;
  Fetched how = Fetched::stopped;
  try {
    Watcher watcher;
    how = fetch(set, folder, [&](const FetchProgress& at) { return watcher.show(at); });
  } catch (const StorageError& error) {  // the input was fine
    std::fprintf(stderr, "failed: %s; the next try goes on from what is there\n", error.what());
    return failed;
  }
  if (how == Fetched::stopped) {
    std::fprintf(stderr, "interrupted; the next try goes on from what is in %s.part\n", folder.c_str());
    return interrupted;
  }
  std::printf("%s%s\n", folder.c_str(), how == Fetched::before ? ": there already" : "");
  return fine;
}

}  // namespace

void add_data(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command = program.add_subcommand("data", "Download a data set; without a name, list them");
  CLI::Option* name = command->add_option("NAME", request->name, listed(download_names()));
  command
      ->add_option("--dest", request->destination,
                   "The folder to make the folder NAME in, instead of TESSERA_DATA or a person's data folder")
      ->type_name("FOLDER");
  CLI::Option* from = command->add_option("--from", request->from, "A mirror: the folder that has the same files");
  from->type_name("URL")->needs(name);
  command
      ->add_option("--md5", request->md5,
                   "Of that mirror's file, where it isn't the published one; of several, in order")
      ->type_name("SUM")
      ->allow_extra_args(false)
      ->needs(from);
  command->callback([request, &action] { action = [request] { return get(*request); }; });
}

}  // namespace tessera::commands
