"""Replaying a recorded run: the same figures from preset and timeline, and what is said when they are not."""
import json
import signal
import subprocess

import pytest

from program import (FAILED, FINE, PROGRAM, everything_below, figures, make_data, refused, small_preset, tessera,
                     wait_until_under_way)


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """With a ramp and a change of a router, so that the timeline matters."""
    folder = tmp_path_factory.mktemp("preset")
    file = small_preset(folder, make_data(folder / "data"), steps=120)
    content = json.loads(file.read_text())
    content["schedule"] = [{"step": 10, "path": "model.router.temperature", "value": 0.2, "ramp": 60},
                           {"step": 40, "path": "model.router.score", "value": "sparsemax"}]
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def run(preset, tmp_path):
    out = tmp_path / "run"
    assert tessera("run", preset, "--out", out, "--quiet").returncode == FINE
    return out


def test_a_run_is_repeated_byte_for_byte(run, tmp_path):
    before = everything_below(run)
    done = tessera("replay", run)
    assert done.returncode == FINE and "the same, byte for byte" in done.stdout
    assert everything_below(run) == before
    kept = tmp_path / "kept"
    assert tessera("replay", run, "--out", kept, "--quiet").returncode == FINE
    assert figures(kept) == figures(run)


def test_what_was_changed_by_hand_is_repeated_from_the_timeline(run, tmp_path):
    """The preset without a schedule and the timeline with it: as the window records live changes."""
    resolved = json.loads((run / "preset.json").read_text())
    assert resolved.pop("schedule")
    (run / "preset.json").write_text(json.dumps(resolved))
    assert tessera("replay", run).returncode == FINE
    timeline = json.loads((run / "timeline.json").read_text())
    timeline[1]["value"] = "sigmoid"
    (run / "timeline.json").write_text(json.dumps(timeline))
    done = tessera("replay", run)
    assert done.returncode == FAILED and "scalars.csv: line" in done.stdout


def test_the_first_line_that_differs_is_shown(run):
    scalars = run / "scalars.csv"
    lines = scalars.read_text().splitlines()
    lines[20] += "1"
    scalars.write_text("\n".join(lines) + "\n")
    done = tessera("replay", run)
    assert done.returncode == FAILED
    assert f"line 21: {lines[20]}, replayed: {lines[20][:-1]}" in done.stdout


def test_a_line_too_few_or_too_many_is_a_difference(run):
    scalars = run / "scalars.csv"
    whole = scalars.read_text()
    scalars.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    assert "the replay has more lines" in tessera("replay", run).stdout
    scalars.write_text(whole + "999,loss/total,1\n")
    assert "the replay ends before line" in tessera("replay", run).stdout


def test_a_run_that_was_stopped_is_how_the_replay_begins(preset, tmp_path):
    out = tmp_path / "stopped"
    process = subprocess.Popen([PROGRAM, "run", preset, "--steps", "3000", "--out", out, "--quiet"],
                               stderr=subprocess.DEVNULL)
    wait_until_under_way(process, out)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = tessera("replay", out)
    assert done.returncode == FINE and "as far as the run had come" in done.stdout, done.stdout


def test_what_is_no_run_is_refused(run, tmp_path):
    assert any("preset.json" in line for line in refused(tessera("replay", tmp_path / "nowhere")))
    assert any("holds a run" in line or "empty" in line for line in refused(tessera("replay", run, "--out", run)))
    (run / "timeline.json").write_text("[{]")
    assert any("timeline.json" in line for line in refused(tessera("replay", run)))
