//! The block below a forecast that splits its total: exclusive lines, so far and expected.

use crate::{
    TableStyle,
    layout::{Heading, grid},
    number_format::{as_sentence, grouped},
};
use billing::Currency;
use forecast::GroupTotal;

/// The lines of the block; none where a total has one line only.
pub(crate) fn lines_of_total(rows: &[&GroupTotal], style: TableStyle) -> Vec<String> {
    let Some(total) = rows.iter().find(|row| row.level == 0 && row.lines.len() > 1) else {
        return Vec::new();
    };
    let digits = total.currency.as_ref().map_or(2, Currency::minor_digits);
    let heading = |text: &str, right| Heading { text: text.to_owned(), right };
    let headings =
        [heading("In the total", false), heading("Actual\nso far", true), heading("Expected\ntotal", true)];
    let cells = total.lines.iter().map(|line| {
        let name = as_sentence(line.line.name());
        vec![name, grouped(line.actual, digits), grouped(line.total, digits)]
    });
    let laid = grid(&headings, cells.collect(), None);
    let mut lines: Vec<String> = laid.header.iter().map(|line| style.dim(&style.finished(line))).collect();
    lines.push(style.dim(&"─".repeat(laid.width)));
    lines.extend(laid.body.iter().map(|line| style.finished(line)));
    lines.push(String::new());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast_report::tests::row;
    use billing::{Amount, TotalLine};
    use forecast::LineTotal;

    #[test]
    fn lines_stand_in_two_columns_and_a_single_one_is_left_out() {
        let mut total = row(0, &[], "Total", "30");
        let line = |line, actual, total| LineTotal {
            line,
            actual: Amount::whole(actual),
            total: Amount::whole(total),
        };
        total.lines = vec![line(TotalLine::Usage, 10, 1250)];
        assert!(lines_of_total(&[&total], TableStyle::PLAIN).is_empty());
        total.lines.push(line(TotalLine::SupportPlans, 0, 29));
        let expected = [
            "In the total   Actual  Expected",
            "               so far     total",
            "───────────────────────────────",
            "Usage           10.00  1,250.00",
            "Support plans    0.00     29.00",
            "",
        ];
        assert_eq!(lines_of_total(&[&total], TableStyle::PLAIN), expected);
    }
}
