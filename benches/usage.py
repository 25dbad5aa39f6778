"""Prices the use in a large made-up cost export with `forecast price estimate`.

    python3 benches/usage.py [--rows 10000000] [--formats parquet csv] [--family mca-actual] [--runs 3]
        [--binary target/release/forecast]

For each format an export with at least so many rows of use that no commitment pays for, and one with a tenth of
them: the same year, subscriptions and meters, so that memory which grows with the rows is seen. Each is priced by
the rate card beside it. Printed is a Markdown table of the rows and the size of the files, and the medians of wall
time, CPU time and peak resident memory of whole processes. Exports lie below `target/`, one at a time: of ten
million rows 0.5 GB as `parquet`, 10 GB as `csv`, 0.8 GB as `csv.gz`.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MONTHS, DAYS = 12, 365  # November 2025 to October 2026
SPARE = 1.1  # the sample makes fewer rows a day than asked for, and commitments pay for some of them


def measured(command):
    """Wall seconds, CPU seconds and peak MB of a command as a whole process."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    err = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} failed: {err}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def sample(chosen, out, rows, form):
    """Makes an export of at least so many rows of use; how many rows it has and how many bytes."""
    made = subprocess.run(
        [chosen.binary, "sample", "--out", out, "--seed", "1", "--months", str(MONTHS), "--subscriptions",
         str(chosen.subscriptions), "--rows-per-day", str(int(rows * SPARE / DAYS)), "--family", chosen.family,
         "--format", form, "--through", "2026-10-31"],
        check=True, capture_output=True, text=True)
    found = re.search(r"(\d+) rows", made.stdout + made.stderr)
    return int(found[1]), sum(path.stat().st_size for path in out.rglob(f"*.{form}"))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--formats", nargs="+", default=["parquet", "csv"])
    options.add_argument("--family", default="mca-actual")
    options.add_argument("--subscriptions", type=int, default=40)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--binary", default=str(ROOT / "target" / "release" / "forecast"))
    chosen = options.parse_args()
    (ROOT / "target").mkdir(exist_ok=True)
    print("| format | rows | size | wall | CPU | memory |\n|---|---|---|---|---|---|", flush=True)
    for form in chosen.formats:
        for rows in (chosen.rows // 10, chosen.rows):
            with tempfile.TemporaryDirectory(dir=ROOT / "target") as name:
                export = pathlib.Path(name) / "export"
                made, size = sample(chosen, export, rows, form)
                command = [chosen.binary, "price", "estimate", str(export), "--rates", str(export / "ratecard.json"),
                           "--threads", str(chosen.threads), "-o", "csv"]
                measured(command)
                runs = [measured(command) for _ in range(chosen.runs)]
                wall, cpu, peak = (statistics.median(run[place] for run in runs) for place in range(3))
                print(f"| {form} | {made:,} | {size / 1e9:.2f} GB | {wall:.1f} s | {cpu:.1f} s | {peak / 1000:.2f} GB |",
                      flush=True)


if __name__ == "__main__":
    main()
