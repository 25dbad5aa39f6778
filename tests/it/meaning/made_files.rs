//! Cost files made for one test: rows by agreement, exports with their manifests, results as text.

use crate::support::{Run, run, write};
use chrono::{Datelike, Days, NaiveDate};
use serde_json::Value;
use std::path::Path;

/// Two subscriptions, as classic files write their ids.
pub const ALPHA: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
pub const BETA: &str = "bbbbbbbb-0000-4000-8000-00000000000b";

/// A row of a cost file: columns with their values, in the file's order.
#[derive(Clone)]
pub struct Row(Vec<(String, String)>);

impl Row {
    fn new(cells: &[(&str, &str)]) -> Self {
        Self(cells.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect())
    }

    /// The row with another value in a column, or with one column more.
    pub fn with(mut self, column: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(name, _)| name == column) {
            Some((_, old)) => value.clone_into(old),
            None => self.0.push((column.to_owned(), value.to_owned())),
        }
        self
    }

    /// The row without a column.
    pub fn without(mut self, column: &str) -> Self {
        self.0.retain(|(name, _)| name != column);
        self
    }
}

/// Makes the row of a day and a cost, as [`ea`] does.
pub type MakeRow = fn(&str, &str) -> Row;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn month_of(day: &str) -> (NaiveDate, NaiveDate) {
    let first = date(day).with_day(1).expect("a first day");
    (first, first + chrono::Months::new(1))
}

/// Usage of subscription alpha in an Enterprise Agreement file.
pub fn ea(day: &str, cost: &str) -> Row {
    let (first, next) = month_of(day);
    Row::new(&[
        ("BillingAccountId", "1234"),
        ("BillingPeriodStartDate", &first.to_string()),
        ("BillingPeriodEndDate", &(next - Days::new(1)).to_string()),
        ("AccountName", "team"),
        ("SubscriptionId", ALPHA),
        ("SubscriptionName", "alpha"),
        ("Date", day),
        ("MeterCategory", "Storage"),
        ("Cost", cost),
        ("BillingCurrency", "EUR"),
        ("ResourceGroup", "rg"),
        ("Tags", ""),
        ("PublisherName", "Microsoft"),
        ("ChargeType", "Usage"),
        ("Frequency", "UsageBased"),
        ("PublisherType", "Azure"),
        ("PricingModel", "OnDemand"),
    ])
}

/// The same in a Microsoft Customer Agreement file, with its dates `MM/DD/YYYY`.
pub fn mca(day: &str, cost: &str) -> Row {
    let (first, next) = month_of(day);
    let slashes = |day: NaiveDate| day.format("%m/%d/%Y").to_string();
    Row::new(&[
        ("billingAccountId", "acc"),
        ("billingProfileId", "profile-1"),
        ("billingPeriodStartDate", &slashes(first)),
        ("billingPeriodEndDate", &slashes(next - Days::new(1))),
        ("date", &slashes(date(day))),
        ("subscriptionId", ALPHA),
        ("subscriptionName", "alpha"),
        ("meterCategory", "Storage"),
        ("costInBillingCurrency", cost),
        ("billingCurrency", "EUR"),
        ("costInPricingCurrency", cost),
        ("pricingCurrency", "USD"),
        ("exchangeRatePricingToBilling", "1"),
        ("paygCostInBillingCurrency", cost),
        ("publisherName", "Microsoft"),
        ("publisherType", "Microsoft"),
        ("chargeType", "Usage"),
        ("frequency", "UsageBased"),
        ("pricingModel", "OnDemand"),
        ("tags", ""),
    ])
}

/// The same in a FOCUS file, where all four costs are equal.
pub fn focus(day: &str, cost: &str) -> Row {
    let (first, next) = month_of(day);
    let moment = |day: NaiveDate| format!("{day}T00:00:00Z");
    Row::new(&[
        ("BilledCost", cost),
        ("EffectiveCost", cost),
        ("ContractedCost", cost),
        ("ListCost", cost),
        ("BillingCurrency", "EUR"),
        ("BillingAccountId", "/providers/Microsoft.Billing/billingAccounts/1234"),
        ("BillingPeriodStart", &moment(first)),
        ("BillingPeriodEnd", &moment(next)),
        ("ChargePeriodStart", &moment(date(day))),
        ("ChargePeriodEnd", &moment(date(day) + Days::new(1))),
        ("ChargeCategory", "Usage"),
        ("ChargeClass", ""),
        ("ChargeFrequency", "Usage-Based"),
        ("CommitmentDiscountId", ""),
        ("CommitmentDiscountStatus", ""),
        ("PublisherName", "Microsoft"),
        ("ServiceName", "Storage Accounts"),
        ("x_SkuMeterCategory", "Storage"),
        ("SubAccountId", &format!("/subscriptions/{ALPHA}")),
        ("SubAccountName", "alpha"),
        ("x_ResourceGroupName", "rg"),
        ("Tags", ""),
    ])
}

/// The same in a pay-as-you-go file, which has no billing period.
pub fn payg(day: &str, cost: &str) -> Row {
    Row::new(&[
        ("SubscriptionGuid", ALPHA),
        ("UsageDateTime", &format!("{day} 00:00:00")),
        ("MeterCategory", "Storage"),
        ("UsageQuantity", "1"),
        ("ResourceRate", cost),
        ("PreTaxCost", cost),
        ("Currency", "EUR"),
        ("Tags", ""),
    ])
}

/// A row on each day from `first` to `last`, at the same cost.
pub fn daily(row: MakeRow, first: &str, last: &str, cost: &str) -> Vec<Row> {
    let days = date(first).iter_days().take_while(|day| *day <= date(last));
    days.map(|day| row(&day.to_string(), cost)).collect()
}

/// Every row with another value in a column.
pub fn all_with(rows: Vec<Row>, column: &str, value: &str) -> Vec<Row> {
    rows.into_iter().map(|row| row.with(column, value)).collect()
}

/// The text of a file with these rows, which have the same columns.
pub fn csv(rows: &[Row]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let header = rows[0].0.iter().map(|(column, _)| quoted(column)).collect();
    let rows = rows.iter().map(|row| line(row.0.iter().map(|(_, value)| quoted(value)).collect()));
    line(header) + &rows.collect::<String>()
}

/// A run of an export to be written: its data file and its manifest, in the folders that Azure makes.
pub struct Export {
    pub name: &'static str,
    pub kind: &'static str,
    pub first: &'static str,
    pub last: &'static str,
    /// When the run was submitted, such as `2026-10-18T06:00:00Z`.
    pub submitted: &'static str,
    /// What it reads, such as `/subscriptions/…`; nothing where it does not say.
    pub scope: String,
}

impl Export {
    /// A run of `name` with actual cost of these days.
    pub fn actual(
        name: &'static str,
        first: &'static str,
        last: &'static str,
        submitted: &'static str,
    ) -> Self {
        Self { name, kind: "ActualCost", first, last, submitted, scope: String::new() }
    }

    pub fn of_kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub fn of_scope(self, scope: &str) -> Self {
        Self { scope: scope.to_owned(), ..self }
    }

    /// The folder of the run, below the one that is read.
    pub fn folder(&self) -> String {
        let (first, next) = month_of(self.first);
        let month = format!("{}-{}", first.format("%Y%m%d"), (next - Days::new(1)).format("%Y%m%d"));
        let stamp: String = self.submitted.chars().filter(char::is_ascii_digit).take(12).collect();
        format!("{}/{month}/{stamp}", self.name)
    }

    /// Writes a whole run.
    pub fn write(&self, folder: &Path, rows: &[Row]) {
        let text = csv(rows);
        self.write_text(folder, &text, text.len(), rows.len());
    }

    /// Writes a run whose manifest states these sizes, whether they are true or not.
    pub fn write_text(&self, folder: &Path, text: &str, bytes: usize, rows: usize) {
        let data = format!("{}/part_0_0001.csv", self.folder());
        write(folder, &data, text);
        self.write_manifest(folder, &data, bytes, rows);
    }

    /// Writes the manifest alone.
    pub fn write_manifest(&self, folder: &Path, blob: &str, bytes: usize, rows: usize) {
        let manifest = serde_json::json!({
            "manifestVersion": "2024-04-01",
            "exportConfig": {
                "exportName": self.name,
                "resourceId": format!("{}/providers/Microsoft.CostManagement/exports/{}", self.scope, self.name),
                "type": self.kind,
            },
            "runInfo": {
                "submittedTime": self.submitted,
                "startDate": format!("{}T00:00:00", self.first),
                "endDate": format!("{}T00:00:00Z", self.last),
            },
            "blobs": [{"blobName": blob, "byteCount": bytes, "dataRowCount": rows}],
        });
        write(folder, &format!("{}/manifest.json", self.folder()), manifest.to_string());
    }
}

/// August and September whole and October up to the 17th in three runs of one export, the newest
/// made on 18 October in the morning; `more` is in that one too.
pub fn autumn(folder: &Path, row: MakeRow, cost: &str, more: &[Row]) {
    let is_focus = csv(&[row("2026-10-01", "1")]).contains("BilledCost");
    let kind = if is_focus { "FocusCost" } else { "ActualCost" };
    let export = |first, last, submitted| Export::actual("monthly", first, last, submitted).of_kind(kind);
    export("2026-08-01", "2026-08-31", "2026-09-06T06:00:00Z")
        .write(folder, &daily(row, "2026-08-01", "2026-08-31", cost));
    export("2026-09-01", "2026-09-30", "2026-10-06T06:00:00Z")
        .write(folder, &daily(row, "2026-09-01", "2026-09-30", cost));
    let mut october = daily(row, "2026-10-01", "2026-10-17", cost);
    october.extend_from_slice(more);
    export("2026-10-01", "2026-10-18", "2026-10-18T06:00:00Z").write(folder, &october);
}

/// Runs the command on the folder and expects it to end well.
pub fn good(folder: &Path, args: &[&str]) -> Run {
    let done = run(folder, args);
    assert_eq!(done.code, 0, "{args:?}: {}", done.stderr);
    done
}

/// Lines of `forecast series . ARGS`: day, groups, currency and cost in words, `-` for nothing.
pub fn lines(text: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|record| {
        let record = record.expect("a CSV line");
        let cells = record.iter().enumerate().filter(|(place, _)| *place != 1);
        let words = cells.map(|(place, cell)| match (place, cell) {
            (0, day) => day[..10].to_owned(),
            (_, "") => "-".to_owned(),
            (_, cell) => cell.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    });
    rows.collect()
}

/// The daily series of the folder, in [`lines`].
pub fn series(folder: &Path, args: &[&str]) -> Vec<String> {
    let mut all = vec!["series", ".", "-o", "csv"];
    all.extend(args);
    lines(&good(folder, &all).stdout)
}

/// The sum of the last column of a daily series, in whole units of the currency.
pub fn whole(lines: &[String]) -> i64 {
    let last = |line: &String| line.rsplit(' ').next().map(str::to_owned).unwrap_or_default();
    lines.iter().map(last).filter(|cost| cost != "-").map(|cost| cost.parse::<i64>().expect("whole")).sum()
}

/// The result of `forecast predict . ARGS`.
pub struct Predicted<'a> {
    folder: &'a Path,
    args: &'a [&'a str],
    /// The rows as CSV.
    rows: String,
}

/// Runs `forecast predict . ARGS`.
pub fn predict<'a>(folder: &'a Path, args: &'a [&'a str]) -> Predicted<'a> {
    let rows = good(folder, &[&["predict", ".", "-o", "csv"], args].concat()).stdout;
    Predicted { folder, args, rows }
}

impl Predicted<'_> {
    /// The values of one column as written, `-` for nothing.
    pub fn column(&self, name: &str) -> Vec<String> {
        let mut reader = csv::Reader::from_reader(self.rows.as_bytes());
        let place = reader.headers().expect("a header").iter().position(|column| column == name);
        let place = place.expect("a column of that name");
        let value = |record: csv::StringRecord| match &record[place] {
            "" => "-".to_owned(),
            text => text.to_owned(),
        };
        reader.records().map(|record| value(record.expect("a CSV line"))).collect()
    }

    /// What is said about the result: its JSON envelope.
    pub fn envelope(&self) -> Value {
        let done = good(self.folder, &[&["predict", ".", "-o", "json"], self.args].concat());
        serde_json::from_str(&done.stdout).expect("JSON")
    }

    /// All notes and warnings in one text.
    /// What the total of each cycle is made of: a line and its actual amount.
    pub fn lines(&self) -> Vec<String> {
        let envelope = self.envelope();
        let lines = envelope["lines"].as_array().expect("lines").iter();
        let text = |line: &serde_json::Value, key: &str| line[key].as_str().expect(key).to_owned();
        lines.map(|line| format!("{} {}", text(line, "x_Line"), text(line, "x_ActualToDate"))).collect()
    }

    pub fn said(&self) -> String {
        let envelope = self.envelope();
        format!("{} {}", envelope["notes"], envelope["warnings"])
    }
}
