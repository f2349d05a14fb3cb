// Asks for a file or a folder to open, or for a place to save a file.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tessera {

struct FileRequest {
  enum class Purpose { open, save, folder, new_folder };  // new_folder: to write to; it need not be there yet
  Purpose purpose = Purpose::open;
  std::string title;  // "Open preset"
  // ".json": only such files are shown, and it is added to a name without it. Of no meaning for a folder.
  std::string extension;
  std::filesystem::path folder;                            // to start in; empty: where the last one ended
  std::string name;                                        // proposed, for saving
  std::function<void(const std::filesystem::path&)> done;  // not called when cancelled
};

class FileDialog {
 public:
  // Folders to jump to, with their titles.
  std::vector<std::pair<std::string, std::filesystem::path>> places;

  void show(FileRequest);
  bool visible() const { return visible_; }
  // Popup "###file"; items "##folder", "##name", the entries of the list by name, "###accept", "Cancel".
  void draw(float scale, bool dark);

 private:
  struct Entry {
    std::string name;
    bool folder = false;
  };

  bool for_folder() const { return request_.purpose >= FileRequest::Purpose::folder; }
  void enter(const std::filesystem::path& folder);
  void draw_places(float scale);
  void draw_entries(float scale);
  void draw_buttons(float scale, bool dark);
  std::filesystem::path target() const;  // what the name field says, as a full path; empty: nothing usable
  void accept();

  FileRequest request_;
  bool visible_ = false, overwrite_ = false;
  std::filesystem::path folder_;
  std::string folder_text_, name_, complaint_;
  std::vector<Entry> entries_;
};

}  // namespace tessera
