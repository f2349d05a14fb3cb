#include "core/moe/subspace_parameters.h"

#include <algorithm>
#include <cmath>

namespace tessera {

std::int64_t SubspaceParameters::quota(std::int64_t experts) const {
  if (picking == "all") return backbone;
  const auto dimensions = static_cast<double>(backbone), share = std::sqrt(static_cast<double>(experts));
  return rank == 0 ? std::max<std::int64_t>(1, static_cast<std::int64_t>(dimensions / share)) : rank;
}

}  // namespace tessera
