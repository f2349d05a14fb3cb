// What an MoE layer may know of its tokens besides their features.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tessera {

struct TokenContext {
  at::Tensor ids;                    // int64 [tokens], for hash routers; may be undefined where there are none
  std::int64_t sequence_length = 0;  // tokens of a sequence, one after another; 0: all are one sequence
  at::Tensor tasks;                  // int64 [tokens]: the task that each is of; undefined: one task, or not told
  std::int64_t task_count = 1;
  bool training = false;    // jitter, random second experts and the training capacity are in force
  std::uint64_t noise = 0;  // seed of all that is random in this layer and pass
};

}  // namespace tessera
