// Which classes each of several tasks has that are learned one after another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/lab/problem.h"

namespace tessera {

struct ClassSequenceSpec {
  std::int64_t tasks = 5;
  std::string split = "whole";    // whole, overlapping, partial, superclasses or list, see task.sequence.split
  std::string order = "natural";  // or shuffled
  std::int64_t order_seed = 1;
  std::int64_t classes_per_task = 4;  // of overlapping tasks
  std::string list{};                 // of split list: "0-4|5-9"
};

using ClassSequence = std::vector<std::vector<int>>;  // of each task, rising

// superclasses: of each class; empty where the data set has none. Every task has a class. Problems name
// task.sequence.*, each with what is allowed.
Result<ClassSequence> class_sequence(const ClassSequenceSpec& spec, int classes, const std::vector<int>& superclasses);

}  // namespace tessera
