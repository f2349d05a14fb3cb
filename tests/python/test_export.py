"""Exports of a recorded run, read by the programs that they are for, against the run's own files."""
import csv
import json
import os
import shutil
import struct
import subprocess
import xml.etree.ElementTree
import zipfile
import zlib

import numpy as np
import pytest

from program import FINE, PROGRAM, make_data, refused, small_preset, tessera, wait_until_under_way

FORMATS = ["csv", "npz", "tensorboard", "svg", "pdf"]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    preset = small_preset(folder, make_data(folder / "data"), steps=60)
    content = json.loads(preset.read_text())
    content["schedule"] = [{"step": 20, "path": "model.router.temperature", "value": 0.5}]
    preset.write_text(json.dumps(content))
    assert tessera("run", preset, "--out", folder / "run", "--quiet").returncode == FINE
    return folder / "run"


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """All formats at once; the folders by format."""
    out = tmp_path_factory.mktemp("exported")
    done = tessera("export", run, *(word for name in FORMATS for word in (f"--{name}", out / name)))
    assert done.returncode == FINE, done.stderr
    return {name: out / name for name in FORMATS}


def scalars(file):
    """name -> list of (step, value), in the order in which the metrics are declared."""
    found = {}
    with open(file, newline="") as rows:
        for row in csv.DictReader(rows):
            found.setdefault(row["name"], []).append((int(row["step"]), float(row["value"])))
    assert found
    declared = [metric["name"] for metric in json.loads((file.parent / "description.json").read_text())["metrics"]]
    assert set(found) <= set(declared)
    return {name: found[name] for name in declared if name in found}


def matrices(run):
    """name -> (header, list of (step, array)), from the run's own files."""
    found = {}
    for file in (run / "matrices").iterdir():
        head, *lines = [json.loads(line) for line in file.read_text().splitlines()]
        frames = [(line["step"], np.array(line["values"], dtype=np.float32)) for line in lines]
        found[head["metric"]] = head, frames
    assert found
    return found


def test_csv_is_what_was_recorded(run, exported):
    assert (exported["csv"] / "scalars.csv").read_bytes() == (run / "scalars.csv").read_bytes()
    recorded = scalars(run / "scalars.csv")
    with open(exported["csv"] / "table.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == ["step", *recorded]
    for name, points in recorded.items():
        assert [(int(row["step"]), float(row[name])) for row in table if row[name] != ""] == points
    with open(exported["csv"] / "changes.csv", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"step": "20", "parameter": "model.router.temperature", "value": "0.5", "ramp": "0"}]


def test_csv_of_matrices(run, exported):
    recorded = matrices(run)
    assert {file.name for file in (exported["csv"] / "matrices").iterdir()} == {
        name.replace("/", "-") + ".csv" for name in recorded}
    for name, (head, frames) in recorded.items():
        with open(exported["csv"] / "matrices" / (name.replace("/", "-") + ".csv"), newline="") as file:
            header, *rows = csv.reader(file)
        row_axis, column_axis = head["axes"]
        assert header == ["step", row_axis["title"], *column_axis["labels"]]
        expected = [(step, label, values) for step, frame in frames
                    for label, values in zip(row_axis["labels"], frame)]
        assert len(rows) == len(expected)
        for row, (step, label, values) in zip(rows, expected):
            assert (int(row[0]), row[1]) == (step, label)
            read = np.array([float(cell) if cell else np.nan for cell in row[2:]], dtype=np.float32)
            np.testing.assert_array_equal(read, values)


def test_npz_is_read_by_numpy_without_pickle(run, exported):
    recorded, frames_of = scalars(run / "scalars.csv"), matrices(run)
    with np.load(exported["npz"] / "figures.npz", allow_pickle=False) as arrays:
        assert list(arrays["scalars"]) == list(recorded)
        assert set(arrays["matrices"]) == set(frames_of)
        for name, points in recorded.items():
            assert arrays[f"{name}/steps"].dtype == np.int64 and arrays[f"{name}/values"].dtype == np.float64
            np.testing.assert_array_equal(arrays[f"{name}/steps"], [step for step, _ in points])
            np.testing.assert_array_equal(arrays[f"{name}/values"], [value for _, value in points])
        for name, (head, frames) in frames_of.items():
            assert arrays[f"{name}/values"].dtype == np.float32 and arrays[f"{name}/values"].ndim == 3
            np.testing.assert_array_equal(arrays[f"{name}/steps"], [step for step, _ in frames])
            np.testing.assert_array_equal(arrays[f"{name}/values"], np.stack([frame for _, frame in frames]))
            for place, axis in enumerate(("rows", "columns")):
                assert list(arrays[f"{name}/{axis}"]) == head["axes"][place]["labels"]
            assert list(arrays[f"{name}/axes"]) == [axis["title"] for axis in head["axes"]]
        assert json.loads(str(arrays["preset"])) == json.loads((run / "preset.json").read_text())
        assert list(arrays["changes/parameters"]) == ["model.router.temperature"]
        assert list(arrays["changes/steps"]) == [20] and list(arrays["changes/values"]) == ["0.5"]


def test_npz_is_a_sound_archive_without_the_clock(exported):
    with zipfile.ZipFile(exported["npz"] / "figures.npz") as archive:
        assert archive.testzip() is None
        assert len({entry.date_time for entry in archive.infolist()}) == 1
        assert len(set(archive.namelist())) == len(archive.namelist())


@pytest.fixture(scope="module")
def events(exported):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    everything = {"scalars": 0, "images": 0, "tensors": 0}  # 0: keep all
    reader = EventAccumulator(str(exported["tensorboard"]), size_guidance=everything)
    reader.Reload()
    return reader


def test_tensorboard_reads_every_scalar(run, events):
    recorded = scalars(run / "scalars.csv")
    assert set(events.Tags()["scalars"]) == set(recorded)
    for name, points in recorded.items():
        read = events.Scalars(name)
        assert [event.step for event in read] == [step for step, _ in points]
        np.testing.assert_array_equal([event.value for event in read], np.float32([value for _, value in points]))


def test_tensorboard_shows_heatmaps_and_the_preset(run, events):
    recorded = matrices(run)
    assert set(events.Tags()["images"]) == set(recorded)
    for name, (_, frames) in recorded.items():
        read = events.Images(name)
        steps = [step for step, _ in frames]
        assert len(read) == min(16, len(steps))
        assert read[0].step == steps[0] and read[-1].step == steps[-1]
        assert {event.step for event in read} <= set(steps)
        for event in read:
            assert (event.width, event.height) == png_size(event.encoded_image_string)
    (text,) = events.Tensors("preset")
    shown = text.tensor_proto.string_val[0].decode()
    assert json.loads(shown) == json.loads((run / "preset.json").read_text())
    assert events.SummaryMetadata("preset").plugin_data.plugin_name == "text"
    assert b"model.router.temperature" in events.Tensors("changes")[0].tensor_proto.string_val[0]


def png_size(content):
    """Width and height, after every chunk's check sum was found right."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    at = 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at:at + 4])
        assert zlib.crc32(content[at + 4:at + 8 + length]) == struct.unpack(
            ">I", content[at + 8 + length:at + 12 + length])[0]
        at += 12 + length
    return struct.unpack(">II", content[16:24])


def svg_texts(file):
    root = xml.etree.ElementTree.parse(file).getroot()
    assert root.tag == SVG + "svg" and float(root.get("width").removesuffix("pt")) > 100
    return [element.text for element in root.iter(SVG + "text")]


def test_svg_names_axes_layers_and_changes(run, exported):
    texts = svg_texts(exported["svg"] / "curves/alpha_entropy.svg")
    assert {"alpha entropy", "alpha entropy, nats", "step", "layer", "0", "1"} <= set(texts)
    assert any(text.startswith("1  step 20: temperature") and text.endswith(" 0.5") for text in texts)
    families = {name.split("/")[0] for name in scalars(run / "scalars.csv")}
    assert {file.stem for file in (exported["svg"] / "curves").iterdir()} == families
    for name, (head, frames) in matrices(run).items():
        texts = svg_texts(exported["svg"] / "heatmaps" / (name.replace("/", "-") + ".svg"))
        assert head["axes"][0]["title"] in texts and f"step {frames[-1][0]}" in texts


def test_pdf_has_the_same_figures_a_page_each(exported):
    names = {kind: sorted(str(file.relative_to(exported[kind]).with_suffix(""))
                          for file in exported[kind].rglob("*." + kind)) for kind in ("svg", "pdf")}
    assert names["pdf"] == names["svg"] and names["pdf"]
    for file in exported["pdf"].rglob("*.pdf"):
        content = file.read_bytes()
        assert content.startswith(b"%PDF-1.") and content.rstrip().endswith(b"%%EOF")
        assert content.count(b"/Type /Page") - content.count(b"/Type /Pages") == 1


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="no pdftotext")
def test_text_of_a_pdf_can_be_searched(exported):
    text = subprocess.run(["pdftotext", exported["pdf"] / "curves/loss.pdf", "-"], capture_output=True, text=True,
                          check=True).stdout
    assert "loss, nats" in text and "step" in text


def test_the_same_run_gives_the_same_bytes(run, exported, tmp_path):
    for name in FORMATS:
        assert tessera("export", run, f"--{name}", tmp_path / name).returncode == FINE
        files = sorted(file.relative_to(tmp_path / name) for file in (tmp_path / name).rglob("*") if file.is_file())
        assert files == sorted(f.relative_to(exported[name]) for f in exported[name].rglob("*") if f.is_file())
        for file in files:
            assert (tmp_path / name / file).read_bytes() == (exported[name] / file).read_bytes(), file


def test_files_are_not_replaced_unless_asked(run, tmp_path):
    (tmp_path / "scalars.csv").write_text("mine")
    lines = refused(tessera("export", run, "--csv", tmp_path, "--npz", tmp_path / "run.npz"))
    assert "scalars.csv" in lines[0] and "--force" in lines[0]
    assert [file.name for file in tmp_path.iterdir()] == ["scalars.csv"]
    assert (tmp_path / "scalars.csv").read_text() == "mine"
    assert tessera("export", run, "--csv", tmp_path, "--npz", tmp_path / "run.npz", "--force").returncode == FINE
    assert (tmp_path / "scalars.csv").read_bytes() == (run / "scalars.csv").read_bytes()
    assert zipfile.is_zipfile(tmp_path / "run.npz")


def test_the_runs_own_files_are_never_replaced(run):
    before = (run / "scalars.csv").stat()
    assert "run's own" in refused(tessera("export", run, "--csv", run, "--force"))[0]
    after = (run / "scalars.csv").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("arguments", [[], ["--npz"], ["--npz", ""], ["--xlsx", "out"]])
def test_bad_arguments(run, tmp_path, arguments):
    refused(tessera("export", run, *arguments, cwd=tmp_path))
    assert not list(tmp_path.iterdir())


def test_what_is_no_run_is_refused(run, tmp_path):
    out = tmp_path / "out"
    assert any("nowhere" in line for line in refused(tessera("export", tmp_path / "nowhere", "--csv", out)))
    bad = tmp_path / "bad"
    shutil.copytree(run, bad)
    (bad / "scalars.csv").write_text("step,name,value\n0,no such metric,1\n")
    assert any("scalars.csv" in line for line in refused(tessera("export", bad, "--csv", out)))
    (bad / "scalars.csv").write_text("step,name,value\n")
    shutil.rmtree(bad / "matrices")
    assert any("no figures" in line for line in refused(tessera("export", bad, "--csv", out)))
    assert not out.exists()


def test_a_place_that_cant_be_written(run, tmp_path):
    (tmp_path / "file").write_text("a file and no folder")
    for name in FORMATS:
        assert any("file" in line for line in refused(tessera("export", run, f"--{name}", tmp_path / "file" / "x")))
    if os.geteuid() != 0:
        (tmp_path / "closed").mkdir(mode=0o500)
        refused(tessera("export", run, "--csv", tmp_path / "closed" / "x"))


def test_a_full_disk_leaves_nothing(run, tmp_path):
    for name in ("csv", "npz", "tensorboard"):
        done = subprocess.run(["bash", "-c", 'trap "" XFSZ; ulimit -f 8; exec "$0" "$@"', PROGRAM, "export", run,
                               f"--{name}", tmp_path / "out"], capture_output=True, text=True)
        assert done.returncode != FINE and done.stderr
        assert not list(tmp_path.iterdir()), name


def test_a_run_under_way_as_far_as_it_has_come(run, tmp_path):
    preset = small_preset(tmp_path, make_data(tmp_path / "data"), steps=1_000_000)
    process = subprocess.Popen([PROGRAM, "run", preset, "--out", tmp_path / "run", "--quiet"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_under_way(process, tmp_path / "run")
        done = tessera("export", tmp_path / "run", "--csv", tmp_path / "out")
        assert process.poll() is None
        assert done.returncode == FINE, done.stderr
    finally:
        process.kill()
        process.wait()
    exported = (tmp_path / "out/scalars.csv").read_bytes()
    assert len(exported) > 1000 and (tmp_path / "run/scalars.csv").read_bytes().startswith(exported)
