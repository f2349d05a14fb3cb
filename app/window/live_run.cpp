// See live_run.h.
#include "app/window/live_run.h"

namespace tessera {
namespace {

std::uint64_t next_id() {         // runs are made by the window's thread
  static std::uint64_t last = 0;  // no run has this one
  return ++last;
}

}  // namespace

LiveRun::LiveRun(const WindowOptions& options, std::string its_name, std::function<void()> wake,
                 const std::optional<RecordedPast>& past)
    : id(next_id()), name(std::move(its_name)) {
  Session::Options session_options;
  session_options.on_change = std::move(wake);
  if (options.make_recording) {
    auto recording = options.make_recording(past);
    session_options.observer = std::move(recording.observer);
    folder = std::move(recording.folder);
  }
  session_options.check = options.check;
  session_options.unwritable = Session::Options::Unwritable::pause;
  session_options.runs_before = id << 32;
  session = std::make_unique<Session>(options.make_engine, std::move(session_options));
  snapshot = session->snapshot();
}

}  // namespace tessera
