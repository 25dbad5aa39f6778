"""Scores the model and its layers on the public accuracy benchmark, and writes docs/accuracy.md.

    python benches/accuracy.py BENCHMARK [--binary target/release/forecast] [--unseen]

`--unseen` also measures series forecast by models that never saw them: five folds over series, and each set
left out (together some 40 minutes on two cores). Needs numpy, pandas and pyarrow.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import pandas as pd

ROOT = pathlib.Path(__file__).parents[1]
LAYERS = {
    "`default`": [],
    "`pooled`": ["--model", "pooled"],
    "`weights`": ["--model", "weights"],
    "`local_level`, one candidate": ["--model", "local_level"],
    "`ridge`": ["--model", "ridge"],
    "`seasonal_naive`": ["--model", "seasonal_naive"],
    "`run_rate`": ["--model", "run_rate"],
}
UNSEEN = {
    "`default`, five folds over series": ["--folds", "5"],
    "`default`, each set left out": ["--leave-out"],
}
DAYS = [3, 7, 10, 15, 20, 25]


def predictions(binary, benchmark, options):
    with tempfile.TemporaryDirectory() as place:
        out = pathlib.Path(place) / "predictions.parquet"
        subprocess.run(
            [binary, "backtest", "--series", benchmark / "dev.parquet", "--id-column", "dataset", "--id-column", "series_id",
             "--date-column", "date", "--value-column", "value", "--tasks", benchmark / "tasks_dev.parquet",
             "--seen", benchmark / "late_dev.parquet", "-o", "parquet", "--out-file", out, "-q", *options], check=True)
        return pd.read_parquet(out)


def table(names, rows):
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("benchmark", type=pathlib.Path)
    options.add_argument("--binary", default=ROOT / "target" / "release" / "forecast")
    options.add_argument("--unseen", action="store_true")
    chosen = options.parse_args()
    sys.path.insert(0, str(chosen.benchmark))
    import score

    tasks = pd.read_parquet(chosen.benchmark / "tasks_dev.parquet")
    runs = LAYERS | (UNSEEN if chosen.unseen else {})
    made = {name: predictions(chosen.binary, chosen.benchmark, options) for name, options in runs.items()}
    scored = {name: (*score.score(tasks, own), score.score(tasks, own, lite=True)[1]) for name, own in made.items()}
    number, share = "{:.3f}".format, "{:.1%}".format
    layers = [
        [name, number(all_["real"]), number(lite["real"]), number(all_["cold"]), number(all_["synthetic"])]
        for name, (_, all_, lite) in scored.items()
    ]
    long, summary, _ = scored["`default`"]
    real = tasks[tasks["kind"] == "real"].merge(made["`default`"], on=score.KEY, suffixes=("", "_said"))
    inside = (real["actual"] >= real["lo80"]) & (real["actual"] <= real["hi80"])
    by_day = inside.groupby(real["cut_day"]).mean()
    days = [
        ["error"] + [number(summary[f"real_day{day}"]) for day in DAYS],
        ["share in the 80 % range"] + [share(by_day[day]) for day in DAYS],
    ]
    whole = long[long["cut"] == 0].pivot(index="dataset", columns="metric", values="value")
    parts = long[(long["metric"] == "rel") & (long["cut"] > 0)].groupby("dataset")["value"]
    error = parts.apply(lambda own: own.prod() ** (1 / len(own)))
    is_cold = tasks.groupby("dataset")["kind"].first() == "cold"
    error = error.where(~is_cold, whole["rel"])  # one cut a series: all of them together
    sets = [
        [dataset, number(error[dataset]), share(row["wape"]), share(row["cov80"]), share(row["cov95"]), number(row["crps"])]
        for dataset, row in whole.iterrows()
    ]
    text = f"""# Accuracy

Written by `python benches/accuracy.py BENCHMARK{' --unseen' if chosen.unseen else ''}`; not by hand.

{len(made["`default`"]):,} forecasts of month totals on the development half of the public accuracy benchmark. Error is relative to
the benchmark's run rate, which believes every day; lower is better; over sets and cut days it is a geometric mean, for sets of short
histories (`cold`) over sets. What a layer brings is the difference of two lines. The series were looked at while the
model was made, and the shipped prior was trained on their earlier months: series kept back are the fairer test.

{table(["Model", "real", "real, benchmark's subset", "cold", "synthetic"], layers)}

## By day of the cycle

`default`, real sets.

{table(["After day", *map(str, DAYS)], days)}

All real sets together: {share(summary["real_cov80"])} of totals lie in the 80 % range, {share(summary["real_cov95"])} in the 95 % range; CRPS {summary["real_crps"]:.4f}.

## By set

`default`. WAPE is the sum of errors over the sum of totals.

{table(["Set", "error", "WAPE", "in 80 %", "in 95 %", "CRPS"], sets)}
"""
    (ROOT / "docs" / "accuracy.md").write_text(text)


if __name__ == "__main__":
    main()
