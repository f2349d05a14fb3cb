// The operators on a GPU against their references on the CPU. A file of its own, so that where there is no GPU these
// are reported as skipped and nothing else is.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "core/learn/adamw.h"
#include "core/measure/routing_window.h"
#include "kernels/block_sparse/op.h"
#include "kernels/dispatch/op.h"
#include "kernels/expert_mlp/op.h"
#include "kernels/gate/op.h"
#include "kernels/gram/op.h"
#include "kernels/linear/op.h"
#include "tests/unit/core/kernels_block_sparse_case.h"
#include "tests/unit/core/kernels_gate_forms.h"
#include "tests/unit/core/kernels_mlp_case.h"
#include "tests/unit/core/kernels_support.h"
#include "tests/unit/core/small_model.h"

namespace tessera::kernels {
namespace {

using at::Tensor;

GateGradients on_gpu(const GateGradients& d) {
  return {d.alpha.cuda(), d.scores.cuda(), d.importance.cuda(), d.share.cuda(), d.sums.cuda()};
}

TEST(Cuda, GateAgreesWithTheReference) {
  TESSERA_SKIP_WITHOUT_GPU();
  at::manual_seed(5);
  const struct {
    std::int64_t tokens, experts, k;
  } cases[] = {{1, 1, 1},   {128, 8, 2}, {33, 7, 0},  {70, 64, 8},   {70, 100, 6},
               {9, 256, 8}, {7, 512, 5}, {5, 700, 9}, {3, 1024, 40}, {0, 4, 2}};
  for (const auto& c : cases) {
    for (const Score score : {Score::softmax, Score::sigmoid, Score::sparsemax, Score::entmax15}) {
      for (const bool normalise : {false, true}) {
        for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
          const Tensor logits = at::randn({c.tokens, c.experts}, type).to(at::kCUDA).requires_grad_();
          const Tensor exact = logits.detach().to(at::kCPU, at::kDouble).requires_grad_();
          const Tensor da = at::randn_like(exact), ds = at::randn_like(exact);
          const GateSpec spec{
              .temperature = .7, .score = score, .k = c.k, .normalise = normalise ? Normalise::sum : Normalise::none};
          const GateOutput there = reference::gate(exact, spec), here = gate(logits, spec);
          EXPECT_TRUE(near(here.scores, there.scores, tolerance_of(type)));
          EXPECT_TRUE(near(here.alpha, there.alpha, tolerance_of(type)));
          const auto expected = torch::autograd::grad({there.alpha, there.scores}, {exact}, {da, ds})[0];
          const auto got =
              torch::autograd::grad({here.alpha, here.scores}, {logits}, {da.to(logits), ds.to(logits)})[0];
          EXPECT_TRUE(near(got, expected, 10 * tolerance_of(type))) << int(score) << " " << c.experts << " " << c.k;
        }
      }
    }
  }
}

TEST(Cuda, GateInEveryFormAgreesWithTheReference) {
  TESSERA_SKIP_WITHOUT_GPU();
  at::manual_seed(8);
  for (const GateForm& form : gate_forms()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      for (const std::int64_t tokens : {19, 5000, 0}) {              // 5000: blocks take several rows
        const double away = form.spec.score == Score::none ? 7 : 0;  // from a sum near 0: ill-conditioned
        const Tensor logits = random_logits(tokens, 40, type) + away, bias = bias_for(form, logits);
        const Tensor exact_bias = form.biased ? bias.to(at::kDouble) : bias;
        const Tensor exact = logits.to(at::kDouble).requires_grad_(), there = logits.cuda().requires_grad_();
        const GateGradients d = random_gradients(logits);
        const GateOutput expected = reference::gate(exact, form.spec, exact_bias),
                         got = gate(there, form.spec, form.biased ? bias.cuda() : bias);
        const auto of_expected = tensors(expected), of_got = tensors(got);
        for (std::size_t i = 0; i < of_got.size(); ++i) {
          EXPECT_TRUE(near(of_got[i], of_expected[i], 10 * tolerance_of(type))) << form.name() << " " << i;
        }
        // Not of rows where a sparse weight is so near 0 that rounding decides the slope of its entropy.
        const bool sparse = form.spec.score == Score::sparsemax || form.spec.score == Score::entmax15;
        const Tensor near_zero = (expected.alpha.abs() < 1e-3) & (expected.alpha != 0),
                     rows = ~(near_zero & sparse).any(1);
        EXPECT_GE(2 * rows.sum().item<std::int64_t>(), tokens) << form.name();
        const Tensor d_logits = torch::autograd::grad({weighted(got, on_gpu(d))}, {there})[0].cpu().index({rows}),
                     d_expected = torch::autograd::grad({weighted(expected, d)}, {exact})[0].index({rows});
        EXPECT_TRUE(near(d_logits, d_expected, 30 * tolerance_of(type))) << form.name();
      }
    }
  }
}

TEST(Cuda, GateOnTiesHugeLogitsAndNaN) {
  TESSERA_SKIP_WITHOUT_GPU();
  const Tensor few = torch::tensor({{1.f, 1.f, 1.f}, {-200.f, -201.f, -300.f}, {1e30f, 0.f, -1e30f}, {0.f, NAN, 1.f}}),
               many = at::randint(0, 4, {50, 64}).to(at::kFloat), most = at::randint(0, 3, {20, 300}).to(at::kFloat);
  for (const Tensor& logits : {few, many, most}) {
    for (const std::int64_t k : {1, 2, 8, 31}) {
      for (const Score score : {Score::softmax, Score::sigmoid, Score::sparsemax, Score::entmax15}) {
        const GateSpec spec{.score = score, .k = k};
        const GateOutput expected = gate(logits, spec), got = gate(logits.cuda(), spec);
        EXPECT_TRUE(near(got.alpha, expected.alpha, 1e-6)) << int(score) << " " << k;
        EXPECT_TRUE(near(got.scores, expected.scores, 1e-6)) << int(score) << " " << k;
        // Whether exp(-100) is 0 in float32 is the processor's.
        const bool decided = !logits.is_same(few);
        EXPECT_TRUE(!decided || at::equal(got.load.cpu(), expected.load)) << int(score) << " " << k;
        EXPECT_TRUE(at::equal(got.first.cpu(), expected.first))
            << int(score) << " " << k << got.first << expected.first;
      }
    }
  }
}

TEST(Cuda, GateKeepsWeightsExactAtTheEndsOfTheRange) {
  TESSERA_SKIP_WITHOUT_GPU();
  at::manual_seed(9);
  // Sigmoid scores around 1e-14, and softmax scores as small because a bias chooses them.
  const Tensor logits = at::randn({40, 64}) - 32;
  const Tensor far = at::cat({at::randn({40, 32}), at::randn({40, 32}) - 32}, 1),
               bias = at::cat({at::zeros({32}), at::full({32}, 60)});
  const auto agree = [](const Tensor& given, const GateSpec& spec, const Tensor& b) {
    const GateOutput expected = reference::gate(given.to(at::kDouble), spec, b.defined() ? b.to(at::kDouble) : b),
                     got = gate(given.cuda(), spec, b.defined() ? b.cuda() : b);
    const auto ratio = [](const Tensor& a, const Tensor& of) {
      return at::where(of == 0, a.to(at::kCPU, at::kDouble) + 1, a.to(at::kCPU, at::kDouble) / of);
    };
    for (const auto& [a, of] : {std::pair{got.alpha, expected.alpha}, {got.scores, expected.scores}}) {
      EXPECT_TRUE(near(ratio(a, of), at::ones_like(of), 3e-6)) << int(spec.score) << " " << spec.scale;
    }
    EXPECT_TRUE(near(got.sums, expected.sums, 1e-5)) << int(spec.score) << " " << spec.scale;
    EXPECT_TRUE(at::equal(got.first.cpu(), expected.first.to(at::kFloat)));
  };
  for (const double scale : {1e-36, 1e-3, 1., 1e3, 1e36}) {
    for (const Normalise normalise : {Normalise::none, Normalise::sum, Normalise::softmax}) {
      const GateSpec spec{.score = Score::sigmoid, .k = 6, .normalise = normalise, .scale = scale};
      if (normalise == Normalise::sum || (normalise == Normalise::none && scale >= 1e-3)) agree(logits, spec, {});
      agree(far.slice(1, 0, 32).contiguous(), spec, {});
    }
    agree(far,
          {.score = Score::softmax, .k = 6, .bias_to = BiasTo::logits, .normalise = Normalise::sum, .scale = scale},
          bias);
  }
}

TEST(Cuda, GateTakesRowsThatStartAnywhere) {
  TESSERA_SKIP_WITHOUT_GPU();
  at::manual_seed(11);
  const Tensor logits = at::randn({1 + 30 * 8}), d = at::randn({1 + 30 * 8});
  const auto run = [](const Tensor& all, const Tensor& all_d) {
    const Tensor rows = all.slice(0, 1).view({30, 8}).requires_grad_();  // 4 bytes past a multiple of 16
    const Tensor alpha = gate(rows, {.k = 2}).alpha;
    return std::pair{alpha, torch::autograd::grad({alpha}, {rows}, {all_d.slice(0, 1).view({30, 8})})[0]};
  };
  const auto [alpha, gradient] = run(logits.cuda(), d.cuda());
  const auto [expected, expected_gradient] = run(logits, d);
  EXPECT_TRUE(near(alpha, expected, 1e-6));
  EXPECT_TRUE(near(gradient, expected_gradient, 1e-6));
}

TEST(Cuda, GateRanksGroupsWithNaNAsOnTheCpu) {
  TESSERA_SKIP_WITHOUT_GPU();
  at::manual_seed(10);
  Tensor logits = random_logits(60, 40, at::kFloat);
  logits.masked_fill_(at::rand({60, 40}) < .02, NAN);
  for (const GateForm& form : gate_forms()) {
    if (form.spec.groups == 1) continue;
    const Tensor bias = bias_for(form, logits);
    const auto expected = tensors(gate(logits, form.spec, bias)),
               got = tensors(gate(logits.cuda(), form.spec, form.biased ? bias.cuda() : bias));
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(near(got[i], expected[i], 1e-5)) << form.name() << i;
  }
}

TEST(Cuda, DispatchAgreesWithTheReference) {
  TESSERA_SKIP_WITHOUT_GPU();
  at::manual_seed(6);
  const struct {
    std::int64_t tokens, experts, k;
  } cases[] = {{1, 1, 1}, {7, 5, 2}, {128, 8, 2}, {30, 4, 0}, {20000, 16, 3}, {0, 3, 2}};
  for (const auto& c : cases) {
    const Tensor alpha = gate(at::randn({c.tokens, c.experts}), {.k = c.k}).alpha;
    const Tensor there = alpha.cuda().requires_grad_();
    const Assignments expected = reference::dispatch(alpha, c.k), got = dispatch(there, c.k);
    EXPECT_TRUE(at::equal(got.tokens.cpu(), expected.tokens));
    EXPECT_TRUE(at::equal(got.experts.cpu(), expected.experts));
    EXPECT_TRUE(at::equal(got.offsets.cpu(), expected.offsets));
    EXPECT_TRUE(at::equal(got.weights.detach().cpu(), expected.weights));
    const Tensor gradient = torch::autograd::grad({got.weights.square().sum()}, {there})[0];
    EXPECT_TRUE(near(gradient, 2 * alpha, 1e-6));
  }
}

TEST(Cuda, DispatchLeavesOutWhatHasNoRoom) {
  TESSERA_SKIP_WITHOUT_GPU();
  const Assignments a = dispatch(at::ones({3, 2}).cuda(), 1);  // six entries, three places
  EXPECT_TRUE(at::equal(a.offsets.cpu(), torch::tensor({0, 3, 3}, at::kInt)));
  EXPECT_TRUE(at::equal(a.tokens.cpu(), torch::tensor({0, 1, 2}, at::kInt)));
}

TEST(Cuda, ExpertMlpAgreesWithTheReference) {
  TESSERA_SKIP_WITHOUT_GPU();
  for (const MlpCase& c : mlp_cases()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const MlpExample example(c, type);
      const auto [y0, gradients0] = example.to(at::kCPU, at::kDouble).run(reference::expert_mlp);
      const auto [y, gradients] = example.to(at::kCUDA, type).run(expert_mlp);
      EXPECT_TRUE(near(y, y0, 10 * tolerance_of(type))) << c.name;
      for (std::size_t i = 0; i < gradients.size(); ++i) {
        EXPECT_TRUE(near(gradients[i], gradients0[i], 10 * tolerance_of(type))) << c.name << ", gradient " << i;
      }
    }
  }
}

TEST(Cuda, BlockSparseAgreesWithTheReference) {
  TESSERA_SKIP_WITHOUT_GPU();
  for (const BlockSparseCase& c : block_sparse_cases()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const BlockSparseExample example(c, type), exact = example.to(at::kCPU, at::kDouble),
                                                 there = example.to(at::kCUDA, type);
      const auto expected = exact.with_gradients(exact.reference()), got = there.with_gradients(there.ours()),
                 again = there.with_gradients(there.ours());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(near(got[i], expected[i], 10 * tolerance_of(type)))
            << c.name << ", pattern " << int(c.active) << ", tensor " << i;
        EXPECT_TRUE(at::equal(again[i], got[i])) << c.name << ", tensor " << i;
      }
    }
  }
}

TEST(Cuda, LinearAndGramAreThoseOfTheCpu) {
  TESSERA_SKIP_WITHOUT_GPU();
  const Tensor x = at::randn({65, 33}, at::kDouble), w = at::randn({33, 31}, at::kDouble),
               b = at::randn({31}, at::kDouble);
  EXPECT_TRUE(near(linear(x.cuda(), w.cuda(), b.cuda()), linear(x, w, b), 1e-12));
  EXPECT_THROW(linear(x, w.cuda(), b.cuda()), c10::Error);
  const std::vector<Tensor> rows = {x[0], x[1], x[2]}, there = {x[0].cuda(), x[1].cuda(), x[2].cuda()};
  EXPECT_TRUE(near(gram(there), gram(rows), 1e-12));
}

// Everything that a step of training is made of: model, router losses, gradients, AdamW with clipping, sums of routing.
TEST(Cuda, AModelTrainsAsOnTheCpu) {
  TESSERA_SKIP_WITHOUT_GPU();
  for (const char* head : {"linear", "tiles"}) {
    for (const char* norm : {"none", "layer_norm"}) {
      const auto trained = [&](at::Device device) {
        test::SmallModel small;
        small.head = head;
        small.norm = norm;
        Model model = small.make(at::kDouble, 1, device);
        for (auto& losses : model.live.losses) losses.alpha_entropy = losses.load_balance = losses.z_loss = .1;
        const test::Batch batch = test::random_batch();
        const Tensor inputs = batch.inputs.to(device), labels = batch.labels.to(device);
        std::vector<Tensor> weights;
        for (const Weight& weight : model.weights()) weights.push_back(weight.value);
        AdamW optimiser(weights);
        LearnParameters parameters;
        parameters.rate = .01;
        parameters.clip = .5;
        RoutingWindow window(4, {test::classes, 0, 0}, device);
        for (int step = 0; step < 5; ++step) {
          const ModelOutput output = model.forward(inputs, labels);
          window.add(output.routings[0].alpha, {labels, {}, {}});
          auto gradients = torch::autograd::grad({output.task_loss + output.router_losses.sum()}, weights);
          optimiser.step(gradients, parameters);
        }
        std::vector<Tensor> all = {window.load.now, window.routed.now, window.together.now};
        for (const Tensor& weight : weights) all.push_back(weight.detach());
        return all;
      };
      const auto here = trained(at::kCPU), there = trained(at::kCUDA);
      for (std::size_t i = 0; i < here.size(); ++i) EXPECT_TRUE(near(there[i], here[i], 1e-7)) << head << norm << i;
    }
  }
}

TEST(Cuda, BitsDoNotDependOnTheRun) {
  TESSERA_SKIP_WITHOUT_GPU();
  const MlpExample e =
      MlpExample({"", 700, 8, 2, 64, 128, Activation::gelu, Load::random}, at::kFloat).to(at::kCUDA, at::kFloat);
  const auto [y0, gradients0] = e.run(expert_mlp);
  for (int i = 0; i < 3; ++i) {
    const auto [y, gradients] = e.run(expert_mlp);
    EXPECT_TRUE(at::equal(y, y0));
    for (std::size_t j = 0; j < gradients.size(); ++j) EXPECT_TRUE(at::equal(gradients[j], gradients0[j])) << j;
  }
}

}  // namespace
}  // namespace tessera::kernels
