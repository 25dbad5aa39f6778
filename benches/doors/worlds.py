"""Random folders of exports, by scenario: who exports what, how often, and what goes wrong.

A `World` is a small bill: subscriptions, resource groups, meters, a cost for each day. Each run of an export
sees its own version of it, since open months are re-rated, completed and corrected between runs.
"""

import dataclasses
import datetime as dt
import random
from decimal import Decimal

from . import folders
from .folders import DAMAGES, UTC, Charge, Folder, Loose, Run, Scope, month_end

ONE_DAY = dt.timedelta(days=1)
JUNE = dt.date(2026, 6, 1)
EA = ("7712045", "8830199")
MCA = ("1c2d3e4f-0000-4000-8000-000000000001:9a8b7c6d-0000-4000-8000-000000000002_2019-05-31",)


@dataclasses.dataclass(frozen=True)
class Series:
    """One series of daily charges, as long as the world lasts."""

    account: str
    profile: str
    section: str
    sub: str
    group: str
    resource: str
    meter: str
    cost: Decimal
    currency: str


class World:
    """A bill over the months from `first` on. `row(series, day, version)` is a charge as one version has it."""

    def __init__(self, rng, family, months, subs=None, accounts=1, sections=1):
        self.rng = rng
        self.family = family
        self.first = first_month(months)
        self.is_hourly = family == "focus" and rng.random() < 0.4
        self.offset = rng.choice(["Z", "Z", "+02:00", "-03:00"]) if self.is_hourly else "Z"
        with_resources = rng.random() < 0.4
        self.series = []
        for number in range(subs or rng.randint(1, 3)):
            sub = f"{number + 1:08x}-7d42-4b6a-9e10-{rng.getrandbits(48):012x}"
            account = (MCA if family == "mca" else EA)[number % accounts]
            section = f"SECT-{number % sections}-PJ"
            currency = "USD" if rng.random() < 0.05 else "EUR"
            for group in ["rg-a", "rg-b"][: rng.randint(1, 2)]:
                for meter in ["m1", "m2", "m3"][: rng.randint(1, 2)]:
                    resource = f"/subscriptions/{sub}/resourceGroups/{group}/providers/x/{meter}" if with_resources else ""
                    self.series.append(Series(account, "PROF-A-BG" if family == "mca" else "",
                                              section if family == "mca" else "", sub, group, resource, meter,
                                              Decimal(rng.randint(100, 3000)) / 100, currency))

    def subs(self):
        return sorted({s.sub for s in self.series})

    def charges(self, first, last, wanted=lambda s, day: True, version=None):
        """Charges of the days from `first` to `last`, as a new version of the bill has them."""
        rng = version or random.Random(self.rng.getrandbits(64))
        is_restated = rng.random() < 0.4
        rows = []
        for series in self.series:
            for number in range((last - first).days + 1):
                day = first + number * ONE_DAY
                if not wanted(series, day) or rng.random() < 0.06:
                    continue
                rows.append(self.charge(series, day, rng, is_restated))
                if rng.random() < 0.03:
                    rows.append(rows[-1])
        return rows

    def charge(self, series, day, rng, is_restated=False, period=None):
        cost = series.cost + Decimal(day.day) / 100
        if is_restated and rng.random() < 0.5:
            cost += Decimal(rng.randint(-50, 50)) / 100
        hour = None
        if self.is_hourly:
            hour = rng.randint(5, 18)
        return Charge(series.account, series.sub, series.group, series.resource, series.meter, day,
                      period or day.replace(day=1), cost, cost * 2, profile=series.profile,
                      section=series.section, currency=series.currency, hour=hour, offset=self.offset)


def first_month(months):
    first = JUNE
    for _ in range(months - 1):
        first = (first - ONE_DAY).replace(day=1)
    return first


class Maker:
    """Makes the runs of one folder; moments of runs are all different unless asked otherwise."""

    def __init__(self, seed, with_parquet):
        self.rng = random.Random(seed)
        self.with_parquet = with_parquet
        self.taken = set()

    def form(self):
        forms = ["csv", "csv", "csv.gz"] + (["parquet"] if self.with_parquet else [])
        return self.rng.choice(forms)

    def moment(self, day):
        """A moment of that day that no other run has."""
        while True:
            found = dt.datetime.combine(day, dt.time(self.rng.randint(1, 22), self.rng.randint(0, 59)), UTC)
            if found not in self.taken:
                self.taken.add(found)
                return found

    def export(self, world, scope, name, kind, wanted=lambda s, day: True, runs=None, months=None, late=False,
               damage=True):
        """The runs of one export: closed months once each, the running month as often as `runs` says."""
        form, parts = self.form(), self.rng.randint(1, 2)
        made = []
        month = world.first if months is None else first_month(months)
        while month < JUNE:
            last = month_end(month) - ONE_DAY
            rows = world.charges(month, last, wanted)
            made.append(Run(scope, name, kind, world.family, month, last,
                            self.moment(last + self.rng.randint(5, 9) * ONE_DAY), rows, form, parts))
            month = month_end(month)
        for _ in range(runs or self.rng.randint(1, 3)):
            made.append(self.run_of_june(world, scope, name, kind, wanted, form, parts))
        if late:
            self.add_late(world, made, wanted)
        if damage:
            for run in made:
                self.damage(run)
        return made

    def run_of_june(self, world, scope, name, kind, wanted, form, parts):
        day = JUNE + self.rng.randint(3, 24) * ONE_DAY
        shape = self.rng.choice(["month", "month", "month", "to date", "fewer", "fewer", "day"])
        known = day - ONE_DAY
        first, last = JUNE, month_end(JUNE) - ONE_DAY
        if shape == "to date":
            last = self.rng.choice([day, known])
        elif shape in ("fewer", "day"):
            first = JUNE + self.rng.randint(0, known.day - 1) * ONE_DAY
            last = first if shape == "day" else first + self.rng.randint(0, (known - first).days) * ONE_DAY
        until = min(last, day if self.rng.random() < 0.3 else known)
        rows = world.charges(first, until, wanted) if until >= first else []
        return Run(scope, name, kind, world.family, first, last, self.moment(day), rows, form, parts)

    def add_late(self, world, made, wanted):
        """Late rows: used in May and billed in June, in some of the June runs."""
        for run in made:
            if run.first >= JUNE and run.rows and self.rng.random() < 0.5:
                for series in world.series:
                    day = JUNE - self.rng.randint(1, 4) * ONE_DAY
                    if wanted(series, day) and self.rng.random() < 0.6:
                        run.rows.append(world.charge(series, day, self.rng, True, period=JUNE))

    def damage(self, run):
        luck = self.rng.random()
        if luck < 0.12 and run.rows:
            run.damage = self.rng.choice(DAMAGES)
        elif luck < 0.17:
            run.rows, run.states_blobs, run.damage = [], self.rng.random() < 0.5, None


def kind_of(family):
    return "FocusCost" if family == "focus" else "ActualCost"


def sub_scope(sub):
    return Scope("subscription", sub=sub)


def of_sub(sub):
    return lambda series, day: series.sub == sub


def one_export(m, folder):
    """One export of a subscription: cumulative runs, fewer days, late rows, damage."""
    world = World(m.rng, m.rng.choice(["ea", "mca", "focus"]), m.rng.choice([1, 1, 3]), subs=1)
    sub = world.subs()[0]
    folder.runs = m.export(world, sub_scope(sub), "mtd", kind_of(world.family), runs=m.rng.randint(1, 5),
                           late=m.rng.random() < 0.4)
    if m.rng.random() < 0.15:
        for run in folder.runs:
            run.names_account = m.rng.random() < 0.5


def account_export(m, folder):
    """One export of a billing account with several subscriptions."""
    world = World(m.rng, m.rng.choice(["ea", "mca", "focus"]), m.rng.choice([1, 1, 3]))
    scope = Scope("account", account=world.series[0].account)
    folder.runs = m.export(world, scope, "all", kind_of(world.family), late=m.rng.random() < 0.4,
                           runs=m.rng.randint(1, 4))


def two_exports(m, folder):
    """Two exports of one scope, which are one series of runs."""
    world = World(m.rng, m.rng.choice(["ea", "mca", "focus"]), 1, subs=1)
    scope = sub_scope(world.subs()[0])
    for name in ("mtd", "custom"):
        folder.runs += m.export(world, scope, name, kind_of(world.family), runs=m.rng.randint(1, 2))
    if world.family == "focus" and m.rng.random() < 0.5:
        world.family = "ea"
        world.is_hourly = False
        folder.runs += m.export(world, scope, "classic", "ActualCost", runs=1)


def resource_groups(m, folder):
    """Exports of resource groups, with or without that of their subscription, in any order."""
    world = World(m.rng, m.rng.choice(["ea", "mca", "focus"]), 1, subs=m.rng.randint(1, 2))
    for sub in world.subs():
        groups = sorted({s.group for s in world.series if s.sub == sub})
        late = m.rng.random() < 0.2
        for group in groups[: m.rng.randint(1, 2)]:
            scope = Scope("resource group", sub=sub, group=group)
            folder.runs += m.export(world, scope, f"{group}-{sub[:8]}", kind_of(world.family), runs=m.rng.randint(1, 2),
                                    wanted=lambda s, day, sub=sub, group=group: (s.sub, s.group) == (sub, group),
                                    late=late)
        if m.rng.random() < 0.6:
            folder.runs += m.export(world, sub_scope(sub), f"sub-{sub[:8]}", kind_of(world.family),
                                    runs=m.rng.randint(1, 2), wanted=of_sub(sub), late=late)


def sections(m, folder):
    """Invoice sections beside each other, with or without the account, a subscription or a move."""
    world = World(m.rng, "mca", 1, subs=m.rng.randint(2, 3), sections=2)
    moved, when = world.subs()[0], JUNE + m.rng.randint(2, 12) * ONE_DAY
    if m.rng.random() < 0.4:
        twins = [dataclasses.replace(s, section="SECT-1-PJ") for s in world.series if s.sub == moved]
    else:
        twins, moved = [], None

    def is_there(series, day):
        if series.sub != moved:
            return True
        return day <= when if series.section == "SECT-0-PJ" else day >= when

    world.series += twins
    for name in sorted({s.section for s in world.series}):
        scope = Scope("section", account=MCA[0], profile="PROF-A-BG", section=name)
        folder.runs += m.export(world, scope, name.lower(), "ActualCost", runs=m.rng.randint(1, 2),
                                wanted=lambda s, day, name=name: s.section == name and is_there(s, day))
    if m.rng.random() < 0.5:
        wide = m.rng.choice([Scope("account", account=MCA[0]), Scope("profile", account=MCA[0], profile="PROF-A-BG")])
        folder.runs += m.export(world, wide, "wide", "ActualCost", runs=1, wanted=is_there)
    elif moved is None and m.rng.random() < 0.5:
        sub = world.subs()[1]
        folder.runs += m.export(world, sub_scope(sub), "sub", "ActualCost", runs=1, wanted=of_sub(sub))


def departments(m, folder):
    """Departments or enrollment accounts of an enterprise, with or without the enrollment itself."""
    world = World(m.rng, m.rng.choice(["ea", "focus"]), 1, subs=m.rng.randint(2, 3))
    kind = m.rng.choice(["department", "enrollment account"])
    for number, sub in enumerate(world.subs()):
        scope = Scope(kind, account=EA[0], name=f"{number + 100}")
        folder.runs += m.export(world, scope, f"part-{number}", kind_of(world.family), runs=m.rng.randint(1, 2),
                                wanted=of_sub(sub))
    if m.rng.random() < 0.6:
        folder.runs += m.export(world, Scope("account", account=EA[0]), "all", kind_of(world.family), runs=1)


def management_group(m, folder):
    """A management group or account beside exports of some of its subscriptions."""
    world = World(m.rng, m.rng.choice(["ea", "focus"]), m.rng.choice([1, 1, 3]), subs=m.rng.randint(1, 3))
    wide = m.rng.choice([Scope("management group", name="mg-1"), Scope("account", account=EA[0])])
    left, joined = JUNE + m.rng.randint(6, 30) * ONE_DAY, JUNE + m.rng.randint(-9, 4) * ONE_DAY
    mover = world.subs()[0] if m.rng.random() < 0.4 else None
    folder.runs = m.export(world, wide, "wide", kind_of(world.family), runs=m.rng.randint(1, 2),
                           wanted=lambda s, day: s.sub != mover or joined <= day <= left)
    for sub in world.subs()[: m.rng.randint(1, 2)]:
        folder.runs += m.export(world, sub_scope(sub), f"sub-{sub[:8]}", kind_of(world.family),
                                runs=m.rng.randint(1, 2), wanted=of_sub(sub))


def moved(m, folder):
    """A subscription that moved to another billing account in June; both bills count."""
    family = m.rng.choice(["ea", "focus"])
    world = World(m.rng, family, m.rng.choice([1, 3]), subs=m.rng.randint(1, 2))
    mover, when = world.subs()[0], JUNE + m.rng.randint(4, 10) * ONE_DAY
    overlap = m.rng.randint(-1, 1)
    by_account = m.rng.random() < 0.5
    new = [dataclasses.replace(s, account=EA[1], cost=s.cost + Decimal("0.37")) for s in world.series if s.sub == mover]
    old_scope = Scope("account", account=EA[0]) if by_account else sub_scope(mover)
    wanted = (lambda s, day: s.sub != mover or day <= when) if by_account else \
        (lambda s, day: s.sub == mover and day <= when)
    folder.runs = m.export(world, old_scope, "old", kind_of(family), wanted=wanted, damage=False)
    world.series = new
    new_scope = Scope("account", account=EA[1]) if by_account or m.rng.random() < 0.5 else sub_scope(mover)
    folder.runs += m.export(world, new_scope, "new", kind_of(family), months=1, damage=False,
                            wanted=lambda s, day: day > when - overlap * ONE_DAY)


def same_bill(m, folder):
    """The same charges under two billing accounts."""
    world = World(m.rng, m.rng.choice(["ea", "focus"]), 1, subs=1)
    day = JUNE + m.rng.randint(6, 14) * ONE_DAY
    rows = world.charges(JUNE, day - ONE_DAY)
    for account in EA:
        own = [dataclasses.replace(c, account=account) for c in rows]
        folder.runs.append(Run(Scope("account", account=account), f"of-{account}", kind_of(world.family), world.family,
                               JUNE, month_end(JUNE) - ONE_DAY, m.moment(day), own, m.form()))


def equal_times(m, folder):
    """Two runs of one scope at one moment: refused where they differ."""
    world = World(m.rng, m.rng.choice(["ea", "mca", "focus"]), 1, subs=1)
    scope, kind = sub_scope(world.subs()[0]), kind_of(world.family)
    folder.runs = m.export(world, scope, "mtd", kind, runs=m.rng.randint(1, 2), damage=False)
    newest = max(folder.runs, key=lambda run: run.submitted)
    rows = newest.rows
    if m.rng.random() < 0.6 and rows:
        rows = [dataclasses.replace(c, cost=c.cost + Decimal("0.5")) for c in rows]
    folder.runs.append(dataclasses.replace(newest, export="other", rows=list(rows)))


def with_reservation(world, m, rows, kind, first):
    """What only one metric holds: the purchase of a reservation, or its unused share."""
    series = world.series[0]
    lump = Charge(series.account, series.sub, series.group, "", "res1", first, first, Decimal("60"), Decimal("1"),
                  "Purchase", "OneTime", series.profile, series.section, series.currency)
    if kind == "ActualCost":
        return rows + [lump]
    days = sorted({c.day for c in rows})
    return rows + [dataclasses.replace(lump, day=day, kind="UnusedReservation", frequency="UsageBased",
                                       cost=Decimal("2")) for day in days]


def two_metrics(m, folder):
    """Actual and amortized cost beside each other, or amortized alone."""
    world = World(m.rng, m.rng.choice(["ea", "mca"]), m.rng.choice([1, 3]), subs=1)
    scope = sub_scope(world.subs()[0])
    for kind in m.rng.choice([["ActualCost", "AmortizedCost"], ["ActualCost", "AmortizedCost"], ["AmortizedCost"]]):
        runs = m.export(world, scope, kind.lower(), kind, damage=m.rng.random() < 0.5)
        for run in runs:
            if run.rows and run.first == JUNE:
                run.rows = with_reservation(world, m, run.rows, kind, JUNE)
        folder.runs += runs


def estimates(m, folder):
    """Usage priced by a rate card beside charges of the service, older or newer."""
    world = World(m.rng, "focus", 1, subs=m.rng.randint(1, 2))
    world.is_hourly = False
    for sub in world.subs():
        if m.rng.random() < 0.8:
            folder.runs += m.export(world, sub_scope(sub), f"sub-{sub[:8]}", "FocusCost", wanted=of_sub(sub),
                                    damage=False)
        runs = m.export(world, sub_scope(sub), f"usage-{sub[:8]}", "FocusCost", wanted=of_sub(sub), damage=False,
                        runs=m.rng.randint(1, 2))
        for run in runs:
            run.rows = [dataclasses.replace(c, is_estimate=True, cost=c.cost * 2) for c in run.rows]
        folder.runs += runs


def add_others(m, folder):
    """Files that are no costs: other kinds of export, a stray table, notes."""
    path = "prices/20260601-20260630/202606050500/6a1e"
    manifest = (b'{"manifestVersion":"2024-04-01","exportConfig":{"exportName":"prices","type":"PriceSheet"},'
                b'"blobs":[{"blobName":"x/' + path.encode() + b'/part_0_0001.csv","byteCount":20,"dataRowCount":1}]}')
    choices = [
        [(f"{path}/manifest.json", manifest), (f"{path}/part_0_0001.csv", b"MeterId,UnitPrice\nm,1\n")],
        [("team/budget.csv", b"Owner,Budget\nplatform,500\n")],
        [("notes.txt", b"not data")],
    ]
    folder.others = m.rng.choice(choices)


def add_as_of(m, folder):
    """A day to look from, where each scope has a complete run before it."""
    day = JUNE + m.rng.randint(5, 22) * ONE_DAY
    scopes = {run.scope for run in folder.runs}
    seen = {run.scope for run in folder.runs if run.damage is None and run.rows and run.submitted.date() < day}
    if scopes == seen and all(run.submitted.date() > run.first for run in folder.runs):
        folder.as_of = day


SCENARIOS = [(one_export, 5), (account_export, 3), (two_exports, 2), (resource_groups, 4), (sections, 3),
             (departments, 2), (management_group, 3), (moved, 3), (same_bill, 1), (equal_times, 1), (two_metrics, 2),
             (estimates, 2)]


def make(seed, number, with_parquet=folders.pyarrow is not None):
    """The folder of this number; the same for the same seed, wherever it is made."""
    from . import downloads

    maker = Maker(f"{seed}/{number}", with_parquet)
    scenarios = SCENARIOS + downloads.SCENARIOS
    scenario = maker.rng.choices([s for s, _ in scenarios], [w for _, w in scenarios])[0]
    folder = Folder(f"{seed}-{number}", scenario.__name__)
    scenario(maker, folder)
    if maker.rng.random() < 0.1:
        add_others(maker, folder)
    if folder.runs and maker.rng.random() < 0.12:
        add_as_of(maker, folder)
    return folder
