// What the shared library that holds the training core offers (app/commands/engine_library.cpp opens it).
#include "core/engine.h"
#include "core/engine/answer.h"
#include "core/measure/metrics.h"

extern "C" {

tessera::Engine* tessera_new_engine() { return tessera::make_engine().release(); }

void tessera_answer(const tessera::RouteQuestion& question, tessera::RouteAnswer& answer) {
  answer = tessera::answer(question);
}

void tessera_declared_metrics(std::vector<tessera::MetricSpec>& specs) {
  tessera::Subject subject;
  subject.moe_layers = 2;
  subject.layer_names = {"layer 0", "layer 1", "tiles"};
  subject.experts = {2, 2, 2};
  subject.classes = subject.groups = subject.token_classes = subject.vocabulary = {"0", "1"};
  subject.dimensions.assign(static_cast<std::size_t>(subject.moe_layers), 1);
  subject.tasks = 2;
  subject.redundancy = subject.imitation = subject.holding = true;
  subject.sequence = {"0-4", "5-9"};
  subject.regulated = subject.dimension_probe = subject.inferred = true;
  subject.source_noun = "samples of tile";
  subject.sources = {"tile 0", "tile 1"};
  for (const tessera::Metric& metric : tessera::all_metrics(subject)) specs.push_back(metric.spec);
}

}  // extern "C"
