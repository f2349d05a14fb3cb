// Auxiliary losses of an MoE layer's router. A coefficient of zero costs nothing.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct RouterLossParameters {
  double alpha_entropy = 0;
  double load_balance = 0.01;
  std::string balance_form = "switch";
  double z_loss = 0;
  double variance = 0;
  struct L1 {
    double start = 0, factor = 1.2, target = 2;
  } l1;

  void describe(Describer& d) {
    d.real("alpha_entropy", alpha_entropy, {.min = -10, .max = 10}, "",
           "Coefficient of the mean entropy of alpha (nats): positive sharpens each token's choice, negative spreads "
           "it.",
           Applies::live);
    d.real("load_balance", load_balance, {.min = 0, .max = 10}, "",
           "Coefficient of E sum_e f_e P_e, f_e the share of the load, P_e the mean score. 0 lets routers collapse. "
           "Without effect on a dense softmax, whose f_e are all equal.",
           Applies::live);
    d.choice("balance_form", balance_form, {"switch", "gshard", "hugging_face"},
             "f_e of load_balance. switch: share of the assignments; the loss is 1 when balanced. gshard: share of the "
             "first choices. hugging_face: assignments by token, as load_balancing_loss_func of transformers; the loss "
             "is k when balanced.",
             Applies::live);
    d.real("z_loss", z_loss, {.min = 0, .max = 10}, "",
           "Coefficient of the mean squared logsumexp of the logits (ST-MoE, eq. 5): keeps logits small.",
           Applies::live);
    d.real("variance", variance, {.min = 0, .max = 10}, "",
           "Coefficient of the squared coefficient of variation of the experts' importance, the sum of their weights "
           "(Shazeer et al. 2017, eq. 7).",
           Applies::live);
    d.real(
        "l1.start", l1.start, {.min = 0, .max = 1}, "",
        "First coefficient of ReMoE's loss, E sum_e c_e / (k T) mean g_e with k = l1.target, which makes ReLU scores "
        "sparse; 0: off (ReMoE: 1e-8).",
        Applies::live);
    d.real("l1.factor", l1.factor, {.min = 1, .max = 10}, "",
           "After each step a layer's coefficient is multiplied by it while more experts than the target work for a "
           "token on the mean, and divided while fewer do.",
           Applies::live);
    d.real("l1.target", l1.target, {.min = 0.01, .max = 1024}, "experts",
           "Experts for a token, on the mean, that the L1 loss leads to.", Applies::live);
  }
};

}  // namespace tessera
