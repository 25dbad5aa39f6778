"""Random folders of files without manifests: parts of one bill, repeated downloads, copies, two bills."""

import dataclasses
import datetime as dt
from decimal import Decimal

from .folders import UTC, Loose
from .worlds import EA, JUNE, ONE_DAY, World, with_reservation

NAMES = ["download1", "download2", "cost (1)", "export-2", "Usage_June", "cost-0617", "b"]


def a_world(m, subs=None):
    return World(m.rng, m.rng.choice(["ea", "mca", "focus"]), 1, subs=subs or m.rng.randint(1, 2))


def last_day(m):
    return JUNE + m.rng.randint(4, 20) * ONE_DAY


def one_file(m, folder):
    """One download."""
    world = a_world(m)
    folder.loose = [Loose(f"costs.{form}", world.family, world.charges(JUNE, last_day(m)), form) for form in [m.form()]]


def part_files(m, folder):
    """One run in parts, in the forms that Azure writes, some of a day in each part."""
    world, form = a_world(m), m.form()
    rows = world.charges(JUNE, last_day(m))
    m.rng.shuffle(rows)
    names = m.rng.choice([["part_0", "part_1"], ["part_0_0001", "part_1_0001"], ["part_0_0001", "part_0_0002"],
                          ["000000", "000001"]])
    for place, name in enumerate(names):
        folder.loose.append(Loose(f"run/{name}.{form}", world.family, rows[place::2], form, parts="run"))


def downloads(m, folder):
    """Cumulative downloads of one bill in one folder: the longest reach counts, day by day."""
    world, form = a_world(m), m.form()
    names = m.rng.sample(NAMES, m.rng.randint(2, 3))
    reaches = m.rng.sample(range(3, 22), len(names))
    for name, days in zip(names, reaches):
        first = JUNE if m.rng.random() < 0.7 else JUNE + m.rng.randint(0, 2) * ONE_DAY
        rows = world.charges(first, JUNE + days * ONE_DAY)
        folder.loose.append(Loose(f"{name}.{form}", world.family, rows, form))


def stated_downloads(m, folder):
    """Downloads whose names or folders state the moment; the later one need not reach further."""
    world, form = a_world(m), m.form()
    for number in range(m.rng.randint(2, 3)):
        reach = last_day(m)
        moment = m.moment(reach + m.rng.randint(1, 4) * ONE_DAY)
        rows = world.charges(JUNE, reach)
        stamp = f"{moment:%Y%m%d%H%M}"
        path = f"{stamp}/costs.{form}" if number % 2 else f"costs_{stamp}.{form}"
        folder.loose.append(Loose(path, world.family, rows, form, stated=moment))


def equal_reach(m, folder):
    """Two downloads that reach equally far: refused where they differ."""
    world, form, last = a_world(m, subs=1), m.form(), last_day(m)
    rows = world.charges(JUNE, last)
    other = [dataclasses.replace(c, cost=c.cost + Decimal("0.01")) for c in rows]
    if m.rng.random() < 0.4:
        other = [c for c in rows if c.day > JUNE]
    folder.loose = [Loose(f"{name}.{form}", world.family, list(own), form)
                    for name, own in zip(m.rng.sample(NAMES, 2), (rows, other))]


def copies(m, folder):
    """The same file twice, in two folders or under two names."""
    world, form = a_world(m), m.form()
    rows = world.charges(JUNE, last_day(m))
    folder.loose = [Loose(f"{name}.{form}", world.family, list(rows), form) for name in ("a", "copies/a", "b")[:2]]


def bill_in_parts(m, folder):
    """Downloads by resource group or subscription: no key in common, so they add up."""
    world, form = a_world(m, subs=2), m.form()
    last = last_day(m)
    split = m.rng.choice([lambda s: s.sub, lambda s: s.sub + s.group])
    for number, part in enumerate(sorted({split(s) for s in world.series})):
        rows = world.charges(JUNE, last, wanted=lambda s, day, part=part: split(s) == part)
        folder.loose.append(Loose(f"team-{number} ({number}).{form}", world.family, rows, form))


def two_accounts(m, folder):
    """Downloads of two billing accounts, one for the days before a subscription moved, one after."""
    world, form = World(m.rng, "ea", 1, subs=1), m.form()
    when, last = JUNE + m.rng.randint(3, 8) * ONE_DAY, JUNE + m.rng.randint(12, 20) * ONE_DAY
    old = world.charges(JUNE, when)
    new = [dataclasses.replace(c, account=EA[1], cost=c.cost + Decimal("0.21")) for c in world.charges(when, last)]
    folder.loose = [Loose(f"old.{form}", "ea", old, form), Loose(f"new.{form}", "ea", new, form)]


def both_metrics(m, folder):
    """Actual and amortized cost of one month in one folder."""
    world, form = World(m.rng, m.rng.choice(["ea", "mca"]), 1, subs=1), m.form()
    last = last_day(m)
    for name, kind in (("first", "ActualCost"), ("second", "AmortizedCost")):
        rows = with_reservation(world, m, world.charges(JUNE, last), kind, JUNE)
        folder.loose.append(Loose(f"{name}.{form}", world.family, rows, form, kind=kind))


SCENARIOS = [(one_file, 1), (part_files, 2), (downloads, 3), (stated_downloads, 2), (equal_reach, 1), (copies, 1),
             (bill_in_parts, 2), (two_accounts, 1), (both_metrics, 1)]
