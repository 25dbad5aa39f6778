"""Which charges of files without a manifest count: part files, parts of one bill, states of one thing, copies."""

import dataclasses
import datetime as dt
import itertools


class Refused(Exception):
    """The folder cannot be answered; the message names the rule."""


def fills(kind, metric):
    """Whether an export of this type, or a file of this kind, fills the metric."""
    return kind == "FocusCost" or (kind == "AmortizedCost") == (metric == "EffectiveCost")


@dataclasses.dataclass
class Whole:
    """A file without a manifest, or several part files that are one run."""

    rows: list
    stated: object
    names: list

    def subs_days(self):
        return {(c.account, c.sub, c.day) for c in self.rows}

    def reach(self):
        return max((c.day for c in self.rows if c.kind == "Usage"), default=dt.date.min)


def seen_files(folder, metric):
    found, contents = {}, set()
    for file in folder.loose:
        if not fills(file.kind, metric) or (file.stated and folder.as_of and file.stated.date() >= folder.as_of):
            continue
        content = (file.family, file.form, tuple(file.rows))
        if content in contents and file.parts is None:
            continue
        contents.add(content)
        key = file.parts or file.path
        whole = found.setdefault(key, Whole([], file.stated, []))
        rows = file.rows if file.stated or not folder.as_of else [c for c in file.rows if c.day < folder.as_of]
        whole.rows += rows
        whole.names.append(file.path)
    return [whole for whole in found.values() if whole.rows]


def by_key(rows, common):
    found = {}
    for c in rows:
        if (c.account, c.sub, c.day) in common:
            key = (c.account, c.sub, c.day, c.key)
            found[key] = found.get(key, 0) + c.cost
    return found


def compare(a, b, rules):
    """"apart", "parts", or the newer of two states of one thing."""
    common = a.subs_days() & b.subs_days()
    if not common:
        return None
    keys_a, keys_b = by_key(a.rows, common), by_key(b.rows, common)
    if not keys_a.keys() & keys_b.keys():
        rules.add("parts")
        return None
    rules.update(("states", "reach"))
    order_a, order_b = (a.stated, b.stated) if a.stated and b.stated else (a.reach(), b.reach())
    if order_a == order_b:
        if keys_a != keys_b:
            raise Refused("reach")
        return b
    return a if order_a > order_b else b


def of_files(files, reading, rules):
    """Charges of all files, less the days of a file that a newer state of it holds."""
    newer = {}
    for (i, a), (j, b) in itertools.combinations(enumerate(files), 2):
        if reading.states_by_sub:
            for sub in {c.sub for c in a.rows} & {c.sub for c in b.rows}:
                parts = [Whole([c for c in f.rows if c.sub == sub], f.stated, f.names) for f in (a, b)]
                winner = compare(*parts, rules)
                if winner:
                    old, new = (j, i) if winner is parts[0] else (i, j)
                    newer.setdefault(old, []).append((new, sub))
        else:
            winner = compare(a, b, rules)
            if winner:
                old, new = (j, i) if winner is a else (i, j)
                newer.setdefault(old, []).append((new, None))
    kept = []
    for place, file in enumerate(files):
        for c in file.rows:
            if not any(has_day(files[new], c, sub, reading) for new, sub in newer.get(place, [])):
                kept.append(c)
    return kept


def has_day(newer, c, sub, reading):
    """Whether the newer file has this charge's day, so that the older one's is not counted."""
    if sub is not None and c.sub != sub:
        return False
    if reading.states_by_span:
        days = [d.day for d in newer.rows if d.kind == "Usage"]
        return min(days) <= c.day <= max(days) and any(d.sub == c.sub for d in newer.rows)
    return any(d.sub == c.sub and d.account == c.account and d.day == c.day for d in newer.rows)
