// Routers that say which tile a sample is for when nobody tells: what seed 003's tiles need an oracle for.
#pragma once

#include "core/learn/adamw.h"
#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

// What a router chooses among are the tiles of a mosaic head, of other heads the tasks; of each the classes whose tasks
// have begun. The answer is the largest logit among those. Nothing here changes the model.
//
//   class_mean  the one with the class whose mean feature is nearest (as in iCaRL, Rebuffi et al. 2017, without stored
//               samples: means are of up to 200 training samples a class, taken when its task ends)
//   entropy     the one whose softmax has the least entropy, divided by ln of its number of classes
//   classifier  the one that a linear map of the features names, learned along with the tasks from the same batches
class TileInference {
 public:
  TileInference(const Model& model, const Task& task, std::int64_t seed);

  // After a step. features: [samples, width]; of them only the classifier learns.
  void learn(const at::Tensor& features, const at::Tensor& targets, const LearnParameters& parameters);
  void take_means();  // of the classes of the task that is learned now, once it is
  // After the model's tiles were laid anew: the classifier's map of a tile is the mean, over its classes, of the maps
  // of the tiles that had them `before`.
  void tiles_were_laid(const TileLayout& before);

  struct Answers {
    at::Tensor class_mean, entropy, classifier;  // int64 [samples]: classes
  };
  // logits: [samples, outputs], of all classes.
  Answers answer(const at::Tensor& features, const at::Tensor& logits) const;

  std::vector<ModelState> states() const;  // all that lasts

 private:
  at::Tensor choices() const;  // bool [tiles, outputs]: the classes of each that have begun

  const Model& model_;
  const Task& task_;
  at::Tensor means_;             // [outputs, width]
  at::Tensor known_;             // int64 [outputs]: 1 for those that have a mean
  std::vector<at::Tensor> map_;  // [width, tiles], [tiles]
  AdamW optimiser_;
};

}  // namespace tessera
