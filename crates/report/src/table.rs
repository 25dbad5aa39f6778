//! Any table for people, as wide as it needs to be: names, a rule, rows; a null is a blank.

use crate::{
    Dataset, Result,
    layout::{Heading, grid},
    number_format::printable,
    style::TableStyle,
};
use std::io::Write;

/// Writes the table without colour.
pub(crate) fn write(dataset: &Dataset, out: &mut dyn Write) -> Result<()> {
    let headings: Vec<Heading> = dataset
        .columns()
        .iter()
        .map(|column| Heading { text: printable(&column.name), right: column.values.is_numeric() })
        .collect();
    let rows = (0..dataset.len())
        .map(|row| dataset.columns().iter().map(|column| cell(column.values.text(row))).collect())
        .collect();
    let laid = grid(&headings, rows, None);
    let rule = "─".repeat(laid.width);
    for line in laid.header.iter().chain([&rule]).chain(&laid.body) {
        writeln!(out, "{}", TableStyle::PLAIN.finished(line))?;
    }
    Ok(())
}

fn cell(text: Option<std::borrow::Cow<'_, str>>) -> String {
    text.map(|text| printable(&text)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, ColumnValues};

    #[test]
    fn numbers_lean_right_and_nulls_are_blank() {
        let amounts = vec!["1.5".parse().ok(), None, "-20".parse().ok()];
        let names = ["web", "data\nbase", ""].map(|name| Some(name.to_owned()));
        let dataset = Dataset::new(
            "t",
            1,
            vec![
                Column::new("Name", ColumnValues::Text(names.into())),
                Column::new("Cost", ColumnValues::Amount { values: amounts, least_digits: 2 }),
            ],
        )
        .unwrap();
        let mut out = Vec::new();
        write(&dataset, &mut out).unwrap();
        let expected = "\
Name         Cost
─────────────────
web          1.50
data base
           -20.00
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
