// Variants and claims in presets: what is read, what is refused and how, and what a variant is.
#include "core/lab/claim.h"

#include <gtest/gtest.h>

#include "core/lab/preset.h"
#include "core/lab/text.h"
#include "tests/unit/lab/test_table.h"

namespace tessera::test {
namespace {

constexpr const char* variants = R"("variants": [
  {"name": "sharp", "set": {"model.router.temperature": 0.5, "model.layer1.router.temperature": 0.25}},
  {"name": "sparse_2", "set": {"model.layer3.router.temperature": 2, "model.depth": 4.0,
                               "model.router.kind": "sparsemax"}}])";

Result<Preset> read(const std::string& members) { return read_preset("{" + members + "}", "x.json", table()); }

Preset good(const std::string& members) {
  Result<Preset> preset = read(members);
  if (!preset) throw InputError(preset.problems);
  return *std::move(preset.value);
}

std::vector<std::string> problems(const std::string& members) {
  std::vector<std::string> lines;
  for (const Problem& problem : read(members).problems) lines.push_back(problem.text());
  return lines;
}

// The only problem of a claim that has what every claim must have, and `more`.
std::string claim_problem(const std::string& more) {
  const auto all =
      problems(std::string(variants) + R"(, "claims": [{"text": "t", "metric": "loss/total", "is": "<", "value": 1)" +
               (more.empty() ? "" : ", " + more) + "}]");
  if (all.size() > 1) ADD_FAILURE() << testing::PrintToString(all);
  return all.empty() ? "" : all[0];
}

TEST(Claim, ReadsEverything) {
  const Preset preset = good(std::string(variants) + R"(, "claims": [
    {"text": "Falls", "metric": "alpha_entropy/layer1", "is": "<=", "value": 1},
    {"text": "Sharper", "source": "a paper", "metric": "loss/total", "over_run": "mean", "from": 5, "to": 9,
     "difference": ["sharp", "preset"], "is": "between", "value": [-2.5, 0], "seeds": 7},
    {"text": "Alike", "metric": "m", "over_run": "at_step", "step": 3, "spread": ["preset", "sharp", "sparse_2"],
     "is": ">", "value": 2},
    {"text": "Less above", "metric": "m/layer3", "minus": "m/layer0", "is": "<", "value": 0}, {"text": "Twice", "metric": "m", "ratio": ["sharp", "sparse_2"], "is": ">=", "value": 2},
    {"text": "Best", "metric": "m", "least": ["sharp", "preset"], "minus_variants": ["sparse_2", "preset"], "is": "<",
     "value": 0},
    {"text": "Sparse", "metric": "m", "over_run": "slope", "of": "sparse_2", "is": "<", "value": 0}])");
  ASSERT_EQ(preset.variants.size(), 2u);
  EXPECT_EQ(preset.variants[1].name, "sparse_2");
  const std::vector<std::pair<std::string, Value>> set = {{"model.depth", std::int64_t{4}},
                                                          {"model.router.kind", std::string("sparsemax")},
                                                          {"model.layer3.router.temperature", 2.0}};
  EXPECT_EQ(preset.variants[1].parameters, set) << "layers last, values in their kind";
  ASSERT_EQ(preset.claims.size(), 7u);
  const Claim& plain = preset.claims[0];
  EXPECT_EQ(plain.over_run, OverRun::last);
  EXPECT_EQ(plain.over_variants, OverVariants::one);
  EXPECT_EQ(plain.variants, std::vector<std::string>{"preset"});
  EXPECT_EQ(plain.seeds, 5);
  EXPECT_EQ(plain.predicted.text(), "<= 1");
  EXPECT_EQ(measured_text(plain), "alpha_entropy/layer1 at the end");
  const Claim& difference = preset.claims[1];
  EXPECT_EQ(difference.source, "a paper");
  EXPECT_EQ(difference.predicted.text(), "-2.5 to 0");
  EXPECT_EQ(difference.seeds, 7);
  EXPECT_EQ(measured_text(difference), "mean of loss/total over steps 5 to 9, sharp - preset");
  EXPECT_EQ(measured_text(preset.claims[2]), "m at step 3, largest - smallest of preset, sharp, sparse_2");
  EXPECT_EQ(measured_text(preset.claims[4]), "m at the end, sharp / sparse_2");
  EXPECT_EQ(measured_text(preset.claims[5]), "m at the end, smallest of sharp, preset, less that of sparse_2, preset");
  EXPECT_EQ(measured_text(preset.claims[6]), "slope of m per step, sparse_2");
  EXPECT_EQ(measured_text(preset.claims[3]), "m/layer3 at the end - m/layer0 at the end");
  for (const bool complete : {false, true}) {
    const std::string written = write_preset(preset, complete);
    const Result<Preset> again = read_preset(written, "x.json", table());
    ASSERT_TRUE(again) << again.problems[0].text() << written;
    EXPECT_TRUE(*again.value == preset) << written;
  }
}

TEST(Claim, WrongVariantsAreRefused) {
  const auto one = [](const std::string& variant) {
    const auto all = problems(R"("variants": [)" + variant + "]");
    return all.size() == 1 ? all[0] : testing::PrintToString(all);
  };
  EXPECT_EQ(one("3"), "x.json: variants[0]: 3; allowed: an object with name and set");
  EXPECT_EQ(one(R"({"name": "a"})"), "x.json: variants[0]: no set");
  EXPECT_EQ(one(R"({"name": "a", "set": {}})"),
            "x.json: variants[0].set: {}; allowed: an object {path: value} with at least one parameter");
  EXPECT_EQ(one(R"({"name": "a", "set": {"task.batch": 0}})"),
            "x.json: variants[0].set.task.batch: 0; allowed: whole numbers, 1 to 4096");
  EXPECT_EQ(one(R"({"name": "a", "set": {"task.bath": 1}})"),
            "x.json: variants[0].set: task.bath: there is no such parameter; did you mean \"task.batch\"?");
  EXPECT_EQ(one(R"({"name": "a", "set": {"task.batch": [1]}})"),
            "x.json: variants[0].set.task.batch: [...]; allowed: whole numbers, 1 to 4096");
  EXPECT_NE(one(R"({"name": "a", "set": {"run.seed": 3}})").find("a variant has the seeds of its preset"),
            std::string::npos);
  EXPECT_NE(one(R"({"name": "a", "set": {"task.batch": 1}}, {"name": "a", "set": {"task.batch": 2}})")
                .find("variants[1].name: \"a\" twice"),
            std::string::npos);
  EXPECT_NE(one(R"({"nam": "a", "name": "b", "set": {"task.batch": 1}})").find("variants[0].nam: unknown key"),
            std::string::npos);
}

TEST(Claim, NamesOfVariantsCanBePartsOfFileNames) {
  for (const char* name : {"a", "softmax", "k-2_b", "0", "preset2"}) EXPECT_TRUE(variant_name_allowed(name)) << name;
  for (const std::string name : {"", ".", "..", "a/b", "../a", "-a", "_", "A", "a b", "a\n", "\xC3\xA9", "a.b", "~",
                                 "$(id)", "a;b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(variant_name_allowed(name)) << name;
  }
  EXPECT_EQ(problems(R"("variants": [{"name": "../../etc", "set": {"task.batch": 1}}])").size(), 1u);
  EXPECT_EQ(problems(R"("variants": [{"name": "preset", "set": {"task.batch": 1}}])").size(), 1u);
}

TEST(Claim, NamesOfMetrics) {
  for (const char* name : {"loss/total", "alpha_entropy/layer12", "m", "loss/z_loss", "a.b/c-d"}) {
    EXPECT_TRUE(metric_name_allowed(name)) << name;
  }
  for (const char* name : {"", "/", "a/", "/a", "a//b", "..", "../a", "a/../b", "a b", "a,b", "a\"b", ".a"}) {
    EXPECT_FALSE(metric_name_allowed(name)) << name;
  }
}

TEST(Claim, WrongClaimsAreRefused) {
  EXPECT_EQ(claim_problem(""), "");
  EXPECT_EQ(claim_problem(R"("of": "sharp")"), "");
  EXPECT_EQ(claim_problem(R"("of": "shrap")"),
            "x.json: claims[0].of: there is no variant \"shrap\"; did you mean \"sharp\"?; allowed: preset, sharp, "
            "sparse_2");
  EXPECT_EQ(claim_problem(R"("difference": ["sharp"])"),
            "x.json: claims[0].difference: [...]; allowed: an array of two names of variants");
  EXPECT_EQ(claim_problem(R"("ratio": ["sharp", "sharp"])"),
            "x.json: claims[0].ratio: \"sharp\" twice; allowed: different variants");
  EXPECT_EQ(claim_problem(R"("spread": ["sharp"])"),
            "x.json: claims[0].spread: [...]; allowed: an array of at least two names of variants");
  EXPECT_EQ(claim_problem(R"("of": "sharp", "minus_variants": ["preset", "sharp"])"),
            "x.json: claims[0].minus_variants: only of use with spread or least; allowed: no such key");
  EXPECT_EQ(claim_problem(R"("least": ["sharp", "preset"], "minus_variants": ["preset"])"),
            "x.json: claims[0].minus_variants: [...]; allowed: an array of at least two names of variants");
  EXPECT_EQ(claim_problem(R"("of": "sharp", "ratio": ["sharp", "preset"])"),
            "x.json: claims[0]: of, ratio together; allowed: one of them");
  EXPECT_EQ(claim_problem(R"("over_run": "median")").find("x.json: claims[0].over_run: \"median\"; allowed: one of"),
            0u);
  EXPECT_EQ(claim_problem(R"("from": 3)"), "x.json: claims[0].from: only of use over a window; allowed: no such key");
  EXPECT_EQ(claim_problem(R"("over_run": "at_step")"), "x.json: claims[0]: no step");
  EXPECT_EQ(claim_problem(R"("over_run": "max", "from": 9, "to": 8)"),
            "x.json: claims[0].to: 8; allowed: no less than from");
  EXPECT_EQ(claim_problem(R"("step": 4)"), "x.json: claims[0].step: only of use with at_step; allowed: no such key");
  EXPECT_EQ(claim_problem(R"("seeds": 1)"), "x.json: claims[0].seeds: 1; allowed: whole numbers, 2 to 1000");
  EXPECT_EQ(claim_problem(R"("sees": 2)").find("x.json: claims[0].sees: unknown key; did you mean \"seeds\"?"), 0u);

  const auto one = [](const std::string& claim) {
    const auto all = problems(R"("claims": [)" + claim + "]");
    return all.size() == 1 ? all[0] : testing::PrintToString(all);
  };
  EXPECT_EQ(one(R"({"text": "t", "metric": "../x", "is": "<", "value": 1})"),
            "x.json: claims[0].metric: \"../x\"; allowed: the name of a scalar metric, such as alpha_entropy/layer0");
  EXPECT_EQ(one(R"({"text": "t", "metric": "m", "is": "between", "value": 1})"),
            "x.json: claims[0].value: 1; allowed: [low, high]");
  EXPECT_EQ(one(R"({"text": "t", "metric": "m", "is": "between", "value": [2, 1]})"),
            "x.json: claims[0].value: [...]; allowed: [low, high]");
  EXPECT_EQ(one(R"({"text": "t", "metric": "m", "is": "<", "value": "1"})"),
            "x.json: claims[0].value: \"1\"; allowed: a number");
  EXPECT_EQ(one(R"({"text": "t", "metric": "m", "is": "=", "value": 1})"),
            "x.json: claims[0].is: \"=\"; allowed: one of <, <=, >, >=, between");
  EXPECT_EQ(one(R"({"text": "", "metric": "m", "is": "<", "value": 1})"),
            "x.json: claims[0].text: it is empty; allowed: what is claimed");
  EXPECT_EQ(problems(R"("claims": [{}])").size(), 4u) << "text, metric, is, value";
  EXPECT_NE(one(R"({"text": "t", "metric": "m", "is": "<", "value": 1},
                   {"text": "t", "metric": "m", "is": "<", "value": 1})")
                .find("claims[1].text: \"t\" twice"),
            std::string::npos);
}

TEST(Variant, HasItsParametersAndThoseOfThePreset) {
  const Preset preset = good(R"("task": {"batch": 32}, "model": {"depth": 4}, "schedule":
    [{"step": 4, "path": "task.batch", "value": 8}], )" +
                             std::string(variants));
  const Preset sharp = *variant_of(preset, "sharp").value;
  EXPECT_EQ(sharp.parameters.real("model.router.temperature"), 0.5);
  EXPECT_EQ(sharp.parameters.real("model.layer1.router.temperature"), 0.25);
  EXPECT_EQ(sharp.parameters.real("model.layer0.router.temperature"), 0.5);
  EXPECT_EQ(sharp.parameters.integer("task.batch"), 32);
  EXPECT_EQ(sharp.schedule, preset.schedule);
  EXPECT_TRUE(sharp.variants.empty() && sharp.claims.empty());
  EXPECT_TRUE(variant_of(preset, "preset").value->parameters == preset.parameters);
  EXPECT_FALSE(variant_of(preset, "blunt"));
}

TEST(Variant, IsCheckedWithTheRestOfThePreset) {
  const Preset shallow = good(R"("model": {"depth": 1}, )" + std::string(variants));
  const auto found = check_variants(shallow, {});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].text().find("variant sharp: model.layer1.router.temperature: layer 1; allowed: layers 0 to 0"), 0u)
      << found[0].text();

  const CombinationCheck no_sparsemax = [](const Parameters& parameters) -> std::vector<Problem> {
    if (parameters.text("model.router.kind") != "sparsemax") return {};
    return {{"model.router.kind", "sparsemax", "another one"}};
  };
  const Preset preset = good(std::string(variants));
  ASSERT_TRUE(check_preset(preset, no_sparsemax).empty()) << "the preset itself is fine";
  const auto together = check_variants(preset, no_sparsemax);
  ASSERT_EQ(together.size(), 1u);
  EXPECT_EQ(together[0].text(), "variant sparse_2: model.router.kind: sparsemax; allowed: another one");
}

TEST(Variant, ItsScheduleIsChecked) {
  const Preset preset = good(R"("schedule": [{"step": 5, "path": "task.batch", "value": 100}], "variants": [
      {"name": "noisy", "set": {"model.router.jitter": true}}])");
  const CombinationCheck check = [](const Parameters& parameters) -> std::vector<Problem> {
    if (!parameters.boolean("model.router.jitter") || parameters.integer("task.batch") != 100) return {};
    return {{"task.batch", "100", "another one with jitter"}};
  };
  EXPECT_TRUE(check_preset(preset, check).empty());
  const auto found = check_variants(preset, check);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].text(), "variant noisy: schedule, step 5: task.batch: 100; allowed: another one with jitter");
}

}  // namespace
}  // namespace tessera::test
