#include "core/data/more_images.h"

#include <algorithm>

#include "core/data/downloads.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr std::size_t most_classes = 256;

void take(const ImageSet& from, std::int64_t sample, int label_shift, ImageSet& into) {
  const std::int64_t each = from.pixels_each();
  into.pixels.insert(into.pixels.end(), from.pixels.begin() + sample * each, from.pixels.begin() + (sample + 1) * each);
  into.labels.push_back(static_cast<std::uint8_t>(from.labels[static_cast<std::size_t>(sample)] + label_shift));
}

// Both, the one of which less has been taken, of its own, first.
ImageSet mixed(const ImageSet& a, const ImageSet& b, int shift) {
  ImageSet made;
  made.channels = a.channels;
  made.rows = a.rows;
  made.columns = a.columns;
  made.pixels.reserve(a.pixels.size() + b.pixels.size());
  std::int64_t of_a = 0, of_b = 0;
  while (of_a < a.samples() || of_b < b.samples()) {
    if (of_a * b.samples() <= of_b * a.samples() && of_a < a.samples()) {
      take(a, of_a++, 0, made);
    } else {
      take(b, of_b++, shift, made);
    }
  }
  return made;
}

std::string size_of(const ImageSet& set) {
  return std::to_string(set.channels) + " x " + std::to_string(set.rows) + " x " + std::to_string(set.columns) +
         " (channels, rows, columns)";
}

}  // namespace

Result<std::vector<std::string>> data_sets_in(std::string_view text, std::string_view where) {
  std::vector<std::string> sets;
  if (trimmed(text).empty()) return sets;
  const auto& names = image_set_names();
  for (const std::string_view part : split(text, ',')) {
    const std::string name(trimmed(part));
    if (name.find('/') == std::string::npos && std::find(names.begin(), names.end(), name) == names.end()) {
      std::string known;
      for (const std::string& one : names) known += one + ", ";
      return std::vector<Problem>{{std::string(where), "\"" + std::string(text) + "\"",
                                   "names separated by commas, each one of " + known + "or a folder with a / in it"}};
    }
    sets.push_back(name);
  }
  return sets;
}

ImageData load_named(const std::string& set, const std::string& where) {
  const bool is_folder = set.find('/') != std::string::npos;
  try {
    return is_folder ? load_images("folder", data_folder("folder", set)) : load_images(set, data_folder(set, ""));
  } catch (const InputError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {  // there is no task.data here
      if (!problem.where.starts_with("task.data.")) problem.found = problem.where + ": " + problem.found;  // a file
      problem.where = where;
      if (problem.allowed.find("task.data.") == std::string::npos) continue;
      problem.allowed = is_folder ? "folders with files in the layout of MNIST, CIFAR-10 or CIFAR-100"
                                  : "data sets that are here, " +
                                        (find_download(set) ? "./lab data " + set + ", " : std::string()) +
                                        "or its folder " + set + " below TESSERA_DATA";
    }
    throw InputError(std::move(problems));
  }
}

void append(ImageData& data, ImageData more, const std::string& first, const std::string& second,
            const std::string& where) {
  if (!data.train.same_shape(more.train)) {
    throw InputError({{where, second + ", with images of " + size_of(more.train),
                       "data sets with images of " + size_of(data.train) + ", as " + first + " has"}});
  }
  if (data.classes.size() + more.classes.size() > most_classes) {
    throw InputError({{where, second + ", " + std::to_string(data.classes.size() + more.classes.size()) + " classes",
                       "up to " + std::to_string(most_classes) + " together"}});
  }
  const auto shift = static_cast<int>(data.classes.size());
  data.train = mixed(data.train, more.train, shift);
  data.test = mixed(data.test, more.test, shift);
  for (std::string& name : data.classes) {
    if (!first.empty()) name = first + " " + name;
  }
  for (const std::string& name : more.classes) data.classes.push_back(second + " " + name);
  data.superclasses.clear();
}

}  // namespace tessera
