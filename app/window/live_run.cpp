// See live_run.h.
#include "app/window/live_run.h"

namespace tessera {

LiveRun::LiveRun(const WindowOptions& options, std::string its_name, std::function<void()> wake,
                 const std::optional<Parent>& parent)
    : name(std::move(its_name)) {
  static std::uint64_t sessions = 0;  // made by the window's thread
  Session::Options session_options;
  session_options.on_change = std::move(wake);
  if (options.make_recording) {
    auto recording = options.make_recording(parent);
    session_options.observer = std::move(recording.observer);
    folder = std::move(recording.folder);
  }
  session_options.check = options.check;
  session_options.unwritable = Session::Options::Unwritable::pause;
  session_options.runs_before = sessions++ << 32;
  session = std::make_unique<Session>(options.make_engine, std::move(session_options));
  snapshot = session->snapshot();
}

}  // namespace tessera
