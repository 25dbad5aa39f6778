//! Names that try to steer a terminal, in every renderer for people.

use crate::{
    AlternativeRow, Column, ColumnValues, ComparisonReport, Dataset, EstimateBill, EstimateReport,
    EstimateRow, Finding, Format, MatchReport, MatchRow, TableStyle,
    forecast_report::tests::{report, row},
    predict_table,
};
use billing::{Amount, Currency, Settlement, TotalLine};
use forecast::{LineTotal, NetTotal, Quantiles, Status};

/// Clears the screen, rings, turns the direction, begins a new line.
const HOSTILE: &str = "a\u{1b}[2J\u{7}\u{202e}b\r\nc\u{9b}31m\u{2028}";

fn currency() -> Currency {
    "E\u{1b}[31mR\u{7}\r\nX".parse().unwrap()
}

/// Nothing but printable characters, line ends, and the codes that the style itself writes.
fn assert_printable(text: &str) {
    let codes = ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[22m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[39m"];
    let text = codes.iter().fold(text.to_owned(), |text, code| text.replace(code, ""));
    let bad = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}')
    };
    assert!(!text.contains(bad), "{text:?}");
}

fn styles() -> [TableStyle; 2] {
    [TableStyle { width: 200, color: false }, TableStyle { width: 80, color: true }]
}

#[test]
fn a_forecast_prints_no_control_character() {
    let mut one = row(1, &[Some(HOSTILE)], HOSTILE, "12345");
    one.model = HOSTILE.to_owned();
    one.missing_days = 3;
    one.covered_from = "2026-10-05".parse().ok();
    let mut total = row(0, &[None], "Total", "12345");
    total.status = Status::Wide;
    total.missing.days = 2;
    let line = |line| LineTotal { line, actual: Amount::ONE, total: Amount::ONE };
    total.lines = [TotalLine::Usage, TotalLine::Corrections].map(line).into();
    for row in [&mut one, &mut total] {
        row.currency = Some(currency());
        row.net = Some(NetTotal {
            settled: Settlement::default(),
            by_costs: Amount::ZERO,
            differences: vec![(forecast::PriceDifference::Tiers, Amount::ONE)],
            due: Quantiles::exactly(Amount::ONE),
            credit_used_up: None,
        });
    }
    let mut found = report(&[HOSTILE], vec![one, total]);
    found.findings.push(Finding::note("test", HOSTILE));
    for style in styles() {
        assert_printable(&predict_table(&found, style));
    }
}

#[test]
fn estimates_comparisons_and_matches_print_no_control_character() {
    let line = EstimateRow {
        line: HOSTILE.to_owned(),
        label: Some(HOSTILE.to_owned()),
        cycle: None,
        meter: Some(HOSTILE.to_owned()),
        priced_as: Some(HOSTILE.to_owned()),
        quantity: Amount::ONE,
        unit: Some(HOSTILE.to_owned()),
        unit_price: None,
        cost: Some([Amount::ONE; 3]),
        status: HOSTILE.to_owned(),
    };
    let unpriced = EstimateRow { cost: None, ..line.clone() };
    let nothing = [Amount::ZERO; 3];
    let bill = EstimateBill {
        cycle: None,
        gross: [Amount::ONE; 3],
        credit: nothing,
        discount: nothing,
        recurring: nothing,
        net: [Amount::ZERO, Amount::ONE, Amount::ONE],
    };
    let notes = vec![HOSTILE.to_owned()];
    let estimate = EstimateReport {
        currency: currency(),
        rows: vec![line.clone(), unpriced.clone()],
        bills: vec![bill],
        notes: notes.clone(),
    };
    let alternative = |lines: Vec<EstimateRow>| AlternativeRow {
        name: HOSTILE.to_owned(),
        lines,
        as_planned: [Amount::ONE; 3],
        cost: [Amount::ONE; 3],
        covered: Some(1.0),
    };
    let comparison = ComparisonReport {
        subject: HOSTILE.to_owned(),
        currency: currency(),
        planned: vec![line.clone()],
        alternatives: vec![alternative(vec![line.clone()]), alternative(vec![unpriced.clone()])],
        notes: notes.clone(),
    };
    let matched = |line: EstimateRow| MatchRow {
        line,
        sku: Some(HOSTILE.to_owned()),
        region: HOSTILE.to_owned(),
        reason: HOSTILE.to_owned(),
        runner_up: Some(HOSTILE.to_owned()),
        confidence: Some(0.5),
    };
    let matches = MatchReport { currency: currency(), rows: vec![matched(line), matched(unpriced)], notes };
    for style in styles() {
        assert_printable(&estimate.table(style));
        assert_printable(&comparison.table(style));
        assert_printable(&matches.table(style));
    }
}

#[test]
fn any_table_and_markdown_print_no_control_character() {
    let values = ColumnValues::Text(vec![Some(HOSTILE.to_owned()), None]);
    let dataset = Dataset::new("t", 1, vec![Column::new(HOSTILE, values)]).unwrap();
    for format in [Format::Table, Format::Markdown] {
        let mut out = Vec::new();
        format.write(&dataset, &mut out).unwrap();
        assert_printable(&String::from_utf8(out).unwrap());
    }
}
