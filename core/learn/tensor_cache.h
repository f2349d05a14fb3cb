// Tensors that take long to compute, kept in files between runs: in $XDG_CACHE_HOME/tessera, else ~/.cache/tessera. A
// cache that can't be read or written is none.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace tessera {

// made_from: all that they follow from, in words; another text is another entry. True when they were found and copied
// into `tensors`; else these are as before.
bool read_cached(const std::string& kind, const std::string& made_from, const std::vector<at::Tensor>& tensors);
void write_cached(const std::string& kind, const std::string& made_from, const std::vector<at::Tensor>& tensors);

}  // namespace tessera
