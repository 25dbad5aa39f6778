//! The right answer of a case, and every command asked for it.

use super::folders::{Folder, Form, june};
use crate::support::{Run, TestContext};
use std::collections::{BTreeMap, BTreeSet};

const CARD: &str = "currency = \"EUR\"\n[[price]]\nmeter = \"m1\"\nunit = \"1 Hour\"\nprice = 1\n\
                    [[price]]\nmeter = \"m2\"\nunit = \"1 Hour\"\nprice = 1\n";
const BATCH: &str = "[batch]\nout = \"night\"\noutputs = [\"csv\"]\nmax-age-days = 0\n\
                     [[job]]\nname = \"plain\"\ninputs = [\"in\"]\ngroup-by = [\"subscription\"]\n";
const PRICED_JOB: &str =
    "[[job]]\nname = \"priced\"\ninputs = [\"in\"]\ngroup-by = [\"subscription\"]\npricing = \"card.toml\"\n";
/// Costs are compared to this: they have at most two digits.
const SMALL: f64 = 1e-6;

/// What every command must answer.
#[derive(Default, Clone)]
pub struct Right {
    /// Exit code 1 from all of them.
    pub refused: bool,
    /// The sum of each day, over all subscriptions.
    pub days: BTreeMap<String, f64>,
    /// The sum of each cycle that charges were billed in, by its first day.
    pub cycles: BTreeMap<String, f64>,
    /// The quantity of each cycle where it is not the cost.
    pub used: Option<BTreeMap<String, f64>>,
    /// Whether the price list is in the currency of all charges.
    pub one_currency: bool,
    /// Whether two whole months lie before June.
    pub history: bool,
}

pub fn refused() -> Right {
    Right { refused: true, ..Right::default() }
}

/// Each range of days in June with its cost a day.
pub fn right(ranges: &[(u32, u32, f64)]) -> Right {
    let mut days = BTreeMap::new();
    for (first, last, cost) in ranges {
        for day in *first..=*last {
            *days.entry(june(day)).or_default() += cost;
        }
    }
    let cycles = BTreeMap::from([("2026-06-01".to_owned(), days.values().sum())]);
    Right { days, cycles, one_currency: true, ..Right::default() }
}

impl Right {
    /// With April and May at 10 a day.
    pub fn and_history(mut self) -> Self {
        for (month, days) in [("2026-04", 30), ("2026-05", 31)] {
            self.days.extend((1..=days).map(|day| (format!("{month}-{day:02}"), 10.0)));
            self.cycles.insert(format!("{month}-01"), f64::from(days) * 10.0);
        }
        self.history = true;
        self
    }

    /// With more on a day than its cycle in June shows, billed in June.
    pub fn and_late(mut self, day: &str, cost: f64) -> Self {
        *self.days.entry(day.to_owned()).or_default() += cost;
        *self.cycles.entry("2026-06-01".to_owned()).or_default() += cost;
        self
    }

    pub fn used_in_june(mut self, quantity: f64) -> Self {
        let mut used = self.cycles.clone();
        used.insert("2026-06-01".to_owned(), quantity);
        self.used = Some(used);
        self
    }

    pub fn used(&self) -> &BTreeMap<String, f64> {
        self.used.as_ref().unwrap_or(&self.cycles)
    }
}

/// Asks every command and collects what differs, so that one run of a test shows all of it.
struct Doors<'a> {
    context: &'a TestContext,
    right: &'a Right,
    differences: Vec<String>,
}

impl Doors<'_> {
    /// The rows of a command, or `None` where it ended otherwise than with rows.
    fn ask(&mut self, door: &str, args: &[&str]) -> Option<Run> {
        let done = self.context.run(args);
        let wanted = i32::from(self.right.refused);
        if done.code != wanted {
            let first = done.stderr.lines().find(|line| line.starts_with("error")).unwrap_or(&done.stderr);
            self.differences.push(format!("{door}: exit {}, not {wanted}: {first}", done.code));
        }
        (done.code == 0 && !self.right.refused).then_some(done)
    }

    fn compare(&mut self, door: &str, got: &BTreeMap<String, f64>, right: &BTreeMap<String, f64>) {
        let all = got.keys().chain(right.keys()).collect::<BTreeSet<_>>();
        for key in all {
            let [is, should] = [got, right].map(|sums| sums.get(key).copied().unwrap_or_default());
            if (is - should).abs() > SMALL {
                self.differences.push(format!("{door}: {key} {is}, not {should}"));
            }
        }
    }

    fn daily(&mut self, door: &str, args: &[&str]) {
        let all = [&["series"], args, &["-g", "subscription", "-o", "csv"]].concat();
        if let Some(done) = self.ask(door, &all) {
            let got = sums(&done.stdout, "ChargePeriodStart", &["BilledCost", "EffectiveCost"], |_| true);
            self.compare(door, &got, &self.right.days.clone());
        }
    }

    /// Actual amounts of the cycles that a table of totals shows.
    fn actuals(&mut self, door: &str, text: &str) {
        let got = sums(text, "BillingPeriodStart", &["x_ActualToDate"], |_| true);
        if got.is_empty() {
            self.differences.push(format!("{door}: no rows"));
        }
        let shown = self.right.cycles.iter().filter(|(cycle, _)| got.contains_key(*cycle));
        self.compare(door, &got, &shown.map(|(cycle, sum)| (cycle.clone(), *sum)).collect());
    }

    fn predict(&mut self, door: &str, more: &[&str]) {
        let args = [&["predict", "in", "-g", "subscription", "-o", "csv"], more].concat();
        if let Some(done) = self.ask(door, &args) {
            self.actuals(door, &done.stdout);
        }
    }

    fn estimate(&mut self, door: &str, input: &str) {
        let args = ["price", "estimate", input, "--rates", "card.toml", "-o", "csv"];
        if let Some(done) = self.ask(door, &args) {
            let got = sums(&done.stdout, "BillingPeriodStart", &["BilledCost"], |_| true);
            self.compare(door, &got, &self.right.used().clone());
        }
    }

    fn price_compare(&mut self) {
        let args = ["price", "compare", "in", "--rates", "card.toml", "--offer", "MS-AZR-0003P", "-o", "csv"];
        if let Some(done) = self.ask("price compare", &args) {
            let got = sums(&done.stdout, "BillingPeriodStart", &["BilledCost"], |row| row == "as planned");
            let used = self.right.used().iter().filter(|(cycle, _)| got.contains_key(*cycle));
            self.compare("price compare", &got, &used.map(|(cycle, sum)| (cycle.clone(), *sum)).collect());
            if got.is_empty() {
                self.differences.push("price compare: no rows as planned".to_owned());
            }
        }
    }

    fn ingest(&mut self) {
        if self.ask("ingest", &["ingest", "in", "--out", "landed"]).is_some() {
            self.daily("ingest, series", &["landed"]);
            if self.right.one_currency {
                self.predict_landed();
                self.estimate("ingest, price estimate", "landed");
            }
        }
    }

    fn predict_landed(&mut self) {
        let args = ["predict", "landed", "-g", "subscription", "-o", "csv"];
        if let Some(done) = self.ask("ingest, predict", &args) {
            self.actuals("ingest, predict", &done.stdout);
        }
    }

    fn batch(&mut self) {
        let is_priced = self.right.one_currency || self.right.refused;
        self.context.write("forecast.toml", format!("{BATCH}{}", if is_priced { PRICED_JOB } else { "" }));
        if self.ask("batch", &["batch", "--config", "forecast.toml"]).is_some() {
            let nights = std::fs::read_dir(self.context.path().join("night")).expect("a folder of nights");
            let night = nights.map(|entry| entry.expect("an entry").file_name()).next().expect("a night");
            for job in ["plain", "priced"].into_iter().take(1 + usize::from(is_priced)) {
                let text = self.context.read(&format!("night/{}/{job}.csv", night.to_string_lossy()));
                self.actuals(&format!("batch, {job}"), &text);
            }
        }
    }

    fn backtest(&mut self) {
        let args = ["backtest", "in", "-g", "subscription", "-o", "csv"];
        if let Some(done) = self.ask("backtest", &args) {
            let mut reader = csv::Reader::from_reader(done.stdout.as_bytes());
            let columns = reader.headers().expect("a header").clone();
            let place = |name: &str| columns.iter().position(|column| column == name).expect(name);
            let (cycle, cut, actual) = (place("cycle"), place("cut_day"), place("actual"));
            // Each cut day of a cycle repeats what its series came to.
            let mut by_cut: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
            for record in reader.records() {
                let record = record.expect("a row");
                let cuts = by_cut.entry(format!("{}-01", &record[cycle])).or_default();
                *cuts.entry(record[cut].to_owned()).or_default() +=
                    record[actual].parse::<f64>().expect("an amount");
            }
            if by_cut.is_empty() {
                self.differences.push("backtest: no row".to_owned());
            }
            let most =
                |cuts: BTreeMap<String, f64>| cuts.into_values().max_by(|a, b| a.abs().total_cmp(&b.abs()));
            let got: BTreeMap<String, f64> =
                by_cut.into_iter().filter_map(|(cycle, cuts)| Some((cycle, most(cuts)?))).collect();
            let known = self.right.cycles.iter().filter(|(cycle, _)| got.contains_key(*cycle));
            self.compare("backtest", &got, &known.map(|(cycle, sum)| (cycle.clone(), *sum)).collect());
        }
    }

    /// The exit code only: too little to learn from, or refused.
    fn train(&mut self) {
        let done =
            self.context.run(&["train", "in", "-g", "subscription", "--out", "model.json", "--made-up", "0"]);
        let wanted = if self.right.refused { 1 } else { 4 };
        if done.code != wanted {
            self.differences.push(format!("train: exit {}, not {wanted}", done.code));
        }
    }
}

/// Sums of the first of these columns that a CSV text has, by the day in another column.
fn sums(text: &str, day: &str, costs: &[&str], wanted: fn(&str) -> bool) -> BTreeMap<String, f64> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().expect("a header").clone();
    let place = |name: &str| columns.iter().position(|column| column == name);
    let day = place(day).expect("a column of days");
    let cost = costs.iter().find_map(|name| place(name)).expect("a column of costs");
    let mut found = BTreeMap::new();
    for record in reader.records() {
        let record = record.expect("a row");
        // The first column of `price compare` names the alternative.
        if wanted(&record[0]) {
            let amount: f64 =
                if record[cost].is_empty() { 0.0 } else { record[cost].parse().expect("a number") };
            *found.entry(record[day][..10].to_owned()).or_default() += amount;
        }
    }
    found
}

/// Writes the folder in each form and asks every command about it.
pub fn check(forms: &[Form], make: impl Fn(&Folder<'_>), right: &Right) {
    let mut differences = Vec::new();
    for form in forms {
        let context = TestContext::new().with_env("FORECAST_TODAY", "2026-06-25");
        context.write("card.toml", CARD);
        make(&Folder { context: &context, form: *form });
        let mut doors = Doors { context: &context, right, differences: Vec::new() };
        doors.daily("series", &["in"]);
        if *form == Form::Hours {
            doors.daily("hourly", &["in", "--granularity", "hourly"]);
        }
        doors.predict("predict", &[]);
        if right.one_currency || right.refused {
            doors.predict("predict --pricing", &["--pricing", "card.toml"]);
            doors.estimate("price estimate", "in");
            doors.price_compare();
        }
        doors.ingest();
        doors.batch();
        if right.history || right.refused {
            doors.backtest();
        }
        doors.train();
        differences.extend(doors.differences.into_iter().map(|line| format!("{form:?} {line}")));
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}
