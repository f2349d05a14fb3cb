#!/usr/bin/env python3
"""Writes requirements.txt from requirements.in: every package that it needs, with version and hashes.

One hash for each supported Python (Linux, x86-64). Run by hand, with a pip of 23.1 or newer, when a version changes.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

PYTHONS = ["3.11", "3.12", "3.13"]
ROOT = pathlib.Path(__file__).resolve().parent.parent


def resolve(python):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report.json")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", report]
            + ["--only-binary", ":all:", "--python-version", python, "--target", folder]
            + ["-r", ROOT / "requirements.in"], check=True)
        return json.loads(report.read_text())["install"]


def main():
    hashes = {}
    for python in PYTHONS:
        for item in resolve(python):
            name = item["metadata"]["name"].lower().replace("_", "-")
            digest = item["download_info"]["archive_info"]["hash"].replace("=", ":")
            hashes.setdefault((name, item["metadata"]["version"]), set()).add(digest)
    names = [name for name, _ in hashes]
    assert len(names) == len(set(names)), "a package has different versions for different Pythons"
    lines = [f"# Written by scripts/lock.py from requirements.in for Python {', '.join(PYTHONS)} (Linux, x86-64)."]
    for (name, version), digests in sorted(hashes.items()):
        lines.append(" \\\n    ".join([f"{name}=={version}"] + [f"--hash={digest}" for digest in sorted(digests)]))
    (ROOT / "requirements.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
