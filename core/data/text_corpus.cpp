#include "core/data/text_corpus.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "core/data/gz_file.h"
#include "core/lab/problem.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

constexpr unsigned chunk = 1 << 16;

struct Source {
  std::string language;
  std::vector<fs::path> places;  // files and folders
  std::string package;           // of Debian, that brings them
};

constexpr const char* folder_of_texts = "a folder with a sub-folder of text files for each language in task.text.path";

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// What is in a folder and isn't hidden, by name.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!at->path().filename().string().starts_with('.')) found.push_back(at->path());
  }
  if (error) throw InputError({{folder.string(), error.message(), "a readable folder"}});
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) { return a.string() < b.string(); });
  return found;
}

// The headers of the newest C++ standard library.
fs::path cpp_headers() {
  const fs::path parent = "/usr/include/c++";
  fs::path newest = parent;
  int most = -1;
  if (!is_folder(parent)) return newest;
  for (const fs::path& folder : entries(parent)) {
    const int version = std::atoi(folder.filename().c_str());
    if (version > most) newest = folder;
    most = std::max(most, version);
  }
  return newest;
}

std::vector<Source> installed_sources() {
  std::vector<Source> sources;
  for (const auto& [language, code] : {std::pair{"English", "en"}, std::pair{"German", "de"}, std::pair{"French", "fr"},
                                       std::pair{"Japanese", "ja"}, std::pair{"Chinese", "zh-cn"}}) {
    sources.push_back({language,
                       {std::string("/usr/share/debian-reference/debian-reference.") + code + ".txt.gz"},
                       std::string("debian-reference-") + code});
  }
  sources.push_back({"C++", {cpp_headers()}, "g++"});
  return sources;
}

std::vector<Source> sources_in(const fs::path& folder) {
  std::vector<Source> sources;
  for (const fs::path& entry : entries(folder)) {
    const std::string file = entry.filename().string();
    const std::string name = printable(is_folder(entry) ? file : file.substr(0, file.find('.')));
    const auto same = std::find_if(sources.begin(), sources.end(), [&](const Source& s) { return s.language == name; });
    if (same == sources.end()) {
      sources.push_back({name, {entry}, ""});
    } else {
      same->places.push_back(entry);
    }
  }
  return sources;
}

std::vector<Source> all_sources(const std::string& path) {
  if (!path.empty()) {
    if (!is_folder(path)) {
      throw InputError({{"task.text.path", "\"" + path + "\", which is no folder", folder_of_texts}});
    }
    return sources_in(path);
  }
  if (const char* parent = std::getenv("TESSERA_DATA"); parent != nullptr && *parent != '\0') {
    if (const fs::path folder = fs::path(parent) / "text"; is_folder(folder)) return sources_in(folder);
  }
  return installed_sources();
}

std::vector<Source> chosen(std::vector<Source> all, const std::string& languages) {
  std::string names;
  for (const Source& source : all) names += (names.empty() ? "" : ", ") + source.language;
  if (names.empty()) throw InputError({{"task.text.path", "an empty folder", folder_of_texts}});
  std::vector<Source> picked;
  for (std::size_t from = 0; from <= languages.size() && !languages.empty();) {
    const std::size_t to = std::min(languages.find(',', from), languages.size());
    std::string name = languages.substr(from, to - from);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    const auto same = [&](const Source& source) { return source.language == name; };
    const auto found = std::find_if(all.begin(), all.end(), same);
    if (found == all.end() || std::any_of(picked.begin(), picked.end(), same)) {
      throw InputError({{"task.text.languages", in_quotes(name) + (found == all.end() ? "" : " twice"),
                         "some of " + names + ", separated by commas"}});
    }
    picked.push_back(*found);
    from = to + 1;
  }
  if (languages.empty()) picked = std::move(all);
  if (picked.size() > max_languages) {
    throw InputError({{"task.text.languages", std::to_string(picked.size()) + " languages",
                       "up to " + std::to_string(max_languages)}});
  }
  return picked;
}

void append(const fs::path& place, std::size_t most, std::vector<std::uint8_t>& bytes) {
  if (bytes.size() >= most) return;
  if (is_folder(place)) {
    for (const fs::path& entry : entries(place)) append(entry, most, bytes);
    return;
  }
  GzFile file(place, "text file");
  while (bytes.size() < most) {
    const std::size_t before = bytes.size();
    const auto part = static_cast<unsigned>(std::min<std::size_t>(chunk, most - before));
    bytes.resize(before + part);
    const std::size_t got = file.read(bytes.data() + before, part);
    bytes.resize(before + got);
    if (got < part) break;
  }
}

}  // namespace

std::vector<Text> load_texts(const std::string& path, const std::string& languages, std::int64_t most_bytes) {
  std::vector<Text> texts;
  for (const Source& source : chosen(all_sources(path), languages)) {
    Text text{source.language, {}};
    for (const fs::path& place : source.places) {
      std::error_code ignored;
      if (!source.package.empty() && !fs::exists(place, ignored)) {
        throw InputError({{place.string(), "the text in " + source.language + " is not here",
                           "apt-get install " + source.package + ", or " + folder_of_texts}});
      }
      append(place, static_cast<std::size_t>(most_bytes), text.bytes);
    }
    if (text.bytes.empty()) throw InputError({{source.places.front().string(), "no text", "at least a file of text"}});
    texts.push_back(std::move(text));
  }
  return texts;
}

const std::vector<std::string>& character_classes() {
  static const std::vector<std::string> names = {"lower case", "upper case", "digit",       "punctuation",
                                                 "space",      "line end",   "UTF-8 first", "UTF-8 later"};
  return names;
}

int character_class(std::uint8_t byte) {
  if (byte >= 0xC0) return 6;
  if (byte >= 0x80) return 7;
  if (byte >= 'a' && byte <= 'z') return 0;
  if (byte >= 'A' && byte <= 'Z') return 1;
  if (byte >= '0' && byte <= '9') return 2;
  if (byte == ' ' || byte == '\t') return 4;
  return byte < ' ' || byte == 0x7F ? 5 : 3;
}

std::string byte_name(std::uint8_t byte) {
  if (byte > ' ' && byte < 0x7F) return std::string(1, static_cast<char>(byte));
  char text[8];
  std::snprintf(text, sizeof text, "0x%02X", byte);
  return text;
}

}  // namespace tessera
