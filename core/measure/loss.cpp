#include <limits>

#include "core/measure/declare.h"

namespace tessera {

void add_losses(std::vector<Metric>& metrics, const Subject& subject) {
  const auto add = [&](const char* name, const char* title, const char* definition, const char* formula,
                       const char* source, std::function<double(const LossObservation&)> value) {
    MetricSpec spec;
    spec.name = std::string("loss/") + name;
    spec.family = "loss";
    spec.title = title;
    spec.unit = "nats";
    spec.definition = definition;
    spec.formula = formula;
    spec.source = source;
    metrics.push_back({std::move(spec), Due::scalars,
                       [value = std::move(value)](const Observation& seen) { return value(seen.loss); }, nullptr});
  };
  const auto part = [](std::size_t index) {
    return [index](const LossObservation& loss) {
      return loss.parts[index].value_or(std::numeric_limits<double>::quiet_NaN());
    };
  };
  MetricSpec validation;
  validation.name = "loss/validation";
  validation.family = "loss";
  validation.title = "validation loss";
  validation.unit = "nats";
  validation.definition =
      "Mean cross entropy of the test (of text: validation) samples, without auxiliary losses; of text, nats per byte. "
      "The first measure.test_samples, at the end of the run all.";
  validation.formula = "mean_t -ln softmax(logits_t)_y";
  metrics.push_back({validation, Due::test, [](const Observation& seen) { return seen.test_loss; }, nullptr});
  add("total", "loss", "What training minimises, on the step's batch: the sum of its parts.",
      "task + sum over layers of coefficient x auxiliary loss", "",
      [](const LossObservation& loss) { return loss.total; });
  add("task", "task loss",
      "Cross entropy of the classes, or of the next byte; routed by label, that within the tiles of the sample's "
      "class.",
      "mean_t -ln softmax(logits_t)_y", "", [](const LossObservation& loss) { return loss.task; });
  add("alpha_entropy", "alpha entropy loss", "Its part in the loss, summed over the layers; none while it is off.",
      "c mean_t H(alpha_t / sum)", "Shannon 1948", part(0));
  add("load_balance", "load balance loss", "Its part in the loss, summed over the layers; none while it is off.",
      "c E sum_e f_e P_e", "Fedus, Zoph & Shazeer 2022, eq. 4", part(1));
  add("z_loss", "z-loss", "Its part in the loss, summed over the layers; none while it is off.",
      "c mean_t logsumexp(logits_t)^2", "Zoph et al. 2022, eq. 5", part(2));
  add("variance", "importance variance loss", "Its part in the loss, summed over the layers; none while it is off.",
      "c (deviation / mean)^2 of sum_t alpha_te", "Shazeer et al. 2017, eq. 7", part(3));
  add("l1", "L1 loss",
      "ReMoE's part in the loss, with its present coefficient, summed over the layers; none while off.",
      "c E sum_e c_e / (k T) mean_t alpha_te", "ReMoE, arXiv 2412.14711, eq. 10", part(4));
  if (subject.redundancy) {
    add("redundancy", "anti-redundancy loss", "Its part in the loss; none while it is off.",
        "c mean over pairs of experts of cos^2", "seed 003, AR loss",
        [](const LossObservation& loss) { return loss.redundancy; });
  }
  if (subject.imitation) {
    add("imitation", "imitation of the model before",
        "Learning without forgetting: its part in the loss; none in the first task.",
        "c T^2 mean_t -sum_c softmax(before_t / T)_c ln softmax(logits_t / T)_c", "Li & Hoiem 2016, eq. 2",
        [](const LossObservation& loss) { return loss.imitation; });
  }
  if (subject.holding) {
    add("holding", "elastic weight consolidation", "Its part in the loss; none in the first task.",
        "c / 2 sum over earlier tasks and weights of F (w - w*)^2", "Kirkpatrick et al. 2017, eq. 3",
        [](const LossObservation& loss) { return loss.holding; });
  }
}

}  // namespace tessera
