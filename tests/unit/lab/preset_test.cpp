// Presets: what is read, what is refused and how, and that writing loses nothing.
#include "core/lab/preset.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/lab/text.h"
#include "tests/unit/lab/files.h"
#include "tests/unit/lab/random_preset.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::string> problems(std::string_view text, const CombinationCheck& check = {}) {
  const Result<Preset> read = read_preset(text, "x.json", table(), check);
  EXPECT_EQ(read.value.has_value(), read.problems.empty());
  std::vector<std::string> lines;
  for (const Problem& problem : read.problems) lines.push_back(problem.text());
  return lines;
}

// The only problem of a text.
std::string problem(std::string_view text) {
  const auto all = problems(text);
  if (all.size() != 1) ADD_FAILURE() << all.size() << " problems: " << testing::PrintToString(all);
  return all.empty() ? "" : all[0];
}

Preset good(std::string_view text) {
  Result<Preset> read = read_preset(text, "x.json", table());
  if (!read) throw InputError(read.problems);
  return *std::move(read.value);
}

TEST(Preset, AnEmptyOneIsAllDefaults) {
  const Preset preset = good("{}");
  EXPECT_TRUE(preset == Preset(table()));
  EXPECT_EQ(write_preset(preset, false), "{\n  \"schema\": 1\n}\n");
}

TEST(Preset, ReadsEverything) {
  const Preset preset = good(R"({
    "$schema": "../schema.json",
    "schema": 1,
    "title": "First light",
    "about": "Two\nlines",
    "watch": "entropy",
    "minutes": 1.5,
    "model": {"depth": 3, "router": {"kind": "sparsemax", "temperature": 2, "k": 4.0, "jitter": true},
              "layer2": {"router": {"temperature": 0.5}}},
    "task": {"data": {"path": "/d\u00e9"}, "batch": 64},
    "schedule": [{"step": 20, "path": "model.router.temperature", "value": 0.1, "ramp": 5},
                 {"step": 10, "path": "model.layer1.router.temperature", "value": 1},
                 {"step": 10, "path": "task.order", "value": "sorted"}],
    "view": {"panels": ["curves", "overlap"], "layer": 2, "series": ["alpha_entropy"]}})");
  EXPECT_EQ(preset.title, "First light");
  EXPECT_EQ(preset.about, "Two\nlines");
  EXPECT_EQ(preset.watch, "entropy");
  EXPECT_EQ(preset.minutes, 1.5);
  EXPECT_EQ(preset.parameters.integer("model.depth"), 3);
  EXPECT_EQ(preset.parameters.text("model.router.kind"), "sparsemax");
  EXPECT_EQ(preset.parameters.real("model.router.temperature"), 2);
  EXPECT_EQ(preset.parameters.integer("model.router.k"), 4);
  EXPECT_TRUE(preset.parameters.boolean("model.router.jitter"));
  EXPECT_EQ(preset.parameters.real("model.layer2.router.temperature"), 0.5);
  EXPECT_EQ(preset.parameters.text("task.data.path"), "/d\xC3\xA9");
  EXPECT_EQ(preset.parameters.integer("model.width"), 64) << "a default";
  const std::vector<Intervention> schedule = {{10, "model.layer1.router.temperature", 1.0, 0},
                                              {10, "task.order", "sorted", 0},
                                              {20, "model.router.temperature", 0.1, 5}};
  EXPECT_EQ(preset.schedule, schedule) << "sorted by step, otherwise as it was";
  EXPECT_EQ(preset.view, (View{{"curves", "overlap"}, 2, {"alpha_entropy"}}));
}

TEST(Preset, MalformedJsonIsPlaced) {
  EXPECT_EQ(problem("").substr(0, 25), "x.json: line 1, column 1:");
  EXPECT_EQ(problem("{\n  \"model\": {\n    \"depth\": }\n}").substr(0, 26), "x.json: line 3, column 14:");
  EXPECT_EQ(problem("{} {}").substr(0, 25), "x.json: line 1, column 4:");
  EXPECT_EQ(problem("{\"a\": 1,}").substr(0, 25), "x.json: line 1, column 9:");
  EXPECT_EQ(problem("// no comments\n{}").substr(0, 25), "x.json: line 1, column 1:");
  for (const char* text : {"{", "}", "nul", "\"", "{\"a\"", "[1,2", "\\", "{'a': 1}", "\x01", "{\"a\": 01}",
                           "{\"a\": .5}", "{\"title\": \"\xFF\"}", "{\"title\": \"\\ud800\"}", "{\"title\": \"\t\"}"}) {
    const std::string found = problem(text);
    EXPECT_EQ(found.substr(0, 20), "x.json: line 1, colu") << text;
    EXPECT_GT(found.size(), 30u) << text;
  }
}

TEST(Preset, NumbersMustBeFinite) {
  for (const char* number : {"NaN", "nan", "Infinity", "-Infinity", "1e999", "-1e999", "+1"}) {
    const std::string found = problem(R"({"model": {"router": {"temperature": )" + std::string(number) + "}}}");
    EXPECT_EQ(found.substr(0, 21), "x.json: line 1, colum") << found;
  }
  EXPECT_NE(problem(R"({"minutes": 1e999})").find("1e999"), std::string::npos);
}

TEST(Preset, OnlyAnObject) {
  EXPECT_EQ(problem("[]"), "x.json: []; allowed: an object, {...}");
  EXPECT_EQ(problem("3"), "x.json: 3; allowed: an object, {...}");
  EXPECT_EQ(problem("null"), "x.json: null; allowed: an object, {...}");
}

TEST(Preset, DuplicateKeysAreRefused) {
  EXPECT_EQ(problem(R"({"title": "a", "title": "b"})"), "x.json: title: this key is given twice; allowed: once");
  EXPECT_EQ(problem(R"({"model": {"router": {"k": 1, "k": 2}}})"),
            "x.json: model.router.k: this key is given twice; allowed: once");
  EXPECT_EQ(problem(R"({"schedule": [{"step": 1, "step": 2}]})"),
            "x.json: schedule.[].step: this key is given twice; allowed: once");
}

TEST(Preset, UnknownKeysAreAnswered) {
  EXPECT_EQ(problem(R"({"model": {"router": {"temprature": 1}}})"),
            "x.json: model.router.temprature: unknown key; did you mean \"temperature\"?; "
            "allowed: kind, temperature, k, jitter, jitter_std");
  EXPECT_EQ(problem(R"({"modle": {}})").substr(0, 51), "x.json: modle: unknown key; did you mean \"model\"?; ");
  EXPECT_EQ(problem(R"({"model": {"layer1": {"depth": 3}}})"),
            "x.json: model.layer1.depth: unknown key; allowed: router");
  EXPECT_EQ(problem(R"({"model": {"layer01": {}}})"),
            "x.json: model.layer01: unknown key; allowed: depth, width, router, layer0, layer1, ...");
  EXPECT_EQ(problem(R"({"task": {"layer0": {}}})"), "x.json: task.layer0: unknown key; allowed: data, order, batch");
  EXPECT_EQ(problem(R"({"model": {"router.k": 3}})"),
            "x.json: model.router.k: key with a dot; allowed: objects within objects, {\"model\": {...}}");
  EXPECT_EQ(problem(R"({"": 3})").substr(0, 22), "x.json: : unknown key;");
  EXPECT_EQ(problem(R"({"": {"run": {"seed": 3}}})").substr(0, 22), "x.json: : unknown key;");
  EXPECT_EQ(problem(R"({"model": {"": {}}})").substr(0, 28), "x.json: model.: unknown key;");
  EXPECT_EQ(problem(R"({"view": {"panel": []}})"),
            "x.json: view.panel: unknown key; did you mean \"panels\"?; allowed: panels, layer, series");
}

TEST(Preset, WrongTypesAndRanges) {
  EXPECT_EQ(problem(R"({"model": {"router": {"temperature": "hot"}}})"),
            "x.json: model.router.temperature: \"hot\"; allowed: 0.01 to 100");
  EXPECT_EQ(problem(R"({"model": {"router": {"temperature": 0}}})"),
            "x.json: model.router.temperature: 0; allowed: 0.01 to 100");
  EXPECT_EQ(problem(R"({"model": {"router": {"temperature": null}}})"),
            "x.json: model.router.temperature: null; allowed: 0.01 to 100");
  EXPECT_EQ(problem(R"({"model": {"router": {"temperature": [1]}}})"),
            "x.json: model.router.temperature: [...]; allowed: 0.01 to 100");
  EXPECT_EQ(problem(R"({"model": {"depth": {"a": 1}}})"),
            "x.json: model.depth: {...}; allowed: whole numbers, 1 to 16");
  EXPECT_EQ(problem(R"({"model": {"depth": 2.5}})"), "x.json: model.depth: 2.5; allowed: whole numbers, 1 to 16");
  EXPECT_EQ(problem(R"({"run": {"seed": 18446744073709551615}})"),
            "x.json: run.seed: 18446744073709551616; allowed: whole numbers, 0 to 2147483647");
  EXPECT_EQ(problem(R"({"run": {"seed": -1}})"), "x.json: run.seed: -1; allowed: whole numbers, 0 to 2147483647");
  EXPECT_EQ(problem(R"({"model": {"router": 5}})"),
            "x.json: model.router: 5; allowed: an object with kind, temperature, k, jitter, jitter_std");
  EXPECT_EQ(problem(R"({"model": []})"), "x.json: model: []; allowed: an object with depth, width, router");
  EXPECT_EQ(problem(R"({"model": {"layer1": {"router": 5}}})").substr(0, 30), "x.json: model.layer1.router: 5");
  EXPECT_EQ(problem(R"({"model": {"layer7": {"router": {"k": 3}}}})"),
            "x.json: model.layer7.router.k: layer 7; allowed: layers 0 to 3 (model.depth is 4)");
  EXPECT_EQ(problem(R"({"title": 3})"), "x.json: title: 3; allowed: text of at most 200 bytes on one line");
  EXPECT_EQ(problem(R"({"title": "a\nb"})").substr(0, 24), "x.json: title: \"a?b\"; al");
  EXPECT_EQ(problem(R"({"about": "a\u0000b"})").substr(0, 24), "x.json: about: \"a?b\"; al");
  EXPECT_EQ(problem(R"({"minutes": -1})"), "x.json: minutes: -1; allowed: 0 to 1e+06");
  EXPECT_EQ(problem(R"({"view": {"panels": "curves"}})"),
            "x.json: view.panels: \"curves\"; allowed: an array of at most 64 names");
  EXPECT_EQ(problem(R"({"view": {"panels": [""]}})").substr(0, 26), "x.json: view.panels: [...]");
  EXPECT_EQ(problem(R"({"view": {"layer": -2}})"), "x.json: view.layer: -2; allowed: whole numbers, -1 to 9999");
  EXPECT_EQ(problem(R"({"view": 1})"), "x.json: view: 1; allowed: an object with panels, layer and series");
}

TEST(Preset, Schedules) {
  const auto one = [](const std::string& item) { return problem(R"({"schedule": [)" + item + "]}"); };
  EXPECT_EQ(one(R"({"step": 1, "path": "model.depth", "value": 2})"),
            "x.json: schedule[0].path: \"model.depth\" can't change while training; allowed: model.router.temperature, "
            "model.router.jitter, model.router.jitter_std, task.order, task.batch, run.steps, run.pace");
  EXPECT_EQ(one(R"({"step": 1, "path": "model.router.temperature", "value": 0})"),
            "x.json: schedule[0]: model.router.temperature: 0; allowed: 0.01 to 100");
  EXPECT_EQ(one(R"({"step": 1, "path": "model.router.temprature", "value": 1})"),
            "x.json: schedule[0]: model.router.temprature: there is no such parameter; did you mean "
            "\"model.router.temperature\"?");
  EXPECT_EQ(one(R"({"step": 1, "path": "model.layer4.router.temperature", "value": 1})"),
            "x.json: schedule[0]: model.layer4.router.temperature: layer 4; allowed: layers 0 to 3 (model.depth is 4)");
  EXPECT_EQ(one(R"({"step": -1, "path": "task.batch", "value": 1})"),
            "x.json: schedule[0].step: -1; allowed: whole numbers, 0 to 1000000000000");
  EXPECT_EQ(one(R"({"step": 1.5, "path": "task.batch", "value": 1})"),
            "x.json: schedule[0].step: 1.5; allowed: whole numbers, 0 to 1000000000000");
  EXPECT_EQ(one(R"({"step": 1, "path": "task.order", "value": "sorted", "ramp": 5})"),
            "x.json: schedule[0].ramp: 5; allowed: 0: only numbers can change gradually");
  EXPECT_EQ(one(R"({"step": 1, "path": "model.router.jitter", "value": true, "ramp": 5})"),
            "x.json: schedule[0].ramp: 5; allowed: 0: only numbers can change gradually");
  EXPECT_EQ(one(R"({"step": 1, "path": "task.batch", "value": 3, "ramp": -5})"),
            "x.json: schedule[0].ramp: -5; allowed: whole numbers, 0 to 1000000000000");
  EXPECT_EQ(one(R"({"step": 5, "path": "run.steps", "value": 5})"),
            "x.json: schedule[0].value: 5; allowed: more than 5: so many steps are done by then");
  EXPECT_EQ(one(R"({"step": 5, "path": "run.steps", "value": 50, "ramp": 2})"),
            "x.json: schedule[0].ramp: 2; allowed: 0: run.steps changes at once");
  EXPECT_EQ(one(R"({"step": 1, "path": "task.batch", "value": null})"),
            "x.json: schedule[0].value: null; allowed: a number, true, false or a text");
  EXPECT_EQ(one(R"({"step": 1, "path": "task.batch"})"), "x.json: schedule[0]: no value");
  EXPECT_EQ(one(R"({"step": 1, "path": "task.batch", "value": 3, "rampp": 4})"),
            "x.json: schedule[0].rampp: unknown key; did you mean \"ramp\"?; allowed: step, path, value, ramp");
  EXPECT_EQ(one("5"), "x.json: schedule[0]: 5; allowed: an object with step, path, value and ramp");
  EXPECT_EQ(one(R"({"step": 1, "path": "task.batch", "value": 3}, {"step": 1, "path": "task.batch", "value": 4})"),
            "x.json: schedule[1]: task.batch changes twice at step 1; allowed: once");
  EXPECT_EQ(problem(R"({"schedule": {}})"), "x.json: schedule: {}; allowed: an array of at most 20000 interventions");
}

TEST(Preset, ReportsEveryProblem) {
  const auto all =
      problems(R"({"model": {"depth": 99, "router": {"k": 0, "kind": "no"}}, "titel": "x", "minutes": "long",
                                "schedule": [{"step": 1, "path": "nowhere", "value": 1}, 3], "view": {"layer": "top"}})");
  EXPECT_EQ(all.size(), 8u) << testing::PrintToString(all);
}

TEST(Preset, ANewerSchemaIsSaidAlone) {
  EXPECT_EQ(problem(R"({"schema": 2, "unheard": {"of": 1}})"),
            "x.json: schema: 2 (a newer version of Tessera wrote this preset); allowed: 1");
  EXPECT_EQ(problem(R"({"schema": 18446744073709551615})").find("x.json: schema: 18446744073709551615 (a newer"), 0u);
  EXPECT_EQ(problem(R"({"schema": 0})"), "x.json: schema: 0; allowed: 1");
  EXPECT_EQ(problem(R"({"schema": -3})"), "x.json: schema: -3; allowed: 1");
  EXPECT_EQ(problem(R"({"schema": "1"})"), "x.json: schema: \"1\"; allowed: 1");
  EXPECT_EQ(problem(R"({"schema": 1.5})"), "x.json: schema: 1.5; allowed: 1");
  EXPECT_EQ(problem(R"({"schema": null})"), "x.json: schema: null; allowed: 1");
}

TEST(Preset, TheScheduleIsCheckedTogetherWithTheParameters) {
  // The batch may be 128 at most, and 10 with jitter.
  const CombinationCheck check = [](const Parameters& parameters) -> std::vector<Problem> {
    const std::int64_t most = parameters.boolean("model.router.jitter") ? 10 : 128;
    if (parameters.integer("task.batch") <= most) return {};
    return {{"task.batch", number_text(parameters.integer("task.batch")), "at most " + number_text(most)}};
  };
  const auto read = [&](const std::string& schedule) {
    return read_preset(R"({"schedule": [)" + schedule + "]}", "x.json", table(), check);
  };
  const auto result = read(R"({"step": 9, "path": "model.router.jitter", "value": true},
                              {"step": 5, "path": "task.batch", "value": 200},
                              {"step": 7, "path": "task.batch", "value": 100})");
  ASSERT_EQ(result.problems.size(), 2u) << "what follows a mistake is not blamed for it";
  EXPECT_EQ(result.problems[0].text(), "x.json: schedule, step 5: task.batch: 200; allowed: at most 128");
  EXPECT_EQ(result.problems[1].text(), "x.json: schedule, step 9: task.batch: 100; allowed: at most 10");
  EXPECT_TRUE(read(R"({"step": 5, "path": "model.router.jitter", "value": true},
                      {"step": 5, "path": "task.batch", "value": 8})"))
      << "what changes at one step changes together";
}

TEST(Preset, CombinationsAreCheckedLast) {
  const CombinationCheck check = [](const Parameters& parameters) {
    std::vector<Problem> found;
    if (parameters.integer("model.router.k") > parameters.integer("model.depth")) {
      found.push_back({"model.router.k", to_string(parameters.get("model.router.k")), "at most the depth"});
    }
    return found;
  };
  EXPECT_EQ(problems(R"({"model": {"router": {"k": 5}}})", check),
            std::vector<std::string>{"x.json: model.router.k: 5; allowed: at most the depth"});
  EXPECT_TRUE(problems(R"({"model": {"router": {"k": 4}}})", check).empty());
  EXPECT_EQ(problems(R"({"model": {"router": {"k": 5, "kind": 1}}})", check).size(), 1u) << "not of half a preset";
}

TEST(Preset, LargeAndDeepInputsEndSoon) {
  EXPECT_EQ(problem(std::string(5 << 20, ' ')), "x.json: 5242880 bytes; allowed: at most 4194304 bytes");
  EXPECT_NE(problem(std::string(1 << 20, '[')).find("nested deeper than 16 levels"), std::string::npos);
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_NE(problem(objects).find("nested deeper than 16 levels"), std::string::npos);

  std::string keys = "{";
  for (int i = 0; i < 200000; ++i) keys += "\"" + std::to_string(i) + "\": 0, ";
  const auto many = problems(keys + "\"x\": 0}");
  EXPECT_GE(many.size(), 100u);
  EXPECT_LE(many.size(), 2000u) << "enough is enough";

  std::string twice = "{";
  for (int i = 0; i < 200000; ++i) twice += "\"a\": 0, ";
  EXPECT_LE(problems(twice + "\"x\": 0}").size(), 2000u);

  std::string schedule = "{\"schedule\": [";
  for (int i = 0; i < 20001; ++i) schedule += "0,";
  EXPECT_EQ(problem(schedule + "0]}"),
            "x.json: schedule: 20002 entries; allowed: an array of at most 20000 interventions");
  EXPECT_LE(problems("{\"" + std::string(1 << 20, 'k') + "\": 0}")[0].size(), 1000u) << "messages stay short";
}

TEST(Preset, RoundTrips) {
  RandomPresets random(1);
  for (int i = 0; i < 500; ++i) {
    const Preset preset = random.preset();
    for (const bool complete : {false, true}) {
      const std::string text = write_preset(preset, complete);
      const Result<Preset> again = read_preset(text, "x.json", table());
      ASSERT_TRUE(again) << again.problems[0].text() << "\n" << text;
      ASSERT_TRUE(*again.value == preset) << text;
      ASSERT_EQ(write_preset(*again.value, complete), text);
    }
  }
}

TEST(Preset, EqualityIsOfContent) {
  Preset a(table()), b(table());
  b.name = "elsewhere";
  EXPECT_TRUE(a == b);
  b.watch = "this";
  EXPECT_FALSE(a == b);
  b = a;
  b.schedule.push_back({0, "task.batch", std::int64_t{1}, 0});
  EXPECT_FALSE(a == b);
  b = a;
  b.view.layer = 0;
  EXPECT_FALSE(a == b);
  b = a;
  ASSERT_TRUE(b.parameters.set("run.seed", std::int64_t{5}).empty());
  EXPECT_FALSE(a == b);
}

TEST(Preset, WritesWhatDiffersOrEverything) {
  const Preset preset =
      good(R"({"title": "T", "model": {"router": {"temperature": 0.1}, "layer0": {"router": {"k": 2}}},
                                 "schedule": [{"step": 3, "path": "task.batch", "value": 5, "ramp": 2}]})");
  EXPECT_EQ(write_preset(preset, false), R"({
  "schema": 1,
  "title": "T",
  "model": {
    "router": {
      "temperature": 0.1
    },
    "layer0": {
      "router": {
        "k": 2
      }
    }
  },
  "schedule": [
    {"step": 3, "path": "task.batch", "value": 5, "ramp": 2}
  ]
}
)");
  const json complete = json::parse(write_preset(preset, true));
  for (const ParameterSpec& spec : table().specs()) {
    std::string pointer = "/" + spec.path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    EXPECT_TRUE(complete.contains(json::json_pointer(pointer))) << spec.path;
  }
}

TEST(PresetFile, SavesAndLoads) {
  const Folder folder;
  fs::create_directories(folder / "presets/routers");
  const fs::path file = folder / "presets/routers/sharp.json";
  Preset preset = RandomPresets(2).preset();
  preset.title = "Sharp";
  save_preset(preset, file);
  EXPECT_EQ(read_text(file), write_preset(preset, false));
  const Result<Preset> loaded = load_preset(file, table());
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(*loaded.value == preset);
  EXPECT_EQ(loaded.value->name, "routers/sharp");
  save_preset(Preset(table()), folder / "mine.json");
  EXPECT_EQ(load_preset(folder / "mine.json", table()).value->name, "mine") << "outside of presets/";
}

TEST(PresetFile, OnlyTheInnermostFolderOfPresetsNamesIt) {
  const Folder folder;
  fs::create_directories(folder / "presets/checkout/presets/routers");
  const auto named = [&](const std::string& file) {
    save_preset(Preset(table()), folder / file);
    return load_preset(folder / file, table()).value->name;
  };
  EXPECT_EQ(named("presets/checkout/presets/routers/sharp.json"), "routers/sharp");
  EXPECT_EQ(named("presets/checkout/presets/routers/presets"), "routers/presets") << "a file is no folder";
}

TEST(PresetFile, LoadingSaysWhatIsWrongWithTheFile) {
  const Folder folder;
  const auto text = [](const fs::path& path) {
    const Result<Preset> loaded = load_preset(path, table());
    return loaded ? "" : loaded.problems[0].text();
  };
  EXPECT_EQ(text(folder / "none.json"),
            (folder / "none.json").string() + ": there is no such file; allowed: a readable file with a preset (JSON)");
  EXPECT_NE(text(folder.path()).find("this is not a file"), std::string::npos);
  EXPECT_NE(text("/dev/zero").find("this is not a file"), std::string::npos);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_NE(text(folder / "pipe").find("this is not a file"), std::string::npos) << "and it doesn't wait for it";
  write_text(folder / "bad.json", "{\"title\": 3}");
  EXPECT_EQ(text(folder / "bad.json").find((folder / "bad.json").string() + ": title: 3"), 0u);
  std::ofstream(folder / "huge.json").close();
  fs::resize_file(folder / "huge.json", std::uintmax_t{1} << 40);
  EXPECT_NE(text(folder / "huge.json").find("bytes; allowed: at most"), std::string::npos);
}

TEST(PresetFile, ASaveThatFailsChangesNothing) {
  const Folder folder;
  write_text(folder / "p.json", "old");
  Preset preset(table());
  preset.about = std::string(4000, 'a');
  {
    const FileSizeLimit limit(1000);
    EXPECT_THROW(save_preset(preset, folder / "p.json"), InputError);
  }
  EXPECT_EQ(read_text(folder / "p.json"), "old");
  EXPECT_EQ(folder.files(), 1u);
  EXPECT_THROW(save_preset(preset, folder / "no-folder/p.json"), InputError);
  EXPECT_THROW(save_preset(preset, folder.path()), InputError);
  EXPECT_THROW(save_preset(preset, "/proc/p.json"), InputError);
}

TEST(PresetFile, FindsTheShippedOnes) {
  const Folder folder;
  for (const char* file : {"mosaic/b.json", "specialize/z.json", "specialize/a.json", "zebra/x.json", "animals/y.json",
                           "routers/r.json", "surprise/s.json", "language/l.json", "conflict/c.json",
                           "competition/c.json", "schema.json", "routers/notes.txt", "routers/.hidden.json"}) {
    fs::create_directories((folder / file).parent_path());
    write_text(folder / file, "{}");
  }
  fs::create_directories(folder / "routers/folder.json");
  std::vector<std::string> names;
  for (const PresetFile& found : find_presets(folder.path())) {
    names.push_back(found.name);
    EXPECT_EQ(found.path, folder / (found.name + ".json"));
    EXPECT_EQ(found.topic, found.name.substr(0, found.name.find('/')));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"specialize/a", "specialize/z", "routers/r", "language/l", "competition/c",
                                             "conflict/c", "mosaic/b", "surprise/s", "animals/y", "zebra/x"}));
  EXPECT_TRUE(find_presets(folder / "nowhere").empty());
}

TEST(PresetSchema, DescribesEveryParameter) {
  const json schema = json::parse(preset_schema_json(table()));
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["additionalProperties"], false);
  const auto at = [&](std::string pointer) -> const json& {
    std::size_t position = 0;
    while ((position = pointer.find('.')) != std::string::npos) pointer.replace(position, 1, "/properties/");
    return schema.at(json::json_pointer("/properties/" + pointer));
  };
  for (const ParameterSpec& spec : table().specs()) {
    const json& own = at(spec.path);
    EXPECT_EQ(own["title"], spec.label);
    EXPECT_EQ(own["description"].get<std::string>().find(spec.help), 0u);
    EXPECT_TRUE(own.contains("default"));
    EXPECT_EQ(at(spec.path.substr(0, spec.path.find('.')))["additionalProperties"], false);
  }
  EXPECT_EQ(at("model.router.temperature")["minimum"], 0.01);
  EXPECT_EQ(at("model.router.temperature")["maximum"], 100);
  EXPECT_EQ(at("model.router.temperature")["type"], "number");
  EXPECT_EQ(at("model.router.k")["type"], "integer");
  EXPECT_EQ(at("model.router.kind")["enum"], (json{"softmax", "sigmoid", "sparsemax"}));
  const json& layers = at("model")["patternProperties"];
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_EQ(layers.begin().key(), "^layer(0|[1-9][0-9]{0,3})$");
  EXPECT_EQ((*layers.begin())["properties"].size(), 1u) << "only what may differ between layers";
  EXPECT_FALSE(at("task").contains("patternProperties"));
  const json& paths = schema["properties"]["schedule"]["items"]["properties"]["path"]["anyOf"];
  EXPECT_EQ(paths[0]["enum"][0], "model.router.temperature");
}

}  // namespace
}  // namespace tessera::test
