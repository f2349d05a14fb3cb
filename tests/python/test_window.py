"""The window and its pictures, from the command line: with a virtual display, and without any."""
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import zlib

import numpy as np
import pytest
from PIL import Image

from program import (BAD_INPUT, FAILED, FINE, PROGRAM, everything_below, figures, make_data, refused, small_preset,
                     tessera, wait_until_under_way, write_preset)

WITHOUT_DISPLAY = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data") / "small")


@pytest.fixture(scope="module")
def preset(tmp_path_factory, data):
    return small_preset(tmp_path_factory.mktemp("preset"), data)


@pytest.fixture
def home(tmp_path):
    """An environment without a display and with a home of its own."""
    folder = tmp_path / "home"
    folder.mkdir()
    return {**WITHOUT_DISPLAY, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}


def in_window(*arguments, env):
    """The program in a window on a virtual display."""
    command = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", PROGRAM, *arguments]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, env=env, timeout=300)


def started_as(process):
    """The command line of a folder in /proc, or nothing when the process is gone."""
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def png(file):
    """Width, height and the raw rows of a PNG, its checksums verified."""
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at:at + 8])
        body = content[at + 8:at + 8 + size]
        assert struct.unpack(">I", content[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + body)
        chunks[kind] = chunks.get(kind, b"") + body
        at += 12 + size
    assert list(chunks)[-1] == b"IEND"
    return *struct.unpack(">II", chunks[b"IHDR"][:8]), zlib.decompress(chunks[b"IDAT"])


def first_row(width, height, filtered):
    """The bytes of the topmost pixels, where the menu bar is. In the first row, filters (PNG 9.2) know the left only."""
    channels = len(filtered) // height // width
    kind, row = filtered[0], bytearray(filtered[1:1 + channels * width])
    for i in range(channels, len(row)):
        row[i] = (row[i] + {0: 0, 1: row[i - channels], 2: 0, 3: row[i - channels] // 2, 4: row[i - channels]}[kind]) % 256
    return bytes(row)


# --- the window ----------------------------------------------------------------------------------------------------


def test_without_a_display_the_other_commands_are_named(home):
    done = tessera(env=home)
    assert (done.returncode, done.stdout) == (BAD_INPUT, "")
    for word in ("display", "run", "shot", "presets"):
        assert word in done.stderr


def test_the_window_changes_no_figure(preset, tmp_path, home):
    done = in_window("--preset", preset, "--seed", 5, "--play", "--quit", "--out", tmp_path / "window", env=home)
    assert done.returncode == FINE, done.stderr
    assert tessera("run", preset, "--seed", 5, "--out", tmp_path / "headless").returncode == FINE
    names = sorted(path.name for path in (tmp_path / "headless").iterdir())
    assert sorted(path.name for path in (tmp_path / "window").iterdir()) == names
    for name in ("scalars.csv", "preset.json", "timeline.json"):
        assert (tmp_path / "window" / name).read_bytes() == (tmp_path / "headless" / name).read_bytes()
    for file in (tmp_path / "headless/matrices").iterdir():
        assert file.read_bytes() == (tmp_path / "window/matrices" / file.name).read_bytes()


def test_a_run_whose_window_was_killed_goes_on_without_it(preset, tmp_path, home):
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert tessera("run", preset, "--steps", 4000, "--out", whole, env=home).returncode == FINE
    command = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", PROGRAM, "--preset", preset, "--steps", "4000", "--play",
               "--out", out]
    display = subprocess.Popen([str(part) for part in command], env=home, stderr=subprocess.DEVNULL)
    wait_until_under_way(display, out)
    window = [int(process.name) for process in pathlib.Path("/proc").iterdir() if process.name.isdigit()
              and started_as(process).startswith(f"{PROGRAM}\0") and str(out) in started_as(process)]
    assert len(window) == 1
    os.kill(window[0], signal.SIGKILL)
    display.wait(60)
    assert not (out / "summary.json").exists()  # it was under way
    assert tessera("run", "--resume", out, env=home).returncode == FINE
    assert figures(out) == figures(whole)


def test_a_run_that_fails_in_the_window_is_told_by_the_exit_code(preset, home, tmp_path):
    done = in_window("--preset", preset, "--steps", 2000, "--set", "learn.rate=1", "--set", "model.losses.z_loss=10",
                     "--set", "model.depth=16", "--play", "--quit", "--out", tmp_path / "out", env=home)
    assert done.returncode == FAILED
    assert json.loads((tmp_path / "out/summary.json").read_text())["state"] == "failed"


def test_the_window_refuses_a_folder_with_a_run(preset, home, tmp_path):
    assert tessera("run", preset, "--steps", 1, "--out", tmp_path / "out").returncode == FINE
    (line,) = refused(tessera("--preset", preset, "--out", tmp_path / "out", env=home))
    assert "--out" in line and "run already" in line


# --- pictures ------------------------------------------------------------------------------------------------------


def test_a_picture_is_made_without_a_display_and_leaves_no_trace(preset, tmp_path, home):
    out = tmp_path / "shot.png"
    done = tessera("shot", preset, "--steps", 20, "--out", out, "--size", "1280x800", env=home)
    assert (done.returncode, done.stderr) == (FINE, "")
    width, height, pixels = png(out)
    assert (width, height) == (1280, 800)
    assert len(set(pixels)) > 50  # not one flat colour
    assert everything_below(tmp_path / "home") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "shot.png"]


def test_theme_layout_scale_and_steps_change_the_picture(preset, tmp_path, home):
    pictures = []
    for options in ([], ["--theme", "light"], ["--layout", "curves"], ["--scale", "1.5"]):
        out = tmp_path / f"{len(pictures)}.png"
        done = tessera("shot", preset, "--steps", 0, "--out", out, "--size", "800x600", *options, env=home)
        assert (done.returncode, done.stderr) == (FINE, "")
        pictures.append(png(out))
    assert all(picture[:2] == (800, 600) for picture in pictures)
    assert len({picture[2] for picture in pictures}) == 4
    dark, light = (sum(row) for row in (first_row(*picture) for picture in pictures[:2]))
    assert light > 2 * dark


def test_a_panel_at_four_times_its_size_has_four_times_the_detail(preset, tmp_path, home):
    pictures = []
    for scale in (1, 4):
        out = tmp_path / f"{scale}.png"
        done = tessera("shot", preset, "--steps", 20, "--out", out, "--size", "640x400", "--layout", "curves",
                       "--scale", scale, env=home)
        assert (done.returncode, done.stderr) == (FINE, "")
        pictures.append(np.asarray(Image.open(out).convert("L"), dtype=float))
    small, large = pictures
    assert (small.shape, large.shape) == ((400, 640), (1600, 2560))
    blocks = large.reshape(400, 4, 640, 4).transpose(0, 2, 1, 3).reshape(400, 640, 16)
    assert abs(blocks.mean(axis=2) - small).mean() < 3  # of 255: the same things at the same places
    # No pixels blown up: edges lie within what was one, and are as sharp as can be.
    neighbours = abs(np.diff(large, axis=1))
    assert (np.delete(neighbours, np.s_[3::4], axis=1) > 90).sum() > 1000


def test_more_steps_than_the_preset_has_are_trained(preset, tmp_path, home):
    for steps in (40, 60):  # the preset has 40
        done = tessera("shot", preset, "--steps", steps, "--out", tmp_path / f"{steps}.png", env=home)
        assert done.returncode == FINE
    assert png(tmp_path / "40.png")[2] != png(tmp_path / "60.png")[2]


@pytest.mark.parametrize("options, said", [
    (["--steps", "-1"], ["--steps", "-1", "0 to 10000000"]),
    (["--steps", "many"], ["--steps", "many"]),
    (["--size", "12"], ["--size", "12"]),
    (["--size", "800x600x3"], ["--size", "800x600x3"]),
    (["--size", "99999x600"], ["--size", "99999x600", "7680"]),
    (["--scale", "0"], ["--scale", "0.75 to 2.5"]),
    (["--scale", "8"], ["--scale", "0.75 to 2.5"]),
    (["--scale", "9", "--layout", "curves"], ["--scale", "0.75 to 8"]),
    (["--scale", "8", "--layout", "curves", "--size", "4000x600"], ["--scale", "32,000 x 4,800", "16,384"]),
    (["--theme", "pink"], ["--theme", "pink", "light"]),
    (["--layout", "nothing"], ["--layout", "nothing", "curves"]),
    (["--out", "nowhere/x.png"], ["--out", "nowhere/x.png"]),
    (["--out", "folder"], ["folder"]),
    (["--out", "/proc/x.png", "--steps", "1000000"], ["/proc/x.png"]),
    (["--set", "learn.rate=9"], ["learn.rate", "9"]),
    (["--set", "task.data.path=nowhere"], ["task.data.path", "nowhere"]),
])
def test_a_bad_request_is_told_and_nothing_is_written(preset, tmp_path, home, options, said):
    work = tmp_path / "work"
    (work / "folder").mkdir(parents=True)
    arguments = {"--steps": "1", "--out": "x.png", **dict(zip(options[::2], options[1::2]))}
    before = everything_below(work)
    lines = refused(tessera("shot", preset, *[part for pair in arguments.items() for part in pair], cwd=work, env=home))
    assert any(all(word in line for word in said) for line in lines), lines
    assert everything_below(work) == before


def test_a_display_that_is_gone_is_replaced_by_a_virtual_one(preset, tmp_path, home):
    out = tmp_path / "x.png"
    done = tessera("shot", preset, "--steps", 2, "--size", "640x480", "--out", out, env={**home, "DISPLAY": ":7654"})
    assert done.returncode == FINE, done.stderr
    assert png(out)[:2] == (640, 480)


def test_a_picture_of_nothing(tmp_path, home):
    bad = write_preset(tmp_path, {"run": {"steps": "x"}})
    assert "run.steps" in refused(tessera("shot", bad, "--steps", 1, "--out", tmp_path / "x.png", env=home))[0]
    assert not (tmp_path / "x.png").exists()


def test_without_a_virtual_display_the_package_is_named(preset, tmp_path, home):
    """Everything on PATH but Xvfb."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to(shutil.which("sh"))
    (line,) = refused(tessera("shot", preset, "--steps", 1, "--out", tmp_path / "x.png",
                              env={**home, "PATH": str(folder)}))
    assert "xvfb" in line
    assert not (tmp_path / "x.png").exists()
