#include "core/moe/experts.h"

#include "core/moe/block_sparse_bank.h"
#include "core/moe/expert_bank.h"
#include "core/moe/lora_bank.h"

namespace tessera {

std::shared_ptr<const Experts> make_experts(int layer, std::int64_t width, const ExpertParameters& parameters,
                                            Initialiser& initialiser) {
  if (parameters.kind == "lora") return std::make_shared<LoraBank>(layer, width, parameters, initialiser);
  if (parameters.kind == "block_sparse") {
    return std::make_shared<BlockSparseBank>(layer, width, parameters, initialiser);
  }
  return std::make_shared<ExpertBank>(layer, width, parameters, initialiser);
}

}  // namespace tessera
