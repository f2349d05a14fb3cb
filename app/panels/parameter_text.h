// What the controls say and do about a parameter, apart from drawing it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/lab/session.h"

namespace tessera {

// "model.router.temperature", 2 -> "model.layer2.router.temperature"; layer -1: the path as it is.
std::string path_for_layer(std::string_view base, int layer);

// The layers that have a value of their own for this parameter, rising.
std::vector<int> overridden_layers(const Parameters&, std::string_view base);

// What a parameter is called under its group's heading: its path without what all of the group start with, in words.
// "data name" for task.data.name among task.*.
std::string name_in_group(const ParameterSpec&, const ParameterTable&);

// Every word of `filter` is in the path, label, group or help, whatever the case. An empty filter matches all.
bool matches(const ParameterSpec&, std::string_view filter);

// A slider from 0 to 10 is of no use for a default of 0.01: wide ranges and small defaults get a logarithmic one, too.
bool slides_logarithmically(const ParameterSpec&);

// `value` with three significant digits, as a slider leaves it: 0.0123 and not 0.012345679.
double rounded_for_slider(double value, const Range&);

// All that a tooltip says: help, range, default, when it acts.
std::string explanation(const ParameterSpec&);

// "It only matters while selection is top_k."
std::string condition_text(const ParameterSpec&, const ParameterTable&);

// Why a change of this parameter is refused in a state; empty when it is allowed. After a failure only a rebuild helps.
const char* change_refused(State, const ParameterSpec&);

// What is asked before an experiment is built anew. `what`: "k = 3"; `steps`: done so far.
std::string rebuild_question(std::string_view what, std::int64_t steps);

}  // namespace tessera
