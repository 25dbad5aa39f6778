//! Control totals: what was read, what was left out and why, and what it sums to.

use crate::BadRow;
use billing::{Amount, BillingCycle, Currency, Metric};

/// What reading found, for `-v`, for warnings, and for whoever has to reconcile a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Controls {
    /// Data files read.
    pub files: u64,
    /// Files in folders that are no data.
    pub skipped_files: u64,
    /// Runs that count, oldest first.
    pub runs: Vec<String>,
    /// Runs and files that were passed over, and why.
    pub passed_over: Vec<(String, String)>,
    /// Runs that are incomplete, and what they lack.
    pub incomplete: Vec<(String, String)>,
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
    /// Assumptions made, for `-v`.
    pub notes: Vec<String>,
    /// What a reader of the number should know about the files, to be shown beside it.
    pub remarks: Vec<String>,
    /// What may be wrong with the number.
    pub warnings: Vec<String>,
}

impl Controls {
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

    /// Everything as lines of text, for `-v`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("files: {} read, {} no data", self.files, self.skipped_files)];
        lines.extend(self.runs.iter().map(|run| format!("run taken: {run}")));
        lines.extend(self.passed_over.iter().map(|(what, why)| format!("passed over: {what}: {why}")));
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
        lines.extend(
            self.sums
                .iter()
                .map(|(currency, metric, cycle, sum)| format!("sum: {currency} {metric} {cycle}: {sum}")),
        );
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines
    }
}

impl std::fmt::Display for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` row {}: {}", self.file.display(), self.row, self.what)?;
        match self.rows {
            1 => Ok(()),
            more => write!(f, " (and {} more of this kind)", more - 1),
        }
    }
}
