// Files being written behind the window, on threads of their own, while it goes on drawing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/window/later.h"
#include "core/lab/problem.h"

namespace tessera {

class Background {
 public:
  struct Done {
    std::string what;               // as it was begun: "The figures were not written", said when there are problems
    std::string said;               // what the work returned
    std::vector<Problem> problems;  // none: it succeeded
  };

  // `wake` is called on another thread when something has ended. The destructor waits for all that was begun.
  explicit Background(std::function<void()> wake) : done_(std::move(wake)) {}
  // `work` returns what to say when it is done, and throws InputError, or anything else, when it can't be.
  void begin(std::string what, std::function<std::string()> work);
  std::vector<Done> take() { return done_.take(); }  // what has ended since the last call

 private:
  Later<Done> done_;
};

}  // namespace tessera
