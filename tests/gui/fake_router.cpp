// See fake_router.h.
#include "tests/gui/fake_router.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace tessera::test {
namespace {

using Numbers = std::vector<double>;
constexpr const char* router = "model.router.";

double sum(const Numbers& numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0.0); }

Numbers scores(const Numbers& logits, const Parameters& parameters) {
  const double temperature = parameters.real(std::string(router) + "temperature");
  const bool sigmoid = parameters.text(std::string(router) + "score") == "sigmoid";
  Numbers found;
  for (const double z : logits) found.push_back(std::exp(z / temperature));
  const double all = sum(found);
  for (double& x : found) x = sigmoid ? x / (1 + x) : x / all;
  return found;
}

std::vector<int> best(const Numbers& scores, const Numbers& bias, const Parameters& parameters) {
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  const auto key = [&](int e) {
    const auto i = static_cast<std::size_t>(e);
    return scores[i] + (bias.empty() ? 0 : bias[i]);
  };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return key(a) > key(b); });
  if (parameters.text(std::string(router) + "selection") == "top_k") {
    order.resize(static_cast<std::size_t>(parameters.integer(std::string(router) + "k")));
  }
  return order;
}

Numbers weights(const Numbers& scores, const std::vector<int>& chosen, const Parameters& parameters) {
  Numbers found(scores.size());
  for (const int e : chosen) found[static_cast<std::size_t>(e)] = scores[static_cast<std::size_t>(e)];
  const double all = parameters.text(std::string(router) + "normalise") == "sum" ? sum(found) : 1;
  for (double& x : found) x *= parameters.real(std::string(router) + "scale") / all;
  return found;
}

Numbers slopes(const std::function<Numbers(const Numbers&)>& of, const Numbers& logits) {
  constexpr double step = 1e-5;
  const std::size_t n = logits.size();
  Numbers jacobian(n * n);
  for (std::size_t column = 0; column < n; ++column) {
    Numbers above = logits, below = logits;
    above[column] += step;
    below[column] -= step;
    const Numbers high = of(above), low = of(below);
    for (std::size_t row = 0; row < n; ++row) jacobian[row * n + column] = (high[row] - low[row]) / (2 * step);
  }
  return jacobian;
}

}  // namespace

RouteAnswer fake_route(const RouteQuestion& question) {
  const Parameters& parameters = question.parameters;
  RouteAnswer answer;
  answer.experts = static_cast<int>(question.logits.size());
  answer.probs = scores(question.logits, parameters);
  const std::vector<int> chosen = best(answer.probs, question.bias, parameters);
  answer.chosen = {chosen};
  answer.alpha = weights(answer.probs, chosen, parameters);
  double entropy = 0;
  for (const double x : answer.alpha) entropy -= x > 0 ? x / sum(answer.alpha) * std::log(x / sum(answer.alpha)) : 0;
  answer.entropy = {entropy};
  answer.probs_jacobian = slopes([&](const Numbers& z) { return scores(z, parameters); }, question.logits);
  answer.alpha_jacobian =
      slopes([&](const Numbers& z) { return weights(scores(z, parameters), chosen, parameters); }, question.logits);
  return answer;
}

}  // namespace tessera::test
