// Bad input, said so that a person can mend it: where, what was found, what is allowed.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tessera {

struct Problem {
  std::string where;    // "presets/x.json: model.router.temperature", a file, or a command-line option
  std::string found;    // the offending value as the user wrote it; may be empty
  std::string allowed;  // what would have been right; may be empty

  // One line: "WHERE: FOUND; allowed: ALLOWED".
  std::string text() const;
};

// Where failure is normal: a value, or every problem that prevents it (never both, never neither).
template <class T>
struct Result {
  std::optional<T> value;
  std::vector<Problem> problems;

  Result(T v) : value(std::move(v)) {}                        // NOLINT(google-explicit-constructor)
  Result(std::vector<Problem> p) : problems(std::move(p)) {}  // NOLINT(google-explicit-constructor)
  explicit operator bool() const { return value.has_value(); }
};

// Thrown by Engine::build and by data readers when an input is unusable (missing or truncated data, an impossible
// combination). Headless commands end with exit code 2 on it, the session shows it and goes to `failed`.
class InputError : public std::runtime_error {
 public:
  explicit InputError(std::vector<Problem> problems);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

// Thrown while training when going on makes no sense: "loss is NaN at step 120".
class TrainingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace tessera
