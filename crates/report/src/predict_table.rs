//! The table that `predict` prints: a block for each cycle and currency, then what to know of them.
//!
//! Rows stand below the row that they are a part of, the costliest first, and the total comes last.
//! It is read at 80 characters and without colour: nothing is said by colour alone.

use crate::{
    ForecastReport, TableStyle,
    footnotes::footnotes,
    layout::{Heading, grid, told_apart, widest, wrapped},
    lines_table::lines_of_total,
    net_table::net_lines,
    number_format::{cycle_name, printable},
    predict_columns::columns_that_fit,
    row_order::{as_tree, repeats_the_rest},
};
use billing::{AMOUNT_SCALE, Amount, BillingCycle, Currency, Metric};
use forecast::GroupTotal;
use std::collections::BTreeMap;

/// Stands before the further lines of a note.
const INDENT: &str = "  ";

/// The whole table as text, a line end after each line.
#[must_use]
pub fn predict_table(report: &ForecastReport, style: TableStyle) -> String {
    let mut lines = Vec::new();
    // Sums of cycles stand below all cycles.
    let mut blocks: BTreeMap<(bool, BillingCycle, Option<&Currency>), Vec<&GroupTotal>> = BTreeMap::new();
    for row in report.rows.iter().chain(&report.sums) {
        blocks.entry((row.cycles > 1, row.cycle, row.currency.as_ref())).or_default().push(row);
    }
    for ((_, cycle, currency), rows) in blocks {
        let block = Block::new(report, cycle, currency, rows);
        lines.extend(block.lines(style));
        lines.push(String::new());
        lines.extend(lines_of_total(&block.rows(), style));
        lines.extend(net_lines(cycle, currency, &block.rows(), style));
    }
    if report.rows.is_empty() {
        lines.extend(["Nothing to forecast: no series was found".to_owned(), String::new()]);
    }
    for note in footnotes(report) {
        // A second line of a note is indented, so that the next note stands out.
        let broken = wrapped(&note, style.width.saturating_sub(INDENT.len()));
        let indents = std::iter::once("").chain(std::iter::repeat(INDENT));
        lines.extend(broken.iter().zip(indents).map(|(line, indent)| style.dim(&format!("{indent}{line}"))));
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// One cycle in one currency.
struct Block<'a> {
    title: String,
    currency: Option<&'a Currency>,
    /// Digits of amounts after the point.
    digits: u32,
    /// Rows in the order in which they stand, each with its depth below the first level.
    body: Vec<(usize, &'a GroupTotal)>,
    total: Option<&'a GroupTotal>,
}

impl<'a> Block<'a> {
    fn new(
        report: &ForecastReport,
        cycle: BillingCycle,
        currency: Option<&'a Currency>,
        rows: Vec<&'a GroupTotal>,
    ) -> Self {
        let mut title = format!("Forecast of {}", cycle_name(cycle));
        if report.exact {
            title = format!("{title} · {}", metric_words(report.metric));
        }
        let digits = currency.map_or_else(|| digits_of_numbers(&rows), Currency::minor_digits);
        let (mut totals, mut body): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.level == 0);
        // A total without parts is a row like any other; so are several of them.
        let total = if body.is_empty() || totals.len() > 1 { None } else { totals.pop() };
        body.extend(totals);
        body.retain(|row| !repeats_the_rest(row));
        Self { title, currency, digits, body: as_tree(body), total }
    }

    /// The rows as they stand, the total last.
    fn rows(&self) -> Vec<&GroupTotal> {
        self.body.iter().map(|(_, row)| *row).chain(self.total).collect()
    }

    fn lines(&self, style: TableStyle) -> Vec<String> {
        let placed = || self.body.iter().copied().chain(self.total.map(|total| (0, total)));
        let rows: Vec<&GroupTotal> = placed().map(|(_, row)| row).collect();
        let names: Vec<String> =
            placed().map(|(depth, row)| format!("{}{}", "  ".repeat(depth), printable(&row.name))).collect();
        let fit = columns_that_fit(&rows, self.digits, widest(names.iter().map(String::as_str)), style);

        let mut headings = vec![Heading { text: String::new(), right: false }];
        headings.extend(fit.columns.iter().map(|column| column.field.heading()));
        let cells = told_apart(names, fit.name_width).into_iter().enumerate().map(|(place, name)| {
            std::iter::once(name)
                .chain(fit.columns.iter().map(|column| column.cells[place].clone()))
                .collect()
        });
        let laid = grid(&headings, cells.collect(), Some(fit.name_width));

        let title = match self.currency {
            Some(currency) if fit.in_whole_units => format!("{} · in whole {currency}", self.title),
            Some(currency) => format!("{} · {currency}", self.title),
            None => self.title.clone(),
        };
        let rule = style.dim(&"─".repeat(laid.width));
        let mut lines = vec![style.title(&title), String::new()];
        lines.extend(laid.header.iter().map(|line| style.dim(&style.finished(line))));
        lines.push(rule.clone());
        for (place, line) in laid.body.iter().enumerate() {
            let line = style.finished(line);
            if place == self.body.len() {
                lines.extend([rule.clone(), style.bold(&line)]);
            } else {
                lines.push(line);
            }
        }
        lines
    }
}

/// Digits that values without a currency are shown with.
fn digits_of_numbers(rows: &[&GroupTotal]) -> u32 {
    let one = Amount::from_units(10_i128.pow(AMOUNT_SCALE));
    let size = |total: Amount| if total < Amount::ZERO { -total } else { total };
    let largest = rows.iter().filter_map(|row| row.point()).map(size).max().unwrap_or_default();
    if largest >= one || largest == Amount::ZERO { 2 } else { 6 }
}

fn metric_words(metric: Metric) -> &'static str {
    match metric {
        Metric::Billed => "billed cost",
        Metric::Effective => "effective (amortized) cost",
        Metric::Contracted => "cost at contracted prices",
        Metric::List => "cost at list prices",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast_report::tests::{amount, report, row, with_range};
    use forecast::Status;

    fn with_figures(row: GroupTotal, actual: &str, range: [&str; 2], previous: &str) -> GroupTotal {
        let mut row = with_range(row, range);
        row.actual = amount(actual).unwrap();
        row.previous = amount(previous);
        row.trend = (1..=7).map(|day| Some(f64::from(day))).collect();
        row
    }

    fn two_subscriptions() -> ForecastReport {
        let production = row(1, &[Some("p")], "Production", "12345.67");
        let mut data = row(1, &[Some("d")], "Data platform of the northern region", "-2040.00");
        data.status = Status::Wide;
        data.missing_days = 2;
        let total = row(0, &[None], "Total", "10305.67");
        report(
            &["SubAccountId"],
            vec![
                with_figures(data, "1020", ["-2200.5", "-1900"], "-2000"),
                with_figures(total, "9143.40", ["9900", "10800.4"], "9000"),
                with_figures(production, "8123.4", ["11900", "12800"], "11848"),
            ],
        )
    }

    #[test]
    fn eighty_columns_show_the_forecast_its_range_and_the_change() {
        let expected = "\
Forecast of October 2026 · billed cost · EUR

                      Actual   Expected                   vs last
                      so far      total       80 % range    cycle  Daily
────────────────────────────────────────────────────────────────────────────────
Production          8,123.40  12,345.67  11,900 – 12,800   +4.2 %  ▂▃▄▄▅▆▇
Data platform of …  1,020.00  -2,040.00  -2,201 – -1,900   -2.0 %  ▂▃▄▄▅▆▇  wide
────────────────────────────────────────────────────────────────────────────────
Total               9,143.40  10,305.67   9,900 – 10,800  +14.5 %  ▂▃▄▄▅▆▇

The total: charges of the cycle as billed, before credit and tax
Not final: days after 2026-10-15 are part of the expectation
Missing: 2 days have no data, which does not count as zero: Data platform of
  the northern region 2
Status `wide`: low confidence, because history is short, incomplete or not
  settled
";
        assert_eq!(predict_table(&two_subscriptions(), TableStyle::PLAIN), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 60..200 {
            let text = predict_table(&two_subscriptions(), TableStyle { width, color: false });
            assert!(widest(text.lines()) <= width, "{width}\n{text}");
        }
    }

    #[test]
    fn a_wide_terminal_shows_every_column() {
        let text = predict_table(&two_subscriptions(), TableStyle { width: 160, color: false });
        let headings: Vec<Vec<&str>> =
            text.lines().skip(2).take(2).map(|line| line.split("  ").map(str::trim).collect()).collect();
        let words =
            |place: usize| headings[place].iter().filter(|w| !w.is_empty()).copied().collect::<Vec<_>>();
        assert_eq!(words(0), ["Actual", "Expected", "Last", "vs last"]);
        let below = ["so far", "total", "80 % range", "95 % range", "cycle", "cycle", "Daily", "Model"];
        assert_eq!(words(1), below);
    }

    #[test]
    fn colour_adds_codes_and_changes_no_character() {
        let colourful = predict_table(&two_subscriptions(), TableStyle { width: 80, color: true });
        assert!(colourful.contains("\u{1b}[31m+4.2 %\u{1b}[39m"), "{colourful}");
        let codes = ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[22m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[39m"];
        let stripped = codes.into_iter().fold(colourful, |text, code| text.replace(code, ""));
        assert_eq!(stripped, predict_table(&two_subscriptions(), TableStyle::PLAIN));
    }

    #[test]
    fn yen_and_euro_and_two_cycles_have_blocks_of_their_own() {
        let mut yen = with_figures(row(0, &[], "Total", "150000"), "70000", ["140000", "160000"], "149000");
        yen.currency = "JPY".parse().ok();
        let mut later = row(0, &[], "Total", "11");
        later.cycle = later.cycle.next(billing::CycleDay::FIRST);
        let text =
            predict_table(&report(&[], vec![later, yen, row(0, &[], "Total", "10")]), TableStyle::PLAIN);
        let expected = "\
Forecast of October 2026 · billed cost · EUR

       Actual  Expected
       so far     total  Model
─────────────────────────────────
Total    0.00     10.00  run_rate

Forecast of October 2026 · billed cost · JPY

       Actual  Expected                        Last  vs last
       so far     total         80 % range    cycle    cycle  Daily    Model
───────────────────────────────────────────────────────────────────────────────
Total  70,000   150,000  140,000 – 160,000  149,000   +0.7 %  ▂▃▄▄▅▆▇  run_rate

Forecast of November 2026 · billed cost · EUR

       Actual  Expected
       so far     total  Model
─────────────────────────────────
Total    0.00     11.00  run_rate

The total: charges of the cycle as billed, before credit and tax
Not final: days after 2026-10-15 are part of the expectation
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_series_without_a_forecast_has_blanks_and_says_why() {
        let mut short = row(1, &[Some("n")], "新しい\u{1b}プロジェクト", "1");
        (short.total, short.status) = (None, Status::Insufficient);
        let text = predict_table(&report(&["SubAccountId"], vec![short]), TableStyle::PLAIN);
        let expected = "\
Forecast of October 2026 · billed cost · EUR

                     Expected
                        total  Model
─────────────────────────────────────────────────────
新しい プロジェクト         –  run_rate  insufficient

The total: charges of the cycle as billed, before credit and tax
Status `insufficient`: no forecast; there is too little history
";
        assert_eq!(text, expected);
    }

    #[test]
    fn an_empty_report_says_so() {
        let text = predict_table(&report(&["SubAccountId"], vec![]), TableStyle::PLAIN);
        assert_eq!(text, "Nothing to forecast: no series was found\n");
    }
}
