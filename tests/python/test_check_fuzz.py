"""Mutated presets through the real program: each is called fine or refused by name, and nothing else ever happens."""
import copy
import json
import random

import jsonschema
import pytest

from program import BAD_INPUT, FINE, PRESETS, tessera

SHIPPED = [json.loads(path.read_text()) for path in sorted(PRESETS.glob("*/*.json"))]
SCHEMA = json.loads((PRESETS / "schema.json").read_text())
VALUES = [None, True, False, 0, -1, 1, 2, 3.5, -0.0, 1e-9, 1e300, 2**31, 2**63, 2**64, -2**63, 10**30, "", "a", "softmax",
          "sparsemax", "tiles", "é" * 50, "\u0000", "x" * 5000, [], {}, [1, [2]], {"seed": 1}, "../../etc/passwd", "NaN"]
KEYS = ["seed", "run", "model", "router", "layer0", "layer1", "layer99", "layer-1", "layer", "temperature", "k", "", ".",
        "run.seed", "schedule", "step", "path", "value", "ramp", "schema", "view", "panels", "$schema", "data", "__proto__"]


def places(value, path=()):
    """The paths of every member and element below a value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def holder(value, path):
    for key in path[:-1]:
        value = value[key]
    return value


def wrong_content(draw):
    """A shipped preset with some of its members replaced, renamed, added or removed: well-formed JSON."""
    preset = copy.deepcopy(draw.choice(SHIPPED))
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        path = draw.choice(list(places(preset)) or [None])
        if path is None:
            return preset
        parent, key = holder(preset, path), path[-1]
        change = draw.randrange(5)
        if change == 0:
            parent[key] = copy.deepcopy(draw.choice(VALUES))
        elif change == 1:
            del parent[key]
        elif change == 2 and isinstance(parent, dict):
            parent[draw.choice(KEYS)] = copy.deepcopy(draw.choice(VALUES))
        elif change == 3 and isinstance(parent, dict):
            parent[draw.choice(KEYS)] = parent.pop(key)
        elif isinstance(parent[key], (int, float)) and not isinstance(parent[key], bool):
            parent[key] = parent[key] * draw.choice([-1, 0, 0.1, 1.5, 10, 1e6])
        else:
            parent[key] = [parent[key]]
    return preset


def wrong_bytes(draw):
    """A shipped preset's text with bytes changed, cut, doubled or put in."""
    text = bytearray(json.dumps(draw.choice(SHIPPED), indent=draw.choice([None, 1])).encode())
    for _ in range(draw.choice([1, 1, 2, 8])):
        at, length = draw.randrange(len(text) + 1), draw.randrange(20)
        change = draw.randrange(4)
        if change == 0:
            del text[at:]
        elif change == 1:
            del text[at:at + length]
        elif change == 2:
            text[at:at] = text[at:at + length] * draw.randrange(1, 4)
        else:
            text[at:at] = bytes(draw.choice(b'{}[]:,"\\-+.eEnulltrue0123456789\x00\xff \n') for _ in range(length))
    return bytes(text)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_presets(seed, tmp_path):
    draw = random.Random(seed)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    files, content = [], {}
    for number in range(250):
        file = tmp_path / f"{number:03}.json"
        if number % 2:
            preset = wrong_content(draw)
            content[str(file)] = preset
            file.write_text(json.dumps(preset))
        else:
            file.write_bytes(wrong_bytes(draw))
        files.append(str(file))

    done = tessera("check", *files, timeout=120)
    assert done.returncode in (FINE, BAD_INPUT), done.stderr[-2000:]
    fine = {line.removesuffix(": fine") for line in done.stdout.splitlines()}
    refused = {line[:len(files[0])] for line in done.stderr.splitlines()}
    assert fine | refused == set(files) and not fine & refused
    assert len(refused) > 100

    # Content that the schema forbids is refused. The schema can't say all: combinations, and ranges within the schedule.
    for file, preset in content.items():
        if not validator.is_valid(preset):
            assert file in refused, preset
