// All metrics of an experiment. A new one is a file with its formula and declaration, and a line in metrics.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/lab/metric.h"
#include "core/measure/observation.h"

namespace tessera {

// At which of the intervals of measure.*, at the end of each task of a sequence, or of the run.
enum class Due { scalars, matrices, test, conflict, attractor, task, end };

struct Metric {
  MetricSpec spec;
  Due due = Due::scalars;
  // By rank, one of the two. A scalar that is NaN has no value now and is not written (a loss is, whatever it is).
  std::function<double(const Observation&)> scalar;
  std::function<Matrix(const Observation&)> matrix;
};

// What is measured: names for axes.
struct Subject {
  int moe_layers = 0;                    // the routed layer after them, if there is one, is the head's tiles or experts
  std::vector<std::string> layer_names;  // "layer 0", ..., "tiles" or "experts"
  std::vector<int> experts;              // of each routed layer
  std::vector<std::string> classes, groups;
  std::vector<int> dimensions;        // of each MoE layer: of the backbone that its experts are subspaces of; 0: none
  bool dimension_probe = false;       // what dimensions are worth is measured in the end
  bool regulated = false;             // a regulator moves the controls of alpha
  std::vector<std::string> sequence;  // names of tasks one after another; empty: there is one
  bool inferred = false;              // routers infer the tile, too
  std::vector<std::string> sources;   // of gradients of a head's experts, "tile 0" or "0-4"; empty: not measured
  std::string source_noun;            // "samples of tile"
  bool redundancy = false, imitation = false, holding = false;  // parts that the loss may have beside the routers'
  int tasks = 1;  // learned at once; with more than one, classes are tasks
  std::string class_noun = "class";
  std::string token_class_noun;  // these three: empty where the task has none
  std::vector<std::string> token_classes;
  std::vector<std::string> vocabulary;
};

std::vector<Metric> all_metrics(const Subject& subject);

}  // namespace tessera
