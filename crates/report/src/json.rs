//! JSON: one document with an envelope, or one object a line.
//!
//! Amounts are JSON numbers in plain digits, every digit kept, so rows are written by hand around
//! `serde_json`'s strings: its own numbers would pass through `f64`. A reader that needs the digits
//! beyond the sixteenth must parse numbers as decimals.

use crate::{
    Dataset, Result, columns,
    dataset::{ColumnValues, ROWS},
};
use serde::Serialize;
use std::io::Write;

/// Writes `{"x_schema": …, "x_schema_version": …, meta…, "rows": […]}`, one row a line.
pub(crate) fn write(dataset: &Dataset, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"{\n")?;
    write_entry(columns::SCHEMA, dataset.schema(), out)?;
    write_entry(columns::SCHEMA_VERSION, &dataset.version(), out)?;
    for (key, value) in dataset.meta() {
        write_entry(key, value, out)?;
    }
    write!(out, "  \"{ROWS}\": [")?;
    for row in 0..dataset.len() {
        out.write_all(if row == 0 { b"\n    " } else { b",\n    " })?;
        write_row(dataset, row, out)?;
    }
    out.write_all(if dataset.is_empty() { b"]\n}\n" } else { b"\n  ]\n}\n" })?;
    Ok(())
}

/// Writes one object a row and line, without an envelope.
pub(crate) fn write_lines(dataset: &Dataset, out: &mut dyn Write) -> Result<()> {
    for row in 0..dataset.len() {
        write_row(dataset, row, out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_entry<T: Serialize + ?Sized>(key: &str, value: &T, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"  ")?;
    serde_json::to_writer(&mut *out, key)?;
    out.write_all(b": ")?;
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b",\n")?;
    Ok(())
}

fn write_row(dataset: &Dataset, row: usize, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"{")?;
    for (place, column) in dataset.columns().iter().enumerate() {
        if place > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &column.name)?;
        out.write_all(b":")?;
        write_value(&column.values, row, out)?;
    }
    out.write_all(b"}")?;
    Ok(())
}

fn write_value(values: &ColumnValues, row: usize, out: &mut dyn Write) -> Result<()> {
    match values.text(row) {
        None => out.write_all(b"null")?,
        Some(digits) if values.is_numeric() => out.write_all(digits.as_bytes())?,
        Some(text) => serde_json::to_writer(out, &text)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;
    use serde_json::{Map, Value};

    fn two_rows() -> Dataset {
        let amounts = vec![Some("12345678901234567.12".parse().unwrap()), Some("-0.5".parse().unwrap())];
        Dataset::new(
            "cycle_totals",
            1,
            vec![
                Column::new("ServiceName", ColumnValues::Text(vec![Some("a \"b\"\n".into()), None])),
                Column::new("BilledCost", ColumnValues::Amount { values: amounts, least_digits: 2 }),
                Column::new("y", ColumnValues::Float(vec![Some(0.1), None])),
            ],
        )
        .unwrap()
    }

    fn text(write: fn(&Dataset, &mut dyn Write) -> Result<()>, dataset: &Dataset) -> String {
        let mut out = Vec::new();
        write(dataset, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn amounts_are_exact_numbers_and_nulls_are_null() {
        let expected = r#"{"ServiceName":"a \"b\"\n","BilledCost":12345678901234567.12,"y":0.1}
{"ServiceName":null,"BilledCost":-0.50,"y":null}
"#;
        assert_eq!(text(write_lines, &two_rows()), expected);
    }

    #[test]
    fn the_envelope_names_schema_version_and_what_was_noted() {
        let meta = Map::from_iter([("notes".to_owned(), Value::from(vec!["one"]))]);
        let document = text(write, &two_rows().with_meta(meta).unwrap());
        let parsed: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(parsed["x_schema"], "cycle_totals");
        assert_eq!(parsed["x_schema_version"], 1);
        assert_eq!(parsed["notes"][0], "one");
        assert_eq!(parsed["rows"].as_array().unwrap().len(), 2);
        assert!(document.contains("\"BilledCost\":12345678901234567.12,"));
    }

    #[test]
    fn a_table_without_rows_is_a_valid_document() {
        let document = text(write, &Dataset::new("empty", 3, vec![]).unwrap());
        let parsed: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(parsed["rows"], Value::Array(vec![]));
    }
}
