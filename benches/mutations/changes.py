"""Changes to an input: of its bytes, lines, columns, cells and values. Each takes a random generator and the bytes."""

import csv
import datetime
import decimal
import io
import json
import re

try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    pyarrow = None

ODD_CELLS = ["", " ", "NaN", "nan", "inf", "-inf", "-0", "+1", "1e999", "1e-999", "1E+5", "0x10", "1_000", "1,5", "1.5.5",
             "12345678901234567890", "0." + "1" * 40, "9" * 60, "-9223372036854775809", "null", "NULL", "true", "0001-01-01",
             "9999-12-31", "2026-02-30", "06/31/2026", "6/1/2026 12:00:00 AM", "2026-06-01T00:00:00+99:99", "1969-12-31",
             "2026-06-01T24:00:00Z", "\x00", "\x1b[31m", "=cmd()", '"', "'", "{", '{"a":', '{"a":{"b":[1]}}', "[1]", "\ufeff",
             "\u202e", "é" * 50, "x" * 20000, "EUR\n", "\r", ";", "\t", "00000000-0000-0000-0000-000000000000", "-2", "Others"]
ODD_VALUES = [None, True, False, 0, -1, 1e308, -1e308, 10**30, 0.1, "", "x", "NaN", [], {}, [[]], [None], {"a": None}, "2026-13-01",
              "9999-12-31T23:59:59Z", "0001-01-01", "\x00", "é" * 100]


def span(rng, data, most=64):
    start = rng.randrange(len(data)) if data else 0
    return start, min(len(data), start + rng.randint(1, most))


def flip(rng, data):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwrite(rng, data):
    start, end = span(rng, data, 16)
    value = rng.choice([b"\x00", b"\xff", b"\x7f", bytes([rng.randrange(256)])])
    return data[:start] + value * (end - start) + data[end:]


def cut_out(rng, data):
    start, end = span(rng, data)
    return data[:start] + data[end:]


def insert(rng, data):
    start, _ = span(rng, data)
    return data[:start] + rng.randbytes(rng.randint(1, 16)) + data[start:]


def repeat(rng, data):
    start, end = span(rng, data, 400)
    return data[:end] + data[start:end] * rng.randint(1, 3) + data[end:]


def cut_off(rng, data):
    return data[: rng.randrange(len(data) + 1)]


def cut_near_end(rng, data):
    return data[: max(0, len(data) - rng.randint(1, 400))]


def flip_near_end(rng, data):
    """The footer of a Parquet file, the last rows of others."""
    keep = max(0, len(data) - 600)
    return data[:keep] + flip(rng, data[keep:])


def swap_lines(rng, data):
    lines = data.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


def drop_or_double_line(rng, data):
    lines = data.split(b"\n")
    place = rng.randrange(len(lines))
    lines[place : place + 1] = rng.choice([[], [lines[place]] * 2, [lines[place], b""], [lines[place][: len(lines[place]) // 2]]])
    return b"\n".join(lines)


def line_ends(rng, data):
    return data.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n", b"\n\r"]))


def encode(rng, data):
    text = data.decode("utf-8", "replace")
    kind = rng.choice(["utf-16", "utf-8-sig", "utf-16-le", "latin-1"])
    return text.encode(kind, "replace")


def table(change):
    """A change of a table, given as rows of cells."""
    def changed(rng, data):
        rows = list(csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline="")))
        if not rows or not rows[0]:
            return flip(rng, data)
        rows = change(rng, rows) or rows
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().encode("utf-8", "surrogatepass")
    changed.__name__ = change.__name__
    return changed


@table
def drop_column(rng, rows):
    place = rng.randrange(len(rows[0]))
    return [row[:place] + row[place + 1 :] for row in rows]


@table
def double_column(rng, rows):
    place = rng.randrange(len(rows[0]))
    return [row + row[place : place + 1] for row in rows]


@table
def swap_columns(rng, rows):
    a, b = rng.randrange(len(rows[0])), rng.randrange(len(rows[0]))
    rows[0][a], rows[0][b] = rows[0][b], rows[0][a]


@table
def odd_cells(rng, rows):
    for _ in range(rng.randint(1, 5)):
        row = rng.choice(rows)
        if row:
            row[rng.randrange(len(row))] = rng.choice(ODD_CELLS)


@table
def odd_column(rng, rows):
    place, value = rng.randrange(len(rows[0])), rng.choice(ODD_CELLS)
    for row in rows[1:]:
        if place < len(row):
            row[place] = value


@table
def uneven_rows(rng, rows):
    for _ in range(rng.randint(1, 4)):
        row = rng.choice(rows)
        if rng.random() < 0.5:
            row.extend(["x"] * rng.randint(1, 3))
        elif row:
            del row[rng.randrange(len(row)) :]


@table
def only_header(rng, rows):
    return rows[: rng.randint(1, 2)]


def nodes(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, below in value.items():
            yield from nodes(below, path + (key,))
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from nodes(below, path + (place,))


def document(rng, data):
    """A value of a JSON document replaced, removed, repeated or nested; of one that is nested too deep, a byte."""
    try:
        return changed_value(rng, json.loads(data.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        return flip(rng, data)


def changed_value(rng, whole):
    for _ in range(rng.randint(1, 4)):
        path = rng.choice(list(nodes(whole)))
        if not path:
            continue
        above = whole
        for step in path[:-1]:
            above = above[step]
        kind = rng.randrange(5)
        if kind == 0:
            del above[path[-1]]
        elif kind == 1 and isinstance(above, list):
            above.append(above[path[-1]])
        elif kind == 2 and isinstance(above, dict):
            above[str(path[-1]) + rng.choice(["", "x", " "])] = rng.choice(ODD_VALUES)
        elif kind == 3:
            above[path[-1]] = [above[path[-1]]]
        else:
            above[path[-1]] = rng.choice(ODD_VALUES)
    return json.dumps(whole).encode("utf-8", "surrogatepass")


def deep(rng, data):
    return b"[" * rng.choice([200, 5000]) + data if rng.random() < 0.5 else data + data


def settings(rng, data):
    """A value of a TOML text replaced, or a key renamed."""
    lines = data.decode("utf-8", "replace").split("\n")
    places = [place for place, line in enumerate(lines) if "=" in line and not line.startswith("#")]
    for _ in range(rng.randint(1, 3)):
        if places:
            place = rng.choice(places)
            key, _, value = lines[place].partition("=")
            odd = rng.choice(ODD_VALUES[1:] + ["1979-05-27", 99999999999999999999])
            text = json.dumps(odd) if not isinstance(odd, str) or rng.random() < 0.7 else odd
            lines[place] = rng.choice([f"{key}= {text}", f"{key.strip()}x ={value}", f"{key}={value}\n{key}={value}", key])
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def number(rng, data):
    """A number anywhere in a text replaced by an odd one."""
    text = data.decode("utf-8", "replace")
    found = list(re.finditer(r"-?\d+(?:\.\d+)?", text))
    if not found:
        return flip(rng, data)
    hit = rng.choice(found)
    odd = rng.choice(["-1", "0", "1e400", "99999999999999999999999999", "-0.0000000000000000000000001", "NaN", "1e-400", ""])
    return (text[: hit.start()] + odd + text[hit.end() :]).encode("utf-8", "surrogatepass")


def odd_arrays(count):
    """Columns of types that a reader may not expect, with `count` rows each."""
    day, moment = datetime.date(2026, 6, 1), datetime.datetime(2026, 6, 1, 12)
    kinds = [
        (pyarrow.null(), None), (pyarrow.bool_(), True), (pyarrow.int8(), 1), (pyarrow.uint64(), 2**63), (pyarrow.float16(), 1.5),
        (pyarrow.float32(), float("nan")), (pyarrow.float64(), 1e300), (pyarrow.float64(), float("inf")), (pyarrow.int64(), -(2**63)),
        (pyarrow.decimal128(38, 0), decimal.Decimal(10**37)), (pyarrow.decimal256(76, 40), decimal.Decimal("1.5")),
        (pyarrow.decimal128(3, 1), decimal.Decimal("1.5")), (pyarrow.date32(), day), (pyarrow.date64(), day),
        (pyarrow.time64("us"), moment.time()), (pyarrow.duration("ns"), datetime.timedelta(1)), (pyarrow.timestamp("s"), moment),
        (pyarrow.timestamp("ns", "Z"), moment), (pyarrow.timestamp("us", "+02:00"), moment), (pyarrow.timestamp("ms", "Europe/Oslo"), moment),
        (pyarrow.binary(), b"\xff\xfe"), (pyarrow.binary(16), b"0" * 16), (pyarrow.large_string(), "x"), (pyarrow.string_view(), "x"),
        (pyarrow.list_(pyarrow.string()), ["a"]), (pyarrow.list_(pyarrow.int32(), 2), [1, 2]), (pyarrow.map_(pyarrow.string(), pyarrow.string()), [("team", "a")]),
        (pyarrow.struct([("team", pyarrow.string())]), {"team": "a"}), (pyarrow.list_(pyarrow.struct([("key", pyarrow.string())])), [{"key": "a"}]),
    ]
    made = [pyarrow.array([value] * count, kind) for kind, value in kinds]
    texts = pyarrow.array(["2026-06-01"] * count)
    for index in (pyarrow.int8(), pyarrow.uint32(), pyarrow.int64()):
        made.append(texts.cast(pyarrow.dictionary(index, pyarrow.string())))
    made.append(pyarrow.array([1] * count, pyarrow.int64()).dictionary_encode())
    made.append(pyarrow.ExtensionArray.from_storage(pyarrow.uuid(), pyarrow.array([b"0" * 16] * count, pyarrow.binary(16))))
    return made


def odd_types(rng, data):
    """A Parquet file with columns of other types, columns left out or renamed, in another codec."""
    if pyarrow is None:
        return flip_near_end(rng, data)
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
    except Exception:  # an earlier change of these bytes: whatever pyarrow makes of it
        return flip_near_end(rng, data)
    arrays = odd_arrays(table.num_rows)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(table.num_columns)
        name = table.column_names[place]
        kind = rng.randrange(8)
        if kind == 0 and table.num_columns > 1:
            table = table.remove_column(place)
        elif kind == 1:
            table = table.append_column(name + " more", rng.choice(arrays))
        else:
            table = table.set_column(place, name, rng.choice(arrays))
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, compression=rng.choice(["none", "snappy", "gzip", "zstd", "lz4", "brotli"]),
                                row_group_size=rng.choice([None, 7]), data_page_version=rng.choice(["1.0", "2.0"]),
                                store_schema=rng.random() < 0.7, use_dictionary=rng.random() < 0.7,
                                use_deprecated_int96_timestamps=rng.random() < 0.2)
    return out.getvalue()


BYTES = [flip, overwrite, cut_out, insert, repeat, cut_off, cut_near_end]
LINES = [swap_lines, drop_or_double_line, line_ends, encode, number]
COLUMNS = [drop_column, double_column, swap_columns, odd_cells, odd_cells, odd_column, uneven_rows, only_header]
CHANGES = {
    "csv": BYTES + LINES + COLUMNS * 2,
    "binary": BYTES + [flip_near_end] * 3,
    "parquet": BYTES + [flip_near_end] * 3 + [odd_types] * 10,
    "json": BYTES + [document] * 8 + [number] * 2 + [deep],
    "toml": BYTES + LINES + [settings] * 8,
}
