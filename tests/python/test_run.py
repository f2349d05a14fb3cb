"""run: what it writes, what it refuses, and that the same seed gives the same figures."""
import csv
import gzip
import json
import math
import os
import pathlib
import re
import pty
import shutil
import subprocess

import pytest

from program import (BAD_INPUT, DEFAULT, FAILED, FINE, PROGRAM, everything_below, idx, limited, make_data,
                     obeying_permissions, refused, small_preset, tessera, write_preset)

HAS_GPU = pathlib.Path("/dev/nvidiactl").exists()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data") / "small")


@pytest.fixture(scope="module")
def preset(tmp_path_factory, data):
    return small_preset(tmp_path_factory.mktemp("preset"), data)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, preset):
    """One run that the tests of what it wrote share, and what it printed."""
    out = tmp_path_factory.mktemp("run") / "out"
    done = tessera("run", preset, "--seed", 7, "--out", out)
    assert (done.returncode, done.stderr) == (FINE, "")
    return out, done.stdout


def rows(out):
    """The rows of scalars.csv as (step, name, value)."""
    with open(out / "scalars.csv", newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == ["step", "name", "value"]
    return [(int(step), name, float(value)) for step, name, value in table[1:]]


# --- what a run writes ---------------------------------------------------------------------------------------------


def test_the_preset_is_resolved(finished):
    out, _ = finished
    resolved = json.loads((out / "preset.json").read_text())
    assert resolved["run"]["seed"] == 7 and resolved["run"]["steps"] == 40
    assert resolved["model"]["router"]["temperature"] == 1 and resolved["learn"]["rate"] == 0.001  # defaults too
    assert tessera("check", out / "preset.json").returncode == FINE


def test_the_scalars_are_those_of_every_layer(finished):
    out, _ = finished
    names = {name for _, name, _ in rows(out)}
    wanted = {"loss/total", "accuracy/train", "accuracy/test"}
    for layer in (0, 1):
        wanted |= {f"{family}/layer{layer}" for family in ("alpha_entropy", "load_cv", "max_vio", "dead_experts",
                                                           "overlap", "conflict_rate")}
    assert wanted <= names
    assert not any(name.endswith("/layer2") for name in names)


def test_the_scalars_are_within_their_bounds(finished):
    out, _ = finished
    for step, name, value in rows(out):
        assert 0 <= step < 40
        family = name.split("/")[0]
        if family == "alpha_entropy":
            assert 0 <= value <= math.log(2) + 1e-6  # two experts a token
        elif family in ("accuracy", "overlap", "conflict_rate", "dead_experts"):
            assert 0 <= value <= 1
        elif family in ("load_cv", "max_vio", "loss"):
            assert math.isfinite(value)


def test_each_name_has_a_value_a_step(finished):
    out, _ = finished
    seen = [(step, name) for step, name, _ in rows(out)]
    assert len(seen) == len(set(seen))
    assert [step for step, _ in seen] == sorted(step for step, _ in seen)
    assert [step for step, name in seen if name == "loss/total"] == list(range(40))
    assert (39, "accuracy/test") in seen  # the end is always measured


def test_the_summary_has_what_scripts_rely_on(finished):
    out, _ = finished
    summary = json.loads((out / "summary.json").read_text())
    assert summary["preset"] == "small" and summary["seed"] == 7 and summary["steps"] == 40
    assert "cpu" in summary["device"]
    assert summary["wall_s"] > 0 and summary["steps_per_s"] > 0
    last = {}
    for _, name, value in rows(out):
        last[name] = value
    assert summary["final"] == last


def test_the_summary_is_printed(finished):
    out, printed = finished
    summary = json.loads((out / "summary.json").read_text())
    for name in summary["final"]:
        assert name in printed
    assert str(out) in printed


def test_nothing_that_depends_on_the_clock_is_among_the_scalars(finished):
    out, _ = finished
    assert (out / "timing.csv").stat().st_size > 0
    assert not [name for _, name, _ in rows(out) if "second" in name or "memory" in name or "per_s" in name]


def test_quiet_prints_nothing(preset, tmp_path):
    done = tessera("run", preset, "--out", tmp_path / "out", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (FINE, "", "")


def test_the_default_folder_says_preset_seed_and_time(preset, tmp_path):
    assert tessera("run", preset, "--seed", 3, "--steps", 2, cwd=tmp_path).returncode == FINE
    assert tessera("run", preset, "--seed", 3, "--steps", 2, cwd=tmp_path).returncode == FINE
    folders = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert len(folders) == 2 and all(name.startswith("small-3-2") for name in folders)


def test_runs_that_start_together_have_a_folder_each(preset, tmp_path):
    command = [str(part) for part in (PROGRAM, "run", preset, "--seed", 3, "--steps", 2, "--quiet")]
    runs = [subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.DEVNULL) for _ in range(3)]
    assert [run.wait(120) for run in runs] == [FINE] * 3
    folders = sorted((tmp_path / "runs").iterdir())
    assert len(folders) == 3
    assert len({(folder / "scalars.csv").read_bytes() for folder in folders}) == 1


def test_settings_win_over_the_preset(preset, tmp_path):
    out = tmp_path / "out"
    done = tessera("run", preset, "--out", out, "--steps", 3, "--set", "model.layer1.router.k=1", "--set",
                   "model.router.temperature=0.5", "--set", "learn.rate=0.01", "--set", "learn.rate=0.02")
    assert done.returncode == FINE
    resolved = json.loads((out / "preset.json").read_text())
    assert resolved["run"]["steps"] == 3 and resolved["learn"]["rate"] == 0.02  # the last one counts
    assert resolved["model"]["router"]["temperature"] == 0.5
    assert resolved["model"]["layer1"]["router"]["k"] == 1
    entropy = [value for _, name, value in rows(out) if name == "alpha_entropy/layer1"]
    assert entropy and max(entropy) < 1e-6  # one expert a token: nothing is uncertain


def test_a_setting_can_mend_what_a_preset_has_wrong_together(data, tmp_path):
    bad = write_preset(tmp_path, {"task": {"data": {"path": str(data)}}, "model": {"router": {"k": 9}}})
    refused(tessera("run", bad, "--steps", 1, "--out", tmp_path / "a"))
    assert tessera("run", bad, "--steps", 1, "--out", tmp_path / "b", "--set", "model.router.k=2").returncode == FINE


def test_pace_is_for_the_window(data, tmp_path):
    slow = small_preset(tmp_path, data, pace=0.01, steps=5)
    assert tessera("run", slow, "--out", tmp_path / "out", timeout=60).returncode == FINE


def test_mosaic_tiles_have_figures_of_their_own(preset, tmp_path):
    done = tessera("run", preset, "--out", tmp_path / "out", "--steps", 12, "--set", "model.head.kind=tiles", "--set",
                   "model.head.tiles.count=5")
    assert done.returncode == FINE
    assert any("tiles" in name or name.endswith("/layer2") for _, name, _ in rows(tmp_path / "out"))


# --- the same again ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [[], ["run.threads=2", "task.batch_size=128"], ["model.head.kind=tiles", "model.head.route_by_label=true"],
                                      ["model.router.score=sparsemax", "model.router.selection=dense"],
                                      ["model.encoder.kind=conv", "run.threads=2"]], ids=lambda s: ",".join(s) or "plain")
def test_same_preset_and_seed_give_the_same_bytes(preset, tmp_path, settings):
    settings = [part for setting in settings for part in ("--set", setting)]
    for out in "ab":
        assert tessera("run", preset, "--out", tmp_path / out, *settings).returncode == FINE
    assert (tmp_path / "a/scalars.csv").read_bytes() == (tmp_path / "b/scalars.csv").read_bytes()


def test_another_seed_gives_other_figures(preset, finished, tmp_path):
    out, _ = finished
    assert tessera("run", preset, "--seed", 8, "--out", tmp_path / "out").returncode == FINE
    assert rows(tmp_path / "out") != rows(out)


def test_the_resolved_preset_gives_the_same_run(finished, tmp_path):
    out, _ = finished
    assert tessera("run", out / "preset.json", "--out", tmp_path / "again").returncode == FINE
    assert (tmp_path / "again/scalars.csv").read_bytes() == (out / "scalars.csv").read_bytes()


# --- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, said", [
    (["--seed", "-1"], ["--seed", "-1", "0 to 2147483647"]),
    (["--seed", "abc"], ["--seed", "abc", "0 to 2147483647"]),
    (["--seed", ""], ["--seed"]),
    (["--steps", "0"], ["--steps", "0", "1 to 10000000"]),
    (["--steps", "1e9"], ["--steps", "1 to 10000000"]),
    (["--device", "tpu"], ["--device", "tpu", "cpu"]),
    (["--set", "learn.rate"], ["--set", "learn.rate", "path=value"]),
    (["--set", "=1"], ["--set", "path=value"]),
    (["--set", "learn.rate=fast"], ["--set", "learn.rate", "fast", "1e-06 to 1"]),
    (["--set", "learn.rate=nan"], ["learn.rate", "nan"]),
    (["--set", "learn.rate=inf"], ["learn.rate", "inf"]),
    (["--set", "learn.rat=1"], ["learn.rat", "learn.rate"]),
    (["--set", "model.router.k=9"], ["model.router.k", "9", "1 to 4"]),
    (["--set", "model.layer7.router.k=1"], ["model.layer7.router.k", "0 to 1"]),
    (["--set", "model.layer0.width=9"], ["model.layer0.width"]),
    (["--out", ""], ["--out"]),
])
def test_bad_options_are_told_and_nothing_is_written(preset, tmp_path, options, said):
    lines = refused(tessera("run", preset, *options, cwd=tmp_path))
    assert any(all(word in line for word in said) for line in lines), lines
    assert everything_below(tmp_path) == []


def test_settings_are_checked_together_with_the_schedule(preset, tmp_path):
    content = json.loads(preset.read_text())
    content["schedule"] = [{"step": 5, "path": "model.layer1.router.temperature", "value": 2},
                           {"step": 6, "path": "model.router.k", "value": 4}]
    file = write_preset(tmp_path, content, "scheduled.json")
    for setting, said in ("model.depth=1", "layer 1"), ("model.experts.count=3", "model.router.k: 4"):
        (line,) = refused(tessera("run", file, "--set", setting, "--out", tmp_path / "out"))
        assert "scheduled.json: schedule, step" in line and said in line
    content["schedule"] = [{"step": 5, "path": "model.router.k", "value": 200}]
    refused(tessera("check", write_preset(tmp_path, content)))
    assert not (tmp_path / "out").exists()


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    bad = write_preset(tmp_path, {"learn": {"rate": 7}})
    lines = refused(tessera("run", bad, "--seed", "x", "--set", "no.such=1", "--out", tmp_path / "out"))
    for word in ("learn.rate", "--seed", "no.such"):
        assert any(word in line for line in lines)


def test_a_bad_preset_is_refused(tmp_path):
    bad = write_preset(tmp_path, '{"run": ')
    assert "line 1" in refused(tessera("run", bad, "--out", tmp_path / "out"))[0]
    assert "nowhere" in refused(tessera("run", "nowhere", "--out", tmp_path / "out"))[0]
    assert not (tmp_path / "out").exists()


def test_cuda_is_used_or_refused(preset, tmp_path):
    done = tessera("run", preset, "--device", "cuda", "--out", tmp_path / "out", cwd=tmp_path)
    if HAS_GPU and "built without CUDA" not in done.stderr:
        assert done.returncode == FINE
        assert "cpu" not in json.loads((tmp_path / "out/summary.json").read_text())["device"]
    else:
        lines = refused(done)
        assert any("cuda" in line and "cpu" in line for line in lines), lines
        assert everything_below(tmp_path) == []


# --- folders -------------------------------------------------------------------------------------------------------


def test_a_folder_with_a_run_is_refused(preset, finished):
    out, _ = finished
    before = everything_below(out)
    (line,) = refused(tessera("run", preset, "--out", out))
    assert str(out) in line and "run already" in line
    assert everything_below(out) == before


def test_an_empty_folder_is_used_and_a_deep_one_made(preset, tmp_path):
    assert tessera("run", preset, "--steps", 1, "--out", tmp_path).returncode == FINE
    assert tessera("run", preset, "--steps", 1, "--out", tmp_path / "a/b/../c/").returncode == FINE
    assert (tmp_path / "a/c/scalars.csv").exists()


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/nowhere", "/dev/full", "/dev/null/x"])
def test_an_impossible_folder_is_refused(preset, tmp_path, out):
    (tmp_path / "file").write_text("mine")
    (line,) = refused(tessera("run", preset, "--out", out, cwd=tmp_path))
    assert "--out" in line and out in line
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_text() == "mine"


def test_a_read_only_folder_is_refused(preset, tmp_path):
    out = tmp_path / "closed"
    out.mkdir(mode=0o500)
    for folder in (out, out / "below"):
        (line,) = refused(tessera("run", preset, "--out", folder, preexec_fn=obeying_permissions))
        assert str(folder) in line and "Permission denied" in line
    assert everything_below(out) == []


def test_a_disk_that_is_full_at_the_start_is_bad_input(preset, tmp_path):
    (line,) = refused(tessera("run", preset, "--out", tmp_path / "out", preexec_fn=limited(0)))
    assert "--out" in line and "written" in line
    assert everything_below(tmp_path) == []


def test_a_disk_that_fills_up_ends_the_run_as_failed_and_resumable(preset, tmp_path):
    full = tessera("run", preset, "--steps", 3000, "--out", tmp_path / "full", preexec_fn=limited(100_000))
    assert full.returncode == FAILED
    assert "scalars.csv" in full.stderr and "--resume" in full.stderr
    assert (tmp_path / "full/scalars.csv").stat().st_size <= 100_000
    assert tessera("run", "--resume", tmp_path / "full").returncode == FINE
    assert tessera("run", preset, "--steps", 3000, "--out", tmp_path / "whole").returncode == FINE
    assert (tmp_path / "full/scalars.csv").read_bytes() == (tmp_path / "whole/scalars.csv").read_bytes()


# --- data ----------------------------------------------------------------------------------------------------------


def without_train_images(folder):
    (folder / "train-images-idx3-ubyte").unlink()
    return "train-images-idx3-ubyte"


def truncated(folder):
    file = folder / "t10k-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-1])
    return file.name


def truncated_gz(folder):
    file = folder / "train-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-30])
    return file.name


def damaged_gz(folder):
    file = folder / "train-labels-idx1-ubyte.gz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    return file.name


def empty(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(b"")
    return "train-images-idx3-ubyte"


def other_kind(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return "train-images-idx3-ubyte"


def lying_header(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(idx((2**31 - 1, 2**31 - 1, 2**31 - 1), b"12"))
    return "train-images-idx3-ubyte"


def label_too_large(folder):
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx((100,), [10] * 100)))
    return "t10k-labels-idx1-ubyte.gz"


def fewer_labels(folder):
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx((99,), [1] * 99)))
    return "t10k-labels-idx1-ubyte.gz"


@pytest.mark.parametrize("damage", [without_train_images, truncated, truncated_gz, damaged_gz, empty, other_kind,
                                    lying_header, label_too_large, fewer_labels], ids=lambda f: f.__name__)
def test_bad_data_is_told_before_anything_starts(preset, data, tmp_path, damage):
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    file = damage(folder)
    before = everything_below(tmp_path)
    lines = refused(tessera("run", preset, "--set", f"task.data.path={folder}", cwd=tmp_path))
    assert any(file in line and str(folder) in line for line in lines), lines
    assert everything_below(tmp_path) == before


def test_missing_data_says_what_to_install(preset, tmp_path):
    (line,) = refused(tessera("run", preset, "--set", f"task.data.path={tmp_path / 'none'}", cwd=tmp_path))
    assert "task.data.path" in line and "none" in line and "dataset-fashion-mnist" in line
    environment = {**os.environ, "TESSERA_DATA": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    options = ["--set", "task.data.name=mnist", "--set", "task.data.path="]
    (line,) = refused(tessera("run", preset, *options, cwd=tmp_path, env=environment))
    assert "mnist" in line and str(tmp_path) in line
    assert everything_below(tmp_path) == []


def test_data_is_found_below_the_environment_variable(preset, data, tmp_path):
    shutil.copytree(data, tmp_path / "mnist")
    done = tessera("run", preset, "--set", "task.data.name=mnist", "--set", "task.data.path=", "--out",
                   tmp_path / "out", env={**os.environ, "TESSERA_DATA": str(tmp_path)})
    assert done.returncode == FINE


# --- failures ------------------------------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_fails_the_run(preset, tmp_path):
    out = tmp_path / "out"
    done = tessera("run", preset, "--out", out, "--steps", 2000, "--set", "learn.rate=1", "--set",
                   "model.losses.z_loss=10", "--set", "model.depth=16")
    assert done.returncode == FAILED
    assert re.search(r"failed after step \d+: loss is (NaN|infinite) at step \d+\n", done.stderr), done.stderr
    assert rows(out)  # what was measured until then is there


def test_a_terminal_sees_one_line_that_is_cleared_at_the_end(preset, tmp_path):
    terminal, end = pty.openpty()
    process = subprocess.Popen([PROGRAM, "run", preset, "--steps", "600", "--out", tmp_path / "out"], stderr=end,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.close(end)
    seen = b""
    try:
        while chunk := os.read(terminal, 4096):
            seen += chunk
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    assert process.wait() == FINE
    assert b"/ 600" in seen and b"steps/s" in seen
    assert b"\n" not in seen and seen.endswith(b"\r\x1b[K")


def test_the_default_preset_trains_on_the_real_data(tmp_path):
    out = tmp_path / "out"
    done = tessera("run", DEFAULT, "--steps", 30, "--device", "cpu", "--out", out)
    assert done.returncode == FINE, done.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert summary["preset"] == DEFAULT and summary["final"]["accuracy/test"] > 0.2  # 0.1 by chance
    assert BAD_INPUT == tessera("run", DEFAULT, "--out", out).returncode
