// The window itself: what it remembers, looks, pages, pictures and figures.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>

#include "app/panels/colours.h"
#include "app/window/actions.h"
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

ImGuiWindow* panel_window(const Harness& h, const char* panel) {
  return ImGui::FindWindowByName(h.window(panel).c_str() + 2);
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void save_as_file(ImGuiTestContext* ctx, const fs::path& file) {
  Harness::choose_file(ctx, file);
  ctx->Yield(5);
}

// The window or one of those within it, as it was drawn in the last frame.
bool needs_scrolling(const ImGuiWindow* window) {
  const auto& children = window->DC.ChildWindows;
  return window->ScrollMax.x > 0 || window->ScrollMax.y > 0 ||
         std::any_of(children.begin(), children.end(), needs_scrolling);
}

// Whether all of an item is within the window, and within the bar that it belongs to.
bool fits(ImGuiTestContext* ctx, const std::string& item) {
  const ImGuiTestItemInfo info = ctx->ItemInfo(item.c_str(), ImGuiTestOpFlags_NoError);
  if (info.ID == 0 || !info.Window) return false;
  const ImRect& whole = info.RectFull;
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const bool within = ImRect(ImVec2(), size).Contains(whole) && info.Window->Rect().Contains(whole);
  if (!within) {
    std::printf("%s: %.0f, %.0f to %.0f, %.0f in %.0f x %.0f\n", item.c_str(), whole.Min.x, whole.Min.y, whole.Max.x,
                whole.Max.y, size.x, size.y);
  }
  return within;
}

void check_layout(ImGuiTestContext* ctx, Harness& h, int width, int height) {
  h.resize(ctx, width, height);
  IM_CHECK_EQ(static_cast<int>(ImGui::GetIO().DisplaySize.x), width);
  for (const auto& panel : h.app().panels()) {
    const ImGuiWindow* window = panel_window(h, panel->name());
    IM_CHECK(window != nullptr);
    IM_CHECK(window->DockIsActive);
    const std::set<std::string> may_scroll = {"controls", "experiments", "log"};
    const bool drawn = window->DockTabIsVisible;  // of those behind another tab, nothing_scrolls looks at each
    if (drawn && !may_scroll.contains(panel->name())) {
      if (needs_scrolling(window)) std::printf("%s scrolls at %d x %d\n", panel->name(), width, height);
      IM_CHECK_SILENT(!needs_scrolling(window));
    }
  }
  // Controls left of curves, curves left of routing, overlap below curves.
  IM_CHECK_LT(panel_window(h, "controls")->Pos.x, panel_window(h, "curves")->Pos.x);
  IM_CHECK_LT(panel_window(h, "curves")->Pos.x, panel_window(h, "routing")->Pos.x);
  IM_CHECK_GT(panel_window(h, "overlap")->Pos.y, panel_window(h, "curves")->Pos.y);
  IM_CHECK(panel_window(h, "curves")->DockTabIsVisible);
}

void default_layout(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 60; }));
  check_layout(ctx, h, 1280, 800);
  check_layout(ctx, h, 2560, 1440);
}

void settings_are_remembered(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef("##MainMenuBar");
  ctx->MenuClick("View/Tiles");
  ctx->Yield(2);
  IM_CHECK(!panel_window(h, "tiles")->Active);
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_T);
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Equal);
  ctx->Yield(2);
  IM_CHECK(!h.app().dark());
  IM_CHECK_EQ(h.app().settings().scale, 1.125);
  const float width = panel_window(h, "controls")->Size.x;
  ctx->DockInto(h.window("overlap").c_str(), h.window("controls").c_str());
  ctx->Yield(2);
  const ImGuiID beside = panel_window(h, "overlap")->DockId;
  IM_CHECK_EQ(beside, panel_window(h, "controls")->DockId);

  h.restart(ctx, true);
  IM_CHECK(h.until(ctx, State::ready));
  ctx->Yield(4);
  IM_CHECK(!h.app().dark());
  IM_CHECK_EQ(h.app().settings().scale, 1.125);
  IM_CHECK(!panel_window(h, "tiles")->Active);
  IM_CHECK_EQ(panel_window(h, "overlap")->DockId, panel_window(h, "controls")->DockId);
  IM_CHECK_LT(std::abs(panel_window(h, "controls")->Size.x - width), 2.0f);

  ctx->SetRef("##MainMenuBar");
  ctx->MenuClick("View/Reset layout");
  ctx->Yield(5);
  IM_CHECK(panel_window(h, "tiles")->Active);
  IM_CHECK_NE(panel_window(h, "overlap")->DockId, panel_window(h, "controls")->DockId);
}

void broken_settings(ImGuiTestContext* ctx, Harness& h) {
  fs::create_directories(h.folder() / "elsewhere");
  std::ofstream(h.folder() / "elsewhere" / "settings.json") << "{\"version\": 1, \"layout\": ";
  h.restart(ctx, true, [&](WindowOptions& options) { options.config_folder = h.folder() / "elsewhere"; });
  IM_CHECK(h.until(ctx, State::ready));
  const auto& events = h.app().events();
  IM_CHECK(std::any_of(events.begin(), events.end(), [](const Event& event) {
    return event.severity == Severity::warning && event.text.find("settings") != std::string::npos;
  }));
  IM_CHECK(panel_window(h, "curves")->DockIsActive);
}

void a_layout_of_nonsense(ImGuiTestContext* ctx, Harness& h) {
  const char* layouts[] = {
      // A node that is its own parent; windows in a node that isn't there, at places that are none.
      "[Docking][Data]\nDockNode ID=0x00000001 Parent=0x00000001\n",
      "[Window][Curves###curves]\nPos=1e30,nan\nSize=-5,0\nDockId=0xFFFFFFFF,9\n\n[Table][x\n]]]\n[Window]\n=\n"};
  for (const char* layout : layouts) {
    fs::create_directories(h.folder() / "odd");
    Settings settings;
    settings.layout = layout;
    std::ofstream(h.folder() / "odd" / "settings.json") << write_settings(settings);
    h.restart(ctx, true, [&](WindowOptions& options) { options.config_folder = h.folder() / "odd"; });
    IM_CHECK(h.until(ctx, State::ready));
    h.app().reset_layout();
    ctx->Yield(6);
    IM_CHECK(panel_window(h, "curves")->DockIsActive);
  }
}

void shortcuts_page(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_F1);
  ctx->Yield(2);
  IM_CHECK(h.app().page() == Page::shortcuts);
  IM_CHECK(Harness::shown("###page"));
  h.picture(ctx, "shortcuts");
  ctx->KeyPress(ImGuiKey_Escape);
  ctx->Yield(2);
  IM_CHECK(h.app().page() == Page::none);
  // No two actions have the same keys.
  std::set<ImGuiKeyChord> keys;
  for (const Action& action : actions()) {
    for (const ImGuiKeyChord chord : {action.keys, action.also[0], action.also[1]}) {
      if (chord != 0) IM_CHECK_SILENT(keys.insert(chord).second);
    }
    IM_CHECK_SILENT(*action.help != '\0');
  }
}

void help_pages(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef("##MainMenuBar");
  ctx->MenuClick("Help/Metrics");
  ctx->Yield(2);
  IM_CHECK(h.app().page() == Page::metrics);
  h.picture(ctx, "metrics");
  ctx->MenuClick("Help/About Tessera");
  ctx->Yield(2);
  IM_CHECK(h.app().page() == Page::about);
  h.picture(ctx, "about");
}

void picture_of_the_window(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_P);
  ctx->Yield(2);
  const fs::path file = h.folder() / "window.png";
  save_as_file(ctx, file);
  IM_CHECK(h.until(ctx, [&] { return fs::exists(file); }));
  const Image image = read_png(file);
  IM_CHECK_EQ(image.width, static_cast<int>(ImGui::GetIO().DisplaySize.x));
  IM_CHECK_EQ(image.height, static_cast<int>(ImGui::GetIO().DisplaySize.y));
  // The dialog is gone from it, and it is no single colour: where the dialog was, the panels are.
  std::set<std::uint32_t> colours;
  for (std::size_t i = 0; i + 2 < image.rgb.size(); i += 3) {
    colours.insert(image.rgb[i] | image.rgb[i + 1] << 8 | image.rgb[i + 2] << 16);
  }
  IM_CHECK_GT(colours.size(), 50u);
  const ImU32 background = tones(true).background;
  const std::size_t at = (static_cast<std::size_t>(image.height / 2) * image.width + image.width / 2) * 3;
  const ImU32 middle = IM_COL32(image.rgb[at], image.rgb[at + 1], image.rgb[at + 2], 255);
  IM_CHECK_LT(contrast(middle, background), 1.6);  // not darkened behind a dialog, nor the dialog
}

void figures_as_csv(ImGuiTestContext* ctx, Harness& h) {
  h.app().submit(command::Step{12});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == 12; }));
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_E);
  ctx->Yield(2);
  const fs::path file = h.folder() / "figures.csv";
  save_as_file(ctx, file);
  IM_CHECK(h.until(ctx, [&] { return fs::exists(file); }));
  const std::string csv = text_of(file);
  IM_CHECK(csv.starts_with("step,name,value\n"));
  std::size_t scalars = 0;
  for (const MetricSpec& metric : h.now().description->metrics) scalars += metric.rank == 0;
  // A point every five steps, from the first on: steps 0, 5 and 10.
  IM_CHECK_EQ(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')), 1 + 3 * scalars);
  IM_CHECK(csv.find("\n10,loss/total,") != std::string::npos);
}

void the_log_opens_from_the_status_bar(ImGuiTestContext* ctx, Harness& h) {
  IM_CHECK(!panel_window(h, "log")->DockTabIsVisible);
  ctx->ItemClick(Harness::item("###status", "###log"));
  ctx->Yield(4);
  IM_CHECK(panel_window(h, "log")->DockTabIsVisible);
}

void every_size(ImGuiTestContext* ctx, Harness& h) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 60; }));
  for (const ImVec2 size : {ImVec2(1280, 800), ImVec2(2560, 1440), ImVec2(640, 480)}) {
    h.resize(ctx, static_cast<int>(size.x), static_cast<int>(size.y));
    for (const double scale : {max_scale, min_scale, 1.0}) {
      h.app().set_scale(scale);
      for (const bool dark : {false, true}) {
        h.app().set_theme(dark);
        ctx->Yield(4);
        IM_CHECK(h.now().state == State::running);
      }
      for (const char* item : {"###play", "###step", "###reset"}) {
        IM_CHECK_SILENT(fits(ctx, std::string("//##MainMenuBar/##MenuBar/") + item));
      }
      IM_CHECK_SILENT(fits(ctx, "//###status/###log"));
      if (scale == max_scale) h.picture(ctx, "large_" + std::to_string(static_cast<int>(size.x)));
    }
  }
}

// To be looked at, too: TESSERA_GUI_PICTURES.
void every_panel_of_two_runs_gone_back(ImGuiTestContext* ctx, Harness& h) {
  h.script().step_us = 500;
  h.app().submit(command::Step{100});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == 100 && h.now().state == State::paused; }));
  h.app().fork("model.router.temperature", 0.25, ForkFrom::now);
  IM_CHECK(h.until(ctx, [&] { return h.app().live().size() == 2 && !h.app().forking(); }));
  h.app().show_run(1);
  h.app().submit(command::Step{100});
  const LiveRun& child = *h.app().live()[1];
  IM_CHECK(h.until(ctx, [&] { return child.snapshot->step == 200 && child.snapshot->state == State::paused; }));
  h.app().rewind().go_to(149);
  for (const ImVec2 size : {ImVec2(1280, 800), ImVec2(2560, 1440)}) {
    h.resize(ctx, static_cast<int>(size.x), static_cast<int>(size.y));
    for (const bool dark : {false, true}) {
      h.app().set_theme(dark);
      for (const auto& panel : h.app().panels()) {
        h.app().show_panel(panel->name(), true);
        ctx->Yield(4);
        IM_CHECK(panel_window(h, panel->name())->DockTabIsVisible);
        const std::string picture = std::string("two_runs_") + panel->name() + "_" +
                                    std::to_string(static_cast<int>(size.x)) + (dark ? "_dark" : "_light");
        h.picture(ctx, picture);
      }
    }
  }
  IM_CHECK_EQ(h.app().rewind().moment(), 149);
}

// A long name takes the room that is left, and pushes nothing out of the window.
void a_long_name(ImGuiTestContext* ctx, Harness& h) {
  const std::string name = "a preset with a name that nobody would want to read twice, and which goes on and on and on";
  std::ofstream(h.folder() / (name + ".json")) << R"({"schema": 1})";
  h.app().open(h.folder() / (name + ".json"));
  IM_CHECK(h.until(ctx, [&] { return h.app().document().name() == name; }));
  for (const int width : {1280, 900, 640}) {
    h.resize(ctx, width, 480);
    for (const char* item : {"###pace", "###play", "###step", "###reset"}) {
      IM_CHECK_SILENT(fits(ctx, std::string("//##MainMenuBar/##MenuBar/") + item));
    }
    h.picture(ctx, "long_name_" + std::to_string(width));
  }
}

}  // namespace

void add_window_tests(Harness& harness) {
  harness.add("window", "default_layout", default_layout);
  harness.add("window", "settings_are_remembered", settings_are_remembered);
  harness.add("window", "broken_settings", broken_settings);
  harness.add("window", "a_layout_of_nonsense", a_layout_of_nonsense);
  harness.add("window", "shortcuts_page", shortcuts_page);
  harness.add("window", "help_pages", help_pages);
  harness.add("window", "picture_of_the_window", picture_of_the_window);
  harness.add("window", "figures_as_csv", figures_as_csv);
  harness.add("window", "the_log_opens_from_the_status_bar", the_log_opens_from_the_status_bar);
  harness.add("window", "every_size", every_size);
  harness.add("window", "every_panel_of_two_runs_gone_back", every_panel_of_two_runs_gone_back);
  harness.add("window", "a_long_name", a_long_name);
}

}  // namespace tessera::test
