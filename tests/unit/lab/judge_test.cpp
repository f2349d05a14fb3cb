// From curves to values a seed and verdicts, by hand; pairing by seed; what is missing.
#include "core/lab/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tessera::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Series series(const std::vector<Point>& points) {
  Series made;
  for (const Point& point : points) made.append(point);
  return made;
}

Claim claim(OverRun over_run, std::int64_t from = 0, std::int64_t to = 1000) {
  Claim made;
  made.metric = "m";
  made.over_run = over_run;
  made.from = from;
  made.to = to;
  made.step = from;
  made.seeds = 2;
  return made;
}

double reduced(const Claim& claim, const Series& series) {
  const Reduced number = reduce_run(claim, series);
  EXPECT_EQ(number.value.has_value(), number.reason.empty());
  return number.value.value_or(-99);
}

const Series curve = series({{0, 4}, {10, 1}, {20, 7}, {30, 7}, {40, 2}});

TEST(ReduceRun, ByHand) {
  EXPECT_EQ(reduced(claim(OverRun::last), curve), 2);
  EXPECT_EQ(reduced(claim(OverRun::min), curve), 1);
  EXPECT_EQ(reduced(claim(OverRun::max), curve), 7);
  EXPECT_DOUBLE_EQ(reduced(claim(OverRun::mean), curve), 4.2);
  EXPECT_EQ(reduced(claim(OverRun::step_of_max), curve), 20) << "the first of the two";
  // x - 20: -20, -10, 0, 10, 20; sum x y = -80 - 10 + 70 + 40 = 20; sum x^2 = 1000
  EXPECT_DOUBLE_EQ(reduced(claim(OverRun::slope), curve), 0.02);
}

TEST(ReduceRun, WindowsHoldBothEnds) {
  EXPECT_EQ(reduced(claim(OverRun::min, 20, 30), curve), 7);
  EXPECT_DOUBLE_EQ(reduced(claim(OverRun::mean, 10, 20), curve), 4);
  EXPECT_EQ(reduced(claim(OverRun::max, 31), curve), 2);
  EXPECT_EQ(reduced(claim(OverRun::step_of_max, 30), curve), 30);
  EXPECT_DOUBLE_EQ(reduced(claim(OverRun::slope, 30, 40), curve), -0.5);
}

TEST(ReduceRun, TheNewestPointUpToAStep) {
  EXPECT_EQ(reduced(claim(OverRun::at_step, 10), curve), 1);
  EXPECT_EQ(reduced(claim(OverRun::at_step, 19), curve), 1);
  EXPECT_EQ(reduced(claim(OverRun::at_step, 999), curve), 2);
  EXPECT_EQ(reduced(claim(OverRun::at_step, 0), curve), 4);
}

TEST(ReduceRun, WhatIsNotThereIsSaid) {
  EXPECT_EQ(reduce_run(claim(OverRun::last), Series()).reason, "no value of m");
  EXPECT_EQ(reduce_run(claim(OverRun::mean, 41), curve).reason, "no value of m in the window");
  EXPECT_EQ(reduce_run(claim(OverRun::slope, 40), curve).reason, "one value of m in the window: no slope");
  EXPECT_EQ(reduce_run(claim(OverRun::at_step, 3), series({{5, 1}})).reason, "no value of m up to step 3");
}

TEST(ReduceRun, WhatIsNotANumberIsNotHidden) {
  const Series broken = series({{0, 1}, {1, nan}, {2, 3}});
  for (const OverRun over : {OverRun::min, OverRun::max, OverRun::mean, OverRun::slope, OverRun::step_of_max}) {
    EXPECT_TRUE(std::isnan(reduced(claim(over), broken)));
    EXPECT_FALSE(std::isnan(reduced(claim(over == OverRun::slope ? OverRun::mean : over, 2), broken)));
  }
  EXPECT_EQ(reduced(claim(OverRun::last), broken), 3);
}

TEST(ReduceRun, LongCurves) {
  Series line;
  for (std::int64_t i = 0; i < 5000; ++i) line.append({i, 3.0 - 0.25 * static_cast<double>(i)});
  EXPECT_NEAR(reduced(claim(OverRun::slope, 0, 1'000'000), line), -0.25, 1e-12);
  EXPECT_NEAR(reduced(claim(OverRun::mean, 1000, 2000), line), 3 - 0.25 * 1500, 1e-9);
}

ClaimRun run(const std::string& variant, std::int64_t seed, double value) {
  return {variant, seed, {{"m", series({{0, value}})}}};
}

Claim about(OverVariants over, std::vector<std::string> variants) {
  Claim made = claim(OverRun::last);
  made.over_variants = over;
  made.variants = std::move(variants);
  made.predicted = {Comparison::greater, 0, 0};
  return made;
}

// Seeds 3, 1, 2 of a and b, in no order; b has a seed of its own.
const std::vector<ClaimRun> runs = {run("b", 2, 20), run("a", 3, 33),   run("b", 1, 10), run("a", 1, 15),
                                    run("b", 9, 90), run("a", 2, 25.5), run("b", 3, 30), run("c", 1, 1)};

TEST(Judge, PairsBySeed) {
  const JudgedClaim difference = judge(about(OverVariants::difference, {"a", "b"}), runs);
  EXPECT_EQ(difference.seeds, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(difference.values, (std::vector<double>{5, 5.5, 3}));
  EXPECT_DOUBLE_EQ(*difference.mean, 4.5);
  // s = sqrt((.25 + 1 + 2.25) / 2) = 1.3228757, t(.975, 2) = 4.302653
  EXPECT_NEAR(difference.interval->low, 4.5 - 4.302653 * 1.3228757 / std::sqrt(3.0), 1e-5);
  EXPECT_EQ(difference.verdict, Verdict::reproduced);

  const JudgedClaim ratio = judge(about(OverVariants::ratio, {"a", "b"}), runs);
  EXPECT_EQ(ratio.values, (std::vector<double>{1.5, 1.275, 1.1}));
  const JudgedClaim one = judge(about(OverVariants::one, {"b"}), runs);
  EXPECT_EQ(one.seeds, (std::vector<std::int64_t>{1, 2, 3, 9}));
  EXPECT_EQ(one.values, (std::vector<double>{10, 20, 30, 90}));
  const JudgedClaim spread = judge(about(OverVariants::spread, {"b", "a", "c"}), runs);
  EXPECT_EQ(spread.values, std::vector<double>{14});
  EXPECT_EQ(spread.verdict, Verdict::undecided);
  EXPECT_EQ(spread.reason, "1 seed; the claim asks for 2");
}

TEST(Judge, GroupsOfVariants) {
  const std::vector<ClaimRun> grids = {run("a", 1, 3), run("b", 1, 7), run("c", 1, 4), run("d", 1, 10), run("a", 2, 2),
                                       run("b", 2, 1), run("c", 2, 0), run("d", 2, 6), run("a", 3, 1),  run("b", 3, 1)};
  Claim least = about(OverVariants::least, {"a", "b"});
  EXPECT_EQ(judge(least, grids).values, (std::vector<double>{3, 1, 1}));
  least.minus_variants = {"d", "c"};
  const JudgedClaim judged = judge(least, grids);
  EXPECT_EQ(judged.seeds, (std::vector<std::int64_t>{1, 2})) << "those that every variant of both was run with";
  EXPECT_EQ(judged.values, (std::vector<double>{3 - 4, 1 - 0}));
  Claim spread = least;
  spread.over_variants = OverVariants::spread;
  EXPECT_EQ(judge(spread, grids).values, (std::vector<double>{4 - 6, 1 - 6}));
  EXPECT_EQ(needed_variants(std::vector<Claim>{spread}), (std::vector<std::string>{"a", "b", "d", "c"}));
}

TEST(Judge, PairedDifferencesAreSharperThanTheirParts) {
  // Both vary by hundreds from seed to seed, their difference by tenths.
  const std::vector<ClaimRun> alike = {run("a", 1, 100.1), run("b", 1, 100),    run("a", 2, 500.3),
                                       run("b", 2, 500),   run("a", 3, -200.9), run("b", 3, -201)};
  const JudgedClaim judged = judge(about(OverVariants::difference, {"a", "b"}), alike);
  EXPECT_LT(judged.interval->high - judged.interval->low, 1);
}

TEST(Judge, WhatIsMissingLeavesItUndecided) {
  EXPECT_EQ(judge(about(OverVariants::one, {"a"}), {}).reason, "0 seeds; the claim asks for 2");
  std::vector<ClaimRun> without = {run("a", 1, 1), run("a", 2, 2), {"a", 3, {}}};
  JudgedClaim judged = judge(about(OverVariants::one, {"a"}), without);
  EXPECT_EQ(judged.verdict, Verdict::undecided);
  EXPECT_EQ(judged.reason, "the run has no scalar m (a, seed 3)");
  EXPECT_TRUE(std::isnan(judged.values[2]));
  EXPECT_FALSE(judged.mean);

  const std::vector<ClaimRun> zeros = {run("a", 1, 1), run("b", 1, 0), run("a", 2, 2), run("b", 2, 1)};
  judged = judge(about(OverVariants::ratio, {"a", "b"}), zeros);
  EXPECT_EQ(judged.verdict, Verdict::undecided);
  EXPECT_EQ(judged.reason, "a value is not a finite number");
}

TEST(Judge, ASeedWhoseRunFailedIsNotPassedOver) {
  std::vector<ClaimRun> some = {run("a", 1, 5), run("a", 2, 5.1), run("a", 3, 5.2), run("a", 4, 4.9)};
  ASSERT_EQ(judge(about(OverVariants::one, {"a"}), some).verdict, Verdict::reproduced);
  some[2].finished = false;  // with the figures it had until then
  JudgedClaim judged = judge(about(OverVariants::one, {"a"}), some);
  EXPECT_EQ(judged.verdict, Verdict::undecided);
  EXPECT_EQ(judged.reason, "the run of a, seed 3 failed");
  EXPECT_EQ(judged.seeds, (std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_TRUE(std::isnan(judged.values[2]));
  EXPECT_EQ(judged.values[3], 4.9);
  EXPECT_FALSE(judged.mean);

  for (ClaimRun& each : some) each.variant = "preset";
  some[2].scalars.clear();
  EXPECT_EQ(judge(about(OverVariants::one, {"preset"}), some).reason, "the run of seed 3 failed");
  some[3].finished = false;
  EXPECT_EQ(judge(about(OverVariants::one, {"preset"}), some).reason, "2 runs failed, the first of them of seed 3");
}

TEST(Judge, AFailedRunOfOneVariantTakesTheSeedFromThoseClaimsThatNeedIt) {
  std::vector<ClaimRun> both = {run("a", 1, 5), run("b", 1, 1), run("a", 2, 5.1), run("b", 2, 1)};
  both[3].finished = false;
  EXPECT_EQ(judge(about(OverVariants::one, {"a"}), both).verdict, Verdict::reproduced);
  const JudgedClaim judged = judge(about(OverVariants::difference, {"a", "b"}), both);
  EXPECT_EQ(judged.verdict, Verdict::undecided);
  EXPECT_EQ(judged.reason, "the run of b, seed 2 failed");
  EXPECT_EQ(judged.seeds, (std::vector<std::int64_t>{1, 2}));
}

TEST(Judge, OneScalarLessAnotherOfTheSameRun) {
  const auto both = [](std::int64_t seed, double m, double n) {
    return ClaimRun{"a", seed, {{"m", series({{0, m}})}, {"n", series({{5, n}})}}};
  };
  Claim above = about(OverVariants::one, {"a"});
  above.minus = "n";
  const std::vector<ClaimRun> layers = {both(1, 7, 5), both(2, 1, -2)};
  EXPECT_EQ(judge(above, layers).values, (std::vector<double>{2, 3}));
  EXPECT_EQ(judge(above, runs).reason, "the run has no scalar n (a, seed 1)");
  EXPECT_EQ(needed_scalars(std::vector<Claim>{above}), (std::set<std::string>{"m", "n"}));
}

TEST(Judge, SaysWhatWasClaimed) {
  Claim one = about(OverVariants::difference, {"a", "b"});
  one.text = "A is larger";
  one.source = "a paper";
  const JudgedClaim judged = judge(one, runs);
  EXPECT_EQ(judged.text, "A is larger");
  EXPECT_EQ(judged.source, "a paper");
  EXPECT_EQ(judged.metric, "m");
  EXPECT_EQ(judged.measured, "m at the end, a - b");
  EXPECT_EQ(judged.predicted, "> 0");
}

TEST(Judge, NeedsNoOtherVariants) {
  const std::vector<Claim> claims = {about(OverVariants::one, {"preset"}), about(OverVariants::ratio, {"b", "preset"}),
                                     about(OverVariants::spread, {"a", "b"})};
  EXPECT_EQ(needed_variants(claims), (std::vector<std::string>{"preset", "b", "a"}));
}

}  // namespace
}  // namespace tessera::test
