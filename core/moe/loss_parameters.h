// Auxiliary losses of an MoE layer's router. A coefficient of zero costs nothing.
#pragma once

#include "core/lab/parameter.h"

namespace tessera {

struct RouterLossParameters {
  double alpha_entropy = 0;
  double load_balance = 0.01;
  double z_loss = 0;

  void describe(Describer& d) {
    d.real("alpha_entropy", alpha_entropy, {.min = -10, .max = 10}, "",
           "Coefficient of the mean entropy of alpha (nats): positive sharpens each token's choice, negative spreads "
           "it.",
           Applies::live);
    d.real("load_balance", load_balance, {.min = 0, .max = 10}, "",
           "Coefficient of E sum_e f_e P_e (Switch, eq. 4), f_e the share of assignments, P_e the mean score; 1 when "
           "balanced. 0 lets routers collapse. Without effect on a dense softmax, whose f_e are all equal.",
           Applies::live);
    d.real("z_loss", z_loss, {.min = 0, .max = 10}, "",
           "Coefficient of the mean squared logsumexp of the logits (ST-MoE, eq. 5): keeps logits small.",
           Applies::live);
  }
};

}  // namespace tessera
