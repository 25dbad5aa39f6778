//! Any daily series: a long table (Parquet or CSV) of ids, dates and values, and the tables of tasks
//! and of late days that a benchmark brings along.
//!
//! Days without a row inside a series are missing, unless they are to be zero. A series with two
//! values for one day is refused: which of them counts cannot be told. So is what only an error can
//! explain: days of another century, and values that sums could not hold.

use crate::{
    Error, Result,
    charges::text_meanings::day,
    files::encoding::{Encoding, digest, encoding},
    files::{
        csv_rows::csv_columns, csv_text::header, guard::guarded, parquet_file::ParquetFile,
        parquet_footer::first_line,
    },
};
use billing::{SeriesSet, SeriesSetBuilder};
use chrono::NaiveDate;
use polars::prelude::*;
use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    ops::Range,
    path::Path,
};

/// Years in which a day may lie; a series is kept day by day, so that a slip would be millions long.
const YEARS: (i32, i32) = (1900, 2199);
/// Values from here on could not be summed exactly.
const TOO_LARGE: f64 = 1e15;

/// Names of the columns of a long table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesColumns {
    /// Columns that together name a series.
    pub ids: Vec<String>,
    /// The day.
    pub date: String,
    /// The value.
    pub value: String,
}

impl Default for SeriesColumns {
    fn default() -> Self {
        Self { ids: vec!["unique_id".into()], date: "ds".into(), value: "y".into() }
    }
}

/// Series of a long table, sorted by their ids.
#[derive(Debug)]
pub struct SeriesTable {
    /// The columns that name them.
    pub columns: SeriesColumns,
    /// The ids of each series, as many as there are id columns.
    pub ids: Vec<Vec<String>>,
    /// The series.
    pub series: SeriesSet,
    /// A digest of the file, for the id of a forecast.
    pub digest: String,
}

/// A forecast that is asked for by a table of tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRow {
    /// Index of the series.
    pub series: usize,
    /// First day of the cycle's month.
    pub cycle: NaiveDate,
    /// After which of its days it is cut.
    pub cut_day: u32,
    /// An amount whose breach is asked about, where the table has a column `budget`.
    pub budget: Option<f64>,
}

/// A late day as it was known at a cutoff.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenRow {
    /// The cutoff.
    pub task: TaskRow,
    /// The day.
    pub date: NaiveDate,
    /// Its value as known then.
    pub value: f64,
}

impl SeriesTable {
    /// Reads the series of the file at `path`; days without a row are `gap`, or missing.
    ///
    /// # Errors
    /// Unreadable or damaged files, columns that are not there, values that are no numbers or days,
    /// two values for one day.
    pub fn read(path: &Path, columns: SeriesColumns, gap: Option<f64>) -> Result<Self> {
        let table = Table::open(path)?;
        let frame = table.collect(&table.of_series(&columns)?, None)?;
        table.refuse_days(&frame, &columns.date, 0)?;
        let digest = digest(path)?.to_hex().to_string();
        let read = table.series(frame, columns, gap, digest)?;
        match read.ids.is_empty() {
            true => Err(Error::NoCosts(format!("`{}` holds no rows", path.display()))),
            false => Ok(read),
        }
    }

    /// Reads a table of tasks: the id columns, `cycle` (YYYY-MM), `cut_day`. Rows of series that are
    /// not in this table are refused.
    ///
    /// # Errors
    /// As for [`SeriesTable::read`], and series that are not there.
    pub fn read_tasks(&self, path: &Path) -> Result<Vec<TaskRow>> {
        let table = Table::open(path)?;
        let mut wanted = self.task_columns(&table)?;
        let has_budget = table.header.iter().any(|column| column == "budget");
        if has_budget {
            wanted.push(table.number("budget", "the column")?);
        }
        let frame = table.collect(&wanted, None)?;
        let mut tasks = self.tasks_of(path, &frame)?;
        if has_budget {
            let budgets = frame.column("value")?.f64()?;
            for ((row, task), budget) in tasks.iter_mut().enumerate().zip(budgets.iter()) {
                let fault = || Error::damaged(path, format!("row {}: its budget is not a number", row + 1));
                task.budget = Some(budget.filter(|budget| budget.is_finite()).ok_or_else(fault)?);
            }
        }
        Ok(tasks)
    }

    /// Reads a table of late days: the columns of tasks, `date` and `value_seen`.
    ///
    /// # Errors
    /// As for [`SeriesTable::read_tasks`].
    pub fn read_seen(&self, path: &Path) -> Result<Vec<SeenRow>> {
        let table = Table::open(path)?;
        let mut wanted = self.task_columns(&table)?;
        wanted.push(table.day("date", "the column")?);
        wanted.push(table.number("value_seen", "the column")?);
        let frame = table.collect(&wanted, None)?;
        table.refuse_days(&frame, "date", 0)?;
        let tasks = self.tasks_of(path, &frame)?;
        let days: Vec<Option<NaiveDate>> = frame.column("date")?.date()?.as_date_iter().collect();
        let values = frame.column("value")?.f64()?;
        Ok(tasks
            .into_iter()
            .zip(days)
            .zip(values.iter())
            .filter_map(|((task, date), value)| Some(SeenRow { task, date: date?, value: value? }))
            .collect())
    }

    fn task_columns(&self, table: &Table) -> Result<Vec<Wanted>> {
        let mut wanted = Vec::new();
        for (place, id) in self.columns.ids.iter().enumerate() {
            wanted.push(table.text(id, "--id-column", &format!("id{place}"))?);
        }
        wanted.push(table.text("cycle", "the column", "cycle")?);
        wanted.push(table.text("cut_day", "the column", "cut_day")?);
        Ok(wanted)
    }

    fn tasks_of(&self, path: &Path, frame: &DataFrame) -> Result<Vec<TaskRow>> {
        let known: HashMap<&Vec<String>, usize> =
            self.ids.iter().enumerate().map(|(place, key)| (key, place)).collect();
        let ids: Vec<&StringChunked> = (0..self.columns.ids.len())
            .map(|place| frame.column(&format!("id{place}"))?.str())
            .collect::<PolarsResult<_>>()?;
        let (cycles, cut_days) = (frame.column("cycle")?.str()?, frame.column("cut_day")?.str()?);
        (0..frame.height())
            .map(|row| {
                let key: Vec<String> =
                    ids.iter().map(|column| column.get(row).unwrap_or_default().to_owned()).collect();
                let fault = |what: String| Error::damaged(path, format!("row {}: {what}", row + 1));
                let series = *known.get(&key).ok_or_else(|| {
                    fault(format!("the series `{}` is not in the series file", key.join(" / ")))
                })?;
                let cycle = cycles.get(row).unwrap_or_default();
                let cut = cut_days.get(row).unwrap_or_default();
                Ok(TaskRow {
                    series,
                    cycle: format!("{cycle}-01")
                        .parse()
                        .map_err(|_| fault(format!("the cycle `{cycle}` is not of the form YYYY-MM")))?,
                    cut_day: cut
                        .parse()
                        .ok()
                        .filter(|day| (1..=31).contains(day))
                        .ok_or_else(|| fault(format!("the cut day `{cut}` is no day of a month")))?,
                    budget: None,
                })
            })
            .collect()
    }
}

/// The column of an id, by its place.
fn id_name(place: usize) -> String {
    format!("id{place}")
}

/// Runs of rows with the same ids, sorted by these.
struct Runs(Vec<(Vec<String>, Range<usize>)>);

impl Runs {
    fn of(frame: &DataFrame, ids: usize) -> Result<Self> {
        let ids: Vec<&StringChunked> =
            (0..ids).map(|place| frame.column(&id_name(place))?.str()).collect::<PolarsResult<_>>()?;
        let at = |row: usize| ids.iter().map(move |column| column.get(row).unwrap_or_default());
        let mut runs: Vec<(Vec<String>, Range<usize>)> = Vec::new();
        for row in 0..frame.height() {
            match runs.last_mut() {
                Some((key, rows)) if at(row).eq(key.iter().map(String::as_str)) => rows.end = row + 1,
                _ => runs.push((at(row).map(str::to_owned).collect(), row..row + 1)),
            }
        }
        runs.sort_by(|(one, rows), (other, later)| one.cmp(other).then(rows.start.cmp(&later.start)));
        Ok(Self(runs))
    }

    /// Whether each is a series of its own, in the order of days.
    fn are_series(&self, frame: &DataFrame) -> Result<bool> {
        let days = frame.column("date")?.date()?.physical();
        let ascends = |rows: &Range<usize>| rows.clone().skip(1).all(|row| days.get(row - 1) < days.get(row));
        Ok(self.0.windows(2).all(|two| two[0].0 != two[1].0) && self.0.iter().all(|(_, rows)| ascends(rows)))
    }
}

/// A long table that is read part by part, each part whole series; only Parquet has parts.
///
/// The rows of a series must lie one after the other; where they do not, [`SeriesParts::next_part`] gives `None` early
/// and [`SeriesParts::is_scattered`] says so.
#[derive(Debug)]
pub struct SeriesParts<'a> {
    path: &'a Path,
    columns: SeriesColumns,
    gap: Option<f64>,
    digest: String,
    parts: std::vec::IntoIter<Range<usize>>,
    /// Rows of the file before those that are read next.
    before: usize,
    /// Rows of the last series of a part, which may continue in the next.
    rest: Option<DataFrame>,
    seen: HashSet<u64>,
    is_scattered: bool,
}

impl<'a> SeriesParts<'a> {
    /// The parts of a file, each of at least this number of rows; `None` where the file has one part only.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(path: &'a Path, columns: SeriesColumns, gap: Option<f64>, rows: usize) -> Result<Option<Self>> {
        if encoding(path)? != Encoding::Parquet {
            return Ok(None);
        }
        let parts = ParquetFile::open(path)?.batches(rows);
        if parts.len() < 2 {
            return Ok(None);
        }
        let digest = digest(path)?.to_hex().to_string();
        Ok(Some(Self {
            path,
            columns,
            gap,
            digest,
            parts: parts.into_iter(),
            before: 0,
            rest: None,
            seen: HashSet::new(),
            is_scattered: false,
        }))
    }

    /// The digest of the file.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether rows of a series lie apart, so that the file must be read as a whole.
    #[must_use]
    pub fn is_scattered(&self) -> bool {
        self.is_scattered
    }

    /// The next whole series, sorted by their ids; `None` after the last.
    ///
    /// # Errors
    /// As for [`SeriesTable::read`].
    pub fn next_part(&mut self) -> Result<Option<SeriesTable>> {
        let table = Table::open(self.path)?;
        let wanted = table.of_series(&self.columns)?;
        while let Some(groups) = self.parts.next() {
            let mut frame = table.collect(&wanted, Some(groups))?;
            table.refuse_days(&frame, &self.columns.date, self.before)?;
            self.before += frame.height();
            if let Some(mut rest) = self.rest.take() {
                rest.vstack_mut(&frame)?;
                frame = rest;
            }
            if self.parts.len() > 0 {
                let last =
                    Runs::of(&frame, self.columns.ids.len())?.0.into_iter().map(|(_, rows)| rows.start).max();
                let last = last.unwrap_or(0);
                self.rest = Some(frame.slice(last as i64, frame.height() - last));
                frame = frame.slice(0, last);
            }
            if frame.height() == 0 {
                continue;
            }
            let read = table.series(frame, self.columns.clone(), self.gap, self.digest.clone())?;
            for key in &read.ids {
                let mut hasher = DefaultHasher::new();
                key.hash(&mut hasher);
                if !self.seen.insert(hasher.finish()) {
                    self.is_scattered = true;
                    return Ok(None);
                }
            }
            return Ok(Some(read));
        }
        Ok(None)
    }
}

/// The column `date` of the days that texts mean. Each text is looked at once.
fn days(texts: &StringChunked) -> Column {
    let mut known: PlHashMap<&str, Option<i32>> = PlHashMap::default();
    let mut of = |text| *known.entry(text).or_insert_with(|| day(text).map(|day| day.to_epoch_days()));
    let days: Int32Chunked = texts.iter().map(|text| of(text?)).collect();
    days.with_name("date".into()).into_date().into_column()
}

/// The day, null where it lies in another century.
fn plausible(day: Expr) -> Expr {
    let year = day.clone().dt().year();
    when(year.clone().gt_eq(lit(YEARS.0)).and(year.lt_eq(lit(YEARS.1)))).then(day).otherwise(lit(NULL))
}

/// A table of which some columns are read.
struct Table<'a> {
    path: &'a Path,
    encoding: Encoding,
    /// Column names, of which one may stand twice.
    header: Vec<String>,
}

/// A column that is wanted, under a name of ours.
struct Wanted {
    place: usize,
    name: String,
    kind: Kind,
}

/// What is wanted of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Its texts.
    Text,
    /// Its texts as `raw_date` and days as `date`.
    Day,
    /// Its texts as `raw_value`, where it is not one of numbers, and numbers as `value`.
    Number,
}

impl<'a> Table<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let encoding = encoding(path)?;
        let mut header: Vec<String> = match encoding {
            Encoding::Parquet => ParquetFile::open(path)?.names().map(str::to_owned).collect(),
            _ => header(path, encoding)?,
        };
        if let Some(first) = header.first_mut() {
            *first = first.trim_start_matches('\u{feff}').to_owned();
        }
        Ok(Self { path, encoding, header })
    }

    fn wanted(&self, column: &str, option: &str, name: &str, kind: Kind) -> Result<Wanted> {
        let mut places = (0..self.header.len()).filter(|place| self.header[*place] == column);
        match (places.next(), places.next()) {
            (Some(_), Some(_)) => {
                Err(Error::DuplicateColumn { path: self.path.to_owned(), column: column.to_owned() })
            }
            (Some(place), None) => Ok(Wanted { place, name: name.to_owned(), kind }),
            _ => {
                let what = format!(
                    "it has no column `{column}` (set by {option}); its columns are {}",
                    self.header.join(", ")
                );
                Err(Error::damaged(self.path, what))
            }
        }
    }

    fn text(&self, column: &str, option: &str, name: &str) -> Result<Wanted> {
        self.wanted(column, option, name, Kind::Text)
    }

    fn day(&self, column: &str, option: &str) -> Result<Wanted> {
        self.wanted(column, option, "raw_date", Kind::Day)
    }

    fn number(&self, column: &str, option: &str) -> Result<Wanted> {
        self.wanted(column, option, "raw_value", Kind::Number)
    }

    /// The columns of a table of series.
    fn of_series(&self, columns: &SeriesColumns) -> Result<Vec<Wanted>> {
        let ids = columns.ids.iter().enumerate();
        let mut wanted: Vec<Wanted> =
            ids.map(|(place, id)| self.text(id, "--id-column", &id_name(place))).collect::<Result<_>>()?;
        wanted.push(self.day(&columns.date, "--date-column")?);
        wanted.push(self.number(&columns.value, "--value-column")?);
        Ok(wanted)
    }

    /// The series of some rows, sorted by their ids.
    fn series(
        &self,
        mut frame: DataFrame,
        columns: SeriesColumns,
        gap: Option<f64>,
        digest: String,
    ) -> Result<SeriesTable> {
        frame.rechunk_mut();
        let mut runs = Runs::of(&frame, columns.ids.len())?;
        if !runs.are_series(&frame)? {
            let by: Vec<PlSmallStr> =
                (0..columns.ids.len()).map(|place| id_name(place).into()).chain(["date".into()]).collect();
            frame = frame.lazy().sort(by, SortMultipleOptions::default()).collect()?;
            frame.rechunk_mut();
            runs = Runs::of(&frame, columns.ids.len())?;
        }
        self.refuse_values(&frame, &columns.value)?;
        let days = frame.column("date")?.date()?.physical().clone();
        let values = frame.column("value")?.f64()?.clone();
        let mut builder = SeriesSetBuilder::new();
        let mut ids = Vec::with_capacity(runs.0.len());
        for (key, rows) in runs.0 {
            let dated = rows.clone().filter_map(|row| {
                let day = NaiveDate::from_epoch_days(days.get(row)?)?;
                Some((day, values.get(row).unwrap_or(f64::NAN)))
            });
            let twice = |error| Error::Ambiguous(format!("`{}`: {error}; keep one", self.path.display()));
            builder.push_dated(key.join(" / "), dated, gap).map_err(twice)?;
            ids.push(key);
        }
        Ok(SeriesTable { columns, ids, series: builder.build(), digest })
    }

    /// The columns that are wanted, and no others, with what is derived from them; of Parquet some row groups, or all.
    fn collect(&self, wanted: &[Wanted], groups: Option<Range<usize>>) -> Result<DataFrame> {
        guarded(self.path, || {
            let (rows, mut columns) = match self.encoding {
                Encoding::Parquet => self.of_parquet(wanted, groups)?,
                _ => self.of_csv(wanted)?,
            };
            let place = |name: &str, columns: &[Column]| columns.iter().position(|own| own.name() == name);
            if let Some(raw) = place("raw_date", &columns)
                && place("date", &columns).is_none()
            {
                columns.push(days(columns[raw].str()?));
            }
            let has = |name: &str| place(name, &columns).is_some();
            let mut derived = Vec::new();
            if has("date") {
                derived.push(plausible(col("date")).alias("date"));
            }
            if has("raw_value") && !has("value") {
                let number =
                    col("raw_value").str().strip_chars(lit("\u{feff} \t\r\n")).cast(DataType::Float64);
                derived.push(number.alias("value"));
            }
            let frame = DataFrame::new(rows, columns)?.lazy().with_columns(derived).collect();
            frame.map_err(|error| Error::damaged(self.path, first_line(&error)))
        })
    }

    fn of_parquet(&self, wanted: &[Wanted], groups: Option<Range<usize>>) -> Result<(usize, Vec<Column>)> {
        let parquet = ParquetFile::open(self.path)?;
        let groups = groups.unwrap_or_else(|| parquet.batches(usize::MAX).pop().unwrap_or_default());
        let rows = parquet.rows_of(&groups);
        let mut columns = Vec::with_capacity(wanted.len());
        for Wanted { place, name, kind } in wanted {
            let values = parquet.values(*place, groups.clone())?;
            // Dates and numbers are taken as they are, anything else by its text.
            let days = (*kind == Kind::Day).then(|| values.days()).flatten();
            let numbers = if *kind == Kind::Number { values.floats()? } else { None };
            if let Some(numbers) = &numbers {
                columns.push(numbers.clone().with_name("value".into()).into_column());
            } else {
                columns.push(values.texts()?.with_name(name.as_str().into()).into_column());
            }
            if let Some(days) = days {
                let days: Int32Chunked = days.into_iter().collect();
                columns.push(days.with_name("date".into()).into_date().into_column());
            }
        }
        Ok((rows, columns))
    }

    fn of_csv(&self, wanted: &[Wanted]) -> Result<(usize, Vec<Column>)> {
        let places: Vec<usize> = wanted.iter().map(|wanted| wanted.place).collect();
        let rows = csv_columns(self.path, self.encoding, self.header.len(), &places)?;
        if let Some(line) = rows.long_line {
            let what = format!(
                "line {line} has more fields than the header; are numbers written with a decimal comma?"
            );
            return Err(Error::damaged(self.path, what));
        }
        let named = wanted.iter().zip(rows.columns);
        let columns =
            named.map(|(wanted, texts)| texts.with_name(wanted.name.as_str().into()).into_column()).collect();
        Ok((rows.numbers.len(), columns))
    }

    /// Refuses a row without a usable day; `before` rows of the file lie before the frame.
    fn refuse_days(&self, frame: &DataFrame, column: &str, before: usize) -> Result<()> {
        let made = frame.column("date")?.is_null();
        match made.iter().position(|null| null == Some(true)) {
            Some(row) => {
                let text = frame.column("raw_date")?.str()?.get(row).unwrap_or("");
                let (first, last) = YEARS;
                let what = format!(
                    "row {}: `{text}` in column `{column}` is not a day of the calendar from {first} to {last}",
                    before + row + 1
                );
                Err(Error::damaged(self.path, what))
            }
            None => Ok(()),
        }
    }

    /// Refuses values that are no numbers or too large; an empty one, or `NaN`, is a missing day.
    fn refuse_values(&self, frame: &DataFrame, column: &str) -> Result<()> {
        let values = frame.column("value")?.f64()?;
        // A column of numbers has no text that is none.
        let texts = frame.column("raw_value").ok().map(Column::str).transpose()?;
        let text_of = |row: usize| texts.and_then(|texts| texts.get(row));
        let fault = |(value, text): (Option<f64>, Option<&str>)| match (value, text) {
            (Some(value), _) if value.is_infinite() => Some("is no number"),
            (Some(value), _) if value.abs() >= TOO_LARGE => Some("is too large; use a larger unit"),
            (None, Some(text)) if !["", "nan", "null"].contains(&text.trim().to_lowercase().as_str()) => {
                Some("is no number")
            }
            _ => None,
        };
        let found =
            values.iter().enumerate().find_map(|(row, value)| Some((row, fault((value, text_of(row)))?)));
        let Some((row, what)) = found else { return Ok(()) };
        let ids: Vec<String> = frame
            .columns()
            .iter()
            .filter(|column| column.name().starts_with("id"))
            .map(|column| column.str().ok().and_then(|ids| ids.get(row)).unwrap_or_default().to_owned())
            .collect();
        let day = frame.column("date")?.date()?.as_date_iter().nth(row).flatten().unwrap_or_default();
        let text =
            text_of(row).map_or_else(|| values.get(row).unwrap_or(f64::NAN).to_string(), str::to_owned);
        Err(Error::damaged(
            self.path,
            format!("series `{}`, {day}: `{text}` in column `{column}` {what}", ids.join(" / ")),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn read(text: &str) -> Result<SeriesTable> {
        let (_folder, path) = file("s.csv", text);
        SeriesTable::read(&path, SeriesColumns::default(), None)
    }

    #[test]
    fn rows_in_any_order_become_sorted_series_with_missing_days() {
        let table =
            read("unique_id,ds,y\nb,2026-01-03,3\na,2026-01-01,1\nb,2026-01-01,1\nb,2026-01-02,\n").unwrap();
        assert_eq!(table.ids, [["a"], ["b"]]);
        assert_eq!(table.series.get(1).values.len(), 3);
        assert_eq!(table.series.get(1).missing_days(), 1);
    }

    #[test]
    fn typed_columns_of_parquet_mean_what_their_texts_do() {
        let text = "unique_id,ds,y\na,2026-01-01,1.5\na,2026-01-02,\na,2026-01-03,0.1\n";
        let expected = read(text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut frame = df!("unique_id" => ["a"; 3], "ds" => [0, 1, 2], "y" => [Some(1.5), None, Some(0.1)])
            .unwrap()
            .lazy()
            .with_column((col("ds") + lit(20_454)).cast(DataType::Date))
            .collect()
            .unwrap();
        let path = folder.path().join("s.parquet");
        ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
        let found = SeriesTable::read(&path, SeriesColumns::default(), None).unwrap();
        assert_eq!((found.ids, found.series.get(0).start), (expected.ids, expected.series.get(0).start));
        let bits = |table: &SeriesSet| -> Vec<u64> {
            table.get(0).values.iter().map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(&found.series), bits(&expected.series));
    }

    /// A Parquet file of these rows, so many in a row group.
    fn parquet(rows: &[(&str, i32, f64)], in_group: usize) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.parquet");
        let ids: Vec<&str> = rows.iter().map(|row| row.0).collect();
        let days: Vec<i32> = rows.iter().map(|row| 20_454 + row.1).collect();
        let values: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let mut frame = df!("unique_id" => ids, "ds" => days, "y" => values)
            .unwrap()
            .lazy()
            .with_column(col("ds").cast(DataType::Date))
            .collect()
            .unwrap();
        ParquetWriter::new(std::fs::File::create(&path).unwrap())
            .with_row_group_size(Some(in_group))
            .finish(&mut frame)
            .unwrap();
        (folder, path)
    }

    #[test]
    fn parts_hold_whole_series_wherever_row_groups_end() {
        let rows: Vec<(&str, i32, f64)> = ["c", "a", "d", "b"]
            .iter()
            .enumerate()
            .flat_map(|(series, id)| (0..5).map(move |day| (*id, day, f64::from(day) + 10.0 * series as f64)))
            .collect();
        for in_group in [2, 3, 5, 7] {
            let (_folder, path) = parquet(&rows, in_group);
            let whole = SeriesTable::read(&path, SeriesColumns::default(), None).unwrap();
            let mut parts = SeriesParts::of(&path, SeriesColumns::default(), None, 4).unwrap().unwrap();
            let mut found: Vec<(Vec<String>, Vec<f64>)> = Vec::new();
            while let Some(part) = parts.next_part().unwrap() {
                let series = (0..part.ids.len()).map(|place| part.series.get(place).values.to_vec());
                found.extend(part.ids.iter().cloned().zip(series));
            }
            assert!(!parts.is_scattered(), "{in_group}");
            found.sort_by(|one, other| one.0.cmp(&other.0));
            let expected: Vec<(Vec<String>, Vec<f64>)> = (0..whole.ids.len())
                .map(|place| (whole.ids[place].clone(), whole.series.get(place).values.to_vec()))
                .collect();
            assert_eq!(found, expected, "{in_group}");
        }
    }

    #[test]
    fn series_whose_rows_lie_apart_are_no_parts_and_errors_name_the_row_of_the_file() {
        let apart: Vec<(&str, i32, f64)> =
            (0..4).flat_map(|day| ["a", "b"].map(|id| (id, day, 1.0))).collect();
        let (_folder, path) = parquet(&apart, 2);
        let mut parts = SeriesParts::of(&path, SeriesColumns::default(), None, 2).unwrap().unwrap();
        while parts.next_part().unwrap().is_some() {}
        assert!(parts.is_scattered());
        let (_folder, path) = parquet(&apart, 100);
        assert!(SeriesParts::of(&path, SeriesColumns::default(), None, 2).unwrap().is_none());
        let bad = [("a", 0, 1.0), ("a", 1, 1.0), ("b", 0, 1.0), ("b", 900_000, 1.0)];
        let (_folder, path) = parquet(&bad, 2);
        let mut parts = SeriesParts::of(&path, SeriesColumns::default(), None, 2).unwrap().unwrap();
        let error = loop {
            match parts.next_part() {
                Ok(Some(_)) => {}
                Ok(None) => break String::new(),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("row 4: "), "{error}");
    }

    #[test]
    fn categories_decimals_and_moments_of_parquet_are_read() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet/series.parquet");
        for date in ["ds", "stamp"] {
            let columns = SeriesColumns { date: date.into(), ..SeriesColumns::default() };
            let table = SeriesTable::read(&path, columns, None).unwrap();
            assert_eq!(table.ids, [["oven"], ["shop"]]);
            assert_eq!(table.series.get(0).start, NaiveDate::from_ymd_opt(2026, 6, 1).unwrap());
            assert_eq!(table.series.get(0).missing_days(), 1);
            assert_eq!(table.series.get(1).values, [7.0, 7.5]);
        }
    }

    #[test]
    fn marks_before_the_header_and_the_rows_do_not_belong_to_them() {
        let table =
            read("\u{feff}unique_id,ds,y\n\u{feff}a,2026-01-01,1\n\"\u{feff}a\",2026-01-02,2\n").unwrap();
        assert_eq!(
            (table.ids.clone(), table.series.get(0).values.to_vec()),
            (vec![vec!["a".to_owned()]], vec![1.0, 2.0])
        );
        let table = read("unique_id,ds,y\na,\"\u{feff}2026-01-01\",\"\u{feff}1.5\"\n").unwrap();
        assert_eq!(table.series.get(0).values, [1.5]);
    }

    #[test]
    fn two_values_for_one_day_are_refused() {
        let error = read("unique_id,ds,y\na,2026-01-01,1\na,2026-01-01,2\n").unwrap_err();
        assert!(error.to_string().ends_with("s.csv`: series `a` has two values for 2026-01-01; keep one"));
    }

    #[test]
    fn what_is_no_number_or_day_is_named_with_its_place() {
        assert!(
            read("unique_id,ds,y\na,2026-02-30,1\n").unwrap_err().to_string().contains("row 1: `2026-02-30`")
        );
        assert!(
            read("unique_id,ds,y\na,2026-02-03,1.234.5\n")
                .unwrap_err()
                .to_string()
                .contains("series `a`, 2026-02-03: `1.234.5`")
        );
        assert!(read("unique_id,ds,y\na,2026-02-03,inf\n").unwrap_err().to_string().contains("no number"));
        assert!(read("id,ds,y\na,2026-02-03,1\n").unwrap_err().to_string().contains("--id-column"));
        assert!(read("unique_id,ds,y\n").unwrap_err().has_no_costs());
    }

    #[test]
    fn another_century_and_values_beyond_all_sums_are_refused() {
        let refused = |text: &str| read(text).unwrap_err().to_string();
        assert!(refused("unique_id,ds,y\na,0001-01-01,1\n").contains("from 1900 to 2199"));
        assert!(refused("unique_id,ds,y\na,9999-12-31,1\n").contains("row 1"));
        assert!(refused("unique_id,ds,y\na,2026-01-01,-1e300\n").contains("too large"));
        assert!(refused("unique_id,ds,y,y\na,2026-01-01,1,2\n").contains("the column `y` twice"));
        assert!(refused("unique_id,ds,y\na,2026-01-01,1,2\n").contains("line 2 has more fields"));
        assert!(refused("unique_id,ds,y\n\"a,2026-01-01,1\n").contains("a quote is opened"));
    }

    #[test]
    fn tasks_name_series_that_exist() {
        let table = read("unique_id,ds,y\na,2026-01-01,1\n").unwrap();
        let (_folder, path) = file("t.csv", "unique_id,cycle,cut_day,other\na,2026-01,10,x\n");
        let tasks = table.read_tasks(&path).unwrap();
        assert_eq!(
            tasks,
            [TaskRow {
                series: 0,
                cycle: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(),
                cut_day: 10,
                budget: None
            }]
        );
        let (_folder, path) = file("t.csv", "unique_id,cycle,cut_day\nz,2026-01,10\n");
        assert!(table.read_tasks(&path).unwrap_err().to_string().contains("`z` is not in the series file"));
    }
}
