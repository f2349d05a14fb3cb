#include "core/moe/gate_spec.h"

namespace tessera {

kernels::GateSpec gate_spec(const RouterParameters& router) {
  kernels::GateSpec spec;
  spec.temperature = router.temperature;
  spec.score = kernels::named<kernels::Score>(router.score);
  if (router.selection == "top_k") spec.k = router.k;
  if (router.selection == "winner_take_all") spec.k = 1;
  if (router.selection == "threshold") spec.threshold = router.threshold;
  spec.groups = router.groups.count;
  spec.groups_kept = router.groups.kept;
  spec.group_rank = kernels::named<kernels::GroupRank>(router.groups.rank);
  spec.group_mask = kernels::named<kernels::GroupMask>(router.groups.others);
  spec.bias_to = kernels::named<kernels::BiasTo>(router.bias.to);
  const bool weighs_later =
      router.selection == "winner_take_all" || router.selection == "expert_choice" || router.selection == "soft";
  spec.normalise = weighs_later ? kernels::Normalise::none : kernels::named<kernels::Normalise>(router.normalise);
  spec.scale = weighs_later ? 1 : router.scale;
  return spec;
}

}  // namespace tessera
