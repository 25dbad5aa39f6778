"""Which charges of a folder count: an implementation of the rules apart from the program's.

Plain loops over every charge, exact decimals, no cleverness. Each rule carries the name of the section of the
rules that it follows (`RULES`); `answer` returns the charges that count, or why the folder is refused.

Where the rules allow two readings the oracle knows both (`Reading`). A folder on which readings disagree has no
single right answer: `answers` returns all of them, and the caller leaves such a folder out and counts it.
"""

import dataclasses
import datetime as dt
import itertools

from .oracle_files import Refused, fills, of_files, seen_files

ONE_DAY = dt.timedelta(days=1)
# Two scopes of one of these kinds never contain each other.
SIBLINGS = ("section", "resource group", "department", "enrollment account", "customer", "profile")

RULES = {
    "complete": "§2 Runs: a run counts only when each blob is there with its byteCount and dataRowCount",
    "no data": "§2 Runs: a run without data covers nothing, so an older run keeps its days",
    "as of": "§2 Run time: --as-of hides runs submitted on the date or later and charges of the date and later",
    "metric": "§1: billed where any file has it, otherwise the only metric there is",
    "newest": "§2 Scopes: each day from the newest complete run of its scope whose range contains it",
    "equal times": "§2 Scopes: two runs of one scope and time with different values of a day are refused",
    "late": "§2 Late rows: rows outside their run's range go with the newest run from the period's first day on",
    "nested": "§2 Scopes: a part comes from the newest run that holds it, wider or narrower; siblings add up",
    "agreements": "§2 Agreements: runs of different billing accounts never supersede each other",
    "same bill": "§2 Agreements: equal amounts for equal keys on three or more common days are refused",
    "estimates": "§2 Rows: estimates never count beside charges of the same subscription and day",
    "parts": "§2 Files: part files are one run; files without a common key are parts of one bill and add up",
    "states": "§2 Files: files with a common key of a common day are two states; whole days from the newer one",
    "reach": "§2 Files: newer is the later stated time, else the later last day of usage; equal reach with "
             "different values is refused",
    "content": "§2 Files: the same file given twice counts once",
    "covered": "§4: a run covers its first day to the earlier of its last day and the day before it was submitted; "
               "a covered day without a row is 0, a day that is not covered is missing",
    "period": "§3: a charge counts in the cycle of its billing period",
}


@dataclasses.dataclass(frozen=True)
class Reading:
    """The choices that the rules leave open. Each field is False in the first reading."""

    # The run that shows which days a billing scope lists a subscription: of that day, or the period's newest.
    listed_by_newest: bool = False
    # A section or profile known from a row's own ids, and the account around one, hold days also where they list none.
    ids_suffice: bool = False
    # Late rows of a run over fewer days count beside those of the run that they should go with.
    partial_late: bool = False
    # A run that late rows go with reaches as far as every older run, also as one that begins later in the period.
    late_by_all_reach: bool = False
    # A newer run of another scope takes late rows of its part also where that scope has none.
    late_of_scope: bool = False
    # An estimate is left out on every day that the charges' run covers, not only where a charge stands.
    estimates_by_cover: bool = False
    # The newer file takes all days between its first and last, not only those on which it lists the subscription.
    states_by_span: bool = False
    # Files are compared for each subscription, not as wholes.
    states_by_sub: bool = False
    # Metric and equal times look at incomplete and superseded runs too.
    all_runs_decide: bool = False


READINGS = [Reading()] + [Reading(**{field.name: True}) for field in dataclasses.fields(Reading)]


@dataclasses.dataclass
class Answer:
    """The charges that count for `metric`, or `refused`, or `empty`; `rules` that decided anything."""

    metric: str = "BilledCost"
    charges: list = dataclasses.field(default_factory=list)
    refused: str | None = None
    rules: set = dataclasses.field(default_factory=set)

    @property
    def is_empty(self):
        return not self.refused and not self.charges

    def sums(self, key, value, wanted=lambda c: True):
        found = {}
        for c in self.charges:
            if wanted(c):
                found[key(c)] = found.get(key(c), 0) + value(c)
        return {k: v for k, v in found.items() if v != 0}

    def daily(self):
        return self.sums(lambda c: (c.sub, c.day, c.currency), lambda c: c.cost)

    def cycles(self):
        return self.sums(lambda c: (c.sub, c.period, c.currency), lambda c: c.cost)

    def usage(self):
        return self.sums(lambda c: (c.sub, c.meter, c.day), lambda c: c.quantity, lambda c: c.kind == "Usage")

    def usage_of_cycles(self):
        return self.sums(lambda c: (c.sub, c.meter, c.period), lambda c: c.quantity, lambda c: c.kind == "Usage")


def answers(folder):
    """The answer by each reading, the usual one first."""
    return [answer(folder, reading) for reading in READINGS]


def answer(folder, reading=READINGS[0]):
    result = Answer()
    try:
        runs = seen_runs(folder, result.rules)
        metric = settle_metric(folder, runs, reading)
        result.metric = metric
        chosen = of_runs([r for r in runs if r.damage is None and r.rows and fills(r.kind, metric)], reading,
                         result.rules)
        chosen += of_files(seen_files(folder, metric), reading, result.rules)
        if folder.as_of:
            chosen = [c for c in chosen if c.day < folder.as_of]
        refuse_same_bill(chosen, result.rules)
        result.charges = chosen
    except Refused as why:
        result.refused = str(why)
    return result


def seen_runs(folder, rules):
    runs = [r for r in folder.runs if not folder.as_of or r.submitted.date() < folder.as_of]
    if len(runs) < len(folder.runs):
        rules.add("as of")
    if any(r.damage for r in runs):
        rules.add("complete")
    if any(not r.rows for r in runs):
        rules.add("no data")
    return runs


def settle_metric(folder, runs, reading):
    kinds = [r.kind for r in runs if reading.all_runs_decide or (r.damage is None and r.rows)]
    kinds += [f.kind for f in folder.loose]
    return "BilledCost" if any(k != "AmortizedCost" for k in kinds) or not kinds else "EffectiveCost"


# Runs with manifests


def last_covered(run):
    """The last day that the run covers: of its range, but before the day on which it was submitted."""
    return min(run.last, run.submitted.date() - ONE_DAY)


def contains(run, day):
    return run.first <= day <= run.last


@dataclasses.dataclass
class Timeline:
    """Complete runs of one scope and billing account, charges and estimates apart, oldest first."""

    scope: object
    account: str
    is_estimate: bool
    runs: list  # (run, its rows of this account)

    def of_day(self, day):
        """The newest run whose range contains the day, with its rows."""
        holding = [(run, rows) for run, rows in self.runs if contains(run, day)]
        return holding[-1] if holding else None

    def of_period(self, period):
        """Runs that belong to a billing period: by their range or by a row."""
        end = next_month(period)
        return [(run, rows) for run, rows in self.runs
                if (run.first < end and run.last >= period) or any(c.period == period for c in rows)]


def next_month(first):
    return (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def timelines(runs):
    """Runs by scope and account. A run that names no account belongs to that of its scope or subscription."""
    known = {}
    for run in runs:
        for c in run.rows:
            if run.names_account:
                known.setdefault(("scope", run.scope), c.account)
                known.setdefault(("sub", c.sub), c.account)
    found = {}
    for run in sorted(runs, key=lambda r: r.submitted):
        parts = {}
        for c in run.rows:
            account = c.account
            if not run.names_account:
                account = known.get(("scope", run.scope)) or known.get(("sub", c.sub)) or ""
            parts.setdefault((account, c.is_estimate), []).append(c)
        for (account, estimate), rows in parts.items():
            key = (run.scope, account, estimate)
            found.setdefault(key, Timeline(run.scope, account, estimate, [])).runs.append((run, rows))
    return list(found.values())


def values(rows, day):
    found = {}
    for c in rows:
        if c.day == day:
            key = (c.sub, c.key, c.currency, c.kind)
            found[key] = found.get(key, 0) + c.cost
    return found


def days_between(first, last):
    while first <= last:
        yield first
        first += ONE_DAY


def refuse_equal_times(line, reading, rules):
    for (a, rows_a), (b, rows_b) in itertools.combinations(line.runs, 2):
        if a.submitted != b.submitted:
            continue
        for day in days_between(max(a.first, b.first), min(last_covered(a), last_covered(b))):
            is_decided = line.of_day(day)[0].submitted > a.submitted and not reading.all_runs_decide
            if values(rows_a, day) != values(rows_b, day) and not is_decided:
                rules.add("equal times")
                raise Refused("equal times")


def state_of(line, reading, rules):
    """The rows that count within one scope, each with the run it comes from."""
    kept = []
    for run, rows in line.runs:
        for c in rows:
            if contains(run, c.day):
                if line.of_day(c.day)[0] is run:
                    kept.append((c, run))
                else:
                    rules.add("newest")
    periods = {c.period for _, rows in line.runs for c in rows}
    for period in periods:
        for run in late_runs(line, period, reading, rules):
            rows = dict((id(r), rows) for r, rows in line.runs)[id(run)]
            kept += [(c, run) for c in rows if c.period == period and not contains(run, c.day)]
    return kept


def late_runs(line, period, reading, rules, may_be_none=False):
    """The runs whose rows outside their own range count in this billing period: one, or none where there are no such
    rows, unless that `may_be_none`: then the one is named that would hold them."""
    runs = line.of_period(period)
    holding = [run for run, rows in runs if any(c.period == period and not contains(run, c.day) for c in rows)]
    if not holding and not may_be_none:
        return []
    rules.add("late")
    whole = []
    for place, (run, _) in enumerate(runs):
        older = [old for old, _ in runs[:place] if reading.late_by_all_reach or old.first <= period]
        if run.first <= period and all(last_covered(run) >= last_covered(old) for old in older):
            whole.append(run)
    if not whole:
        return (holding or [run for run, _ in runs])[-1:]
    more = [r for r in holding if r.submitted > whole[-1].submitted] if reading.partial_late else []
    return [whole[-1]] + more[-1:]


def nested(a, b):
    """Whether one of two scopes can hold a part of the other."""
    return not (a.kind == b.kind and a.kind in SIBLINGS)


def listed(line, day, sub, period, reading):
    """Whether the day lies between the first and last on which the scope's run lists the subscription."""
    if reading.listed_by_newest:
        runs = [r for r in line.of_period(period) if r[0].first <= day]
        found = runs[-1] if runs else None
    else:
        found = line.of_day(day)
    if not found:
        return False
    days = [c.day for c in found[1] if c.sub == sub and contains(found[0], c.day)]
    return bool(days) and min(days) <= day <= max(days)


def holds(line, c, reading, loser):
    """Whether this scope is one that the charge of the scope `loser` belongs to, as far as ids and rows show."""
    scope = line.scope
    if scope.kind == "subscription":
        return c.sub == scope.sub
    if scope.kind == "resource group":
        return c.sub == scope.sub and c.group == scope.group
    if scope.kind in ("section", "profile"):
        own = (scope.profile, scope.section) if scope.kind == "section" else (scope.profile,)
        stated = (c.profile, c.section) if scope.kind == "section" else (c.profile,)
        if all(stated) and own != stated:
            return False
        if all(stated) and (reading.ids_suffice or not c.sub):
            return True
    if scope.kind == "account" and (not c.sub or reading.ids_suffice and loser.kind in ("section", "profile")):
        return True
    return bool(c.sub) and listed(line, c.day, c.sub, c.period, reading)


def of_runs(runs, reading, rules):
    lines = timelines(runs)
    for line in lines:
        refuse_equal_times(line, reading, rules)
    if len({line.account for line in lines}) > 1:
        rules.add("agreements")
    states = [(line, state_of(line, reading, rules)) for line in lines]
    kept = []
    for line, state in states:
        for c, run in state:
            if not is_superseded(c, run, line, lines, reading, rules):
                kept.append((c, run))
    return drop_estimates(kept, lines, reading, rules)


def is_superseded(c, run, line, lines, reading, rules):
    """Whether a newer run of a wider or narrower scope holds the charge's part."""
    is_late = not contains(run, c.day)
    for other in lines:
        if other is line or other.account != line.account or other.is_estimate != line.is_estimate:
            continue
        if not nested(line.scope, other.scope):
            continue
        if is_late:
            chosen = late_runs(other, c.period, reading, rules, may_be_none=reading.late_of_scope)
            newest = chosen[0] if chosen else None
        else:
            found = other.of_day(c.day)
            newest = found[0] if found else None
        if newest and newest.submitted > run.submitted and holds(other, c, reading, line.scope):
            rules.add("nested")
            return True
    return False


def drop_estimates(kept, lines, reading, rules):
    charged = {(c.sub, c.day) for c, _ in kept if not c.is_estimate}
    if reading.estimates_by_cover:
        for line in lines:
            if not line.is_estimate:
                subs = {c.sub for _, rows in line.runs for c in rows}
                for run, _ in line.runs:
                    charged |= {(s, d) for s in subs for d in days_between(run.first, last_covered(run))}
    result = []
    for c, _ in kept:
        if c.is_estimate and (c.sub, c.day) in charged:
            rules.add("estimates")
        else:
            result.append(c)
    return result


def refuse_same_bill(charges, rules):
    """Two agreements that hold equal amounts for the same keys on three days are one bill under two names."""
    found = {}
    for c in charges:
        if c.sub and c.kind == "Usage" and not c.is_estimate:
            day = found.setdefault((c.sub, c.day), {}).setdefault(c.account, {})
            day[c.key] = day.get(c.key, 0) + c.cost
    equal = {}
    for (sub, _), accounts in found.items():
        for a, b in itertools.combinations(sorted(accounts), 2):
            if accounts[a] == accounts[b]:
                equal[sub, a, b] = equal.get((sub, a, b), 0) + 1
    if any(days >= 3 for days in equal.values()):
        rules.add("same bill")
        raise Refused("same bill")


def covered_days(folder):
    """Days that each subscription's scope covers, or `None` where more than one scope, or none, feeds one."""
    runs = [r for r in folder.runs if r.damage is None and r.rows]
    if not runs or folder.loose or folder.as_of or any(c.is_estimate for r in runs for c in r.rows):
        return None
    scopes = {}
    for run in runs:
        for c in run.rows:
            scopes.setdefault(c.sub, set()).add((run.scope, c.account, run.kind == "AmortizedCost"))
    if any(len(found) > 1 for found in scopes.values()):
        return None
    found = {}
    for sub, ((scope, _, _),) in scopes.items():
        days = [set(days_between(r.first, last_covered(r))) for r in runs if r.scope == scope]
        found[sub] = set().union(*days)
    return found
