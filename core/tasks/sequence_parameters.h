// Tasks that are learned one after another.
#pragma once

#include "core/data/class_sequence.h"
#include "core/lab/parameter.h"

namespace tessera {

struct SequenceParameters {
  ClassSequenceSpec classes;
  std::int64_t steps = 200;
  bool joint = false;
  std::string more_data;

  void describe(Describer& d) {
    const Condition sequence{"/task.kind", {"sequence"}};
    d.integer("sequence.tasks", classes.tasks, {.min = 1, .max = 100}, "tasks",
              "Tasks that the classes are divided among, learned one after another.", Applies::rebuild, sequence);
    d.integer("sequence.steps", steps, {.min = 1, .max = 1'000'000, .scale = Scale::logarithmic}, "steps",
              "Steps of each task. A run that goes on after the last task goes on with it.", Applies::rebuild,
              sequence);
    d.choice("sequence.split", classes.split, {"whole", "overlapping", "partial", "superclasses", "list"},
             "Which classes a task has. whole: as many for each, no class twice; the last task has what is left over. "
             "overlapping: neighbours, a class in several tasks. partial: the first half of whole's, the others are "
             "never seen. superclasses: the classes of one superclass, hard to tell apart (CIFAR-100's have 5). list: "
             "as sequence.list has it.",
             Applies::rebuild, sequence);
    d.choice("sequence.order", classes.order, {"natural", "shuffled"},
             "The order in which classes, or superclasses, are dealt out.", Applies::rebuild,
             {"sequence.split", {"whole", "overlapping", "partial", "superclasses"}});
    d.integer("sequence.order_seed", classes.order_seed, {.min = 0, .max = 2147483647}, "",
              "Shuffles the order; apart from run.seed, so that seeds share it.", Applies::rebuild,
              {"sequence.order", {"shuffled"}});
    d.integer("sequence.classes_per_task", classes.classes_per_task, {.min = 1, .max = 1000}, "classes",
              "Classes of each overlapping task, from the place on where a whole one would begin.", Applies::rebuild,
              {"sequence.split", {"overlapping"}});
    d.text("sequence.list", classes.list,
           "Tasks separated by |, each a list of classes and ranges: 0-4|5-9 or 0,2,4|1,3. A class may be in none, or "
           "in several.",
           Applies::rebuild, {"sequence.split", {"list"}});
    d.text("sequence.more_data", more_data,
           "Data sets beside task.data, separated by commas, each by its name or a folder with a slash in it, with "
           "images of the same shape: mnist, kmnist. Their classes follow, set by set, so that tasks can be of "
           "different ones.",
           Applies::rebuild, sequence);
    d.boolean("sequence.joint", joint,
              "All tasks at once, from the first step: what learning one after another is compared with.",
              Applies::rebuild, sequence);
  }
};

}  // namespace tessera
