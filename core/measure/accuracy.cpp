#include "core/measure/declare.h"

namespace tessera {

void add_accuracies(std::vector<Metric>& metrics, const Subject&) {
  MetricSpec spec;
  spec.family = "accuracy";
  spec.formula = "#{t : argmax logits_t = y_t} / T";
  spec.name = "accuracy/train";
  spec.title = "train accuracy";
  spec.definition =
      "Share of the training samples since the last point that were classified right, before learning from them; of "
      "text, of the next bytes that were said right.";
  metrics.push_back({spec, Due::scalars, [](const Observation& seen) { return seen.train_accuracy; }, nullptr});
  spec.name = "accuracy/test";
  spec.title = "test accuracy";
  spec.definition =
      "Share of the test samples that are classified right; of text, of the next bytes of the validation samples. The "
      "first measure.test_samples, at the end of the run all.";
  metrics.push_back({spec, Due::test, [](const Observation& seen) { return seen.test_accuracy; }, nullptr});
}

}  // namespace tessera
