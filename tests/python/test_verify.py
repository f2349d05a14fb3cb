"""verify: claims judged from real runs. Means and intervals are worked out here from the runs' own scalars.csv."""
import csv
import json
import math
import shlex
import signal
import subprocess
import time

import pytest

from program import (FAILED, FINE, INTERRUPTED, PROGRAM, everything_below, make_data, refused, small_preset,
                     tessera)

# Student's t, P = .975, by degrees of freedom (Fisher & Yates 1938, table III, more digits from the closed forms).
T975 = {1: 12.706204736, 2: 4.302652730, 3: 3.182446305, 4: 2.776445105}

VARIANTS = [{"name": "sparse", "set": {"model.router.score": "sparsemax", "model.router.selection": "dense"}},
            {"name": "one", "set": {"model.router.k": 1}},
            {"name": "unused", "set": {"model.width": 16}}]
CLAIMS = [
    # What must be true: top 2's entropy is at most ln 2; top 1's is 0.
    {"text": "two experts at most", "source": "arithmetic", "metric": "alpha_entropy/layer0", "over_run": "max",
     "is": "<=", "value": 0.6932, "seeds": 3},
    {"text": "one expert has no entropy", "metric": "alpha_entropy/layer1", "of": "one", "is": ">", "value": 0.1,
     "seeds": 3},
    {"text": "asks for more seeds", "metric": "loss/total", "is": "<", "value": 1e6, "seeds": 4},
    {"text": "losses differ", "metric": "loss/total", "over_run": "mean", "from": 10, "to": 19,
     "difference": ["sparse", "preset"], "is": "<", "value": 0, "seeds": 3},
    {"text": "losses by each other", "metric": "loss/total", "over_run": "at_step", "step": 7,
     "ratio": ["one", "preset"], "is": "between", "value": [0, 100], "seeds": 3},
    {"text": "all much alike", "metric": "loss/total", "spread": ["preset", "one", "sparse"], "is": "<", "value": 1e-9,
     "seeds": 3},
    {"text": "it learns", "metric": "loss/total", "over_run": "slope", "is": "<", "value": 0, "seeds": 3},
]


def claiming(folder, data, claims=CLAIMS, variants=VARIANTS, name="small.json", **run):
    file = small_preset(folder, data, **{"steps": 30, "seed": 5, **run})
    preset = json.loads(file.read_text())
    preset.update(variants=variants, claims=claims)
    file = folder / name
    file.write_text(json.dumps(preset))
    return file


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data") / "data")


@pytest.fixture(scope="module")
def verified(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("verified")
    preset = claiming(folder, data)
    done = tessera("verify", preset, "--seeds", "3", "--out", folder / "out", "--json", folder / "v.json",
                   "--markdown", folder / "v.md")
    assert done.returncode == FINE, done.stderr
    return folder, preset, done, json.loads((folder / "v.json").read_text())


def curve(run, metric):
    with open(run / "scalars.csv", newline="") as file:
        return [(int(row["step"]), float(row["value"])) for row in csv.DictReader(file) if row["name"] == metric]


def number(claim, run):
    if "minus" in claim:
        rest = {key: value for key, value in claim.items() if key != "minus"}
        return number(rest, run) - number({**rest, "metric": claim["minus"]}, run)
    points = curve(run, claim["metric"])
    window = [(step, value) for step, value in points if claim.get("from", 0) <= step <= claim.get("to", 10**12)]
    values = [value for _, value in window]
    how = claim.get("over_run", "last")
    if how == "slope":
        x = sum(step for step, _ in window) / len(window)
        y = sum(values) / len(values)
        return sum((s - x) * (v - y) for s, v in window) / sum((s - x)**2 for s, _ in window)
    return {"last": points[-1][1], "max": max(values), "mean": sum(values) / len(values),
            "at_step": [v for s, v in points if s <= claim.get("step", 0)][-1]}[how]


def value(claim, out, seed):
    def of(variant):
        return number(claim, out / "small" / f"{variant}-{seed}")
    if "difference" in claim:
        return of(claim["difference"][0]) - of(claim["difference"][1])
    if "ratio" in claim:
        return of(claim["ratio"][0]) / of(claim["ratio"][1])
    if "spread" in claim:
        numbers = [of(variant) for variant in claim["spread"]]
        return max(numbers) - min(numbers)
    return of(claim.get("of", "preset"))


def test_values_means_and_intervals_follow_from_the_runs(verified):
    folder, _, _, judged = verified
    assert [item["claim"] for item in judged] == [claim["text"] for claim in CLAIMS]
    for claim, item in zip(CLAIMS, judged):
        values = [value(claim, folder / "out", seed) for seed in (5, 6, 7)]
        assert item["seeds"] == [5, 6, 7] and item["metric"] == claim["metric"] and item["preset"] == "small"
        assert item["values"] == pytest.approx(values, rel=1e-9, abs=1e-15)
        mean = sum(values) / 3
        deviation = math.sqrt(sum((x - mean)**2 for x in values) / 2)
        half = T975[2] * deviation / math.sqrt(3)
        assert item["mean"] == pytest.approx(mean, rel=1e-9, abs=1e-12)
        assert item["interval"] == pytest.approx([mean - half, mean + half], rel=1e-6, abs=1e-9)


def test_verdicts(verified):
    judged = {item["claim"]: item for item in verified[3]}
    assert judged["two experts at most"]["verdict"] == "reproduced"
    assert judged["one expert has no entropy"]["verdict"] == "refuted"
    assert judged["asks for more seeds"]["verdict"] == "undecided"
    assert judged["asks for more seeds"]["reason"] == "3 seeds; the claim asks for 4"
    assert judged["losses by each other"]["verdict"] == "reproduced"
    for claim, most in (("losses differ", 0), ("all much alike", 1e-9)):  # whichever it is, the interval says it
        low, high = judged[claim]["interval"]
        assert judged[claim]["verdict"] == ("reproduced" if high < most else "refuted" if low >= most else "undecided")
    for item in judged.values():
        assert (item["verdict"] == "undecided") == bool(item["reason"])


def test_what_is_printed_and_written(verified):
    folder, preset, done, judged = verified
    for item in judged:
        assert item["verdict"] in done.stdout and item["verdict"] in (folder / "v.md").read_text()
        assert item["command"] == f"./lab verify {preset} --seeds 3"
        assert len(item["commit"]) >= 7
        assert item["claim"] in (folder / "v.md").read_text()
    lines = (folder / "v.md").read_text().splitlines()
    assert len(lines) == 2 + len(judged) and len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert "two experts at most" in done.stdout and "5 to 7" in done.stdout


def test_only_needed_runs_and_their_settings(verified):
    folder = verified[0] / "out" / "small"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["presets"] + [f"{variant}-{seed}" for variant in ("preset", "sparse", "one") for seed in (5, 6, 7)])
    for seed in (5, 6, 7):
        assert json.loads((folder / f"preset-{seed}/summary.json").read_text())["seed"] == seed
        sparse = json.loads((folder / f"sparse-{seed}/preset.json").read_text())
        assert sparse["model"]["router"]["score"] == "sparsemax" and sparse["run"]["seed"] == seed
        assert sparse["model"]["width"] == 8 and "claims" not in sparse
    assert (folder / "preset-5/scalars.csv").read_text() != (folder / "preset-6/scalars.csv").read_text()


def test_finished_runs_are_used_again(verified, tmp_path):
    folder, preset, first, judged = verified
    before = everything_below(folder / "out")
    again = tessera("verify", preset, "--seeds", "3", "--out", folder / "out", "--json", tmp_path / "again.json")
    assert again.returncode == FINE
    assert json.loads((tmp_path / "again.json").read_text()) == judged
    assert again.stdout == first.stdout and everything_below(folder / "out") == before


def test_another_preset_in_the_same_folder_is_refused(verified):
    folder, preset, _, _ = verified
    before = everything_below(folder)
    lines = refused(tessera("verify", preset, "--seeds", "3", "--out", folder / "out", "--set", "learn.rate=0.01"))
    assert any("learn.rate" in line and "--out" in line for line in lines), lines
    assert everything_below(folder) == before


def test_interrupted_and_gone_on_with(data, tmp_path, verified):
    """SIGINT ends the children in order; SIGKILL leaves none running; what comes out at last is the same."""
    preset = claiming(tmp_path, data, claims=CLAIMS[:2], steps=1500)
    command = [str(part) for part in (PROGRAM, "verify", preset, "--seeds", 2, "--jobs", 2, "--out")]
    results = {}
    for way in ("interrupted", "killed", "whole"):
        out = tmp_path / way
        if way != "whole":
            process = subprocess.Popen([*command, out], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            scalars = [out / "small" / name / "scalars.csv" for name in ("preset-5", "one-5")]
            until = time.monotonic() + 120
            while not all(file.exists() and file.stat().st_size > 20000 for file in scalars):
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.002)
            process.send_signal(signal.SIGINT if way == "interrupted" else signal.SIGKILL)
            _, errors = process.communicate(timeout=60)
            if way == "interrupted":
                assert process.returncode == INTERRUPTED and f"--out {out}" in errors
                assert any(out.glob("small/*-5/checkpoint*"))
            time.sleep(1 if way == "killed" else 0)
            assert not any((out / "small" / name / "summary.json").exists() and
                           json.loads((out / "small" / name / "summary.json").read_text())["state"] == "finished"
                           for name in ("preset-6", "one-6")), "nothing is started any more"
            sizes = [file.stat().st_size for file in scalars]
            time.sleep(0.3)
            assert sizes == [file.stat().st_size for file in scalars], "nothing runs any more"
        done = subprocess.run([*command, out, "--json", tmp_path / f"{way}.json"], capture_output=True, text=True)
        assert done.returncode == FINE, done.stderr
        results[way] = json.loads((tmp_path / f"{way}.json").read_text())
    assert results["interrupted"] == results["killed"] == results["whole"]


def test_a_folder_that_holds_no_run(data, tmp_path):
    preset = claiming(tmp_path, data)
    blocked = tmp_path / "out" / "small" / "one-6"
    blocked.mkdir(parents=True)
    (blocked / "notes.txt").write_text("mine")
    before = everything_below(tmp_path)
    lines = refused(tessera("verify", preset, "--seeds", "2", "--out", tmp_path / "out"))
    assert any("one-6" in line for line in lines) and everything_below(tmp_path) == before


def test_the_file_limit_makes_a_run_fail(data, tmp_path):
    claims = [{"text": "tame", "metric": "loss/total", "is": "<", "value": 100, "seeds": 2},
              {"text": "long", "metric": "loss/total", "of": "long", "is": "<", "value": 100, "seeds": 2}]
    variants = [{"name": "long", "set": {"run.steps": 2000}}]
    preset = claiming(tmp_path, data, claims=claims, variants=variants)
    limited = subprocess.run(["bash", "-c", 'ulimit -f 300; exec "$@"', "bash", PROGRAM, "verify", preset, "--seeds", "2",
                              "--out", tmp_path / "out", "--json", tmp_path / "v.json"], capture_output=True, text=True)
    assert limited.returncode == FAILED, limited.stderr
    assert "long-5" in limited.stderr and "long-6" in limited.stderr
    tame, long = json.loads((tmp_path / "v.json").read_text())
    assert tame["verdict"] == "reproduced" and tame["seeds"] == [5, 6]
    assert long["verdict"] == "undecided" and long["seeds"] == [5, 6] and long["mean"] is None
    assert long["values"] == [None, None] and "failed" in long["reason"]
    again = tessera("verify", preset, "--seeds", "2", "--out", tmp_path / "out", "--json", tmp_path / "v.json")
    assert again.returncode == FINE, again.stderr
    assert json.loads((tmp_path / "v.json").read_text())[1]["verdict"] == "reproduced"


def test_a_seed_whose_run_failed_leaves_its_claims_undecided(data, tmp_path):
    claims = [{"text": "tame", "metric": "loss/total", "is": "<", "value": 1e6, "seeds": 2},
              {"text": "one tame", "metric": "loss/total", "of": "one", "is": "<", "value": 1e6, "seeds": 2}]
    preset = claiming(tmp_path, data, claims=claims)
    command = ["verify", preset, "--seeds", "3", "--out", tmp_path / "out", "--json", tmp_path / "v.json"]
    assert tessera(*command).returncode == FINE
    run = tmp_path / "out/small/one-6"  # failed, and can't be gone on with
    summary = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps({**summary, "state": "failed"}))
    (run / "scalars.csv").rename(tmp_path / "elsewhere")
    (run / "scalars.csv").symlink_to(tmp_path / "elsewhere")
    done = tessera(*command)
    assert done.returncode == FAILED, done.stderr
    tame, one = json.loads((tmp_path / "v.json").read_text())
    assert tame["verdict"] == "reproduced" and tame["seeds"] == [5, 6, 7]
    assert one["verdict"] == "undecided" and one["reason"] == "the run of one, seed 6 failed"
    assert one["seeds"] == [5, 6, 7] and one["values"][1] is None and None not in (one["values"][0], one["values"][2])
    assert one["mean"] is None and one["interval"] is None
    assert "the run of one, seed 6 failed" in done.stdout


def test_it_ends_where_the_launcher_ignores_the_ends_of_children(data, tmp_path):
    preset = claiming(tmp_path, data, claims=CLAIMS[:1], steps=3)
    done = tessera("verify", preset, "--seeds", "2", "--out", tmp_path / "out", timeout=120,
                   preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert done.returncode == FINE, done.stderr


def test_a_table_that_can_not_be_written_at_the_end(data, tmp_path):
    """Its folder is gone meanwhile: that is no fault of the command line."""
    preset = claiming(tmp_path, data, claims=CLAIMS[:1], steps=300)
    (tmp_path / "there").mkdir()
    words = ["verify", preset, "--seeds", "2", "--out", tmp_path / "out", "--json", tmp_path / "there/v.json",
             "--markdown", tmp_path / "v.md"]
    process = subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not any(tmp_path.glob("out/small/*/scalars.csv")) and time.monotonic() < until:
        time.sleep(0.01)
    (tmp_path / "there").rmdir()
    output, errors = process.communicate(timeout=120)
    assert process.returncode == FAILED, errors
    assert "v.json: can't be written" in errors and CLAIMS[0]["text"] in output
    assert CLAIMS[0]["text"] in (tmp_path / "v.md").read_text()


def test_the_line_to_go_on_with_can_be_pasted(data, tmp_path):
    place = tmp_path / "it's a place"
    place.mkdir()
    preset = claiming(place, data, claims=CLAIMS[:1], steps=100_000)
    options = ["--seeds", "2", "--set", "model.width=16", "--out", place / "out put", "--json", place / "v.json",
               "--markdown", place / "v.md", "--jobs", "1"]
    words = [str(word) for word in ("verify", preset, *options)]
    process = subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not any(place.glob("out put/small/*/scalars.csv")) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, errors
    (line,) = [line for line in errors.splitlines() if line.startswith("continue: ")]
    again = shlex.split(line.removeprefix("continue: "))
    assert again[:2] == ["./lab", "verify"] and sorted(again[1:]) == sorted(words)


BAD = {
    "no claims": dict(claims=[]),
    "unknown metric": dict(claims=[{**CLAIMS[0], "metric": "alpha_entropi/layer0"}]),
    "matrix": dict(claims=[{**CLAIMS[0], "metric": "routing/layer0"}]),
    "layer beyond the depth": dict(claims=[{**CLAIMS[0], "metric": "alpha_entropy/layer2"}]),
    "unknown variant": dict(claims=[{**CLAIMS[0], "of": "none"}]),
    "variant with k over the experts": dict(variants=[*VARIANTS, {"name": "k", "set": {"model.router.k": 60}}]),
    "variant of a layer that isn't": dict(variants=[*VARIANTS, {"name": "k", "set": {"model.layer7.router.k": 1}}]),
    "name that climbs": dict(variants=[*VARIANTS, {"name": "../../x", "set": {"model.router.k": 1}}]),
    "data that isn't there": dict(data="/nowhere/at/all"),
    "last seed too large": dict(seed=2147483647),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_presets_are_refused_with_nothing_written(what, data, tmp_path):
    change = dict(BAD[what])
    preset = claiming(tmp_path, change.pop("data", data), **change)
    before = everything_below(tmp_path)
    done = tessera("verify", preset, "--seeds", "2", "--out", tmp_path / "out", "--json", tmp_path / "v.json",
                   cwd=tmp_path)
    assert all("small" in line or "nowhere" in line for line in refused(done)), done.stderr
    assert everything_below(tmp_path) == before


@pytest.mark.parametrize("arguments", [
    [], ["--seeds", "0"], ["--seeds", "x"], ["--seeds", "-3"], ["--jobs", "0"], ["--json", "/nowhere/x.json"],
    ["--markdown", "/"], ["--out", ""], ["--out", "/proc/nowhere"], ["--steps", "0"], ["--set", "no.such=1"],
])
def test_bad_options(arguments, data, tmp_path):
    preset = [claiming(tmp_path, data)] if arguments else []
    before = everything_below(tmp_path)
    refused(tessera("verify", *preset, *arguments, cwd=tmp_path))
    assert everything_below(tmp_path) == before


def test_two_presets_of_the_same_name(data, tmp_path):
    files = []
    for folder, steps in (("a", 5), ("b", 6)):
        (tmp_path / folder).mkdir()
        files.append(claiming(tmp_path / folder, data, claims=CLAIMS[:1], steps=steps))
    done = tessera("verify", *files, "--seeds", "2", "--out", tmp_path / "out", "--json", tmp_path / "v.json")
    assert done.returncode == FINE, done.stderr
    assert len(json.loads((tmp_path / "v.json").read_text())) == 2
    for folder, steps in (("small", 5), ("small-2", 6)):
        assert json.loads((tmp_path / "out" / folder / "preset-5/summary.json").read_text())["steps"] == steps


def test_steps_and_settings_reach_the_runs(data, tmp_path):
    preset = claiming(tmp_path, data, claims=CLAIMS[:1])
    done = tessera("verify", preset, "--seeds", "2", "--seed", "40", "--steps", "4", "--set", "model.width=16",
                   "--out", tmp_path / "out", "--json", tmp_path / "v.json")
    assert done.returncode == FINE, done.stderr
    (judged,) = json.loads((tmp_path / "v.json").read_text())
    assert judged["seeds"] == [40, 41] and judged["verdict"] == "undecided"
    assert judged["command"].endswith("--seeds 2 --seed 40 --steps 4 --set model.width=16")
    made = json.loads((tmp_path / "out/small/preset-41/preset.json").read_text())
    assert made["run"]["steps"] == 4 and made["model"]["width"] == 16


def test_a_head_of_experts_has_metrics_too(tmp_path, data):
    claim = {"text": "four at most", "source": "arithmetic", "metric": "alpha_entropy/experts", "of": "mixed",
             "is": "<=", "value": 1.5, "seeds": 2}
    preset = claiming(tmp_path, data, claims=[claim], variants=[{"name": "mixed", "set": {"model.head.kind": "experts"}}])
    done = tessera("verify", preset, "--seeds", "2", "--out", tmp_path / "out", "--json", tmp_path / "v.json")
    assert done.returncode == FINE, done.stderr
    assert json.loads((tmp_path / "v.json").read_text())[0]["verdict"] == "reproduced"


def test_a_head_of_another_kind_has_other_metrics(tmp_path, data):
    claim = {"text": "none", "source": "nobody", "metric": "alpha_entropy/experts", "is": "<", "value": 1, "seeds": 2}
    preset = claiming(tmp_path, data, claims=[claim], variants=[])
    done = tessera("verify", preset, "--seeds", "2", "--out", tmp_path / "out")
    assert done.returncode == 2 and "model.head.kind is: linear" in done.stderr
    assert not (tmp_path / "out").exists()
