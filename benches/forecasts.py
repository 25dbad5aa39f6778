"""Forecasts many daily series with `forecast predict` and a few of them with AutoETS, in one run.

    python3 benches/forecasts.py [--series 10000] [--days 400] [--peer 40] [--binary target/release/forecast]
    python3 benches/forecasts.py --series 1000000 --peer 0

Printed are wall time, CPU time and peak resident memory of whole processes: all series, a tenth of
them (cost should grow in proportion), and AutoETS of statsforecast (weekly season) on a few, one thread,
its start and its compilation left out. The ratio is CPU time a series. statsforecast is installed into a
virtual environment below `target/`. The series are made up: levels, weekdays, a walk and noise.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from environment import ROOT, python
from exports import measured

MAKE = """
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
count, days, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng, t = np.random.default_rng(1), np.arange(days)
writer = None
for first in range(0, count, 10_000):
    some = min(10_000, count - first)
    walk = np.exp(np.cumsum(rng.normal(0, .01, (some, days)), 1) + rng.normal(0, .08, (some, days)))
    values = rng.lognormal(3, 1.5, some)[:, None] * (1 + .3 * (t % 7 < 5)) * walk
    ids = pa.array(np.repeat([f"series {first + n}" for n in range(some)], days))
    dates = pa.array(np.tile(np.datetime64("2025-09-16") + t, some))
    table = pa.table({"unique_id": ids, "ds": dates, "y": values.round(4).ravel()})
    writer = writer or pq.ParquetWriter(out, table.schema)
    writer.write_table(table)
writer.close()
"""
PEER = """
import sys, time, numpy as np, pyarrow.parquet as pq
from statsforecast.models import AutoETS
table, count = pq.read_table(sys.argv[1]), int(sys.argv[2])
values = np.array(table["y"]).reshape(-1, int(sys.argv[3]))[:count + 1]
AutoETS(season_length=7).forecast(values[-1], h=10)  # compiles
start = time.process_time()
for row in values[:count]:
    AutoETS(season_length=7).forecast(row, h=10, level=[80, 95])
print((time.process_time() - start) / count)
"""


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--series", type=int, default=10_000)
    options.add_argument("--days", type=int, default=400)
    options.add_argument("--peer", type=int, default=40)
    options.add_argument("--binary", default=str(ROOT / "target" / "release" / "forecast"))
    chosen = options.parse_args()
    interpreter = python("statsforecast", "numpy", "pyarrow")
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as name:
        folder = pathlib.Path(name)
        each = 0.0
        for count in (chosen.series // 10, chosen.series):
            table = folder / f"{count}.parquet"
            subprocess.run([interpreter, "-c", MAKE, str(count), str(chosen.days), table], check=True)
            command = [chosen.binary, "predict", "--series", str(table), "-o", "parquet", "--out-file",
                       str(folder / "out.parquet"), "-q"]
            wall, cpu, peak, _ = measured(command)
            each = cpu / count
            print(f"{count:7,} series: wall {wall:6.2f} s   cpu {cpu:6.2f} s ({1e3 * each:.2f} ms a series)   peak {peak:5.0f} MB")
        if not chosen.peer:
            return
        peer = float(measured([interpreter, "-c", PEER, str(table), str(chosen.peer), str(chosen.days)])[3])
        print(f"AutoETS: cpu {1e3 * peer:.0f} ms a series; forecast takes 1/{peer / each:.0f} of it")


if __name__ == "__main__":
    main()
