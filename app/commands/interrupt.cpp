// Ctrl+C and friends: a run that is interrupted ends in order, with its checkpoint.
#include "app/commands/interrupt.h"

#include <signal.h>

#include <atomic>
#include <initializer_list>

namespace tessera::commands {
namespace {

std::atomic<bool> signalled = false;  // what a signal handler may touch is global by nature
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void note(int) { signalled = true; }

}  // namespace

Interrupt::Interrupt() {
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second signal does what it does by default
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before = {};
    if (number == SIGHUP && sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    sigaction(number, &action, nullptr);
  }
}

bool Interrupt::came() const { return signalled; }

}  // namespace tessera::commands
