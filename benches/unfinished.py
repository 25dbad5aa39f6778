"""What masking unfinished last days brings where no rows say how days fill up.

    python benches/unfinished.py BENCHMARK [--binary target/release/forecast]

Every cut of the benchmark's late set becomes a series of its own, whose last days are as they were seen then, and
is forecast without `--seen`; the real sets, whose days are complete, are forecast beside it. Printed is the error
relative to the run rate, as the benchmark's scorer has it, with the shipped model and with the same model that
believes every day. Needs pandas and pyarrow.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import pandas as pd

ROOT = pathlib.Path(__file__).parents[1]
LATE = "syn_cloud_late"


def as_seen(benchmark, tasks):
    """The late set, a series for each cut, and its tasks."""
    series = pd.read_parquet(benchmark / "dev.parquet")
    late = pd.read_parquet(benchmark / "late_dev.parquet")
    whole = {name: rows.set_index("date")["value"] for name, rows in series[series["dataset"] == LATE].groupby("series_id")}
    seen = {cut: rows for cut, rows in late.groupby(["series_id", "cycle", "cut_day"])}
    made = []
    for cut in tasks[["series_id", "cycle", "cut_day"]].itertuples(index=False, name=None):
        values = whole[cut[0]].copy()
        if cut in seen:
            values.loc[seen[cut]["date"]] = seen[cut]["value_seen"].to_numpy()
        made.append(values.reset_index().assign(dataset=LATE, series_id="|".join(map(str, cut))))
    named = tasks.assign(series_id=tasks[["series_id", "cycle", "cut_day"]].astype(str).agg("|".join, axis=1))
    return pd.concat(made), named


def predictions(binary, model, series, tasks, place):
    series.to_parquet(place / "series.parquet", index=False)
    tasks.to_parquet(place / "tasks.parquet", index=False)
    subprocess.run(
        [binary, "backtest", "--series", place / "series.parquet", "--id-column", "dataset", "--id-column", "series_id",
         "--date-column", "date", "--value-column", "value", "--tasks", place / "tasks.parquet", "--model", model,
         "-o", "parquet", "--out-file", place / "out.parquet", "-q"], check=True)
    return pd.read_parquet(place / "out.parquet")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("benchmark", type=pathlib.Path)
    options.add_argument("--binary", default=ROOT / "target" / "release" / "forecast")
    chosen = options.parse_args()
    sys.path.insert(0, str(chosen.benchmark))
    import score

    tasks = pd.read_parquet(chosen.benchmark / "tasks_dev.parquet")
    complete = pd.read_parquet(chosen.benchmark / "dev.parquet")
    inputs = {
        "last days as seen": as_seen(chosen.benchmark, tasks[tasks["dataset"] == LATE]),
        "complete, real": (complete, tasks[tasks["kind"] == "real"]),
    }
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        shipped = ROOT / "models" / "default.json"
        model = json.loads(shipped.read_text())
        model["settling"]["most_suspect_days"] = 0
        believing = place / "believing.json"
        believing.write_text(json.dumps(model))
        for name, (series, cuts) in inputs.items():
            for what, file in (("masked", shipped), ("believed", believing)):
                long, _ = score.score(cuts, predictions(chosen.binary, file, series, cuts, place))
                errors = long[(long["metric"] == "rel") & (long["cut"] == 0)]["value"]
                print(f"{name}, {what}: {errors.mean():.3f}")


if __name__ == "__main__":
    main()
