// What a person has set in the router playground, and its text in the settings. No drawing in here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/parameter.h"

namespace tessera {

inline constexpr int least_experts = 2, most_experts = 16;  // made by hand
inline constexpr int most_run_experts = 1024;               // of an experiment
inline constexpr std::size_t most_routers = 4;
inline constexpr double most_logit = 1000;  // typed ones, by magnitude
inline constexpr const char* router_temperature = "model.router.temperature";
inline constexpr const char* own_router = "run";  // the choice of a column: that of the experiment

struct PlaygroundRouter {
  std::string choice;                             // "routers/mixtral", or own_router
  std::map<std::string, Value, std::less<>> set;  // what is otherwise than there, by path
  friend bool operator==(const PlaygroundRouter&, const PlaygroundRouter&) = default;
};

struct PlaygroundState {
  std::vector<double> logits{2, 1.5, 1, 0.5, 0, -0.5, -1, -1.5}, bias = std::vector<double>(8);  // of the experts
  std::optional<double> temperature;  // of all routers; none: each has its own
  bool follow = false;                // the logits are those of a token of the experiment
  int token = 0;
  std::vector<PlaygroundRouter> routers{{"routers/mixtral", {}}, {"routers/deepseek-v3", {}}};  // 1 to most_routers

  int experts() const { return static_cast<int>(logits.size()); }
  void resize(int experts);               // new experts have a logit and bias of 0
  void take(std::vector<double> logits);  // the bias stays where there is room for it
  friend bool operator==(const PlaygroundState&, const PlaygroundState&) = default;
};

// One line of JSON.
std::string to_text(const PlaygroundState&);
// What is missing, out of range or of another kind keeps its default. Paths aren't looked up: parameters that are gone
// have no effect later.
PlaygroundState playground_state(std::string_view text);

// Logits to begin with. Those of an example that has a number of its own change the number of experts.
struct LogitExample {
  const char* name;
  std::vector<double> logits;  // for `experts` that were asked for, or of another number
};
std::vector<LogitExample> logit_examples(int experts, unsigned seed);  // seed: of the random ones

}  // namespace tessera
