//! The block below a forecast whose prices are known: from the charges to the amount due.

use crate::{
    TableStyle,
    layout::{Heading, grid, told_apart, widest},
    number_format::{cycle_name, grouped, printable},
};
use billing::{Amount, BillingCycle, Currency};
use chrono::{Datelike, NaiveDate};
use forecast::{GroupTotal, NetTotal, UsedUp};

/// Characters of a name that are shown at least.
const NARROWEST: usize = 12;

/// The lines of the block; none where prices are not known, or where all charges are to pay and no more.
pub(crate) fn net_lines(
    cycle: BillingCycle,
    currency: Option<&Currency>,
    rows: &[&GroupTotal],
    style: TableStyle,
) -> Vec<String> {
    let known: Vec<(&GroupTotal, &NetTotal)> =
        rows.iter().filter_map(|row| Some((*row, row.net.as_ref()?))).collect();
    let has_terms =
        known.iter().any(|(row, net)| row.point() != Some(net.due.point()) || net.credit_used_up.is_some());
    let Some(currency) = currency else { return Vec::new() };
    let differences = differences(&known, currency);
    if !has_terms {
        return differences;
    }
    let digits = currency.minor_digits();
    let figure = |amount: Amount| grouped(amount, digits);
    let mut columns =
        vec![column("Charges", known.iter().map(|(row, _)| figure(row.point().unwrap_or_default())))];
    let mut part = |name, get: fn(&NetTotal) -> Amount| {
        if known.iter().any(|(_, own)| get(own) != Amount::ZERO) {
            columns.push(column(name, known.iter().map(|(_, own)| figure(get(own)))));
        }
    };
    part("Credit", |net| -net.settled.credit);
    part("Discount", |net| -net.settled.discount);
    part("Of cycle", |net| net.settled.recurring);
    columns.push(column("To pay", known.iter().map(|(_, own)| figure(own.due.point()))));
    let range = |net: &NetTotal| {
        let [low, high] = net.due.interval(0.8).map(|end| grouped(end, 0));
        format!("{low} – {high}")
    };
    columns.push(column("80 % range", known.iter().map(|(_, own)| range(own))));
    if known.iter().any(|(_, own)| own.credit_used_up.is_some()) {
        let used_up = |net: &NetTotal| net.credit_used_up.map_or_else(String::new, in_words);
        columns.push(column("Used up", known.iter().map(|(_, own)| used_up(own))));
    }

    let names: Vec<String> = known.iter().map(|(row, _)| printable(&row.name)).collect();
    let taken: usize =
        columns.iter().map(|(name, cells)| 2 + widest(cells.iter().map(String::as_str).chain([*name]))).sum();
    let width =
        widest(names.iter().map(String::as_str)).min(style.width.saturating_sub(taken).max(NARROWEST));
    let mut headings = vec![Heading { text: String::new(), right: false }];
    headings.extend(columns.iter().map(|(name, _)| Heading { text: (*name).to_owned(), right: true }));
    let cells = told_apart(names, width).into_iter().enumerate().map(|(place, name)| {
        std::iter::once(name).chain(columns.iter().map(|(_, cells)| cells[place].clone())).collect()
    });
    let laid = grid(&headings, cells.collect(), Some(width));
    let rule = style.dim(&"─".repeat(laid.width));
    let mut lines = vec![
        style.title(&format!("To pay for {} · before tax · {currency}", cycle_name(cycle))),
        String::new(),
    ];
    lines.extend(laid.header.iter().map(|line| style.dim(&style.finished(line))));
    lines.push(rule.clone());
    for (place, (line, (row, _))) in laid.body.iter().zip(&known).enumerate() {
        let line = style.finished(line);
        if row.level == 0 && place > 0 {
            lines.extend([rule.clone(), style.bold(&line)]);
        } else {
            lines.push(line);
        }
    }
    lines.push(String::new());
    lines.extend(differences);
    lines
}

/// How the charges come from the forecast of costs; none where they are it.
fn differences(known: &[(&GroupTotal, &NetTotal)], currency: &Currency) -> Vec<String> {
    let Some((row, net)) = known.iter().find(|(row, _)| row.level == 0) else { return Vec::new() };
    if net.differences.is_empty() {
        return Vec::new();
    }
    let figure = |amount: Amount| grouped(amount, currency.minor_digits());
    let mut parts = vec![(figure(net.by_costs), "forecast from costs".to_owned())];
    for (why, amount) in &net.differences {
        let sign = if amount.is_negative() { "" } else { "+" };
        parts.push((format!("{sign}{}", figure(*amount)), why.to_string()));
    }
    parts.push((figure(row.point().unwrap_or_default()), "charges".to_owned()));
    let width = parts.iter().map(|(amount, _)| amount.len()).max().unwrap_or(0);
    let line = |(amount, what): (String, String)| format!("{amount:>width$}  {what}");
    let mut lines: Vec<String> = parts.into_iter().map(line).collect();
    lines.push(String::new());
    lines
}

fn column(name: &str, cells: impl Iterator<Item = String>) -> (&str, Vec<String>) {
    (name, cells.collect())
}

/// The day on which a credit is used up, with its range: `20 Oct (19–21)`.
fn in_words(UsedUp { earliest, expected, latest }: UsedUp) -> String {
    let day = |day: NaiveDate| day.format("%-d %b").to_string();
    match (earliest, expected, latest) {
        (None, _, _) => "no".to_owned(),
        (Some(first), Some(_), Some(last)) if first == last => day(first),
        (Some(first), Some(expected), Some(last)) if first.month() == last.month() => {
            format!("{} ({}–{})", day(expected), first.day(), last.day())
        }
        (Some(first), Some(expected), Some(last)) => {
            format!("{} ({}–{})", day(expected), day(first), day(last))
        }
        (Some(first), Some(expected), None) => format!("{} ({}–?)", day(expected), day(first)),
        (Some(first), None, _) => format!("no ({}–?)", day(first)),
    }
}
