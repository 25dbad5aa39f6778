//! What reading found: control totals, and findings with a severity, counts and places. Findings are data; they
//! become sentences where they are shown.

use crate::BadRow;
use billing::{Amount, BillingCycle, Currency, Metric};
use chrono::NaiveDate;
use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// An assumption or a decision, for `-v`.
    Detail,
    /// What a reader of the number should know.
    Note,
    /// What may make the number wrong.
    Warning,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A run or file that does not count.
    PassedOver {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// A run whose manifest names no data or no rows: it covers nothing.
    EmptyRun {
        /// Its name.
        name: String,
    },
    /// A run that lacks files, bytes or rows.
    Incomplete {
        /// Its name.
        name: String,
        /// What it lacks.
        lacks: String,
    },
    /// A file in a folder that is not a cost file.
    ForeignFile {
        /// Its name.
        name: String,
        /// What it lacks.
        why: String,
    },
    /// A scope whose first run was submitted after the day that is asked about.
    HistoryLoaded {
        /// The run.
        name: String,
        /// When it was submitted.
        made: NaiveDate,
        /// The day that is asked about.
        as_of: NaiveDate,
    },
    /// A file that does not state whether its cost is actual or amortized.
    AssumedActual {
        /// The file.
        name: String,
        /// Whether an amortized file lies beside it.
        beside_amortized: bool,
    },
    /// A charge type that this version does not know.
    UnknownKind {
        /// As it is written.
        kind: String,
    },
    /// Rows that cost something and have 0 in the metric that was asked for.
    UnfilledMetric {
        /// How many.
        rows: u64,
        /// Of how many.
        of: u64,
        /// The metric.
        metric: Metric,
    },
    /// Exports that list usage only.
    UsageOnly,
    /// Costs that are priced usage.
    Estimates,
    /// Services are shown as meter categories.
    ServiceIsMeterCategory,
    /// Subscriptions that no file has the metric of.
    MetricMissing {
        /// The file or run.
        name: String,
        /// The metric.
        metric: Metric,
        /// How many subscriptions.
        count: usize,
        /// One of them.
        example: String,
    },
    /// Two exports that hold the same days of the same charges.
    ScopeOverlap {
        /// The run whose charges count.
        counts: String,
        /// The run whose charges do not.
        replaced: String,
        /// How many days of subscriptions they share.
        days: usize,
    },
    /// Estimates that give way to charges.
    EstimateReplaced {
        /// The run of estimates.
        name: String,
        /// How many days of subscriptions.
        days: usize,
    },
    /// Two files without manifests that are two states of the same charges.
    Restated {
        /// The newer file, whose days count.
        newer: String,
        /// The older file.
        older: String,
        /// How many days of subscriptions they share.
        days: usize,
        /// What makes the newer one newer.
        by: &'static str,
    },
    /// Two files without manifests that hold different charges of the same days, and are added up.
    AddedUp {
        /// One file.
        one: String,
        /// Its sum over the common days.
        one_sum: Amount,
        /// The other file.
        other: String,
        /// Its sum over the common days.
        other_sum: Amount,
    },
    /// A subscription with charges in two billing accounts.
    TwoAgreements {
        /// The subscription.
        subscription: String,
        /// The billing accounts.
        accounts: [String; 2],
        /// Days on which both have usage.
        days: Vec<NaiveDate>,
    },
    /// Subscriptions whose data ends long before that of the rest.
    Stopped {
        /// One of them.
        example: String,
        /// How many more.
        more: usize,
        /// Their last covered day.
        last: NaiveDate,
    },
    /// A scope that held charges of a subscription and has been silent for long.
    SilentScope {
        /// The subscription.
        subscription: String,
        /// The run that covers its last day.
        name: String,
        /// That day.
        last: NaiveDate,
    },
    /// Purchases of commitments in amortized cost, which count as usage there.
    CommitmentPurchases {
        /// Their sum.
        amount: Amount,
        /// Its currency.
        currency: String,
    },
}

impl Finding {
    pub(crate) fn passed_over(name: String, why: impl Into<String>) -> Self {
        Self::PassedOver { name, why: why.into() }
    }

    /// How much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::PassedOver { .. } | Self::AssumedActual { beside_amortized: false, .. } => Severity::Detail,
            Self::EstimateReplaced { .. } => Severity::Detail,
            Self::UsageOnly | Self::Estimates | Self::ServiceIsMeterCategory => Severity::Note,
            Self::TwoAgreements { .. } | Self::HistoryLoaded { .. } => Severity::Note,
            _ => Severity::Warning,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassedOver { name, why } => write!(f, "`{name}` does not count: {why}"),
            Self::EmptyRun { name } => write!(f, "the run `{name}` holds no data: it covers no day"),
            Self::Incomplete { name, lacks } => {
                write!(f, "the run `{name}` is incomplete and does not count: {lacks}")
            }
            Self::ForeignFile { name, why } => write!(f, "`{name}` is skipped: {why}"),
            Self::HistoryLoaded { name, made, as_of } => write!(
                f,
                "history loaded on {made}: every run of this scope is from {as_of} or later, so the charges of `{name}` before that day count"
            ),
            Self::AssumedActual { name, beside_amortized: true } => write!(
                f,
                "`{name}` does not state whether its cost is actual or amortized, and an amortized file lies beside it; actual is assumed"
            ),
            Self::AssumedActual { name, .. } => {
                write!(f, "`{name}` does not state whether its cost is actual or amortized; actual is assumed")
            }
            Self::UnknownKind { kind } => {
                write!(f, "the charge type `{kind}` is not known here; its charges count")
            }
            Self::UnfilledMetric { rows, of, metric } => write!(
                f,
                "{rows} of {of} rows cost something and have 0 as {}: the service does not fill it everywhere, so this total is too low",
                metric.column()
            ),
            Self::UsageOnly => {
                f.write_str("pay-as-you-go exports list usage only: purchases and refunds are not in this total")
            }
            Self::Estimates => f.write_str(
                "costs are estimates: usage priced by a rate card, before credit and tax; the bill will differ",
            ),
            Self::ServiceIsMeterCategory => f.write_str(
                "service is the meter category throughout, since FOCUS and classic files are read together",
            ),
            Self::MetricMissing { name, metric, count, example } => write!(
                f,
                "`{name}` does not hold {metric} cost: {count} of its subscriptions, such as `{example}`, are in no other file and not in this total"
            ),
            Self::ScopeOverlap { counts, replaced, days } => write!(
                f,
                "two exports overlap: {days} days of subscriptions that `{replaced}` also holds are taken from `{counts}`"
            ),
            Self::EstimateReplaced { name, days } => write!(
                f,
                "{days} days of subscriptions in `{name}` are estimates beside charges; the charges count"
            ),
            Self::Restated { newer, older, days, by } => write!(
                f,
                "`{newer}` and `{older}` hold the same charges in two states: {days} days of subscriptions are taken from `{newer}`, {by}"
            ),
            Self::AddedUp { one, one_sum, other, other_sum } => write!(
                f,
                "`{one}` ({one_sum}) and `{other}` ({other_sum}) hold different charges of the same days; both are added up"
            ),
            Self::TwoAgreements { subscription, accounts: [one, other], days } => {
                let shown: Vec<String> = days.iter().take(3).map(ToString::to_string).collect();
                let more = days.len().saturating_sub(shown.len());
                let more = if more > 0 { format!(" and {more} more days") } else { String::new() };
                write!(
                    f,
                    "`{subscription}` has usage in the billing accounts `{one}` and `{other}` on {}{more}; both count, on two invoices",
                    shown.join(", ")
                )
            }
            Self::Stopped { example, more, last } => {
                let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
                write!(f, "the data of `{example}`{more} ends on {last}; later days are missing there, not zero")
            }
            Self::SilentScope { subscription, name, last } => write!(
                f,
                "`{name}` held charges of `{subscription}` and ends on {last}; its later part is missing, not zero"
            ),
            Self::CommitmentPurchases { amount, currency } => write!(
                f,
                "purchases of commitments carry {amount} {currency} of effective cost, which their usage carries too; they are left out"
            ),
        }
    }
}

/// What reading found, for `-v`, for warnings, and for whoever has to reconcile a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Controls {
    /// Data files read.
    pub files: u64,
    /// Files in folders that hold no data.
    pub skipped_files: u64,
    /// Runs that count, oldest first.
    pub runs: Vec<String>,
    /// Rows read, malformed ones included.
    pub rows: u64,
    /// Lines with nothing in them.
    pub blank_lines: u64,
    /// Malformed rows, by file and fault.
    pub malformed: Vec<BadRow>,
    /// Good rows that do not count, by reason.
    pub dropped: Vec<(String, u64)>,
    /// Amounts with more than 18 digits after the point, rounded there.
    pub cut_amounts: u64,
    /// Sums of what counts, by currency, metric and billing period.
    pub sums: Vec<(Currency, Metric, BillingCycle, Amount)>,
    /// What was found and decided on the way.
    pub findings: Vec<Finding>,
}

impl Controls {
    /// Adds a finding once.
    pub(crate) fn add(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Counts rows that do not count.
    pub(crate) fn drop_rows(&mut self, rows: u64, why: impl Into<String>) {
        if rows > 0 {
            self.dropped.push((why.into(), rows));
        }
    }

    /// Adds what a second reading of the same files found: of the same charges where `is_same`, and of others where
    /// not.
    pub(crate) fn add_reading(&mut self, other: Self, is_same: bool) {
        for run in other.runs {
            if !self.runs.contains(&run) {
                self.runs.push(run);
            }
        }
        self.malformed.extend(other.malformed);
        self.malformed.sort();
        // Rows without any usable cost are bad in both readings.
        self.malformed.dedup_by(|b, a| (&a.file, a.row, a.rows) == (&b.file, b.row, b.rows));
        for (why, rows) in other.dropped {
            match self.dropped.iter_mut().find(|(own, _)| *own == why) {
                Some((_, own)) if is_same => *own = rows.max(*own),
                Some((_, own)) => *own += rows,
                None => self.dropped.push((why, rows)),
            }
        }
        self.cut_amounts = self.cut_amounts.max(other.cut_amounts);
        other.findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// The findings of a severity, in words.
    #[must_use]
    pub fn sentences(&self, severity: Severity) -> Vec<String> {
        self.findings.iter().filter(|own| own.severity() == severity).map(ToString::to_string).collect()
    }

    /// What may be wrong with the number, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.sentences(Severity::Warning)
    }

    /// What a reader of the number should know, in words.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.sentences(Severity::Note)
    }

    /// How many rows were malformed.
    #[must_use]
    pub fn malformed_rows(&self) -> u64 {
        self.malformed.iter().map(|bad| bad.rows).sum()
    }

    /// The first malformed rows in words, at most `most`.
    #[must_use]
    pub fn malformed_lines(&self, most: usize) -> Vec<String> {
        self.malformed.iter().take(most).map(ToString::to_string).collect()
    }

    /// The sum of each currency and cycle as lines of text, for `-v`.
    #[must_use]
    pub fn sum_lines(&self) -> Vec<String> {
        let line = |(currency, metric, cycle, sum): &(_, _, _, _)| {
            format!("sum: {currency} {metric} {cycle}: {sum}")
        };
        self.sums.iter().map(line).collect()
    }

    /// What was read as lines of text, for `-v`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("files: {} read, {} not data", self.files, self.skipped_files)];
        lines.extend(self.runs.iter().map(|run| format!("run taken: {run}")));
        lines.push(format!(
            "rows: {} read, {} malformed, {} blank lines",
            self.rows,
            self.malformed_rows(),
            self.blank_lines
        ));
        lines.extend(self.dropped.iter().map(|(why, rows)| format!("rows not counted: {rows}: {why}")));
        if self.cut_amounts > 0 {
            lines.push(format!("amounts rounded at the 18th digit: {}", self.cut_amounts));
        }
        lines.extend(self.sentences(Severity::Detail).into_iter().map(|text| format!("note: {text}")));
        lines
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` row {}: {}", self.file.display(), self.row, self.what)?;
        match self.rows {
            1 => Ok(()),
            more => write!(f, " (and {} more of this kind)", more - 1),
        }
    }
}
