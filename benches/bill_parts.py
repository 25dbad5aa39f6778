"""Trees, single days and budgets on the real series of the public accuracy benchmark.

    python benches/bill_parts.py BENCHMARK [--binary target/release/forecast] [--before EARLIER-RELEASE]

Trees: of every real set the series that end on one day (four at least) are leaves, put into two to five groups by a hash; printed
are errors with `--tree` over those of added leaves, level by level, and what the ranges hold. Days: each series is forecast 35 and
64 days before its end; printed is what ranges of days hold by days ahead, and the interval score over that of `--before`. Budgets:
a budget is 0.8 to 1.3 times the last month's total; printed are the Brier score and the calibration error. Needs pandas, numpy and
pyarrow.
"""

import argparse
import hashlib
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).parents[1]
COLUMNS = ["--date-column", "date", "--value-column", "value", "-q", "-o", "csv"]
AHEAD = [(1, 1), (2, 3), (4, 7), (8, 14), (15, 21), (22, 28), (29, 99)]


def run(binary, folder, *arguments):
    out = folder / "out.csv"
    done = subprocess.run([binary, *map(str, arguments), *COLUMNS, "--out-file", out], capture_output=True, text=True)
    return None if done.returncode else pd.read_csv(out, dtype={"series_id": str, "group": str, "cycle": str})


def real(benchmark):
    table = pd.read_parquet(benchmark / "dev.parquet")
    table = table[~table.dataset.str.startswith(("cold", "syn"))].copy()
    table["date"] = pd.to_datetime(table.date)
    table["end"] = table.groupby(["dataset", "series_id"]).date.transform("max")
    return table


def inside(rows):
    ends = [((rows[low] <= rows.actual + 1e-9) & (rows.actual - 1e-9 <= rows[high])).mean()
            for low, high in (("lo80", "hi80"), ("lo95", "hi95"))]
    return f"80 % holds {ends[0]:.1%}, 95 % {ends[1]:.1%}"


def trees(binary, folder, table):
    ratios, all_of = {0: [], 1: [], 2: []}, {0: [], 1: [], 2: []}
    for (_, _), own in table.groupby(["dataset", "end"]):
        names = own.series_id.unique()
        if len(names) < 4:
            continue
        count = max(2, min(5, len(names) // 3))
        group = {name: f"g{int(hashlib.md5(name.encode()).hexdigest(), 16) % count}" for name in names}
        file = folder / "tree.parquet"
        own.assign(group=own.series_id.map(group))[["group", "series_id", "date", "value"]].to_parquet(file)
        ids = ["backtest", "--series", file, "--id-column", "group", "--id-column", "series_id"]
        tree, leaves = run(binary, folder, *ids, "--tree"), run(binary, folder, *ids)
        tree, leaves = tree.dropna(subset=["total"]), leaves.dropna(subset=["total"])
        keys = [["cycle", "cut_day"], ["group", "cycle", "cut_day"], ["group", "series_id", "cycle", "cut_day"]]
        levels = [tree[tree.group.isna()], tree[tree.group.notna() & tree.series_id.isna()], tree[tree.series_id.notna()]]
        for level, (key, rows) in enumerate(zip(keys, levels)):
            added = leaves.groupby(key)[["total", "actual"]].sum().reset_index()
            both = rows.merge(added, on=key, suffixes=("", "_added"))
            both = both[np.isclose(both.actual, both.actual_added)]
            size = both.groupby(key[:-2]).actual.transform(lambda v: v.abs().mean()) if level else 1.0
            errors = [((both[name] - both.actual).abs() / size).sum() for name in ("total", "total_added")]
            if errors[1] > 0:
                ratios[level].append(np.log(errors[0] / errors[1]))
            all_of[level].append(both)
    for level, name in enumerate(("totals", "groups", "leaves")):
        print(f"trees, {name}: error {np.exp(np.mean(ratios[level])):.3f} of adding up, {inside(pd.concat(all_of[level]))}")


def days(binary, folder, table):
    found = []
    for (name, end), own in table.groupby(["dataset", "end"]):
        for back in (35, 64):
            seen = end - pd.Timedelta(days=back)
            file = folder / "days.parquet"
            own[["series_id", "date", "value"]].to_parquet(file)
            rows = run(binary, folder, "predict", "--series", file, "--id-column", "series_id", "--as-of", seen.date(), "--cycles",
                       2, "--daily")
            if rows is None:
                continue
            rows = rows[rows.x_RecordType != "Actual"].copy()
            rows["date"] = pd.to_datetime(rows.ChargePeriodStart).dt.tz_localize(None)
            rows = rows.merge(own[["series_id", "date", "value"]], on=["series_id", "date"])
            rows["ahead"] = (rows.date - seen).dt.days + 1
            rows["size"] = rows.series_id.map(own.groupby("series_id").value.apply(lambda v: v.abs().mean()))
            found.append(rows[rows["size"] > 0].assign(dataset=name))
    found = pd.concat(found)
    low, high = found.x_Lower80, found.x_Upper80
    found["in80"] = (low - 1e-9 <= found.value) & (found.value <= high + 1e-9)
    found["in95"] = (found.x_Lower95 - 1e-9 <= found.value) & (found.value <= found.x_Upper95 + 1e-9)
    off = (low - found.value).clip(lower=0) + (found.value - high).clip(lower=0)
    found["score"] = (high - low + 10 * off) / found["size"]
    return found


def days_report(found, before):
    for first, last in AHEAD:
        rows = found[found.ahead.between(first, last)]
        sets = rows.groupby("dataset")[["in80", "in95", "score"]].mean()
        text = f"days {first}-{last} ahead: 80 % holds {sets.in80.mean():.1%}, 95 % {sets.in95.mean():.1%}"
        if before is not None:
            theirs = before[before.ahead.between(first, last)].groupby("dataset").score.mean()
            text += f", interval score {np.exp(np.log(sets.score / theirs).mean()):.2f} of before"
        print(text)


def budgets(binary, folder, table, benchmark):
    tasks = pd.read_parquet(benchmark / "tasks_dev.parquet")
    months = table.assign(month=table.date.dt.to_period("M")).groupby(["dataset", "series_id", "month"]).value.agg(["sum", "count"])
    tasks["month"] = pd.PeriodIndex(tasks.cycle, freq="M") - 1
    tasks = tasks.merge(months.reset_index(), on=["dataset", "series_id", "month"])
    tasks = tasks[(tasks["count"] >= 28) & (tasks["sum"] > 0)]
    random = np.random.default_rng(1)
    drawn = pd.concat([tasks.assign(budget=tasks["sum"] * random.uniform(0.8, 1.3, len(tasks))) for _ in range(4)])
    series, file = folder / "series.parquet", folder / "tasks.parquet"
    table[["dataset", "series_id", "date", "value"]].to_parquet(series)
    drawn[["dataset", "series_id", "cycle", "cut_day", "budget"]].to_parquet(file)
    rows = run(binary, folder, "backtest", "--series", series, "--id-column", "dataset", "--id-column", "series_id", "--tasks", file)
    rows = rows.dropna(subset=["breach_probability"])
    said, came = rows.breach_probability, (rows.actual > rows.budget).astype(float)
    tenth = (said * 10).clip(upper=9).astype(int)
    off = sum((tenth == place).mean() * abs(came[tenth == place].mean() - said[tenth == place].mean()) for place in set(tenth))
    print(f"budgets: Brier {((said - came) ** 2).mean():.4f}, calibration error {off:.4f}, {len(rows)} questions")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("benchmark", type=pathlib.Path)
    options.add_argument("--before", help="an earlier release to compare days with")
    options.add_argument("--binary", default=str(ROOT / "target" / "release" / "forecast"))
    chosen = options.parse_args()
    table = real(chosen.benchmark)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        trees(chosen.binary, folder, table)
        before = days(chosen.before, folder, table) if chosen.before else None
        days_report(days(chosen.binary, folder, table), before)
        budgets(chosen.binary, folder, table, chosen.benchmark)


if __name__ == "__main__":
    main()
