// Settings survive a restart, and nothing that stands in the file can hurt.
#include "app/window/settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace tessera {
namespace {

namespace fs = std::filesystem;

class SettingsFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tessera-settings-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }
  void write(const std::string& text) const { std::ofstream(folder / "settings.json") << text; }
  std::string read(const char* name) const {
    std::ifstream file(folder / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  fs::path folder;
};

Settings unusual() {
  Settings s;
  s.dark = false;
  s.scale = 1.25;
  s.width = 1111;
  s.height = 777;
  s.maximized = true;
  s.layout = "[Window][a \"quoted\" name]\nPos=1,2\n";
  s.panels["curves"] = {false, "smoothing=0.6"};
  s.recent = {"/tmp/a.json", "/tmp/b c.json"};
  return s;
}

TEST_F(SettingsFolder, SurviveARestart) {
  {
    SettingsFile file(folder / "made" / "new");
    file.settings = unusual();
    EXPECT_EQ(file.save(), "");
  }
  const SettingsFile again(folder / "made" / "new");
  EXPECT_EQ(again.settings, unusual());
  EXPECT_EQ(again.complaint(), "");
}

TEST_F(SettingsFolder, AMissingFileIsAFirstStart) {
  const SettingsFile file(folder);
  EXPECT_EQ(file.settings, Settings());
  EXPECT_EQ(file.complaint(), "");
}

TEST_F(SettingsFolder, ABrokenFileIsKeptAndReplaced) {
  write("{\"version\": 1, \"theme\"");
  SettingsFile file(folder);
  EXPECT_EQ(file.settings, Settings());
  EXPECT_NE(file.complaint(), "");
  file.settings.dark = false;
  EXPECT_EQ(file.save(), "");
  EXPECT_EQ(read("settings.broken.json"), "{\"version\": 1, \"theme\"");
  EXPECT_FALSE(SettingsFile(folder).settings.dark);
}

TEST_F(SettingsFolder, AFileOfANewerVersionIsLeftAlone) {
  const std::string newer = "{\"version\": 99, \"theme\": {\"contrast\": 3}}";
  write(newer);
  SettingsFile file(folder);
  EXPECT_NE(file.complaint(), "");
  file.settings.dark = false;
  EXPECT_EQ(file.save(), "");
  EXPECT_EQ(read("settings.json"), newer);
}

TEST_F(SettingsFolder, WrongValuesKeepTheirDefaults) {
  const std::string cases[] = {
      R"({"version": 1, "scale": "big", "theme": 3, "window": [], "recent": {"a": 1}, "panels": 7, "layout": null})",
      R"({"version": 1, "window": {"width": "wide", "maximized": 1}, "recent": [1, null], "panels": {"curves": 3}})"};
  for (const std::string& text : cases) {
    const SettingsText read = read_settings(text);
    EXPECT_EQ(read.settings, Settings()) << text;
    EXPECT_EQ(read.complaint, "") << text;
  }
  EXPECT_EQ(read_settings(R"({"version": 1, "scale": 1e8, "window": {"width": -4}})").settings.scale, max_scale);
  EXPECT_EQ(read_settings(R"({"version": 1, "scale": 1e8, "window": {"width": -4}})").settings.width, 640);
  for (const char* text : {"", "[]", "3", "{}", "{\"version\": \"1\"}", "\xff\xfe"}) {
    EXPECT_EQ(read_settings(text).settings, Settings()) << text;
    EXPECT_NE(read_settings(text).complaint, "") << text;
  }
}

TEST_F(SettingsFolder, AFolderThatCannotBeWrittenIsSaidOnce) {
  std::ofstream(folder / "file") << "in the way";
  SettingsFile file(folder / "file");
  file.settings.dark = false;
  EXPECT_NE(file.save(), "");
  EXPECT_EQ(file.save(), "");
}

TEST(Settings, RecentPresetsAreOrderedAndFew) {
  Settings s;
  for (int i = 0; i < 40; ++i) remember(s, "/p/" + std::to_string(i) + ".json");
  EXPECT_EQ(s.recent.size(), max_recent);
  EXPECT_EQ(s.recent.front(), fs::path("/p/39.json"));
  remember(s, "/p/35.json");
  EXPECT_EQ(s.recent.size(), max_recent);
  EXPECT_EQ(s.recent.front(), fs::path("/p/35.json"));
  EXPECT_EQ(s.recent[1], fs::path("/p/39.json"));
}

}  // namespace
}  // namespace tessera
