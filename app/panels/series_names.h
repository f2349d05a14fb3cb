// What the series of a family are called, and the colours and guide lines they have: in the curves panel and in
// exports.
#pragma once

#include <string>
#include <vector>

#include "app/panels/colours.h"
#include "core/lab/engine.h"

namespace tessera {

// "2" of "alpha_entropy/layer2", "total" of "loss/total": what tells the series of a family apart.
std::string series_label(const MetricSpec&, const Description&);

// The metrics of a family of scalars, in the order declared.
std::vector<std::size_t> series_of(const Description&, const std::string& family);

// A series's colour: layers are an ordered scale, the rest takes the categorical one.
Colour series_colour(const Description&, std::size_t metric, std::size_t place, bool dark);

// A line that is no data: ln N, where N experts share evenly, and ln 2, an even tie of two; for entropies in nats.
struct Guide {
  double value;
  std::string label;
};
std::vector<Guide> guides(const Description&, const std::string& family);

}  // namespace tessera
