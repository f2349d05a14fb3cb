"""The commands that train nothing: usage, check, presets, schema, manual; and presets/schema.json itself."""
import json
import os
import pathlib

import jsonschema
import pytest

from program import BAD_INPUT, DEFAULT, FINE, PRESETS, ROOT, everything_below, refused, tessera, write_preset

SHIPPED = sorted(PRESETS.glob("*/*.json"))
SCHEMA = json.loads((PRESETS / "schema.json").read_text())


# --- usage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["check", "--help"], ["presets", "--help"],
                                       ["shot", "--help"]])
def test_help_is_no_error(arguments):
    done = tessera(*arguments)
    assert done.returncode == FINE and "Usage" in done.stdout and done.stderr == ""


def test_version_names_the_version_and_the_commit():
    done = tessera("--version")
    assert done.returncode == FINE
    version, commit = done.stdout.split()
    assert version.count(".") == 2 and commit.startswith("(")


@pytest.mark.parametrize("arguments, said", [
    (["frobnicate"], "frobnicate"),
    (["run"], "PRESET"),
    (["check"], "PRESET"),
    (["run", DEFAULT, "--frobnicate"], "--frobnicate"),
    (["run", DEFAULT, "--seed"], "--seed"),
    (["shot", DEFAULT, "--steps", "1"], "--out"),
    (["shot", DEFAULT, "--out", "x.png"], "--steps"),
    (["presets", "extra"], "extra"),
    (["--seed", "3", "run", DEFAULT], "--seed"),
    (["--play", "check", DEFAULT], "--play"),
    (["--size", "3x4"], '"3x4"; allowed: WIDTHxHEIGHT'),
    (["--theme", "blue"], "blue"),
    (["--scale", "nan"], "nan"),
    (["--preset", "nowhere"], "nowhere"),
    (["--set", "learn.rate=2"], "learn.rate"),
])
def test_misuse_is_bad_input(arguments, said, tmp_path):
    assert said in "\n".join(refused(tessera(*arguments, cwd=tmp_path)))
    assert everything_below(tmp_path) == []


# --- check ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", SHIPPED, ids=lambda path: path.stem)
def test_shipped_presets_are_fine(preset):
    done = tessera("check", preset)
    assert (done.returncode, done.stderr) == (FINE, "")


def test_a_preset_is_found_by_file_and_by_name_from_anywhere(tmp_path):
    names = [DEFAULT, f"presets/{DEFAULT}.json", PRESETS / f"{DEFAULT}.json"]
    done = tessera("check", *names, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (FINE, "")
    assert done.stdout.count("fine") == 3


def test_an_empty_object_is_the_default_experiment(tmp_path):
    assert tessera("check", write_preset(tmp_path, "{}")).returncode == FINE


def test_a_name_that_is_nearly_right_is_suggested():
    (line,) = refused(tessera("check", "specialize/first-ligth"))
    assert "specialize/first-ligth" in line and f'did you mean "{DEFAULT}"' in line


# What is wrong, and what the message must name: the path, the value found, what is allowed.
BAD = {
    "malformed": ('{"run": {"seed": 1,}}', ["line 1", "column 20"]),
    "cut short": ('{"run": {"seed": 1', ["line 1"]),
    "empty": ("", ["line 1"]),
    "not an object": ("[]", ["object"]),
    "two values": ("{} {}", ["line 1", "column 4"]),
    "unknown key": ({"runs": {}}, ["runs", "run"]),
    "unknown parameter": ({"model": {"router": {"temprature": 1}}}, ["model.router.temprature", "temperature"]),
    "duplicate key": ('{"run": {"seed": 1, "seed": 2}}', ["seed"]),
    "wrong type": ({"model": {"router": {"temperature": "hot"}}}, ["model.router.temperature", "hot", "0.01 to 100"]),
    "a number for a choice": ({"run": {"device": 3}}, ["run.device", "3", "cpu"]),
    "an object for a value": ({"run": {"seed": {}}}, ["run.seed", "2147483647"]),
    "a value for an object": ({"run": 3}, ["run", "3"]),
    "null": ({"run": {"seed": None}}, ["run.seed", "null"]),
    "out of range": ({"model": {"router": {"temperature": 0}}}, ["model.router.temperature", "0", "0.01 to 100"]),
    "a fraction for an integer": ({"run": {"seed": 1.5}}, ["run.seed", "1.5", "whole"]),
    "not a choice": ({"model": {"router": {"score": "softmx"}}}, ["model.router.score", "softmx", "softmax"]),
    "NaN": ('{"learn": {"rate": NaN}}', ["line 1"]),
    "infinity": ('{"learn": {"rate": 1e999}}', ["1e999"]),
    "newer schema": ({"schema": 2}, ["schema", "2", "1"]),
    "invalid UTF-8": (b'{"title": "\xff"}', ["UTF-8"]),
    "deep": ("[" * 100000, ["deep"]),
    "a step of the schedule below zero": ({"schedule": [{"step": -1, "path": "learn.rate", "value": 0.1}]},
                                          ["schedule", "-1"]),
    "scheduled, but not live": ({"schedule": [{"step": 1, "path": "model.width", "value": 16}]},
                                ["model.width", "model.router.temperature"]),
    "scheduled out of range": ({"schedule": [{"step": 1, "path": "learn.rate", "value": 99}]}, ["learn.rate", "99"]),
    "scheduled, but unknown": ({"schedule": [{"step": 1, "path": "learn.rat", "value": 0.1}]},
                               ["learn.rat", "learn.rate"]),
    "k over the experts": ({"model": {"experts": {"count": 4}, "router": {"k": 5}}}, ["model.router.k", "5", "1 to 4"]),
    "more tiles than classes": ({"model": {"head": {"kind": "tiles", "tiles": {"count": 11}}}},
                                ["model.head.tiles.count", "11", "1 to 10"]),
    "groups that don't exist": ({"measure": {"groups": "custom", "custom_groups": "0-4|5-12"}},
                                ["measure.custom_groups", "12"]),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_preset_is_told_with_its_path_value_and_range(what, tmp_path):
    content, said = BAD[what]
    file = write_preset(tmp_path, content)
    before = everything_below(tmp_path)
    lines = refused(tessera("check", file, cwd=tmp_path))
    assert any(str(file) in line and all(word in line for word in said) for line in lines), lines
    assert everything_below(tmp_path) == before


def test_every_problem_is_told_and_good_presets_are_still_named(tmp_path):
    bad = write_preset(tmp_path, {"run": {"seed": -1}, "learn": {"rate": 5}, "modle": {}}, "bad.json")
    good = write_preset(tmp_path, {}, "good.json")
    done = tessera("check", bad, good, "nowhere")
    assert done.returncode == BAD_INPUT
    for word in ("run.seed", "learn.rate", "modle", "nowhere"):
        assert word in done.stderr
    assert str(good) in done.stdout and str(bad) not in done.stdout


@pytest.mark.parametrize("name", ["", ".", "no/such.json", "a\nb", "/dev/null", "/proc/self/mem"])
def test_what_is_no_preset_is_refused(name, tmp_path):
    refused(tessera("check", name, cwd=tmp_path))


# --- presets, schema, manual ---------------------------------------------------------------------------------------


def test_presets_lists_every_shipped_preset():
    done = tessera("presets", "--json")
    assert (done.returncode, done.stderr) == (FINE, "")
    listed = json.loads(done.stdout)
    assert sorted(entry["path"] for entry in listed) == [str(path.relative_to(ROOT)) for path in SHIPPED]
    for entry in listed:
        assert set(entry) == {"path", "title", "topic", "about", "data", "minutes"}
        assert entry["title"] and entry["about"] and entry["data"] and entry["minutes"] > 0
        assert entry["topic"] == pathlib.Path(entry["path"]).parts[1]
    as_text = tessera("presets").stdout.splitlines()
    assert [f"presets/{line.split()[0]}.json" for line in as_text] == [entry["path"] for entry in listed]


def test_the_readme_names_every_shipped_preset():
    readme = (ROOT / "README.md").read_text()
    assert [str(path) for path in SHIPPED if f"`{path.parent.name}/{path.stem}`" not in readme] == []


def test_at_least_five_presets_say_what_to_watch():
    watched = [path for path in SHIPPED if len(json.loads(path.read_text()).get("watch", "")) > 20]
    assert len(watched) >= 5 and PRESETS / f"{DEFAULT}.json" in watched


def test_another_folder_of_presets(tmp_path):
    folder = tmp_path / "routers"
    folder.mkdir()
    write_preset(folder, {"title": "mine"}, "mine.json")
    environment = {**os.environ, "TESSERA_PRESETS": str(tmp_path)}
    (entry,) = json.loads(tessera("presets", "--json", env=environment).stdout)
    assert (entry["title"], entry["topic"]) == ("mine", "routers")
    assert tessera("check", "routers/mine", env=environment).returncode == FINE
    write_preset(folder, {"title": 3}, "broken.json")
    broken = tessera("presets", env=environment)
    assert broken.returncode == BAD_INPUT and "broken.json" in broken.stderr and "mine" in broken.stdout


def test_the_schema_that_is_shipped_is_the_program_s():
    done = tessera("schema")
    assert done.returncode == FINE
    assert done.stdout == (PRESETS / "schema.json").read_text(), "stale: ./lab schema > presets/schema.json"


def test_the_manual_s_generated_pages_are_the_program_s(tmp_path):
    assert tessera("manual", tmp_path).returncode == FINE
    pages = sorted(path.name for path in tmp_path.iterdir())
    assert pages == ["metrics.md", "parameters.md", "shipped-presets.md"]
    for page in pages:
        shipped = ROOT / "docs/manual" / page
        assert shipped.read_text() == (tmp_path / page).read_text(), "stale: ./lab manual docs/manual"
    refused(tessera("manual", tmp_path / "nowhere"))


@pytest.mark.parametrize("preset", SHIPPED, ids=lambda path: path.stem)
def test_shipped_presets_keep_to_the_schema(preset):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(preset.read_text()), SCHEMA, jsonschema.Draft202012Validator)


def test_schema_and_program_refuse_the_same():
    """What the schema can say at all: everything but the combinations and the text of the JSON."""
    beyond = ("malformed", "cut short", "empty", "two values", "duplicate key", "NaN", "infinity", "invalid UTF-8",
              "deep", "scheduled out of range", "k over the experts", "more tiles than classes", "groups that don't exist")
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for what, (content, _) in BAD.items():
        if what not in beyond:
            assert not validator.is_valid(json.loads(content) if isinstance(content, str) else content), what
