// A run that trains in the window: its session, what it last showed, and the preset it came from. There is one, or up
// to four side by side.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/window/document.h"
#include "app/window/window.h"

namespace tessera {

struct LiveRun {
  // wake: called on any thread when there may be news. past: of a fork.
  LiveRun(const WindowOptions&, std::string name, std::function<void()> wake,
          const std::optional<RecordedPast>& past = std::nullopt);

  struct Loading {
    std::filesystem::path file;  // empty: a fork, of no file
    Preset preset;
    std::string name;  // of a fork: "A, temperature = 0.2 from step 400"
  };

  std::string label() const { return document.open() ? name + ": " + document.name() : name; }

  int colour() const { return name[0] - 'A'; }  // place in the categorical palette

  // Whether closing it loses something: changes, or an unsaved and unrecorded fork that has trained.
  bool at_risk() { return document.changed(*snapshot) || (document.file().empty() && snapshot->step > 0 && !folder); }

  std::filesystem::path record() const { return folder ? folder() : std::filesystem::path(); }  // as `folder`

  const std::uint64_t id;  // no other run of this program has it
  std::string name;        // "A"
  Document document;
  std::map<Ticket, Loading> loading;              // under way; several when one follows quickly on another
  std::shared_ptr<const Snapshot> snapshot;       // never null
  std::function<std::filesystem::path()> folder;  // that it is recorded into; empty where it isn't. Any thread
  State drawn_state = State::empty;               // in the last frame
  std::uint64_t drawn_version = 0;
  std::unique_ptr<Session> session;  // last: its worker may wake us until it is gone
};

}  // namespace tessera
