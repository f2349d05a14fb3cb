// See fit_router.h.
#include "app/panels/fit_router.h"

#include <algorithm>

namespace tessera {
namespace {

using Integer = std::int64_t;

const std::string router = "model.router.";

bool holds(const Parameters& parameters, const std::string& path) {
  return parameters.holds(parameters.table().find(path)->when);
}

// Sets parameters and remembers what that changed.
class Fitter {
 public:
  explicit Fitter(Parameters parameters) : fitted_{std::move(parameters), {}} {}

  Integer integer(const std::string& name) const { return fitted_.parameters.integer(router + name); }
  std::string text(const std::string& name) const { return fitted_.parameters.text(router + name); }
  bool matters(const std::string& name) const { return holds(fitted_.parameters, router + name); }
  bool is(const std::string& name, const char* value) const { return text(name) == value; }

  void quietly(const std::string& name, const Value& value) { fitted_.parameters.set(name, value); }
  void noted(const std::string& name, const Value& value) {
    const Value before = fitted_.parameters.get(router + name);
    if (before == value) return;
    note(name + " " + to_string(before) + " → " + to_string(value));
    quietly(router + name, value);
  }
  void note(std::string text) { fitted_.notes.push_back(std::move(text)); }
  FittedRouter done() { return std::move(fitted_); }

 private:
  FittedRouter fitted_;
};

// The most groups of equal size, at most those wanted, with so many experts each at least.
Integer groups_of(Integer experts, Integer wanted, Integer least) {
  Integer count = std::min(wanted, experts);
  while (count > 1 && (experts % count != 0 || experts / count < least)) --count;
  return std::max<Integer>(count, 1);
}

void fit_groups(Fitter& fitter, Integer experts) {
  if (fitter.integer("groups.count") == 1 || !fitter.matters("groups.count")) return;
  const Integer least = fitter.is("groups.rank", "top2_sum") ? 2 : 1;
  const Integer count = groups_of(experts, fitter.integer("groups.count"), least);
  fitter.noted("groups.count", count);
  if (count > 1) fitter.noted("groups.kept", std::min(fitter.integer("groups.kept"), count));
}

void fit_k(Fitter& fitter, Integer experts) {
  if (!fitter.is("selection", "top_k")) return;
  const Integer groups = fitter.integer("groups.count");
  const bool only_kept = groups > 1 && fitter.is("groups.others", "minus_infinity");
  const Integer room = only_kept ? experts / groups * fitter.integer("groups.kept") : experts;
  fitter.noted("k", std::min(fitter.integer("k"), room));
}

void leave_out_other_tokens(Fitter& fitter) {
  const bool picks = fitter.is("selection", "expert_choice");
  for (const char* name : {"capacity.train", "capacity.test"}) fitter.quietly(router + name, 0.0);
  fitter.quietly(router + "capacity.minimum", Integer{0});
  fitter.quietly(router + "capacity.order", std::string("position"));
  fitter.quietly(router + "capacity.dropped", std::string("residual"));
  fitter.quietly(router + "capacity.tokens", Integer{picks ? 1 : 0});
  if (picks) fitter.note("one token: every expert picks it");
  if (fitter.is("selection", "soft")) fitter.note("one token: all slots hold it");
  if (fitter.is("logits.kind", "hash")) fitter.note("a hash ignores logits");
}

}  // namespace

Parameters router_alone(Parameters parameters, int layer) {
  std::vector<std::pair<std::string, Value>> own;
  for (const auto& [path, value] : parameters.overrides()) {
    const auto of = layer_path(path);
    if (of && of->layer == layer) own.emplace_back(of->base, value);
  }
  std::vector<std::string> paths;
  for (const auto& [path, value] : parameters.overrides()) paths.push_back(path);
  for (const std::string& path : paths) parameters.clear_override(path);
  for (const auto& [path, value] : own) parameters.set(path, value);
  return parameters;
}

FittedRouter fit_router(Parameters parameters, int experts) {
  Fitter fitter(std::move(parameters));
  fitter.quietly("model.experts.count", Integer{experts});
  fitter.quietly("model.experts.zero.count", Integer{0});
  fitter.quietly("task.kind", std::string("classification"));  // what a text rules out, a token on its own does not
  const bool soft = fitter.is("selection", "soft");
  if (soft) fitter.noted("applies", std::string("output"));
  soft ? fitter.noted("slots", Integer{1}) : fitter.quietly(router + "slots", Integer{1});
  fit_groups(fitter, experts);
  fit_k(fitter, experts);
  leave_out_other_tokens(fitter);
  fitter.quietly(router + "input.jitter", 0.0);
  fitter.quietly(router + "second.policy", std::string("all"));
  fitter.quietly(router + "bias.update", std::string("none"));
  return fitter.done();
}

bool shapes_one_token(const ParameterSpec& spec) {
  if (!spec.path.starts_with(router)) return false;
  const std::string_view name = std::string_view(spec.path).substr(router.size());
  for (const char* other : {"input.", "logits.", "second.", "capacity.", "slots", "applies"}) {
    if (name.starts_with(other)) return false;
  }
  return !name.starts_with("bias.") || name == "bias.to";
}

std::string router_in_words(const Parameters& parameters) {
  const std::string selection = parameters.text(router + "selection");
  std::string words = parameters.text(router + "score") + ", " + selection;
  if (selection == "top_k") words += " " + std::to_string(parameters.integer(router + "k"));
  const Integer groups = parameters.integer(router + "groups.count");
  if (groups > 1 && holds(parameters, router + "groups.count")) words += ", " + std::to_string(groups) + " groups";
  return words;
}

}  // namespace tessera
