// Which command is allowed in which state, and why not: one table.
#include <algorithm>
#include <array>
#include <string_view>

#include "core/lab/session.h"

namespace tessera {
namespace {

constexpr std::size_t states = 7;
constexpr const char* yes = "";
constexpr const char* empty = "no experiment is loaded";
constexpr const char* building = "the experiment is being built";
constexpr const char* still = "nothing is running";
constexpr const char* going = "it is running already";
constexpr const char* stop_first = "it is running; pause it first";
constexpr const char* halted = "it is paused already";
constexpr const char* over = "the run is finished; reset it or raise run.steps";
constexpr const char* failed = "the run failed; reset it or open a preset";

using Row = std::array<const char*, command_kinds>;
constexpr std::array<Row, states> table = {{
    // clang-format off
    // Load  Play      Pause     Step        Reset     Set       Schedule  SaveCheckpoint  RestoreCheckpoint  TakeCheckpoint  Continue  Ask
    {yes,    empty,    empty,    empty,      empty,    empty,    empty,    empty,          empty,             empty,          yes,      empty},     // empty
    {yes,    building, building, building,   building, building, building, building,       building,          building,       yes,      building},  // building
    {yes,    yes,      still,    yes,        yes,      yes,      yes,      yes,            yes,               yes,            yes,      yes},       // ready
    {yes,    going,    yes,      stop_first, yes,      yes,      yes,      yes,            yes,               yes,            yes,      yes},       // running
    {yes,    yes,      halted,   yes,        yes,      yes,      yes,      yes,            yes,               yes,            yes,      yes},       // paused
    {yes,    over,     still,    over,       yes,      yes,      yes,      yes,            yes,               yes,            yes,      yes},       // finished
    {yes,    failed,   still,    failed,     yes,      yes,      failed,   failed,         yes,               failed,         yes,      failed},    // failed
    // clang-format on
}};

// The columns above are in the order of Command.
static_assert(command_kind<command::Load> == 0 && command_kind<command::Play> == 1 &&
              command_kind<command::Pause> == 2 && command_kind<command::Step> == 3 &&
              command_kind<command::Reset> == 4 && command_kind<command::Set> == 5 &&
              command_kind<command::Schedule> == 6 && command_kind<command::SaveCheckpoint> == 7 &&
              command_kind<command::RestoreCheckpoint> == 8 && command_kind<command::TakeCheckpoint> == 9 &&
              command_kind<command::Continue> == 10 && command_kind<command::Ask> == 11 && command_kinds == 12);
static_assert(static_cast<std::size_t>(State::failed) + 1 == states);

}  // namespace

const char* to_string(State state) {
  constexpr std::array<const char*, states> names = {"empty",  "building", "ready", "running",
                                                     "paused", "finished", "failed"};
  return names.at(static_cast<std::size_t>(state));
}

const char* refusal(State state, std::size_t kind) { return table.at(static_cast<std::size_t>(state)).at(kind); }

}  // namespace tessera
