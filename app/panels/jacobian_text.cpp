// See jacobian_text.h.
#include "app/panels/jacobian_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace tessera {
namespace {

constexpr double nothing = 1e-6;       // relative to the largest entry
constexpr std::size_t most_named = 4;  // experts in a sentence

class Reader {
 public:
  Reader(std::span<const double> jacobian, int experts) : jacobian_(jacobian), experts_(experts) {
    for (const double x : jacobian) largest_ = std::max(largest_, std::abs(x));
  }
  bool zero(double x) const { return std::abs(x) <= nothing * largest_; }
  double at(int row, int column) const {
    return jacobian_[static_cast<std::size_t>(row) * static_cast<std::size_t>(experts_) +
                     static_cast<std::size_t>(column)];
  }
  double largest() const { return largest_; }
  double sum(int column) const {
    double sum = 0;
    for (int row = 0; row < experts_; ++row) sum += at(row, column);
    return sum;
  }
  double magnitude(int column) const {
    double sum = 0;
    for (int row = 0; row < experts_; ++row) sum += std::abs(at(row, column));
    return sum;
  }
  // Rows other than the column's own, whose entry is above zero (sign 1) or below (-1).
  std::vector<int> others(int column, int sign) const {
    std::vector<int> rows;
    for (int row = 0; row < experts_; ++row) {
      if (row != column && !zero(at(row, column)) && at(row, column) * sign > 0) rows.push_back(row);
    }
    return rows;
  }

 private:
  std::span<const double> jacobian_;
  int experts_;
  double largest_ = 0;
};

std::string signed_number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.3g", x);
  return text;
}

// "expert 2", "experts 0, 2 and 5", "7 experts"
std::string named(const std::vector<int>& experts) {
  if (experts.size() > most_named) return std::to_string(experts.size()) + " others";
  std::string text = experts.size() == 1 ? "expert " : "experts ";
  for (std::size_t i = 0; i < experts.size(); ++i) {
    if (i > 0) text += i + 1 == experts.size() ? " and " : ", ";
    text += std::to_string(experts[i]);
  }
  return text;
}

std::string verb(const std::vector<int>& experts, const char* one, const char* many) {
  return named(experts) + " " + (experts.size() == 1 ? one : many);
}

std::string what_happens(const Reader& reader, int logit) {
  const std::string own = "logit " + std::to_string(logit);
  const double gain = reader.at(logit, logit);
  const std::vector<int> payers = reader.others(logit, -1), winners = reader.others(logit, 1);
  if (reader.zero(gain) && payers.empty() && winners.empty()) return own + " moves nobody here";
  std::string text = "if " + own + " rises, expert " + std::to_string(logit) + " has " +
                     (reader.zero(gain) ? std::string("no more") : signed_number(gain));
  if (!winners.empty()) text += ", " + verb(winners, "gains", "gain") + " too";
  if (!payers.empty()) return text + ", " + verb(payers, "pays", "pay");
  return winners.empty() ? text + ", nobody pays" : text;
}

}  // namespace

Coupling coupling(std::span<const double> jacobian, int experts) {
  const Reader reader(jacobian, experts);
  if (reader.largest() == 0) return Coupling::none;
  bool own = true, zero_sum = true;
  for (int column = 0; column < experts; ++column) {
    own = own && reader.others(column, 1).empty() && reader.others(column, -1).empty();
    zero_sum =
        zero_sum && std::abs(reader.sum(column)) <= nothing * std::max(reader.largest(), reader.magnitude(column));
  }
  return own ? Coupling::own : zero_sum ? Coupling::zero_sum : Coupling::coupled;
}

int strongest_logit(std::span<const double> jacobian, int experts) {
  const Reader reader(jacobian, experts);
  int best = -1;
  double most = 0;
  for (int column = 0; column < experts; ++column) {
    // Rounding doesn't decide between equals.
    if (reader.magnitude(column) <= most * (1 + nothing)) continue;
    most = reader.magnitude(column);
    best = column;
  }
  return best;
}

std::string jacobian_sentence(std::span<const double> jacobian, int experts, int logit, const std::string& noun) {
  const Coupling kind = coupling(jacobian, experts);
  if (kind == Coupling::none) return "No logit moves the " + noun + " here.";
  if (logit < 0 || logit >= experts) logit = strongest_logit(jacobian, experts);
  const std::string what = what_happens(Reader(jacobian, experts), logit);
  const std::string beginning = static_cast<char>(std::toupper(noun[0])) + noun.substr(1) + ": " + what;
  switch (kind) {
    case Coupling::own:
      return beginning + ". Each depends on its own logit only.";
    case Coupling::zero_sum:
      return beginning + ". Columns sum to 0.";
    default:
      return beginning + ". The sum changes by " + signed_number(Reader(jacobian, experts).sum(logit)) + " for 1.";
  }
}

}  // namespace tessera
