// What a run measures, as JSON: description.json in its folder, so that figures can be read and drawn without building
// the experiment again.
#pragma once

#include <string>
#include <string_view>

#include "core/lab/engine.h"

namespace tessera {

inline constexpr std::size_t max_description_bytes = 64 << 20;  // vocabularies name an axis label each

std::string write_description(const Description& description);

// Problems: malformed JSON, a member that is missing or of another kind, and what doesn't fit together: a layer that
// isn't there, two metrics of one name, limits that are no numbers. `where` names the source in messages.
Result<Description> read_description(std::string_view json, std::string_view where);

}  // namespace tessera
