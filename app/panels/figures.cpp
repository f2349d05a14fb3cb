// See figures.h.
#include "app/panels/figures.h"

#include <algorithm>

#include "app/panels/widgets.h"

namespace tessera {

void draw_figures(const PanelContext& context, std::span<const Figure> figures) {
  const float end = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
  const float gap = ImGui::GetTextLineHeight();
  bool first = true;
  for (const Figure& figure : figures) {
    ImGui::PushFont(context.figures, 0);
    const float text = ImGui::CalcTextSize(figure.text.c_str()).x;
    const float room = std::max(ImGui::CalcTextSize("0.0000").x, text);  // the next one stays where it is
    ImGui::PopFont();
    const float width = ImGui::CalcTextSize(figure.label.c_str()).x + gap / 2 + room;
    if (!first && ImGui::GetItemRectMax().x + gap + width <= end) ImGui::SameLine(0, gap);
    first = false;
    ImGui::BeginGroup();
    ui::muted_text(context, figure.label.c_str());
    ImGui::SameLine(0, gap / 2);
    ImGui::PushFont(context.figures, 0);
    ImGui::TextUnformatted(figure.text.c_str());
    ImGui::PopFont();
    ImGui::SameLine(0, 0);
    ImGui::Dummy(ImVec2(room - text, 1));
    ImGui::EndGroup();
    ui::metric_tooltip(context, *figure.spec);
  }
}

}  // namespace tessera
