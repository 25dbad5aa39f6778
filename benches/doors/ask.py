"""Asks each command about a folder and compares its answer, digit for digit, with the oracle's.

A *door* is a way to the same numbers: each function takes the question and returns what differs, as lines of text.
An answer of the wrong kind (an exit code, a panic) differs as well.
"""

import csv
import dataclasses
import datetime as dt
import io
import os
import pathlib
import subprocess
from decimal import Decimal

from .oracle import Answer, answer, covered_days

CENT = Decimal("0.005")
# A plan spreads a quantity over days.
SMALL = Decimal("0.000001")
CARD = 'currency = "EUR"\n' + "".join(
    f'[[price]]\nmeter = "m{n}"\nunit = "1 Hour"\nprice = 1\n' for n in (1, 2, 3))
BATCH = """[batch]
out = "night"
outputs = ["csv"]
max-age-days = 0
[[job]]
name = "plain"
inputs = ["in"]
group-by = ["subscription"]
"""
PRICED_JOB = """[[job]]
name = "priced"
inputs = ["in"]
group-by = ["subscription"]
pricing = "card.toml"
"""
# A folder with fewer days of use may have too little for a forecast.
FEW_DAYS = 14
LONGEST_SECONDS = 300
SHOWN = 3


@dataclasses.dataclass
class Question:
    """A folder on disk, its description and the answer; `binary` is the program."""

    binary: str
    work: pathlib.Path
    folder: object
    answer: Answer

    def run(self, *args, as_of=True):
        """Exit code, stdout, stderr of a command in the folder's working directory."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("FORECAST_", "AZURE_"))}
        home = str(self.work / "home")
        env |= {"HOME": home, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home, "NO_COLOR": "1", "TZ": "UTC",
                "FORECAST_TODAY": str(self.folder.newest().date() + dt.timedelta(days=1))}
        more = ["--as-of", str(self.folder.as_of)] if as_of and self.folder.as_of else []
        try:
            done = subprocess.run([self.binary, *args, *more], cwd=self.work, env=env, capture_output=True, text=True,
                                  errors="replace", timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            return None, "", f"no end after {LONGEST_SECONDS} s"
        return done.returncode, done.stdout, done.stderr

    def is_hourly(self):
        rows = [c for r in self.folder.runs for c in r.rows] + [c for f in self.folder.loose for c in f.rows]
        return all(c.hour is not None for c in rows)

    def use_days(self):
        days = [c.day for c in self.answer.charges if c.kind == "Usage"]
        return (max(days) - min(days)).days + 1 if days else 0

    def may_lack_forecast(self):
        """Whether there may be too little for a forecast, or nothing of the cycle asked about and the one before."""
        if self.use_days() < FEW_DAYS:
            return True
        if not self.folder.as_of:
            return False
        before = (self.folder.as_of.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
        return all(c.day < before for c in self.answer.charges)

    def priced_fits(self):
        return all(c.currency == "EUR" for c in self.answer.charges) and bool(self.answer.usage())


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def number(text):
    return Decimal(text) if text not in ("", "null", None) else Decimal(0)


def subscription(text):
    return (text or "").rsplit("/", 1)[-1].lower()


def period(row):
    return dt.date.fromisoformat(row["BillingPeriodStart"][:10])


def exit_differs(question, code, err, may_lack=False):
    """Why the exit code is wrong, "" where the run ended as it must without rows, or `None` where it has rows."""
    answer = question.answer
    if code == 101 or "panicked" in err or "internal fault" in err:
        return f"panic: {err.strip()[-150:]}"
    if answer.refused:
        return "" if code == 1 else f"exit {code}, but the rules refuse the folder ({answer.refused})"
    if answer.is_empty:
        return "" if code in (1, 4) else f"exit {code}, but nothing counts"
    if code == 4 and may_lack:
        return ""
    return None if code == 0 else f"exit {code}: {first_line(err)}"


def first_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error")] or lines[-1:]
    return errors[0][:200] if errors else ""


def sums_differ(got, right, tolerance=Decimal(0)):
    """Keys whose sums differ, as lines; zeros and missing keys are equal here."""
    found = [key for key in sorted(set(got) | set(right), key=str) if abs(got.get(key, 0) - right.get(key, 0)) > tolerance]
    lines = [f"{' '.join(map(str, key))}: {got.get(key, 0)}, right {right.get(key, 0)}" for key in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"and {len(found) - SHOWN} more; sum {sum(got.values())}, right {sum(right.values())}")
    return lines


def daily_of(question, text):
    rows = rows_of(text)
    metric = question.answer.metric
    if rows and metric not in rows[0]:
        return None
    got = {}
    for row in rows:
        key = (subscription(row["SubAccountId"]), dt.date.fromisoformat(row["ChargePeriodStart"][:10]), row["BillingCurrency"])
        got[key] = got.get(key, 0) + number(row[metric])
    return got


def compare_daily(question, *args, as_of=True):
    code, out, err = question.run("series", *args, "-g", "subscription", "-o", "csv", "-q", as_of=as_of)
    why = exit_differs(question, code, err)
    if why is not None:
        return [why] if why else []
    got = daily_of(question, out)
    if got is None:
        return [f"the metric is not {question.answer.metric}"]
    return sums_differ(got, question.answer.daily())


def series(question):
    return compare_daily(question, "in")


def missing_days(question):
    """Whether covered days without a charge are 0 and days that no run covers are null, from the first charge on."""
    covered = covered_days(question.folder)
    if covered is None or question.answer.refused or question.answer.is_empty:
        return None
    code, out, err = question.run("series", "in", "-g", "subscription", "-o", "csv", "-q")
    if code != 0:
        return [f"exit {code}: {first_line(err)}"]
    charged = {}
    for c in question.answer.charges:
        charged.setdefault(c.sub, set()).add(c.day)
    shown, lines = {}, []
    for row in rows_of(out):
        shown[subscription(row["SubAccountId"]), dt.date.fromisoformat(row["ChargePeriodStart"][:10])] = row[question.answer.metric]
    for sub, days in charged.items():
        known = days | covered[sub]
        for place in range((max(known) - min(days)).days + 1):
            day = min(days) + dt.timedelta(days=place)
            value = shown.get((sub, day), "")
            if (day in known) != (value != ""):
                lines.append(f"{sub} {day}: {value or 'null'}, but the day is {'' if day in known else 'not '}covered")
    return lines[:SHOWN]


def hourly(question):
    return compare_daily(question, "in", "--granularity", "hourly") if question.is_hourly() else None


def ingest(question):
    """What lands without `--as-of` is read back with it."""
    code, _, err = question.run("ingest", "in", "--out", "landed", as_of=False)
    if question.folder.as_of:
        # What every day of the folder says may be refused where a part of it is not.
        whole = dataclasses.replace(question, answer=answer(dataclasses.replace(question.folder, as_of=None)))
        why = exit_differs(whole, code, err)
        return [why] if why else None
    why = exit_differs(question, code, err)
    if why is not None:
        return [why] if why else []
    return compare_daily(question, "landed")


def actuals_differ(question, text):
    """Where `x_ActualToDate` of the cycles shown is not the sum of the charges they bill."""
    got, shown = {}, set()
    for row in rows_of(text):
        key = (subscription(row["SubAccountId"]), period(row), row["BillingCurrency"])
        shown.add(key[1])
        got[key] = number(row["x_ActualToDate"])
    if not shown:
        return ["no rows"]
    right = {key: value for key, value in question.answer.cycles().items() if key[1] in shown}
    return sums_differ(got, right, CENT)


def compare_actuals(question, *args):
    code, out, err = question.run("predict", "in", "-g", "subscription", "-o", "csv", "-q", *args)
    why = exit_differs(question, code, err, may_lack=question.may_lack_forecast())
    if why is not None:
        return [why] if why else []
    return actuals_differ(question, out)


def predict(question):
    return compare_actuals(question)


def predict_priced(question):
    if not (question.priced_fits() or question.answer.refused):
        return None
    if question.answer.metric != "BilledCost" and not question.answer.refused:
        # Prices are of what is billed: where no file holds that, the question is refused.
        code, _, err = question.run("predict", "in", "--pricing", "card.toml", "-q")
        return [] if code in (1, 2, 4) else [f"exit {code}: {first_line(err)}"]
    return compare_actuals(question, "--pricing", "card.toml")


def estimate(question):
    if not (question.priced_fits() or question.answer.refused):
        return None
    code, out, err = question.run("price", "estimate", "in", "--rates", "card.toml", "-o", "csv", "-q")
    why = exit_differs(question, code, err)
    if why is not None:
        return [why] if why else []
    got = {}
    for row in rows_of(out):
        if row["x_SkuMeterId"].startswith("m"):
            key = (row["x_LineId"].split("/")[0].lower(), row["x_SkuMeterId"], period(row))
            got[key] = got.get(key, 0) + number(row["BilledCost"])
    return sums_differ(got, question.answer.usage_of_cycles())


def price_compare(question):
    """The cost as it is of the cycle that `price compare` picks must be that of one cycle of the usage."""
    if not (question.priced_fits() or question.answer.refused):
        return None
    code, out, err = question.run("price", "compare", "in", "--rates", "card.toml", "--offer", "MS-AZR-0003P", "-o", "csv",
                                  "-q")
    why = exit_differs(question, code, err)
    if why is not None:
        return [why] if why else []
    got, right = {}, {}
    for row in rows_of(out):
        if row["x_Alternative"] == "as planned" and row["x_SkuMeterId"].startswith("m"):
            key = (row["x_SkuMeterId"], period(row))
            got[key] = got.get(key, 0) + number(row["BilledCost"])
    if not got:
        return ["no rows of the usage as planned"]
    shown = {key[1] for key in got}
    for (_, meter, cycle), quantity in question.answer.usage_of_cycles().items():
        if cycle in shown:
            right[meter, cycle] = right.get((meter, cycle), 0) + quantity
    return sums_differ(got, right, SMALL)


def batch(question):
    is_billed = question.answer.metric == "BilledCost"
    is_priced = (question.priced_fits() and is_billed) or bool(question.answer.refused)
    (question.work / "forecast.toml").write_text(BATCH + (PRICED_JOB if is_priced else ""))
    code, _, err = question.run("batch", "--config", "forecast.toml", "-q")
    may_lack = question.may_lack_forecast() and code in (1, 4)
    why = "" if may_lack and not question.answer.refused else exit_differs(question, code, err)
    if why is not None:
        return [why] if why else []
    found = []
    for name in ["plain", "priced"][: 1 + is_priced]:
        files = list((question.work / "night").glob(f"*/{name}.csv"))
        if len(files) != 1:
            found.append(f"{name}: {len(files)} files")
        else:
            found += [f"{name}: {line}" for line in actuals_differ(question, files[0].read_text())]
    return found


def backtest(question):
    months = {c.period for c in question.answer.charges if c.kind == "Usage"}
    if not question.answer.refused and len(months) < 3:
        return None
    code, out, err = question.run("backtest", "in", "-g", "subscription", "-o", "csv", "-q")
    why = exit_differs(question, code, err, may_lack=True)
    if why is not None:
        return [why] if why else []
    got = {}
    for row in rows_of(out):
        got[subscription(row["SubAccountId"]), dt.date.fromisoformat(row["cycle"] + "-01"), row["BillingCurrency"]] = \
            number(row["actual"])
    right = {key: value for key, value in question.answer.cycles().items() if key in got}
    return sums_differ(got, right, CENT)


def train(question):
    """The exit code only: folders of this size are too short to learn from."""
    code, _, err = question.run("train", "in", "-g", "subscription", "--out", "model.json", "--made-up", "0", "-q")
    why = exit_differs(question, code, err, may_lack=True)
    return [why] if why else []


DOORS = {"series": series, "missing days": missing_days, "hourly": hourly, "predict": predict, "predict --pricing": predict_priced,
         "price estimate": estimate, "price compare": price_compare, "ingest": ingest, "batch": batch,
         "backtest": backtest, "train": train}
