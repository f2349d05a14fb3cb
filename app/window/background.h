// Files being written behind the window, on threads of their own, while it goes on drawing.
#pragma once

#include <functional>
#include <future>
#include <string>
#include <vector>

#include "core/lab/problem.h"

namespace tessera {

class Background {
 public:
  struct Done {
    std::string what;               // as it was begun: "The figures were not written", said when there are problems
    std::string said;               // what the work returned
    std::vector<Problem> problems;  // none: it succeeded
  };

  // `work` returns what to say when it is done, and throws InputError, or anything else, when it can't be. `wake` is
  // called on its thread then. The destructor waits for all that was begun.
  void begin(std::string what, std::function<std::string()> work, std::function<void()> wake);
  std::vector<Done> take();  // what has ended since the last call

 private:
  std::vector<std::future<Done>> under_way_;
};

}  // namespace tessera
