// A preset: what a run is made of, as JSON. See docs/manual/presets.md and presets/schema.json (generated).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/claim.h"
#include "core/lab/parameter.h"

namespace tessera {

inline constexpr int preset_schema = 1;  // a preset with a larger "schema" is refused

// Parameters that a session itself reads, where the table has them.
inline constexpr const char* seed_path = "run.seed";    // integer
inline constexpr const char* steps_path = "run.steps";  // integer: planned steps
inline constexpr const char* pace_path = "run.pace";    // at most so many steps a second; 0: as fast as it goes

// A change of a live parameter at a step (before that step is computed). With ramp > 0 a number goes from the value it
// had before, and still has at `step`, to the new one, which it has from `step + ramp` on (linear; geometric where the
// parameter's scale is logarithmic; integers are rounded). The next intervention on the same path ends a ramp.
struct Intervention {
  std::int64_t step = 0;
  std::string path;
  Value value;
  std::int64_t ramp = 0;
  friend bool operator==(const Intervention&, const Intervention&) = default;
};

inline constexpr std::size_t max_interventions = 20'000;     // in a schedule or timeline
inline constexpr std::int64_t max_step = 1'000'000'000'000;  // of an intervention, and of a ramp's length

// The intervention with its value in the parameter's kind, or all that is wrong with it: an unknown path, a parameter
// that isn't live, a value that isn't allowed, a negative step, a ramp on what is no number.
Result<Intervention> checked(const Intervention&, const Parameters&, std::string_view where);

struct View {  // what the window shows when the preset is loaded; empty fields leave things as they are
  std::vector<std::string> panels;  // names of panels to show in front
  int layer = -1;
  std::vector<std::string> series;  // families of curves, "alpha_entropy"
  friend bool operator==(const View&, const View&) = default;
};

struct Preset {
  explicit Preset(const ParameterTable& table) : parameters(table) {}
  std::string name;    // "specialize/first-light": its path under presets/ without .json
  std::string title;   // one line
  std::string about;   // what it is, in a few sentences
  std::string watch;   // what to watch, in a few sentences
  double minutes = 0;  // expected time on two CPU cores; 0: not said
  Parameters parameters;
  std::vector<Intervention> schedule;  // sorted by step
  View view;
  std::vector<Variant> variants;                         // of different names
  std::vector<Claim> claims;                             // only about these variants and the preset itself
  friend bool operator==(const Preset&, const Preset&);  // all but the name, which says where it was found
};

// Checks across parameters that a single range can't express ("k must not exceed the experts"); core/experiment.h has
// the real one.
using CombinationCheck = std::function<std::vector<Problem>(const Parameters&)>;

// What is wrong with a schedule (sorted by step) that starts from `parameters`: an intervention that isn't allowed, or
// what the interventions of a step make together with what is in force by then.
std::vector<Problem> check_schedule(const std::vector<Intervention>& schedule, Parameters parameters,
                                    const CombinationCheck&);
// The same for a preset: its parameters together, then its schedule.
std::vector<Problem> check_preset(const Preset&, const CombinationCheck&);

// The preset that a variant of it is, without variants and claims of its own; `name` may be preset_itself. Problems
// when the variant's parameters don't go with the preset's ("layer 3" where there are two).
Result<Preset> variant_of(const Preset&, std::string_view name);
// What is wrong with the variants, each taken for itself: its parameters together, and the schedule under them.
// Reading a preset doesn't ask: a run is what it is although a variant of it wouldn't run after what was changed in it.
std::vector<Problem> check_variants(const Preset&, const CombinationCheck&);

// Every problem is reported, not only the first: malformed JSON (line and column), unknown or duplicate keys, wrong
// types, values out of range, interventions on parameters that aren't live, a newer schema, claims about unknown
// variants; then what check_preset finds. Nothing is thrown. `where`
// names the source in messages. The schedule is sorted by step; one path can't change twice at one step.
// A complete preset (that of a run) says its name itself; load_preset names any after its file.
Result<Preset> read_preset(std::string_view json, std::string_view where, const ParameterTable&,
                           const CombinationCheck& = {});
Result<Preset> load_preset(const std::filesystem::path&, const ParameterTable&, const CombinationCheck& = {});

// JSON text that reads back to an equal preset. complete: every parameter; otherwise only those that differ from their
// defaults.
std::string write_preset(const Preset&, bool complete);
// Atomic: temporary file beside it, fsync, rename. Throws InputError when the folder can't be written.
void save_preset(const Preset&, const std::filesystem::path&);

// JSON Schema (draft 2020-12) of a preset, for editors; presets/schema.json is this text.
std::string preset_schema_json(const ParameterTable&);

// The shipped presets: every presets/TOPIC/NAME.json under `folder`, sorted, topics in the order of the design.
struct PresetFile {
  std::filesystem::path path;
  std::string name, topic;
};
std::vector<PresetFile> find_presets(const std::filesystem::path& folder);

}  // namespace tessera
