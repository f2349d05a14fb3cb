// See display.h.
#include "app/window/display.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "app/window/window.h"

namespace tessera {
namespace {

constexpr int patience_ms = 10000;

// What arrives on `pipe` until the first line end; empty when nothing comes in time.
std::string first_line(int pipe) {
  std::string line;
  pollfd wait{.fd = pipe, .events = POLLIN, .revents = 0};
  char c = 0;
  while (poll(&wait, 1, patience_ms) > 0 && read(pipe, &c, 1) == 1) {
    if (c == '\n') return line;
    line += c;
  }
  return {};
}

}  // namespace

bool has_display() {
  const char* display = std::getenv("DISPLAY");
  return display && *display;
}

VirtualDisplay::VirtualDisplay() {
  if (const char* display = std::getenv("DISPLAY")) {
    before_ = display;
    had_ = true;
  }
  int ends[2];  // Xvfb picks a free number and writes it here
  if (pipe(ends) != 0) throw GraphicsError("No pipe to a virtual display could be made");
  const std::string number = std::to_string(ends[1]);
  const pid_t parent = getpid();
  server_ = fork();
  if (server_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // it must not outlive this program, however that ends
    if (getppid() != parent) _exit(1);
    close(ends[0]);
    if (const int null = open("/dev/null", O_RDWR); null >= 0) {
      dup2(null, STDIN_FILENO);
      dup2(null, STDOUT_FILENO);
      dup2(null, STDERR_FILENO);
    }
    execlp("Xvfb", "Xvfb", "-displayfd", number.c_str(), "-screen", "0", "1280x1024x24", "-nolisten", "tcp", nullptr);
    _exit(127);
  }
  close(ends[1]);
  const std::string display = server_ > 0 ? first_line(ends[0]) : "";
  close(ends[0]);
  if (display.empty()) {
    stop();
    throw GraphicsError("There is no display, and a virtual one (Xvfb) did not start. To install it: apt install xvfb");
  }
  setenv("DISPLAY", (":" + display).c_str(), 1);
}

VirtualDisplay::~VirtualDisplay() {
  stop();
  if (had_) {
    setenv("DISPLAY", before_.c_str(), 1);
  } else {
    unsetenv("DISPLAY");
  }
}

void VirtualDisplay::stop() {
  if (server_ <= 0) return;
  kill(server_, SIGTERM);
  while (waitpid(server_, nullptr, 0) < 0 && errno == EINTR) {
  }
  server_ = -1;
}

}  // namespace tessera
