// The claims panel: empty, the value in this run against the curve, and the stored evidence of the same claim only.
#include <fstream>
#include <sstream>

#include "core/lab/atomic_file.h"
#include "core/lab/evidence.h"
#include "core/lab/text.h"
#include "tests/gui/harness.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

// What the panel's table says, by claim: the cells of each line.
std::vector<std::vector<std::string>> copied(ImGuiTestContext* ctx, Harness& h) {
  h.app().show_panel("claims", true);
  ctx->Yield(4);
  ctx->SetRef(h.window("claims").c_str());
  ctx->ItemClick("Copy");
  std::istringstream lines(ImGui::GetClipboardText());
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) rows.back().push_back(cell);
  }
  return rows;
}

void a_preset_that_claims_nothing(ImGuiTestContext* ctx, Harness& h) {
  const fs::path file = h.folder() / "silent.json";
  std::ofstream(file) << "{}";
  h.restart(ctx, true, [&](WindowOptions& options) { options.preset = file; });
  IM_CHECK(h.until(ctx, State::ready));
  h.app().show_panel("claims", true);
  ctx->Yield(4);
  IM_CHECK(!ctx->ItemExists((h.window("claims") + "/Copy").c_str()));
  ctx->SetRef(h.window("claims").c_str());
  ctx->ItemClick("?##help");
  ctx->Yield(2);
  IM_CHECK(ctx->WindowInfo("//$FOCUSED").Window != nullptr);
  ctx->KeyPress(ImGuiKey_Escape);
}

void claims_of_a_run(ImGuiTestContext* ctx, Harness& h) {
  const fs::path file = h.folder() / "claiming.json";
  std::ofstream(file) << R"({
    "variants": [{"name": "k1", "set": {"model.router.k": 1}}],
    "claims": [
      {"text": "Loss is positive", "metric": "loss/total", "is": ">", "value": 0},
      {"text": "Loss is negative", "metric": "loss/total", "over_run": "max", "is": "<", "value": -1},
      {"text": "Of variants", "metric": "loss/total", "difference": ["k1", "preset"], "is": "<", "value": 0},
      {"text": "Of nothing", "metric": "no/such", "is": "<", "value": 0}]})";
  // Evidence of the first claim, and of one with another prediction.
  JudgedClaim judged;
  judged.text = "Loss is positive";
  judged.preset = "claiming";
  judged.metric = "loss/total";
  judged.measured = "loss/total at the end";
  judged.predicted = "> 0";
  judged.seeds = {1, 2, 3};
  judged.values = {2, 2.5, 3};
  judged.mean = 2.5;
  judged.interval = Interval{1.25, 3.75};
  judged.verdict = Verdict::reproduced;
  judged.commit = "0123456789";
  JudgedClaim earlier = judged;
  earlier.text = "Loss is negative";
  earlier.verdict = Verdict::refuted;
  fs::create_directories(h.folder() / "evidence");
  write_file(h.folder() / "evidence" / "a.json", evidence_json({earlier, judged}));
  // Of the first one what was run as it says comes first, of one of variants there is only what was run apart.
  JudgedClaim of_variants = judged;
  of_variants.text = "Of variants";
  of_variants.measured = "loss/total at the end, k1 - preset";
  of_variants.predicted = "< 0";
  judged.verdict = Verdict::undecided;
  fs::create_directories(h.folder() / "evidence" / "on-stand-ins");
  write_file(h.folder() / "evidence" / "on-stand-ins" / "a.json", evidence_json({judged, of_variants}));
  h.restart(ctx, true, [&](WindowOptions& options) {
    options.preset = file;
    options.evidence_folder = h.folder() / "evidence";
  });
  IM_CHECK(h.until(ctx, State::ready));
  auto rows = copied(ctx, h);
  IM_CHECK_EQ(rows.size(), 5u);
  IM_CHECK_STR_EQ(rows[1][4].c_str(), "no value yet");
  IM_CHECK_STR_EQ(rows[3][4].c_str(), "needs variants");
  IM_CHECK_STR_EQ(rows[3][5].c_str(), "reproduced on stand-ins");

  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, [&] { return h.now().step > 60; }));
  ctx->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(ctx, State::paused));
  rows = copied(ctx, h);
  double last = 0, largest = -1e300;
  for (std::size_t i = 0; i < h.now().series.size(); ++i) {
    if (h.now().description->metrics[i].name != "loss/total") continue;
    for (std::size_t k = 0; k < h.now().series[i].size(); ++k) {
      last = h.now().series[i][k].value;
      largest = std::max(largest, last);
    }
  }
  IM_CHECK_STR_EQ(rows[1][3].c_str(), number_text(last).c_str());
  IM_CHECK_STR_EQ(rows[1][4].c_str(), "as predicted");
  IM_CHECK_STR_EQ(rows[1][5].c_str(), "reproduced");
  IM_CHECK_STR_EQ(rows[1][6].c_str(), "2.5 [1.25, 3.75]");
  IM_CHECK_STR_EQ(rows[1][7].c_str(), "1 to 3");
  IM_CHECK_STR_EQ(rows[1][8].c_str(), "0123456789");
  IM_CHECK_STR_EQ(rows[2][3].c_str(), number_text(largest).c_str());
  IM_CHECK_STR_EQ(rows[2][4].c_str(), "not as predicted");
  IM_CHECK_STR_EQ(rows[2][5].c_str(), "none");
  IM_CHECK_STR_EQ(rows[4][4].c_str(), "no value yet");
  h.picture(ctx, "claims");

  // Rewound, what the run said then: the newest point at or before that step; and back again.
  const Series* loss = nullptr;
  for (std::size_t i = 0; i < h.now().series.size(); ++i) {
    if (h.now().description->metrics[i].name == "loss/total") loss = &h.now().series[i];
  }
  IM_CHECK(loss != nullptr && loss->size() > 8);
  std::int64_t frame = 0;
  double then = 0;
  ctx->KeyPress(ImGuiKey_Home);
  ctx->KeyPress(ImGuiKey_RightArrow);
  ctx->Yield(2);
  frame = h.app().rewind().moment();
  IM_CHECK_GT(frame, 0);
  for (std::size_t k = 0; k < loss->size() && (*loss)[k].step <= frame; ++k) then = (*loss)[k].value;
  IM_CHECK_NE(then, last);
  IM_CHECK_STR_EQ(copied(ctx, h)[1][3].c_str(), number_text(then).c_str());
  ctx->KeyPress(ImGuiKey_End);
  ctx->Yield(2);
  IM_CHECK_STR_EQ(copied(ctx, h)[1][3].c_str(), number_text(last).c_str());
}

}  // namespace

void add_claim_tests(Harness& harness) {
  harness.add("claims", "a_preset_that_claims_nothing", a_preset_that_claims_nothing);
  harness.add("claims", "claims_of_a_run", claims_of_a_run);
}

}  // namespace tessera::test
