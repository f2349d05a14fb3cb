// Recorded runs that are compared with those that train; each is read from its folder on a thread of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "app/panels/panel.h"
#include "app/window/later.h"

namespace tessera {

class RecordedRuns {
 public:
  using Reader = std::function<Result<std::shared_ptr<const Snapshot>>(const std::filesystem::path&)>;
  // read: called on other threads, and so is `wake`, when a run was read. The destructor waits for those under way.
  RecordedRuns(Reader read, std::function<void()> wake) : read_(std::move(read)), done_(std::move(wake)) {}

  bool has(const std::filesystem::path& folder) const;  // read, or being read
  void add(const std::filesystem::path& folder);        // begins to read it
  void remove(std::size_t index);                       // of all()

  struct Done {
    std::filesystem::path folder;
    std::vector<Problem> problems;  // none: it is among all() now
  };
  std::vector<Done> take();  // what was read since the last call
  const std::vector<ComparedRun>& all() const { return runs_; }

 private:
  struct Reading {
    std::filesystem::path folder;
    Result<std::shared_ptr<const Snapshot>> run;
  };
  Reader read_;
  std::vector<ComparedRun> runs_;
  std::vector<std::filesystem::path> reading_;
  Later<Reading> done_;
};

}  // namespace tessera
