//! Use of other clouds matched to Azure's sizes: which size, why, how sure, and what it costs.

use crate::{
    Column, ColumnValues, Dataset, EstimateReport, EstimateRow, Result, TableStyle, columns,
    layout::{Heading, grid, wrapped},
    number_format::{as_sentence, counted, grouped, percent, printable},
};
use billing::{Amount, Currency};

/// Matches and their cost.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchReport {
    /// Currency of every amount.
    pub currency: Currency,
    /// The lines.
    pub rows: Vec<MatchRow>,
    /// What must be said beside it.
    pub notes: Vec<String>,
}

/// A line and its match.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchRow {
    /// What it costs.
    pub line: EstimateRow,
    /// The size; `None` where there is none.
    pub sku: Option<String>,
    /// The region.
    pub region: String,
    /// Why this size, or why none.
    pub reason: String,
    /// The next cheapest.
    pub runner_up: Option<String>,
    /// How much of the size would be used, 0 to 1.
    pub confidence: Option<f64>,
}

impl MatchReport {
    /// The rows: those of an estimate, with the match beside them.
    ///
    /// # Errors
    /// [`crate::Error::NotFinite`] for a confidence that is not a number.
    pub fn dataset(&self) -> Result<Dataset> {
        let rows = self.rows.iter().map(|row| row.line.clone()).collect();
        let (currency, bills, notes) = (self.currency.clone(), Vec::new(), Vec::new());
        let mut all = EstimateReport { currency, rows, bills, notes }.columns();
        let text = |get: &dyn Fn(&MatchRow) -> Option<String>| {
            ColumnValues::Text(self.rows.iter().map(get).collect())
        };
        let confidence = ColumnValues::Float(self.rows.iter().map(|row| row.confidence).collect());
        all.extend([
            Column::new("x_MatchedSku", text(&|row| row.sku.clone())),
            Column::new("RegionId", text(&|row| Some(row.region.clone()))),
            Column::new("x_MatchReason", text(&|row| Some(row.reason.clone()))),
            Column::new("x_RunnerUp", text(&|row| row.runner_up.clone())),
            Column::new("x_Confidence", confidence),
        ]);
        let (schema, version) = columns::MATCH;
        Dataset::new(schema, version, all)
    }

    /// The table for people, a line end after each line.
    #[must_use]
    pub fn table(&self, style: TableStyle) -> String {
        let headings = [
            ("", false),
            ("Matched to", false),
            ("Runner-up", false),
            ("Fit", true),
            ("Hours", true),
            ("Cost", true),
        ]
        .map(|(text, right)| Heading { text: text.to_owned(), right });
        let mut cells: Vec<Vec<String>> = self.rows.iter().map(|row| self.cells(row)).collect();
        let total: Amount = self.rows.iter().filter_map(|row| Some(row.line.cost?[1])).sum();
        let is_priced = self.rows.iter().any(|row| row.line.cost.is_some());
        let sum = if is_priced { grouped(total, self.currency.minor_digits()) } else { "unknown".to_owned() };
        cells.push(vec!["Total".to_owned(), String::new(), String::new(), String::new(), String::new(), sum]);
        let laid = grid(&headings, cells, None);
        let rule = style.dim(&"─".repeat(laid.width));
        let mut lines = vec![style.title(&format!("Matched to Azure · {}", self.currency)), String::new()];
        lines.extend(laid.header.iter().map(|line| style.dim(&style.finished(line))));
        lines.push(rule.clone());
        for (place, line) in laid.body.iter().enumerate() {
            if place == self.rows.len() {
                lines.push(rule.clone());
            }
            let line = style.finished(line);
            lines.push(if place < self.rows.len() { line } else { style.bold(&line) });
        }
        lines.push(String::new());
        let mut notes: Vec<String> = self
            .rows
            .iter()
            .map(|row| format!("{}: {}", row.line.line, row.reason))
            .take(MOST_REASONS)
            .collect();
        let more = self.rows.len().saturating_sub(MOST_REASONS) as u64;
        if more > 0 {
            notes.push(format!("{} more; `-o csv` has their reasons", counted(more, "line")));
        }
        notes.extend(self.notes.iter().map(|note| as_sentence(note)));
        for note in &notes {
            lines.extend(wrapped(&printable(note), style.width).iter().map(|line| style.dim(line)));
        }
        lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    fn cells(&self, row: &MatchRow) -> Vec<String> {
        let cost = match &row.line.cost {
            Some(cost) => grouped(cost[1], self.currency.minor_digits()),
            None => row.line.status.clone(),
        };
        vec![
            printable(&row.line.line),
            row.sku.as_deref().map_or_else(|| "none".to_owned(), printable),
            row.runner_up.as_deref().map(printable).unwrap_or_default(),
            row.confidence.map(percent).unwrap_or_default(),
            grouped(row.line.quantity, 2),
            cost,
        ]
    }
}

/// Reasons that a table shows.
const MOST_REASONS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, sku: Option<&str>, cost: Option<&str>) -> MatchRow {
        let line = EstimateRow {
            line: name.to_owned(),
            label: None,
            cycle: None,
            meter: None,
            priced_as: None,
            quantity: "730".parse().unwrap(),
            unit: None,
            unit_price: None,
            cost: cost.map(|cost| [cost.parse().unwrap(); 3]),
            status: if cost.is_some() { "priced" } else { "no_match" }.to_owned(),
        };
        MatchRow {
            line,
            sku: sku.map(str::to_owned),
            region: "northeurope".to_owned(),
            reason: "a reason".to_owned(),
            runner_up: None,
            confidence: sku.map(|_| 0.75),
        }
    }

    #[test]
    fn what_has_no_match_is_in_no_sum() {
        let rows = vec![row("web", Some("Standard_D2s_v5"), Some("73")), row("big", None, None)];
        let report = MatchReport { currency: "USD".parse().unwrap(), rows, notes: Vec::new() };
        let expected = "\
Matched to Azure · USD

       Matched to       Runner-up     Fit   Hours      Cost
───────────────────────────────────────────────────────────
web    Standard_D2s_v5             75.0 %  730.00     73.00
big    none                                730.00  no_match
───────────────────────────────────────────────────────────
Total                                                 73.00

web: a reason
big: a reason
";
        assert_eq!(report.table(TableStyle::PLAIN), expected);
        assert_eq!(report.dataset().unwrap().len(), 2);
    }
}
