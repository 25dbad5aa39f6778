//! Figures and names as people read them: thousands apart, signs in front, months by name.

use billing::{Amount, BillingCycle, CycleDay};
use chrono::Datelike;
use std::ops::RangeInclusive;

/// An amount with a comma between thousands and exactly `digits` digits after the point.
///
/// ```
/// assert_eq!(report::grouped("-1234567.895".parse().unwrap(), 2), "-1,234,567.90");
/// ```
#[must_use]
pub fn grouped(amount: Amount, digits: u32) -> String {
    let plain = amount.to_fixed(digits);
    let (sign, unsigned) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_at(unsigned.find('.').unwrap_or(unsigned.len()));
    let mut text = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// The months' names where it is of whole calendar months, otherwise its first and last day.
#[must_use]
pub fn cycle_name(cycle: BillingCycle) -> String {
    let [first, last] =
        [cycle.start(), cycle.last_day()].map(|day| BillingCycle::containing(day, CycleDay::FIRST));
    if first.start() != cycle.start() || last.end() != cycle.end() {
        return cycle.to_string();
    }
    let name = |format: &str| first.start().format(format).to_string();
    match (first == last, first.start().year() == last.start().year()) {
        (true, _) => name("%B %Y"),
        (false, true) => format!("{} to {}", name("%B"), last.start().format("%B %Y")),
        (false, false) => format!("{} to {}", name("%B %Y"), last.start().format("%B %Y")),
    }
}

/// How a total differs from the one before, such as `+4.2 %`; `new` where there was nothing before.
pub(crate) fn change(total: Amount, previous: Amount) -> String {
    if previous == Amount::ZERO {
        return if total == Amount::ZERO { percent(0.0) } else { "new".to_owned() };
    }
    signed_percent((total - previous).to_f64() / previous.to_f64().abs())
}

/// A share as `+4.2 %`, without a digit after the point from 1,000 % on.
pub(crate) fn signed_percent(share: f64) -> String {
    let text = percent(share);
    if share > 0.0 && !text.starts_with("0.0") { format!("+{text}") } else { text }
}

/// A share as `4.2 %`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent.abs() < 999.95 { 1 } else { 0 };
    match Amount::from_estimate(percent) {
        Some(amount) => format!("{} %", grouped(amount, digits)),
        None => "? %".to_owned(),
    }
}

/// Joiners, marks of writing direction, invisible operators, and the byte order mark.
const INVISIBLE: [RangeInclusive<char>; 4] =
    ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2060}'..='\u{206f}', '\u{feff}'..='\u{feff}'];

/// Text of the data, safe to print on one line of a terminal: control characters become blanks;
/// characters without width, and those that turn the writing direction, are left out.
#[must_use]
pub fn printable(text: &str) -> String {
    let has_width = |c: &char| !INVISIBLE.iter().any(|range| range.contains(c));
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().filter(has_width).map(|c| if is_break(c) { ' ' } else { c }).collect()
}

/// A note as a line of its own, with a capital letter.
pub(crate) fn as_sentence(note: &str) -> String {
    let mut rest = note.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// `1 day`, `2 days`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Names that a line lists before it only counts them.
const MOST_NAMES: usize = 3;

/// The first three names, and how many more there are.
///
/// ```
/// assert_eq!(report::listed(["a", "b", "c", "d", "e"].map(str::to_owned)), "a, b, c and 2 more");
/// ```
#[must_use]
pub fn listed(names: impl IntoIterator<Item = String>) -> String {
    let mut names = names.into_iter();
    let shown = names.by_ref().take(MOST_NAMES).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().expect("an amount")
    }

    #[test]
    fn thousands_stand_apart_whatever_the_sign_and_the_digits() {
        assert_eq!(grouped(amount("0"), 2), "0.00");
        assert_eq!(grouped(amount("999.999"), 2), "1,000.00");
        assert_eq!(grouped(amount("1234567"), 0), "1,234,567");
        assert_eq!(grouped(amount("-123"), 0), "-123");
        assert_eq!(grouped(amount("-0.001"), 2), "0.00");
    }

    #[test]
    fn a_change_is_told_against_the_size_of_the_total_before() {
        assert_eq!(change(amount("104.2"), amount("100")), "+4.2 %");
        assert_eq!(change(amount("99"), amount("100")), "-1.0 %");
        assert_eq!(change(amount("-50"), amount("-100")), "+50.0 %");
        assert_eq!(change(amount("100.01"), amount("100")), "0.0 %");
        assert_eq!(change(amount("1300"), amount("100")), "+1,200 %");
        assert_eq!(change(amount("5"), Amount::ZERO), "new");
        assert_eq!(change(Amount::ZERO, Amount::ZERO), "0.0 %");
    }

    #[test]
    fn a_cycle_is_a_month_or_two_dates() {
        let day = "2026-02-14".parse().unwrap();
        assert_eq!(cycle_name(BillingCycle::containing(day, CycleDay::FIRST)), "February 2026");
        let tenth = CycleDay::new(10).unwrap();
        assert_eq!(cycle_name(BillingCycle::containing(day, tenth)), "2026-02-10 to 2026-03-09");
        let sum = |end: &str| {
            let [start, end] = ["2026-10-01", end].map(|day| day.parse().unwrap());
            cycle_name(BillingCycle::new(start, end).unwrap())
        };
        assert_eq!(sum("2027-01-01"), "October to December 2026");
        assert_eq!(sum("2027-10-01"), "October 2026 to September 2027");
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mred\r\nb\u{202e}c\u{2061}"), "a [31mred  bc");
    }
}
