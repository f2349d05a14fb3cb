// How tasks are learned one after another.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct ContinualParameters {
  std::string loss_over = "seen";

  void describe(Describer& d) {
    const Condition sequence{"/task.kind", {"sequence"}};
    d.choice("loss_over", loss_over, {"all", "seen", "task"},
             "Which classes compete in the training loss. all: every class of the data set. seen: those of the tasks "
             "that have begun. task: those of the task that is learned now, which makes one linear head as many heads "
             "as there are tasks. Tiles that are routed by label have losses of their own.",
             Applies::live, sequence);
  }
};

}  // namespace tessera
