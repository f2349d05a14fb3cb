// See dialogs.h.
#include "app/window/dialogs.h"

#include <algorithm>

#include "imgui.h"

namespace tessera {
namespace {

void draw_problems(const std::vector<Problem>& problems, const std::string& text, float scale) {
  constexpr std::size_t many = 8;
  auto flags = ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_Resizable | ImGuiTableFlags_SizingStretchProp;
  if (problems.size() > many) flags |= ImGuiTableFlags_ScrollY;
  const float height = problems.size() > many ? ImGui::GetMainViewport()->WorkSize.y * 0.55f : 0;
  if (!ImGui::BeginTable("##problems", 3, flags, ImVec2(760 * scale, height))) return;
  ImGui::TableSetupColumn("where", 0, 1.3f);
  ImGui::TableSetupColumn("found", 0, 1.0f);
  ImGui::TableSetupColumn("allowed", 0, 1.0f);
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableHeadersRow();
  for (const Problem& problem : problems) {
    ImGui::TableNextRow();
    // The file that the text above names needs not to be repeated in each row.
    const std::string prefix = text + ": ";
    const std::string where = problem.where.starts_with(prefix) ? problem.where.substr(prefix.size()) : problem.where;
    for (const std::string* cell : {&where, &problem.found, &problem.allowed}) {
      ImGui::TableNextColumn();
      ImGui::PushTextWrapPos(0);
      ImGui::TextUnformatted(cell->c_str());
      ImGui::PopTextWrapPos();
    }
  }
  ImGui::EndTable();
}

}  // namespace

void Dialogs::tell(std::string title, std::string text, std::vector<Problem> problems) {
  ask({std::move(title), std::move(text), {{"Close", {}}}, std::move(problems)});
}

void Dialogs::draw(float scale) {
  if (waiting_.empty()) return;
  const Question& question = waiting_.front();
  const std::string id = question.title + "###question";
  if (!ImGui::IsPopupOpen(id.c_str())) ImGui::OpenPopup(id.c_str());
  const ImGuiViewport& viewport = *ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(viewport.GetWorkCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  constexpr auto flags = ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings;
  if (!ImGui::BeginPopupModal(id.c_str(), nullptr, flags)) return;
  if (!question.text.empty()) {
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + (question.problems.empty() ? 460 : 760) * scale);
    ImGui::TextUnformatted(question.text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::Spacing();
  }
  if (!question.problems.empty()) draw_problems(question.problems, question.text, scale);
  ImGui::Spacing();

  const Choice* chosen = nullptr;
  for (const Choice& choice : question.choices) {
    if (&choice != &question.choices.front()) ImGui::SameLine();
    const float width = std::max(96 * scale, ImGui::CalcTextSize(choice.label.c_str()).x + 24 * scale);
    if (ImGui::Button(choice.label.c_str(), ImVec2(width, 0))) chosen = &choice;
    if (&choice == &question.choices.front() && ImGui::IsWindowAppearing()) ImGui::SetItemDefaultFocus();
  }
  // Not in the frame it appears in: the key that led here would answer it.
  if (!chosen && !ImGui::IsWindowAppearing()) {
    if (ImGui::IsKeyPressed(ImGuiKey_Escape, false)) chosen = &question.choices.back();
  }
  if (chosen) {
    const auto action = chosen->chosen;
    ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    waiting_.pop_front();
    if (action) action();
    return;
  }
  ImGui::EndPopup();
}

}  // namespace tessera
