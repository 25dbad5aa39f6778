//! One data file of a run: CSV, CSV with gzip, or Parquet. It is written under a name of its own
//! and takes its real one when it is whole, so a reader never meets half a file.

use super::{
    SampleError, SampleFormat,
    charge::Charge,
    family::{DayStyle, Layout, Value},
    parquet::ParquetPart,
};
use billing::Amount;
use chrono::{Datelike, NaiveDate};
use flate2::{Compression, GzBuilder, write::GzEncoder};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A data file that is being written.
pub struct Part {
    path: PathBuf,
    partial: PathBuf,
    rows: u64,
    sink: Sink,
    scratch: Vec<u8>,
}

/// A file that is written.
#[derive(Clone, Debug)]
pub struct FinishedPart {
    /// Its name in the run's folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Rows of data in it.
    pub rows: u64,
}

enum Sink {
    Csv(Box<csv::Writer<File>>),
    Gzip(Box<csv::Writer<GzEncoder<File>>>),
    Parquet(Box<ParquetPart>),
}

/// Bytes that are gathered before they go to the file.
const BUFFER_BYTES: usize = 1 << 18;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Part {
    /// Begins part `number` (from 1) of a run.
    pub fn create(
        folder: &Path,
        number: usize,
        format: SampleFormat,
        layout: &Layout,
    ) -> Result<Self, SampleError> {
        let extension = match format {
            SampleFormat::Csv => "csv",
            SampleFormat::CsvGz => "csv.gz",
            SampleFormat::Parquet => "snappy.parquet",
        };
        let path = folder.join(format!("part_0_{number:04}.{extension}"));
        let partial = partial_of(&path);
        let sink = File::create(&partial)
            .and_then(|file| Sink::open(file, format, layout))
            .map_err(SampleError::write(&path))?;
        Ok(Self { path, partial, rows: 0, sink, scratch: Vec::new() })
    }

    /// Rows so far.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds a row.
    pub fn write(&mut self, charge: &Charge<'_>, layout: &Layout) -> Result<(), SampleError> {
        self.rows += 1;
        match &mut self.sink {
            Sink::Csv(writer) => {
                write_row(writer, charge, layout, &mut self.scratch).map_err(io::Error::from)
            }
            Sink::Gzip(writer) => {
                write_row(writer, charge, layout, &mut self.scratch).map_err(io::Error::from)
            }
            Sink::Parquet(part) => part.write(charge, layout),
        }
        .map_err(SampleError::write(&self.path))
    }

    /// Closes the file and gives it its name.
    pub fn finish(self, layout: &Layout) -> Result<FinishedPart, SampleError> {
        let Self { path, partial, rows, sink, .. } = self;
        let bytes = sink
            .close(layout)
            .and_then(|()| fs::metadata(&partial))
            .and_then(|metadata| fs::rename(&partial, &path).map(|()| metadata.len()))
            .map_err(SampleError::write(&path))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(FinishedPart { name, bytes, rows })
    }
}

impl Sink {
    fn open(mut file: File, format: SampleFormat, layout: &Layout) -> io::Result<Self> {
        match format {
            SampleFormat::Csv => {
                begin_text(&mut file, layout)?;
                Ok(Self::Csv(Box::new(with_header(file, layout)?)))
            }
            SampleFormat::CsvGz => {
                // No file name and no time in the header: the same rows give the same bytes.
                let mut file = GzBuilder::new().mtime(0).write(file, Compression::fast());
                begin_text(&mut file, layout)?;
                Ok(Self::Gzip(Box::new(with_header(file, layout)?)))
            }
            SampleFormat::Parquet => Ok(Self::Parquet(Box::new(ParquetPart::new(file, layout)?))),
        }
    }

    fn close(self, layout: &Layout) -> io::Result<()> {
        match self {
            Self::Csv(mut writer) => writer.flush(),
            Self::Gzip(writer) => {
                let encoder = writer.into_inner().map_err(|failed| failed.into_error())?;
                encoder.finish().map(drop)
            }
            Self::Parquet(part) => part.finish(layout),
        }
    }
}

fn begin_text(file: &mut impl Write, layout: &Layout) -> io::Result<()> {
    if layout.byte_order_mark { file.write_all(BYTE_ORDER_MARK) } else { Ok(()) }
}

fn with_header<W: Write>(file: W, layout: &Layout) -> io::Result<csv::Writer<W>> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(BUFFER_BYTES).from_writer(file);
    writer.write_record(layout.columns.iter().map(|(name, _)| name))?;
    Ok(writer)
}

fn write_row<W: Write>(
    writer: &mut csv::Writer<W>,
    charge: &Charge<'_>,
    layout: &Layout,
    scratch: &mut Vec<u8>,
) -> csv::Result<()> {
    for (_, value) in &layout.columns {
        match value {
            Value::Empty => writer.write_field(b"")?,
            Value::Fixed(text) => writer.write_field(text)?,
            Value::Text(text) => writer.write_field(text(charge))?,
            Value::Number(number) => {
                scratch.clear();
                push_amount(scratch, number(charge));
                writer.write_field(&scratch)?;
            }
            Value::Day(day) => {
                scratch.clear();
                push_day(scratch, day(charge), layout.day_style);
                writer.write_field(&scratch)?;
            }
        }
    }
    writer.write_record(None::<&[u8]>)
}

/// Digits after the point that the quick way writes; all that a sample holds have no more.
const QUICK_DIGITS: usize = 12;

/// Writes what [`Amount`] displays, several times as fast: a file has millions of these.
fn push_amount(out: &mut Vec<u8>, amount: Amount) {
    let cut = 10_i128.pow(billing::AMOUNT_SCALE - QUICK_DIGITS as u32);
    let quick =
        i64::try_from(amount.units() / cut).ok().filter(|&quick| i128::from(quick) * cut == amount.units());
    let Some(quick) = quick else {
        out.extend_from_slice(amount.to_string().as_bytes());
        return;
    };
    if quick < 0 {
        out.push(b'-');
    }
    let one = 10_u64.pow(QUICK_DIGITS as u32);
    let (whole, mut fraction) = (quick.unsigned_abs() / one, quick.unsigned_abs() % one);
    push_digits(out, whole, 1);
    if fraction > 0 {
        let mut width = QUICK_DIGITS;
        while fraction % 10 == 0 {
            fraction /= 10;
            width -= 1;
        }
        out.push(b'.');
        push_digits(out, fraction, width);
    }
}

/// Writes a number with at least `width` digits.
fn push_digits(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let start = out.len();
    while number > 0 || out.len() - start < width {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
    }
    out[start..].reverse();
}

fn push_day(out: &mut Vec<u8>, day: NaiveDate, style: DayStyle) {
    let (year, month, day) = (day.year().unsigned_abs().into(), day.month().into(), day.day().into());
    let parts = match style {
        DayStyle::MonthFirst => [(month, 2), (day, 2), (year, 4)],
        DayStyle::Iso | DayStyle::FocusMinutes | DayStyle::FocusSeconds => [(year, 4), (month, 2), (day, 2)],
    };
    let mark = if style == DayStyle::MonthFirst { b'/' } else { b'-' };
    for (i, (number, width)) in parts.into_iter().enumerate() {
        if i > 0 {
            out.push(mark);
        }
        push_digits(out, number, width);
    }
    out.extend_from_slice(match style {
        DayStyle::MonthFirst | DayStyle::Iso => b"",
        DayStyle::FocusMinutes => b"T00:00Z",
        DayStyle::FocusSeconds => b"T00:00:00Z",
    });
}

/// The name that a file has while it is written.
fn partial_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Writes a small file whole or not at all.
pub fn write_whole(path: &Path, text: &str) -> Result<(), SampleError> {
    let partial = partial_of(path);
    fs::write(&partial, text).and_then(|()| fs::rename(&partial, path)).map_err(SampleError::write(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount_text(amount: Amount) -> String {
        let mut out = Vec::new();
        push_amount(&mut out, amount);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_are_written_as_each_agreement_writes_them() {
        let text = |style| {
            let mut out = Vec::new();
            push_day(&mut out, "2026-07-09".parse().unwrap(), style);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(DayStyle::MonthFirst), "07/09/2026");
        assert_eq!(text(DayStyle::Iso), "2026-07-09");
        assert_eq!(text(DayStyle::FocusMinutes), "2026-07-09T00:00Z");
        assert_eq!(text(DayStyle::FocusSeconds), "2026-07-09T00:00:00Z");
    }

    proptest! {
        #[test]
        fn the_quick_way_writes_what_an_amount_displays(units in -10_i128.pow(26)..10_i128.pow(26), cut in 0_u32..18) {
            let amount = Amount::from_units(units / 10_i128.pow(cut) * 10_i128.pow(cut));
            prop_assert_eq!(amount_text(amount), amount.to_string());
        }
    }
}
