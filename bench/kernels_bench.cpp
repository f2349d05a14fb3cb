// Our operators side by side with plain LibTorch calls for the same thing, on the default preset's shape: 128 tokens, 8
// experts 64-128-64, 2 a token. Both are timed in turn within one benchmark, some calls each, so that whatever else the
// machine does meets both; the time shown is ours (median), the counters are ours and the peer's in microseconds and
// peer / ours.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "bench/chain_of_calls.h"
#include "core/engine/memory.h"
#include "core/moe/subspace_bank.h"
#include "kernels/block_sparse/op.h"
#include "kernels/dispatch/op.h"
#include "kernels/expert_mlp/op.h"
#include "kernels/gate/op.h"

namespace {

using at::Tensor;
using namespace tessera::kernels;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t tokens = 128, experts = 8, width = 64, hidden = 128, chosen = 2;

double median(std::vector<double>& v) {
  std::nth_element(v.begin(), v.begin() + v.size() / 2, v.end());
  return v[v.size() / 2];
}

constexpr int calls = 10;

// Adds the seconds that each of some calls takes. The sleep before: OpenMP's threads spin for milliseconds after their
// last work, on cores that ours would need; the first call, which isn't timed, wakes what f's own threads are.
void time_calls(const std::function<void()>& f, std::vector<double>& seconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  f();
  for (int i = 0; i < calls; ++i) {
    const auto start = Clock::now();
    f();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
}

void side_by_side(benchmark::State& state, const std::function<void()>& ours, const std::function<void()>& peer) {
  at::set_num_threads(2);
  tessera::keep_freed_memory();  // as a run does
  std::vector<double> our_times, peer_times, unused;
  time_calls(ours, unused);
  time_calls(peer, unused);
  for ([[maybe_unused]] auto _ : state) {
    time_calls(ours, our_times);
    time_calls(peer, peer_times);
    std::vector<double> these(our_times.end() - calls, our_times.end());
    state.SetIterationTime(median(these));
  }
  const double our = median(our_times), their = median(peer_times);
  state.counters["ours_us"] = our * 1e6;
  state.counters["peer_us"] = their * 1e6;
  state.counters["ratio"] = their / our;
}

struct Layer {
  Tensor x = at::randn({tokens, width}).requires_grad_();
  Tensor router = at::randn({experts, width}).mul_(0.1).requires_grad_();
  Tensor w1 = at::randn({experts, width, hidden}).mul_(0.1).requires_grad_();
  Tensor b1 = at::zeros({experts, hidden}).requires_grad_();
  Tensor w2 = at::randn({experts, hidden, width}).mul_(0.1).requires_grad_();
  Tensor b2 = at::zeros({experts, width}).requires_grad_();
  Tensor gradient = at::randn({tokens, width});

  void backward(const Tensor& y) const { torch::autograd::grad({y}, {x, router, w1, b1, w2, b2}, {gradient}); }
};

// What a person would write: a loop over experts.
Tensor loop_over_experts(const Layer& l) {
  const auto [weights, indices] = at::linear(l.x, l.router).softmax(-1).topk(chosen, -1);
  const Tensor normalised = weights / weights.sum(-1, true);
  Tensor y = at::zeros_like(l.x);
  for (std::int64_t e = 0; e < experts; ++e) {
    const auto where = (indices == e).nonzero_numpy();
    const Tensor h = at::gelu(at::addmm(l.b1[e], l.x.index({where[0]}), l.w1[e]));
    y = y.index_add(0, where[0], at::addmm(l.b2[e], h, l.w2[e]) * normalised.index({where[0], where[1]}).unsqueeze(1));
  }
  return y;
}

// The same with LibTorch's grouped matrix product.
Tensor grouped(const Layer& l) {
  const auto [weights, indices] = at::linear(l.x, l.router).softmax(-1).topk(chosen, -1);
  const Tensor normalised = (weights / weights.sum(-1, true)).flatten();
  const Tensor flat = indices.flatten(), order = flat.argsort(/*stable=*/true, 0), expert = flat.index({order});
  const Tensor row = order.div(chosen, "floor");
  const Tensor ends = at::bincount(flat, {}, experts).cumsum(0).to(at::kInt);
  const Tensor h = at::gelu(at::_grouped_mm(l.x.index({row}), l.w1, ends) + l.b1.index({expert}));
  const Tensor out = at::_grouped_mm(h, l.w2, ends) + l.b2.index({expert});
  return at::zeros_like(l.x).index_add(0, row, out * normalised.index({order}).unsqueeze(1));
}

Tensor custom(const Layer& l) {
  const Tensor alpha = gate(at::linear(l.x, l.router), {.k = chosen}).alpha;
  const Assignments a = dispatch(alpha, chosen);
  return expert_mlp(l.x, a.tokens, a.weights, a.offsets, l.w1, l.b1, l.w2, l.b2, Activation::gelu);
}

void layer_against_loop(benchmark::State& state) {
  const Layer l;
  side_by_side(
      state, [&] { l.backward(custom(l)); }, [&] { l.backward(loop_over_experts(l)); });
}

void layer_against_grouped_mm(benchmark::State& state) {
  const Layer l;
  side_by_side(
      state, [&] { l.backward(custom(l)); }, [&] { l.backward(grouped(l)); });
}

void layer_forward_against_grouped_mm(benchmark::State& state) {
  const Layer l;
  const at::NoGradGuard no_gradients;
  side_by_side(
      state, [&] { custom(l); }, [&] { grouped(l); });
}

// An operator against its reference, forward and backward.
void one_gate(benchmark::State& state, Score score, std::int64_t k) {
  const Tensor logits = at::randn({tokens, experts}).requires_grad_(), d = at::randn({tokens, experts});
  const auto step = [&](auto gate) {
    torch::autograd::grad({gate(logits, GateSpec{.score = score, .k = k}, Tensor()).alpha}, {logits}, {d});
  };
  side_by_side(
      state, [&] { step(gate); }, [&] { step(reference::gate); });
}

// 4096 tokens, 64 experts, 8 a token. sums: the peer computes them too, and their gradients come back; ours always
// does.
void large_gate(benchmark::State& state, bool sums) {
  const Tensor logits = at::randn({4096, 64}).requires_grad_(), d = at::randn({4096, 64}), of_experts = at::randn({64}),
               of_losses = at::randn({4}), of_two = at::randn({2});
  const auto step = [&](const GateOutput& out, const Tensor& of_sums) {
    if (!sums) return torch::autograd::grad({out.alpha}, {logits}, {d});
    return torch::autograd::grad({out.alpha, out.importance, out.share, out.sums}, {logits},
                                 {d, of_experts, of_experts, of_sums});
  };
  side_by_side(
      state, [&] { step(gate(logits, {.k = 8}), of_losses); }, [&] { step(chain_of_calls(logits, 8, sums), of_two); });
}

void one_dispatch(benchmark::State& state) {
  const Tensor alpha = gate(at::randn({tokens, experts}), {.k = chosen}).alpha.requires_grad_();
  const Tensor d = at::randn({tokens * chosen});
  const auto step = [&](auto dispatch) { torch::autograd::grad({dispatch(alpha, chosen).weights}, {alpha}, {d}); };
  side_by_side(
      state, [&] { step(dispatch); }, [&] { step(reference::dispatch); });
}

void one_expert_mlp(benchmark::State& state, Activation activation, bool backward) {
  const Layer l;
  Assignments a = dispatch(gate(at::randn({tokens, experts}), {.k = chosen}).alpha, chosen);
  a.weights.requires_grad_();
  const at::AutoGradMode mode(backward);
  const auto step = [&](auto expert_mlp) {
    const Tensor y = expert_mlp(l.x, a.tokens, a.weights, a.offsets, l.w1, l.b1, l.w2, l.b2, activation);
    if (backward) torch::autograd::grad({y}, {l.x, a.weights, l.w1, l.b1, l.w2, l.b2}, {l.gradient});
  };
  side_by_side(
      state, [&] { step(expert_mlp); }, [&] { step(reference::expert_mlp); });
}

// x [256, 1024] and w [1024, 1024] in blocks of 64, of which a share is active, wherever they fall; forward and
// backward.
struct BlockSparse {
  Tensor x = at::randn({256, 1024}).requires_grad_();
  Tensor w = at::randn({1024, 1024}).mul_(0.03).requires_grad_();
  Tensor gradient = at::randn({256, 1024}), mask, elements;
  BlockPattern pattern;

  explicit BlockSparse(double share) {
    at::manual_seed(1);
    mask = (at::randperm(256) < static_cast<std::int64_t>(share * 256)).view({16, 16});
    elements = mask.repeat_interleave(64, 0).repeat_interleave(64, 1).to(at::kFloat);
    pattern = block_pattern(mask, 64);
  }
  void backward(const Tensor& y) const { torch::autograd::grad({y}, {x, w}, {gradient}); }
  void ours() const { backward(block_sparse_mm(x, w, pattern)); }
};

void block_sparse_against_dense(benchmark::State& state, double share) {
  const BlockSparse b(share);
  side_by_side(
      state, [&] { b.ours(); }, [&] { b.backward(at::mm(b.x, b.w)); });
}

void block_sparse_against_masked_dense(benchmark::State& state, double share) {
  const BlockSparse b(share);
  side_by_side(
      state, [&] { b.ours(); }, [&] { b.backward(at::mm(b.x, b.w * b.elements)); });
}

void block_sparse_against_all_blocks(benchmark::State& state, double share) {
  const BlockSparse b(share), all(1);
  state.SetLabel("all blocks");  // in the place of LibTorch
  side_by_side(
      state, [&] { b.ours(); }, [&] { all.ours(); });
}

// Experts that are subspaces (CDSP), forward and backward: gradients of each task in one pass, by copies of the
// experts' matrices, against one pass that tells no tasks apart, and against a pass for each task.
struct Subspaces {
  tessera::SubspaceParameters parameters;
  tessera::Initialiser initialiser{1, at::kFloat};
  std::optional<tessera::SubspaceBank> bank;
  Tensor x = at::randn({tokens, width}).requires_grad_(), gradient = at::randn({tokens, width}), alpha, of_task;
  std::int64_t tasks;

  explicit Subspaces(std::int64_t t) : tasks(t) {
    parameters.backbone = 256;
    bank.emplace(0, width, experts, parameters, "silu", initialiser);
    alpha = gate(at::randn({tokens, experts}), {.k = chosen}).alpha.requires_grad_();
    of_task = at::arange(tokens).remainder(tasks);
  }
  void pass(bool apart) const {
    const auto made =
        bank->forward(x, alpha, chosen, apart ? of_task : Tensor(), tasks, parameters, bank->pick(parameters, true, 1));
    torch::autograd::grad({made.y}, {x, alpha, bank->down, bank->up, bank->alpha(), made.taps.down, made.taps.up},
                          {gradient});
  }
  void a_pass_each() const {
    const auto made = bank->forward(x, alpha, chosen, {}, 1, parameters, bank->pick(parameters, true, 1));
    for (std::int64_t t = 0; t < tasks; ++t) {
      const Tensor own = (of_task == t).to(at::kFloat).unsqueeze(1);
      torch::autograd::grad({made.y}, {x, alpha, bank->down, bank->up, bank->alpha()}, {gradient * own},
                            /*retain_graph=*/true);
    }
  }
};

void task_gradients_against_one_pass(benchmark::State& state, std::int64_t tasks) {
  const Subspaces s(tasks);
  state.SetLabel("no tasks told apart");  // in the place of LibTorch
  side_by_side(
      state, [&] { s.pass(true); }, [&] { s.pass(false); });
}

void task_gradients_against_a_pass_each(benchmark::State& state, std::int64_t tasks) {
  const Subspaces s(tasks);
  state.SetLabel("a pass for each task");
  side_by_side(
      state, [&] { s.pass(true); }, [&] { s.a_pass_each(); });
}

void as_we_time(benchmark::internal::Benchmark* benchmark) {
  benchmark->Iterations(30)->UseManualTime()->Unit(benchmark::kMicrosecond);
}

#define TESSERA_BENCHMARK(...) BENCHMARK_CAPTURE(__VA_ARGS__)->Apply(as_we_time)
BENCHMARK(layer_against_loop)->Apply(as_we_time);
BENCHMARK(layer_against_grouped_mm)->Apply(as_we_time);
BENCHMARK(layer_forward_against_grouped_mm)->Apply(as_we_time);
TESSERA_BENCHMARK(one_gate, softmax_top2, Score::softmax, 2);
TESSERA_BENCHMARK(one_gate, sigmoid_top2, Score::sigmoid, 2);
TESSERA_BENCHMARK(one_gate, sparsemax_dense, Score::sparsemax, 0);
TESSERA_BENCHMARK(one_gate, entmax15_dense, Score::entmax15, 0);
TESSERA_BENCHMARK(large_gate, alpha, false);
TESSERA_BENCHMARK(large_gate, alpha_and_sums, true);
BENCHMARK(one_dispatch)->Apply(as_we_time);
TESSERA_BENCHMARK(one_expert_mlp, relu, Activation::relu, true);
TESSERA_BENCHMARK(one_expert_mlp, gelu, Activation::gelu, true);
TESSERA_BENCHMARK(one_expert_mlp, silu, Activation::silu, true);
TESSERA_BENCHMARK(one_expert_mlp, gelu_forward, Activation::gelu, false);

#define TESSERA_TASK_GRADIENTS(NAME, TASKS)                        \
  TESSERA_BENCHMARK(task_gradients_against_one_pass, NAME, TASKS); \
  TESSERA_BENCHMARK(task_gradients_against_a_pass_each, NAME, TASKS)
TESSERA_TASK_GRADIENTS(2_tasks, 2);
TESSERA_TASK_GRADIENTS(3_tasks, 3);
TESSERA_TASK_GRADIENTS(8_tasks, 8);

// Milliseconds each, so fewer of them.
#define TESSERA_BLOCK_SPARSE(NAME, SHARE)                                                              \
  BENCHMARK_CAPTURE(block_sparse_against_dense, NAME, SHARE)->Apply(as_we_time)->Iterations(6);        \
  BENCHMARK_CAPTURE(block_sparse_against_masked_dense, NAME, SHARE)->Apply(as_we_time)->Iterations(6); \
  BENCHMARK_CAPTURE(block_sparse_against_all_blocks, NAME, SHARE)->Apply(as_we_time)->Iterations(6)
TESSERA_BLOCK_SPARSE(100_percent, 1);
TESSERA_BLOCK_SPARSE(75_percent, .75);
TESSERA_BLOCK_SPARSE(50_percent, .5);
TESSERA_BLOCK_SPARSE(25_percent, .25);
TESSERA_BLOCK_SPARSE(12_percent, .125);

}  // namespace
