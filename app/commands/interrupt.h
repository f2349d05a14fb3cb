// Ctrl+C and friends: a run that is interrupted ends in order, with its checkpoint.
#pragma once

namespace tessera::commands {

// From its construction on, SIGINT, SIGTERM and SIGHUP (unless that is ignored, as nohup has it) only set a flag. A
// second one ends the process at once. One at a time; never restored.
class Interrupt {
 public:
  Interrupt();
  bool came() const;
};

}  // namespace tessera::commands
