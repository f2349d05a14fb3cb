"""Forks of recorded runs: the same figures as a run from the start with that schedule, and what is refused."""
import json
import shutil
import signal
import subprocess

import pytest

from program import (FINE, PROGRAM, everything_below, figures, make_data, refused, small_preset, tessera,
                     wait_until_under_way)

STEPS = 120


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("preset")
    file = small_preset(folder, make_data(folder / "data"), steps=STEPS)
    content = json.loads(file.read_text())
    content["schedule"] = [{"step": 10, "path": "model.router.temperature", "value": 0.2, "ramp": 60},
                           {"step": 80, "path": "learn.rate", "value": 0.002},
                           {"step": 90, "path": "model.router.temperature", "value": 0.7}]
    file.write_text(json.dumps(content))
    return file


@pytest.fixture(scope="module")
def parent(tmp_path_factory, preset):
    out = tmp_path_factory.mktemp("parent") / "run"
    assert tessera("run", preset, "--out", out, "--checkpoint-every", 25, "--quiet").returncode == FINE
    assert sorted(int(file.stem) for file in (out / "checkpoints").iterdir()) == [25, 50, 75, 100]
    return out


def with_schedule(preset, folder, change):
    """The run from step 0 that a fork with `change` must be."""
    content = json.loads(preset.read_text())
    kept = [other for other in content["schedule"] if other["step"] < change["step"] or other["path"] != change["path"]]
    content["schedule"] = [*kept, change]
    file = folder / "scheduled.json"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize("step", [1, 25, 40, 95, STEPS - 1])
def test_a_fork_is_the_run_with_that_schedule(preset, parent, tmp_path, step):
    """On checkpoints, between them, before the first, within a ramp and after it."""
    before = everything_below(parent)
    done = tessera("fork", parent, "--at", step, "--set", "model.router.temperature=0.4", "--out", tmp_path / "fork")
    assert done.returncode == FINE, done.stderr
    change = {"step": step, "path": "model.router.temperature", "value": 0.4}
    assert tessera("run", with_schedule(preset, tmp_path, change), "--out", tmp_path / "same").returncode == FINE
    assert figures(tmp_path / "fork") == figures(tmp_path / "same")
    finals = [json.loads((tmp_path / name / "summary.json").read_text())["final"] for name in ("fork", "same")]
    assert finals[0] == finals[1]
    assert everything_below(parent) == before
    assert tessera("replay", tmp_path / "fork").returncode == FINE


def test_at_step_zero_it_is_a_new_run_of_the_changed_preset(preset, parent, tmp_path):
    options = ["--set", "model.experts.count=3", "--set", "learn.rate=0.01"]
    assert tessera("fork", parent, "--at", 0, *options, "--out", tmp_path / "fork").returncode == FINE
    content = json.loads(preset.read_text())
    content["schedule"] = [change for change in content["schedule"] if change["path"] != "learn.rate"]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(content))
    assert tessera("run", changed, *options, "--out", tmp_path / "same").returncode == FINE
    assert figures(tmp_path / "fork") == figures(tmp_path / "same")


def test_a_finished_run_can_be_made_longer(preset, parent, tmp_path):
    assert tessera("fork", parent, "--at", STEPS, "--steps", STEPS + 30, "--out", tmp_path / "fork").returncode == FINE
    change = {"step": STEPS, "path": "run.steps", "value": STEPS + 30}
    assert tessera("run", with_schedule(preset, tmp_path, change), "--out", tmp_path / "same").returncode == FINE
    assert figures(tmp_path / "fork") == figures(tmp_path / "same")


def test_it_carries_its_parent_and_the_difference(parent, tmp_path):
    out = parent.parent / "fork"
    assert tessera("fork", parent, "--at", 30, "--set", "learn.rate=0.02", "--out", out, "--quiet").returncode == FINE
    origin = json.loads((out / "parent.json").read_text())
    assert origin["run"] == "../run" and origin["step"] == 30 and origin["seed"] == 1
    (change,) = origin["set"]
    assert change["path"] == "learn.rate" and change["to"] == 0.02
    assert change["from"] == json.loads((parent / "preset.json").read_text())["learn"]["rate"]
    told = tessera("compare", parent, out).stdout
    assert "../run at step 30: learn.rate" in told
    (_, fork) = json.loads(tessera("compare", "--json", parent, out).stdout)["runs"]
    assert fork["parent"] == origin


def test_a_parent_of_another_program_or_device_is_warned_of(parent, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(parent, run)
    summary = json.loads((run / "summary.json").read_text())
    description = json.loads((run / "description.json").read_text())

    def warned(name, commit, device):
        (run / "summary.json").write_text(json.dumps({**summary, "commit": commit}))
        (run / "description.json").write_text(json.dumps({**description, "device": device}))
        done = tessera("fork", run, "--at", 110, "--set", "learn.rate=0.02", "--out", tmp_path / name, "--quiet")
        assert done.returncode == FINE, done.stderr
        return done.stderr

    assert warned("same", summary["commit"], description["device"]) == ""
    assert warned("threads", summary["commit"], "cpu, 64 threads") == ""
    told = warned("other", "0123456789", "a GPU\x1b[2J")
    assert told.count("\n") == 1 and "0123456789" in told and summary["commit"] in told and "a GPU" in told
    assert "\x1b" not in told
    assert "commit" not in warned("device", summary["commit"], "a GPU")


def test_a_killed_fork_goes_on(preset, tmp_path):
    longer = ["--steps", "3000"]
    parent, out = tmp_path / "parent", tmp_path / "fork"
    assert tessera("run", preset, *longer, "--out", parent, "--checkpoint-every", 500, "--quiet").returncode == FINE
    options = ["fork", parent, "--at", "700", "--set", "learn.rate=0.0005", "--out"]
    assert tessera(*options, tmp_path / "whole").returncode == FINE
    process = subprocess.Popen([str(part) for part in (PROGRAM, *options, out, "--quiet")], stdin=subprocess.DEVNULL)
    copied = sum(1 for line in open(parent / "scalars.csv") if line[0].isdigit() and int(line.split(",")[0]) < 500)
    wait_until_under_way(process, out, rows=copied + 100)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "summary.json").exists()
    assert tessera("run", "--resume", out).returncode == FINE
    assert figures(out) == figures(tmp_path / "whole")


def test_a_run_that_is_still_going_can_be_forked(preset, tmp_path):
    parent = tmp_path / "parent"
    process = subprocess.Popen([str(part) for part in (PROGRAM, "run", preset, "--steps", 100_000, "--out", parent,
                                                       "--checkpoint-every", 20, "--quiet")], stdin=subprocess.DEVNULL)
    try:
        wait_until_under_way(process, parent, rows=1000)  # well behind step 30
        options = ["--at", "30", "--set", "learn.rate=0.01", "--steps", "60", "--out"]
        assert tessera("fork", parent, *options, tmp_path / "fork").returncode == FINE
    finally:
        process.kill()
        process.wait()
    assert tessera("replay", tmp_path / "fork").returncode == FINE


@pytest.mark.parametrize("options, said", [
    (["--at", "121", "--set", "learn.rate=0.1"], ["--at", "121", "0 to 120"]),
    (["--at", "-1", "--set", "learn.rate=0.1"], ["--at"]),
    (["--at", "120", "--set", "learn.rate=0.1"], ["run.steps"]),
    (["--at", "50", "--set", "model.experts.count=3"], ["model.experts.count", "rebuild", "step 0"]),
    (["--at", "50", "--set", "learn.rate=fast"], ["learn.rate", "fast"]),
    (["--at", "50", "--set", "learn.rat=1"], ["learn.rat", "learn.rate"]),
    (["--at", "50", "--set", "nothing"], ["--set", "nothing"]),
    (["--set", "learn.rate=0.1"], ["--at"]),
])
def test_what_can_not_be_forked(parent, tmp_path, options, said):
    before = everything_below(parent)
    lines = refused(tessera("fork", parent, *options, "--out", tmp_path / "fork"))
    assert any(all(word in line for word in said) for line in lines), lines
    assert everything_below(tmp_path) == [] and everything_below(parent) == before


def test_what_is_no_run(parent, tmp_path):
    assert any("nowhere" in line for line in refused(tessera("fork", tmp_path / "nowhere", "--at", 0)))
    assert any("run already" in line for line in refused(tessera("fork", parent, "--at", 0, "--out", parent)))


def test_a_damaged_checkpoint_is_passed_over(preset, tmp_path):
    parent = tmp_path / "parent"
    assert tessera("run", preset, "--out", parent, "--checkpoint-every", 25, "--quiet").returncode == FINE
    damaged = parent / "checkpoints/50.ckpt"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    options = ["--at", 60, "--set", "learn.rate=0.01", "--out"]
    done = tessera("fork", parent, *options, tmp_path / "fork")
    assert done.returncode == FINE and "50.ckpt" in done.stderr
    assert tessera("replay", tmp_path / "fork").returncode == FINE
