// See processes.h.
#include "app/commands/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;

namespace tessera::commands {
namespace {

constexpr std::size_t most_of_errors = 64 << 10;
constexpr int lost = 127 << 8;  // the status of exit(127), for one that somebody else waited for

[[noreturn]] void fail(const char* what) { throw std::runtime_error(std::string(what) + ": " + strerror(errno)); }

// In the child, between fork and exec: only what may be called there.
[[noreturn]] void become(char* const* arguments, int errors, int nothing, pid_t parent) {
  setpgid(0, 0);                        // Ctrl+C is for the parent, which tells its children once
  prctl(PR_SET_PDEATHSIG, SIGTERM);     // a parent that is killed leaves nothing running
  if (getppid() != parent) _exit(127);  // it was faster
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  execv("/proc/self/exe", arguments);
  _exit(127);
}

std::string contents(int file) {
  std::string text(most_of_errors, '\0');
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

}  // namespace

// Who starts this program may have children's ends ignored (trap '' CHLD): then none could be waited for.
Processes::Processes() { ::signal(SIGCHLD, SIG_DFL); }

Processes::~Processes() {
  signal(SIGTERM);
  while (!children_.empty()) wait(1s);
}

void Processes::start(std::size_t job, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), "tessera");
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  const int errors = memfd_create("errors", MFD_CLOEXEC);
  if (errors < 0) fail("no file for the messages of a process");
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t parent = getpid();
  const pid_t process = nothing < 0 ? -1 : fork();
  if (process == 0) become(pointers.data(), errors, nothing, parent);
  const int reason = errno;
  if (nothing >= 0) close(nothing);
  if (process < 0) {
    close(errors);
    errno = reason;
    fail("a process can't be started");
  }
  children_.push_back({job, process, errors});
}

Processes::Ended Processes::end(const Child& child, int status) {
  Ended ended{child.job, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents(child.errors)};
  close(child.errors);
  return ended;
}

std::vector<Processes::Ended> Processes::wait(std::chrono::milliseconds limit) {
  std::vector<Ended> ended;
  const auto until = std::chrono::steady_clock::now() + limit;
  while (true) {
    std::erase_if(children_, [&](const Child& child) {
      int status = 0;
      const pid_t found = waitpid(child.process, &status, WNOHANG);
      if (found == 0 || (found < 0 && errno == EINTR)) return false;
      if (found < 0) status = lost;
      ended.push_back(end(child, status));
      return true;
    });
    if (!ended.empty() || children_.empty() || std::chrono::steady_clock::now() >= until) return ended;
    std::this_thread::sleep_for(20ms);
  }
}

void Processes::interrupt() { signal(SIGINT); }

void Processes::signal(int number) {
  for (const Child& child : children_) kill(child.process, number);
}

std::size_t usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return std::max(1u, std::thread::hardware_concurrency());
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cores)));
}

}  // namespace tessera::commands
