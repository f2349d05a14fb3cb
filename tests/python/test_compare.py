"""Comparing recorded runs: parameters that differ and last values, from the runs' own files."""
import csv
import json
import shutil

import pytest

from program import FINE, make_data, refused, small_preset, tessera


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    preset = small_preset(folder, make_data(folder / "data"), steps=40)
    settings = {"soft": [], "sparse": ["--set", "model.router.score=sparsemax", "--set", "model.layer1.router.k=1"],
                "seed2": ["--seed", "2"]}
    for name, more in settings.items():
        assert tessera("run", preset, "--out", folder / name, "--quiet", *more).returncode == FINE
    return [folder / name for name in settings]


def last_values(run):
    with open(run / "scalars.csv", newline="") as file:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}


def test_parameters_that_differ_and_no_others(runs):
    done = tessera("compare", *runs, "--json")
    assert done.returncode == FINE
    compared = json.loads(done.stdout)
    defaults = json.loads((runs[0] / "preset.json").read_text())
    k = str(defaults["model"]["router"]["k"])
    assert compared["parameters"] == {"run.seed": ["1", "1", "2"],
                                      "model.router.score": ["softmax", "sparsemax", "softmax"],
                                      "model.layer1.router.k": [k, "1", k]}
    for run, told in zip(runs, compared["runs"]):
        assert told["run"] == str(run) and told["state"] == "finished" and told["steps"] == 40
        assert told["last"] == last_values(run)


def test_the_table_has_a_column_a_run(runs):
    lines = tessera("compare", *runs).stdout.splitlines()
    cells = {line.split()[0]: line.split()[1:] for line in lines}
    assert cells["run"] == [str(run) for run in runs]
    assert cells["model.router.score"] == ["softmax", "sparsemax", "softmax"]
    for name in ("loss/total", "accuracy/test"):
        assert cells[name] == [f"{last_values(run)[name]:.5g}" for run in runs]
    assert len({len(line) for line in lines}) == 1  # columns end below one another


def test_what_was_changed_while_they_ran(runs, tmp_path):
    child = tmp_path / "child"
    assert tessera("fork", runs[0], "--at", "20", "--set", "model.router.temperature=0.25", "--out", child,
                   "--quiet").returncode == FINE
    told = json.loads(tessera("compare", runs[0], child, "--json").stdout)
    assert told["parameters"] == {}
    assert told["changes"] == {"model.router.temperature": ["", "0.25 at step 20"]}
    lines = tessera("compare", runs[0], child).stdout.splitlines()
    (line,) = [line for line in lines if line.startswith("model.router.temperature")]
    assert line.split()[1:] == ["-", "0.25", "at", "step", "20"]


def test_a_scalar_that_one_run_has_not(runs, tmp_path):
    tiles = tmp_path / "tiles"
    preset = runs[0] / "preset.json"
    assert tessera("run", preset, "--out", tiles, "--quiet", "--set", "model.head.kind=tiles").returncode == FINE
    lines = tessera("compare", runs[0], tiles).stdout.splitlines()
    (line,) = [line for line in lines if line.startswith("alpha_entropy/tiles")]
    assert line.split()[1] == "-" and float(line.split()[2]) >= 0


def test_a_run_that_was_cut_off(runs, tmp_path):
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("preset.json", "timeline.json", "scalars.csv"):
        (cut / name).write_bytes((runs[0] / name).read_bytes())
    with open(cut / "scalars.csv", "a") as file:
        file.write("999,loss/to")  # a line that was being written
    told = json.loads(tessera("compare", runs[0], cut, "--json").stdout)["runs"]
    assert told[1]["state"] == "cut off" and told[1]["steps"] == 40 and told[1]["last"] == told[0]["last"]


def test_what_is_no_run_is_refused(runs, tmp_path):
    assert any("nowhere" in line for line in refused(tessera("compare", runs[0], tmp_path / "nowhere")))
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "preset.json").write_bytes((runs[0] / "preset.json").read_bytes())
    assert any("scalars.csv" in line for line in refused(tessera("compare", bad)))
    (bad / "scalars.csv").write_text("step,name,value\n1;loss;2\n")
    assert any("scalars.csv: line 2" in line for line in refused(tessera("compare", bad)))


def test_what_a_stranger_wrote_does_not_reach_the_terminal_as_it_is(runs, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs[0], run)
    (run / "parent.json").write_text(json.dumps({"run": "\x1b]0;owned\x07\x1b[2J", "preset": "p", "seed": 1, "step": 0,
                                                 "set": []}))
    preset = json.loads((run / "preset.json").read_text())
    (run / "preset.json").write_text(json.dumps({**preset, "name": "\x1b[31mred"}))
    with open(run / "scalars.csv", "a") as file:
        file.write("39,\x1b[5mblink,1\n")
    done = tessera("compare", run, runs[1])
    assert not any(c < " " and c != "\n" for c in done.stdout + done.stderr), done.stdout
