"""Whole inputs of every kind, small, with the commands that read them.

Parquet comes from as many writers as can be imported: pyarrow, Polars, pandas with categories, DuckDB; and from the
program itself, by `ingest --out` and `sample --format parquet`.
"""

import csv
import dataclasses
import gzip
import importlib
import io
import json
import pathlib
import shutil
import subprocess
import tempfile

OUT = "out/result"


@dataclasses.dataclass
class Seed:
    """A folder with one file to be changed: `file` below it, how it is changed, and commands that read it."""

    name: str
    folder: pathlib.Path
    file: str
    changes: str  # csv, binary, parquet, json, toml
    commands: list
    is_gzip: bool = False


def optional(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def to_file(*args, form):
    return [*args, "-o", form, "--out-file", f"{OUT}.{form}"]


def readers(target):
    return [to_file("series", target, "-g", "service", form="csv"), to_file("series", target, form="parquet"),
            to_file("predict", target, form="json"), to_file("predict", target, "-g", "tag:team", "--totals", form="csv"),
            to_file("series", target, "--granularity", "hourly", form="csv"),
            to_file("price", "estimate", target, "--rates", "card.toml", form="csv"),
            ["ingest", target, "--out", "out/landed"], to_file("backtest", target, form="csv")]


CARD = 'currency = "EUR"\n[[price]]\nmeter = "m"\nunit = "1 Hour"\nprice = 1\ntiers = [{ from = 0, price = 0 }, { from = 9, price = 1 }]\n'
PRIVATE = 'currency = "EUR"\n[[price]]\nmeter = "m"\nunit = "1 Hour"\nprice = 1\nregion = "westeurope"\n'
PLAN = """currency = "USD"
[[line]]
name = "web"
sku = "Standard_D2_v2"
region = "US East"
os = "linux"
count = 3
quantity = { low = 500, likely = 730, high = 744 }
from = 2026-12-01
to = 2027-03-01
ramp_up_days = 14
"""
CONFIG = """[defaults]
metric = "billed"
settle-days = 2
[batch]
out = "out/night"
outputs = ["csv", "json"]
[[job]]
name = "one"
inputs = ["costs.csv"]
group-by = ["service"]
top = 2
totals = true
cycles = 2
"""
RETAIL_ITEM = {
    "currencyCode": "EUR", "tierMinimumUnits": 0.0, "retailPrice": 0.1, "unitPrice": 0.1, "armRegionName": "westeurope",
    "location": "EU West", "effectiveStartDate": "2020-01-01T00:00:00Z", "meterId": "m", "meterName": "D2", "productId": "p",
    "skuId": "p/1", "productName": "Virtual Machines D", "skuName": "D2", "serviceName": "Virtual Machines", "serviceId": "s",
    "serviceFamily": "Compute", "unitOfMeasure": "1 Hour", "type": "Consumption", "isPrimaryMeterRegion": True,
    "armSkuName": "Standard_D2_v2"}


def run(binary, folder, *args):
    subprocess.run([binary, *args], cwd=folder, check=True, capture_output=True)


def sample_rows(binary, folder, family):
    """Rows and bytes of a small export of the program, as one CSV file."""
    run(binary, folder, "sample", "--out", family, "--months", "2", "--subscriptions", "2", "--rows-per-day", "6", "--family",
        family, "--format", "csv")
    files = sorted((folder / family).rglob("*.csv"))
    texts = [path.read_text(encoding="utf-8-sig") for path in files]
    text = texts[0] + "".join(t.split("\n", 1)[1] for t in texts[1:])
    return list(csv.DictReader(io.StringIO(text))), text.encode()


def parquet_files(rows):
    """The rows as Parquet by every writer there is: (writer, bytes)."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    arrow, polars, pandas, duckdb = map(optional, ("pyarrow", "polars", "pandas", "duckdb"))
    if arrow:
        parquet = importlib.import_module("pyarrow.parquet")
        out = io.BytesIO()
        typed = {n: numbers(arrow, n, v) for n, v in columns.items()}
        parquet.write_table(arrow.table(typed), out, compression="zstd", data_page_version="2.0", row_group_size=50)
        yield "pyarrow", out.getvalue()
    if polars:
        out = io.BytesIO()
        polars.DataFrame(columns).with_columns(polars.all().cast(polars.Categorical)).write_parquet(out)
        yield "polars", out.getvalue()
        out = io.BytesIO()
        polars.DataFrame(columns).write_parquet(out, compression="lz4", use_pyarrow=False)
        yield "polars texts", out.getvalue()
    if pandas and arrow:
        frame = pandas.DataFrame(columns)
        for name in frame.columns:
            if frame[name].nunique() < 20:
                frame[name] = frame[name].astype("category")
        out = io.BytesIO()
        frame.to_parquet(out)
        yield "pandas categories", out.getvalue()
    if duckdb and arrow:
        path = pathlib.Path(tempfile.mkdtemp()) / "costs.parquet"
        connection = duckdb.connect()
        connection.register("charges", arrow.table(columns))
        connection.execute(f"copy (select * from charges) to '{path}' (format parquet)")
        data = path.read_bytes()
        shutil.rmtree(path.parent)
        yield "duckdb", data


def numbers(arrow, name, values):
    """Costs and quantities as decimals or doubles, times as times, other columns as texts."""
    from datetime import datetime
    from decimal import Decimal

    if name.endswith("Cost") and "Usd" not in name:
        return arrow.array([Decimal(v) if v else None for v in values], arrow.decimal128(38, 18))
    if name in ("PricingQuantity", "Quantity", "quantity"):
        return arrow.array([float(v) if v else None for v in values])
    if name.endswith(("PeriodStart", "PeriodEnd")):
        return arrow.array([datetime.fromisoformat(v.replace("Z", "+00:00")) if v else None for v in values],
                           arrow.timestamp("us", "UTC"))
    return arrow.array(values)


def seeds(binary, root):
    """Every kind of input, written below `root`."""
    root = pathlib.Path(root)
    made = root / "made"
    made.mkdir(parents=True)
    found = []

    def add(name, file, data, changes, commands, more=(), is_gzip=False):
        folder = root / f"seed-{len(found)}"
        for path, content in [(file, data), ("card.toml", CARD.encode()), *more]:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        found.append(Seed(name, folder, file, changes, commands, is_gzip))

    texts = {}
    for family in ("ea-actual", "mca-actual", "ea-amortized", "payg", "focus-1.0", "focus-1.2"):
        rows, text = sample_rows(binary, made, family)
        texts[family] = text
        add(f"csv {family}", "costs.csv", text, "csv", readers("costs.csv"))
        add(f"gz {family}", "costs.csv.gz", gzip.compress(text, mtime=0), "binary", readers("costs.csv.gz"))
        add(f"gz of changed csv {family}", "costs.csv.gz", text, "csv", readers("costs.csv.gz"), is_gzip=True)
        if family in ("ea-actual", "focus-1.0"):
            for writer, data in parquet_files(rows):
                add(f"parquet {writer} {family}", "costs.parquet", data, "parquet", readers("costs.parquet"))
    run(binary, made, "sample", "--out", "parquet", "--months", "2", "--rows-per-day", "6", "--format", "parquet")
    run(binary, made, "ingest", "parquet", "--out", "landed")
    for name in ("parquet", "landed"):
        path = sorted((made / name).rglob("*.parquet"))[0]
        add(f"parquet of ours, {name}", "costs.parquet", path.read_bytes(), "parquet", readers("costs.parquet"))
    export = made / "mca-actual"
    manifest = sorted(export.rglob("manifest.json"))[0]
    beside = [(f"in/{p.relative_to(export)}", p.read_bytes()) for p in export.rglob("*") if p.is_file()]
    add("manifest", f"in/{manifest.relative_to(export)}", manifest.read_bytes(), "json", readers("in"), beside)
    damaged = sorted(export.rglob("*.csv"))[0]
    add("file of a run", f"in/{damaged.relative_to(export)}", damaged.read_bytes(), "csv", readers("in"), beside)
    prices_of(made, texts, add)
    return found


def prices_of(made, texts, add):
    """Price lists, plans, tables of series and configuration."""
    costs = ("costs.csv", texts["mca-actual"])
    whole = json.loads((made / "mca-actual" / "ratecard.json").read_text())
    whole["Meters"] = whole["Meters"][:12] + [m for m in whole["Meters"] if "D2_v2" in m.get("MeterName", "")][:2]
    card = json.dumps(whole).encode()
    by_card = [to_file("price", "card", "--rates", "card.json", form="csv"),
               to_file("price", "estimate", "plan.toml", "--rates", "card.json", form="csv"),
               to_file("price", "compare", "plan.toml", "--rates", "card.json", "--size", "Standard_D3_v2", form="json"),
               to_file("predict", "costs.csv", "--pricing", "card.json", form="csv"),
               to_file("price", "estimate", "costs.csv", "--rates", "card.json", form="json")]
    plan = ("plan.toml", PLAN.encode())
    add("rate card", "card.json", card, "json", by_card, [plan, costs])
    items = [dict(RETAIL_ITEM, meterId=f"m{n}", skuName=f"D{n}", tierMinimumUnits=float(n % 2)) for n in range(4)]
    items += [dict(RETAIL_ITEM, type="Reservation", reservationTerm="1 Year", retailPrice=800.0),
              dict(RETAIL_ITEM, effectiveEndDate="2027-01-01T00:00:00Z", savingsPlan=[{"term": "1 Year", "unitPrice": 0.07}])]
    reply = {"BillingCurrency": "EUR", "CustomerEntityId": "Default", "Items": items, "NextPageLink": None, "Count": len(items)}
    in_euro = ("plan.toml", PLAN.replace("USD", "EUR").replace("US East", "westeurope").encode())
    add("retail reply", "card.json", json.dumps(reply).encode(), "json", by_card, [in_euro, costs])
    by_plan = [to_file("price", "estimate", "plan.toml", "--rates", "card.json", form=form) for form in ("csv", "json")]
    by_plan.append(to_file("price", "compare", "plan.toml", "--rates", "card.json", "--offer", "MS-AZR-0062P", form="csv"))
    by_plan.append(to_file("price", "estimate", "plan.toml", "--rates", "card.json", "--into-forecast", "costs.csv", form="csv"))
    add("plan", "plan.toml", PLAN.encode(), "toml", by_plan, [("card.json", card), costs])
    private = [to_file("price", "card", "--rates", "private.toml", form="csv"),
               to_file("price", "estimate", "costs.csv", "--rates", "private.toml", form="csv")]
    add("private card", "private.toml", PRIVATE.encode(), "toml", private, [costs])
    machines = b"name,machine,vcpu,memory,os,region,hours,count\nweb,m5.large,2,8,linux,eu-west-1,730,3\ndb,r5.xlarge,4,32,windows,eu-west-1,500,1\n"
    add("machines", "machines.csv", machines, "csv", [to_file("price", "match", "machines.csv", "--rates", "card.json", form="csv")],
        [("card.json", card)])
    table = "unique_id,ds,y\n" + "".join(f"{s},2026-{1 + d // 28:02}-{1 + d % 28:02},{10 + d % 7}.5\n" for s in "ab" for d in range(120))
    by_series = [to_file("predict", "--series", "series.csv", form="csv"), to_file("predict", "--series", "series.csv", form="parquet"),
                 to_file("backtest", "--series", "series.csv", form="csv")]
    add("series csv", "series.csv", table.encode(), "csv", by_series)
    arrow = optional("pyarrow")
    if arrow:
        read = importlib.import_module("pyarrow.csv").read_csv(io.BytesIO(table.encode()))
        out = io.BytesIO()
        importlib.import_module("pyarrow.parquet").write_table(read, out)
        commands = [[a.replace("series.csv", "series.parquet") for a in c] for c in by_series]
        add("series parquet", "series.parquet", out.getvalue(), "parquet", commands)
    add("configuration", "forecast.toml", CONFIG.encode(), "toml",
        [["config", "check"], ["config", "show"], ["batch", "--as-of", "2026-10-18"], to_file("predict", "costs.csv", form="csv")], [costs])
