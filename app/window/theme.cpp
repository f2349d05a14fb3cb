// See theme.h. One small set of surfaces for each theme; every colour of Dear ImGui is one of them.
#include "app/window/theme.h"

#include "app/panels/colours.h"
#include "app/window/fonts.h"
#include "imgui.h"
#include "implot.h"

namespace tessera {
namespace {

struct Surfaces {
  ImU32 frame;  // behind the panels: menu bar, status bar, gaps
  ImU32 field;  // inputs, sliders, combos
  ImU32 hover, active;
  ImU32 raised;    // buttons, selected tabs
  ImU32 line;      // borders, separators, the grid of plots
  ImU32 popup;     // menus, tooltips, dialogs
  ImU32 selected;  // text and rows
};

constexpr Surfaces light = {.frame = IM_COL32(0xEC, 0xEE, 0xF1, 255),
                            .field = IM_COL32(0xE9, 0xEC, 0xF0, 255),
                            .hover = IM_COL32(0xD9, 0xE4, 0xF5, 255),
                            .active = IM_COL32(0xC3, 0xD6, 0xF2, 255),
                            .raised = IM_COL32(0xE1, 0xE5, 0xEB, 255),
                            .line = IM_COL32(0xD3, 0xD7, 0xDE, 255),
                            .popup = IM_COL32(0xFF, 0xFF, 0xFF, 255),
                            .selected = IM_COL32(0xCC, 0xDF, 0xFA, 255)};
constexpr Surfaces night = {.frame = IM_COL32(0x0F, 0x11, 0x15, 255),
                            .field = IM_COL32(0x25, 0x29, 0x31, 255),
                            .hover = IM_COL32(0x2F, 0x3B, 0x4F, 255),
                            .active = IM_COL32(0x39, 0x4C, 0x69, 255),
                            .raised = IM_COL32(0x2A, 0x2F, 0x38, 255),
                            .line = IM_COL32(0x34, 0x39, 0x43, 255),
                            .popup = IM_COL32(0x1D, 0x20, 0x27, 255),
                            .selected = IM_COL32(0x2B, 0x47, 0x70, 255)};

ImVec4 colour(ImU32 packed, float alpha = 1) {
  ImVec4 c = ImGui::ColorConvertU32ToFloat4(packed);
  c.w *= alpha;
  return c;
}

void colour_widgets(ImGuiStyle& style, const Surfaces& s, const Tones& t, bool dark) {
  if (dark) {
    ImGui::StyleColorsDark(&style);
  } else {
    ImGui::StyleColorsLight(&style);
  }
  const auto set = [&style](ImGuiCol index, ImVec4 value) { style.Colors[index] = value; };
  set(ImGuiCol_Text, colour(t.text));
  set(ImGuiCol_TextDisabled, colour(t.muted));
  set(ImGuiCol_WindowBg, colour(t.background));
  set(ImGuiCol_ChildBg, colour(t.background, 0));
  set(ImGuiCol_PopupBg, colour(s.popup));
  set(ImGuiCol_Border, colour(s.line));
  set(ImGuiCol_BorderShadow, colour(0, 0));
  set(ImGuiCol_FrameBg, colour(s.field));
  set(ImGuiCol_FrameBgHovered, colour(s.hover));
  set(ImGuiCol_FrameBgActive, colour(s.active));
  set(ImGuiCol_MenuBarBg, colour(s.frame));
  set(ImGuiCol_TitleBg, colour(s.frame));
  set(ImGuiCol_TitleBgActive, colour(s.frame));
  set(ImGuiCol_TitleBgCollapsed, colour(s.frame));
  set(ImGuiCol_ScrollbarBg, colour(t.background, 0));
  set(ImGuiCol_ScrollbarGrab, colour(s.line));
  set(ImGuiCol_ScrollbarGrabHovered, colour(t.guide));
  set(ImGuiCol_ScrollbarGrabActive, colour(t.muted));
  set(ImGuiCol_CheckMark, colour(t.accent));
  set(ImGuiCol_SliderGrab, colour(t.accent, dark ? 0.5f : 0.42f));  // the value is written over it
  set(ImGuiCol_SliderGrabActive, colour(t.accent, 0.65f));
  set(ImGuiCol_Button, colour(s.raised));
  set(ImGuiCol_ButtonHovered, colour(s.hover));
  set(ImGuiCol_ButtonActive, colour(s.active));
  set(ImGuiCol_Header, colour(s.raised));
  set(ImGuiCol_HeaderHovered, colour(s.hover));
  set(ImGuiCol_HeaderActive, colour(s.active));
  set(ImGuiCol_Separator, colour(s.line));
  set(ImGuiCol_SeparatorHovered, colour(t.accent, 0.7f));
  set(ImGuiCol_SeparatorActive, colour(t.accent));
  set(ImGuiCol_ResizeGrip, colour(s.line));
  set(ImGuiCol_ResizeGripHovered, colour(t.accent, 0.7f));
  set(ImGuiCol_ResizeGripActive, colour(t.accent));
  set(ImGuiCol_InputTextCursor, colour(t.text));
  set(ImGuiCol_Tab, colour(s.frame));
  set(ImGuiCol_TabHovered, colour(s.hover));
  set(ImGuiCol_TabSelected, colour(t.background));
  set(ImGuiCol_TabSelectedOverline, colour(t.accent));
  set(ImGuiCol_TabDimmed, colour(s.frame));
  set(ImGuiCol_TabDimmedSelected, colour(t.background));
  set(ImGuiCol_TabDimmedSelectedOverline, colour(s.line));
  set(ImGuiCol_DockingPreview, colour(t.accent, 0.45f));
  set(ImGuiCol_DockingEmptyBg, colour(s.frame));
  set(ImGuiCol_PlotLines, colour(t.accent));
  set(ImGuiCol_PlotHistogram, colour(t.accent));
  set(ImGuiCol_TableHeaderBg, colour(s.raised));
  set(ImGuiCol_TableBorderStrong, colour(s.line));
  set(ImGuiCol_TableBorderLight, colour(s.line, 0.6f));
  set(ImGuiCol_TableRowBg, colour(0, 0));
  set(ImGuiCol_TableRowBgAlt, colour(t.text, 0.03f));
  set(ImGuiCol_TextLink, colour(t.accent));
  set(ImGuiCol_TextSelectedBg, colour(s.selected));
  set(ImGuiCol_TreeLines, colour(s.line));
  set(ImGuiCol_DragDropTarget, colour(t.accent));
  set(ImGuiCol_NavCursor, colour(t.accent));
  set(ImGuiCol_ModalWindowDimBg, colour(IM_COL32_BLACK, dark ? 0.5f : 0.25f));
}

void shape_widgets(ImGuiStyle& style) {
  style.WindowPadding = {8, 6};
  style.FramePadding = {7, 3};
  style.ItemSpacing = {7, 5};
  style.ItemInnerSpacing = {6, 4};
  style.CellPadding = {5, 2};
  style.IndentSpacing = 14;
  style.ScrollbarSize = 12;
  style.GrabMinSize = 10;
  style.WindowBorderSize = style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  style.TabBarBorderSize = 0;
  style.TabBarOverlineSize = 2;
  style.WindowRounding = 4;
  style.PopupRounding = 5;
  style.FrameRounding = style.GrabRounding = 3;
  style.TabRounding = 3;
  style.TabCloseButtonMinWidthSelected = 0;  // when the pointer is on it
  style.ScrollbarRounding = 6;
  style.DockingSeparatorSize = 3;
  style.WindowMenuButtonPosition = ImGuiDir_None;
  style.SeparatorTextBorderSize = 1;
  style.HoverDelayNormal = 0.35f;
}

void colour_plots(const Surfaces& s, const Tones& t, float scale) {
  ImPlotStyle style;
  style.Colors[ImPlotCol_FrameBg] = colour(0, 0);
  style.Colors[ImPlotCol_PlotBg] = colour(0, 0);
  style.Colors[ImPlotCol_PlotBorder] = colour(s.line);
  style.Colors[ImPlotCol_LegendBg] = colour(s.popup, 0.85f);
  style.Colors[ImPlotCol_LegendBorder] = colour(s.line);
  style.Colors[ImPlotCol_LegendText] = colour(t.text);
  style.Colors[ImPlotCol_TitleText] = colour(t.text);
  style.Colors[ImPlotCol_InlayText] = colour(t.muted);
  style.Colors[ImPlotCol_AxisText] = colour(t.muted);
  style.Colors[ImPlotCol_AxisGrid] = colour(t.guide, 0.28f);
  style.Colors[ImPlotCol_AxisTick] = colour(t.guide, 0.5f);
  style.Colors[ImPlotCol_Selection] = colour(t.accent);
  style.Colors[ImPlotCol_Crosshairs] = colour(t.muted, 0.7f);
  const auto times = [scale](ImVec2 v) { return ImVec2(v.x * scale, v.y * scale); };
  style.PlotPadding = times({6, 6});
  style.LabelPadding = times({4, 3});
  style.LegendPadding = times({6, 4});
  style.LegendInnerPadding = times({4, 3});
  style.LegendSpacing = times({5, 0});
  style.MousePosPadding = times({8, 6});
  style.AnnotationPadding = times({3, 2});
  style.MajorTickLen = times({5, 5});
  style.MinorTickLen = times({3, 3});
  style.MinorAlpha = 0.35f;
  style.PlotDefaultSize = times({320, 200});
  style.PlotMinSize = times({80, 50});
  style.UseLocalTime = false;
  ImPlot::GetStyle() = style;
}

}  // namespace

void apply_theme(bool dark, float scale) {
  const Surfaces& surfaces = dark ? night : light;
  ImGuiStyle style;
  colour_widgets(style, surfaces, tones(dark), dark);
  shape_widgets(style);
  style.ScaleAllSizes(scale);
  style.FontSizeBase = text_size;
  style.FontScaleMain = scale;
  ImGui::GetStyle() = style;
  colour_plots(surfaces, tones(dark), scale);
}

}  // namespace tessera
