"""Cycles after the open one, on the real series of the public accuracy benchmark and on made-up bills.

    python benches/later_cycles.py BENCHMARK [--binary target/release/forecast] [--before EARLIER-RELEASE] [--exports 15]

Series of two years (23 months at least, 12 of them before the day) are forecast after day 10 of the months 3, 6, 9 and 12 before
their last; made-up bills as of the tenth day of these months, in total and by subscription. Printed are, by how far a cycle lies
ahead, the error over that of `--before` (geometric mean over data sets), and what ranges hold; then the error of the sum of the
later cycles of a year, and what the range of the sum of all cycles holds. Needs pandas, numpy and pyarrow.
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).parents[1]
BACK = (3, 6, 9, 12)
GROUPS = ((2, 2), (3, 3), (4, 6), (7, 9), (10, 12))
FAMILIES = ("mca-actual", "ea-actual", "focus-1.0", "payg", "mca-amortized")
BOUNDS = ("x_Lower80", "x_Upper80", "x_Lower95", "x_Upper95")
START, END = "BillingPeriodStart", "BillingPeriodEnd"


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr}")


def read(out):
    rows = pd.read_csv(out, dtype={"series_id": str, "SubAccountId": str})
    for name in (START, END):
        rows[name] = pd.to_datetime(rows[name]).dt.tz_localize(None)
    return rows.dropna(subset=["x_ForecastTotal"])


def with_actual(rows, days, key, opened):
    """Adds the place of a cycle (1 is the open one), its actual cost, and the mean month before it."""
    sums = {name: values for name, values in days.groupby(key).value}
    found = []
    for row in rows.itertuples():
        values = sums.get(getattr(row, key))
        if values is None or values.index[-1][1] < row.BillingPeriodEnd - pd.Timedelta(days=1):
            continue
        day = values.index.get_level_values("date")
        cycle = values[(day >= row.BillingPeriodStart) & (day < row.BillingPeriodEnd)]
        year = values[(day >= opened - pd.Timedelta(days=365)) & (day < opened)]
        place = (row.BillingPeriodStart.year - opened.year) * 12 + row.BillingPeriodStart.month - opened.month + 1
        found.append({"id": getattr(row, key), "opened": opened, "place": place, "total": row.x_ForecastTotal,
                      "actual": cycle.sum(), "size": year.mean() * len(cycle), "cycles": getattr(row, "x_CycleCount", 1),
                      **{name: getattr(row, name) for name in BOUNDS}})
    return found


def predict(binary, folder, *arguments, sums):
    out = folder / "out.csv"
    run(binary, "predict", *arguments, "--cycles", 12, *(["--sum-cycles"] if sums else []), "-q", "-o", "csv", "--out-file", out)
    return read(out)


def real(binary, folder, benchmark, sums):
    table = pd.read_parquet(benchmark / "dev.parquet")
    table = table[~table.dataset.str.startswith(("cold", "syn"))].copy()
    table["date"] = pd.to_datetime(table.date)
    span = table.groupby(["dataset", "series_id"]).date.agg(first="min", last="max").reset_index()
    table = table.merge(span[(span["last"] - span["first"]).dt.days >= 700], on=["dataset", "series_id"])
    found = []
    for (name, last), own in table.groupby(["dataset", "last"]):
        days = own.set_index(["series_id", "date"])[["value"]].sort_index()
        for back in BACK:
            opened = ((last + pd.Timedelta(days=1)).to_period("M") - 1 - back).to_timestamp()
            cut = opened + pd.Timedelta(days=9)
            seen = own[(own.date <= cut) & ((cut - own["first"]).dt.days >= 365)]
            if seen.empty:
                continue
            file = folder / "seen.parquet"
            seen[["series_id", "date", "value"]].to_parquet(file)
            columns = ["--id-column", "series_id", "--date-column", "date", "--value-column", "value"]
            rows = predict(binary, folder, "--series", file, *columns, sums=sums)
            found += [{"set": name, **row} for row in with_actual(rows, days, "series_id", opened)]
    return pd.DataFrame(found)


def made_up(binary, maker, folder, count, sums):
    found = []
    for seed in range(count):
        family = FAMILIES[seed % len(FAMILIES)]
        export = folder / f"export-{seed}"
        if not export.exists():
            run(maker, "sample", "--out", export, "--seed", 900 + seed, "--months", 26, "--subscriptions", 3 + seed % 5,
                "--rows-per-day", 100, "--family", family, "--through", "2026-10-31", "-q")
        days = folder / "days.csv"
        run(binary, "series", export, "-g", "subscription", "-o", "csv", "-q", "--out-file", days)
        days = pd.read_csv(days, dtype={"SubAccountId": str})
        days["date"] = pd.to_datetime(days.ChargePeriodStart.str[:10])
        days["value"] = days[next(name for name in days if name.endswith("Cost"))]
        total = days.groupby("date").value.sum().reset_index().assign(SubAccountId="total")
        days = pd.concat([days.fillna({"SubAccountId": "none"}), total])
        days = days.groupby(["SubAccountId", "date"])[["value"]].sum().sort_index()
        for back in BACK:
            opened = (pd.Period("2026-10", "M") - back).to_timestamp()
            as_of = (opened + pd.Timedelta(days=9)).date()
            rows = predict(binary, folder, export, "--as-of", as_of, "-g", "subscription", "--totals", sums=sums)
            names = rows.SubAccountId.fillna("none")
            rows["SubAccountId"] = names.where(rows.x_GroupLevel == 1, "total")
            found += [{"set": f"made up, {'total' if row['id'] == 'total' else 'subscriptions'}", "export": seed, **row}
                      for row in with_actual(rows, days, "SubAccountId", opened)]
    return pd.DataFrame(found)


def report(name, found, before):
    found = found[found["size"] > 0].copy()
    found["error"] = (found.total - found.actual).abs() / found["size"]
    single, sums = found[found.cycles == 1], found[found.cycles == 12]
    inside = lambda rows, level: ((rows[f"x_Lower{level}"] - 1e-9 <= rows.actual) & (rows.actual <= rows[f"x_Upper{level}"] + 1e-9)).astype(float)
    print(f"{name}: {len(single[single.place > 1])} cycles of {len(single.groupby(['id', 'opened']))} forecasts")
    if before is not None:
        before = before[(before["size"] > 0) & (before.cycles == 1)].copy()
        before["error"] = (before.total - before.actual).abs() / before["size"]
    for first, last in (*GROUPS, (4, 12)):
        rows = single[single.place.between(first, last)]
        held = [inside(rows, level).groupby(rows["set"]).mean().mean() for level in (80, 95)]
        text = f"  cycles {first} to {last}: median error {rows.error.median():.1%}, " \
               f"80 % holds {held[0]:.1%}, 95 % {held[1]:.1%}"
        if before is not None:
            keys = [key for key in ("set", "export", "id", "opened", "place") if key in rows]
            both = rows.merge(before[[*keys, "error"]], on=keys, suffixes=("", "_before"))
            means = both.groupby("set")[["error", "error_before"]].mean()
            means = means[(means > 0).all(axis=1)]
            text += f", error {np.exp(np.log(means.error / means.error_before).mean()):.3f} of before"
        print(text)
    keys = [key for key in ("set", "export", "id", "opened") if key in single]
    later = single[single.place > 1].groupby(keys).agg(total=("total", "sum"), actual=("actual", "sum"), count=("place", "size"))
    later = later[(later["count"] >= 9) & (later.actual != 0)]
    print(f"  sums of 9 to 11 later cycles: median error {((later.total / later.actual - 1).abs()).median():.1%}, {len(later)} sums")
    if len(sums):
        held = [inside(sums, level).groupby(sums["set"]).mean().mean() for level in (80, 95)]
        print(f"  sums of 12 cycles: 80 % holds {held[0]:.1%}, 95 % {held[1]:.1%}, {len(sums)} sums")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("benchmark", type=pathlib.Path)
    options.add_argument("--before", help="an earlier release to compare with")
    options.add_argument("--binary", default=str(ROOT / "target" / "release" / "forecast"))
    options.add_argument("--exports", type=int, default=15)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        before = real(chosen.before, folder, chosen.benchmark, False) if chosen.before else None
        report("real series", real(chosen.binary, folder, chosen.benchmark, True), before)
        before = made_up(chosen.before, chosen.binary, folder, chosen.exports, False) if chosen.before else None
        report("made-up bills", made_up(chosen.binary, chosen.binary, folder, chosen.exports, True), before)


if __name__ == "__main__":
    main()
