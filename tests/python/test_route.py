"""`lab route` against independent implementations: transformers' routers, entmax, and definitions in NumPy.

Logits are handed to transformers' routers as hidden states, with an identity for their weight.
"""
import json
import pathlib
import subprocess

import numpy as np
import pytest
import torch
from entmax import entmax15, sparsemax
from transformers.models.dbrx import modeling_dbrx as dbrx
from transformers.models.deepseek_v2 import configuration_deepseek_v2, modeling_deepseek_v2 as deepseek_v2
from transformers.models.deepseek_v3 import configuration_deepseek_v3, modeling_deepseek_v3 as deepseek_v3
from transformers.models.glm4_moe import configuration_glm4_moe, modeling_glm4_moe as glm4_moe
from transformers.models.gpt_oss import configuration_gpt_oss, modeling_gpt_oss as gpt_oss
from transformers.models.kimi_linear import configuration_kimi_linear, modeling_kimi_linear as kimi_linear
from transformers.models.llama4 import configuration_llama4, modeling_llama4 as llama4
from transformers.models.mixtral import configuration_mixtral, modeling_mixtral as mixtral
from transformers.models.nllb_moe import configuration_nllb_moe, modeling_nllb_moe as nllb
from transformers.models.olmoe import configuration_olmoe, modeling_olmoe as olmoe
from transformers.models.qwen2_moe import configuration_qwen2_moe, modeling_qwen2_moe as qwen2_moe
from transformers.models.qwen3_moe import configuration_qwen3_moe, modeling_qwen3_moe as qwen3_moe
from transformers.models.switch_transformers import configuration_switch_transformers
from transformers.models.switch_transformers import modeling_switch_transformers as switch

from program import BAD_INPUT, FINE, PROGRAM, make_data, refused, tessera, write_preset

TOKENS = 33
GOLDEN = [[2, 1, 0, -1], [0, 2, 1, -1], [1, 0, 3, 0], [.5, .5, -.5, 1.5]]  # SCIENCE.md, section 1


def call(name, *options, **given):
    text = json.dumps(given)
    return subprocess.run([str(PROGRAM), "route", str(name), *map(str, options)], input=text, capture_output=True,
                          text=True, timeout=300)


def route(name, logits=None, *options, **given):
    if logits is not None:
        given["logits"] = np.asarray(logits, dtype=float).tolist()
    done = call(name, *options, **given)
    assert done.returncode == FINE, done.stderr
    return json.loads(done.stdout)


def random_logits(experts, tokens=TOKENS, seed=0, scale=1.5):
    return torch.randn(tokens, experts, generator=torch.Generator().manual_seed(seed)) * scale


def weights_of(routed, experts):
    alpha = np.zeros((len(routed["experts"]), experts))
    for t, (chosen, weights) in enumerate(zip(routed["experts"], routed["weights"])):
        alpha[t, chosen] = weights
    return alpha


def with_identity(router, experts, bias=None):
    with torch.no_grad():
        router.weight.copy_(torch.eye(experts))
        if bias is not None:
            router.e_score_correction_bias.copy_(bias)
    return router


# transformers' routers: (zoo entry, experts, router, whether it has a selection bias)
def top_k_routers():
    def config(cls, experts, k, **more):
        return cls(hidden_size=experts, num_experts_per_tok=k, **more)

    yield "mixtral", 8, mixtral.MixtralTopKRouter(
        config(configuration_mixtral.MixtralConfig, 8, 2, num_local_experts=8)), False
    yield "qwen1.5-moe", 60, qwen2_moe.Qwen2MoeTopKRouter(
        config(configuration_qwen2_moe.Qwen2MoeConfig, 60, 4, num_experts=60, norm_topk_prob=False)), False
    yield "qwen3-moe", 128, qwen3_moe.Qwen3MoeTopKRouter(
        config(configuration_qwen3_moe.Qwen3MoeConfig, 128, 8, num_experts=128, norm_topk_prob=True)), False
    yield "olmoe", 64, olmoe.OlmoeTopKRouter(
        config(configuration_olmoe.OlmoeConfig, 64, 8, num_experts=64, norm_topk_prob=False)), False
    yield "gpt-oss", 128, gpt_oss.GptOssTopKRouter(
        config(configuration_gpt_oss.GptOssConfig, 128, 4, num_local_experts=128)), False
    yield "deepseek-v2", 160, deepseek_v2.DeepseekV2TopkRouter(config(
        configuration_deepseek_v2.DeepseekV2Config, 160, 6, num_local_experts=160, n_routed_experts=160, n_group=8,
        topk_group=3, topk_method="group_limited_greedy", routed_scaling_factor=16.0)), False
    for bias in (False, True):
        yield "deepseek-v3", 256, deepseek_v3.DeepseekV3TopkRouter(config(
            configuration_deepseek_v3.DeepseekV3Config, 256, 8, num_local_experts=256, n_routed_experts=256, n_group=8,
            topk_group=4, routed_scaling_factor=2.5, norm_topk_prob=True)), bias
    yield "kimi-k2", 384, kimi_linear.KimiLinearTopkRouter(config(
        configuration_kimi_linear.KimiLinearConfig, 384, 8, num_local_experts=384, n_group=1, topk_group=1,
        routed_scaling_factor=2.827, norm_topk_prob=True)), True
    yield "glm-4.5", 160, glm4_moe.Glm4MoeTopkRouter(config(
        configuration_glm4_moe.Glm4MoeConfig, 160, 8, num_local_experts=160, n_routed_experts=160, n_group=1,
        topk_group=1, routed_scaling_factor=2.5, norm_topk_prob=True)), True


@pytest.mark.parametrize("name,experts,router,biased", list(top_k_routers()), ids=lambda x: x if isinstance(x, str) else None)
def test_same_experts_and_weights_as_transformers(name, experts, router, biased):
    logits = random_logits(experts)
    bias = torch.randn(experts, generator=torch.Generator().manual_seed(1)) * 0.3 if biased else None
    _, weights, indices = with_identity(router, experts, bias)(logits)
    expected = torch.zeros(TOKENS, experts).scatter(1, indices, weights.detach()).numpy()
    routed = route(name, logits, **({"bias": bias.tolist()} if biased else {}))
    got = weights_of(routed, experts)
    assert ((got != 0) == (expected != 0)).all()
    assert np.abs(got - expected).max() < 1e-6
    for weights in routed["weights"]:
        assert weights == sorted(weights, reverse=True)
    assert routed["load"] == (expected != 0).sum(0).tolist()
    assert routed["dropped"] == []


def test_gradients_are_those_of_transformers():
    """d weights / d logits, with the choice held fixed, as autograd has it there."""
    for name, experts, router, biased in top_k_routers():
        if biased or experts > 64:
            continue
        logits = random_logits(experts, 5).requires_grad_()
        _, weights, indices = with_identity(router, experts)(logits)
        got = np.array(route(name, logits.detach(), "--jacobian")["weights_jacobian"])
        for t in range(5):
            for place, e in enumerate(indices[t].tolist()):
                slope, = torch.autograd.grad(weights[t, place], logits, retain_graph=True)
                assert np.abs(got[t, e] - slope[t].numpy()).max() < 1e-5, name


def test_dbrx_as_transformers_has_it():
    logits = random_logits(16)

    class Given:
        top_k, moe_normalize_expert_weights = 4, 1

    weights, indices = dbrx.DbrxFFN.route_tokens_to_experts(Given(), logits)
    expected = torch.zeros(TOKENS, 16).scatter(1, indices, weights).numpy()
    assert np.abs(weights_of(route("dbrx", logits), 16) - expected).max() < 1e-6


def test_llama_4_as_transformers_has_it():
    config = configuration_llama4.Llama4TextConfig(hidden_size=16, num_local_experts=16, num_experts_per_tok=1)
    router = with_identity(llama4.Llama4Router(config), 16)
    logits = random_logits(16)
    expected, _ = router(logits)
    assert np.abs(weights_of(route("llama-4", logits), 16) - expected.detach().numpy()).max() < 1e-6


@pytest.mark.parametrize("tokens", [40, 400])
def test_switch_drops_by_position_as_transformers_does(tokens):
    config = configuration_switch_transformers.SwitchTransformersConfig(
        hidden_size=8, d_model=8, num_experts=8, expert_capacity=64, router_bias=False, router_dtype="float32")
    router = switch.SwitchTransformersTop1Router(config).eval()
    with torch.no_grad():
        router.classifier.weight.copy_(torch.eye(8))
    logits = random_logits(8, tokens) + torch.tensor([2., 1, 0, 0, 0, 0, 0, 0])  # a favourite that overflows
    chosen, probability, _ = router(logits.unsqueeze(0))
    expected = (chosen * probability)[0].detach().numpy()
    routed = route("switch", logits)
    assert np.abs(weights_of(routed, 8) - expected).max() < 1e-6
    assert sorted(routed["dropped"]) == np.nonzero(expected.sum(1) == 0)[0].tolist()
    assert bool(routed["dropped"]) == (tokens == 400)


@pytest.mark.parametrize("train", [False, True])
def test_nllb_as_transformers_has_it(train):
    config = configuration_nllb_moe.NllbMoeConfig(hidden_size=128, d_model=128, num_experts=128, router_bias=False)
    router = nllb.NllbMoeTop2Router(config).train(train)
    router.expert_capacity = None  # 2 ceil(T / E) while training, all tokens while testing
    logits = random_logits(128, 200, scale=1) + torch.linspace(2, 0, 128)
    _, expected = router.route_tokens(logits.clone())
    routed = route("nllb", logits, *(["--train"] if train else []))
    assert np.abs(weights_of(routed, 128) - expected.numpy()).max() < 1e-6
    assert bool(routed["dropped"]) == train


@pytest.mark.parametrize("name,reference", [("sparsemax", sparsemax), ("entmax15", entmax15)])
def test_sparse_scores_as_entmax_has_them(name, reference):
    logits = random_logits(4, 200)
    routed = route(name, logits)
    expected = reference(logits.double(), dim=1)
    assert np.abs(weights_of(routed, 4) - expected.numpy()).max() < 1e-6
    assert np.abs(np.array(routed["probs"]) - expected.numpy()).max() < 1e-6
    p = np.where(expected > 0, expected, 1)
    assert np.allclose(routed["entropy"], -(p * np.log(p)).sum(1), atol=1e-6)


def test_losses_of_the_golden_vector(tmp_path):
    spec = write_preset(tmp_path, {"model": {"experts": {"count": 4}, "router": {"k": 2},
                                             "losses": {"load_balance": 0.01, "balance_form": "hugging_face"}}})
    routed = route(spec, GOLDEN)
    # torch.topk gives the last row's tie to the higher index: it is broken as a tie is here.
    logits = torch.tensor(GOLDEN, dtype=torch.float64) - 1e-9 * torch.arange(4)
    reference = mixtral.load_balancing_loss_func((logits,), num_experts=4, top_k=2)
    assert routed["aux_loss"] == pytest.approx(float(reference), abs=1e-6) == pytest.approx(2.0995954, abs=1e-6)
    assert routed["z_loss"] == pytest.approx(6.6854147, abs=1e-6)
    assert routed["load"] == [3, 2, 2, 1]
    assert routed["experts"] == [[0, 1], [1, 2], [2, 0], [3, 0]]  # the last row's tie goes to the lower index
    ours = json.loads(spec.read_text())
    ours["model"]["losses"]["balance_form"] = "switch"
    assert route(write_preset(tmp_path, ours), GOLDEN)["aux_loss"] == pytest.approx(1.0497977, abs=1e-6)
    ours["model"]["router"] = {"k": 1}
    assert route(write_preset(tmp_path, ours), GOLDEN)["aux_loss"] == pytest.approx(1, abs=1e-9)


def test_gshard_loss_counts_first_choices():
    """mesh-tensorflow: mean(density of first choices * mean probability) E^2."""
    logits = random_logits(16).double()
    p = logits.softmax(1)
    first = torch.nn.functional.one_hot(p.argmax(1), 16).double()
    expected = (first.mean(0) * p.mean(0)).mean() * 16 ** 2
    assert route("gshard", logits)["aux_loss"] == pytest.approx(float(expected), abs=1e-9)


def gshard_in_numpy(logits, factor, minimum=4):
    """First choices in order, then second ones, into experts of limited room."""
    tokens, experts = logits.shape
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    room = np.full(experts, max(int(factor * tokens / experts), minimum))
    order = np.argsort(-p, axis=1, kind="stable")
    alpha = np.zeros_like(p)
    for rank in (0, 1):
        for t in range(tokens):
            e = order[t, rank]
            if room[e] > 0:
                room[e] -= 1
                alpha[t, e] = p[t, e] / p[t, order[t, :2]].sum()
    return alpha


@pytest.mark.parametrize("name,experts", [("gshard", 16), ("glam", 64)])
def test_gshard_fills_experts_with_first_choices_first(name, experts):
    logits = (random_logits(experts, 300, scale=1) + torch.linspace(2, 0, experts)).double().numpy()
    got = weights_of(route(name, logits), experts)
    assert np.abs(got - gshard_in_numpy(logits, 2.0)).max() < 1e-9
    assert (got != 0).sum() < 600  # some were dropped


def test_gshard_takes_second_experts_by_chance(tmp_path):
    """With probability min(1, weight / 0.2); each token of many alike is a draw. Without capacity, to see them all."""
    preset = {"model": {"experts": {"count": 4},
                        "router": {"k": 2, "second": {"policy": "random", "threshold": 0.5}}}}
    spec = write_preset(tmp_path, preset)
    logits = np.tile([2.0, 1.0, -9, -9], (4000, 1))
    second = 1 / (1 + np.e)
    routed = route(spec, logits, "--train", "--seed", 3)
    share = routed["load"][1] / 4000
    assert abs(share - second / 0.5) < 4 * np.sqrt(0.25 / 4000)
    assert routed["load"][0] == 4000
    assert route(spec, logits, "--train", "--seed", 3) == routed
    assert route(spec, logits, "--train", "--seed", 4) != routed
    assert route(spec, logits)["load"][1] == 4000  # testing takes all


def test_sampled_second_experts(tmp_path):
    preset = {"model": {"experts": {"count": 4}, "router": {"k": 2, "second": {"policy": "sampling"}}}}
    logits = np.tile([3.0, 1.0, 0.5, -1], (6000, 1))
    load = np.array(route(write_preset(tmp_path, preset), logits, "--train")["load"]) / 6000
    p = np.exp([1, 0.5, -1]) / np.exp([1, 0.5, -1]).sum()
    assert load[0] == 1
    assert np.abs(load[1:] - p).max() < 4 * np.sqrt(0.25 / 6000)


def test_those_that_are_softmax_top_k():
    for name, k, divided in (("grok-1", 2, False), ("megablocks", 1, False)):
        logits = random_logits(8).double()
        p, index = logits.softmax(1).topk(k)
        expected = torch.zeros_like(logits).scatter(1, index, p / p.sum(1, keepdim=True) if divided else p)
        assert np.abs(weights_of(route(name, logits), 8) - expected.numpy()).max() < 1e-9, name


def test_remoe_weighs_by_relu():
    logits = random_logits(8)
    routed = route("remoe", logits)
    assert np.allclose(weights_of(routed, 8), np.maximum(logits.numpy(), 0), atol=1e-7)


def test_experts_choose_tokens():
    logits = random_logits(8, 64).double()
    p = logits.softmax(1)
    mask = torch.zeros_like(p).scatter(0, p.topk(16, dim=0).indices, 1)  # 2 x 64 / 8 tokens each
    routed = route("expert-choice", logits)
    assert np.abs(weights_of(routed, 8) - (p * mask).numpy()).max() < 1e-9
    assert routed["load"] == [16] * 8


def test_soft_dispatch():
    logits = random_logits(8).double()
    routed = route("soft-moe", logits)
    assert np.allclose(routed["dispatch"], logits.softmax(0), atol=1e-9)
    assert np.allclose(routed["combine"], logits.softmax(1), atol=1e-9)
    assert "experts" not in routed and "weights" not in routed


def test_hash_is_fixed_and_even():
    ids = list(range(8000))
    routed = route("hash", ids=ids)
    assert routed["weights"] == [[1.0]] * 8000
    assert routed == route("hash", ids=ids, logits=np.zeros((8000, 8)).tolist())  # logits count for nothing
    assert route("hash", ids=[5, 7, 5])["experts"] == [routed["experts"][5], routed["experts"][7], routed["experts"][5]]
    assert np.abs(np.array(routed["load"]) - 1000).max() < 5 * np.sqrt(1000)


def test_probs_of_gpt_oss_are_softmax():
    logits = random_logits(128).double()
    assert np.allclose(route("gpt-oss", logits)["probs"], logits.softmax(1), atol=1e-9)


def test_softmax_couples_and_sigmoid_does_not():
    """Seed 002: who pays when one logit rises? Of scores; divided by their sum, sigmoids are coupled again."""
    logits = [[0.3, -0.2, 1.1, 0.4, -1, 0.2, 0.1, 0.6]]
    softmax = np.array(route("mixtral", logits, "--jacobian")["probs_jacobian"][0])
    assert np.allclose(softmax.sum(0), 0, atol=1e-12)  # zero-sum
    assert (softmax[~np.eye(8, dtype=bool)] < 0).all()
    sigmoid = np.array(route("glm-4.5", np.resize(logits, (1, 160)), "--jacobian")["probs_jacobian"][0])
    assert np.allclose(sigmoid[~np.eye(160, dtype=bool)], 0)
    weights = np.array(route("glm-4.5", np.resize(logits, (1, 160)), "--jacobian")["weights_jacobian"][0])
    assert np.allclose(weights.sum(0), 0, atol=1e-12) and (weights != 0).sum() == 64  # the eight chosen


def test_a_bias_on_the_logits_chooses_alike_and_never_weighs(tmp_path):
    bias = np.linspace(-2, 2, 8).tolist()
    logits = random_logits(8).double()
    chosen = []
    for score in "softmax", "sigmoid":
        preset = {"model": {"router": {"score": score, "k": 3, "normalise": "none",
                                       "bias": {"update": "sign", "to": "logits"}}}}
        routed = route(write_preset(tmp_path, preset), logits, bias=bias)
        alpha = weights_of(routed, 8)
        assert np.allclose(alpha[alpha != 0], np.array(routed["probs"])[alpha != 0])
        chosen.append(alpha != 0)
    assert (chosen[0] == chosen[1]).all()
    assert (chosen[0] == ((logits + torch.tensor(bias)).argsort(1, descending=True).argsort(1) < 3).numpy()).all()


def test_every_router_takes_its_full_scale_number_of_experts():
    sizes = {"switch": 8, "gshard": 16, "glam": 64, "nllb": 128, "mixtral": 8, "qwen1.5-moe": 60, "qwen3-moe": 128,
             "grok-1": 8, "dbrx": 16, "olmoe": 64, "deepseek-v2": 160, "deepseek-v3": 256, "kimi-k2": 384,
             "glm-4.5": 160, "llama-4": 16, "gpt-oss": 128, "megablocks": 8, "remoe": 8, "expert-choice": 8,
             "soft-moe": 8, "hash": 8, "sparsemax": 4, "entmax15": 4, "gaussian": 8}
    for name, experts in sizes.items():
        given = {"ids": [1, 2]} if name == "hash" else {}
        assert len(route(name, random_logits(experts, 2), **given)["load"]) == experts
        if name == "hash":
            continue
        done = call(name, logits=random_logits(experts + 1, 2).tolist())
        assert done.returncode == BAD_INPUT and done.stdout == ""
        assert "logits" in done.stderr and str(experts) in done.stderr, done.stderr


@pytest.mark.parametrize("given,said", [
    ({}, "no logits"),
    ({"logits": 3}, "logits: not a list"),
    ({"logits": [[1, 2, 3, 4, 5, 6, 7]]}, "logits"),
    ({"logits": [[1] * 8, [1] * 7]}, "logits[1]: 7 numbers"),
    ({"logits": [[1, 2, 3, "x", 5, 6, 7, 8]]}, "logits[0][3]"),
    ({"logits": [[0] * 8], "bias": [1, 2]}, "bias: 2 numbers"),
    ({"logits": [[0] * 8], "ids": [1.5]}, "ids[0]"),
    ({"logits": [[0] * 8], "ids": [1, 2]}, "ids: 2 numbers"),
    ({"logits": [[0] * 8], "extra": 1}, "extra"),
    ({"logits": []}, "logits: no token"),
])
def test_bad_input_is_refused(given, said):
    done = call("mixtral", **given)
    assert done.returncode == BAD_INPUT and done.stdout == ""
    assert said in done.stderr, done.stderr


def test_other_bad_input():
    assert call("mixtrall", logits=[[0] * 8]).returncode == BAD_INPUT
    assert "mixtral" in call("mixtrall", logits=[[0] * 8]).stderr
    assert "--variant" in call("mixtral", "--variant", "none-such", logits=[[0] * 8]).stderr
    assert "ids" in call("hash", logits=[[0] * 8]).stderr
    done = subprocess.run([str(PROGRAM), "route", "mixtral"], input="{", capture_output=True, text=True)
    assert done.returncode == BAD_INPUT and "standard input" in done.stderr


def test_impossible_combinations_are_refused_with_the_reason(tmp_path):
    for router, said in (
        ({"k": 9}, "model.router.k"),
        ({"groups": {"count": 3}}, "groups.count"),
        ({"groups": {"count": 4, "kept": 5}}, "groups.kept"),
        ({"groups": {"count": 4, "kept": 1}, "k": 3}, "model.router.k"),
        ({"groups": {"count": 8, "kept": 4, "rank": "top2_sum"}}, "groups.rank"),
        ({"score": "none"}, "model.router.normalise"),
        ({"selection": "expert_choice"}, "capacity.train"),
        ({"selection": "dense", "capacity": {"train": 1}}, "capacity.train"),
        ({"selection": "soft", "score": "sigmoid"}, "model.router.score"),
        ({"selection": "dense", "bias": {"update": "sign"}}, "bias.update"),
        ({"logits": {"kind": "hash"}}, "model.router.selection"),
        ({"k": 3, "second": {"policy": "random"}}, "second.policy"),
        ({"slots": 2}, "model.router.slots"),
        ({"score": "none", "normalise": "none", "second": {"policy": "random"}}, "second.policy"),
        ({"groups": {"count": 4, "kept": 2}, "second": {"policy": "sampling"}}, "second.policy"),
        ({"selection": "threshold", "bias": {"to": "logits"}}, "bias.to"),
        ({"selection": "expert_choice", "capacity": {"train": 1, "test": 1, "order": "priority"}}, "capacity.order"),
        ({"selection": "expert_choice", "capacity": {"train": 1, "test": 1, "dropped": "renormalise"}},
         "capacity.dropped"),
    ):
        done = call(write_preset(tmp_path, {"model": {"router": router}}), logits=[[0] * 8])
        assert done.returncode == BAD_INPUT and done.stdout == "", (router, done.stderr)
        assert said in done.stderr, (router, done.stderr)


def test_what_looks_ahead_is_refused_for_text(tmp_path):
    for router, said in (({"selection": "soft"}, "router.selection"),
                         ({"selection": "expert_choice", "capacity": {"train": 1, "test": 1}}, "router.selection"),
                         ({"capacity": {"train": 1, "order": "priority"}}, "router.capacity.order")):
        preset = write_preset(tmp_path, {"task": {"kind": "language"}, "model": {"router": router}})
        assert any(said in line for line in refused(tessera("check", preset))), router


def router_preset(tmp_path, router, experts=4):
    return write_preset(tmp_path, {"model": {"router": router, "experts": {"count": experts}}})


def test_a_winner_takes_all_whatever_its_score(tmp_path):
    """Its score may be 0 or below: logits as they are, ReLU, a sigmoid that underflows in single precision."""
    for score, logits in (("none", [0, -1, -2, -3]), ("none", [-2, -1, -3, -1]), ("relu", [-1, -2, -3, -4]),
                          ("sigmoid", [-800, -900, -900, -900])):
        preset = router_preset(tmp_path, {"score": score, "selection": "winner_take_all", "scale": 2.5})
        routed = route(preset, [logits])
        assert routed["experts"] == [[int(np.argmax(logits))]] and routed["weights"] == [[2.5]], (score, logits)


def test_the_scale_is_not_part_of_the_chance_of_a_second_expert(tmp_path):
    """Softmax of two logits one apart: the second weight is 0.269, and stays with chance 0.269 / 0.5."""
    router = {"second": {"policy": "random", "threshold": 0.5}, "scale": 2.5}
    routed = route(router_preset(tmp_path, router), [[1, 0, -50, -50]] * 4000, "--train")
    share = np.mean([len(experts) == 2 for experts in routed["experts"]])
    assert abs(share - 0.269 / 0.5) < 0.03


def test_probs_of_score_none_are_at_the_temperature(tmp_path):
    logits = np.array([[2, 1, 0, -1], [0, 3, 1, 1]])
    router = {"score": "none", "normalise": "softmax", "temperature": 4}
    routed = route(router_preset(tmp_path, router), logits)
    exponentials = np.exp(logits / 4)
    assert np.abs(np.array(routed["probs"]) - exponentials / exponentials.sum(1, keepdims=True)).max() < 1e-12


def test_the_router_of_the_manual_that_is_not_in_the_zoo(tmp_path):
    """Sigmoid scores, softmax over the chosen, groups ranked by their sum, experts that compute nothing: the preset as it
    stands there, routed against NumPy, and trained."""
    manual = (pathlib.Path(__file__).parents[2] / "docs" / "manual" / "routers.md").read_text()
    section = manual[manual.index("## A router that is not in the zoo"):]
    preset = tmp_path / "my.json"
    preset.write_text(section[section.index("    {"):section.index("\n    }") + 6])
    logits = random_logits(12, 50).double().numpy()
    routed = route(preset, logits)
    scores = 1 / (1 + np.exp(-logits))
    alpha = np.zeros_like(logits)
    for t, row in enumerate(scores):
        kept = np.argsort(-row.reshape(4, 3).sum(1), kind="stable")[:2]
        allowed = [e for e in range(12) if e // 3 in kept]
        chosen = sorted(allowed, key=lambda e: -row[e])[:3]
        alpha[t, chosen] = np.exp(row[chosen]) / np.exp(row[chosen]).sum()
    assert np.abs(weights_of(routed, 12) - alpha).max() < 1e-12
    done = tessera("run", preset, "--steps", 3, "--quiet", "--out", tmp_path / "run", "--device", "cpu",
                   "--set", f"task.data.path={make_data(tmp_path / 'data')}")
    assert done.returncode == FINE, done.stderr
