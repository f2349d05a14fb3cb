// Texts, and how they are cut.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct LanguageParameters {
  std::string path;
  std::string languages;
  std::int64_t bytes = 400'000;
  std::int64_t sequence_length = 128;
  double validation = 0.05;

  void describe(Describer& d) {
    const Condition text{"/task.kind", {"language"}};
    d.text("text.path", path,
           "Folder with a sub-folder of text files for each language, or with files named after it (german.txt, "
           "german-2.txt.gz makes another); plain or .gz. Empty: the folder text below the environment variable "
           "TESSERA_DATA, if there is one, else the Debian Reference in English, German, French, Japanese and Chinese, "
           "and the C++ compiler's headers.",
           Applies::rebuild, text);
    d.text("text.languages", languages,
           "Which languages, separated by commas, in the order that they are shown: English,Japanese,C++. Empty: all "
           "that there are.",
           Applies::rebuild, text);
    d.integer("text.bytes", bytes, {.min = 1000, .max = 100'000'000, .scale = Scale::logarithmic}, "bytes",
              "At most so many bytes of each language: the first of its files in the order of their names.",
              Applies::rebuild, text);
    d.integer("text.sequence_length", sequence_length, {.min = 2, .max = 4096, .scale = Scale::logarithmic}, "bytes",
              "Bytes that the model sees at once. A batch has task.batch_size sequences of as many bytes.",
              Applies::rebuild, text);
    d.real("text.validation", validation, {.min = 0.001, .max = 0.5}, "",
           "Share of each language's text that is not trained on, in pieces spread evenly over it; the same for every "
           "seed.",
           Applies::rebuild, text);
  }
};

}  // namespace tessera
