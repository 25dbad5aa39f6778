//! Comma-separated values after RFC 4180, with a header and `\n` line ends; a null is an empty field.

use crate::{Dataset, Result};
use std::io::Write;

/// Writes the header and one record a row.
pub(crate) fn write(dataset: &Dataset, out: &mut dyn Write) -> Result<()> {
    let mut writer = ::csv::Writer::from_writer(out);
    writer.write_record(dataset.columns().iter().map(|column| column.name.as_str()))?;
    for row in 0..dataset.len() {
        for column in dataset.columns() {
            writer.write_field(column.values.text(row).as_deref().unwrap_or_default())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, ColumnValues};

    #[test]
    fn commas_quotes_and_line_ends_are_quoted_and_nulls_are_empty() {
        let names = ["a,b", "say \"hi\"", "two\nlines"].map(|name| Some(name.to_owned()));
        let day = "2026-10-01".parse().ok();
        let dataset = Dataset::new(
            "t",
            1,
            vec![
                Column::new("name", ColumnValues::Text(names.into())),
                Column::new("BillingPeriodStart", ColumnValues::Timestamp(vec![day, None, None])),
                Column::new("x_Cutoff", ColumnValues::Date(vec![day, None, None])),
            ],
        )
        .unwrap();
        let mut out = Vec::new();
        write(&dataset, &mut out).unwrap();
        let expected = "name,BillingPeriodStart,x_Cutoff\n\
                        \"a,b\",2026-10-01T00:00:00Z,2026-10-01\n\
                        \"say \"\"hi\"\"\",,\n\
                        \"two\nlines\",,\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
