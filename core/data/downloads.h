// Data sets that `./lab data` fetches from where they are published, and where it puts them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tessera {

struct PublishedFile {
  std::string name, md5;
  std::int64_t bytes;  // 0: not known
};

struct Download {
  std::string name;
  std::string url;                    // the folder that has the files, with a / at its end
  std::vector<PublishedFile> files;   // a .tar.gz is unpacked, without its top folder; others are kept as they are
  std::vector<std::string> contents;  // what its folder has then, at least
};

const std::vector<Download>& downloads();
std::vector<std::string> download_names();
const Download* find_download(const std::string& name);  // null: there is none of that name

// The folder that has a folder NAME for each: the environment variable TESSERA_DATA, else a person's own data folder.
// Empty when there is no home either.
std::filesystem::path downloads_folder();

// Names of `contents` that the folder lacks; a plain file does for one ending in .gz, as it does for who reads them.
std::vector<std::string> missing(const Download& set, const std::filesystem::path& folder);

}  // namespace tessera
