// See problem.h.
#include "core/lab/problem.h"

namespace tessera {
namespace {

std::string joined(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += problem.text();
  }
  return text;
}

}  // namespace

std::string Problem::text() const {
  std::string line = where;
  if (!found.empty()) line += (line.empty() ? "" : ": ") + found;
  if (!allowed.empty()) line += (line.empty() ? "allowed: " : "; allowed: ") + allowed;
  return line;
}

InputError::InputError(std::vector<Problem> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}

}  // namespace tessera
