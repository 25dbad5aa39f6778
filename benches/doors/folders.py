"""What a folder of exports holds, and its bytes: charges, runs with manifests, files without one.

A `Folder` is the description that the oracle answers from; `write` lays it out as Azure does. Nothing here
decides which charge counts.
"""

import csv
import dataclasses
import datetime as dt
import gzip
import io
import json
import pathlib
import uuid
from decimal import Decimal

try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    pyarrow = None

UTC = dt.timezone.utc
BILLING = "/providers/Microsoft.Billing/billingAccounts/"


@dataclasses.dataclass(frozen=True)
class Charge:
    """One row of a cost file. `day` is the day of use (UTC), `period` the first day of its billing period."""

    account: str
    sub: str  # a GUID, or "" where the charge belongs to no subscription
    group: str
    resource: str
    meter: str
    day: dt.date
    period: dt.date
    cost: Decimal
    quantity: Decimal
    kind: str = "Usage"  # Usage, Purchase, UnusedReservation
    frequency: str = "UsageBased"  # UsageBased, Recurring, OneTime
    profile: str = ""
    section: str = ""
    currency: str = "EUR"
    hour: int | None = None
    offset: str = "Z"
    is_estimate: bool = False

    @property
    def key(self):
        """What two states of one charge have in common: resource and meter, or resource group and meter."""
        return (self.resource or "group " + self.group, self.meter)


@dataclasses.dataclass(frozen=True)
class Scope:
    """What an export claims. `kind` is one of the words in `resource_id`; ids are "" where they do not apply."""

    kind: str
    sub: str = ""
    group: str = ""
    account: str = ""
    profile: str = ""
    section: str = ""
    name: str = ""  # of a management group, department, enrollment account or customer

    def resource_id(self):
        return {
            "subscription": f"/subscriptions/{self.sub}",
            "resource group": f"/subscriptions/{self.sub}/resourceGroups/{self.group}",
            "management group": f"/providers/Microsoft.Management/managementGroups/{self.name}",
            "account": BILLING + self.account,
            "profile": f"{BILLING}{self.account}/billingProfiles/{self.profile}",
            "section": f"{BILLING}{self.account}/billingProfiles/{self.profile}/invoiceSections/{self.section}",
            "department": f"{BILLING}{self.account}/departments/{self.name}",
            "enrollment account": f"{BILLING}{self.account}/enrollmentAccounts/{self.name}",
            "customer": f"{BILLING}{self.account}/customers/{self.name}",
        }[self.kind]


@dataclasses.dataclass
class Run:
    """One run of an export with its manifest. `damage` is None or one of `DAMAGES`."""

    scope: Scope
    export: str
    kind: str  # ActualCost, AmortizedCost, FocusCost, Usage
    family: str  # ea, mca, focus
    first: dt.date
    last: dt.date  # inclusive
    submitted: dt.datetime
    rows: list
    form: str = "csv"  # csv, csv.gz, parquet
    parts: int = 1
    damage: str | None = None
    states_blobs: bool = True  # False: `blobCount` 0 and no file, where there are no rows
    names_account: bool = True


DAMAGES = ("missing", "cut", "byteCount", "dataRowCount")


@dataclasses.dataclass
class Loose:
    """A file without a manifest. `stated` is the moment in its name, `parts` joins part files to one run."""

    path: str
    family: str
    rows: list
    form: str = "csv"
    stated: dt.datetime | None = None
    parts: str | None = None
    kind: str = "ActualCost"  # what its rows show; a classic header names no metric


@dataclasses.dataclass
class Folder:
    name: str
    scenario: str
    runs: list = dataclasses.field(default_factory=list)
    loose: list = dataclasses.field(default_factory=list)
    others: list = dataclasses.field(default_factory=list)  # (path, bytes): no cost files
    as_of: dt.date | None = None

    def newest(self):
        """The last moment that the folder knows of; the clock of the commands is set after it."""
        moments = [run.submitted for run in self.runs] + [f.stated for f in self.loose if f.stated]
        days = [c.day for f in self.loose for c in f.rows if c.kind == "Usage"]
        moments += [dt.datetime.combine(max(days), dt.time(12), UTC)] if days else []
        return max(moments)


def month_end(first):
    """The first day of the next month."""
    return (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def slashes(day):
    return day.strftime("%m/%d/%Y")


def reservation(charge):
    return charge.kind == "UnusedReservation" or charge.meter.startswith("res")


def ea_row(c, run_names_account=True):
    row = {
        "BillingAccountId": c.account, "BillingPeriodStartDate": slashes(c.period),
        "BillingPeriodEndDate": slashes(month_end(c.period) - dt.timedelta(days=1)), "AccountName": "team",
        "SubscriptionId": c.sub, "SubscriptionName": "sub " + c.sub[:4] if c.sub else "", "Date": slashes(c.day),
        "MeterId": c.meter, "MeterCategory": "Virtual Machines", "MeterName": c.meter, "Quantity": str(c.quantity),
        "EffectivePrice": "1", "CostInBillingCurrency": str(c.cost), "UnitPrice": "1",
        "BillingCurrencyCode": c.currency, "ResourceGroup": c.group, "ResourceId": c.resource,
        "UnitOfMeasure": "1 Hour", "ReservationId": "order-1" if reservation(c) else "", "ChargeType": c.kind,
        "Frequency": c.frequency, "PublisherType": "Azure",
        "PricingModel": "Reservation" if reservation(c) else "OnDemand", "Tags": "",
    }
    if not run_names_account:
        del row["BillingAccountId"]
    return row


def mca_row(c, run_names_account=True):
    row = {
        "billingAccountId": c.account, "billingProfileId": c.profile, "invoiceSectionId": c.section,
        "billingPeriodStartDate": slashes(c.period),
        "billingPeriodEndDate": slashes(month_end(c.period) - dt.timedelta(days=1)), "date": slashes(c.day),
        "SubscriptionId": c.sub, "subscriptionName": "sub " + c.sub[:4] if c.sub else "",
        "meterCategory": "Virtual Machines", "meterId": c.meter, "meterName": c.meter, "quantity": str(c.quantity),
        "unitOfMeasure": "1 Hour", "unitPrice": "1", "effectivePrice": "1", "costInBillingCurrency": str(c.cost),
        "billingCurrency": c.currency, "costInPricingCurrency": str(c.cost), "pricingCurrency": c.currency,
        "exchangeRatePricingToBilling": "1", "paygCostInBillingCurrency": str(c.cost), "resourceGroupName": c.group,
        "ResourceId": c.resource, "reservationId": "order-1" if reservation(c) else "", "publisherType": "Microsoft",
        "chargeType": c.kind, "frequency": c.frequency,
        "pricingModel": "Reservation" if reservation(c) else "OnDemand", "tags": "",
    }
    if not run_names_account:
        del row["billingAccountId"]
    return row


def moments(c):
    """Start and end of the charge as FOCUS writes them."""
    if c.hour is None:
        return f"{c.day}T00:00:00Z", f"{c.day + dt.timedelta(days=1)}T00:00:00Z"
    start = dt.datetime.combine(c.day, dt.time(c.hour), UTC)
    if c.offset != "Z":
        start = start.astimezone(dt.timezone(dt.timedelta(hours=int(c.offset[:3]))))
    end = start + dt.timedelta(hours=1)
    return tuple(moment.isoformat().replace("+00:00", "Z") for moment in (start, end))


def focus_row(c, run_names_account=True):
    start, end = moments(c)
    account = BILLING + c.account + (f"/billingProfiles/{c.profile}" if c.profile else "")
    row = {
        "BilledCost": str(c.cost), "EffectiveCost": str(c.cost), "ContractedCost": str(c.cost),
        "ListCost": str(c.cost), "BillingCurrency": c.currency, "ChargePeriodStart": start, "ChargePeriodEnd": end,
        "BillingPeriodStart": f"{c.period}T00:00:00Z", "BillingPeriodEnd": f"{month_end(c.period)}T00:00:00Z",
        "BillingAccountId": account, "SubAccountId": f"/subscriptions/{c.sub}" if c.sub else "",
        "SubAccountName": "sub " + c.sub[:4] if c.sub else "", "ServiceName": "Virtual Machines",
        "ChargeCategory": c.kind, "ChargeClass": "",
        "ChargeFrequency": {"UsageBased": "Usage-Based", "OneTime": "One-Time"}.get(c.frequency, c.frequency),
        "CommitmentDiscountId": "", "PublisherName": "Microsoft", "ResourceId": c.resource,
        "x_SkuMeterId": c.meter, "SkuMeter": c.meter, "PricingQuantity": str(c.quantity),
        "x_PricingUnitDescription": "1 Hour", "x_ResourceGroupName": c.group, "x_BillingProfileId": c.profile,
        "x_InvoiceSectionId": c.section, "Tags": "{}",
    }
    if c.is_estimate:
        row["x_IsEstimate"] = "true"
    if not run_names_account:
        del row["BillingAccountId"]
    return row


ROWS = {"ea": ea_row, "mca": mca_row, "focus": focus_row}
EMPTY = Charge("0", "0", "", "", "m", dt.date(2026, 1, 1), dt.date(2026, 1, 1), Decimal(1), Decimal(1))
TIMES = ("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd")
NUMBERS = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost", "PricingQuantity", "Quantity", "quantity",
           "CostInBillingCurrency", "costInBillingCurrency", "costInPricingCurrency", "paygCostInBillingCurrency")


def file_bytes(family, form, charges, names_account=True):
    """The file with these charges in one of the three forms."""
    rows = [ROWS[family](c, names_account) for c in charges]
    header = list(rows[0] if rows else ROWS[family](EMPTY, names_account))
    header += [name for row in rows for name in row if name not in header][:1]
    if form == "parquet":
        return parquet_bytes(family, header, rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode()
    return gzip.compress(data, mtime=0) if form == "csv.gz" else data


def parquet_bytes(family, header, rows):
    columns = {}
    for name in header:
        values = [row.get(name, "") for row in rows]
        if name in NUMBERS:
            kind = pyarrow.decimal128(38, 12)
            columns[name] = pyarrow.array([Decimal(v) for v in values], kind)
        elif family == "focus" and name in TIMES:
            parsed = [dt.datetime.fromisoformat(v.replace("Z", "+00:00")) for v in values]
            columns[name] = pyarrow.array(parsed, pyarrow.timestamp("us", "UTC"))
        else:
            columns[name] = pyarrow.array(values, pyarrow.string())
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def write(folder, root):
    """Lays the folder out below `root`."""
    for run in folder.runs:
        write_run(run, root)
    for loose in folder.loose:
        put(root / loose.path, file_bytes(loose.family, loose.form, loose.rows))
    for path, data in folder.others:
        put(root / path, data)


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def run_path(run):
    last = month_end(run.first) - dt.timedelta(days=1)
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{run.export}{run.submitted}{run.first}{run.last}{run.kind}")
    return f"{run.export}/{run.first:%Y%m%d}-{last:%Y%m%d}/{run.submitted:%Y%m%d%H%M}/{identity}", str(identity)


def write_run(run, root):
    """Writes the data files and the manifest of a run, damaged as asked."""
    path, identity = run_path(run)
    target = pathlib.Path(root) / path
    blobs = []
    if run.rows or run.states_blobs:
        parts = min(run.parts, len(run.rows)) or 1
        for number in range(parts):
            rows = run.rows[number::parts]
            data = file_bytes(run.family, run.form, rows, run.names_account)
            name = f"part_{number}_0001.{run.form}"
            blob = {"blobName": f"costs/{path}/{name}", "byteCount": len(data), "dataRowCount": len(rows)}
            is_last = number == parts - 1
            if is_last and run.damage in ("byteCount", "dataRowCount"):
                blob[run.damage] += 1
            if is_last and run.damage == "cut":
                data = data[: len(data) * 2 // 3]
            if not (is_last and run.damage == "missing"):
                put(target / name, data)
            blobs.append(blob)
    manifest = {
        "manifestVersion": "2024-04-01", "byteCount": sum(b["byteCount"] for b in blobs), "blobCount": len(blobs),
        "dataRowCount": sum(b["dataRowCount"] for b in blobs),
        "exportConfig": {
            "exportName": run.export, "dataVersion": "2021-10-01", "type": run.kind, "timeFrame": "MonthToDate",
            "resourceId": f"{run.scope.resource_id()}/providers/Microsoft.CostManagement/exports/{run.export}",
            "granularity": "Daily"},
        "runInfo": {
            "executionType": "Scheduled", "submittedTime": f"{run.submitted:%Y-%m-%dT%H:%M:%S}.0000000Z",
            "runId": identity, "startDate": f"{run.first}T00:00:00", "endDate": f"{run.last}T00:00:00Z"},
        "blobs": blobs,
    }
    put(target / "manifest.json", json.dumps(manifest, indent=1).encode())
