"""`./lab bench [NAME...] [--json FILE]`: side-by-side timings, each a ratio of two things run in turn on this machine.

training   the default preset headless against the same model in PyTorch's Python (bench/peer.py)
window     training throughput with the window open against headless
frame      cost of a frame after a million steps against after a thousand
kernels    the custom operators against the same work in plain LibTorch calls (ratio: how many times faster), or against
           themselves with all blocks of a matrix
gpu        the gate on a GPU: the time that its reading and writing takes at memory bandwidth against its own
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
    """[(value, base)] measured in turn -> the figures a report needs; the ratio is taken pair by pair."""
    ratios = sorted(value / base for value, base in pairs)
    return {
        "value": statistics.median(value for value, _ in pairs),
        "base": statistics.median(base for _, base in pairs),
        "ratio": statistics.median(ratios),
        "ratio_min": ratios[0],
        "ratio_max": ratios[-1],
        "rounds": len(pairs),
    }


def headless(program, steps, *settings):
    """Steps per second of a headless run of the default preset."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "run"
        run([program, "run", PRESET, "--steps", steps, "--device", "cpu", "--out", out, "--quiet", *settings])
        return json.loads((out / "summary.json").read_text())["steps_per_s"]


def training(programs, rounds):
    """As it is shipped, with all that it measures and records; and bare, as the peers, which only train."""
    bare = [word for name in ("scalars", "matrices", "test", "conflict") for word in ("--set", f"measure.{name}_every=0")]
    rows = {}
    for _ in range(rounds):
        for bank in ("loop", "grouped"):
            peer = json.loads(run([sys.executable, ROOT / "bench/peer.py", "--bank", bank], stderr=subprocess.DEVNULL))
            for what, settings in (("measuring", []), ("bare", bare)):
                ours = headless(programs / "tessera", 3000, *settings)
                rows.setdefault(f"steps/s, Tessera {what} against PyTorch {bank}", []).append((ours, peer[bank]))
    return {label: median_of_ratios(pairs) for label, pairs in sorted(rows.items())}


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
    text = run([programs / "kernels_bench", "--benchmark_format=json", f"--benchmark_repetitions={rounds}"],
               stderr=subprocess.DEVNULL)
    rows = {}
    for row in json.loads(text)["benchmarks"]:
        if row["run_type"] == "iteration":
            name = row["run_name"].split("/iterations:")[0]
            peer = row.get("label") or "LibTorch"
            rows.setdefault(f"{name}, microseconds of {peer} against ours", []).append((row["peer_us"], row["ours_us"]))
    return {label: median_of_ratios(pairs) for label, pairs in rows.items()}


def gpu(programs, rounds):
    program = programs / "cuda_bench"
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True) if program.exists() else None
    if done is None or done.returncode == 3:
        print("gpu       not measured: no GPU, or built without CUDA", flush=True)
        return {}
    if done.returncode:
        sys.exit(f"bench: {program} ended with exit code {done.returncode}")
    rows = {label: row for label, row in json.loads(done.stdout).items() if "us" in row}
    return {f"{label}, microseconds at bandwidth against ours": median_of_ratios(
        [(row["us"] * row["share_of_bandwidth"], row["us"])]) for label, row in rows.items()}


BENCHES = {bench.__name__: bench for bench in (training, window, frame, kernels, gpu)}


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
            print(f"{name:9} {label}: {row['value']:.4g} / {row['base']:.4g}, ratio {row['ratio']:.2f} "
                  f"({row['ratio_min']:.2f} to {row['ratio_max']:.2f})", flush=True)
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
