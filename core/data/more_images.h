// Data sets that a parameter's text names, and several of them as one, for tasks that come from different ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/data/image_set.h"
#include "core/lab/problem.h"

namespace tessera {

// "mnist, kmnist": names of image_set_names(), or folders, which have a slash. Empty: none. Problems name `where`.
Result<std::vector<std::string>> data_sets_in(std::string_view text, std::string_view where);

// The data set of that name, or in that folder, see data_sets_in(). Throws InputError, naming `where`, a parameter
// whose text has it.
ImageData load_named(const std::string& set, const std::string& where);

// Classes of the second follow those of the first; each is called "NAME class" from then on, by `first` and `second`.
// Test samples of both are mixed evenly, so that the first few are of both. Superclasses are lost. Throws InputError,
// naming `where`, when images differ in shape, or there would be more than 256 classes.
void append(ImageData& data, ImageData more, const std::string& first, const std::string& second,
            const std::string& where);

}  // namespace tessera
