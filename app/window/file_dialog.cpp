// See file_dialog.h.
#include "app/window/file_dialog.h"

#include <algorithm>
#include <tuple>

#include "app/panels/colours.h"
#include "app/panels/icons.h"
#include "imgui.h"
#include "misc/cpp/imgui_stdlib.h"

namespace tessera {

namespace fs = std::filesystem;

void FileDialog::show(FileRequest request) {
  request_ = std::move(request);
  visible_ = true;
  overwrite_ = false;
  name_ = request_.name;
  std::error_code error;
  const fs::path start = !request_.folder.empty() ? request_.folder : folder_;
  enter(fs::is_directory(start, error) ? start : fs::current_path(error));
}

void FileDialog::enter(const fs::path& folder) {
  complaint_.clear();
  overwrite_ = false;
  std::error_code error;
  const fs::path absolute = fs::absolute(folder, error).lexically_normal();
  std::vector<Entry> entries;
  auto item = fs::directory_iterator(absolute, fs::directory_options::skip_permission_denied, error);
  for (; !error && item != fs::directory_iterator(); item.increment(error)) {
    const std::string name = item->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code ignored;
    const bool is_folder = item->is_directory(ignored);
    const bool shown = !for_folder() && item->path().extension() == request_.extension;
    if (is_folder || shown) entries.push_back({name, is_folder});
  }
  if (error) {
    complaint_ = absolute.string() + ": " + error.message();
    return;
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tuple(!a.folder, a.name) < std::tuple(!b.folder, b.name);
  });
  entries_ = std::move(entries);
  folder_ = absolute;
  folder_text_ = absolute.string();
}

fs::path FileDialog::target() const {
  if (for_folder()) return (folder_ / name_).lexically_normal();
  if (name_.empty()) return {};
  fs::path path = fs::path(name_).is_absolute() ? fs::path(name_) : folder_ / name_;
  if (path.extension() != request_.extension) path += request_.extension;
  return path.lexically_normal();
}

void FileDialog::accept() {
  std::error_code error;
  if (for_folder()) {
    const bool there = fs::exists(target(), error), new_one = request_.purpose == FileRequest::Purpose::new_folder;
    if (!fs::is_directory(target(), error) && (there || !new_one)) {
      complaint_ = target().string() + (there ? ": this is no folder" : ": there is no such folder");
      return;
    }
    visible_ = false;
    if (request_.done) request_.done(target());
    return;
  }
  const fs::path typed = fs::path(name_).is_absolute() ? fs::path(name_) : folder_ / name_;
  if (!name_.empty() && fs::is_directory(typed, error)) {
    enter(typed);
    name_ = request_.purpose == FileRequest::Purpose::save ? request_.name : "";
    return;
  }
  const fs::path path = target();
  if (path.empty()) return;
  const bool exists = fs::exists(path, error);
  if (request_.purpose == FileRequest::Purpose::open && !exists) {
    complaint_ = path.string() + ": there is no such file";
    return;
  }
  if (request_.purpose == FileRequest::Purpose::save && exists && !overwrite_) {
    overwrite_ = true;
    return;
  }
  visible_ = false;
  if (request_.done) request_.done(path);
}

void FileDialog::draw(float scale, bool dark) {
  if (!visible_) return;
  const std::string id = request_.title + "###file";
  if (!ImGui::IsPopupOpen(id.c_str())) ImGui::OpenPopup(id.c_str());
  ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetWorkCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  constexpr auto flags = ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings;
  if (!ImGui::BeginPopupModal(id.c_str(), nullptr, flags)) return;

  if (ImGui::Button(ICON_UP "##up")) enter(folder_.parent_path());
  ImGui::SetItemTooltip("The folder above");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(-1);
  if (ImGui::InputText("##folder", &folder_text_, ImGuiInputTextFlags_EnterReturnsTrue)) enter(folder_text_);

  draw_places(scale);
  ImGui::SameLine();
  draw_entries(scale);
  draw_buttons(scale, dark);
  if (!visible_) ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void FileDialog::draw_places(float scale) {
  ImGui::BeginChild("##places", ImVec2(150 * scale, 320 * scale), ImGuiChildFlags_Borders);
  for (const auto& [title, path] : places) {
    if (ImGui::Selectable(title.c_str(), folder_ == path, ImGuiSelectableFlags_NoAutoClosePopups)) enter(path);
    ImGui::SetItemTooltip("%s", path.string().c_str());
  }
  ImGui::EndChild();
}

void FileDialog::draw_entries(float scale) {
  ImGui::BeginChild("##entries", ImVec2(480 * scale, 320 * scale), ImGuiChildFlags_Borders);
  const bool choosing_folder = for_folder();
  if (entries_.empty() && choosing_folder) ImGui::TextDisabled("No folders in here.");
  if (entries_.empty() && !choosing_folder) {
    ImGui::TextDisabled("No folders, and no %s files, in here.", request_.extension.c_str());
  }
  fs::path into;
  bool take = false;
  for (const Entry& entry : entries_) {
    ImGui::PushID(entry.name.c_str());
    ImGui::TextDisabled("%s", entry.folder ? ICON_FOLDER : ICON_FILE);
    ImGui::SameLine(28 * scale);
    if (ImGui::Selectable(entry.name.c_str(), (choosing_folder || !entry.folder) && entry.name == name_,
                          ImGuiSelectableFlags_AllowDoubleClick | ImGuiSelectableFlags_NoAutoClosePopups)) {
      const bool twice = ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left);
      if (entry.folder && (twice || !choosing_folder)) {
        into = folder_ / entry.name;
        if (choosing_folder) name_ = request_.name;
      } else {
        name_ = entry.name;
        overwrite_ = false;
        take = twice;
      }
    }
    ImGui::PopID();
  }
  ImGui::EndChild();
  if (!into.empty()) enter(into);  // after the loop: it replaces the entries
  if (take) accept();
}

void FileDialog::draw_buttons(float scale, bool dark) {
  const bool saving = request_.purpose == FileRequest::Purpose::save;
  const Tones& tone = tones(dark);
  ImGui::AlignTextToFramePadding();
  const bool choosing_folder = for_folder();
  ImGui::TextUnformatted(choosing_folder ? "Folder" : "File");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(-1);
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  if (ImGui::InputText("##name", &name_)) overwrite_ = false;
  const bool enter_pressed = ImGui::IsItemDeactivated() && ImGui::IsKeyPressed(ImGuiKey_Enter, false);

  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + 630 * scale);
  if (overwrite_) {
    ImGui::PushStyleColor(ImGuiCol_Text, tone.warning);
    ImGui::TextUnformatted((target().filename().string() + " exists already. Save again to replace it.").c_str());
    ImGui::PopStyleColor();
  } else if (!complaint_.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, tone.error);
    ImGui::TextUnformatted(complaint_.c_str());
    ImGui::PopStyleColor();
  } else {
    ImGui::TextDisabled("%s", name_.empty() && !choosing_folder ? " " : target().string().c_str());
  }
  ImGui::PopTextWrapPos();

  ImGui::BeginDisabled(name_.empty() && !choosing_folder);
  const char* label = choosing_folder ? "Choose###accept"
                      : !saving       ? "Open###accept"
                      : overwrite_    ? "Replace###accept"
                                      : "Save###accept";
  if (ImGui::Button(label, ImVec2(110 * scale, 0)) || (enter_pressed && !name_.empty())) accept();
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (ImGui::Button("Cancel", ImVec2(110 * scale, 0)) ||
      (!ImGui::IsWindowAppearing() && ImGui::IsKeyPressed(ImGuiKey_Escape, false) && !enter_pressed)) {
    visible_ = false;
  }
}

}  // namespace tessera
