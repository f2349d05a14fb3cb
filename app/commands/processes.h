// This program as child processes: several at once, ended in order.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace tessera::commands {

class Processes {
 public:
  struct Ended {
    std::size_t job = 0;
    int code = 0;        // of its exit; 128 + the signal that ended it
    std::string errors;  // what it wrote on standard error
  };

  Processes();   // from now on this process learns how its children end
  ~Processes();  // asks those that run to end in order (SIGTERM), and waits for them
  // Not copyable or movable
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  // Starts this program with these arguments. It is told to end when this process ends, however that happens; what is
  // typed in the terminal doesn't reach it. Throws std::runtime_error when it can't be started.
  void start(std::size_t job, const std::vector<std::string>& arguments);
  std::size_t running() const { return children_.size(); }
  // Those that ended since the last call; waits up to `limit` for one.
  std::vector<Ended> wait(std::chrono::milliseconds limit);
  void interrupt();  // all of them: SIGINT, a run then writes its checkpoint

 private:
  struct Child {
    std::size_t job;
    pid_t process;
    int errors;  // a file in memory
  };
  static Ended end(const Child& child, int status);
  void signal(int number);

  std::vector<Child> children_;
};

std::size_t usable_cores();  // of this machine, by this process

}  // namespace tessera::commands
