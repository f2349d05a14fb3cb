// File > Export: what the menu writes is read back.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "core/lab/recorder.h"
#include "core/lab/row_text.h"
#include "imgui_internal.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;
using Context = ImGuiTestContext;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void train(Context* t, Harness& h, int steps) {
  h.script().step_us = 200;
  h.app().submit(command::Step{steps});
  IM_CHECK(h.until(t, [&] { return h.now().step == steps && h.now().state == State::paused; }));
}

// Clicks through the menus and chooses a place.
void save(Context* t, const char* item, const fs::path& place) {
  t->SetRef("##MainMenuBar");
  t->MenuClick(("File/Export/" + std::string(item)).c_str());
  t->Yield(2);
  IM_CHECK(Harness::shown("###file"));
  Harness::choose_file(t, place);
}

bool told(const Harness& h, const std::string& text) {
  const auto& events = const_cast<Harness&>(h).app().events();
  return std::any_of(events.begin(), events.end(),
                     [&](const Event& event) { return event.text.find(text) != std::string::npos; });
}

void answer(Context* t, const char* choice) {
  t->ItemClick(("//###question/" + std::string(choice)).c_str());
  t->Yield(2);
}

void tables(Context* t, Harness& h) {
  train(t, h, 60);
  const fs::path folder = h.folder() / "new" / "tables";
  save(t, "CSV...", folder);
  IM_CHECK(h.until(t, [&] { return told(h, "files written to " + folder.string()); }));
  IM_CHECK(text_of(folder / "scalars.csv") == scalars_csv(h.now()));
  IM_CHECK(!h.app().asking());

  // The matrices of steps 0, 25, 50 and the last, each with its rows.
  const std::string matrix = text_of(folder / "matrices" / "routing-layer0.csv");
  std::set<std::string> steps;
  for (std::size_t at = matrix.find('\n') + 1; at < matrix.size(); at = matrix.find('\n', at) + 1) {
    steps.insert(matrix.substr(at, matrix.find(',', at) - at));
  }
  IM_CHECK(steps.contains("0") && steps.contains("25") && steps.contains("50"));
}

void files_in_the_way_are_asked_about(Context* t, Harness& h) {
  train(t, h, 10);
  const fs::path folder = h.folder() / "again";
  fs::create_directories(folder);
  std::ofstream(folder / "scalars.csv") << "mine";
  save(t, "CSV...", folder);
  IM_CHECK(Harness::shown("###question"));
  h.picture(t, "replace-files");
  answer(t, "Cancel");
  IM_CHECK_STR_EQ(text_of(folder / "scalars.csv").c_str(), "mine");
  IM_CHECK(!fs::exists(folder / "table.csv"));

  save(t, "CSV...", folder);
  answer(t, "Replace");
  IM_CHECK(h.until(t, [&] { return told(h, "files written to"); }));
  IM_CHECK(text_of(folder / "scalars.csv") == scalars_csv(h.now()));
}

void a_runs_own_files_stay(Context* t, Harness& h) {
  train(t, h, 10);
  const fs::path folder = h.folder() / "run";
  {
    Session::Options options;
    options.observer = std::make_shared<RunRecorder>(folder);
    Session session([&h] { return make_fake_engine(h.shared_script()); }, options);
    session.submit(command::Load{*h.now().preset});
    session.submit(command::Step{3});
    IM_CHECK(session.wait([](const Snapshot& s) { return s.step == 3; }, std::chrono::seconds(20)));
  }
  const std::string before = text_of(folder / "scalars.csv");
  IM_CHECK(!before.empty());
  save(t, "CSV...", folder);
  IM_CHECK(Harness::shown("###question"));
  answer(t, "Close");
  IM_CHECK(text_of(folder / "scalars.csv") == before);
  IM_CHECK(!fs::exists(folder / "table.csv"));
}

void every_format(Context* t, Harness& h) {
  train(t, h, 30);
  save(t, "NPZ...", h.folder() / "figures");  // gets its extension
  IM_CHECK(h.until(t, [&] { return fs::exists(h.folder() / "figures.npz"); }));
  IM_CHECK(text_of(h.folder() / "figures.npz").starts_with("PK"));
  save(t, "TensorBoard...", h.folder() / "board");
  IM_CHECK(h.until(t, [&] { return fs::exists(h.folder() / "board" / "events.out.tfevents.0.tessera"); }));
  save(t, "SVG...", h.folder() / "svg");
  IM_CHECK(h.until(t, [&] { return told(h, "files written to " + (h.folder() / "svg").string()); }));
  IM_CHECK(text_of(h.folder() / "svg" / "curves" / "loss.svg").find("<svg") != std::string::npos);
  save(t, "PDF...", h.folder() / "pdf");
  IM_CHECK(h.until(t, [&] { return told(h, "files written to " + (h.folder() / "pdf").string()); }));
  IM_CHECK(text_of(h.folder() / "pdf" / "heatmaps" / "routing-layer0.pdf").starts_with("%PDF"));
}

void nothing_before_the_first_step(Context* t, Harness& h) {
  t->SetRef("##MainMenuBar");
  t->MenuClick("File/Export");
  const ImGuiTestItemInfo item = t->ItemInfo("//###Menu_01/CSV...");
  IM_CHECK(item.ID != 0);
  IM_CHECK((item.ItemFlags & ImGuiItemFlags_Disabled) != 0);
  t->PopupCloseAll();
  IM_CHECK(!h.app().asking());
}

// The test's user may write everywhere: a file where the folder would be is in the way of anyone.
void a_folder_that_cannot_be_written(Context* t, Harness& h) {
  train(t, h, 10);
  std::ofstream(h.folder() / "file") << "mine";
  save(t, "SVG...", h.folder() / "file" / "figures");
  IM_CHECK(h.until(t, [&] { return Harness::shown("###question"); }));
  IM_CHECK(told(h, (h.folder() / "file").string()));
  IM_CHECK_GT(h.app().errors(), 0u);
  answer(t, "Close");
  IM_CHECK_STR_EQ(text_of(h.folder() / "file").c_str(), "mine");

  save(t, "Picture of panel/Curves/1x", h.folder() / "file" / "curves.png");
  IM_CHECK(h.until(t, [&] { return Harness::shown("###question"); }));
  answer(t, "Close");
}

// --- pictures of panels --------------------------------------------------------------------------------------------

Image picture_of(Context* t, Harness& h, const char* panel, const char* scale) {
  const fs::path file = h.folder() / (std::string(panel) + scale + ".png");
  save(t, ("Picture of panel/" + std::string(panel) + "/" + scale).c_str(), file);
  if (!h.until(t, [&] { return told(h, "Saved " + file.string()); })) return {};
  return read_png(file);
}

ImVec2 inner_size(Harness& h, const char* panel) {
  return ImGui::FindWindowByName(h.window(panel).c_str() + 2)->InnerRect.GetSize();
}

int brightness(const Image& image, int x, int y) {
  const auto* rgb = &image.rgb[(static_cast<std::size_t>(y) * image.width + x) * 3];
  return (rgb[0] + rgb[1] + rgb[2]) / 3;
}

// The mean difference of the brightness, a large picture against a small one of the same: each block of pixels against
// the one that it stands for.
double difference(const Image& large, const Image& small, int scale) {
  double sum = 0;
  for (int y = 0; y < small.height; ++y) {
    for (int x = 0; x < small.width; ++x) {
      int block = 0;
      for (int i = 0; i < scale * scale; ++i) block += brightness(large, x * scale + i % scale, y * scale + i / scale);
      sum += std::abs(static_cast<double>(block) / (scale * scale) - brightness(small, x, y));
    }
  }
  return sum / (static_cast<double>(small.width) * small.height);
}

// Edges between two neighbours of a row that are far apart in brightness, of which `inside` are within a block: a small
// picture blown up has none there, and one that is smoothed as well has none at all.
struct Edges {
  int all = 0, inside = 0;
};
Edges sharp_edges(const Image& image, int scale) {
  Edges edges;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 1; x < image.width; ++x) {
      if (std::abs(brightness(image, x, y) - brightness(image, x - 1, y)) < 90) continue;
      ++edges.all;
      if (x % scale != 0) ++edges.inside;
    }
  }
  return edges;
}

void check_picture(Context* t, Harness& h, const char* title, const char* panel) {
  const Image small = picture_of(t, h, title, "1x");
  const ImVec2 size = inner_size(h, panel);
  IM_CHECK_EQ(small.width, static_cast<int>(size.x));
  IM_CHECK_EQ(small.height, static_cast<int>(size.y));
  const Image large = picture_of(t, h, title, "4x");
  IM_CHECK_EQ(large.width, 4 * small.width);
  IM_CHECK_EQ(large.height, 4 * small.height);
  const double apart = difference(large, small, 4);
  const Edges edges = sharp_edges(large, 4);
  std::printf("%s: %.2f apart, %d sharp edges, %d of them within blocks\n", panel, apart, edges.all, edges.inside);
  IM_CHECK_LT(apart, 3);  // of 255: the same things at the same places
  IM_CHECK_GT(edges.inside, 1000);
}

void sharp_at_any_scale(Context* t, Harness& h) {
  train(t, h, 200);
  check_picture(t, h, "Curves", "curves");
  check_picture(t, h, "Overlap", "overlap");
  IM_CHECK_EQ(ImGui::GetIO().DisplayFramebufferScale.x, 1.0f);  // for that frame only
}

// With so many experts the heatmap is a texture: its cells have edges, too.
void a_large_heatmap(Context* t, Harness& h) {
  h.app().submit(command::Set{.path = "model.experts.count", .value = std::int64_t{200}, .rebuild = true});
  IM_CHECK(h.until(t, [&] { return h.script().builds == 2 && h.now().state == State::ready; }));
  train(t, h, 30);
  check_picture(t, h, "Overlap", "overlap");
}

// More pixels on a side than are drawn at a time: no seams, nothing missing.
void larger_than_a_piece(Context* t, Harness& h) {
  train(t, h, 200);
  const Image two = picture_of(t, h, "Curves", "2x"), eight = picture_of(t, h, "Curves", "8x");
  IM_CHECK_GT(eight.width, 2 * 2048);
  IM_CHECK_EQ(eight.width, 4 * two.width);
  IM_CHECK_EQ(eight.height, 4 * two.height);
  IM_CHECK_LT(difference(eight, two, 4), 3);
}

void a_panel_that_was_closed(Context* t, Harness& h) {
  train(t, h, 30);
  t->SetRef("##MainMenuBar");
  t->MenuClick("View/Tiles");
  t->Yield(2);
  IM_CHECK(!h.app().settings().panels["tiles"].open);
  const Image image = picture_of(t, h, "Tiles", "2x");
  IM_CHECK(h.app().settings().panels["tiles"].open);
  const ImVec2 size = inner_size(h, "tiles");
  IM_CHECK_EQ(image.width, static_cast<int>(2 * size.x));
  std::set<int> shades;
  for (int x = 0; x < image.width; ++x) {
    for (int y = 0; y < image.height; ++y) shades.insert(brightness(image, x, y));
  }
  IM_CHECK_GT(shades.size(), 20u);
}

}  // namespace

void add_export_tests(Harness& harness) {
  harness.add("export", "tables", tables);
  harness.add("export", "files_in_the_way_are_asked_about", files_in_the_way_are_asked_about);
  harness.add("export", "a_runs_own_files_stay", a_runs_own_files_stay);
  harness.add("export", "every_format", every_format);
  harness.add("export", "nothing_before_the_first_step", nothing_before_the_first_step);
  harness.add("export", "a_folder_that_cannot_be_written", a_folder_that_cannot_be_written);
  harness.add("export", "sharp_at_any_scale", sharp_at_any_scale);
  harness.add("export", "a_large_heatmap", a_large_heatmap);
  harness.add("export", "larger_than_a_piece", larger_than_a_piece);
  harness.add("export", "a_panel_that_was_closed", a_panel_that_was_closed);
}

}  // namespace tessera::test
