// Files in the binary layouts of CIFAR-10 and CIFAR-100 (Krizhevsky 2009; www.cs.toronto.edu/~kriz/cifar.html): records
// of one or two label bytes, then 32 x 32 pixels of red, of green and of blue.
#pragma once

#include <filesystem>

#include "core/data/image_set.h"

namespace tessera {

// Whether the folder has the first file of that layout.
bool is_cifar10_folder(const std::filesystem::path& folder);
bool is_cifar100_folder(const std::filesystem::path& folder);

// data_batch_1.bin to data_batch_5.bin (as many as there are, without a gap) and test_batch.bin; names from
// batches.meta.txt where it is there, else the ten of CIFAR-10.
ImageData read_cifar10(const std::filesystem::path& folder);

// train.bin and test.bin; names from fine_label_names.txt and coarse_label_names.txt where they are there, else
// numbers. Each image has a superclass too.
ImageData read_cifar100(const std::filesystem::path& folder);

// All throw InputError, naming the file, when one is missing, empty, cut off within a record, or has a label out of
// range.

}  // namespace tessera
