//! The table that `backtest` prints: how far past forecasts of whole cycles were off.
//!
//! Errors are shares of the totals themselves (WAPE: sum of errors without sign over sum of totals),
//! and stand beside those of the two forecasts that anybody could have made.

use crate::{
    TableStyle,
    layout::{Heading, grid, wrapped},
    number_format::{percent, signed_percent},
};

/// Scores of the forecasts that were made on one day of the cycle, or of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScoreTableRow {
    /// Last day of the cycle that the forecast had seen; `None` for the row over all of them.
    pub cut_day: Option<u32>,
    /// How many totals were forecast.
    pub totals: u64,
    /// WAPE of the model, as a share.
    pub wape_model: Option<f64>,
    /// WAPE of the run rate on the same totals.
    pub wape_run_rate: Option<f64>,
    /// WAPE of the seasonal naive forecast on the same totals.
    pub wape_seasonal_naive: Option<f64>,
    /// Sum of errors with their sign over the sum of totals; positive is too high.
    pub bias: Option<f64>,
    /// Mean pinball loss over the sum of totals.
    pub pinball: Option<f64>,
    /// Share of totals inside the 80 % range.
    pub coverage80: Option<f64>,
    /// Share of totals inside the 95 % range.
    pub coverage95: Option<f64>,
}

const HEADINGS: [&str; 9] = [
    "Days\nseen",
    "\nTotals",
    "Error\n(WAPE)",
    "of run\nrate",
    "of seasonal\nnaive",
    "\nBias",
    "\nPinball",
    "Inside\n80 %",
    "Inside\n95 %",
];

/// The table as text, a line end after each line.
#[must_use]
pub fn backtest_table(rows: &[ScoreTableRow], style: TableStyle) -> String {
    let headings = HEADINGS.map(|text| Heading { text: text.to_owned(), right: true });
    let (parts, all): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.cut_day.is_some());
    let laid = grid(&headings, parts.iter().chain(&all).map(|row| cells(row, style)).collect(), None);
    let rule = style.dim(&"─".repeat(laid.width));
    let mut lines: Vec<String> = laid.header.iter().map(|line| style.dim(&style.finished(line))).collect();
    lines.push(rule.clone());
    for (place, line) in laid.body.iter().enumerate() {
        if place == parts.len() && !parts.is_empty() {
            lines.push(rule.clone());
        }
        let line = style.finished(line);
        lines.push(if place < parts.len() { line } else { style.bold(&line) });
    }
    lines.push(String::new());
    let note = "Errors are of the cycle's total: sum of errors over sum of totals; the model beats the two \
                forecasts beside it where its error is smaller";
    lines.extend(wrapped(note, style.width).iter().map(|line| style.dim(line)));
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn cells(row: &ScoreTableRow, style: TableStyle) -> Vec<String> {
    let share = |value: Option<f64>| value.map(percent).unwrap_or_default();
    let others = [row.wape_run_rate, row.wape_seasonal_naive];
    let model = share(row.wape_model);
    let beats = |other: &Option<f64>| row.wape_model.zip(*other).is_none_or(|(model, other)| model < other);
    vec![
        row.cut_day.map_or_else(|| "all".to_owned(), |day| day.to_string()),
        row.totals.to_string(),
        if others.iter().all(beats) { style.green(&model) } else { style.red(&model) },
        share(row.wape_run_rate),
        share(row.wape_seasonal_naive),
        row.bias.map(signed_percent).unwrap_or_default(),
        share(row.pinball),
        share(row.coverage80),
        share(row.coverage95),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_stand_by_day_and_all_of_them_last() {
        let tenth = ScoreTableRow {
            cut_day: Some(10),
            totals: 120,
            wape_model: Some(0.0712),
            wape_run_rate: Some(0.1),
            wape_seasonal_naive: Some(0.123),
            bias: Some(-0.004),
            pinball: Some(0.021),
            coverage80: Some(0.8),
            coverage95: None,
        };
        let all = ScoreTableRow { cut_day: None, totals: 1, ..ScoreTableRow::default() };
        let expected = "\
Days           Error  of run  of seasonal                   Inside  Inside
seen  Totals  (WAPE)    rate        naive    Bias  Pinball    80 %    95 %
──────────────────────────────────────────────────────────────────────────
  10     120   7.1 %  10.0 %       12.3 %  -0.4 %    2.1 %  80.0 %
──────────────────────────────────────────────────────────────────────────
 all       1

Errors are of the cycle's total: sum of errors over sum of totals; the model
beats the two forecasts beside it where its error is smaller
";
        assert_eq!(backtest_table(&[all, tenth], TableStyle::PLAIN), expected);
    }

    #[test]
    fn a_model_that_is_beaten_is_red() {
        let beaten =
            ScoreTableRow { wape_model: Some(0.2), wape_run_rate: Some(0.1), ..ScoreTableRow::default() };
        let text = backtest_table(&[beaten], TableStyle { width: 80, color: true });
        assert!(text.contains("\u{1b}[31m20.0 %\u{1b}[39m"), "{text}");
    }
}
