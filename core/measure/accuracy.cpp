#include "core/measure/declare.h"

namespace tessera {

void add_accuracies(std::vector<Metric>& metrics, const Subject& subject) {
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
  if (subject.tasks == 1) return;
  spec.name = "accuracy/blind";
  spec.title = "test accuracy, task withheld";
  spec.definition =
      "Share of the same test samples that are classified right while neither routers nor features are told the task. "
      "Which outputs are the task's own is still known, where tasks have outputs of their own.";
  spec.source = "Zhang et al. 2025, arXiv 2512.20291";
  metrics.push_back({spec, Due::test, [](const Observation& seen) { return seen.blind_accuracy; }, nullptr});
  spec.source = "";
  for (std::size_t t = 0; t < static_cast<std::size_t>(subject.tasks); ++t) {
    spec.name = "accuracy/task" + std::to_string(t);
    spec.title = "test accuracy, " + subject.classes[t];
    spec.definition = "Share of a task's test samples that are classified right.";
    metrics.push_back({spec, Due::test, [t](const Observation& seen) { return seen.task_accuracy[t]; }, nullptr});
  }
}

}  // namespace tessera
