// What was changed during a run and what still will be, as marks on a step axis.
#include "app/panels/marks.h"

#include <map>

namespace tessera {

std::vector<Mark> timeline_marks(const std::vector<Intervention>& timeline, const Parameters& from, std::int64_t done) {
  std::vector<Mark> marks;
  marks.reserve(timeline.size());
  std::map<std::string, Value> values;  // as changed so far
  for (const Intervention& change : timeline) {
    if (change.path == pace_path) continue;
    const ParameterSpec* spec = from.table().find(change.path);
    std::string name = spec ? spec->label : change.path;
    const auto layer = layer_path(change.path);
    if (layer) name += " of layer " + std::to_string(layer->layer);

    std::string before;
    if (const auto known = values.find(change.path); known != values.end()) {
      before = to_string(known->second);
    } else if (const auto base = layer ? values.find(layer->base) : values.end();
               base != values.end() && !from.overrides().contains(change.path)) {
      before = to_string(base->second);
    } else if (spec) {
      before = to_string(from.get(change.path));
    }
    values[change.path] = change.value;

    Mark mark{change.step, change.step > done, {}};
    mark.text = "step " + std::to_string(change.step) + ": " + name + " " + before +
                (before.empty() ? "" : " \u2192 ") + to_string(change.value);
    if (change.ramp > 0) mark.text += " over " + std::to_string(change.ramp) + " steps";
    marks.push_back(std::move(mark));
  }
  return marks;
}

}  // namespace tessera
