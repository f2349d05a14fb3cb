// Drawings: what is in them, how large they get, that they are the same each time.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/export/drawings.h"
#include "tests/unit/export/figures.h"

namespace tessera::test {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Drawing, CurvesNameWhatTheyShow) {
  const std::string svg = written(svg_files(small_figures()), "curves/alpha_entropy.svg");
  for (const char* expected : {">alpha_entropy<", ">alpha_entropy, nats<", ">step<", ">layer<", ">0<", ">1<", ">ln 2<",
                               "step 2: ", " 0.25 over 3 steps<"}) {
    EXPECT_NE(svg.find(expected), std::string::npos) << expected << "\n" << svg;
  }
  EXPECT_EQ(svg.find("total"), std::string::npos);
}

TEST(Drawing, HeatmapsNameRowsAndColumnsAndShowTheNewestFrame) {
  const std::string svg = written(svg_files(small_figures()), "heatmaps/routing-layer1.svg");
  for (const char* expected : {">routing, layer 1<", ">step 4<", ">expert<", ">class<", ">0<", ">1<", ">cat<",
                               ">dog, small<", ">a&lt;b&gt;&amp;c<", ">0.70<", ">1.00<"}) {
    EXPECT_NE(svg.find(expected), std::string::npos) << expected << "\n" << svg;
  }
  EXPECT_EQ(svg.find("0.12"), std::string::npos);  // of the older one
}

TEST(Drawing, AGapStaysAGap) {
  auto figures = small_figures();
  figures->series[2] = {};
  for (std::int64_t step = 0; step < 7; ++step) {
    figures->series[2].append({step, step == 3 ? std::nan("") : static_cast<double>(step)});
  }
  const std::string svg = written(svg_files(figures), "curves/loss.svg");
  const std::size_t stroke = svg.find("stroke-width=\"1.1\"");
  ASSERT_NE(stroke, std::string::npos);
  const std::size_t start = svg.rfind("<path", stroke);
  EXPECT_EQ(count(svg.substr(start, stroke - start), "M"), 2u);
}

TEST(Drawing, AMillionPointsAreAsSmallAsAThousandAndKeepTheirPeaks) {
  auto figures = small_figures();
  figures->series[2] = {};
  for (std::int64_t step = 0; step < 1'000'000; ++step) {
    figures->series[2].append({step, step == 654321 ? 100.0 : std::sin(static_cast<double>(step) * 0.37)});
  }
  const Typefaces typefaces;
  const Drawing drawing = draw_curves(*figures, "loss", typefaces);
  const std::string svg = drawing.svg();
  EXPECT_LT(svg.size(), 60'000u);
  EXPECT_LT(drawing.pdf(typefaces).size(), 60'000u);
  EXPECT_NE(svg.find(">100<"), std::string::npos);  // the axis reaches the peak
  EXPECT_NE(svg.find(">800,000<"), std::string::npos);
}

TEST(Drawing, LargeMatricesAreOnePicture) {
  auto figures = small_figures();
  auto description = std::make_shared<Description>(*figures->description);
  description->metrics[3].axes[0].labels.clear();
  description->metrics[3].axes[1].labels.clear();
  figures->description = description;
  figures->frames[3] = {std::make_shared<Matrix>(Matrix{9, 300, 200, std::vector<float>(60000, 0.5f)})};
  const std::string svg = written(svg_files(figures), "heatmaps/routing-layer1.svg");
  EXPECT_EQ(count(svg, "<image"), 2u);  // and the colour bar
  EXPECT_LT(svg.size(), 40'000u);
  EXPECT_GT(count(svg, "<text"), 20u);  // rows and columns are still named, as many as there is room for
}

TEST(Drawing, CurvesOfValuesThatHardlyDifferEnd) {
  for (const double value : {1.0, 2.079}) {
    auto figures = small_figures();
    figures->series[2] = {};
    figures->series[2].append({0, value});
    figures->series[2].append({1, std::nextafter(value, 3.0)});
    EXPECT_LT(written(svg_files(figures), "curves/loss.svg").size(), 20'000u);
  }
}

// An image of cairo ends at 32,767 pixels.
TEST(Drawing, MatricesOfAnySizeCanBeDrawn) {
  for (const auto& [rows, columns] : {std::pair{40'000, 2}, {2, 40'000}}) {
    auto figures = small_figures();
    figures->frames[3] = {std::make_shared<Matrix>(
        Matrix{9, rows, columns, std::vector<float>(static_cast<std::size_t>(rows) * 2, 0.5f)})};
    const std::string svg = written(svg_files(figures), "heatmaps/routing-layer1.svg");
    EXPECT_EQ(count(svg, "<image"), 2u);
    EXPECT_LT(svg.size(), 400'000u);
    EXPECT_TRUE(written(pdf_files(figures), "heatmaps/routing-layer1.pdf").starts_with("%PDF"));
    EXPECT_FALSE(written(tensorboard_files(figures), tensorboard_files(figures)[0].name).empty());
  }
}

TEST(Drawing, ALargeRasterIsShrunkByBlocksThatKeepTheirPlace) {
  // 10,000 cells, the last tenth red: of the picture's pixels the last tenth are, and nothing is lost.
  Drawing::Cells cells{{0, 0}, 100, 10, 10'000, 1, std::vector<Colour>(10'000, rgba(0, 0, 0))};
  std::fill(cells.colours.begin() + 9'000, cells.colours.end(), rgba(200, 100, 50));
  cells.colours[0] = cells.colours[1] = rgba(255, 255, 255);
  const Drawing::Cells small = shrunk(cells, 1000);
  ASSERT_EQ(small.columns, 1000);
  ASSERT_EQ(small.rows, 1);
  ASSERT_EQ(small.colours.size(), 1000u);
  EXPECT_EQ(small.width, 100);
  EXPECT_EQ(small.colours[0], rgba(51, 51, 51));  // the mean: 2 of 10 are white
  EXPECT_EQ(small.colours[899], rgba(0, 0, 0));
  EXPECT_EQ(small.colours[900], rgba(200, 100, 50));
  EXPECT_EQ(shrunk(cells, 10'000).colours, cells.colours);
}

TEST(Drawing, PdfIsOnePageAndTheSameEachTime) {
  const auto files = pdf_files(small_figures());
  ASSERT_EQ(files.size(), 3u);
  for (const ExportFile& file : files) {
    const std::string pdf = written(files, file.name), again = written(files, file.name);
    EXPECT_TRUE(pdf.starts_with("%PDF-1.")) << file.name;
    EXPECT_EQ(count(pdf, "/Type /Page") - count(pdf, "/Type /Pages"), 1u) << file.name;
    EXPECT_EQ(pdf, again) << file.name;
  }
}

TEST(Drawing, PngHasTheSizeAskedFor) {
  const Typefaces typefaces;
  Drawing drawing;
  drawing.width = 100;
  drawing.height = 50;
  drawing.rectangle({0, 0}, 50, 50, rgba(255, 0, 0));
  const PngPicture png = drawing.png(typefaces, 3);
  EXPECT_EQ(png.width, 300);
  EXPECT_EQ(png.height, 150);
  EXPECT_TRUE(png.bytes.starts_with("\x89PNG"));
}

TEST(Drawing, TextThatIsNoUtf8IsMended) {
  Drawing drawing;
  drawing.width = drawing.height = 50;
  drawing.text({1, 10}, "bad \xC3( byte\x01", {});
  const std::string svg = drawing.svg();
  EXPECT_EQ(svg.find('\xC3'), std::string::npos);
  EXPECT_EQ(svg.find('\x01'), std::string::npos);
  const Typefaces typefaces;
  EXPECT_GT(typefaces.width("bad \xC3( byte", 9), 20);
  EXPECT_GT(typefaces.width("\u2192", 9), 3);  // from the font of signs
  EXPECT_TRUE(drawing.pdf(typefaces).starts_with("%PDF"));
}

}  // namespace
}  // namespace tessera::test
