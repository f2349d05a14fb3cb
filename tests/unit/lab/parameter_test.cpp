// Parameters: what a description becomes, which values are taken, and what is said of the others.
#include "core/lab/parameter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/unit/lab/test_table.h"

namespace tessera::test {
namespace {

std::string refused(std::string_view path, const Value& value, std::string_view where = "") {
  Parameters parameters(table());
  const Parameters before = parameters;
  const std::vector<Problem> problems = parameters.set(path, value, where);
  EXPECT_TRUE(problems.empty() || parameters == before) << "refused, and yet changed";
  return problems.empty() ? "" : problems[0].text();
}

TEST(Parameter, TheDescriptionBecomesSpecs) {
  const ParameterSpec* k = table().find("model.router.k");
  ASSERT_NE(k, nullptr);
  EXPECT_EQ(k->path, "model.router.k");
  EXPECT_EQ(k->group, "Router");
  EXPECT_EQ(k->label, "k");
  EXPECT_EQ(k->kind, Kind::integer);
  EXPECT_EQ(k->range.min, 1);
  EXPECT_EQ(k->range.max, 64);
  EXPECT_EQ(k->unit, "experts");
  EXPECT_EQ(k->help, "Experts that serve a token.");
  EXPECT_EQ(k->applies, Applies::rebuild);
  EXPECT_EQ(k->default_value, Value(std::int64_t{2}));
  EXPECT_TRUE(k->per_layer);
  EXPECT_EQ(k->when.path, "model.router.kind") << "a sibling's name becomes its path";
  EXPECT_EQ(k->when.values, (std::vector<std::string>{"softmax", "sigmoid"}));
  EXPECT_EQ(table().find("model.router.jitter_std")->label, "jitter std");
  EXPECT_EQ(table().find("task.data.path")->kind, Kind::text);
  EXPECT_FALSE(table().find("task.data.path")->per_layer);
  EXPECT_EQ(table().find("model.router.kind")->choices, (std::vector<std::string>{"softmax", "sigmoid", "sparsemax"}));
  EXPECT_EQ(table().find("model.router"), nullptr);
  EXPECT_EQ(table().find(""), nullptr);
}

TEST(Parameter, OrderIsThatOfTheDescription) {
  std::vector<std::string> paths;
  for (const ParameterSpec& spec : table().specs()) paths.push_back(spec.path);
  ASSERT_EQ(paths.size(), 13u);
  EXPECT_EQ(paths[0], "model.depth");
  EXPECT_EQ(paths[2], "model.router.kind");
  EXPECT_EQ(paths[12], "run.pace");
}

TEST(Parameter, AConditionMayNameAnyPath) {
  ParameterTable two;
  two.add("task", "Task", false, [](Describer& d) {
    std::string kind = "a";
    d.choice("kind", kind, {"a", "b"}, "Which one.", Applies::rebuild);
  });
  two.add("model", "Model", false, [](Describer& d) {
    std::int64_t heads = 1;
    d.integer("heads", heads, {.min = 1, .max = 9}, "", "How many.", Applies::rebuild, {"/task.kind", {"b"}});
  });
  const Condition& when = two.find("model.heads")->when;
  EXPECT_EQ(when.path, "task.kind");
  Parameters parameters(two);
  EXPECT_FALSE(parameters.holds(when));
  EXPECT_TRUE(parameters.set("task.kind", std::string("b")).empty());
  EXPECT_TRUE(parameters.holds(when));
}

void describe_badly(const char* prefix, const std::function<void(Describer&)>& how) {
  ParameterTable bad;
  bad.add("a", "A", false, [](Describer& d) {
    double x = 0;
    d.real("b", x, {.min = 0, .max = 1}, "", "", Applies::live);
  });
  bad.add(prefix, "B", false, how);
}

TEST(Parameter, ADescriptionThatMakesNoSenseIsAnError) {
  const auto real = [](const char* name, double value, Range range) {
    return [=](Describer& d) {
      double x = value;
      d.real(name, x, range, "", "", Applies::live);
    };
  };
  EXPECT_NO_THROW(describe_badly("c", real("x", 0.5, {0, 1})));
  EXPECT_THROW(describe_badly("c", real("x", 2, {0, 1})), std::logic_error) << "default out of range";
  EXPECT_THROW(describe_badly("c", real("x", 0, {1, 0})), std::logic_error);
  EXPECT_THROW(describe_badly("c", real("x", 0, {0, INFINITY})), std::logic_error);
  EXPECT_THROW(describe_badly("a", real("b", 0, {0, 1})), std::logic_error) << "twice";
  EXPECT_THROW(describe_badly("a.b", real("c", 0, {0, 1})), std::logic_error) << "a value can't have members";
  EXPECT_THROW(describe_badly("", real("a", 0, {0, 1})), std::logic_error) << "an object can't be a value";
  EXPECT_THROW(describe_badly("schedule", real("x", 0, {0, 1})), std::logic_error) << "a key of presets";
  EXPECT_THROW(describe_badly("c.layer2", real("x", 0, {0, 1})), std::logic_error) << "means one layer";
  EXPECT_THROW(describe_badly("c", real("Xy", 0, {0, 1})), std::logic_error);
  EXPECT_THROW(describe_badly("c", real("x..y", 0, {0, 1})), std::logic_error);
  EXPECT_THROW(describe_badly("c",
                              [](Describer& d) {
                                std::string x = "no such choice";
                                d.choice("x", x, {"one", "two"}, "", Applies::live);
                              }),
               std::logic_error);
}

TEST(Parameter, TakesWhatIsAllowed) {
  Parameters parameters(table());
  EXPECT_EQ(parameters.real("model.router.temperature"), 1);
  const auto set = [&](std::string_view path, const Value& value) { return parameters.set(path, value).empty(); };
  EXPECT_TRUE(set("model.router.temperature", 0.01)) << "ranges are closed";
  EXPECT_TRUE(set("model.router.temperature", 100.0));
  EXPECT_TRUE(set("model.router.temperature", std::int64_t{3})) << "whole numbers are reals";
  EXPECT_EQ(parameters.get("model.router.temperature"), Value(3.0));
  EXPECT_TRUE(set("model.router.k", 4.0)) << "and whole reals are integers";
  EXPECT_EQ(parameters.get("model.router.k"), Value(std::int64_t{4}));
  EXPECT_TRUE(set("model.router.jitter", true));
  EXPECT_TRUE(set("model.router.kind", std::string("sparsemax")));
  EXPECT_TRUE(set("task.data.path", std::string("/data/Mode d'emploi \xC3\xA9")));
  EXPECT_TRUE(set("model.router.jitter_std", -0.0));
  EXPECT_FALSE(std::signbit(parameters.real("model.router.jitter_std")));
}

TEST(Parameter, SaysWhatIsWrongAndWhatIsAllowed) {
  EXPECT_EQ(refused("model.router.temperature", 0.0), "model.router.temperature: 0; allowed: 0.01 to 100");
  EXPECT_EQ(refused("model.router.temperature", std::nextafter(100.0, 101), "x.json"),
            "x.json: model.router.temperature: 100.00000000000001; allowed: 0.01 to 100");
  EXPECT_EQ(refused("model.router.temperature", std::string("hot")),
            "model.router.temperature: \"hot\"; allowed: 0.01 to 100");
  EXPECT_EQ(refused("model.router.temperature", true), "model.router.temperature: true; allowed: 0.01 to 100");
  EXPECT_EQ(refused("model.router.temperature", std::nan("")), "model.router.temperature: nan; allowed: 0.01 to 100");
  EXPECT_EQ(refused("model.router.temperature", INFINITY), "model.router.temperature: inf; allowed: 0.01 to 100");
  EXPECT_EQ(refused("model.router.k", 2.5), "model.router.k: 2.5; allowed: whole numbers, 1 to 64");
  EXPECT_EQ(refused("model.router.k", 1e300), "model.router.k: 1e+300; allowed: whole numbers, 1 to 64");
  EXPECT_EQ(refused("model.router.k", std::nan("")), "model.router.k: nan; allowed: whole numbers, 1 to 64");
  EXPECT_EQ(refused("model.router.k", std::int64_t{65}), "model.router.k: 65; allowed: whole numbers, 1 to 64");
  EXPECT_EQ(refused("run.steps", std::int64_t{0}), "run.steps: 0; allowed: whole numbers, 1 to 1000000000");
  EXPECT_EQ(refused("run.seed", std::numeric_limits<std::int64_t>::max()),
            "run.seed: 9223372036854775807; allowed: whole numbers, 0 to 2147483647");
  EXPECT_EQ(refused("model.router.jitter", std::int64_t{1}), "model.router.jitter: 1; allowed: true or false");
  EXPECT_EQ(refused("model.router.kind", std::string("softmx")),
            "model.router.kind: \"softmx\" (did you mean \"softmax\"?); allowed: one of softmax, sigmoid, sparsemax");
  EXPECT_EQ(refused("model.router.kind", std::int64_t{2}),
            "model.router.kind: 2; allowed: one of softmax, sigmoid, sparsemax");
  const std::string text = "allowed: one line of text in UTF-8, at most 4096 bytes";
  EXPECT_NE(refused("task.data.path", std::string("two\nlines")).find(text), std::string::npos);
  EXPECT_NE(refused("task.data.path", std::string("\xFF")).find(text), std::string::npos);
  EXPECT_NE(refused("task.data.path", std::string("a\0b", 3)).find(text), std::string::npos);
  EXPECT_NE(refused("task.data.path", std::string(4097, 'x')).find(text), std::string::npos);
  EXPECT_EQ(refused("task.data.path", std::string(4096, 'x')), "");
  EXPECT_NE(refused("task.data.path", false).find(text), std::string::npos);
}

TEST(Parameter, UnknownPathsAreAnswered) {
  EXPECT_EQ(refused("model.router.temprature", 1.0),
            "model.router.temprature: there is no such parameter; did you mean \"model.router.temperature\"?");
  EXPECT_EQ(refused("model.layer1.router.kk", 1.0),
            "model.layer1.router.kk: there is no such parameter; did you mean \"model.layer1.router.k\"?");
  EXPECT_EQ(refused("colour", 1.0), "colour: there is no such parameter");
  EXPECT_EQ(refused("", 1.0), "there is no such parameter");
  EXPECT_EQ(refused("model.layer1.width", std::int64_t{8}),
            "model.layer1.width: this parameter is the same for all layers; allowed: model.width");
  EXPECT_EQ(refused("model\n\xFF", 1.0), "model??: there is no such parameter");
}

TEST(Parameter, ReadsTextOfTheCommandLine) {
  const auto read = [](const char* path, std::string_view text) {
    return parse_value(*table().find(path), text, std::string("--set ") + path);
  };
  EXPECT_EQ(*read("model.router.temperature", "0.5").value, Value(0.5));
  EXPECT_EQ(*read("model.router.temperature", "1e1").value, Value(10.0));
  EXPECT_EQ(*read("model.router.k", "7").value, Value(std::int64_t{7}));
  EXPECT_EQ(*read("run.steps", "1e6").value, Value(std::int64_t{1000000}));
  EXPECT_EQ(*read("model.router.jitter", "true").value, Value(true));
  EXPECT_EQ(*read("model.router.jitter", "false").value, Value(false));
  EXPECT_EQ(*read("model.router.kind", "sigmoid").value, Value("sigmoid"));
  EXPECT_EQ(*read("task.data.path", "").value, Value(""));
  for (const char* text : {"", " 1", "1 ", "1x", "nan", "inf", "-inf", "1e999", "0x10", "+1", "one", "1,5"}) {
    EXPECT_FALSE(read("model.router.temperature", text)) << text;
    EXPECT_FALSE(read("model.router.k", text)) << text;
  }
  for (const char* text : {"1.5", "99999999999999999999", "65"}) EXPECT_FALSE(read("model.router.k", text)) << text;
  for (const char* text : {"", "True", "1", "yes"}) EXPECT_FALSE(read("model.router.jitter", text)) << text;
  EXPECT_EQ(read("model.router.k", "many").problems[0].text(),
            "--set model.router.k: \"many\"; allowed: whole numbers, 1 to 64");
  EXPECT_EQ(read("model.router.k", "").problems[0].text(),
            "--set model.router.k: nothing; allowed: whole numbers, 1 to 64");
  EXPECT_EQ(read("model.router.k", "65").problems[0].text(),
            "--set model.router.k: 65; allowed: whole numbers, 1 to 64");
}

TEST(Parameter, TextReadsBackToTheSameValue) {
  const ParameterSpec& real = *table().find("model.router.temperature");
  const double values[] = {0.1, 1.0 / 3, 0.01, 99.99999999999999, 0.30000000000000004, 1, 50};
  for (const double value : values) {
    EXPECT_EQ(*parse_value(real, to_string(Value(value)), "").value, Value(value)) << to_string(Value(value));
  }
  EXPECT_EQ(to_string(Value(0.1)), "0.1");
  EXPECT_EQ(to_string(Value(std::int64_t{-3})), "-3");
  EXPECT_EQ(to_string(Value(true)), "true");
  EXPECT_EQ(to_string(Value("a b")), "a b");
}

TEST(Parameter, LayerPaths) {
  const auto layer = layer_path("model.layer2.router.k");
  ASSERT_TRUE(layer);
  EXPECT_EQ(layer->base, "model.router.k");
  EXPECT_EQ(layer->layer, 2);
  EXPECT_EQ(layer_override("model.router.k", 2), "model.layer2.router.k");
  EXPECT_EQ(layer_path("model.layer0.router.k")->layer, 0);
  EXPECT_EQ(layer_path("model.layer9999.router.k")->layer, 9999);
  for (const char* none : {"model.router.k", "model.layer.router.k", "model.layer02.router.k", "model.layer10000.k",
                           "model.layerx.router.k", "model.layer-1.router.k", "layer2.router.k", "model", "",
                           "model.router.layer2.k", "model.layer99999999999999999999.k"}) {
    EXPECT_FALSE(layer_path(none)) << none;
  }
}

TEST(Parameter, ALayerMayHaveItsOwnValue) {
  Parameters parameters(table());
  ASSERT_TRUE(parameters.set("model.router.k", std::int64_t{3}).empty());
  ASSERT_TRUE(parameters.set("model.layer1.router.k", std::int64_t{5}).empty());
  EXPECT_EQ(parameters.integer("model.router.k"), 3);
  EXPECT_EQ(parameters.integer("model.layer0.router.k"), 3);
  EXPECT_EQ(parameters.integer("model.layer1.router.k"), 5);
  EXPECT_EQ(parameters.load<RouterParameters>("model.router").k, 3);
  EXPECT_EQ(parameters.load<RouterParameters>("model.router", 0).k, 3);
  EXPECT_EQ(parameters.load<RouterParameters>("model.router", 1).k, 5);
  EXPECT_EQ(parameters.load<RouterParameters>("model.router", 1).kind, "softmax");
  ASSERT_TRUE(parameters.set("model.router.k", std::int64_t{4}).empty());
  EXPECT_EQ(parameters.integer("model.layer1.router.k"), 5) << "the base doesn't undo it";
  parameters.clear_override("model.layer1.router.k");
  parameters.clear_override("model.layer1.router.k");
  EXPECT_EQ(parameters.integer("model.layer1.router.k"), 4);
  EXPECT_TRUE(parameters.overrides().empty());
}

TEST(Parameter, LayersEndAtTheDepth) {
  Parameters parameters(table());  // depth 4
  EXPECT_EQ(refused("model.layer4.router.k", std::int64_t{5}),
            "model.layer4.router.k: layer 4; allowed: layers 0 to 3 (model.depth is 4)");
  EXPECT_TRUE(parameters.set("model.layer3.router.k", std::int64_t{5}).empty());
  EXPECT_TRUE(parameters.set("model.layer1.router.k", std::int64_t{6}).empty());
  EXPECT_TRUE(parameters.set("model.depth", std::int64_t{2}).empty());
  EXPECT_EQ(parameters.overrides().size(), 1u) << "of a layer that is gone";
  EXPECT_EQ(parameters.integer("model.layer1.router.k"), 6);
}

TEST(Parameter, LoadsAComponent) {
  Parameters parameters(table());
  ASSERT_TRUE(parameters.set("task.data.path", std::string("/data")).empty());
  ASSERT_TRUE(parameters.set("task.order", std::string("sorted")).empty());
  ASSERT_TRUE(parameters.set("model.router.jitter", true).empty());
  ASSERT_TRUE(parameters.set("model.router.temperature", 0.25).empty());
  const auto task = parameters.load<TaskParameters>("task");
  EXPECT_EQ(task.path, "/data");
  EXPECT_EQ(task.order, "sorted");
  EXPECT_EQ(task.batch, 128);
  const auto router = parameters.load<RouterParameters>("model.router");
  EXPECT_TRUE(router.jitter);
  EXPECT_EQ(router.temperature, 0.25);
  EXPECT_THROW(parameters.load<RouterParameters>("router"), std::out_of_range);
}

TEST(Parameter, Conditions) {
  Parameters parameters(table());
  const Condition& k = table().find("model.router.k")->when;
  const Condition& jitter = table().find("model.router.jitter_std")->when;
  EXPECT_TRUE(parameters.holds({}));
  EXPECT_TRUE(parameters.holds(k));
  EXPECT_FALSE(parameters.holds(jitter));
  ASSERT_TRUE(parameters.set("model.router.kind", std::string("sparsemax")).empty());
  ASSERT_TRUE(parameters.set("model.router.jitter", true).empty());
  EXPECT_FALSE(parameters.holds(k));
  EXPECT_TRUE(parameters.holds(jitter));
}

TEST(Parameter, GetThrowsForWhatIsNotThere) {
  const Parameters parameters(table());
  EXPECT_THROW(parameters.get("no.such"), std::out_of_range);
  EXPECT_THROW(parameters.get("model.layer0.depth"), std::out_of_range);
}

TEST(Parameter, Equality) {
  Parameters a(table()), b(table());
  EXPECT_TRUE(a == b);
  ASSERT_TRUE(a.set("run.seed", std::int64_t{1}).empty());
  EXPECT_FALSE(a == b);
  ASSERT_TRUE(b.set("run.seed", std::int64_t{1}).empty());
  EXPECT_TRUE(a == b);
  ASSERT_TRUE(b.set("model.layer0.router.k", std::int64_t{2}).empty());
  EXPECT_FALSE(a == b) << "a value of its own, though the same";
}

TEST(Problem, OneLine) {
  EXPECT_EQ((Problem{"a", "b", "c"}).text(), "a: b; allowed: c");
  EXPECT_EQ((Problem{"a", "", "c"}).text(), "a; allowed: c");
  EXPECT_EQ((Problem{"a", "b", ""}).text(), "a: b");
  EXPECT_EQ((Problem{"", "", "c"}).text(), "allowed: c");
  EXPECT_STREQ(InputError({{"a", "b", ""}, {"c", "d", "e"}}).what(), "a: b\nc: d; allowed: e");
}

}  // namespace
}  // namespace tessera::test
