#include "core/learn/encoder_training.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "core/data/image_set.h"
#include "core/data/sampler.h"
#include "core/lab/build_info.h"
#include "core/lab/problem.h"
#include "core/learn/adamw.h"
#include "core/learn/gradients.h"
#include "core/learn/tensor_cache.h"
#include "core/tasks/labelled_images.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t batch_size = 128;

// All that the encoder follows from, in words.
std::string recipe(const Model& model, const InputShape& shape, const std::string& kind,
                   const EncoderParameters& parameters, const fs::path& folder, const std::string& where) {
  std::string text = "encoder " + kind + " of " + std::string(commit()) + " on " + where + "\n";
  for (const auto& [name, number] : std::map<std::string, std::int64_t>{{"channels", shape.channels},
                                                                        {"rows", shape.rows},
                                                                        {"columns", shape.columns},
                                                                        {"steps", parameters.steps},
                                                                        {"seed", parameters.seed}}) {
    text += name + " " + std::to_string(number) + "\n";
  }
  for (const Weight& weight : model.weights()) {
    if (weight.scope == Scope::encoder) text += weight.name + " " + std::to_string(weight.value.numel()) + "\n";
  }
  text += parameters.data_name + " " + fs::absolute(folder).string() + "\n";
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!entry.is_regular_file(ignored)) continue;
    files.push_back(entry.path().filename().string() + " " + std::to_string(entry.file_size(ignored)) + " " +
                    std::to_string(entry.last_write_time(ignored).time_since_epoch().count()));
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) text += file + "\n";
  return text;
}

}  // namespace

void train_encoder(Model& model, const InputShape& shape, const std::string& encoder_kind,
                   const EncoderParameters& parameters, const std::string& where, const BuildProgress& progress) {
  const fs::path folder = data_folder(parameters.data_name, parameters.data_path, "task.encoder.data");
  std::vector<at::Tensor> weights;
  for (const Weight& weight : model.weights()) {
    if (weight.scope == Scope::encoder) weights.push_back(weight.value);
  }
  const std::string made_from = recipe(model, shape, encoder_kind, parameters, folder, where);
  if (read_cached("encoder", made_from, weights)) return;

  const ImageData data = load_images(parameters.data_name, folder);
  const InputShape of_data = shape_of(data.train);
  if (of_data.channels != shape.channels || of_data.rows != shape.rows || of_data.columns != shape.columns) {
    const auto text = [](const InputShape& s) {
      return std::to_string(s.channels) + " x " + std::to_string(s.rows) + " x " + std::to_string(s.columns) +
             " (channels, rows, columns)";
    };
    throw InputError({{"task.encoder.data.name", parameters.data_name + ", with images of " + text(of_data),
                       "a data set with images of " + text(shape) + ", as the tasks have"}});
  }
  const LabelledImages images = labelled_images(data, model.options().device()).train;
  const std::int64_t width = model.encode(images.pixels.slice(0, 0, 1)).size(1);
  Initialiser initialiser(parameters.seed, model.options());
  const auto classes = static_cast<std::int64_t>(data.classes.size());
  const double bound = linear_bound(width);
  weights.push_back(initialiser.add("encoder training.weight", Scope::head, -1, {width, classes}, bound));
  weights.push_back(initialiser.add("encoder training.bias", Scope::head, -1, {classes}, bound));
  for (const Weight& weight : model.weights()) {  // the same start for all seeds of runs
    if (weight.scope != Scope::encoder) continue;
    at::Tensor value = weight.value.detach();
    value.copy_(drawn_anew(weight, parameters.seed));
  }
  AdamW optimiser(weights);
  const LearnParameters learn;
  EpochSampler sampler(images.labels.size(0), parameters.seed);
  std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(batch_size, images.labels.size(0))));
  for (std::int64_t step = 0; step < parameters.steps; ++step) {
    if (progress) progress("training the encoder", static_cast<double>(step) / static_cast<double>(parameters.steps));
    sampler.next(indices);
    const Samples batch = picked(images, indices);
    const at::Tensor logits = at::addmm(weights.back(), model.encode(batch.inputs), weights[weights.size() - 2]);
    std::vector<at::Tensor> gradients = gradients_of(at::cross_entropy_loss(logits, batch.targets), weights);
    optimiser.step(gradients, learn);
  }
  weights.resize(weights.size() - 2);
  write_cached("encoder", made_from, weights);
}

}  // namespace tessera
