// Ctrl+C and friends: a run that is interrupted ends in order, with its checkpoint.
#include "app/commands/interrupt.h"

#include <signal.h>

#include <initializer_list>

namespace tessera::commands {
namespace {

volatile sig_atomic_t signalled = 0;  // what a signal handler may touch is global by nature

extern "C" void note(int) { signalled = 1; }

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

bool Interrupt::came() const { return signalled != 0; }

}  // namespace tessera::commands
