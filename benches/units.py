"""How near totals of made-up bills come, and whether they are the same whatever is asked.

    python benches/units.py [--exports 30] [--binary target/release/forecast] [--before EARLIER-RELEASE]

Each export is tested on its last three cycles, after the usual days. The total, and each subscription, is compared with the
forecast of its own daily series (`series` read by `backtest --series`), which is what a total is without its parts, or with
`--before` with the totals of an earlier release: printed are
the mean error over that of the own forecast, the share of totals inside their ranges, and the share forecast too low. Then
totals of nine questions are compared, to the cent, as of five days. Last come three families of 13 months, six cycles.
"""

import argparse
import csv
import io
import math
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).parents[1]
FAMILIES = ["mca-actual", "ea-actual", "focus-1.0", "payg", "mca-amortized"]
QUESTIONS = [[], ["service"], ["resource-group"], ["x_SkuMeterId"], ["x_ChargeKind"], ["region", "service"],
             ["service", "subscription"], ["subscription", "resource-group"], ["subscription", "service"]]
SHOWN = ["x_ActualToDate", "x_ForecastRemaining", "x_ForecastTotal", "x_Lower80", "x_Upper80", "x_Lower95", "x_Upper95"]


def rows(command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {run.stderr}")
    return list(csv.DictReader(io.StringIO(run.stdout)))


def sample(binary, folder, seed, family, months, subscriptions, through="2026-10-31"):
    out = folder / f"{family}-{seed}-{through}"
    subprocess.run([binary, "sample", "--out", out, "--seed", str(seed), "--months", str(months), "--subscriptions",
                    str(subscriptions), "--rows-per-day", "300", "--family", family, "--through", through, "-q"],
                   check=True, capture_output=True)
    return out


def tested(command, key):
    found = {}
    for row in rows(command):
        if row["total"]:
            numbers = [float(row[name]) for name in ("total", "actual", "lo80", "hi80", "lo95", "hi95")]
            found[(row.get(key, ""), row["cycle"], row["cut_day"])] = numbers
    return found


def own(binary, export, group, cycles):
    """The same totals by forecasts of their own daily series."""
    table = export.parent / f"{export.name}.csv"
    daily = rows([binary, "series", export, *group, "-o", "csv", "-q"])
    cost = next(name for name in daily[0] if name.endswith("Cost"))
    key = "SubAccountId" if group else None
    with table.open("w") as out:
        out.write("unique_id,ds,y\n")
        for row in daily:
            if row[cost]:
                out.write(f"{row[key] if key else ''}#,{row['ChargePeriodStart'][:10]},{row[cost]}\n")
    found = tested([binary, "backtest", "--series", table, "--cycles", str(cycles), "-o", "csv", "-q"], "unique_id")
    return {(name.rstrip("#"), *rest): value for (name, *rest), value in found.items()}


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def compare(name, pairs):
    """Errors over those of the other forecasts, export by export, and what the ranges hold."""
    ratios, all_of = [], []
    for ours, theirs in pairs:
        both = [key for key in ours if key in theirs and ours[key][1] > 0]
        errors = [sum(abs(found[key][0] - ours[key][1]) / ours[key][1] for key in both) for found in (ours, theirs)]
        ratios.append(errors[0] / errors[1])
        all_of += [ours[key] for key in both]
    inside = [mean(row[low] <= row[1] <= row[high] for row in all_of) for low, high in ((2, 3), (4, 5))]
    low = mean(row[0] < row[1] for row in all_of)
    ratio = math.exp(mean(map(math.log, ratios)))
    print(f"{name}: error {ratio:.3f} of the others', 80 % holds {inside[0]:.1%}, 95 % {inside[1]:.1%}, {low:.0%} too low, "
          f"{len(all_of)} totals")


def accuracy(binary, folder, count, before):
    totals, subscriptions = [], []
    for seed in range(1, count + 1):
        export = sample(binary, folder, seed, FAMILIES[seed % 5], 8 + seed % 7, 3 + seed % 7)
        for found, group, key in ((totals, [], ""), (subscriptions, ["-g", "subscription"], "SubAccountId")):
            ours = tested([binary, "backtest", export, *group, "--cycles", "3", "-o", "csv", "-q"], key)
            theirs = tested([before, "backtest", export, *group, "--cycles", "3", "-o", "csv", "-q"], key) if before else None
            found.append((ours, theirs or own(binary, export, group, 3)))
    compare("totals", totals)
    compare("subscriptions", subscriptions)


def sameness(binary, folder, count):
    differ = 0
    for seed in range(1, count + 1):
        for day in ("03", "08", "14", "20", "27"):
            export = sample(binary, folder, 100 + seed, FAMILIES[seed % 5], 7, 3, f"2026-10-{day}")
            answers = set()
            for question in QUESTIONS:
                if FAMILIES[seed % 5] == "payg" and "region" in question:
                    continue
                for more in ([], ["--top", "2"]):
                    group = [part for name in question for part in ("-g", name)]
                    told = rows([binary, "predict", export, "--totals", "-o", "csv", "-q", *group, *(more if group else [])])
                    totals = [row for row in told if row["x_GroupLevel"] == "0"]
                    answers.add(tuple(tuple(row[name] for name in SHOWN) for row in totals))
            differ += len(answers) != 1
    print(f"same total: {count} exports as of five days, {differ} differ between {len(QUESTIONS)} questions")


def bias(binary, folder):
    found = []
    for family in FAMILIES[:3]:
        for seed in range(1, 6):
            export = sample(binary, folder, 200 + seed, family, 13, 6)
            found += tested([binary, "backtest", export, "-g", "subscription", "--cycles", "6", "-o", "csv", "-q"],
                            "SubAccountId").values()
    found = [row for row in found if row[1] > 0]
    off = mean((row[0] - row[1]) / row[1] for row in found)
    low, inside = mean(row[0] < row[1] for row in found), mean(row[2] <= row[1] <= row[3] for row in found)
    print(f"13 months, six cycles: bias {off:+.2%}, {low:.0%} too low, 80 % holds {inside:.1%}, {len(found)} totals")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--exports", type=int, default=30)
    options.add_argument("--same", type=int, default=20)
    options.add_argument("--before", help="an earlier release to compare with")
    options.add_argument("--binary", default=str(ROOT / "target" / "release" / "forecast"))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        accuracy(chosen.binary, folder, chosen.exports, chosen.before)
        sameness(chosen.binary, folder, chosen.same)
        bias(chosen.binary, folder)


if __name__ == "__main__":
    main()
