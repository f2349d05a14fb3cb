// Log: what happened, with its time and step.
#include <ctime>

#include "app/panels/colours.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"

namespace tessera {
namespace {

constexpr std::size_t most_rows = 500;

std::string clock_time(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

// Item ids: "###info", "###warning", "###error", "Copy", "##events".
class LogPanel final : public Panel {
 public:
  const char* name() const override { return "log"; }
  const char* title() const override { return "Log"; }
  const char* about() const override {
    return "What happened, when and at which step: runs, changes, warnings, errors.";
  }

  void draw(PanelContext& context) override {
    std::size_t counts[3] = {};
    for (const Event& event : context.events) ++counts[static_cast<std::size_t>(event.severity)];
    constexpr const char* names[] = {"info", "warning", "error"};
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string label =
          std::to_string(counts[i]) + " " + names[i] + (i > 0 && counts[i] != 1 ? "s" : "") + "###" + names[i];
      if (ui::tab(label.c_str(), shown_[i])) shown_[i] = !shown_[i];
      ImGui::SetItemTooltip(shown_[i] ? "Hide them" : "Show them");
      ImGui::SameLine();
    }
    if (ImGui::Button("Copy")) ImGui::SetClipboardText(text(context).c_str());
    ImGui::SetItemTooltip("Copy what is shown");
    ImGui::SameLine();
    ui::help_button(context, *this);
    if (context.events.empty()) {
      ui::empty_state(context, *this, "Nothing has happened yet.");
      return;
    }
    table(context);
  }

 private:
  void table(const PanelContext& context) {
    const ImGuiTableFlags flags =
        ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_PadOuterX;
    if (!ImGui::BeginTable("##events", 3, flags)) return;
    ImGui::TableSetupColumn("time");
    ImGui::TableSetupColumn("step");
    ImGui::TableSetupColumn("event", ImGuiTableColumnFlags_WidthStretch);
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::TableHeadersRow();
    const Tones& tone = tones(context.dark);
    const bool at_end = ImGui::GetScrollY() >= ImGui::GetScrollMaxY();
    // Rows differ in height, so that all are laid out in each frame: the newest are enough. Copy gives every one.
    const std::size_t first = context.events.size() > most_rows ? context.events.size() - most_rows : 0;
    for (std::size_t i = first; i < context.events.size(); ++i) {
      const Event& event = context.events[i];
      if (!shown_[static_cast<std::size_t>(event.severity)]) continue;
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      ImGui::PushFont(context.figures, 0);
      ui::muted_text(context, clock_time(event.when).c_str());
      ImGui::TableNextColumn();
      ImGui::Text("%7lld", static_cast<long long>(event.step));
      ImGui::PopFont();
      ImGui::TableNextColumn();
      const ImU32 ink = event.severity == Severity::error     ? tone.error
                        : event.severity == Severity::warning ? tone.warning
                                                              : tone.text;
      ImGui::PushStyleColor(ImGuiCol_Text, ink);
      ui::wrapped(event.text);
      ImGui::PopStyleColor();
    }
    if (at_end && context.events.size() != known_) ImGui::SetScrollHereY(1.0f);
    known_ = context.events.size();
    ImGui::EndTable();
  }

  std::string text(const PanelContext& context) const {
    constexpr const char* names[] = {"info", "warning", "error"};
    std::string all;
    for (const Event& event : context.events) {
      const auto severity = static_cast<std::size_t>(event.severity);
      if (!shown_[severity]) continue;
      all += clock_time(event.when) + "\tstep " + std::to_string(event.step) + "\t" + names[severity] + "\t" +
             event.text + "\n";
    }
    return all;
  }

  bool shown_[3] = {true, true, true};
  std::size_t known_ = 0;
};

}  // namespace

std::unique_ptr<Panel> make_log_panel() { return std::make_unique<LogPanel>(); }

}  // namespace tessera
