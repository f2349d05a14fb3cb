#include "core/lab/route_question.h"

#include <cmath>

namespace tessera {

double entropy_nats(std::span<const double> values) {
  double sum = 0, entropy = 0;
  for (const double x : values) sum += std::abs(x);
  for (const double x : values) {
    const double p = sum > 0 ? std::abs(x) / sum : 0;
    if (p > 0) entropy -= p * std::log(p);
  }
  return entropy;
}

}  // namespace tessera
