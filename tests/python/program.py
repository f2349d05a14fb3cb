"""Calling the program, and data sets and presets for it that are made on the spot."""
import ctypes
import gzip
import json
import os
import pathlib
import random
import resource
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TESSERA_BINARY", ROOT / "build/bin/tessera"))
PRESETS = ROOT / "presets"
DEFAULT = "specialize/first-light"

FINE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def tessera(*arguments, timeout=300, **options):
    """Runs the program and returns what subprocess.run does, with its output as text."""
    return subprocess.run([str(part) for part in (PROGRAM, *arguments)], capture_output=True, text=True,
                          timeout=timeout, stdin=subprocess.DEVNULL, **options)


def refused(done):
    """The lines on standard error of a call that was refused as bad input, with nothing on standard output."""
    assert done.returncode == BAD_INPUT, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    lines = done.stderr.strip().split("\n")
    assert lines != [""]
    return lines


def wait_until_under_way(process, out, rows=100):
    """Until a run has written so many rows of figures in its folder; it must not end before."""
    scalars, until = out / "scalars.csv", time.monotonic() + 120
    while not scalars.exists() or scalars.read_bytes().count(b"\n") <= rows:
        assert process.poll() is None and time.monotonic() < until, (process.returncode, out)
        time.sleep(0.002)


def figures(run):
    """What a run's folder has that must be the same when it is repeated: file -> bytes."""
    return {str(file.relative_to(run)): file.read_bytes()
            for file in [run / "scalars.csv", *sorted((run / "matrices").iterdir())]}


def write_preset(folder, content, name="preset.json"):
    """A preset's file; `content` is text, bytes or what json.dumps takes."""
    file = folder / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def idx(shape, values):
    """The bytes of an IDX file of unsigned bytes."""
    header = bytes([0, 0, 8, len(shape)]) + b"".join(extent.to_bytes(4, "big") for extent in shape)
    return header + bytes(values)


def make_data(folder, train=400, test=100, side=8, seed=0):
    """A small data set in the layout of MNIST: each class has a bright row or column of its own under noise."""
    draw = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, samples in (("train", train), ("t10k", test)):
        labels = [draw.randrange(10) for _ in range(samples)]
        pixels = []
        for label in labels:
            for row in range(side):
                for column in range(side):
                    bright = row == label if label < side else column == label - side
                    pixels.append(draw.randrange(150, 256) if bright else draw.randrange(100))
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(idx((samples, side, side), pixels))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx((samples,), labels)))
    return folder


def small_preset(folder, data, **run):
    """A preset that trains in a moment: a small model on a small data set, everything measured often."""
    return write_preset(folder, {
        "schema": 1,
        "title": "small",
        "run": {"steps": 40, "device": "cpu", "threads": 1, **run},
        "task": {"data": {"path": str(data)}, "batch_size": 16},
        "model": {"width": 8, "depth": 2, "experts": {"count": 4, "hidden": 8}},
        "measure": {"scalars_every": 1, "matrices_every": 10, "test_every": 10, "conflict_every": 10,
                    "conflict_samples": 2},
    }, "small.json")


def make_texts(folder, size=6000, seed=0):
    """Texts in two languages: words of their own, in letters that they share."""
    draw = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for language, words in (("first", ["stone", "water", "Tree"]), ("second", ["pietra", "acqua", "Albero"])):
        (folder / f"{language}.txt").write_text(" ".join(draw.choice(words) for _ in range(size // 5))[:size])
    return folder


def language_preset(folder, texts, **run):
    """As small_preset, of texts."""
    return write_preset(folder, {
        "schema": 1,
        "title": "small",
        "run": {"steps": 40, "device": "cpu", "threads": 1, **run},
        "task": {"kind": "language", "batch_size": 8, "text": {"path": str(texts), "sequence_length": 16}},
        "model": {"width": 16, "depth": 2, "norm": "layer_norm", "attention": {"heads": 2},
                  "experts": {"count": 4, "hidden": 8}},
        "learn": {"rate": 0.01},
        "measure": {"scalars_every": 1, "matrices_every": 10, "test_every": 10, "conflict_every": 10,
                    "conflict_samples": 2},
    }, "language.json")


def everything_below(folder):
    """Every path below a folder with its size and time, to see that nothing was written."""
    return sorted((str(path), path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*"))


def obeying_permissions():
    """Root may write everywhere; without this capability it may not."""
    if os.geteuid() == 0:
        pr_capbset_drop, cap_dac_override = 24, 1
        if ctypes.CDLL(None, use_errno=True).prctl(pr_capbset_drop, cap_dac_override, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def limited(size):
    """No file may grow over `size` bytes: what a full disk is like."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def without_home():
    """The environment with nothing that says where a person's files lie."""
    return {name: value for name, value in os.environ.items() if name not in ("TESSERA_DATA", "XDG_DATA_HOME", "HOME")}
