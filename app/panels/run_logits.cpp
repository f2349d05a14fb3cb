// See run_logits.h.
#include "app/panels/run_logits.h"

#include <utility>

namespace tessera {
namespace {

constexpr std::int64_t most_tokens = 64;
constexpr auto ask_every = std::chrono::milliseconds(250);
constexpr auto give_up_after = std::chrono::seconds(5);  // on a command that was refused

}  // namespace

RunLogits::Moment RunLogits::now(const PanelContext& context) {
  return {context.newest.run, context.newest.step, context.selection.layer};
}

void RunLogits::follow(const PanelContext& context) {
  {
    const std::lock_guard lock(handover_->mutex);
    if (std::exchange(handover_->arrived, false)) {
      waiting_ = false;
      of_ = handover_->of;
      logits_ = std::move(handover_->logits);
    }
  }
  const Moment wanted = now(context);
  if (of_.run != wanted.run || of_.layer != wanted.layer) logits_ = {};  // of another router
  const auto time = Clock::now();
  if (waiting_ && time - when_ < give_up_after) return;
  const bool same = asked_.run == wanted.run && asked_.layer == wanted.layer;
  if (asked_ == wanted || (same && time - when_ < ask_every)) return;
  if (*refusal<command::Ask>(context.newest.state)) return;
  asked_ = wanted;
  when_ = time;
  waiting_ = true;
  context.submit(command::Ask{[to = handover_, wanted](const Engine& engine) {
    LayerLogits logits = engine.layer_logits(wanted.layer, most_tokens);
    const std::lock_guard lock(to->mutex);
    to->arrived = true;
    to->of = wanted;
    to->logits = std::move(logits);
  }});
}

std::string RunLogits::missing(const PanelContext& context) const {
  const Description* description = context.newest.description.get();
  if (!description) return "No experiment is built.";
  const auto layer = static_cast<std::size_t>(context.selection.layer);
  if (layer >= description->experts.size()) return "Choose a layer.";
  if (logits_.tokens == 0 || logits_.width == 0) {
    return context.newest.step == 0 ? "There after the first step." : "This layer has no logits.";
  }
  if (logits_.width != description->experts[layer]) return "The logits of this layer are of slots, not of experts.";
  return "";
}

}  // namespace tessera
