#include "core/moe/gate_spec.h"

namespace tessera {

kernels::GateSpec gate_spec(const RouterParameters& router) {
  kernels::GateSpec spec;
  spec.temperature = router.temperature;
  spec.score = kernels::named<kernels::Score>(router.score);
  if (router.selection == "top_k") spec.k = router.k;
  if (router.selection == "winner_take_all") spec.k = 1;
  if (router.selection == "threshold") spec.threshold = router.threshold;
  if (router.groups.count > 1 && tokens_choose(router)) {
    spec.groups = router.groups.count;
    spec.groups_kept = router.groups.kept;
  }
  spec.group_rank = kernels::named<kernels::GroupRank>(router.groups.rank);
  spec.group_mask = kernels::named<kernels::GroupMask>(router.groups.others);
  spec.bias_to = kernels::named<kernels::BiasTo>(router.bias.to);
  const bool weighs_later = router.selection == "expert_choice" || router.selection == "soft";
  spec.normalise = weighs_later ? kernels::Normalise::none : kernels::named<kernels::Normalise>(router.normalise);
  // The softmax of one is 1, whatever its score.
  if (router.selection == "winner_take_all") spec.normalise = kernels::Normalise::softmax;
  spec.scale = weighs_later ? 1 : router.scale;
  return spec;
}

}  // namespace tessera
