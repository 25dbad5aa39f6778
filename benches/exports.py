"""Reads a large made-up MCA export with `forecast series` and with DuckDB, in turn, in one run.

    python3 benches/exports.py [--rows 3000000] [--runs 3] [--binary target/release/forecast]

Both sum the cost per day, subscription, service, resource group and currency and write the sums as Parquet
(ours sorted and with a row for every covered day, DuckDB's as they come). Printed are the medians of wall
time, CPU time and peak resident memory of whole processes, and the ratio forecast / DuckDB pair by
pair. DuckDB reads every column as text and sums decimals, once as DOUBLE and once exactly as we do.
Then the same from Parquet, the memory of a tenth of the rows beside that of all of them, and a Parquet export
with many groups: 3 million rows of 12,000 groups, which are 2.2 million daily rows in the result (`--only-groups`).
DuckDB, as `requirements.txt` pins it, is installed into a virtual environment below `target/`.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from environment import ROOT, python

DAYS = 184  # six months, the running one whole
QUERY = """
import sys, duckdb
kind, files, cost, threads, out = sys.argv[1:6]
con = duckdb.connect(); con.execute(f"set threads = {threads}")
scan = f"read_csv('{files}', all_varchar = true, header = true)" if kind == "csv" else f"read_parquet('{files}')"
con.execute(f'''
    copy (select "date" as day, "SubscriptionId" as sub, "meterCategory" as service,
           "resourceGroupName" as grp, "billingCurrency" as currency, sum(cast("costInBillingCurrency" as {cost})) as cost
    from {scan} group by all) to '{out}' (format parquet)''')
"""


# A Customer Agreement export of many small groups: 40 subscriptions, 300 resource groups each, 184 days from May on.
MANY_GROUPS = """
import sys, duckdb
rows, groups, days, out = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
con = duckdb.connect(); con.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
con.execute(f'''
    copy (select strftime(day, '%m/%d/%Y') as "date", strftime(month, '%m/%d/%Y') as "billingPeriodStartDate",
           strftime(last_day(month), '%m/%d/%Y') as "billingPeriodEndDate", 'account' as "billingAccountId",
           'profile' as "billingProfileId", sub as "SubscriptionId", 'subscription ' || g % 40 as "subscriptionName",
           'rg-' || g // 40 as "resourceGroupName", 'Service ' || g % 7 as "meterCategory",
           'meter-' || g % 97 as "meterId", 'westeurope' as "resourceLocation",
           '/subscriptions/' || sub || '/resourceGroups/rg-' || g // 40 || '/providers/Microsoft.Compute/virtualMachines/vm-' || i % 50000
               as "ResourceId",
           cast((1 + hash(i) % 100000) / 1000 as decimal(28, 10)) as "costInBillingCurrency",
           cast(1 + hash(i + 7) % 24 as double) as "quantity", 'EUR' as "billingCurrency", 'Usage' as "chargeType",
           'UsageBased' as "frequency", 'Azure' as "publisherType", 'OnDemand' as "pricingModel",
           '{{"id":"' || md5((2 * i)::varchar) || md5((2 * i + 1)::varchar) || '"}}'
               as "additionalInfo",
           '{{"team":"team ' || g % 60 || '"}}' as "tags"
    from (select i, i % {groups} as g, date '2026-05-01' + cast(i // {groups} % {days} as integer) as day,
                 date_trunc('month', day) as month,
                 left(md5((g % 40)::varchar), 8) || '-0000-4000-8000-00000000000a' as sub
          from range({rows}) t(i))) to '{out}' (format parquet, compression snappy)''')
"""


def measured(command):
    """Wall seconds, CPU seconds and peak MB of a command as a whole process, and what it printed."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} failed: {err}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out


def sample(binary, folder, rows, form):
    """A made-up export of about so many rows."""
    out = folder / f"{form}-{rows}"
    per_day = rows // DAYS
    subprocess.run(
        [binary, "sample", "--out", out, "--seed", "1", "--months", "6", "--subscriptions", "40", "--rows-per-day",
         str(per_day), "--family", "mca-actual", "--format", form, "--through", "2026-10-31"],
        check=True, stdout=subprocess.DEVNULL)
    size = sum(path.stat().st_size for path in out.rglob(f"*.{form}"))
    print(f"{form}: about {per_day * DAYS:,} rows, {size / 1e9:.2f} GB")
    return out


def ours(binary, folder, threads):
    target = folder.parent / "series.parquet"
    return [binary, "series", str(folder), "-g", "subscription", "-g", "service", "-g", "resource-group", "-o", "parquet",
            "--out-file", str(target), "--threads", str(threads)]


def theirs(interpreter, kind, folder, cost, threads):
    target = folder.parent / "sums.parquet"
    return [interpreter, "-c", QUERY, kind, f"{folder}/**/*.{kind}", cost, str(threads), str(target)]


def row(name, runs):
    wall, cpu, peak = (statistics.median(run[place] for run in runs) for place in range(3))
    print(f"  {name:34} wall {wall:6.2f} s   cpu {cpu:6.2f} s   peak {peak:7.0f} MB")


def many_groups(interpreter, folder, rows):
    """The export with many groups; its daily rows are the product of groups and days."""
    out = folder / "groups"
    out.mkdir()
    groups = 12_000
    subprocess.run([interpreter, "-c", MANY_GROUPS, str(rows), str(groups), str(DAYS), out / "part_0_0001.parquet"], check=True)
    size = sum(path.stat().st_size for path in out.iterdir())
    print(f"many groups: {rows:,} rows, {size / 1e9:.2f} GB, {groups * DAYS:,} daily rows in the result")
    return out


def compare(name, ours_command, theirs_command, runs):
    os.sync()  # Nothing is timed beside the writing of its own input.
    measured(ours_command), measured(theirs_command)
    pairs = [(measured(ours_command), measured(theirs_command)) for _ in range(runs)]
    print(name)
    row("forecast series", [pair[0] for pair in pairs])
    row("DuckDB", [pair[1] for pair in pairs])
    ratios = sorted(a[0] / b[0] for a, b in pairs)
    print(f"  ratio of wall times: median {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=3_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--binary", default=str(ROOT / "target" / "release" / "forecast"))
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--only-groups", action="store_true", help="only the export with many groups")
    chosen = options.parse_args()
    interpreter = python("duckdb")
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as name:
        folder = pathlib.Path(name)
        groups = many_groups(interpreter, folder, 3_000_000)
        compare("Parquet with many groups", ours(chosen.binary, groups, chosen.threads),
                theirs(interpreter, "parquet", groups, "DECIMAL(38,18)", chosen.threads), chosen.runs)
        if chosen.only_groups:
            return
        csv = sample(chosen.binary, folder, chosen.rows, "csv")
        for cost in ("DOUBLE", "DECIMAL(38,18)"):
            compare(f"CSV, DuckDB summing {cost}", ours(chosen.binary, csv, chosen.threads),
                    theirs(interpreter, "csv", csv, cost, chosen.threads), chosen.runs)
        parquet = sample(chosen.binary, folder, chosen.rows, "parquet")
        compare("Parquet", ours(chosen.binary, parquet, chosen.threads),
                theirs(interpreter, "parquet", parquet, "DECIMAL(38,18)", chosen.threads), chosen.runs)
        tenth = sample(chosen.binary, folder, chosen.rows // 10, "csv")
        print("Memory by rows")
        row("a tenth of the rows", [measured(ours(chosen.binary, tenth, chosen.threads)) for _ in range(chosen.runs)])
        row("all rows", [measured(ours(chosen.binary, csv, chosen.threads)) for _ in range(chosen.runs)])


if __name__ == "__main__":
    main()
