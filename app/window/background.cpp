// See background.h.
#include "app/window/background.h"

#include <chrono>
#include <exception>

namespace tessera {

void Background::begin(std::string what, std::function<std::string()> work, std::function<void()> wake) {
  under_way_.push_back(std::async(std::launch::async,
                                  [what = std::move(what), work = std::move(work), wake = std::move(wake)]() mutable {
                                    Done done{std::move(what), {}, {}};
                                    try {
                                      done.said = work();
                                    } catch (const InputError& error) {
                                      done.problems = error.problems();
                                    } catch (const std::exception& error) {
                                      done.problems = {{"", error.what(), ""}};
                                    }
                                    work = {};  // what it held may be large
                                    wake();
                                    return done;
                                  }));
}

std::vector<Background::Done> Background::take() {
  std::vector<Done> ended;
  std::erase_if(under_way_, [&](std::future<Done>& each) {
    if (each.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return false;
    ended.push_back(each.get());
    return true;
  });
  return ended;
}

}  // namespace tessera
