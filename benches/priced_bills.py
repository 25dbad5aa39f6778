"""Forecasts that know prices against forecasts that see costs only, on made-up bills with tiers and a credit.

    python benches/priced_bills.py [--binary target/release/forecast] [--seeds 1-200] [--jobs 2]

A seed is a subscription with a year of daily use, a price list and a monthly credit. Its bill is priced here, by
plain decimal arithmetic that shares no code with the program. The last two months are forecast after each cut day.

Parameters, each drawn once a seed (or a meter) from the range given:

    meters                 6 to 14, monthly values lognormal (sigma 1), 2,000 a month together
    share in tiers         40 to 80 % of the value at the first paid price is use of meters with tiers
    tiers                  a free amount of 20 to 70 % of a month's use; or 2 to 4 tiers whose bounds lie at 15 to
                           90 % of it, each at 40 to 85 % of the price before, in a quarter of cases at 110 to 160 %
    credit                 30 to 90 % of the mean monthly bill; in a fifth of seeds it does not pay for one meter
    growth                 a month: normal, mean 2 %, deviation 3 %; 15 % of meters step once by a factor 0.5 to 2
    week                   70 % of meters have weekends at 30 to 100 % of a weekday
    noise                  of a day: autoregressive (0.6), deviation 3 to 15 %
    price change           in a fifth of seeds one meter's prices change by -30 to +30 % in the last four months
    new meters             5 % begin in the course of the year

Odd seeds may be used to choose how the program forecasts; even seeds are never used for that. Printed are errors of what
is to pay (sum of absolute errors over the sum of what is to pay):

    priced      `predict --pricing`
    net only    `predict --series` on what was to pay each day: no prices, no credit
    less credit `predict` on the charges, and the credit taken off: no prices
Needs pandas and pyarrow.
"""

import argparse
import calendar
import concurrent.futures
import datetime
import json
import math
import pathlib
import random
import subprocess
import tempfile
from decimal import Decimal

import pandas as pd

ROOT = pathlib.Path(__file__).parents[1]
FIRST, LAST = datetime.date(2025, 10, 1), datetime.date(2026, 9, 30)
TESTED = [datetime.date(2026, 8, 1), datetime.date(2026, 9, 1)]
CUT_DAYS = [3, 5, 7, 10, 12, 15]
DAYS = [FIRST + datetime.timedelta(days) for days in range((LAST - FIRST).days + 1)]
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-{:012d}"


def month_of(day):
    return day.replace(day=1)


def month_end(day):
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def rounded(value, digits):
    return Decimal(repr(round(value, digits)))


class Meter:
    """A meter: what is used on each day, and its prices from the days on which they begin to hold."""

    def __init__(self, number, draw, value, has_tiers):
        self.id = f"{number:08d}-0000-4000-8000-{draw.randrange(16**12):012x}"
        price = math.exp(draw.gauss(-2, 1.5))
        month = value / price
        self.quantities = used(draw, month / 30.4)
        self.prices = {None: tiers(draw, price, month) if has_tiers else [(Decimal(0), rounded(price, 6))]}

    def change_price(self, draw):
        factor = draw.uniform(0.7, 1.3)
        day = datetime.date(2026, 6, 1) + datetime.timedelta(draw.randrange(122))
        self.prices[day] = [(bound, rounded(float(price) * factor, 6)) for bound, price in self.prices[None]]

    def price_on(self, day):
        held = [begin for begin in self.prices if begin is not None and begin <= day]
        return self.prices[max(held) if held else None]

    def costs(self):
        """The cost of each day: differences of the price of the month's use so far."""
        costs, so_far, month = [], Decimal(0), None
        for day, quantity in zip(DAYS, self.quantities):
            if month_of(day) != month:
                so_far, month = Decimal(0), month_of(day)
            price = self.price_on(day)
            costs.append(graduated(price, so_far + quantity) - graduated(price, so_far))
            so_far += quantity
        return costs


def used(draw, level):
    growth = draw.gauss(0.02, 0.03)
    weekend = draw.uniform(0.3, 1.0) if draw.random() < 0.7 else 1.0
    step_day, step = (draw.randrange(len(DAYS)), draw.uniform(0.5, 2)) if draw.random() < 0.15 else (len(DAYS), 1.0)
    begin = draw.randrange(len(DAYS) - 60) if draw.random() < 0.05 else 0
    deviation, state, quantities = draw.uniform(0.03, 0.15), 0.0, []
    for number, day in enumerate(DAYS):
        state = 0.6 * state + draw.gauss(0, deviation * 0.8)
        own = level * (1 + growth) ** (number / 30.4) * math.exp(state)
        own *= weekend if day.weekday() >= 5 else 1.0
        own *= step if number >= step_day else 1.0
        quantities.append(rounded(own, 4) if number >= begin else Decimal(0))
    return quantities


def tiers(draw, price, month):
    if draw.random() < 0.4:
        return [(Decimal(0), Decimal(0)), (rounded(month * draw.uniform(0.2, 0.7), 2), rounded(price, 6))]
    bounds = sorted({rounded(month * draw.uniform(0.15, 0.9), 2) for _ in range(draw.randint(1, 3))})
    rises = draw.random() < 0.25
    found, own = [(Decimal(0), rounded(price, 6))], price
    for bound in bounds:
        own *= draw.uniform(1.1, 1.6) if rises else draw.uniform(0.4, 0.85)
        found.append((bound, rounded(own, 6)))
    return found


def graduated(price, quantity):
    cost = Decimal(0)
    for place, (bound, each) in enumerate(price):
        end = price[place + 1][0] if place + 1 < len(price) else quantity
        cost += max(Decimal(0), min(quantity, end) - bound) * each
    return cost


class Bill:
    """A subscription of one seed."""

    def __init__(self, seed):
        draw = random.Random(seed)
        count, share = draw.randint(6, 14), draw.uniform(0.4, 0.8)
        in_tiers = max(1, min(count - 1, round(count * share)))
        values = [math.exp(draw.gauss(0, 1)) for _ in range(count)]
        wanted = [share if place < in_tiers else 1 - share for place in range(count)]
        sums = [sum(values[:in_tiers])] * in_tiers + [sum(values[in_tiers:])] * (count - in_tiers)
        values = [2000 * value / total * part for value, total, part in zip(values, sums, wanted)]
        self.meters = [Meter(place, draw, value, place < in_tiers) for place, value in enumerate(values)]
        if draw.random() < 0.2:
            draw.choice(self.meters).change_price(draw)
        self.excluded = draw.choice(self.meters).id if draw.random() < 0.2 else None
        self.costs = {meter.id: meter.costs() for meter in self.meters}
        gross = sum(sum(costs) for costs in self.costs.values())
        self.credit = rounded(float(gross) / 12 * draw.uniform(0.3, 0.9), 2)
        self.subscription = SUBSCRIPTION.format(seed)

    def net_days(self):
        """What is to pay for each day: the credit of a month pays first."""
        net, left, month = [], Decimal(0), None
        for place, day in enumerate(DAYS):
            if month_of(day) != month:
                left, month = self.credit, month_of(day)
            own = {meter: costs[place] for meter, costs in self.costs.items()}
            paid = min(left, sum(cost for meter, cost in own.items() if meter != self.excluded))
            left -= paid
            net.append(sum(own.values()) - paid)
        return net

    def card(self):
        lines = ['currency = "EUR"', f"credit = {self.credit}"]
        if self.excluded:
            lines.append(f'credit_excludes = ["{self.excluded}"]')
        for meter in self.meters:
            begins = sorted(meter.prices, key=lambda begin: begin or datetime.date.min)
            for begin, until in zip(begins, [*begins[1:], None]):
                found = ", ".join(f"{{ from = {bound}, price = {price} }}" for bound, price in meter.prices[begin])
                lines += ["[[price]]", f'meter = "{meter.id}"', 'unit = "1 GB"', f"tiers = [{found}]"]
                lines += [f"from = {begin}"] if begin else []
                lines += [f"until = {until}"] if until else []
        return "\n".join(lines) + "\n"

    def export(self):
        rows = []
        for meter in self.meters:
            for day, quantity, cost in zip(DAYS, meter.quantities, self.costs[meter.id]):
                if quantity:
                    rows.append((str(cost), str(quantity), meter.id, day))
        table = pd.DataFrame(rows, columns=["BilledCost", "PricingQuantity", "x_SkuMeterId", "ChargePeriodStart"])
        months = table["ChargePeriodStart"].map(month_of)
        return table.assign(
            BillingPeriodStart=months,
            BillingPeriodEnd=months.map(lambda month: month_end(month) + datetime.timedelta(1)),
            ChargePeriodEnd=table["ChargePeriodStart"] + datetime.timedelta(1),
            BillingCurrency="EUR", ChargeCategory="Usage", x_PricingUnitDescription="1 GB", ServiceName="Storage",
            SubAccountId=self.subscription, SkuMeter="metered use",
        )


def forecasts(binary, seed):
    """The rows of one seed: month, cut day, what was to pay, and the forecasts of it."""
    bill, rows = Bill(seed), []
    net = bill.net_days()
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        bill.export().to_csv(place / "export.csv", index=False)
        (place / "card.toml").write_text(bill.card())
        pd.DataFrame({"unique_id": "net", "ds": DAYS, "y": [float(day) for day in net]}).to_csv(place / "net.csv", index=False)

        def predict(*words):
            command = [str(binary), "predict", *map(str, words), "--settle-days", "0", "-o", "json", "-q"]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            return json.loads(done.stdout)["rows"]

        for month in TESTED:
            of_month = [at for at, day in enumerate(DAYS) if month_of(day) == month]
            due = float(sum(net[at] for at in of_month))
            gross = float(sum(sum(costs[at] for at in of_month) for costs in bill.costs.values()))
            free = sum(sum(costs[at] for at in of_month) for meter, costs in bill.costs.items() if meter != bill.excluded)
            for cut in CUT_DAYS:
                as_of = month + datetime.timedelta(cut)
                row_of = lambda found: next(row for row in found if row["BillingPeriodStart"].startswith(str(month)))
                priced = row_of(predict(place / "export.csv", "--as-of", as_of, "--pricing", place / "card.toml"))
                costs = row_of(predict(place / "export.csv", "--as-of", as_of))
                plain = row_of(predict("--series", place / "net.csv", "--as-of", as_of))
                number = lambda row, name: float(row[name])
                rows.append({
                    "seed": seed, "cut": cut, "due": due, "gross": gross,
                    "priced": number(priced, "x_ForecastNet"), "net only": number(plain, "x_ForecastTotal"),
                    "less credit": max(0.0, number(costs, "x_ForecastTotal") - float(bill.credit)),
                    "gross priced": number(priced, "x_ForecastTotal"), "gross plain": number(costs, "x_ForecastTotal"),
                    "in 80": number(priced, "x_NetLower80") - 0.01 <= due <= number(priced, "x_NetUpper80") + 0.01,
                    "in 95": number(priced, "x_NetLower95") - 0.01 <= due <= number(priced, "x_NetUpper95") + 0.01,
                    "credit covers": free <= bill.credit,
                })
    return rows


def error(table, name, truth="due"):
    return (table[name] - table[truth]).abs().sum() / table[truth].sum()


def line(name, table):
    priced, plain, less = (error(table, column) for column in ("priced", "net only", "less credit"))
    gross = [error(table, column, "gross") for column in ("gross priced", "gross plain")]
    cells = [f"{100 * value:.1f} %" for value in (priced, plain, less)] + [f"{priced / plain:.2f}", f"{priced / less:.2f}"]
    cells += [f"{100 * value:.1f} %" for value in (*gross, table["in 80"].mean(), table["in 95"].mean())]
    print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=ROOT / "target" / "release" / "forecast", type=pathlib.Path)
    options.add_argument("--seeds", default="1-200")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--keep", type=pathlib.Path, help="write every forecast to this CSV file too")
    chosen = options.parse_args()
    first, last = map(int, chosen.seeds.split("-"))
    with concurrent.futures.ProcessPoolExecutor(chosen.jobs) as pool:
        seeds = list(range(first, last + 1))
        rows = [row for found in pool.map(forecasts, [chosen.binary] * len(seeds), seeds) for row in found]
    table = pd.DataFrame(rows)
    if chosen.keep:
        table.to_csv(chosen.keep, index=False)
    print("| | priced | net only | less credit | priced ÷ net only | priced ÷ less credit | gross priced | gross plain | in 80 % | in 95 % |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, half in [("odd seeds", 1), ("even seeds", 0)]:
        of_half = table[table["seed"] % 2 == half]
        if len(of_half):
            for cut in CUT_DAYS:
                line(f"{name}, day {cut}", of_half[of_half["cut"] == cut])
            line(f"{name}, days 3 to 15", of_half)


if __name__ == "__main__":
    main()
