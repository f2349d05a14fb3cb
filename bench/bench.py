"""`./lab bench [NAME...] [--json FILE]`: side-by-side timings, each a ratio of two things run in turn on this machine.

training   the default preset headless against the same model in PyTorch's Python (bench/peer.py)
window     training throughput with the window open against headless
frame      cost of a frame after a million steps against after a thousand
kernels    the custom operators against the same work in plain LibTorch calls
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = "specialize/first-light"


def run(command, **kwargs):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, **kwargs)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))} ended with exit code {done.returncode}")
    return done.stdout


def median_of_ratios(pairs):
    """[(ours, theirs)] measured in turn -> the figures a report needs; the ratio is taken pair by pair."""
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    return {
        "ours": statistics.median(ours for ours, _ in pairs),
        "theirs": statistics.median(theirs for _, theirs in pairs),
        "ratio": statistics.median(ratios),
        "ratio_min": ratios[0],
        "ratio_max": ratios[-1],
        "rounds": len(pairs),
    }


def headless(program, steps):
    """Steps per second of a headless run of the default preset, everything that it records included."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "run"
        run([program, "run", PRESET, "--steps", steps, "--device", "cpu", "--out", out, "--quiet"])
        return json.loads((out / "summary.json").read_text())["steps_per_s"]


def training(programs, rounds):
    rows = {bank: [] for bank in ("loop", "grouped")}
    for _ in range(rounds):
        for bank in rows:
            ours = headless(programs / "tessera", 2000)
            peer = json.loads(run([sys.executable, ROOT / "bench/peer.py", "--bank", bank], stderr=subprocess.DEVNULL))
            rows[bank].append((ours, peer[bank]))
    return {f"steps/s, Tessera against PyTorch {bank}": median_of_ratios(pairs) for bank, pairs in rows.items()}


def window(programs, rounds):
    pairs = []
    for _ in range(rounds):
        closed = headless(programs / "tessera", 6000)
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "run"
            command = [programs / "tessera", "--preset", PRESET, "--steps", 6000, "--play", "--quit", "--out", out]
            command += ["--set", "run.pace=0", "--set", "run.device=cpu"]
            if "DISPLAY" not in os.environ:
                command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", *command]
            run(command, env={**os.environ, "XDG_CONFIG_HOME": folder})
            pairs.append((json.loads((out / "summary.json").read_text())["steps_per_s"], closed))
    return {"steps/s, window open against headless": median_of_ratios(pairs)}


def frame(programs, rounds):
    command = [programs / "frame_bench", ROOT / "presets"]
    if "DISPLAY" not in os.environ:
        command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", *command]
    pairs = []
    for _ in range(rounds):
        cost = json.loads(run(command))
        pairs.append((cost["million"], cost["thousand"]))
    return {"ms/frame, a million steps against a thousand": median_of_ratios(pairs)}


def kernels(programs, rounds):
    text = run([programs / "kernels_bench", "--benchmark_format=json", f"--benchmark_repetitions={rounds}",
                "--benchmark_report_aggregates_only=true"], stderr=subprocess.DEVNULL)
    rows = [row for row in json.loads(text)["benchmarks"] if row["aggregate_name"] == "median"]
    time = {row["run_name"]: row["real_time"] for row in rows}
    # "expert_mlp/ours/..." is compared with every "expert_mlp/PEER/..." of the same size.
    report = {}
    for name, ours in time.items():
        operator, who, *size = name.split("/")
        if who != "ours":
            continue
        for peer, theirs in time.items():
            if peer != name and peer.split("/")[0] == operator and peer.split("/")[2:] == size:
                label = f"{operator} {'/'.join(size)}, time of {peer.split('/')[1]} against ours"
                report[label] = {"ours": ours, "theirs": theirs, "ratio": theirs / ours, "rounds": rounds}
    return report


BENCHES = {bench.__name__: bench for bench in (training, window, frame, kernels)}


def main():
    parser = argparse.ArgumentParser(prog="lab bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (all): " + ", ".join(BENCHES))
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build" / "bin", help="folder of the programs")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in BENCHES]
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    report = {}
    for name in args.names or BENCHES:
        report[name] = BENCHES[name](args.programs, args.rounds)
        for label, row in report[name].items():
            spread = f" ({row['ratio_min']:.2f} to {row['ratio_max']:.2f})" if "ratio_min" in row else ""
            print(f"{name:9} {label}: {row['ours']:.4g} / {row['theirs']:.4g}, ratio {row['ratio']:.2f}{spread}")
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
