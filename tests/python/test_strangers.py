"""Presets, runs and checkpoints from strangers: they run no code, write nowhere but in their folder, and always end."""
import json
import os
import pickle
import shutil
import signal
import subprocess

import pytest

from program import (BAD_INPUT, FINE, INTERRUPTED, PROGRAM, everything_below, make_data, refused, small_preset, tessera,
                     wait_until_under_way)



@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An interrupted run and its preset."""
    folder = tmp_path_factory.mktemp("made")
    preset = small_preset(folder, make_data(folder / "data"), steps=100000)
    out = folder / "run"
    process = subprocess.Popen([PROGRAM, "run", preset, "--out", out, "--quiet"])
    wait_until_under_way(process, out)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == INTERRUPTED
    return folder


@pytest.fixture
def run(made, tmp_path):
    shutil.copytree(made / "run", tmp_path / "run")
    return tmp_path / "run"


def newest_checkpoint(run):
    files = [path for path in run.rglob("*") if path.is_file() and path.read_bytes()[:8] == b"TESSCKPT"]
    assert files
    return max(files, key=lambda path: path.name)


@pytest.mark.parametrize("name", ["scalars.csv", "timing.csv", "timeline.json", "summary.json", "preset.json"])
def test_a_file_that_is_a_link_out_of_the_folder(name, run, tmp_path):
    outside = tmp_path / "outside"
    shutil.move(run / name, outside)
    (run / name).symlink_to(outside)
    before = outside.read_bytes()
    lines = refused(tessera("run", "--resume", run))
    assert any(name in line and "link" in line for line in lines), lines
    assert outside.read_bytes() == before


def test_a_folder_that_is_a_link_out_of_the_run(run, tmp_path):
    outside = tmp_path / "outside"
    shutil.move(run / "matrices", outside)
    (run / "matrices").symlink_to(outside)
    before = everything_below(outside)
    assert any("matrices" in line for line in refused(tessera("run", "--resume", run)))
    assert everything_below(outside) == before


def test_a_link_to_what_is_not_there_yet(run, tmp_path):
    for target in ("later", "deep/er"):
        (run / "checkpoints").mkdir(exist_ok=True)
        (run / "checkpoints" / "x").symlink_to(tmp_path / target)
        refused(tessera("run", "--resume", run))
        assert not (tmp_path / target).exists()
        (run / "checkpoints" / "x").unlink()


@pytest.mark.parametrize("name", ["preset.json", "timeline.json", "summary.json", "scalars.csv", "description.json",
                                  "parent.json", "matrices/*"])
@pytest.mark.parametrize("what", ["endless", "pipe"])
def test_reading_always_ends(name, what, run, tmp_path):
    file = sorted(run.glob(name))[0] if name.startswith("matrices") else run / name
    file.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero")
    commands = [["compare", run], ["run", "--resume", run], ["export", run, "--csv", tmp_path / "csv"],
                ["fork", run, "--at", "5", "--steps", "8", "--out", tmp_path / "fork"]]
    if name not in ("summary.json", "description.json", "parent.json"):  # which it doesn't read before it trains
        commands.append(["replay", run])
    for command in commands:
        done = tessera(*command, timeout=60)
        assert done.returncode in (FINE, BAD_INPUT), (command, done.stderr)


@pytest.mark.parametrize("name", ["scalars.csv", "matrices/*", "matrices/x.ndjson"])
@pytest.mark.parametrize("what", ["endless", "pipe", "one line", "folder"])
def test_a_fork_takes_over_files_only(name, what, run, tmp_path):
    """From a checkpoint on, the parent's figures are copied."""
    step = newest_checkpoint(run).stem
    file = sorted(run.glob(name))[0] if "*" in name else run / name
    file.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(file)
    elif what == "endless":
        file.symlink_to("/dev/zero")
    elif what == "folder":
        file.mkdir()
    else:
        with open(file, "wb") as made:  # a hole takes no space
            made.truncate(1 << 40)
    command = ["fork", run, "--at", step, "--steps", int(step) + 3, "--out", tmp_path / "fork"]
    lines = refused(tessera(*command, timeout=60))
    assert any(str(file.name) in line for line in lines), lines
    assert not (tmp_path / "fork").exists()


def test_a_pickle_is_no_checkpoint(run, tmp_path):
    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)
    newest_checkpoint(run).write_bytes(pickle.dumps(Payload()))
    for path in run.rglob("*"):  # and no older one to fall back to
        if path.is_file() and path.read_bytes()[:8] == b"TESSCKPT":
            path.write_bytes(pickle.dumps(Payload()))
    refused(tessera("run", "--resume", run))
    assert not (tmp_path / "owned").exists()


def test_a_recorded_name_that_climbs(run, tmp_path):
    preset = json.loads((run / "preset.json").read_text())
    preset["name"] = "../../climbed"
    preset["run"]["steps"] = 3
    shutil.rmtree(run)
    place = tmp_path / "a" / "b" / "c"
    place.mkdir(parents=True)
    (place / "preset.json").write_text(json.dumps(preset))
    before = {path for path in tmp_path.rglob("*")}
    assert tessera("run", place / "preset.json", "--quiet", cwd=place).returncode == FINE
    made = {path for path in tmp_path.rglob("*")} - before
    assert made and all(place / "runs" in path.parents or path == place / "runs" for path in made)


def test_verify_writes_below_out_alone(made, tmp_path):
    preset = json.loads((made / "small.json").read_text())
    preset["run"]["steps"] = 3
    preset["name"] = "../../../climbed"
    preset["variants"] = [{"name": "k1", "set": {"model.router.k": 1}}]
    preset["claims"] = [{"text": "../../climbed", "source": "/etc/passwd", "metric": "loss/total", "of": "k1", "is": "<",
                         "value": 1e9}]
    place = tmp_path / "presets" / "..x" / "$(touch owned)"
    place.mkdir(parents=True)
    (place / "-rf ;&.json").write_text(json.dumps(preset))
    before = {path for path in tmp_path.rglob("*")}
    done = tessera("verify", place / "-rf ;&.json", "--seeds", "2", "--out", tmp_path / "out", "--quiet", cwd=place)
    assert done.returncode == FINE, done.stderr
    assert all(tmp_path / "out" in path.parents or path == tmp_path / "out"
               for path in {path for path in tmp_path.rglob("*")} - before)


@pytest.mark.parametrize("name", ["..", "../x", "/tmp/x", "a/b", ".hidden", "-rf", "$(id)", "a;b", "x\u0000y", "con.", ""])
def test_names_of_variants_that_lead_elsewhere(name, made, tmp_path):
    preset = json.loads((made / "small.json").read_text())
    preset["variants"] = [{"name": name, "set": {"model.router.k": 1}}]
    preset["claims"] = [{"text": "t", "metric": "loss/total", "of": name, "is": "<", "value": 1}]
    file = tmp_path / "p.json"
    file.write_text(json.dumps(preset))
    before = everything_below(tmp_path)
    assert any("variants[0].name" in line for line in refused(tessera("verify", file, "--out", tmp_path / "out")))
    assert everything_below(tmp_path) == before
