// Tasks one after another: what is learned and forgotten.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/measure/declare.h"
#include "core/measure/formulas.h"

namespace tessera {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double mean_accuracy(const at::Tensor& accuracies, std::int64_t task) {
  return accuracies[task].slice(0, 0, task + 1).mean().item<double>();
}

double backward_transfer(const at::Tensor& accuracies, std::int64_t task) {
  if (task == 0) return nan;
  const at::Tensor when_learned = accuracies.diagonal().slice(0, 0, task);
  return (accuracies[task].slice(0, 0, task) - when_learned).mean().item<double>();
}

double forgetting(const at::Tensor& accuracies, std::int64_t task) {
  if (task == 0) return nan;
  const at::Tensor earlier = accuracies.slice(0, 0, task).slice(1, 0, task);
  const at::Tensor best = std::get<0>(earlier.nan_to_num(-1).max(0));  // not measured: not the best
  return (best - accuracies[task].slice(0, 0, task)).mean().item<double>();
}

namespace {

struct Scenario {
  const char* name;   // "task_il"
  const char* title;  // "task told"
  const char* words;
  at::Tensor ScenarioAccuracies::*which;
  bool while_learning;  // measured at points of the test curves, too
};

constexpr const char* source = "Lopez-Paz & Ranzato 2017; Chaudhry et al. 2018; van de Ven et al. 2022";

void add_scenario(std::vector<Metric>& metrics, const Subject& subject, const Scenario& scenario) {
  const std::string title = std::string(", ") + scenario.title, words = scenario.words;
  MetricSpec spec;
  spec.source = source;
  const auto add = [&](const char* family, const char* what, const char* definition, const char* formula,
                       double (*value)(const at::Tensor&, std::int64_t)) {
    spec.family = family;
    spec.name = std::string(family) + "/" + scenario.name;
    spec.title = what + title;
    spec.definition = definition + words;
    spec.formula = formula;
    metrics.push_back({spec, Due::task,
                       [value, which = scenario.which](const Observation& seen) {
                         return value(seen.sequence.after.*which, seen.sequence.task);
                       },
                       nullptr});
  };
  add("accuracy", "mean accuracy of tasks",
      "At the end of a task: accuracy on each of the tasks up to it, mean over them. ", "1/t sum_{i <= t} R_ti",
      mean_accuracy);
  spec.low = -1;
  add("bwt", "backward transfer",
      "At the end of a task: how the accuracy on earlier tasks changed since each was learned, mean over them; below 0 "
      "what is forgotten. ",
      "1/(t-1) sum_{i < t} (R_ti - R_ii)", backward_transfer);
  add("forgetting", "forgetting",
      "At the end of a task: how far the accuracy on earlier tasks is below the best it ever was, mean over them. ",
      "1/(t-1) sum_{i < t} (max_{l < t} R_li - R_ti)", forgetting);
  spec.low = 0;
  for (std::size_t t = 0; scenario.while_learning && t < subject.sequence.size(); ++t) {
    spec.family = std::string("task_accuracy_") + scenario.name;
    spec.name = spec.family + "/task" + std::to_string(t);
    spec.title = "accuracy of task " + std::to_string(t) + " (" + subject.sequence[t] + ")" + title;
    spec.definition = "Share of a task's test samples that are classified right. " + words;
    spec.formula = "R_ti, t now";
    metrics.push_back({spec, Due::test,
                       [t, which = scenario.which](const Observation& seen) {
                         return (seen.sequence.now.*which)[static_cast<std::int64_t>(t)].item<double>();
                       },
                       nullptr});
  }
  spec.family = "accuracy_matrix";
  spec.name = spec.family + "/" + scenario.name;
  spec.title = "accuracy matrix" + title;
  spec.rank = 2;
  spec.definition =
      "Row t: after task t was learned, the accuracy on each task; nothing for what hasn't been measured yet. " + words;
  spec.formula = "R_ti, accuracy on task i after training task t";
  spec.axes[0].title = "after task";
  spec.axes[1].title = "task";
  for (std::size_t t = 0; t < subject.sequence.size(); ++t) {
    spec.axes[0].labels.push_back("after task " + std::to_string(t));
    spec.axes[1].labels.push_back("task " + std::to_string(t) + ": " + subject.sequence[t]);
  }
  metrics.push_back({spec, Due::task, nullptr, [which = scenario.which](const Observation& seen) {
                       return to_matrix(seen.sequence.after.*which);
                     }});
}

}  // namespace

void add_sequence(std::vector<Metric>& metrics, const Subject& subject) {
  if (subject.sequence.empty()) return;
  add_scenario(
      metrics, subject,
      {"task_il", "task told", "The task is told: the largest logit among its classes wins (task-incremental).",
       &ScenarioAccuracies::task_il, true});
  add_scenario(metrics, subject,
               {"class_il", "task not told",
                "The task is not told: the largest logit among the classes of all tasks that have begun wins "
                "(class-incremental).",
                &ScenarioAccuracies::class_il, true});
  if (subject.inferred) {
    add_scenario(metrics, subject,
                 {"class_mean", "tile by class mean",
                  "The tile (without tiles: the task) is inferred: that of the class with the nearest mean feature; "
                  "the largest logit among its classes wins.",
                  &ScenarioAccuracies::class_mean, false});
    add_scenario(metrics, subject,
                 {"entropy", "tile by entropy",
                  "The tile (without tiles: the task) is inferred: the one whose output has the least entropy, divided "
                  "by ln of its number of classes; the largest logit among its classes wins.",
                  &ScenarioAccuracies::entropy, false});
    add_scenario(metrics, subject,
                 {"classifier", "tile by classifier",
                  "The tile (without tiles: the task) is inferred: the one that a linear classifier names, which "
                  "learns along with the tasks; the largest logit among its classes wins.",
                  &ScenarioAccuracies::classifier, false});
  }
  for (std::size_t layer = 0; layer < subject.experts.size(); ++layer) {
    MetricSpec spec;
    spec.family = "routing_by_task";
    spec.title = "routing by task";
    spec.rank = 2;
    spec.axes[0] = expert_axis(subject, static_cast<int>(layer));
    spec.axes[1].title = "task";
    for (std::size_t t = 0; t < subject.sequence.size(); ++t) {
      spec.axes[1].labels.push_back("task " + std::to_string(t) + ": " + subject.sequence[t]);
    }
    spec.definition = "Mean weight that the router gives an expert on the test samples of each task.";
    spec.formula = "mean over x of task t of alpha_e(x)";
    spec.source = "seed 003: hard routing by class range";
    metrics.push_back({for_layer(spec, subject, static_cast<int>(layer)), Due::test, nullptr,
                       [layer](const Observation& seen) { return to_matrix(seen.layers[layer].routing_by_task); }});
  }
  MetricSpec spec;
  spec.family = spec.name = "task";
  spec.title = "task that is learned";
  spec.high = 0;  // from the data
  spec.definition = "Number of the task that this step learned, from 0.";
  spec.formula = "min(step / task.sequence.steps, tasks - 1)";
  metrics.push_back(
      {spec, Due::scalars, [](const Observation& seen) { return static_cast<double>(seen.sequence.task); }, nullptr});
}

}  // namespace tessera
