"""The custom operators from Python: against PyTorch's own functions, NumPy, the entmax package, and gradcheck."""
import os

import entmax
import numpy as np
import pytest
import torch
import torch.nn.functional as F

torch.ops.load_library(os.environ["TESSERA_KERNELS"])
ops = torch.ops.tessera

SCORES = ["softmax", "sigmoid", "sparsemax", "entmax15"]
ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu, "silu": F.silu}


def random(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def bisect(z, power):
    """Sparsemax (power 1) or entmax-1.5 (power 2 of half the logits): the tau at which max(z - tau, 0)^power sums to 1."""
    z = np.asarray(z, dtype=np.float64) / power
    low, high = z.max(-1) - 1, z.max(-1)
    for _ in range(200):
        middle = (low + high) / 2
        above = (np.maximum(z - middle[..., None], 0) ** power).sum(-1) >= 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.maximum(z - low[..., None], 0) ** power


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("tokens, experts, k", [(1, 1, 1), (33, 8, 2), (20, 60, 4), (7, 5, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_softmax_and_sigmoid_are_torchs(tokens, experts, k, dtype):
    logits = torch.randn(tokens, experts, dtype=dtype)
    for name, function in [("softmax", lambda z: z.softmax(-1)), ("sigmoid", torch.sigmoid)]:
        expected = function(logits / 0.5)
        weights, chosen = expected.topk(k, -1)
        for normalise in [False, True]:
            alpha, scores, *_ = ops.gate(logits, 0.5, name, k, "sum" if normalise else "none")
            torch.testing.assert_close(scores, expected)
            w = weights / weights.sum(-1, keepdim=True) if normalise else weights
            torch.testing.assert_close(alpha, torch.zeros_like(expected).scatter(-1, chosen, w))


@pytest.mark.parametrize("scale", [0.01, 1, 10, 1000])
def test_sparse_scores_are_those_of_bisection(scale):
    logits = torch.randn(50, 23, dtype=torch.float64) * scale
    for name, power in [("sparsemax", 1), ("entmax15", 2)]:
        scores = ops.gate(logits, 1.0, name)[1]
        np.testing.assert_allclose(scores.numpy(), bisect(logits.numpy(), power), atol=1e-10 * max(1, scale))
        scores = ops.gate(logits.float(), 1.0, name)[1]
        np.testing.assert_allclose(scores.numpy(), bisect(logits.float().numpy(), power), atol=2e-7 * max(1, scale))


def test_sparse_scores_and_gradients_are_those_of_the_entmax_package():
    for name, function in [("sparsemax", entmax.sparsemax), ("entmax15", entmax.entmax15)]:
        logits, weight = random(40, 9), torch.randn(40, 9, dtype=torch.float64)
        ours = ops.gate(logits, 1.0, name)[1]
        theirs = function(logits, dim=-1)
        torch.testing.assert_close(ours, theirs)
        torch.testing.assert_close(
            torch.autograd.grad((ours * weight).sum(), logits)[0], torch.autograd.grad((theirs * weight).sum(), logits)[0])


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("k", [0, 1, 3])
@pytest.mark.parametrize("normalise", ["none", "sum"])
def test_gradcheck_of_gate(score, k, normalise):
    assert torch.autograd.gradcheck(lambda z: ops.gate(z, 0.6, score, k, normalise)[:2], random(6, 5))


GATES = [
    dict(score="sigmoid", k=3, groups=4, groups_kept=2, group_rank="top2_sum", scale=2.5),
    dict(score="softmax", k=3, normalise="none", groups=4, groups_kept=2, group_mask="zero", scale=16.0),
    dict(score="softmax", k=2, normalise="l1"), dict(score="none", k=2, normalise="softmax"), dict(score="relu"),
    dict(score="entmax15", k=3, normalise="softmax"), dict(score="sparsemax", k=2, threshold=0.1)]


@pytest.mark.parametrize("options", GATES, ids=str)
def test_gradcheck_of_every_sum_of_gate(options):
    def differentiable(logits):
        alpha, scores, _, importance, share, sums, _ = ops.gate(logits, 0.6, **options)
        return alpha, scores, importance, share, sums[0], sums[3]

    assert torch.autograd.gradcheck(differentiable, random(3, 8))


def scattered(logits, chosen, weights):
    return torch.zeros_like(logits).scatter(-1, chosen, weights)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_routing_of_deepseek_v3(dtype):
    logits, bias = random(65, 32, dtype=dtype), torch.randn(32, dtype=dtype)
    alpha = ops.gate(logits, 1.0, "sigmoid", 6, "sum", None, 8, 4, "top2_sum", "minus_infinity", bias, "scores", 2.5)[0]
    scores = logits.sigmoid()
    choice = (scores + bias).view(65, 8, 4)
    groups = choice.topk(2, -1)[0].sum(-1).topk(4, -1)[1]
    kept = torch.zeros(65, 8).scatter(-1, groups, 1.0).bool()
    chosen = choice.masked_fill(~kept[..., None], -torch.inf).flatten(1).topk(6, -1)[1]
    weights = scores.gather(-1, chosen)
    expected = scattered(logits, chosen, weights / weights.sum(-1, keepdim=True) * 2.5)
    torch.testing.assert_close(alpha, expected)
    d = torch.randn_like(logits)
    torch.testing.assert_close(*(torch.autograd.grad(a, logits, d)[0] for a in (alpha, expected)))


def test_the_routing_of_deepseek_v2():
    logits = random(65, 32)
    alpha = ops.gate(logits, 1.0, "softmax", 6, "none", None, 8, 3, "max", "zero", None, "scores", 16.0)[0]
    scores = logits.softmax(-1)
    groups = scores.view(65, 8, 4).amax(-1).topk(3, -1)[1]
    kept = torch.zeros(65, 8).scatter(-1, groups, 1.0).bool().repeat_interleave(4, -1)
    weights, chosen = scores.masked_fill(~kept, 0.0).topk(6, -1)
    torch.testing.assert_close(alpha, scattered(logits, chosen, weights * 16))


def test_the_routing_of_gpt_oss():
    logits = random(65, 32)
    weights, chosen = logits.topk(4, -1)
    alpha = ops.gate(logits, 1.0, "none", 4, "softmax")[0]
    torch.testing.assert_close(alpha, scattered(logits, chosen, weights.softmax(-1)))


def test_what_a_gate_sums_over_rows():
    logits = random(65, 32)
    alpha, scores, load, importance, share, sums, first = ops.gate(logits, 1.0, "softmax", 4)
    weights, chosen = logits.softmax(-1).topk(4, -1)
    picked = torch.distributions.Categorical(probs=weights / weights.sum(-1, keepdim=True))
    torch.testing.assert_close(load, torch.bincount(chosen.flatten(), minlength=32).double())
    torch.testing.assert_close(first, torch.bincount(chosen[:, 0], minlength=32).double())
    torch.testing.assert_close(importance, alpha.sum(0))
    torch.testing.assert_close(share, scores.sum(0))
    torch.testing.assert_close(sums, torch.stack([picked.entropy().sum(), *logits.new_tensor([65.0, 65.0]),
                                                  logits.logsumexp(-1).square().sum()]))


def test_scores_of_a_wide_range_of_logits():
    logits = torch.linspace(-110, 110, 4001).reshape(1, -1)
    scores = ops.gate(logits, 1.0, "sigmoid")[1]
    torch.testing.assert_close(scores, torch.sigmoid(logits.double()).float(), rtol=4e-7, atol=2e-38)
    rows = torch.stack([logits.flatten(), torch.zeros(4001)], 1)
    scores = ops.gate(rows)[1]
    torch.testing.assert_close(scores, rows.double().softmax(-1).float(), rtol=4e-7, atol=2e-38)


def test_dispatch_is_the_list_one_would_write():
    alpha = ops.gate(torch.randn(50, 6), 1.0, "sparsemax", 3)[0]
    tokens, experts, weights, offsets = ops.dispatch(alpha, 3)
    entries = [(e, t, alpha[t, e].item()) for e in range(6) for t in range(50) if alpha[t, e] != 0]
    used = len(entries)
    assert offsets.tolist() == [sum(e < expert for e, _, _ in entries) for expert in range(7)]
    assert list(zip(experts.tolist(), tokens.tolist(), weights.tolist()))[:used] == entries
    assert len(tokens) == 150 and not tokens[used:].any() and not experts[used:].any() and not weights[used:].any()


def test_gradcheck_of_dispatch():
    mask = ops.gate(torch.randn(7, 5), 1.0, "softmax", 2)[0] != 0
    assert torch.autograd.gradcheck(lambda a: ops.dispatch(a * mask, 2)[2], random(7, 5))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradcheck_of_expert_mlp(activation):
    alpha = ops.gate(torch.randn(7, 4, dtype=torch.float64), 1.0, "softmax", 2)[0]
    tokens, _, weights, offsets = ops.dispatch(alpha, 2)
    inputs = (random(7, 5), weights.requires_grad_(), random(4, 5, 6), random(4, 6), random(4, 6, 5), random(4, 5))
    assert torch.autograd.gradcheck(
        lambda x, w, w1, b1, w2, b2: ops.expert_mlp(x, tokens, w, offsets, w1, b1, w2, b2, activation), inputs)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_in_float32(activation):
    """An expert of width one without weights of its own is its activation: value and slope over a wide range."""
    x = torch.linspace(-30, 30, 20001).reshape(-1, 1).requires_grad_()
    tokens = torch.arange(len(x), dtype=torch.int32)
    offsets = torch.tensor([0, len(x)], dtype=torch.int32)
    one, zero = torch.ones(1, 1, 1), torch.zeros(1, 1)
    y = ops.expert_mlp(x, tokens, torch.ones(len(x)), offsets, one, zero, one, zero, activation)
    exact = x.detach().double().requires_grad_()
    expected = ACTIVATIONS[activation](exact)
    torch.testing.assert_close(y.double(), expected, rtol=1e-6, atol=3e-7)
    torch.testing.assert_close(torch.autograd.grad(y.sum(), x)[0].double(),
                               torch.autograd.grad(expected.sum(), exact)[0], rtol=1e-6, atol=3e-7)


def moe_in_torch(x, router, w1, b1, w2, b2, k):
    """A token at a time, with torch.nn's modules."""
    rows = []
    for row in x:
        weights, chosen = torch.topk(F.linear(row, router).softmax(-1), k)
        weights = weights / weights.sum()
        rows.append(sum(w * F.linear(F.gelu(F.linear(row, w1[e].T, b1[e])), w2[e].T, b2[e])
                        for w, e in zip(weights, chosen)))
    return torch.stack(rows)


def moe_of_ours(x, router, w1, b1, w2, b2, k):
    alpha = ops.gate(F.linear(x, router), 1.0, "softmax", k)[0]
    tokens, _, weights, offsets = ops.dispatch(alpha, k)
    return ops.expert_mlp(x, tokens, weights, offsets, w1, b1, w2, b2, "gelu")


def test_training_a_layer_goes_as_in_torch():
    def train(layer):
        torch.manual_seed(3)
        x, target = torch.randn(24, 6, dtype=torch.float64), torch.randn(24, 6, dtype=torch.float64)
        parameters = [random(4, 6), random(4, 6, 9), random(4, 9), random(4, 9, 6), random(4, 6)]
        optimiser = torch.optim.AdamW(parameters, lr=1e-2)
        losses = []
        for _ in range(30):
            loss = F.mse_loss(x + layer(x, *parameters, 2), target)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        return losses, parameters

    ours, theirs = train(moe_of_ours), train(moe_in_torch)
    assert ours[0][-1] < 0.9 * ours[0][0]
    torch.testing.assert_close(torch.tensor(ours[0]), torch.tensor(theirs[0]), rtol=1e-9, atol=0)
    for a, b in zip(ours[1], theirs[1]):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-10)


def test_unknown_names_and_types_are_refused():
    with pytest.raises(RuntimeError, match="softmax, sigmoid, sparsemax, entmax15, relu, none"):
        ops.gate(torch.randn(2, 3), 1.0, "hardmax", 1)
    with pytest.raises(RuntimeError, match="float32 or float64"):
        ops.gate(torch.randn(2, 3).half(), 1.0, "softmax", 1)
    with pytest.raises(RuntimeError, match="temperature"):
        ops.gate(torch.randn(2, 3), 0.0, "softmax", 1)


@pytest.mark.parametrize("rows, width, out", [(1, 1, 1), (33, 20, 7), (128, 784, 64)])
def test_linear_is_torchs(rows, width, out):
    x, w, b = random(rows, width), random(width, out), random(out)
    ours, theirs = ops.linear(x, w, b), F.linear(x, w.T, b)
    torch.testing.assert_close(ours, theirs)
    d = torch.randn_like(ours)
    for ours_d, theirs_d in zip(torch.autograd.grad(ours, (x, w, b), d), torch.autograd.grad(theirs, (x, w, b), d)):
        torch.testing.assert_close(ours_d, theirs_d)


def test_gradcheck_of_block_sparse_mm():
    mask = torch.tensor([[[1, 0, 1], [0, 0, 1]], [[0, 1, 1], [1, 0, 0]]]).bool()
    offsets = torch.tensor([0, 2, 5], dtype=torch.int32)
    assert torch.autograd.gradcheck(
        lambda x, w: ops.block_sparse_mm(x, w, ops.block_pattern(mask), 8, offsets), (random(5, 16), random(16, 24)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_block_sparse_mm_is_the_masked_product(dtype):
    mask = torch.rand(6, 4) < 0.4
    x, w = random(50, 192, dtype=dtype), random(192, 128, dtype=dtype)
    ours = ops.block_sparse_mm(x, w, ops.block_pattern(mask), 32)
    theirs = x @ (w * torch.kron(mask, torch.ones(32, 32)).to(dtype))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    d = torch.randn_like(ours)
    for ours_d, theirs_d in zip(torch.autograd.grad(ours, (x, w), d), torch.autograd.grad(theirs, (x, w), d)):
        torch.testing.assert_close(ours_d, theirs_d, rtol=1e-5, atol=1e-5)
