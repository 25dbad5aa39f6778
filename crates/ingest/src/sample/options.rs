//! What a sample is made from: size, time, column family, file format and how often it was exported.

use super::SampleError;
use billing::Error as UnknownName;
use chrono::{Datelike, Months, NaiveDate};
use std::{fmt, str::FromStr};

/// What to make up.
///
/// | Option | Default | Purpose | Range |
/// |---|---|---|---|
/// | `seed` | 1 | the same seed gives the same bytes | any |
/// | `months` | 6 | calendar months, that of `through` included | 1 to 120 |
/// | `subscriptions` | 3 | how many | 1 to 10 000 |
/// | `rows_per_day` | 30 | over all subscriptions; some rows are not there every day | subscriptions to 1 000 000 |
/// | `family` | `ea-actual` | which columns, and which charges such a file has | |
/// | `format` | `csv` | of the data files | |
/// | `snapshots` | `month` | how often the export ran | |
/// | `through` | 2026-10-17 | last day with any use | 2001 to 2200 |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleOptions {
    /// Same seed, same bytes.
    pub seed: u64,
    /// Calendar months, the one of `through` included.
    pub months: u32,
    /// Subscriptions on the bill.
    pub subscriptions: u32,
    /// Usage rows a day, over all subscriptions together.
    pub rows_per_day: u32,
    /// Columns, and which charges the file has.
    pub family: SampleFamily,
    /// Format of the data files.
    pub format: SampleFormat,
    /// How often the export ran.
    pub snapshots: Snapshots,
    /// Last day with any use; the newest run is of the morning after.
    pub through: NaiveDate,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            months: 6,
            subscriptions: 3,
            rows_per_day: 30,
            family: SampleFamily::EaActual,
            format: SampleFormat::Csv,
            snapshots: Snapshots::Month,
            through: NaiveDate::from_ymd_opt(2026, 10, 17).unwrap_or_default(),
        }
    }
}

impl SampleOptions {
    /// Refuses sizes and dates outside the table above.
    ///
    /// # Errors
    /// [`SampleError::Option`].
    pub fn check(&self) -> Result<(), SampleError> {
        let refuse = |option, given: String, allowed| Err(SampleError::Option { option, given, allowed });
        if !(1..=120).contains(&self.months) {
            return refuse("--months", self.months.to_string(), "from 1 to 120");
        }
        if !(1..=10_000).contains(&self.subscriptions) {
            return refuse("--subscriptions", self.subscriptions.to_string(), "from 1 to 10000");
        }
        if !(self.subscriptions..=1_000_000).contains(&self.rows_per_day) {
            let allowed = "from the number of subscriptions to 1000000";
            return refuse("--rows-per-day", self.rows_per_day.to_string(), allowed);
        }
        if !(2001..=2200).contains(&self.through.year()) {
            return refuse("--through", self.through.to_string(), "in the years 2001 to 2200");
        }
        Ok(())
    }

    /// First day of the sample: that of its first month.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        let running = self.through.with_day(1).unwrap_or(self.through);
        running.checked_sub_months(Months::new(self.months.saturating_sub(1))).unwrap_or(running)
    }

    /// The command that makes this sample, without its folder.
    #[must_use]
    pub fn command(&self) -> String {
        let Self { seed, months, subscriptions, rows_per_day, family, format, snapshots, through } = self;
        format!(
            "forecast sample --seed {seed} --months {months} --subscriptions {subscriptions} \
             --rows-per-day {rows_per_day} --family {family} --format {format} \
             --snapshots {snapshots} --through {through}"
        )
    }
}

/// A closed list of names on the command line: text to value and back.
macro_rules! named {
    ($type:ident, $what:literal, $($variant:ident = $name:literal),+) => {
        impl $type {
            /// Every value, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|value| value.name() == text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|value| value.name()).collect();
                    UnknownName::UnknownName { what: $what, given: text.to_owned(), known: known.join(", ") }
                })
            }
        }
    };
}

/// Whose columns the files have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFamily {
    /// Enterprise Agreement, actual cost.
    EaActual,
    /// Enterprise Agreement, amortized cost.
    EaAmortized,
    /// Microsoft Customer Agreement, actual cost.
    McaActual,
    /// Microsoft Customer Agreement, amortized cost.
    McaAmortized,
    /// Pay-as-you-go: usage only.
    Payg,
    /// FOCUS 1.0.
    Focus10,
    /// FOCUS 1.2.
    Focus12,
}

named!(
    SampleFamily,
    "family",
    EaActual = "ea-actual",
    EaAmortized = "ea-amortized",
    McaActual = "mca-actual",
    McaAmortized = "mca-amortized",
    Payg = "payg",
    Focus10 = "focus-1.0",
    Focus12 = "focus-1.2"
);

/// Format of the data files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    /// Plain CSV.
    Csv,
    /// CSV compressed with gzip.
    CsvGz,
    /// Parquet compressed with Snappy.
    Parquet,
}

named!(SampleFormat, "format", Csv = "csv", CsvGz = "csv.gz", Parquet = "parquet");

/// How often the export ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snapshots {
    /// One run for each closed month and one for the running month.
    Month,
    /// A month-to-date run for each day, and a last one once the month is closed.
    Daily,
}

named!(Snapshots, "kind of snapshots", Month = "month", Daily = "daily");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for &family in SampleFamily::ALL {
            assert_eq!(family.to_string().parse(), Ok(family));
        }
        for &format in SampleFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("daily".parse(), Ok(Snapshots::Daily));
        let refused = "ods".parse::<SampleFormat>().unwrap_err().to_string();
        assert_eq!(refused, "unknown format: `ods`; one of csv, csv.gz, parquet");
    }

    #[test]
    fn the_default_ends_in_the_middle_of_its_sixth_month() {
        let options = SampleOptions::default();
        assert_eq!(options.first_day().to_string(), "2026-05-01");
        assert!(options.check().is_ok());
    }

    #[test]
    fn sizes_out_of_range_are_refused_by_name() {
        let few_rows = SampleOptions { rows_per_day: 2, ..SampleOptions::default() };
        let refused = few_rows.check().unwrap_err().to_string();
        assert_eq!(refused, "--rows-per-day must be from the number of subscriptions to 1000000, not 2");
        assert!(SampleOptions { months: 0, ..SampleOptions::default() }.check().is_err());
        assert!(SampleOptions { through: NaiveDate::MAX, ..SampleOptions::default() }.check().is_err());
    }
}
