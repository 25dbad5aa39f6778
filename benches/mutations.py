"""Reads damaged inputs of every kind and looks at how the program ends.

    python3 benches/mutations.py target/release/forecast [--count 20000] [--seed 1] [--jobs 2] [--keep DIR]
    python3 benches/mutations.py target/release/forecast --only 17,42 --keep DIR     # these inputs again

Each input is one file with one to three changes (`mutations/changes.py`) of a whole one (`mutations/inputs.py`), read
by one command. An input fails the program when it ends with a code outside the table, panics or reports an internal
fault, runs longer than 60 s, or leaves a file that is not whole. The same seed gives the same inputs.
Ends with 1 where an input fails. Parquet comes from pyarrow, Polars, pandas and DuckDB where they can be imported.
"""

import argparse
import collections
import concurrent.futures
import csv
import gzip
import json
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from mutations import changes, inputs  # noqa: E402

# Exit codes that reading files offline can have: done, failed, wrong usage, not enough data, some jobs failed.
CODES = (0, 1, 2, 4, 7)
LONGEST_SECONDS = 60
TODAY = "2026-10-18"


def mutated(rng, seed):
    """The changed file, and the names of the changes."""
    data = (seed.folder / seed.file).read_bytes()
    names = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        change = rng.choice(changes.CHANGES[seed.changes])
        data = change(rng, data)
        names.append(change.__name__)
    return (gzip.compress(data, mtime=0) if seed.is_gzip else data), names


def whole_file(path):
    """What is wrong with a result, or `None`."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        return None if data[:4] == data[-4:] == b"PAR1" and len(data) > 12 else "no whole Parquet file"
    try:
        text = data.decode("utf-8")
        if path.suffix == ".json":
            json.loads(text)
        elif path.suffix == ".csv":
            rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
            if not rows or len({len(row) for row in rows}) != 1 or not text.endswith("\n"):
                return "uneven or unfinished CSV"
    except (ValueError, csv.Error) as error:
        return f"not readable: {error}"
    return None


def left_behind(work, code):
    """What is wrong with the files that the command wrote below `out`."""
    out = work / "out"
    files = [path for path in out.rglob("*") if path.is_file()]
    for path in files:
        if path.suffix not in (".csv", ".json", ".parquet") or path.name.startswith("."):
            return f"left `{path.relative_to(out)}`"
        why = whole_file(path)
        if why:
            return f"`{path.relative_to(out)}`: {why}"
    may_write = code in (0, 7) or (out / "night").exists()
    return None if may_write or not files else f"exit {code}, but `{files[0].relative_to(out)}` is there"


def judge(work, command, binary):
    """Exit code and what is wrong, or `None`."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("FORECAST_", "AZURE_"))}
    home = str(work / "home")
    env |= {"HOME": home, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home, "NO_COLOR": "1", "FORECAST_TODAY": TODAY}
    try:
        done = subprocess.run([binary, *command, "--threads", "1"] if takes_threads(command) else [binary, *command], cwd=work,
                              env=env, capture_output=True, timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"no end after {LONGEST_SECONDS} s"
    err = done.stderr.decode("utf-8", "replace")
    if "panicked" in err or "internal fault" in err:
        return done.returncode, f"panic: {err.strip()[-200:]}"
    if done.returncode not in CODES:
        return done.returncode, f"exit {done.returncode}: {err.strip()[-200:]}"
    return done.returncode, left_behind(work, done.returncode)


def takes_threads(command):
    return command[0] in ("series", "predict", "ingest", "backtest", "price")


def try_one(binary, all_seeds, seed_number, number, scratch, keep):
    """Kind of input, exit code and fault of one changed input."""
    rng = random.Random(f"{seed_number}/{number}")
    seed = all_seeds[number % len(all_seeds)]
    command = rng.choice(seed.commands)
    data, names = mutated(rng, seed)
    work = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    try:
        for path in seed.folder.rglob("*"):
            if path.is_file() and path != seed.folder / seed.file:
                target = work / path.relative_to(seed.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(path, target)
        target = work / seed.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        (work / "out").mkdir()
        code, fault = judge(work, command, binary)
        if keep and (fault or keep[1]):
            kept = pathlib.Path(keep[0]) / str(number)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(work, kept)
            (kept / "how.txt").write_text(f"{seed.name}: {', '.join(names)}\nforecast {shlex.join(command)}\n{fault}\n")
        return seed.name, code, fault and f"{fault}  [{', '.join(names)}; forecast {shlex.join(command)}]"
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("binary")
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--only", help="numbers of inputs, separated by commas; they are always kept")
    options.add_argument("--keep", help="copy inputs that fail to this folder")
    chosen = options.parse_args()
    binary = str(pathlib.Path(chosen.binary).resolve())
    numbers = [int(n) for n in chosen.only.split(",")] if chosen.only else range(chosen.count)
    keep = (chosen.keep, bool(chosen.only)) if chosen.keep else None
    tried, failed, codes = (collections.Counter() for _ in range(3))
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutations-") as scratch:
        all_seeds = inputs.seeds(binary, scratch)
        print(f"{len(all_seeds)} whole inputs: " + ", ".join(seed.name for seed in all_seeds))
        with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
            jobs = [pool.submit(try_one, binary, all_seeds, chosen.seed, n, scratch, keep) for n in numbers]
            for number, job in zip(numbers, jobs):
                name, code, fault = job.result()
                tried[name] += 1
                codes[code] += 1
                if fault:
                    failed[name] += 1
                    print(f"input {number} ({name}): {fault}", flush=True)
    for name, count in tried.items():
        print(f"{name:36} {count:6} tried, {failed[name]:4} failed")
    print("exit codes: " + ", ".join(f"{code} {n}" for code, n in sorted(codes.items(), key=str)))
    print(f"{sum(failed.values())} of {len(numbers)} inputs failed in {time.monotonic() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
