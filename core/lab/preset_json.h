// The JSON of the parts that presets, timelines and checkpoints share. Only for the .cpp files of core/lab.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/preset.h"

namespace tessera {

nlohmann::ordered_json value_json(const Value& value);
nlohmann::ordered_json interventions_json(const std::vector<Intervention>& interventions);

// The parameters as nested objects in the table's order; complete: all of them, else what differs from the defaults.
nlohmann::ordered_json parameters_json(const Parameters& parameters, bool complete);

// Problems go to `problems`; what was wrong is left out of the result. `where` names the source, `path` the array.
std::vector<Intervention> read_interventions(const nlohmann::json& array, const Parameters& parameters,
                                             std::string_view where, const std::string& path,
                                             std::vector<Problem>& problems);

// Sets in `parameters` all that `object` holds, the keys in `skipped` of its top level left out.
void read_parameters(const nlohmann::json& object, const std::vector<std::string>& skipped, std::string_view where,
                     Parameters& parameters, std::vector<Problem>& problems);

// Claims and variants; problems as above. A claim about a variant that is not in `variants` is one.
nlohmann::ordered_json variants_json(const std::vector<Variant>& variants);
nlohmann::ordered_json claims_json(const std::vector<Claim>& claims);
std::vector<Variant> read_variants(const nlohmann::json& array, const ParameterTable& table, std::string_view where,
                                   std::vector<Problem>& problems);
std::vector<Claim> read_claims(const nlohmann::json& array, const std::vector<Variant>& variants,
                               std::string_view where, std::vector<Problem>& problems);

}  // namespace tessera
