// Where exports go, what is in their way, and what is left when one fails.
#include "app/export/export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/unit/export/figures.h"
#include "tests/unit/lab/files.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

const ExportFormat& format(std::string_view name) {
  const auto formats = export_formats();
  return *std::find_if(formats.begin(), formats.end(), [&](const auto& f) { return f.name == name; });
}

TEST(Export, OneFileMayHaveANameOfItsOwn) {
  const auto figures = small_figures();
  EXPECT_EQ(plan_export(format("npz"), figures, "a/b").files[0].name, "figures.npz");
  EXPECT_EQ(plan_export(format("npz"), figures, "a/b").folder, "a/b");
  EXPECT_EQ(plan_export(format("npz"), figures, "a/b/").folder, "a/b");
  EXPECT_EQ(plan_export(format("npz"), figures, "a/run.npz").files[0].name, "run.npz");
  EXPECT_EQ(plan_export(format("npz"), figures, "a/run.npz").folder, "a");
  EXPECT_EQ(plan_export(format("npz"), figures, "run.npz").folder, "");
  EXPECT_EQ(plan_export(format("csv"), figures, "a/run.npz").folder, "a/run.npz");
}

TEST(Export, EveryFormatWritesWhatItNamesAndTheSameTwice) {
  const Folder folder;
  for (const ExportFormat& each : export_formats()) {
    const Export plan = plan_export(each, small_figures(), folder / each.name / "deep");
    EXPECT_TRUE(files_in_the_way(plan).empty());
    write_exports({&plan, 1});
    const auto written_files = files_in_the_way(plan);
    ASSERT_EQ(written_files.size(), plan.files.size()) << each.name;
    std::vector<std::string> first;
    for (const fs::path& file : written_files) first.push_back(read_text(file));
    write_exports({&plan, 1});
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_FALSE(first[i].empty());
      EXPECT_EQ(read_text(written_files[i]), first[i]) << written_files[i];
    }
  }
}

TEST(Export, AFullDiskLeavesNothing) {
  const Folder folder;
  auto figures = small_figures();
  figures->series[2] = {};
  for (std::int64_t step = 0; step < 20000; ++step) figures->series[2].append({step, 0.1});
  for (const char* name : {"csv", "npz", "tensorboard"}) {
    const Export plan = plan_export(format(name), figures, folder / "new" / name);
    const FileSizeLimit full(100'000);
    EXPECT_THROW(write_exports({&plan, 1}), InputError) << name;
    EXPECT_EQ(folder.files(), 0u) << name;
  }
}

TEST(Export, WhatAnEarlierFormatWroteIsTakenBackAndOlderFilesStay) {
  const Folder folder;
  fs::create_directories(folder / "out");
  write_text(folder / "out" / "mine.txt", "mine");
  write_text(folder / "blocked", "a file and no folder");
  const auto figures = small_figures();
  const Export plans[] = {plan_export(format("csv"), figures, folder / "out"),
                          plan_export(format("npz"), figures, folder / "blocked" / "x")};
  EXPECT_THROW(write_exports(plans), InputError);
  EXPECT_EQ(read_text(folder / "out" / "mine.txt"), "mine");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "out"), fs::directory_iterator()), 1);
}

TEST(Export, NoNameLeadsOutOfTheFolder) {
  EXPECT_EQ(file_stem("overlap/layer2"), "overlap-layer2");
  EXPECT_EQ(file_stem("../../x"), "..-..-x");
  auto figures = small_figures();
  auto description = std::make_shared<Description>(*figures->description);
  description->metrics[3].name = "../../../evil";
  description->metrics[2].family = "/abs/olute";
  figures->description = description;
  for (const ExportFormat& each : export_formats()) {
    for (const ExportFile& file : each.files(figures)) {
      EXPECT_TRUE(file.name.is_relative());
      for (const fs::path& part : file.name) EXPECT_NE(part, "..") << file.name;
    }
  }
}

TEST(Export, NoTwoMetricsShareAFile) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(file_stems({"a/b", "a-b", "c", "a-b-2", "A/b"}), (Names{"a-b", "a-b-2", "c", "a-b-2-2", "A-b-3"}));
  auto figures = small_figures();
  auto description = std::make_shared<Description>(*figures->description);
  description->metrics.push_back(description->metrics[3]);
  description->metrics[4].name = "routing-layer1";
  description->metrics[1].family = "alpha_entropy/x";
  description->metrics[2].family = "alpha_entropy-x";
  figures->description = description;
  figures->series.emplace_back();
  figures->frames.push_back(figures->frames[3]);
  for (const ExportFormat& each : export_formats()) {
    std::set<std::string> names;
    const auto files = each.files(figures);
    for (const ExportFile& file : files) names.insert(file.name);
    EXPECT_EQ(names.size(), files.size()) << each.name;
  }
}

TEST(Export, NpzKeepsTheChangesApart) {
  auto figures = small_figures();
  auto description = std::make_shared<Description>(*figures->description);
  description->metrics[2].name = "changes";
  figures->description = description;
  EXPECT_THROW(written(npz_files(figures), "figures.npz"), InputError);
}

TEST(Export, ARunWithoutFiguresSaysSo) {
  auto figures = small_figures();
  EXPECT_TRUE(any_figures(*figures));
  figures->series.assign(4, {});
  figures->frames.assign(4, {});
  EXPECT_FALSE(any_figures(*figures));
}

}  // namespace
}  // namespace tessera::test
