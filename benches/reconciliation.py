"""Whether reconciling the forecasts of a tree (MinTrace) beats adding up its leaves.

    python benches/reconciliation.py BENCHMARK [--binary target/release/forecast]

Each real set of the benchmark whose series end in one month becomes a tree of one total and its series.
`forecast backtest` predicts the last twelve months of total and series at the benchmark's cut days. The last
four are tested; errors of all months before a tested one give its covariance. Printed is the sum of absolute
errors, of totals and of series, against that of adding up (bottom-up, 1 by definition): the total's own
forecast, weighted least squares by variance, and MinTrace with a shrunk covariance (Wickramasuriya, Athanasopoulos
and Hyndman, 2019; Schaefer and Strimmer, 2005). Needs numpy, pandas and pyarrow.
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd

CUTS = [3, 7, 10, 15, 20, 25]
KEY = ["dataset", "series_id", "cycle", "cut_day"]
TOTAL = "(total)"
MONTHS, TESTED, FEWEST_LEAVES = 12, 4, 4


def trees(folder):
    """Series of each real set that end in the same month, in long form, with their sum beside them."""
    series = pd.read_parquet(folder / "dev.parquet")
    series["date"] = pd.to_datetime(series["date"])
    kinds = pd.read_parquet(folder / "tasks_dev.parquet").groupby("dataset")["kind"].first()
    for dataset, rows in series[series["dataset"].map(kinds) == "real"].groupby("dataset"):
        ends = rows.groupby("series_id")["date"].agg(["min", "max"])
        end = ends["max"].mode().max()
        first = (end - pd.DateOffset(months=MONTHS + 3)).replace(day=1)
        kept = ends.index[(ends["max"] == end) & (ends["min"] <= first)]
        if len(kept) < FEWEST_LEAVES:
            continue
        leaves = rows[rows["series_id"].isin(kept) & (rows["date"] >= ends.loc[kept, "min"].max())]
        total = leaves.groupby("date", as_index=False)["value"].sum().assign(dataset=dataset, series_id=TOTAL)
        yield pd.concat([leaves, total])[["dataset", "series_id", "date", "value"]]


def forecasts(binary, series, tasks):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        series.to_parquet(place / "series.parquet", index=False)
        tasks.to_parquet(place / "tasks.parquet", index=False)
        subprocess.run(
            [binary, "backtest", "--series", place / "series.parquet", "--id-column", "dataset", "--id-column", "series_id",
             "--date-column", "date", "--value-column", "value", "--tasks", place / "tasks.parquet",
             "-o", "parquet", "--out-file", place / "out.parquet"], check=True)
        return pd.read_parquet(place / "out.parquet")[KEY + ["total"]]


def shrunk(errors):
    """Covariance of rows of errors, drawn to its diagonal as far as noise asks for."""
    count = len(errors)
    scale = np.sqrt((errors**2).mean(0)) + 1e-12
    scaled = errors / scale
    products = scaled[:, :, None] * scaled[:, None, :]
    correlation = products.mean(0)
    noise = products.var(0, ddof=1) / count
    off = ~np.eye(errors.shape[1], dtype=bool)
    drawn = np.clip(noise[off].sum() / max((correlation[off] ** 2).sum(), 1e-12), 0, 1)
    correlation[off] *= 1 - drawn
    return correlation * np.outer(scale, scale)


def reconciled(base, covariance):
    """Coherent leaves, not negative where no leaf was: generalised least squares of the total and the leaves."""
    summing = np.vstack([np.ones(len(base) - 1), np.eye(len(base) - 1)])
    inverse = np.linalg.pinv(covariance)
    leaves = np.linalg.pinv(summing.T @ inverse @ summing) @ summing.T @ inverse @ base
    return np.maximum(leaves, 0) if (base >= 0).all() else leaves


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("benchmark", type=pathlib.Path)
    options.add_argument("--binary", default=pathlib.Path(__file__).parents[1] / "target" / "release" / "forecast")
    chosen = options.parse_args()
    series = pd.concat(trees(chosen.benchmark))
    series["cycle"] = series["date"].dt.strftime("%Y-%m")
    sums = series.groupby(["dataset", "series_id", "cycle"])["value"].sum().rename("actual").reset_index()
    last = sums.groupby("dataset")["cycle"].transform("max")
    age = (pd.PeriodIndex(last, freq="M").year - pd.PeriodIndex(sums["cycle"], freq="M").year) * 12
    age += pd.PeriodIndex(last, freq="M").month - pd.PeriodIndex(sums["cycle"], freq="M").month
    tasks = sums[age < MONTHS].assign(age=age[age < MONTHS]).merge(pd.DataFrame({"cut_day": CUTS}), how="cross")
    made = tasks.merge(forecasts(chosen.binary, series.drop(columns="cycle"), tasks[KEY]), on=KEY)
    errors = {}
    for (dataset, cut), rows in made.groupby(["dataset", "cut_day"]):
        said = rows.pivot(index="age", columns="series_id", values="total")
        true = rows.pivot(index="age", columns="series_id", values="actual")
        order = [TOTAL] + [name for name in said.columns if name != TOTAL]
        said, true = said[order].to_numpy(), true[order].to_numpy()
        for test in range(TESTED):
            base, actual, past = said[test], true[test], (said - true)[test + 1 :]
            variances = np.diag((past**2).mean(0) + 1e-12)
            leaves = {
                "bottom-up": base[1:],
                "total's own": None,
                "variances": reconciled(base, variances),
                "MinTrace": reconciled(base, shrunk(past)),
            }
            for way, own in leaves.items():
                total = base[0] if own is None else own.sum()
                size = actual[0]
                entry = errors.setdefault((dataset, way), [0.0, 0.0])
                entry[0] += abs(total - actual[0]) / size
                entry[1] += np.abs((base[1:] if own is None else own) - actual[1:]).sum() / size
    names = ["total's own", "variances", "MinTrace"]
    print(f"{'':18}" + "".join(f"{name + ', total':>20}{'series':>8}" for name in names))
    logs = []
    for dataset in sorted({dataset for dataset, _ in errors}):
        plain = errors[dataset, "bottom-up"]
        ratios = [errors[dataset, way][level] / plain[level] for way in names for level in (0, 1)]
        logs.append(np.log(ratios))
        print(f"{dataset:18}" + "".join(f"{one:20.3f}{other:8.3f}" for one, other in zip(ratios[::2], ratios[1::2])))
    means = np.exp(np.mean(logs, 0))
    print(f"{'geometric mean':18}" + "".join(f"{one:20.3f}{other:8.3f}" for one, other in zip(means[::2], means[1::2])))


if __name__ == "__main__":
    main()
