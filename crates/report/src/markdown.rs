//! A Markdown table, aligned to be read as text as well; a null is an empty cell.

use crate::{Column, Dataset, Result, number_format::printable};
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use std::io::Write;

/// Writes the table.
pub(crate) fn write(dataset: &Dataset, out: &mut dyn Write) -> Result<()> {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(dataset.columns().iter().map(|column| escaped(&column.name)).collect::<Vec<_>>());
    for row in 0..dataset.len() {
        let cells = dataset.columns().iter().map(|column| column.values.text(row));
        table.add_row(cells.map(|text| escaped(&text.unwrap_or_default())).collect::<Vec<_>>());
    }
    for (laid, column) in table.column_iter_mut().zip(dataset.columns()) {
        if column.values.is_numeric() {
            laid.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (place, line) in table.lines().enumerate() {
        let line = if place == 1 { with_alignment(&line, dataset.columns()) } else { line };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The line of dashes, with the colon that makes a column of numbers lean right.
fn with_alignment(dashes: &str, columns: &[Column]) -> String {
    let mut cells: Vec<String> = dashes.split('|').map(str::to_owned).collect();
    // The first piece is what stands before the first `|`: nothing.
    for (cell, column) in cells.iter_mut().skip(1).zip(columns) {
        if column.values.is_numeric() && cell.pop().is_some() {
            cell.push(':');
        }
    }
    cells.join("|")
}

/// Text that neither ends a cell nor begins a tag.
fn escaped(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "\\<")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnValues;

    #[test]
    fn cells_are_escaped_and_numbers_lean_right() {
        let names = ["a|b", "two\nlines", "<b>"].map(|name| Some(name.to_owned()));
        let amounts = vec!["1.5".parse().ok(), None, "-20".parse().ok()];
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
        let expected = r"| Name      |   Cost |
|-----------|-------:|
| a\|b      |   1.50 |
| two lines |        |
| \<b>      | -20.00 |
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
