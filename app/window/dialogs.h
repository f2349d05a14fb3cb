// Questions that must be answered, and lists of problems that must be seen. One at a time, in the order they came up.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "core/lab/problem.h"

namespace tessera {

struct Choice {
  std::string label;
  std::function<void()> chosen;  // may be empty
};

struct Question {
  std::string title, text;
  std::vector<Choice> choices;    // from left to right; the first is what Enter does, the last what Escape does
  std::vector<Problem> problems;  // shown as a table of where, found, allowed
};

class Dialogs {
 public:
  void ask(Question question) { waiting_.push_back(std::move(question)); }
  // With one button to close it.
  void tell(std::string title, std::string text, std::vector<Problem> problems);
  bool empty() const { return waiting_.empty(); }
  void draw(float scale);  // popup "###question", buttons by their labels

 private:
  std::deque<Question> waiting_;
};

}  // namespace tessera
