// Training without the window.
#include "app/commands/headless.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "app/commands/command.h"
#include "app/commands/engine_library.h"
#include "app/commands/interrupt.h"
#include "app/commands/progress.h"
#include "core/experiment.h"
#include "core/lab/build_info.h"
#include "core/lab/checkpoints.h"
#include "core/lab/session.h"
#include "core/lab/text.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace tessera::commands {
namespace {

struct Interrupted : std::runtime_error {  // a build
  Interrupted() : std::runtime_error("interrupted") {}
};

// The engine, and what stopped it from being built: bad input ends the program in another way than a failure does, and
// so does an interrupt.
class WatchedEngine : public Engine {
 public:
  WatchedEngine(const Interrupt& interrupt, std::exception_ptr& refused)  // both outlive it
      : engine_(new_engine()), interrupt_(interrupt), refused_(refused) {}
  void watch(BuildProgress progress) override {
    engine_->watch([this, tell = std::move(progress)](std::string_view doing, double done) {
      if (interrupt_.came()) throw Interrupted();
      tell(doing, done);
    });
  }
  Description build(const Preset& preset) override {
    try {
      return engine_->build(preset);
    } catch (...) {
      refused_ = std::current_exception();
      throw;
    }
  }
  void step(std::int64_t step, bool last, Telemetry& telemetry) override { engine_->step(step, last, telemetry); }
  void apply(const Parameters& parameters) override { engine_->apply(parameters); }
  void save(Writer& writer) const override { engine_->save(writer); }
  void restore(Reader& reader) override { engine_->restore(reader); }
  std::uint64_t memory_bytes() const override { return engine_->memory_bytes(); }

 private:
  std::unique_ptr<Engine> engine_;
  const Interrupt& interrupt_;
  std::exception_ptr& refused_;
};

class Training {
 public:
  Training(const Headless& run, const Interrupt& interrupt)
      : run_(run),
        interrupt_(interrupt),
        progress_(!run.quiet),
        session_([this] { return std::make_unique<WatchedEngine>(interrupt_, refused_); }, options(run)) {}

  int to_the_end() {
    if (const int code = prepare(); code != fine) return code;
    while (!session_.wait(over, 100ms)) {
      if (interrupt_.came()) return stop();
      show();
    }
    return end();
  }

 private:
  static Session::Options options(const Headless& run) {
    Session::Options options;
    options.publish_every = 200ms;
    options.paced = false;
    options.history_bytes = 0;  // nobody looks back
    options.observer = run.recorder;
    options.check = check_combinations;
    return options;
  }

  static bool over(const Snapshot& snapshot) {
    return snapshot.state == State::finished || snapshot.state == State::failed;
  }

  // Builds, restores and starts.
  int prepare() {
    const Outcome built = ask(command::Load{run_.preset});
    if (!built.accepted) {
      progress_.clear();
      try {
        if (refused_) std::rethrow_exception(refused_);
      } catch (const Interrupted&) {
        const fs::path& folder = run_.recorder->folder();
        std::fprintf(stderr, "interrupted while the experiment was built\n");
        if (fs::exists(folder / "preset.json")) {  // it was resumed
          std::fprintf(stderr, "continue: ./lab run --resume %s\n", folder.c_str());
        }
        return interrupted;
      }
      std::fprintf(stderr, "%s\n", built.text.c_str());  // the recorder couldn't start
      return bad_input;
    }
    warn_of(run_.parent, session_.snapshot()->description->device);
    std::optional<fs::path> checkpoint = run_.checkpoint;
    if (run_.resume_from) checkpoint = checkpoint_file(run_.recorder->folder(), *run_.resume_from);
    if (checkpoint) {
      Outcome restored = ask(command::RestoreCheckpoint{*checkpoint});
      if (restored.accepted) restored = ask(command::Schedule{run_.to_come});
      if (!restored.accepted) {
        progress_.clear();
        std::fprintf(stderr, "%s\n", restored.text.c_str());
        return bad_input;
      }
    }
    ask(command::Play{});
    return fine;
  }

  // Figures before and after the fork would differ for another reason than the change. The threads of a CPU don't
  // count.
  void warn_of(const RecordedBy& parent, const std::string& device) {
    const auto kind = [](const std::string& text) { return text.substr(0, text.find(", ")); };
    std::string found;
    if (!parent.commit.empty() && parent.commit != commit()) {
      found = "by commit " + printable(parent.commit) + " (this is " + std::string(commit()) + ")";
    }
    if (!parent.device.empty() && kind(parent.device) != kind(device)) {
      found += (found.empty() ? "on " : " and on ") + printable(parent.device) + " (this is " + device + ")";
    }
    if (found.empty()) return;
    progress_.clear();
    std::fprintf(stderr, "the parent was recorded %s: not all that differs comes from the change\n", found.c_str());
  }

  // Submits a command and waits for its answer. An interrupt is only noted, and looked at between commands; but a build
  // is given up for it.
  Outcome ask(Command command) {
    const Ticket ticket = session_.submit(std::move(command));
    std::optional<Outcome> answer;
    while (!answer) {
      session_.wait(
          [&](const Snapshot&) {
            for (Outcome& outcome : session_.take_outcomes()) {
              if (outcome.ticket == ticket) answer = std::move(outcome);
            }
            return answer.has_value();
          },
          100ms);
      show();
    }
    return *answer;
  }

  void show() {
    const State state = session_.snapshot()->state;  // before the events: a failure is told at the end
    for (const Event& event : session_.take_events()) {
      if (event.severity == Severity::info || state == State::building || over(*session_.snapshot())) continue;
      progress_.clear();
      std::fprintf(stderr, "step %s: %s\n", with_commas(event.step).c_str(), event.text.c_str());
    }
    progress_.show(progress_text(*session_.snapshot()));
  }

  int stop() {
    ask(command::Pause{});
    if (over(*session_.snapshot())) return end();  // it was faster
    Outcome saved{0, true, ""};
    if (session_.snapshot()->step > 0) saved = ask(command::SaveCheckpoint{});  // before that, it begins anew
    progress_.clear();
    const std::string folder = run_.recorder->folder().string();
    std::fprintf(stderr, "interrupted after step %s%s%s\ncontinue: ./lab run --resume %s\n",
                 with_commas(session_.snapshot()->step).c_str(),
                 saved.accepted ? "" : "; the checkpoint can't be saved: ", saved.text.c_str(), folder.c_str());
    return saved.accepted ? interrupted : failed;
  }

  int end() {
    progress_.clear();
    const std::shared_ptr<const Snapshot> snapshot = session_.snapshot();
    const std::string folder = run_.recorder->folder().string();
    if (snapshot->state == State::failed) {
      std::fprintf(stderr, "failed after step %s: %s\ncontinue from the last checkpoint: ./lab run --resume %s\n",
                   with_commas(snapshot->step).c_str(), snapshot->failure.c_str(), folder.c_str());
      return failed;
    }
    if (!run_.quiet && run_.summary) print_summary(*snapshot, folder);
    return fine;
  }

  static void print_summary(const Snapshot& snapshot, const std::string& folder) {
    std::size_t width = 0;
    for (const MetricSpec& spec : snapshot.description->metrics) width = std::max(width, spec.name.size());
    for (std::size_t i = 0; i < snapshot.series.size(); ++i) {
      const Series& series = snapshot.series[i];
      const MetricSpec& spec = snapshot.description->metrics[i];
      if (series.size() == 0) continue;
      std::printf("%-*s  %.5g%s%s\n", static_cast<int>(width), spec.name.c_str(), series[series.size() - 1].value,
                  spec.unit.empty() ? "" : " ", spec.unit.c_str());
    }
    std::printf("%s steps on %s\n%s\n", with_commas(snapshot.step).c_str(), snapshot.description->device.c_str(),
                folder.c_str());
  }

  const Headless& run_;
  const Interrupt& interrupt_;
  Progress progress_;
  std::exception_ptr refused_;  // by the engine; written before the answer to Load, read after it
  Session session_;
};

}  // namespace

int train(const Headless& run) {
  const Interrupt interrupt;  // loading takes seconds, in which a signal may come
  load_engine_library();      // what is wrong with it is told before anything starts
  return Training(run, interrupt).to_the_end();
}

}  // namespace tessera::commands
