// See background.h.
#include "app/window/background.h"

#include <exception>

namespace tessera {

void Background::begin(std::string what, std::function<std::string()> work) {
  done_.begin([what = std::move(what), work = std::move(work)] {
    Done done{what, {}, {}};
    try {
      done.said = work();
    } catch (const InputError& error) {
      done.problems = error.problems();
    } catch (const std::exception& error) {
      done.problems = {{"", error.what(), ""}};
    }
    return done;
  });
}

}  // namespace tessera
