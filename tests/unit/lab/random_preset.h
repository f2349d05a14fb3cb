// Random presets that are right, for round trips and as a start for what is wrong.
#pragma once

#include <cmath>
#include <random>
#include <set>
#include <string>

#include "core/lab/preset.h"
#include "tests/unit/lab/test_table.h"

namespace tessera::test {

class RandomPresets {
 public:
  explicit RandomPresets(std::uint64_t seed) : random_(seed) {}

  std::int64_t whole(std::int64_t min, std::int64_t max) {
    return std::uniform_int_distribution<std::int64_t>(min, max)(random_);
  }
  bool chance(double p) { return std::bernoulli_distribution(p)(random_); }

  Value value(const ParameterSpec& spec) {
    switch (spec.kind) {
      case Kind::boolean:
        return chance(0.5);
      case Kind::integer:
        return whole(static_cast<std::int64_t>(spec.range.min), static_cast<std::int64_t>(spec.range.max));
      case Kind::real:
        return chance(0.1) ? spec.range.min
                           : std::uniform_real_distribution<double>(spec.range.min, spec.range.max)(random_);
      case Kind::choice:
        return spec.choices[static_cast<std::size_t>(whole(0, static_cast<std::int64_t>(spec.choices.size()) - 1))];
      case Kind::text:
        return text(40, false);
    }
    return false;
  }

  std::string text(int longest, bool lines) {
    static const std::vector<std::string> pieces = {
        "a", "Z", " ", "\"", "\\", "/", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\xA7\xA9", "<", "{", "0", "null"};
    std::string made;
    for (std::int64_t i = whole(0, longest); i > 0; --i) {
      made += lines && chance(0.1) ? "\n" : pieces[static_cast<std::size_t>(whole(0, pieces.size() - 1))];
    }
    return made;
  }

  Preset preset() {
    Preset made(table());
    if (chance(0.7)) made.title = text(20, false);
    if (chance(0.5)) made.about = text(60, true);
    if (chance(0.5)) made.watch = text(60, true);
    if (chance(0.5)) made.minutes = std::uniform_real_distribution<double>(0, 100)(random_);
    for (const ParameterSpec& spec : table().specs()) {
      if (chance(0.5)) set(made.parameters, spec.path, value(spec));
    }
    const std::int64_t depth = made.parameters.integer("model.depth");
    for (const ParameterSpec& spec : table().specs()) {
      if (!spec.per_layer || !chance(0.3)) continue;
      set(made.parameters, layer_override(spec.path, static_cast<int>(whole(0, depth - 1))), value(spec));
    }
    add_schedule(made, depth);
    for (std::int64_t i = whole(0, 3); i > 0; --i) made.view.panels.push_back("panel" + std::to_string(i));
    for (std::int64_t i = whole(0, 3); i > 0; --i) made.view.series.push_back("alpha_entropy");
    if (chance(0.5)) made.view.layer = static_cast<int>(whole(0, 9));
    add_variants(made);
    for (std::int64_t i = whole(0, 3); i > 0; --i) made.claims.push_back(claim(made, i));
    return made;
  }

 private:
  static void set(Parameters& parameters, const std::string& path, const Value& value) {
    if (const auto problems = parameters.set(path, value); !problems.empty()) {
      throw std::logic_error("the random preset is wrong: " + problems[0].text());
    }
  }

  void add_schedule(Preset& made, std::int64_t depth) {
    std::int64_t step = 0;
    std::set<std::pair<std::int64_t, std::string>> seen;
    for (std::int64_t i = whole(0, 6); i > 0; --i) {
      const auto& specs = table().specs();
      const ParameterSpec& spec = specs[static_cast<std::size_t>(whole(0, specs.size() - 1))];
      if (spec.applies != Applies::live || spec.path == steps_path) continue;
      step += whole(0, 1000);
      std::string path = spec.path;
      if (spec.per_layer && chance(0.3)) path = layer_override(path, static_cast<int>(whole(0, depth - 1)));
      if (!seen.emplace(step, path).second) continue;
      const bool number = spec.kind == Kind::integer || spec.kind == Kind::real;
      made.schedule.push_back({step, path, value(spec), number && chance(0.5) ? whole(1, 500) : 0});
    }
  }

  void add_variants(Preset& made) {
    for (std::int64_t i = whole(0, 3); i > 0; --i) {
      Variant variant{"v-" + std::to_string(i), {{"model.router.k", whole(1, 64)}}};
      if (chance(0.5)) variant.parameters.emplace_back("model.router.kind", "sigmoid");
      if (chance(0.5)) variant.parameters.emplace_back("model.layer0.router.temperature", 0.5);
      made.variants.push_back(std::move(variant));
    }
  }

  Claim claim(const Preset& made, std::int64_t number) {
    Claim claim;
    claim.text = text(10, false) + std::to_string(number);
    if (chance(0.5)) claim.source = text(10, false);
    claim.metric = chance(0.5) ? "loss/total" : "alpha_entropy/layer3";
    if (chance(0.3)) claim.minus = "loss/part";
    claim.over_run = static_cast<OverRun>(whole(0, 6));
    if (claim.over_run == OverRun::at_step) claim.step = whole(0, 1000);
    if (claim.over_run != OverRun::at_step && claim.over_run != OverRun::last) {
      if (chance(0.5)) claim.from = whole(0, 1000);
      if (chance(0.5)) claim.to = whole(1000, 2000);
    }
    std::vector<std::string> names = {preset_itself};
    for (const Variant& variant : made.variants) names.push_back(variant.name);
    if (names.size() >= 2 && chance(0.7)) {
      claim.over_variants = static_cast<OverVariants>(whole(1, 4));
      if (!of_many(claim.over_variants)) names.resize(2);
      if (of_many(claim.over_variants) && chance(0.5)) claim.minus_variants = names;
      claim.variants = names;
    } else {
      claim.variants = {names.back()};
    }
    const double low = std::uniform_real_distribution<double>(-3, 3)(random_);
    claim.predicted = {static_cast<Comparison>(whole(0, 4)), low, low};
    if (claim.predicted.comparison == Comparison::between) claim.predicted.high += 1;
    claim.seeds = whole(2, 1000);
    return claim;
  }

  std::mt19937_64 random_;
};

}  // namespace tessera::test
