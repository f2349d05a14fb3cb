"""Who may know whom: by includes, by what the compiler read, by undefined symbols, and by what the program loads."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TESSERA_BUILD", ROOT / "build"))
NINJA = os.environ.get("TESSERA_NINJA", ROOT / ".venv/bin/ninja")

WITHOUT_TORCH = ["tessera_build_info", "tessera_lab", "tessera_data", "tessera_download", "tessera_experiment",
                 "tessera_look", "tessera_export", "tessera_panels", "tessera_window", "tessera_commands", "tessera"]
TORCH_SYMBOL = re.compile(r"\b(c10|at|torch|caffe2)::")
TORCH_HEADER = re.compile(r"/torch/include/|tessera_torch_pch")
TORCH_INCLUDE = re.compile(r"#\s*include\s*[<\"](torch|ATen|c10|caffe2)/")

# What a folder's files may include of ours, beside themselves; a trailing / means the whole folder.
MAY_INCLUDE = {
    "core/lab": [],
    "core/data": ["core/lab/"],
    "core/download": ["core/lab/", "core/data/"],
    "app/panels": ["core/lab/"],
    "app/window": ["core/lab/", "app/panels/", "app/export/"],
    "app/export": ["core/lab/", "app/panels/colours.h", "app/panels/curve.h", "app/panels/labels.h",
                   "app/panels/lookup.h", "app/panels/marks.h", "app/panels/series_names.h", "app/window/font_data.h"],
    "kernels": ["core/lab/"],
    "core/moe": ["core/lab/", "core/data/", "kernels/"],
    "core/measure": ["core/lab/", "core/data/", "core/moe/", "kernels/"],
    "core/tasks": ["core/lab/", "core/data/", "core/moe/", "kernels/"],
    "core/learn": ["core/lab/", "core/data/", "core/moe/", "core/measure/", "core/tasks/", "kernels/"],
}


def sources(folder):
    return [file for kind in ("h", "cpp", "cu", "cuh") for file in sorted((ROOT / folder).rglob(f"*.{kind}"))]


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def torch_seen_by_compiler(target):
    """Of a target's objects: mentions of LibTorch's headers, plain or precompiled, in the commands that compile them and
    in the lists of what the compiler read; and how many objects there are."""
    objects = re.findall(rf"^(\S*/{target}\.dir/\S+\.o):", output(NINJA, "-C", BUILD, "-t", "targets", "all"), re.M)
    if not objects:
        return [], 0
    told = output(NINJA, "-C", BUILD, "-t", "commands", "-s", *objects) + output(NINJA, "-C", BUILD, "-t", "deps", *objects)
    return TORCH_HEADER.findall(told), len(objects)


def archive(target):
    return next(iter(BUILD.glob(f"**/lib{target}.a")), None)


def torch_symbols_needed(file):
    return [line for line in output("nm", "-uC", file).split("\n") if TORCH_SYMBOL.search(line)]


@pytest.mark.parametrize("folder", ["core/lab", "core/data", "app"])
def test_no_source_includes_torch(folder):
    assert not [f"{file}" for file in sources(folder) if TORCH_INCLUDE.search(file.read_text())]


def test_no_parameter_header_includes_torch():
    headers = list((ROOT / "core").rglob("*_parameters.h")) + [ROOT / "core/experiment.h"]
    assert not [f"{file}" for file in headers if TORCH_INCLUDE.search(file.read_text())]


@pytest.mark.parametrize("folder", MAY_INCLUDE)
def test_includes_follow_the_direction(folder):
    allowed = tuple(MAY_INCLUDE[folder] + [folder + "/"])
    wrong = []
    for file in sources(folder):
        for included in re.findall(r'#\s*include\s*"((?:app|core|kernels)/[^"]+)"', file.read_text()):
            if not included.startswith(allowed):
                wrong.append(f"{file.relative_to(ROOT)} includes {included}")
    assert not wrong


@pytest.mark.parametrize("target", WITHOUT_TORCH)
def test_no_object_was_compiled_with_torch(target):
    seen, objects = torch_seen_by_compiler(target)
    if not objects:
        pytest.skip(f"{target} has no sources")
    assert not seen


@pytest.mark.parametrize("target", ["tessera_look", "tessera_export"])
def test_what_exports_are_made_of_knows_no_imgui(target):
    objects = re.findall(rf"^(\S*/{target}\.dir/\S+\.o):", output(NINJA, "-C", BUILD, "-t", "targets", "all"), re.M)
    assert objects
    assert not re.findall(r"\S*/im(?:gui|plot)[^/]*\.h", output(NINJA, "-C", BUILD, "-t", "deps", *objects))


@pytest.mark.parametrize("target", WITHOUT_TORCH[:-1])
def test_no_library_needs_a_torch_symbol(target):
    if not archive(target):
        pytest.skip(f"{target} has no sources")
    assert not torch_symbols_needed(archive(target))


def test_the_program_loads_no_torch_and_holds_no_test_engine():
    program = BUILD / "bin/tessera"
    if not program.exists():
        pytest.skip("no program")
    libraries = re.sub(r"\(0x[0-9a-f]+\)", "", output("ldd", program))  # an address may happen to hold "c10"
    assert "libstdc++" in libraries
    assert not re.findall(r"\S*(?:torch|c10|tessera_kernels)\S*", libraries)
    assert "ImGuiTestEngine" not in output("nm", "-C", program)


def test_these_checks_can_fail():
    """The same checks see LibTorch where it is."""
    seen, objects = torch_seen_by_compiler("tessera_kernels")
    assert objects and seen
    assert torch_symbols_needed(BUILD / "bin/libtessera_kernels.so")
