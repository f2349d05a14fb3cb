"""The core's metrics, router losses and tiles against computations by NumPy and PyTorch that share no code with them."""

import os

import numpy as np
import pytest
import torch
import torch.nn.functional as F

torch.ops.load_library(os.environ["TESSERA_TEST_OPS"])
ops = torch.ops.tessera_test
CLASSES = 6


def random_alpha(rng, tokens, experts, k, dead=0):
    """Rows with k weights other than zero; the last `dead` experts never chosen."""
    alpha = np.zeros((tokens, experts))
    for t in range(tokens):
        chosen = rng.choice(experts - dead, size=k, replace=False)
        alpha[t, chosen] = rng.uniform(0.05, 1, k)
    return alpha


@pytest.fixture(params=[(50, 8, 2, 0), (33, 5, 5, 0), (64, 16, 3, 4), (21, 3, 1, 1)], ids=str)
def routing(request):
    tokens, experts, k, dead = request.param
    rng = np.random.default_rng(tokens)
    return random_alpha(rng, tokens, experts, k, dead), rng.integers(0, CLASSES, tokens)


def by_class(alpha, labels):
    return np.stack([alpha[labels == c].sum(0, dtype=np.float64) for c in range(CLASSES)], 1)


def entropy(p):
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def test_entropies(routing):
    alpha, _ = routing
    rows = alpha / alpha.sum(1, keepdims=True)
    each = np.mean([entropy(row) for row in rows])
    together = entropy(rows.mean(0))
    given = torch.from_numpy(np.vstack([alpha, np.zeros((3, alpha.shape[1]))]))  # rows without weight are left out
    assert ops.mean_entropy(given) == pytest.approx(each, abs=1e-12)
    assert ops.entropy_of_mean(given) == pytest.approx(together, abs=1e-12)
    assert ops.mutual_information(given) == pytest.approx(together - each, abs=1e-12)


def test_mutual_information_is_that_of_the_joint_distribution(routing):
    """I(T; E) = sum p(t, e) ln(p(t, e) / (p(t) p(e))), with tokens alike: another formula of the same."""
    alpha, _ = routing
    joint = alpha / alpha.sum(1, keepdims=True) / len(alpha)
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    mask = joint > 0
    expected = (joint[mask] * np.log(joint[mask] / independent[mask])).sum()
    assert ops.mutual_information(torch.from_numpy(alpha)) == pytest.approx(expected, abs=1e-10)


def test_load(routing):
    alpha, _ = routing
    load = (alpha > 0).sum(0).astype(float)
    given = torch.from_numpy(load)
    assert ops.load_cv(given) == pytest.approx(load.std() / load.mean(), abs=1e-12)
    assert ops.max_vio(given) == pytest.approx(load.max() / load.mean() - 1, abs=1e-12)
    assert ops.dead_experts(given) == pytest.approx((load == 0).mean(), abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_routing_window(routing, dtype):
    alpha, labels = routing
    alpha = alpha.astype(dtype)
    load, routed, together = ops.routing_window([torch.from_numpy(part) for part in np.split(alpha, [20])],
                                                [torch.from_numpy(part) for part in np.split(labels, [20])], CLASSES)
    chosen = alpha > 0
    np.testing.assert_array_equal(load.numpy(), chosen.sum(0))
    np.testing.assert_allclose(routed.numpy(), by_class(alpha, labels), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(together.numpy(), (chosen[:, :, None] & chosen[:, None, :]).sum(0))


def test_overlap(routing):
    alpha, labels = routing
    experts = alpha.shape[1]
    routed = by_class(alpha, labels)
    expected = np.full((experts, experts), np.nan)
    for i in range(experts):
        for j in range(experts):
            if routed[i].sum() > 0 and routed[j].sum() > 0:
                p, q = routed[i] / routed[i].sum(), routed[j] / routed[j].sum()
                expected[i, j] = 1 - np.abs(p - q).sum() / 2  # 1 - total variation: another formula of the same
    got = ops.overlap_pairs(torch.from_numpy(routed))
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-12)
    others = expected[~np.eye(experts, dtype=bool)]
    assert ops.mean_of_pairs(got) == pytest.approx(np.nanmean(others), abs=1e-12)
    shares = np.where(routed.sum(1, keepdims=True) > 0, routed / routed.sum(), np.nan)
    np.testing.assert_allclose(ops.routing_shares(torch.from_numpy(routed)).numpy(), shares, atol=1e-12)


def test_coactivation(routing):
    alpha, _ = routing
    chosen = alpha > 0
    experts = alpha.shape[1]
    expected = np.full((experts, experts), np.nan)
    for i in range(experts):
        for j in range(experts):
            if chosen[:, i].any() and chosen[:, j].any():
                expected[i, j] = chosen[chosen[:, i], j].mean()
    together = torch.from_numpy((chosen[:, :, None] & chosen[:, None, :]).sum(0).astype(float))
    np.testing.assert_allclose(ops.coactivation(together).numpy(), expected, atol=1e-12)


def test_vocabulary(routing):
    alpha, ids = routing
    chosen = alpha > 0
    vocabulary = CLASSES + 1  # the last doesn't occur
    shares = np.full((alpha.shape[1], vocabulary), np.nan)
    for v in np.unique(ids):
        shares[:, v] = chosen[ids == v].mean(0)
    counts = torch.from_numpy(np.stack([chosen[ids == v].sum(0) for v in range(vocabulary)], 1).astype(float))
    occurrences = torch.from_numpy(np.bincount(ids, minlength=vocabulary).astype(float))
    np.testing.assert_allclose(ops.vocabulary_shares(counts, occurrences).numpy(), shares, atol=1e-12)
    assert ops.vocabulary_specialisation(counts, occurrences) == pytest.approx(np.nanmean(shares.max(0)), abs=1e-12)


def test_saturation(routing):
    alpha, _ = routing
    other = np.random.default_rng(3).permutation(alpha)
    other[2] = 0  # a token that chooses nobody is left out
    common = [len(set(np.flatnonzero(then)) & set(np.flatnonzero(now))) / np.count_nonzero(now)
              for then, now in zip(alpha, other) if now.any()]
    then, now = torch.from_numpy(alpha), torch.from_numpy(other)
    assert ops.saturation(then, now) == pytest.approx(np.mean(common), abs=1e-12)
    assert ops.saturation(then, then) == 1


@pytest.mark.parametrize("heads, norm, score, k", [(1, "none", "softmax", 2), (4, "layer_norm", "sigmoid", 1)])
def test_text_model(heads, norm, score, k):
    """Embedding, causal attention, MoE layers and head against a transformer written with torch.nn.functional."""
    torch.manual_seed(0)
    ids = torch.randint(0, 256, (3, 7))
    logits, weights, names = ops.text_model(ids, heads, norm, score, k, 5)
    w = dict(zip(names, weights))
    normed = (lambda x: F.layer_norm(x, (16,))) if norm == "layer_norm" else (lambda x: x)
    x = w["encoder.tokens"][ids] + w["encoder.positions"]
    future = torch.ones(7, 7, dtype=torch.bool).triu(1)
    for layer in range(2):
        own = {name.split(".", 1)[1]: value for name, value in w.items() if name.startswith(f"layer{layer}.")}
        query, key, value = [part.unflatten(2, (heads, -1)).transpose(1, 2) for part in
                             (normed(x) @ own["attention.qkv.weight"] + own["attention.qkv.bias"]).chunk(3, 2)]
        scores = (query @ key.transpose(2, 3) / (16 / heads) ** 0.5).masked_fill(future, -torch.inf)
        seen = (scores.softmax(3) @ value).transpose(1, 2).flatten(2)
        x = x + seen @ own["attention.out.weight"] + own["attention.out.bias"]
        y = normed(x)
        scores = y @ own["router.weight"]
        scores = scores.softmax(2) if score == "softmax" else scores.sigmoid()
        alpha = scores * torch.zeros_like(scores).scatter(2, scores.topk(k).indices, 1.0)
        alpha = alpha / alpha.sum(2, keepdim=True)
        hidden = F.gelu(torch.einsum("btd,edh->bteh", y, own["experts.w1"]) + own["experts.b1"])
        each = torch.einsum("bteh,ehd->bted", hidden, own["experts.w2"]) + own["experts.b2"]
        x = x + (alpha.unsqueeze(3) * each).sum(2)
    expected = normed(x) @ w["head.weight"] + w["head.bias"]
    torch.testing.assert_close(logits, expected.flatten(0, 1), atol=1e-10, rtol=1e-10)


def test_conflict():
    rng = np.random.default_rng(1)
    gradients = torch.from_numpy(rng.normal(size=(7, 20)))
    gram = gradients @ gradients.T
    expected = F.cosine_similarity(gradients[:, None], gradients[None], dim=2)
    torch.testing.assert_close(ops.cosines(gram), expected, atol=1e-12, rtol=1e-12)
    pairs = [expected[i, j].item() for i in range(7) for j in range(i + 1, 7)]
    assert ops.conflict_rate(gram) == pytest.approx(sum(c < 0 for c in pairs) / 21, abs=1e-12)


@pytest.mark.parametrize("coefficients", [(1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0),
                                          (0.0, 0.0, 0.0, 1.0), (0.5, 0.0, 2.0, 0.3), (-1.0, 3.0, 0.1, 0.0)])
@pytest.mark.parametrize("score", ["softmax", "sigmoid"])
@pytest.mark.parametrize("normalise", ["none", "sum"])
def test_router_losses_and_their_gradients(coefficients, score, normalise):
    torch.manual_seed(0)
    logits = torch.randn(12, 6, dtype=torch.float64, requires_grad=True)
    scores = torch.softmax(logits, 1) if score == "softmax" else torch.sigmoid(logits)
    picked, chosen = scores.topk(2)
    counts = torch.bincount(chosen.flatten(), minlength=6).double()
    alpha = picked / picked.sum(1, keepdim=True) if normalise == "sum" else picked
    importance = torch.zeros(12, 6, dtype=torch.float64).scatter(1, chosen, alpha).sum(0)
    values = [torch.distributions.Categorical(probs=picked / picked.sum(1, keepdim=True)).entropy().mean(),
              6 * (counts / counts.sum() * (scores / scores.sum(1, keepdim=True)).mean(0)).sum(),
              logits.logsumexp(1).square().mean(),
              importance.var(unbiased=False) / importance.mean() ** 2]
    scale = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0], dtype=torch.float64)
    parts = [c * value for c, value in zip(coefficients, values)]
    theirs = torch.autograd.grad(sum(s * part for s, part in zip(scale, parts)), logits)[0]

    with torch.no_grad():
        ours, gradient = ops.router_losses(logits, score, 2, normalise, *coefficients, scale)
    torch.testing.assert_close(ours[:4], torch.stack(parts).detach(), atol=1e-12, rtol=1e-10)
    assert ours[4] == 0  # l1 is off
    torch.testing.assert_close(gradient, theirs, atol=1e-12, rtol=1e-8)


@pytest.mark.parametrize("tiles", [[[0, 1, 2], [2, 3], [0, 3, 4]], [[0, 4], [1, 2, 3]]], ids=["overlapping", "exclusive"])
@pytest.mark.parametrize("by_label", [False, True])
def test_mosaic(tiles, by_label):
    torch.manual_seed(0)
    x = torch.randn(9, 4, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 3, 4, 0, 2, 3, 1])
    offsets = np.cumsum([0] + [len(tile) for tile in tiles]).tolist()
    flat = [c for tile in tiles for c in tile]
    logits, loss, weight, bias, scores, alpha = ops.mosaic(x, labels, flat, offsets, 5, by_label)
    slots = x @ weight + bias
    own = [slots[:, offsets[t]:offsets[t + 1]] for t in range(len(tiles))]
    for c in range(5):
        mine = torch.stack([own[t][:, tile.index(c)] for t, tile in enumerate(tiles) if c in tile])
        torch.testing.assert_close(logits[:, c], mine.mean(0))
    losses = []
    for s, y in enumerate(labels.tolist()):
        having = [t for t, tile in enumerate(tiles) if y in tile]
        losses.append(torch.stack([F.cross_entropy(own[t][s], torch.tensor(tiles[t].index(y))) for t in having]).mean())
        if by_label:
            assert alpha[s].tolist() == [1 / len(having) if t in having else 0 for t in range(len(tiles))]
    expected = torch.stack(losses).mean() if by_label else F.cross_entropy(logits, labels)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(scores.sum(1), torch.ones(9, dtype=torch.float64))
