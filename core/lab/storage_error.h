// What can't be written: a disk that is full, a folder that is gone or may not be written.
#pragma once

#include <string>

#include "core/lab/problem.h"

namespace tessera {

// A run that comes upon it can go on later.
class StorageError : public InputError {
 public:
  StorageError(const std::string& file, const std::string& reason)
      : InputError({{file, "can't be written: " + reason, ""}}) {}
};

}  // namespace tessera
