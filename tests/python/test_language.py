"""The language task from outside: what a run records, that it repeats and resumes, and what is refused."""
import csv
import json
import math
import os

import pytest

from program import FINE, PRESETS, figures, language_preset, make_texts, refused, tessera


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return make_texts(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def preset(tmp_path_factory, texts):
    return language_preset(tmp_path_factory.mktemp("preset"), texts)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, preset):
    out = tmp_path_factory.mktemp("run") / "out"
    done = tessera("run", preset, "--seed", 7, "--out", out)
    assert (done.returncode, done.stderr) == (FINE, "")
    return out


def series(out):
    found = {}
    with open(out / "scalars.csv", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["name"], []).append(float(row["value"]))
    return found


def test_it_learns_and_measures(finished):
    of = series(finished)
    assert of["loss/validation"][0] == pytest.approx(math.log(256), abs=0.5)
    assert of["loss/validation"][-1] < 3 and of["loss/validation"] == sorted(of["loss/validation"], reverse=True)
    assert 0 < of["accuracy/test"][-1] <= 1
    for layer in (0, 1):
        assert len(of[f"max_vio_validation/layer{layer}"]) == len(of["loss/validation"])
        assert all(0 <= value <= 1 for value in of[f"saturation/layer{layer}"])
        assert all(0.5 <= value <= 1 for value in of[f"vocabulary_specialisation/layer{layer}"])  # two of four


def test_the_classes_are_languages_and_kinds_of_characters(finished):
    description = json.loads((finished / "description.json").read_text())
    assert description["classes"] == ["first", "second"]
    axes = {metric["name"]: metric["axes"] for metric in description["metrics"] if metric["rank"] == 2}
    assert axes["routing/layer0"][1] == {"title": "language", "labels": ["first", "second"]}
    assert axes["routing_by_character/layer1"][1]["labels"][:2] == ["lower case", "upper case"]
    assert axes["vocabulary/layer0"][1]["labels"][65] == "A"
    assert axes["saturation_pairs/layer0"][0]["labels"][-1] == "100 %"


def test_the_same_again(finished, preset, tmp_path):
    out = tmp_path / "again"
    assert tessera("run", preset, "--seed", 7, "--out", out, "--quiet").returncode == FINE
    assert figures(out) == figures(finished)
    assert tessera("replay", finished).returncode == FINE


def test_another_seed_has_the_same_validation_text(preset, finished, tmp_path):
    out = tmp_path / "other"
    assert tessera("run", preset, "--seed", 8, "--out", out, "--quiet").returncode == FINE
    other, first = series(out), series(finished)
    assert other["loss/task"] != first["loss/task"]
    assert other["loss/validation"][-1] == pytest.approx(first["loss/validation"][-1], rel=0.2)


def test_a_fork_goes_on(finished, tmp_path):
    done = tessera("fork", finished, "--at", 20, "--set", "learn.rate=0.001", "--out", tmp_path / "fork", "--quiet")
    assert (done.returncode, done.stderr) == (FINE, "")
    assert series(tmp_path / "fork")["loss/task"][:20] == series(finished)["loss/task"][:20]


@pytest.mark.parametrize("setting, path", [
    ("model.attention.heads=3", "model.attention.heads"), ("model.head.kind=tiles", "model.head.kind"),
    ("task.text.languages=first,third", "task.text.languages"), ("task.text.path=nowhere", "task.text.path"),
    ("task.text.sequence_length=4000", "task.text.sequence_length"), ("task.batch_size=4000", "task.batch_size"),
])
def test_bad_settings_are_refused(preset, tmp_path, setting, path):
    (line,) = refused(tessera("run", preset, "--set", setting, "--out", tmp_path / "out"))
    assert path in line and "allowed" in line
    assert not (tmp_path / "out").exists()


def test_missing_texts_name_the_package(tmp_path):
    """Of the default corpus, in a place where it isn't: with a folder of data that lacks one of the languages."""
    environment = {**os.environ, "TESSERA_DATA": str(tmp_path)}
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "English.txt").write_text("some text " * 100)
    (line,) = refused(tessera("run", PRESETS / "language/two-languages.json", "--out", tmp_path / "out", env=environment))
    assert "task.text.languages" in line and "Japanese" in line and "English" in line


@pytest.mark.parametrize("preset", sorted(path.stem for path in (PRESETS / "language").glob("*.json")))
def test_shipped_presets_train(preset, tmp_path):
    corpus = "/usr/share/debian-reference"
    if not os.path.isdir(corpus):
        done = tessera("run", f"language/{preset}", "--steps", 2, "--out", tmp_path / "out")
        (line,) = refused(done)
        assert "apt-get install debian-reference-" in line
        pytest.skip("the Debian Reference is not installed")
    done = tessera("run", f"language/{preset}", "--steps", 3, "--device", "cpu", "--set", "measure.test_every=0",
                   "--set", "measure.conflict_every=0", "--out", tmp_path / "out", "--quiet")
    assert (done.returncode, done.stderr) == (FINE, "")
    assert series(tmp_path / "out")["loss/validation"][-1] < 6
