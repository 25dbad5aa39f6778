"""Deleted resources and halved costs: how soon forecasts of made-up bills follow.

    python benches/stops.py [--series 200] [--binary target/release/forecast]

Of 20 made-up exports the daily costs of services in subscriptions are taken that cost something each day. On 5 October each is
stopped, or halved from 3 October on; printed is, so many days later, how many 80 % ranges hold the month's total, and how many
forecasts are within 5 % of a usual month of it.
"""

import argparse
import datetime
import pathlib
import random
import tempfile

from units import FAMILIES, ROOT, mean, rows, sample

STOP, STEP = datetime.date(2026, 10, 5), datetime.date(2026, 10, 3)


def costs(binary, folder, count):
    series = {}
    for seed in range(1, 21):
        export = sample(binary, folder, seed, FAMILIES[seed % 5], 9, 4)
        daily = rows([binary, "series", export, "-g", "subscription", "-g", "service", "-o", "csv", "-q"])
        cost = next(name for name in daily[0] if name.endswith("Cost"))
        for row in daily:
            days = series.setdefault((seed, row["SubAccountId"], row["ServiceName"]), {})
            if row[cost]:
                days[datetime.date.fromisoformat(row["ChargePeriodStart"][:10])] = float(row[cost])
    steady = [days for days in series.values() if len(days) > 200 and min(list(days.values())[-90:]) > 0.01]
    random.Random(1).shuffle(steady)
    return steady[:count]


def forecast(binary, folder, series, change, day):
    table = folder / "series.csv"
    with table.open("w") as out:
        out.write("unique_id,ds,y\n")
        for place, days in enumerate(series):
            out.writelines(f"{place},{date},{change(date, cost)}\n" for date, cost in days.items() if date < day)
    found = rows([binary, "predict", "--series", table, "--as-of", str(day), "-o", "csv", "-q"])
    return {int(row["unique_id"]): row for row in found}


def tested(name, binary, folder, series, change, first, after):
    for days in after:
        found = forecast(binary, folder, series, change, first + datetime.timedelta(days))
        inside, near = [], []
        for place, own in enumerate(series):
            month = {date: cost for date, cost in own.items() if (date.year, date.month) == (2026, 10)}
            came, usual = sum(change(date, cost) for date, cost in month.items()), sum(month.values())
            low, point, high = (float(found[place][name]) for name in ("x_Lower80", "x_ForecastTotal", "x_Upper80"))
            inside.append(low - 0.001 * usual <= came <= high + 0.001 * usual)
            near.append(abs(point - came) <= 0.05 * usual)
        print(f"{name} {days:2} days later: 80 % holds {mean(inside):.0%}, within 5 % {mean(near):.0%}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--series", type=int, default=200)
    options.add_argument("--binary", default=str(ROOT / "target" / "release" / "forecast"))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        series = costs(chosen.binary, folder, chosen.series)
        print(f"{len(series)} series")
        tested("stopped", chosen.binary, folder, series, lambda date, cost: cost if date < STOP else 0.0, STOP, (2, 3, 5, 7))
        tested("halved", chosen.binary, folder, series, lambda date, cost: cost if date < STEP else cost / 2, STEP, (7, 10, 14, 17))


if __name__ == "__main__":
    main()
