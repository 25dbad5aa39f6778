//! The output formats by name, and the one place that chooses a renderer.

#[cfg(feature = "parquet")]
use crate::parquet;
use crate::{Dataset, Error, Result, csv, json, markdown, table};
use std::{
    fmt,
    io::{BufWriter, Write},
    str::FromStr,
};

/// An output format, as `--output` names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// For people, aligned.
    Table,
    /// One document with an envelope.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// A Markdown table.
    Markdown,
    /// Parquet, with typed columns.
    Parquet,
}

/// Formats that are promised and come with a later version.
const NOT_YET: [&str; 2] = ["html", "openmetrics"];

impl Format {
    /// Every format, in the order in which they are listed.
    pub const ALL: [Format; 6] =
        [Self::Table, Self::Json, Self::Jsonl, Self::Csv, Self::Markdown, Self::Parquet];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Parquet => "parquet",
        }
    }

    /// What a file of this format is called after its point.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Markdown => "md",
            _ => self.name(),
        }
    }

    /// Whether the format is binary, and better not sent to a terminal.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Parquet)
    }

    /// Writes a table in this format.
    ///
    /// # Errors
    /// [`Error::Io`] and the error of the format when the output does not take it.
    pub fn write(self, dataset: &Dataset, out: &mut dyn Write) -> Result<()> {
        let mut out = BufWriter::new(out);
        match self {
            Self::Table => table::write(dataset, &mut out),
            Self::Json => json::write(dataset, &mut out),
            Self::Jsonl => json::write_lines(dataset, &mut out),
            Self::Csv => csv::write(dataset, &mut out),
            Self::Markdown => markdown::write(dataset, &mut out),
            #[cfg(feature = "parquet")]
            Self::Parquet => parquet::write(dataset, &mut out),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => Err(Error::FormatLeftOut("Parquet")),
        }?;
        Ok(out.flush()?)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let (given, known) = (text.to_owned(), Self::ALL.map(Self::name).join(", "));
            if NOT_YET.contains(&text) {
                Error::FormatNotYet { given, known }
            } else {
                Error::UnknownFormat { given, known }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read_back_from_its_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
        }
    }

    #[test]
    fn an_unknown_format_names_the_known_ones_and_a_later_one_says_so() {
        let unknown = "xlsx".parse::<Format>().unwrap_err().to_string();
        assert_eq!(
            unknown,
            "unknown output format: `xlsx`; one of table, json, jsonl, csv, markdown, parquet"
        );
        let later = "html".parse::<Format>().unwrap_err().to_string();
        assert!(later.starts_with("output format `html` is not there yet"), "{later}");
        assert!(matches!("openmetrics".parse::<Format>(), Err(Error::FormatNotYet { .. })));
    }

    #[test]
    fn a_full_disk_is_an_error_in_every_format() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let numbers = crate::ColumnValues::Integer(vec![Some(1)]);
        let dataset = Dataset::new("t", 1, vec![crate::Column::new("n", numbers)]).unwrap();
        for format in Format::ALL {
            assert!(format.write(&dataset, &mut Full).is_err(), "{format}");
        }
    }
}
