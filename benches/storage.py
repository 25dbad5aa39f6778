"""How much of an export in Blob Storage is read for a question, and how long that takes beside local disk.

    tests/run                                   # installs the emulator once
    cargo build --release
    python3 -m venv target/bench-venv && target/bench-venv/bin/pip install -r benches/requirements.txt
    target/bench-venv/bin/python benches/storage.py [--rows-per-day 100000]

Makes a Parquet export of about 1 GB, puts it into the emulator (Azurite), and reads daily series from
there, first with an empty cache, then again. Bytes are those that the program says it read from storage;
what the question needs is the sum of the column chunks of the columns it names (`-vv`), by pyarrow.
The emulator shares the processor with the program.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pyarrow.parquet

ROOT = Path(__file__).resolve().parent.parent
FORECAST = Path(os.environ.get("FORECAST_BIN", ROOT / "target/release/forecast"))
AZURITE = ROOT / "target/azurite"
# The emulator's published account and key.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def series(source, environment, out):
    """Seconds, and what was said, of daily series of `source`."""
    begin = time.perf_counter()
    done = subprocess.run(
        [FORECAST, "series", source, "-g", "subscription", "-g", "service", "-o", "parquet", "--out-file", out, "-vv"],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return time.perf_counter() - begin, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-per-day", type=int, default=100_000)
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="storage-bench-"))
    azurite = None
    try:
        export = work / "export"
        sample = ["sample", "--out", export, "--seed", "1", "--months", "6", "--subscriptions", "40"]
        sample += ["--rows-per-day", str(options.rows_per_day), "--family", "mca-actual", "--format", "parquet"]
        subprocess.run([FORECAST, *sample, "--through", "2026-10-31"], check=True, stdout=subprocess.DEVNULL)
        files = sorted(export.rglob("*.parquet"))
        size = sum(path.stat().st_size for path in files)
        rows = sum(pyarrow.parquet.ParquetFile(path).metadata.num_rows for path in files)
        print(f"export: {rows / 1e6:.1f} M rows, {size / 1e9:.2f} GB in {len(files)} files")

        port = free_port()
        endpoint = f"http://127.0.0.1:{port}/devstoreaccount1"
        command = [AZURITE / "node_modules/.bin/azurite-blob", "--silent", "--skipApiVersionCheck"]
        command += ["--location", work / "azurite", "--blobPort", str(port)]
        azurite = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        subprocess.run(["node", AZURITE / "fill.mjs", endpoint, "costs", export], check=True)

        environment = dict(
            os.environ,
            AZURE_STORAGE_ACCOUNT_NAME="devstoreaccount1",
            AZURE_STORAGE_ACCOUNT_KEY=KEY,
            AZURE_STORAGE_ENDPOINT=endpoint,
            FORECAST_CACHE=str(work / "cache"),
        )
        local, _ = series(export, environment, work / "local.parquet")
        remote, told = series("az://costs/", environment, work / "remote.parquet")
        again, told_again = series("az://costs/", environment, work / "again.parquet")
        tables = [pyarrow.parquet.read_table(work / name) for name in ("local.parquet", "remote.parquet", "again.parquet")]
        assert tables[0].equals(tables[1]) and tables[0].equals(tables[2]), "the series differ"

        needed = 0
        for path in files:
            line = next(line for line in told.splitlines() if path.name in line and str(path.parent.name) in line and "needed columns" in line)
            names = set(line.split("needed columns: ")[1].split(", "))
            metadata = pyarrow.parquet.ParquetFile(path).metadata
            for group in range(metadata.num_row_groups):
                chunks = (metadata.row_group(group).column(place) for place in range(metadata.num_columns))
                needed += sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in names)
        read = [int(re.search(r": (\d+) bytes read from storage", text).group(1)) for text in (told, told_again)]
        print(f"needed by the question: {needed / 1e6:.1f} MB; read: {read[0] / 1e6:.1f} MB, {read[0] / needed:.3f} of it; read again: {read[1]} bytes")
        print(f"local {local:.1f} s, from storage {remote:.1f} s ({remote / local:.2f} times), again {again:.1f} s ({again / local:.2f} times)")
    finally:
        if azurite:
            azurite.kill()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
