// The curves panel: choosing, zooming, reading and exporting.
#include <cmath>
#include <fstream>
#include <sstream>

#include "app/panels/curve.h"
#include "imgui_internal.h"
#include "implot.h"
#include "implot_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

void train(ImGuiTestContext* ctx, Harness& h, std::int64_t steps) {
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > steps; }));
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::paused));
}

const Panel& curves(Harness& h) {
  for (const auto& panel : h.app().panels()) {
    if (std::string_view(panel->name()) == "curves") return *panel;
  }
  throw std::out_of_range("curves");
}

const Series& series(const Snapshot& snapshot, const std::string& name) {
  for (std::size_t i = 0; i < snapshot.description->metrics.size(); ++i) {
    const MetricSpec& spec = snapshot.description->metrics[i];
    if (spec.rank == 0 && spec.name == name) return snapshot.series[i];
  }
  throw std::out_of_range(name);
}

// What the panel would keep for the next start: the choices it has taken.
bool has_setting(Harness& h, const std::string& text) { return curves(h).settings().find(text) != std::string::npos; }

void choosing_series(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 40);
  ctx->SetRef(h.window("curves").c_str());
  ctx->ItemClick("Series");
  ctx->Yield(2);
  ctx->ItemCheck("//$FOCUSED/###temperature");
  ctx->ItemUncheck("//$FOCUSED/###accuracy");
  ctx->ItemCheck("//$FOCUSED/###log alpha_entropy");
  h.picture(ctx, "series");
  ctx->KeyPress(ImGuiKey_Escape);
  ctx->Yield(2);
  IM_CHECK(has_setting(h, "temperature"));
  IM_CHECK(!has_setting(h, "accuracy"));
  IM_CHECK(has_setting(h, "log_y=alpha_entropy"));
  h.picture(ctx, "chosen");
}

void table_of_curves(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 60);
  // One series is switched off in its legend.
  ctx->SetRef(h.window("curves").c_str());
  ctx->ItemClick("**/##legend accuracy\\/test");
  ctx->Yield(2);
  ctx->ItemClick("Export");
  ctx->Yield(2);
  ctx->ItemClick("//$FOCUSED/CSV...");
  ctx->Yield(3);
  const fs::path file = h.folder() / "curves.csv";
  Harness::choose_file(ctx, file);
  IM_CHECK(h.until(
      ctx, [&] { return fs::exists(file); }, 5));

  std::ifstream in(file);
  std::string header;
  std::getline(in, header);
  IM_CHECK(header.starts_with("step,"));
  IM_CHECK(header.find("alpha_entropy/layer3") != std::string::npos);
  IM_CHECK(header.find("accuracy/train") != std::string::npos);
  IM_CHECK(header.find("accuracy/test") == std::string::npos);
  // Every cell of accuracy/train is the recorded value, to the last digit.
  std::vector<std::string> names;
  std::istringstream columns(header);
  for (std::string name; std::getline(columns, name, ',');) names.push_back(name);
  const auto place = std::find(names.begin(), names.end(), "accuracy/train") - names.begin();
  const Series& recorded = series(h.now(), "accuracy/train");
  std::size_t row = 0;
  for (std::string line; std::getline(in, line); ++row) {
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
    IM_CHECK_LT(row, recorded.size());
    IM_CHECK_EQ(std::stoll(cells[0]), recorded[row].step);
    IM_CHECK_EQ(std::stod(cells[static_cast<std::size_t>(place)]), recorded[row].value);
  }
  IM_CHECK_EQ(row, recorded.size());
}

void nothing_to_export_before_the_first_step(ImGuiTestContext* ctx, Harness& h) {
  ctx->SetRef(h.window("curves").c_str());
  IM_CHECK((ctx->ItemInfo("Export").ItemFlags & ImGuiItemFlags_Disabled) != 0);
  train(ctx, h, 10);
  IM_CHECK((ctx->ItemInfo("Export").ItemFlags & ImGuiItemFlags_Disabled) == 0);
  IM_CHECK(!h.app().asking());
}

void the_last_label_is_not_cut_off(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 40);
  ImPool<ImPlotPlot>& plots = ImPlot::GetCurrentContext()->Plots;
  const float half = ImGui::CalcTextSize("0000").x / 2;
  int labelled = 0;
  for (int i = 0; i < plots.GetBufSize(); ++i) {
    const ImPlotPlot& plot = *plots.GetByIndex(i);
    if (!plot.Axes[ImAxis_X1].HasTickLabels()) continue;
    ++labelled;
    IM_CHECK_GE(plot.FrameRect.Max.x - plot.PlotRect.Max.x, half);
  }
  IM_CHECK_GT(labelled, 0);
}

void picture_of_curves(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 60);
  ctx->SetRef(h.window("curves").c_str());
  ctx->ItemClick("Export");
  ctx->Yield(2);
  ctx->ItemClick("//$FOCUSED/PNG...");
  ctx->Yield(6);
  const fs::path file = h.folder() / "curves.png";
  Harness::choose_file(ctx, file);
  IM_CHECK(h.until(
      ctx, [&] { return fs::exists(file); }, 5));
  // A PNG of the size of the plots: the whole of the window below its row of buttons.
  std::ifstream in(file, std::ios::binary);
  unsigned char head[24] = {};
  in.read(reinterpret_cast<char*>(head), sizeof head);
  IM_CHECK_EQ(head[1], 'P');
  const int width = head[18] * 256 + head[19], height = head[22] * 256 + head[23];
  const ImGuiWindow* window = ctx->WindowInfo(h.window("curves").c_str()).Window;
  IM_CHECK_LT(std::abs(static_cast<float>(width) - window->WorkRect.GetWidth()), 3);
  IM_CHECK_LT(height, static_cast<int>(window->Size.y));
  IM_CHECK_GT(height, static_cast<int>(window->Size.y / 2));
}

void smoothing_and_a_logarithmic_axis(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 60);
  ctx->SetRef(h.window("curves").c_str());
  ctx->ItemInputValue("##smoothing", 50);
  ctx->ItemClick("log x");
  ctx->Yield(2);
  IM_CHECK(has_setting(h, "smoothing=50"));
  IM_CHECK(has_setting(h, "log_x=1"));
  h.picture(ctx, "smooth");
  // They survive a restart of the program.
  h.restart(ctx, true);
  IM_CHECK(h.until(ctx, State::ready));
  IM_CHECK(has_setting(h, "smoothing=50"));
  IM_CHECK(has_setting(h, "log_x=1"));
}

void another_run_is_followed_from_its_start(ImGuiTestContext* ctx, Harness& h) {
  train(ctx, h, 100);
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_R);
  IM_CHECK(h.until(ctx, [&] { return h.now().state == State::ready && h.now().step == 0; }));
  ctx->Yield(2);
  ctx->SetRef(h.window("curves").c_str());
  IM_CHECK(!ctx->ItemExists("**/##legend accuracy\\/train"));  // says what it will show instead
  train(ctx, h, 10);
  IM_CHECK(ctx->ItemExists("**/##legend accuracy\\/train"));
}

}  // namespace

void add_curve_tests(Harness& harness) {
  harness.add("curves", "choosing_series", choosing_series);
  harness.add("curves", "table_of_curves", table_of_curves);
  harness.add("curves", "nothing_to_export_before_the_first_step", nothing_to_export_before_the_first_step);
  harness.add("curves", "the_last_label_is_not_cut_off", the_last_label_is_not_cut_off);
  harness.add("curves", "picture_of_curves", picture_of_curves);
  harness.add("curves", "smoothing_and_a_logarithmic_axis", smoothing_and_a_logarithmic_axis);
  harness.add("curves", "another_run_is_followed_from_its_start", another_run_is_followed_from_its_start);
}

}  // namespace tessera::test
