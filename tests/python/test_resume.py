"""Interrupted runs: what is left of them is whole, and resuming ends as if nothing had happened."""
import json
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

from program import (FAILED, FINE, INTERRUPTED, PROGRAM, everything_below, figures, make_data, refused, small_preset,
                     tessera, wait_until_under_way)

STEPS = 4000


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """Long enough to be interrupted. The temperature is moved by the schedule, so that ramps are resumed too."""
    folder = tmp_path_factory.mktemp("preset")
    file = small_preset(folder, make_data(folder / "data"), steps=STEPS)
    content = json.loads(file.read_text())
    content["measure"]["scalars_every"] = 5
    content["schedule"] = [{"step": 10, "path": "model.router.temperature", "value": 0.2, "ramp": STEPS - 50},
                           {"step": STEPS - 100, "path": "learn.rate", "value": 0.0001}]
    file.write_text(json.dumps(content))
    return file


@pytest.fixture(scope="module")
def whole(tmp_path_factory, preset):
    out = tmp_path_factory.mktemp("whole") / "out"
    assert tessera("run", preset, "--out", out).returncode == FINE
    return out


def interrupted(preset, out, number, *options, rows=100):
    """A run that was sent a signal once it had begun to write figures. Returns its exit code and standard error."""
    process = subprocess.Popen([PROGRAM, "run", preset, "--out", out, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, text=True)
    wait_until_under_way(process, out, rows)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def same_figures(out, whole):
    assert len(figures(whole)) > 1  # matrices, too
    assert figures(out) == figures(whole)
    ours, theirs = (json.loads((folder / "summary.json").read_text()) for folder in (out, whole))
    for key in ("preset", "seed", "steps", "device", "final"):
        assert ours[key] == theirs[key]
    assert json.loads((out / "preset.json").read_text()) == json.loads((whole / "preset.json").read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_an_interrupted_run_is_whole_and_goes_on(preset, whole, tmp_path, number):
    out = tmp_path / "out"
    code, errors = interrupted(preset, out, number)
    assert code == INTERRUPTED
    assert f"--resume {out}" in errors

    text = (out / "scalars.csv").read_text()
    assert text.endswith("\n") and whole.joinpath("scalars.csv").read_text().startswith(text)
    summary = json.loads((out / "summary.json").read_text())
    assert 0 < summary["steps"] < STEPS
    last = {}
    for line in text.splitlines()[1:]:
        step, name, value = line.split(",")
        last[name] = float(value)
    assert summary["final"] == last

    assert tessera("run", "--resume", out).returncode == FINE
    same_figures(out, whole)


def test_interrupted_while_an_encoder_is_trained(tmp_path):
    """That is a part of building: nothing has begun, and nothing is left."""
    out = tmp_path / "out"
    process = subprocess.Popen([PROGRAM, "run", "mosaic/split-fashion", "--set", "task.encoder.data.name=fashion-mnist",
                                "--set", "task.encoder.steps=100000", "--set", "learn.continual.encoder=frozen", "--out", out],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                               env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    try:
        caught = 0
        while not caught & 1 << signal.SIGINT - 1:  # until it minds the signal
            assert process.poll() is None
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            caught = int(status.split("SigCgt:")[1].split()[0], 16)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == INTERRUPTED
    assert errors == "interrupted while the experiment was built\n"
    assert not out.exists()
    assert not (tmp_path / "cache").exists()


def test_twice_interrupted(preset, whole, tmp_path):
    out = tmp_path / "out"
    assert interrupted(preset, out, signal.SIGINT)[0] == INTERRUPTED
    process = subprocess.Popen([PROGRAM, "run", "--resume", out, "--quiet"], stdin=subprocess.DEVNULL)
    time.sleep(1.2)  # whenever it comes, the outcome must be the same
    process.send_signal(signal.SIGINT)
    # Before the program listens the signal ends it as any other; the folder must be as resumable as it was.
    assert process.wait(60) in (INTERRUPTED, FINE, -signal.SIGINT)
    assert tessera("run", "--resume", out).returncode == FINE
    same_figures(out, whole)


def test_a_killed_run_is_resumed_from_what_there_is(preset, whole, tmp_path):
    out = tmp_path / "out"
    assert interrupted(preset, out, signal.SIGKILL)[0] == -signal.SIGKILL
    with open(out / "scalars.csv", "r+") as file:  # the last row is cut, as a power cut leaves it
        file.truncate(os.path.getsize(file.name) - 7)
    assert tessera("run", "--resume", out).returncode == FINE
    same_figures(out, whole)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_random_moments(preset, whole, tmp_path, seed):
    """Up to three times, by then each time under way; what a checkpoint had is not done again."""
    out, draw = tmp_path / "out", random.Random(seed)
    command = [PROGRAM, "run", preset, "--out", out]
    for rows in (draw.randrange(low, low + 1500) for low in (500, 3000, 5500)):
        process = subprocess.Popen([*command, "--checkpoint-every", "150", "--quiet"], stdin=subprocess.DEVNULL)
        wait_until_under_way(process, out, rows)
        time.sleep(draw.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
        assert not (out / "summary.json").exists()
        command = [PROGRAM, "run", "--resume", out]
    newest = max(int(file.stem) for file in (out / "checkpoints").glob("*.ckpt"))
    last_step = int((out / "scalars.csv").read_text().rstrip("\n").split("\n")[-2].split(",")[0])
    assert last_step - newest <= 150 + 5
    assert tessera("run", "--resume", out).returncode == FINE
    same_figures(out, whole)
    assert not list(out.rglob("*.tmp")) and not list(out.rglob(".*"))


def test_a_finished_run_is_left_alone(whole):
    before = everything_below(whole)
    assert tessera("run", "--resume", whole).returncode == FINE
    assert everything_below(whole) == before


def test_what_can_not_be_resumed(preset, whole, tmp_path):
    (line,) = refused(tessera("run", "--resume", tmp_path / "nowhere"))
    assert "nowhere" in line
    (line,) = refused(tessera("run", "--resume", tmp_path))
    assert "holds no run" in line
    for options in (["--seed", "1"], ["--steps", "9"], ["--set", "learn.rate=0.1"], ["--out", "x"], [preset]):
        assert "--resume" in refused(tessera("run", "--resume", whole, *options))[0]


def test_a_run_that_is_still_going_is_left_alone(preset, whole, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen([PROGRAM, "run", preset, "--out", out, "--quiet"], stdin=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while not (out / "preset.json").exists():
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)  # so that it isn't over too soon
        (line,) = refused(tessera("run", "--resume", out))
        assert "another run" in line
        assert "run already" in refused(tessera("run", preset, "--out", out))[0]
        process.send_signal(signal.SIGCONT)
        assert process.wait(120) == FINE
    finally:
        process.kill()
    same_figures(out, whole)


def test_a_damaged_checkpoint_is_refused_and_nothing_lost(preset, tmp_path):
    out = tmp_path / "out"
    assert interrupted(preset, out, signal.SIGINT)[0] == INTERRUPTED
    (checkpoint,) = out.glob("checkpoints/*")
    content = bytearray(checkpoint.read_bytes())
    content[len(content) // 2] ^= 1
    checkpoint.write_bytes(content)
    before = everything_below(out)
    assert any(checkpoint.name in line for line in refused(tessera("run", "--resume", out)))
    assert everything_below(out) == before


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(preset, whole, tmp_path):
    out = tmp_path / "out"
    assert interrupted(preset, out, signal.SIGINT, "--checkpoint-every", "20", rows=1000)[0] == INTERRUPTED
    newest = max((out / "checkpoints").iterdir(), key=lambda file: int(file.stem))
    assert len(list((out / "checkpoints").iterdir())) > 1
    newest.write_bytes(newest.read_bytes()[:-1])
    done = tessera("run", "--resume", out)
    assert done.returncode == FINE
    assert f"{newest}: it is truncated; passed over" in done.stderr
    same_figures(out, whole)


def test_a_damaged_preset_is_refused(preset, tmp_path):
    out = tmp_path / "out"
    assert interrupted(preset, out, signal.SIGINT)[0] == INTERRUPTED
    resolved = json.loads((out / "preset.json").read_text())
    resolved["learn"]["rate"] = "fast"
    (out / "preset.json").write_text(json.dumps(resolved))
    assert any("learn.rate" in line for line in refused(tessera("run", "--resume", out)))


def test_a_failure_names_the_way_on(preset, tmp_path):
    out = tmp_path / "out"
    done = tessera("run", preset, "--out", out, "--set", "learn.rate=1", "--set", "model.losses.z_loss=10", "--set",
                   "model.depth=16")
    assert done.returncode == FAILED
    assert f"./lab run --resume {out}" in done.stderr
