// What is asked of images: their class, whether it is large, whether it is odd. A list of such questions is a set of
// tasks that are learned at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/lab/problem.h"

namespace tessera {

struct ImageTask {
  enum class Asks { its_class, at_least, parity };
  std::string text;  // as it was written: "fashion-mnist >= 5"
  std::string data;  // a data set's name
  Asks asks = Asks::its_class;
  int least = 0;  // of at_least: the smallest class whose answer is 1

  int answers(int classes) const { return asks == Asks::its_class ? classes : 2; }
  int answer(int of_class) const {
    return asks == Asks::its_class ? of_class : asks == Asks::parity ? of_class % 2 : of_class >= least ? 1 : 0;
  }
  friend bool operator==(const ImageTask&, const ImageTask&) = default;
};

inline constexpr std::size_t fewest_image_tasks = 2, most_image_tasks = 16;

// "fashion-mnist, fashion-mnist >= 5, mnist parity": two to sixteen, no two alike.
Result<std::vector<ImageTask>> image_tasks(std::string_view text);

}  // namespace tessera
