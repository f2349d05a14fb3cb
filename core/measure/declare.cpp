#include "core/measure/declare.h"

#include <ATen/ATen.h>

namespace tessera {

Matrix to_matrix(const at::Tensor& values) {
  const at::Tensor plain = values.to(at::kFloat).contiguous();
  Matrix matrix;
  matrix.rows = static_cast<int>(plain.size(0));
  matrix.columns = static_cast<int>(plain.size(1));
  matrix.values.assign(plain.const_data_ptr<float>(), plain.const_data_ptr<float>() + plain.numel());
  return matrix;
}

Axis expert_axis(const Subject& subject, int layer) {
  const bool tiles = layer >= subject.moe_layers && subject.layer_names.back() == "tiles";
  const std::string noun = tiles ? "tile" : "expert";
  Axis axis{noun, {}};
  for (int i = 0; i < subject.experts[static_cast<std::size_t>(layer)]; ++i) {
    axis.labels.push_back(noun + " " + std::to_string(i));
  }
  return axis;
}

Axis class_axis(const Subject& subject) { return {subject.class_noun, subject.classes}; }

Axis group_axis(const Subject& subject) { return {"group", subject.groups}; }

MetricSpec for_layer(MetricSpec spec, const Subject& subject, int layer) {
  const std::string base = spec.name.empty() ? spec.family : spec.name;
  spec.name = base + "/" + (layer < subject.moe_layers ? "layer" + std::to_string(layer) : subject.layer_names.back());
  spec.title += ", " + subject.layer_names[static_cast<std::size_t>(layer)];
  spec.layer = layer;
  return spec;
}

void add_for_layers(std::vector<Metric>& metrics, const Subject& subject, const MetricSpec& spec, Due due,
                    const LayerFormula& formula, bool tiles) {
  const int layers = tiles ? static_cast<int>(subject.experts.size()) : subject.moe_layers;
  for (int layer = 0; layer < layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    metrics.push_back({for_layer(spec, subject, layer), due,
                       [formula, index](const Observation& seen) { return formula(seen.layers[index]); }, nullptr});
  }
}

}  // namespace tessera
