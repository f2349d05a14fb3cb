// See playground_state.h.
#include "app/panels/playground_state.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/lab/json_text.h"

namespace tessera {
namespace {

using Json = nlohmann::json;

Json to_json(const Value& value) {
  return std::visit([](const auto& plain) { return Json(plain); }, value);
}

std::optional<Value> value_of(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return {};
}

// The member, or null.
const Json& member(const Json& object, const char* name) {
  static const Json null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

std::optional<std::vector<double>> numbers(const Json& list) {
  if (!list.is_array() || list.size() < least_experts || list.size() > most_run_experts) return {};
  std::vector<double> read;
  for (const Json& number : list) {
    if (!number.is_number() || std::abs(number.get<double>()) > most_logit) return {};
    read.push_back(number.get<double>());
  }
  return read;
}

std::optional<PlaygroundRouter> router_of(const Json& object) {
  if (!object.is_object() || !member(object, "choice").is_string()) return {};
  PlaygroundRouter router{object["choice"].get<std::string>(), {}};
  const Json& set = member(object, "set");
  if (!set.is_object()) return router;
  for (const auto& [path, json] : set.items()) {
    if (const auto value = value_of(json)) router.set.emplace(path, *value);
  }
  return router;
}

}  // namespace

void PlaygroundState::resize(int experts) {
  logits.resize(static_cast<std::size_t>(experts));
  bias.resize(static_cast<std::size_t>(experts));
}

void PlaygroundState::take(std::vector<double> others) {
  logits = std::move(others);
  bias.resize(logits.size());
}

std::string to_text(const PlaygroundState& state) {
  nlohmann::ordered_json json;
  json["logits"] = state.logits;
  json["bias"] = state.bias;
  if (state.temperature) json["temperature"] = *state.temperature;
  json["follow"] = state.follow;
  json["token"] = state.token;
  json["routers"] = nlohmann::ordered_json::array();
  for (const PlaygroundRouter& router : state.routers) {
    nlohmann::ordered_json one;
    one["choice"] = router.choice;
    for (const auto& [path, value] : router.set) one["set"][path] = to_json(value);
    json["routers"].push_back(std::move(one));
  }
  return print_json_line(json);
}

PlaygroundState playground_state(std::string_view text) {
  PlaygroundState state;
  const Result<Json> parsed = parse_json(text, "playground");
  if (!parsed || !parsed.value->is_object()) return state;
  const Json& json = *parsed.value;
  if (auto logits = numbers(member(json, "logits"))) state.take(*std::move(logits));
  if (auto bias = numbers(member(json, "bias")); bias && bias->size() == state.logits.size()) state.bias = *bias;
  if (const Json& t = member(json, "temperature"); t.is_number()) {
    state.temperature = std::clamp(t.get<double>(), 0.01, 100.0);
  }
  if (const Json& follow = member(json, "follow"); follow.is_boolean()) state.follow = follow.get<bool>();
  if (const Json& token = member(json, "token"); token.is_number_unsigned()) {
    state.token = static_cast<int>(std::min(token.get<std::uint64_t>(), std::uint64_t{1'000'000}));
  }
  std::vector<PlaygroundRouter> routers;
  const Json& list = member(json, "routers");
  for (const Json& one : list.is_array() ? list : Json::array()) {
    auto router = router_of(one);
    if (router && routers.size() < most_routers) routers.push_back(*std::move(router));
  }
  if (!routers.empty()) state.routers = std::move(routers);
  return state;
}

std::vector<LogitExample> logit_examples(int experts, unsigned seed) {
  const auto count = static_cast<std::size_t>(experts);
  const auto starting = [count](std::initializer_list<double> first) {
    std::vector<double> logits(first);
    logits.resize(count);
    return logits;
  };
  std::vector<double> stairs, random;
  std::mt19937 bits(seed);
  std::normal_distribution<double> normal(0, 1.5);
  for (std::size_t i = 0; i < count; ++i) {
    stairs.push_back(2 - 0.5 * static_cast<double>(i));
    random.push_back(std::round(normal(bits) * 100) / 100);
  }
  return {{"even", starting({})},
          {"one ahead", starting({2})},
          {"two level", starting({2, 2})},
          {"stairs", stairs},
          {"random", random},
          {"2, 1.5, 1, 0.5: sparsemax is one-hot at T = 0.5", {2, 1.5, 1, 0.5}},
          {"1.5, 1.4, 1.3, 1.2, -3: sparsemax is .4 .3 .2 .1 0", {1.5, 1.4, 1.3, 1.2, -3}},
          {"0.1, 1.1, 0.2, 0.3: sparsemax keeps two", {0.1, 1.1, 0.2, 0.3}}};
}

}  // namespace tessera
