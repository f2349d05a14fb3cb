// Several questions about images, learned at once.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct MultitaskParameters {
  std::string tasks = "fashion-mnist, fashion-mnist >= 5";
  std::int64_t samples = 0;

  void describe(Describer& d) {
    const Condition multitask{"/task.kind", {"multitask"}};
    d.text(
        "multitask.tasks", tasks,
        "Tasks separated by commas, each a question about a data set's images. DATA: which class? DATA >= 5: is the "
        "class 5 or above? DATA parity: is it odd? Data sets: fashion-mnist, mnist, kmnist; each in its folder below "
        "the environment variable TESSERA_DATA, or where ./lab data or a Debian package puts it. Each task has outputs "
        "of its own.",
        Applies::rebuild, multitask);
    d.integer("multitask.samples", samples, {.min = 0, .max = 1'000'000}, "samples",
              "Use only the first so many training samples of each task; 0: as many as the smallest of its data sets "
              "has.",
              Applies::rebuild, multitask);
  }
};

}  // namespace tessera
