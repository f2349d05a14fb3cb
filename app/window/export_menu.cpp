// See export_menu.h.
#include "app/window/export_menu.h"

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "app/export/export.h"
#include "app/window/application.h"
#include "app/window/large_picture.h"
#include "app/window/layout.h"
#include "core/lab/text.h"
#include "imgui.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
constexpr const char* not_exported = "The figures were not exported";

bool one_file(const ExportFormat& format) { return *format.extension != '\0'; }

// A recorded run has a preset beside its figures; an export never has.
bool of_a_run(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "preset.json", error);
}

std::string written(const Export& plan) {
  if (plan.files.size() == 1) return "Written: " + (plan.folder / plan.files[0].name).string();
  return std::to_string(plan.files.size()) + " files written to " + plan.folder.string();
}

void export_to(Application& app, const ExportFormat& format, const fs::path& place) {
  const FiguresPtr figures = figures_of(app.snapshot());
  if (!figures || !any_figures(*figures)) {
    app.not_written(not_exported, {{app.document().name(), "no figures yet", "a run that has begun"}});
    return;
  }
  const auto plan = std::make_shared<const Export>(plan_export(format, figures, place));
  const auto write = [&app, &format, plan] {
    app.say(Severity::info, std::string("Writing ") + format.title + " to " + plan->folder.string());
    app.write(not_exported, [plan] {
      write_exports(std::span(plan.get(), 1));
      return written(*plan);
    });
  };
  const auto found = files_in_the_way(*plan);
  if (found.empty() || one_file(format)) {  // the dialog has asked about a single one
    write();
    return;
  }
  std::vector<std::string> names;
  for (const fs::path& file : found) names.push_back(file.lexically_relative(plan->folder).string());
  if (of_a_run(plan->folder)) {
    app.not_written(not_exported,
                    {{plan->folder.string(), "a run's own files: " + listed(names, 5), "another folder"}});
    return;
  }
  app.ask({"Replace files?",
           plan->folder.string() + " has " + listed(names, 5) + " already.",
           {{"Replace", write}, {"Cancel", {}}},
           {}});
}

void ask_export(Application& app, const ExportFormat& format) {
  const std::string name = file_stem(app.document().name());
  app.ask_file({.purpose = one_file(format) ? FileRequest::Purpose::save : FileRequest::Purpose::new_folder,
                .title = std::string("Export as ") + format.title,
                .extension = format.extension,
                .folder = {},
                .name = name + (one_file(format) ? format.extension : std::string("-") + format.name),
                .done = [&app, &format](const fs::path& place) { export_to(app, format, place); }});
}

void draw_formats(Application& app) {
  const bool any = app.snapshot().step > 0;
  for (const ExportFormat& format : export_formats()) {
    if (ImGui::MenuItem((std::string(format.title) + "...").c_str(), nullptr, false, any)) ask_export(app, format);
    ImGui::SetItemTooltip("%s", any ? format.help : "There are no figures before the first step.");
  }
}

// The sizes of its picture, each with the pixels it has, as far as the panel was drawn yet.
void draw_sizes(Application& app, const Panel& panel) {
  const ImGuiWindow* window = ImGui::FindWindowByName(window_id(panel).c_str());
  const ImVec2 size = window ? window->InnerRect.GetSize() : ImVec2();
  const ImVec2 screen = ImGui::GetIO().DisplayFramebufferScale;
  for (const int scale : {1, 2, 4, 8}) {
    const float pixels = static_cast<float>(scale) * screen.x;
    const bool too_large = picture_too_large(size, pixels);
    const std::string shown = window ? picture_size(size, pixels) : std::string();
    if (ImGui::MenuItem((std::to_string(scale) + "x").c_str(), shown.c_str(), false, !too_large)) {
      app.save_panel(panel.name(), static_cast<float>(scale));
    }
    if (too_large) {
      ImGui::SetItemTooltip("Pictures have up to %s pixels on a side.", with_commas(most_picture_pixels).c_str());
    }
  }
}

}  // namespace

void draw_export_menu(Application& app) {
  if (!ImGui::BeginMenu("Export")) return;
  draw_formats(app);
  ImGui::Separator();
  if (ImGui::BeginMenu("Picture of panel")) {
    for (const auto& panel : app.panels()) {
      if (!ImGui::BeginMenu(panel->title())) continue;
      draw_sizes(app, *panel);
      ImGui::EndMenu();
    }
    ImGui::EndMenu();
  }
  ImGui::EndMenu();
}

}  // namespace tessera
