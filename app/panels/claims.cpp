// Claims: what the preset says of its own runs, what this run says to it, and what stored evidence says.
#include <algorithm>
#include <map>

#include "app/panels/colours.h"
#include "app/panels/panels.h"
#include "app/panels/widgets.h"
#include "core/lab/evidence.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr double look_every = 0.5;  // seconds: a window may hold a million points

bool about_this_run(const Claim& claim) {
  return claim.over_variants == OverVariants::one && claim.variants[0] == preset_itself;
}

// Item ids: "Copy", "##claims" (the table).
class ClaimsPanel final : public Panel {
 public:
  const char* name() const override { return "claims"; }
  const char* title() const override { return "Claims"; }
  const char* about() const override {
    return "What the preset claims of its runs: the prediction, the value in this run so far, and the stored evidence "
           "of several seeds (mean with its 95 % interval, verdict). Reproduced: the whole interval satisfies the "
           "claim; refuted: none of it does; undecided: the rest. One run decides nothing.";
  }

  void draw(PanelContext& context) override {
    const Snapshot& snapshot = context.snapshot;
    const bool any = snapshot.preset && !snapshot.preset->claims.empty();
    if (any) {
      look(snapshot, context.moment);
      if (ImGui::Button("Copy")) ImGui::SetClipboardText(text(context, *snapshot.preset).c_str());
      ImGui::SetItemTooltip("Copy claims, values and verdicts, separated by tabs");
      ImGui::SameLine();
      ui::fitted_text("Judge them anew: ./lab verify " + snapshot.preset->name, ui::room_before_help());
      ImGui::SameLine();
    }
    ui::help_button(context, *this);
    if (!any) {
      ui::empty_state(context, *this, snapshot.preset ? "This preset claims nothing." : "No preset is loaded.");
      return;
    }
    table(context, *snapshot.preset);
  }

 private:
  void look(const Snapshot& snapshot, std::int64_t moment) {
    const bool of_it = run_ == snapshot.run && moment_ == moment;  // a snapshot rewound has the version of the newest
    const bool same = of_it && version_ == snapshot.version;
    const bool soon =
        of_it && ImGui::GetTime() < looked_ + look_every && snapshot.state == State::running && !now_.empty();
    if (same || soon) return;
    run_ = snapshot.run;
    version_ = snapshot.version;
    moment_ = moment;
    looked_ = ImGui::GetTime();
    now_.clear();
    for (const Claim& claim : snapshot.preset->claims) {
      now_.push_back(about_this_run(claim) ? reduce_run(claim, scalars(snapshot, claim)) : Reduced{{}, ""});
    }
  }

  static std::map<std::string, Series, std::less<>> scalars(const Snapshot& snapshot, const Claim& claim) {
    std::map<std::string, Series, std::less<>> found;
    if (!snapshot.description) return found;
    for (std::size_t i = 0; i < snapshot.series.size(); ++i) {
      const MetricSpec& spec = snapshot.description->metrics[i];
      if (spec.rank == 0 && (spec.name == claim.metric || spec.name == claim.minus)) {
        found.emplace(spec.name, snapshot.series[i]);
      }
    }
    return found;
  }

  void table(PanelContext& context, const Preset& preset) const {
    const ImGuiTableFlags flags =
        ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_PadOuterX | ImGuiTableFlags_BordersInnerH;
    if (!ImGui::BeginTable("##claims", 3, flags)) return;
    ImGui::TableSetupColumn("claim", ImGuiTableColumnFlags_WidthStretch, 5);
    ImGui::TableSetupColumn("in this run", ImGuiTableColumnFlags_WidthStretch, 2);
    ImGui::TableSetupColumn("evidence", ImGuiTableColumnFlags_WidthStretch, 3);
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::TableHeadersRow();
    for (std::size_t i = 0; i < preset.claims.size(); ++i) {
      const Claim& claim = preset.claims[i];
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      ui::wrapped(claim.text);
      if (!claim.source.empty()) ImGui::SetItemTooltip("%s", claim.source.c_str());
      ImGui::PushStyleColor(ImGuiCol_Text, tones(context.dark).muted);
      ui::wrapped(measured_text(claim) + ": " + claim.predicted.text());
      ImGui::PopStyleColor();
      ImGui::TableNextColumn();
      present(context, claim, i < now_.size() ? now_[i] : Reduced{});
      ImGui::TableNextColumn();
      evidence(context, preset, claim);
    }
    ImGui::EndTable();
  }

  static void word(ImU32 ink, const std::string& text) {
    ImGui::PushStyleColor(ImGuiCol_Text, ink);
    ui::wrapped(text);
    ImGui::PopStyleColor();
  }

  // What this run says to a claim.
  static std::string said(const Claim& claim, const Reduced& now) {
    if (!about_this_run(claim)) return "needs variants";
    if (!now.value) return "no value yet";
    return claim.predicted.holds(*now.value) ? "as predicted" : "not as predicted";
  }

  static void present(PanelContext& context, const Claim& claim, const Reduced& now) {
    const Tones& tone = tones(context.dark);
    if (!now.value) return word(tone.muted, said(claim, now));
    ImGui::PushFont(context.figures, 0);
    ImGui::TextUnformatted(ui::number(*now.value).c_str());
    ImGui::PopFont();
    word(claim.predicted.holds(*now.value) ? tone.good : tone.error, said(claim, now));
  }

  // Of the claim as it is: another prediction is another claim. What was run as the preset says comes first.
  static const JudgedClaim* stored(const PanelContext& context, const Preset& preset, const Claim& claim) {
    const auto found = std::find_if(context.evidence.begin(), context.evidence.end(), [&](const JudgedClaim& judged) {
      return judged.preset == preset.name && judged.text == claim.text && judged.measured == measured_text(claim) &&
             judged.predicted == claim.predicted.text();
    });
    return found == context.evidence.end() ? nullptr : &*found;
  }

  static std::string verdict_text(const JudgedClaim& judged) {  // "refuted on stand-ins"
    return to_string(judged.verdict) + (judged.apart.empty() ? "" : " " + judged.apart);
  }

  std::string text(const PanelContext& context, const Preset& preset) const {
    std::string all = "claim\tmeasured\tpredicted\tvalue\tin this run\tevidence\tmean\tseeds\tcommit\n";
    for (std::size_t i = 0; i < preset.claims.size(); ++i) {
      const Claim& claim = preset.claims[i];
      const Reduced now = i < now_.size() ? now_[i] : Reduced{};
      const JudgedClaim* judged = stored(context, preset, claim);
      all += claim.text + "\t" + measured_text(claim) + "\t" + claim.predicted.text() + "\t" +
             (now.value ? number_text(*now.value) : "") + "\t" + said(claim, now) + "\t" +
             (judged ? verdict_text(*judged) + "\t" + mean_text(*judged) + "\t" + seeds_text(judged->seeds) + "\t" +
                           judged->commit
                     : "none\t\t\t") +
             "\n";
    }
    return all;
  }

  static void evidence(PanelContext& context, const Preset& preset, const Claim& claim) {
    const Tones& tone = tones(context.dark);
    const JudgedClaim* found = stored(context, preset, claim);
    if (found == nullptr) return word(tone.muted, "none");
    const ImU32 ink = found->verdict == Verdict::reproduced ? tone.good
                      : found->verdict == Verdict::refuted  ? tone.error
                                                            : tone.warning;
    ImGui::BeginGroup();
    word(ink, verdict_text(*found));
    ui::wrapped(mean_text(*found));
    ImGui::EndGroup();
    ImGui::SetItemTooltip("seeds %s, commit %s\n%s%s%s", seeds_text(found->seeds).c_str(), found->commit.c_str(),
                          found->command.c_str(), found->reason.empty() ? "" : "\n", found->reason.c_str());
  }

  std::uint64_t run_ = 0, version_ = 0;
  std::int64_t moment_ = -1;
  double looked_ = 0;
  std::vector<Reduced> now_;  // parallel to the preset's claims
};

}  // namespace

std::unique_ptr<Panel> make_claims_panel() { return std::make_unique<ClaimsPanel>(); }

}  // namespace tessera
