// Experiments: the shipped presets by topic, what each is about, and saving one's own.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "app/panels/colours.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

std::string minutes_text(double minutes) {
  if (minutes <= 0) return {};
  if (minutes < 1) return std::to_string(std::max(1, static_cast<int>(std::lround(minutes * 60)))) + " s";
  return std::to_string(static_cast<int>(std::lround(minutes))) + " min";
}

// What of the data set a preset names: its name, and its folder if it has one of its own.
std::string data_text(const Preset& preset) {
  std::string text;
  for (const ParameterSpec& spec : preset.parameters.table().specs()) {
    if (!spec.path.ends_with(".data.name") && !spec.path.ends_with(".data.path")) continue;
    const std::string value = to_string(preset.parameters.get(spec.path));
    if (!value.empty()) text += (text.empty() ? "" : ", ") + value;
  }
  return text;
}

// Item ids: "Save", "Save as...", "##presets"; a preset's is its name, "###specialize/first-light"; "Load".
class ExperimentsPanel final : public Panel {
 public:
  const char* name() const override { return "experiments"; }
  const char* title() const override { return "Experiments"; }
  const char* about() const override {
    return "The experiments that are shipped, by topic. Select one to read what it shows and what to watch; "
           "double-click it, or press Load, to open it. Save keeps yours with all that you changed while it ran.";
  }

  void draw(PanelContext& context) override {
    ImGui::BeginDisabled(!context.snapshot.preset);
    if (ImGui::Button("Save")) context.save();
    ImGui::SetItemTooltip("Save the experiment with the changes made while it ran (Ctrl+S)");
    ImGui::SameLine();
    if (ImGui::Button("Save as...")) context.save_as();
    ImGui::EndDisabled();
    ImGui::SameLine();
    ui::help_button(context, *this);
    ImGui::BeginChild("##presets", ImVec2(0, 0));
    std::string topic;
    bool open = false;
    for (const PresetFile& file : context.presets) {
      if (file.topic != topic) {
        topic = file.topic;
        open = ImGui::CollapsingHeader((topic + "###topic " + topic).c_str(), ImGuiTreeNodeFlags_DefaultOpen);
      }
      if (open) entry(context, file);
    }
    if (context.presets.empty()) ui::wrapped("No presets were found beside the program.");
    recent(context);
    ImGui::EndChild();
  }

 private:
  struct Read {
    std::optional<Preset> preset;
    std::string problem;
  };

  const Read& read(const PanelContext& context, const std::filesystem::path& path) {
    const auto known = read_.find(path);
    if (known != read_.end()) return known->second;
    Read read;
    if (context.read) {
      Result<Preset> result = context.read(path);
      read.preset = std::move(result.value);
      for (const Problem& problem : result.problems) read.problem += problem.text() + "\n";
    }
    return read_.emplace(path, std::move(read)).first->second;
  }

  void entry(PanelContext& context, const PresetFile& file) {
    const Read& read = this->read(context, file.path);
    const bool loaded = context.snapshot.preset && context.snapshot.preset->name == file.name;
    const bool selected = selected_ == file.name;
    const std::string minutes = read.preset ? minutes_text(read.preset->minutes) : std::string();
    const std::string title = read.preset && !read.preset->title.empty() ? read.preset->title : file.name;
    const Tones& tone = tones(context.dark);

    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    if (ImGui::Selectable(("###" + file.name).c_str(), selected, ImGuiSelectableFlags_AllowDoubleClick)) {
      selected_ = selected ? std::string() : file.name;
      if (ImGui::IsMouseDoubleClicked(0)) {
        selected_ = file.name;
        context.load(file.path);
      }
    }
    const bool hovered = ImGui::IsItemHovered();
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float line = ImGui::GetTextLineHeight();
    const float time_width = minutes.empty() ? 0 : ImGui::CalcTextSize(minutes.c_str()).x;
    if (loaded) {
      list.AddCircleFilled(ImVec2(at.x + line * 0.35f, at.y + line / 2), line * 0.2f, tone.accent);
    }
    const float from = at.x + line * 0.8f;
    draw_fitted(list, ImVec2(from, at.y), title, width - line * 0.8f - time_width - 8, tone.text, hovered);
    if (!minutes.empty()) {
      list.AddText(ImVec2(at.x + width - time_width, at.y), tone.muted, minutes.c_str());
    }
    if (selected) details(context, file, read);
  }

  static void draw_fitted(ImDrawList& list, ImVec2 at, const std::string& text, float width, ImU32 ink, bool hovered) {
    const std::string shown = ui::fitted(text, width);
    list.AddText(at, ink, shown.c_str());
    if (hovered && shown != text) ImGui::SetTooltip("%s", text.c_str());
  }

  static void paragraph(const PanelContext& context, const char* heading, const std::string& text) {
    if (text.empty()) return;
    if (*heading) {
      ImGui::PushFont(context.heading, 0);
      ImGui::TextUnformatted(heading);
      ImGui::PopFont();
    }
    ui::wrapped(text);
  }

  void details(PanelContext& context, const PresetFile& file, const Read& read) {
    ImGui::Indent(ImGui::GetTextLineHeight() * 0.8f);
    if (read.preset) {
      paragraph(context, "", read.preset->about);
      paragraph(context, "Watch", read.preset->watch);
      std::string facts = data_text(*read.preset);
      if (read.preset->minutes > 0) {
        facts += (facts.empty() ? "" : "; ") + std::string("about ") + minutes_text(read.preset->minutes) +
                 " on two CPU cores";
      }
      ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).muted);
      if (!facts.empty()) ui::wrapped("Data: " + facts);
      ui::wrapped("presets/" + file.name + ".json");
      ImGui::PopStyleColor();
    } else if (!read.problem.empty()) {
      ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).error);
      ui::wrapped(read.problem);
      ImGui::PopStyleColor();
    }
    const char* refused = refusal<command::Load>(context.snapshot.state);
    ImGui::BeginDisabled(refused && *refused);
    if (ImGui::Button("Load")) context.load(file.path);
    ImGui::EndDisabled();
    if (refused && *refused) ImGui::SetItemTooltip("%s", refused);
    ImGui::Unindent(ImGui::GetTextLineHeight() * 0.8f);
    ImGui::Spacing();
  }

  static bool shipped(const PanelContext& context, const std::filesystem::path& path) {
    std::error_code error;
    return std::any_of(context.presets.begin(), context.presets.end(), [&](const PresetFile& file) {
      return std::filesystem::absolute(file.path, error).lexically_normal() == path;
    });
  }

  // One's own: the shipped ones are in the lists above.
  void recent(PanelContext& context) {
    const auto own = [&](const std::filesystem::path& path) { return !shipped(context, path); };
    if (std::none_of(context.recent.begin(), context.recent.end(), own)) return;
    if (!ImGui::CollapsingHeader("recent###topic recent", ImGuiTreeNodeFlags_DefaultOpen)) return;
    const auto files = context.recent;  // a copy: loading one changes the list
    for (const std::filesystem::path& path : files) {
      if (!own(path)) continue;
      const Read& read = this->read(context, path);
      const bool titled = read.preset && !read.preset->title.empty();
      const std::string title = titled ? read.preset->title : path.filename().string();
      const std::string id = "###recent " + path.string();
      const ImVec2 at = ImGui::GetCursorScreenPos();
      const float width = ImGui::GetContentRegionAvail().x;
      if (ImGui::Selectable(id.c_str(), false)) context.load(path);
      ImGui::SetItemTooltip("%s\n%s", title.c_str(), path.c_str());
      const float indent = ImGui::GetTextLineHeight() * 0.8f;
      draw_fitted(*ImGui::GetWindowDrawList(), ImVec2(at.x + indent, at.y), title, width - indent,
                  tones(context.dark).text, false);
    }
  }

  std::string selected_;
  std::map<std::filesystem::path, Read> read_;
};

}  // namespace

std::unique_ptr<Panel> make_experiments_panel() { return std::make_unique<ExperimentsPanel>(); }

}  // namespace tessera
