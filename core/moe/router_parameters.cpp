// What of a router doesn't go together.
#include "core/moe/router_parameters.h"

#include <algorithm>

#include "core/lab/text.h"

namespace tessera {
namespace {

using Problems = std::vector<Problem>;

class Complaints {
 public:
  Complaints(const RouterParameters& router, std::int64_t experts,
             const std::function<std::string(const std::string&)>& at)
      : r_(router), experts_(experts), at_(at) {}

  Problems all() {
    counts();
    second();
    groups();
    weights();
    capacity();
    balance();
    soft();
    hash();
    return std::move(problems_);
  }

 private:
  void say(const std::string& name, const std::string& found, const std::string& allowed) {
    problems_.push_back({at_("router." + name), found, allowed});
  }
  static std::string number(std::int64_t n) { return std::to_string(n); }
  bool selects(std::initializer_list<const char*> any) const {
    return std::any_of(any.begin(), any.end(), [&](const char* name) { return r_.selection == name; });
  }
  bool limits() const { return r_.capacity.train > 0 || r_.capacity.test > 0 || r_.capacity.tokens > 0; }

  void counts() {
    if (r_.selection == "top_k" && r_.k > experts_) {
      say("k", number(r_.k), "1 to " + number(experts_) + ", as " + at_("experts.count") + " has it");
    }
    if (r_.second.policy != "all" && r_.selection == "top_k" && r_.k != 2) {
      say("second.policy", r_.second.policy, "all, unless k is 2: it is about the second of two experts");
    }
  }

  void second() {
    if (r_.second.policy == "all" || r_.selection != "top_k") return;
    if (r_.score == "none" && r_.normalise != "softmax") {
      say("second.policy", r_.second.policy,
          "all with score none, unless normalise is softmax: weights below 0 are no chances");
    }
    if (r_.second.policy == "sampling" && r_.groups.count > 1) {
      say("second.policy", "sampling", "all or random with groups: it draws from all experts");
    }
  }

  void groups() {
    if (r_.groups.count == 1 || !tokens_choose(r_)) return;
    if (experts_ % r_.groups.count != 0) {
      say("groups.count", number(r_.groups.count),
          "a divisor of " + number(experts_) + ", the experts that " + at_("experts.count") + " makes");
      return;
    }
    const std::int64_t size = experts_ / r_.groups.count;
    if (r_.groups.kept > r_.groups.count) {
      say("groups.kept", number(r_.groups.kept), "1 to " + number(r_.groups.count) + ", the groups there are");
    } else if (r_.selection == "top_k" && r_.groups.others == "minus_infinity" && r_.k > size * r_.groups.kept) {
      say("k", number(r_.k), "1 to " + number(size * r_.groups.kept) + ", the experts of the kept groups");
    }
    if (r_.groups.rank == "top2_sum" && size < 2) {
      say("groups.rank", "top2_sum", "max or sum: groups have one expert each");
    }
  }

  void weights() {
    if (r_.score == "none" && r_.normalise == "sum" && !selects({"soft", "winner_take_all"})) {
      say("normalise", "sum", "none, l1 or softmax with score none: logits may be negative, and their sum zero");
    }
    if (r_.score == "none" && r_.selection == "dense" && r_.normalise == "l1") {
      say("normalise", "l1", "none or softmax with score none and selection dense");
    }
  }

  void capacity() {
    const bool chooses_tokens = r_.selection == "expert_choice";
    if (chooses_tokens && r_.capacity.tokens == 0 && (r_.capacity.train == 0 || r_.capacity.test == 0)) {
      say(r_.capacity.train == 0 ? "capacity.train" : "capacity.test", "0",
          "above 0 with selection expert_choice, or capacity.tokens: so many tokens each expert picks");
    }
    if (chooses_tokens && r_.capacity.order == "priority") {
      say("capacity.order", "priority", "position with selection expert_choice, where experts choose among all");
    }
    if (chooses_tokens && r_.capacity.dropped == "renormalise") {
      say("capacity.dropped", "renormalise", "residual with selection expert_choice, which drops nothing chosen");
    }
    if (selects({"dense", "soft"}) && limits()) {
      const char* const which = r_.capacity.tokens > 0  ? "capacity.tokens"
                                : r_.capacity.train > 0 ? "capacity.train"
                                                        : "capacity.test";
      say(which, "a limit", "0 with selection " + r_.selection + ", where every expert works for every token");
    }
  }

  void balance() {
    if (r_.bias.update != "none" && !tokens_choose(r_)) {
      say("bias.update", r_.bias.update, "none with selection " + r_.selection + ", where no token chooses by scores");
    }
    if (r_.bias.to == "logits" && r_.selection == "threshold") {
      say("bias.to", "logits", "scores with selection threshold, which is one of scores");
    }
  }

  void soft() {
    if (r_.selection != "soft") {
      // The router is built for its slots: then no live change makes it one that it wasn't built for.
      if (r_.slots != 1) say("slots", number(r_.slots), "1 with selection " + r_.selection + ", which has no slots");
      return;
    }
    if (r_.score != "softmax") say("score", r_.score, "softmax with selection soft, over tokens and over slots");
    if (r_.applies != "output") say("applies", r_.applies, "output with selection soft: inputs are mixed already");
    if (r_.normalise != "sum") say("normalise", r_.normalise, "sum with selection soft: its weights sum to one");
  }

  void hash() {
    if (r_.logits.kind != "hash") return;
    const bool one = r_.selection == "winner_take_all" || (r_.selection == "top_k" && r_.k == 1);
    if (!one)
      say("selection", r_.selection, "winner_take_all, or top_k with k = 1, with logits hash: it names one expert");
    if (r_.bias.update != "none") say("bias.update", r_.bias.update, "none with logits hash: the choice is fixed");
    if (r_.task.ratio > 0) say("task.ratio", number_text(r_.task.ratio), "0 with logits hash: the choice is fixed");
  }

  const RouterParameters& r_;
  std::int64_t experts_;
  const std::function<std::string(const std::string&)>& at_;
  Problems problems_;
};

}  // namespace

bool tokens_choose(const RouterParameters& router) {
  return router.selection == "top_k" || router.selection == "winner_take_all" || router.selection == "threshold";
}

std::vector<Problem> router_problems(const RouterParameters& router, std::int64_t experts,
                                     const std::function<std::string(const std::string&)>& at) {
  return Complaints(router, experts, at).all();
}

}  // namespace tessera
