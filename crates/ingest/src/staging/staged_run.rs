//! Where charges land: FOCUS-shaped Parquet with a manifest, laid out as Azure lays out its exports, so that every
//! command reads them like one.
//!
//! A run appears whole or not at all. What is there already stays; which run of a scope counts is decided when it is
//! read, as for any export. A manifest states what its source stated, and nothing else.

use crate::{
    DataFile, Error, Result,
    charges::{
        file_charges::sum_file,
        query::{Grain, ReadQuery},
    },
    files::parquet_write::parquet_writer,
    staging::{focus_rows::focus_rows, service_charges::charge_frame},
};
use billing::{Amount, Metric, ServiceCharge};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use polars::prelude::*;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Rows that are written together.
const GROUP_ROWS: usize = 250_000;

/// What a run of a service's charges holds, for its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// The folder that runs land under.
    pub out: PathBuf,
    /// Which API they came from, such as `azure-usage`.
    pub source: String,
    /// Whose charges they are, such as a subscription's path.
    pub scope: String,
    /// First day.
    pub first: NaiveDate,
    /// Last day, in it.
    pub last: NaiveDate,
    /// As known at this moment: of days long gone, when they were final.
    pub known_at: DateTime<Utc>,
    /// When it was read: of two runs that hold a day, the one read later counts.
    pub read_at: DateTime<Utc>,
}

/// What landed.
#[derive(Clone, Debug, PartialEq)]
pub struct Landed {
    /// The folder of the run.
    pub folder: PathBuf,
    /// Rows in it.
    pub rows: u64,
    /// Sums by currency and cost column, of rows that have a cost.
    pub totals: BTreeMap<(String, &'static str), Amount>,
    /// Rows without the cost that is meant.
    pub without_cost: u64,
}

impl Landed {
    /// Both together, in the folder of the first.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.rows += other.rows;
        self.without_cost += other.without_cost;
        for (key, total) in other.totals {
            *self.totals.entry(key).or_default() += total;
        }
        self
    }
}

impl Landing {
    /// The folder of all runs of this source and scope.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        home(&self.out, &self.source, &self.scope)
    }

    /// The folder of this run.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.staged().folder
    }

    /// Lands charges of a service.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn charges(&self, charges: &[ServiceCharge]) -> Result<Landed> {
        self.staged().write(&mut charges.chunks(GROUP_ROWS).map(charge_frame))
    }

    /// Lands the charges of cost files. Of a classic one, what its one cost column holds is given. Rows
    /// without a usable cost, day or currency do not land; `strict` refuses all of it because of one.
    ///
    /// # Errors
    /// Files that are not cost files, [`Error::Malformed`], a folder that cannot be written.
    pub fn files(&self, files: &[(PathBuf, Metric)], strict: bool) -> Result<Landed> {
        self.staged().write(&mut files.iter().map(|(path, metric)| {
            let file = DataFile::open(path, None)?;
            let query =
                ReadQuery { metrics: Metric::ALL.to_vec(), grain: Grain::Row, ..ReadQuery::default() };
            let sums = sum_file(&file, &query, rayon::current_num_threads())?;
            if let Some(first) = sums.bad.first().filter(|_| strict) {
                let count = sums.bad.iter().map(|bad| bad.rows).sum();
                return Err(Error::Malformed { count, first: first.to_string() });
            }
            let all = vec![true; sums.table.days.height()];
            focus_rows(&file, &sums, &all, *metric, &Metric::ALL)
        }))
    }

    fn staged(&self) -> StagedRun {
        let range = (self.first, self.last);
        StagedRun {
            folder: self
                .home()
                .join(range_name(Some(range)))
                .join(self.read_at.format("%Y%m%dT%H%M%S%3fZ").to_string()),
            export: self.source.clone(),
            origin: Origin::Scope { scope: self.scope.clone(), export: None },
            submitted: Some(self.read_at),
            known_at: Some(self.known_at),
            range: Some(range),
        }
    }
}

/// A run that is about to land.
pub(crate) struct StagedRun {
    pub folder: PathBuf,
    pub export: String,
    pub origin: Origin,
    pub submitted: Option<DateTime<Utc>>,
    pub known_at: Option<DateTime<Utc>>,
    pub range: Option<(NaiveDate, NaiveDate)>,
}

/// Whose charges a run holds.
pub(crate) enum Origin {
    /// Those of an export scope; `export` is the export among those of the scope, where there may be several.
    Scope { scope: String, export: Option<String> },
    /// Those of files that state no scope, by what they were given with.
    Files(String),
}

/// The folder of all runs of a source and scope.
pub(crate) fn home(out: &Path, source: &str, scope: &str) -> PathBuf {
    let scope = scope.to_lowercase();
    named_home(out, source, &scope, &scope)
}

/// The folder with a name that shows `name` and is that of `identity` alone.
pub(crate) fn named_home(out: &Path, source: &str, name: &str, identity: &str) -> PathBuf {
    // What a file system cannot hold becomes `_`; a digest distinguishes what then looks alike.
    let name = name.to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
    let slug: Vec<char> = name.trim_matches('/').chars().map(plain).collect();
    let slug: String = slug[slug.len().saturating_sub(80)..].iter().collect();
    // A folder that begins with a point is hidden, and readers pass over it.
    let slug = slug.trim_start_matches('.');
    let digest = blake3::hash(identity.as_bytes()).to_hex();
    out.join(source).join(format!("{slug}-{}", &digest[..8]))
}

/// The folder of a date range.
pub(crate) fn range_name(range: Option<(NaiveDate, NaiveDate)>) -> String {
    match range {
        Some((first, last)) => format!("{}-{}", first.format("%Y%m%d"), last.format("%Y%m%d")),
        None => "days-of-usage".to_owned(),
    }
}

impl StagedRun {
    /// Writes the run: whole or not at all.
    ///
    /// # Errors
    /// A frame that is an error; a folder that cannot be written.
    pub(crate) fn write(&self, frames: &mut dyn Iterator<Item = Result<DataFrame>>) -> Result<Landed> {
        let folder = self.folder.clone();
        let above = folder.parent().unwrap_or(Path::new(".")).to_owned();
        fs::create_dir_all(&above).map_err(|source| Error::unreadable(&above, source))?;
        // Hidden, so that nobody reads it before it is whole.
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let making = above.join(format!(".{name}-{}.part", std::process::id()));
        let _ = fs::remove_dir_all(&making);
        fs::create_dir_all(&making).map_err(|source| Error::unreadable(&making, source))?;
        let written = self.write_into(&making, frames);
        if written.is_err() {
            let _ = fs::remove_dir_all(&making);
        }
        let counts = written?;
        if counts.rows == 0 {
            // An empty run would state that nothing was charged, which nobody knows.
            let _ = fs::remove_dir_all(&making);
        } else {
            let cannot = |source| Error::unreadable(&folder, source);
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(cannot)?;
            }
            fs::rename(&making, &folder).map_err(cannot)?;
        }
        Ok(Landed { folder, ..counts })
    }

    fn write_into(
        &self,
        making: &Path,
        frames: &mut dyn Iterator<Item = Result<DataFrame>>,
    ) -> Result<Landed> {
        let mut counts = Landed { folder: PathBuf::new(), rows: 0, totals: BTreeMap::new(), without_cost: 0 };
        let mut blobs = Vec::new();
        let mut held: BTreeSet<Metric> = BTreeSet::new();
        for frame in frames {
            let mut frame = frame?;
            if frame.height() == 0 {
                continue;
            }
            held.extend(
                [Metric::Billed, Metric::Effective]
                    .into_iter()
                    .filter(|own| frame.column(own.column()).is_ok()),
            );
            counts.without_cost += add_totals(&frame, &mut counts.totals)?;
            let name = format!("part_0_{:04}.parquet", blobs.len() + 1);
            let path = making.join(&name);
            let unwritable = |source| Error::unreadable(&path, source);
            let file = File::create(&path).map_err(unwritable)?;
            parquet_writer(&file).finish(&mut frame)?;
            file.sync_all().map_err(unwritable)?;
            let bytes = fs::metadata(&path).map_err(unwritable)?.len();
            blobs.push(json!({ "blobName": name, "byteCount": bytes, "dataRowCount": frame.height() }));
            counts.rows += frame.height() as u64;
        }
        let manifest = self.manifest(&blobs, counts.rows, &held);
        let path = making.join("manifest.json");
        fs::write(&path, format!("{manifest:#}\n")).map_err(|source| Error::unreadable(&path, source))?;
        Ok(counts)
    }

    fn manifest(&self, blobs: &[Value], rows: u64, held: &BTreeSet<Metric>) -> Value {
        let moment = |time: &DateTime<Utc>| json!(time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
        let mut config = Map::new();
        config.insert("exportName".to_owned(), json!(self.export));
        match &self.origin {
            Origin::Scope { scope, export } => {
                let below = export.as_ref().map_or_else(String::new, |export| format!("/{export}"));
                config.insert("resourceId".to_owned(), json!(format!("{scope}/{}{below}", self.export)))
            }
            Origin::Files(group) => config.insert("x_filesOf".to_owned(), json!(group)),
        };
        config.insert("dataVersion".to_owned(), json!("1.2"));
        // Runs of one metric never replace those of another.
        let kind = match held.iter().collect::<Vec<_>>().as_slice() {
            [Metric::Billed] => "ActualCost",
            [Metric::Effective] => "AmortizedCost",
            _ => "FocusCost",
        };
        config.insert("type".to_owned(), json!(kind));
        let mut info = Map::new();
        info.insert("executionType".to_owned(), json!("OnDemand"));
        if let Some(time) = &self.submitted {
            info.insert("submittedTime".to_owned(), moment(time));
        }
        if let Some(time) = &self.known_at {
            info.insert("x_knownAt".to_owned(), moment(time));
        }
        if let Some((first, last)) = self.range {
            info.insert("startDate".to_owned(), json!(first.and_time(NaiveTime::MIN)));
            info.insert("endDate".to_owned(), json!(last.and_time(NaiveTime::MIN)));
        }
        json!({
            "manifestVersion": "2024-04-01",
            "blobCount": blobs.len(),
            "dataRowCount": rows,
            "exportConfig": config,
            "runInfo": info,
            "blobs": blobs,
        })
    }
}

/// Adds the sums of a frame, and counts rows that have neither a billed nor an effective cost.
fn add_totals(frame: &DataFrame, totals: &mut BTreeMap<(String, &'static str), Amount>) -> Result<u64> {
    let metrics = [Metric::Billed, Metric::Effective].map(Metric::column);
    let present: Vec<&'static str> = metrics.into_iter().filter(|name| frame.column(name).is_ok()).collect();
    let mut sums: Vec<Expr> = present.iter().map(|name| col(*name).sum()).collect();
    sums.extend(present.iter().map(|name| col(*name).count().alias(format!("{name}s"))));
    let by_currency = frame.clone().lazy().group_by([col("BillingCurrency")]).agg(sums).collect()?;
    let currencies = by_currency.column("BillingCurrency")?.str()?.clone();
    for name in &present {
        let column = by_currency.column(name)?.decimal()?.clone();
        let counts = by_currency.column(&format!("{name}s"))?.u32()?.clone();
        for (row, currency) in currencies.iter().enumerate() {
            let units = column.physical().get(row).unwrap_or_default();
            if counts.get(row) != Some(0) {
                let sum = totals.entry((currency.unwrap_or_default().to_owned(), name)).or_default();
                *sum = sum.checked_add(Amount::from_units(units)).ok_or(Error::SumTooLarge)?;
            }
        }
    }
    let missing = present.iter().map(|name| col(*name).is_null()).reduce(Expr::and);
    let Some(missing) = missing else { return Ok(frame.height() as u64) };
    Ok(frame.clone().lazy().filter(missing).collect()?.height() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadOptions, read};

    #[test]
    fn the_folder_of_a_hidden_file_is_visible() {
        let home = home(Path::new("out"), "files", ".hidden/costs.csv");
        assert!(home.starts_with("out/files"));
        assert!(home.file_name().unwrap().to_string_lossy().starts_with("hidden_costs.csv-"), "{home:?}");
    }

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn landing(out: &Path, source: &str, known_at: &str) -> Landing {
        Landing {
            out: out.to_owned(),
            source: source.to_owned(),
            scope: "/subscriptions/00000000-0000-0000-0000-000000000001".to_owned(),
            first: "2026-10-01".parse().unwrap(),
            last: "2026-10-02".parse().unwrap(),
            known_at: moment(known_at),
            read_at: moment(known_at),
        }
    }

    fn charge(day: u32, cost: Option<&str>, is_estimate: bool) -> ServiceCharge {
        ServiceCharge {
            billed_cost: cost.map(|cost| cost.parse().unwrap()),
            currency: "EUR".to_owned(),
            start: moment(&format!("2026-10-{day:02}T00:00:00Z")),
            end: moment(&format!("2026-10-{:02}T00:00:00Z", day + 1)),
            subscription_id: Some("00000000-0000-0000-0000-000000000001".to_owned()),
            is_estimate,
            ..ServiceCharge::default()
        }
    }

    fn total(out: &Path) -> Amount {
        let inputs = [out.to_string_lossy().into_owned()];
        let daily = read(&inputs, &ReadOptions::default(), &|_| ()).unwrap();
        daily.rows().filter_map(|row| row.cost).sum()
    }

    #[test]
    fn what_lands_is_read_again_to_the_last_digit() {
        let out = tempfile::tempdir().unwrap();
        let own = landing(out.path(), "azure-usage", "2026-10-12T00:00:00Z");
        let charges = [charge(1, Some("0.000000000000000001"), true), charge(2, Some("2.5"), true)];
        let landed = own.charges(&charges).unwrap();
        assert_eq!((landed.rows, landed.without_cost), (2, 0));
        assert_eq!(landed.totals[&("EUR".to_owned(), "BilledCost")].to_string(), "2.500000000000000001");
        assert_eq!(total(out.path()).to_string(), "2.500000000000000001");
        // Landing the same again changes nothing.
        own.charges(&charges).unwrap();
        assert_eq!(total(out.path()).to_string(), "2.500000000000000001");
    }

    #[test]
    fn an_estimate_is_never_added_to_billed_charges_of_a_day_whichever_is_newer() {
        let out = tempfile::tempdir().unwrap();
        let billed = landing(out.path(), "azure-cost-details", "2026-10-11T00:00:00Z");
        billed.charges(&[charge(1, Some("10"), false), charge(2, Some("20"), false)]).unwrap();
        let estimate = landing(out.path(), "azure-usage", "2026-10-12T00:00:00Z");
        estimate.charges(&[charge(1, Some("11"), true), charge(2, Some("21"), true)]).unwrap();
        assert_eq!(total(out.path()).to_string(), "30");
    }

    #[test]
    fn rows_without_a_price_are_counted_and_are_no_zero() {
        let out = tempfile::tempdir().unwrap();
        let own = landing(out.path(), "azure-usage", "2026-10-12T00:00:00Z");
        let landed = own.charges(&[charge(1, None, true), charge(2, Some("2"), true)]).unwrap();
        assert_eq!(landed.without_cost, 1);
        let inputs = [out.path().to_string_lossy().into_owned()];
        let daily = read(&inputs, &ReadOptions::default(), &|_| ()).unwrap();
        assert_eq!(daily.controls.malformed_rows(), 1);
    }

    #[test]
    fn a_classic_file_lands_under_the_words_of_focus() {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("ea.csv");
        let text = "SubscriptionId,Date,CostInBillingCurrency,BillingCurrencyCode,AccountName,ChargeType,MeterCategory\n\
                    s,10/01/2026,1.5,EUR,a,Usage,Storage\ns,10/02/2026,-0.5,EUR,a,Refund,Storage\n";
        fs::write(&file, text).unwrap();
        let own = landing(&out.path().join("to"), "azure-cost-details", "2026-10-12T00:00:00Z");
        let landed = own.files(&[(file, Metric::Billed)], false).unwrap();
        assert_eq!(landed.rows, 2);
        assert_eq!(total(&out.path().join("to")).to_string(), "1");
    }

    #[test]
    fn rows_that_cannot_be_used_do_not_land_and_strict_refuses_all() {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("ea.csv");
        let text = "SubscriptionId,Date,CostInBillingCurrency,BillingCurrencyCode,AccountName,ChargeType\n\
                    s,10/01/2026,1,EUR,a,Usage\ns,10/01/2026,1,234.5,EUR,a,Usage\ns,10/40/2026,2,EUR,a,Usage\n";
        fs::write(&file, text).unwrap();
        let own = landing(&out.path().join("to"), "azure-cost-details", "2026-10-12T00:00:00Z");
        let strict = own.files(&[(file.clone(), Metric::Billed)], true).unwrap_err().to_string();
        assert!(strict.contains("2 malformed rows") && strict.contains("row 2"), "{strict}");
        assert!(!own.folder().exists());
        assert_eq!(own.files(&[(file, Metric::Billed)], false).unwrap().rows, 1);
    }

    #[test]
    fn columns_of_focus_that_nothing_here_reads_land_too() {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("focus.csv");
        let text = "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,SkuId,PricingCategory\n\
                    1,EUR,2026-10-01T00:00:00Z,Usage,sku1,Standard\n";
        fs::write(&file, text).unwrap();
        let own = landing(&out.path().join("to"), "files", "2026-10-12T00:00:00Z");
        own.files(&[(file, Metric::Billed)], true).unwrap();
        let options =
            ReadOptions { group_by: vec![crate::Dimension::parse("SkuId")], ..ReadOptions::default() };
        let inputs = [out.path().join("to").to_string_lossy().into_owned()];
        let daily = read(&inputs, &options, &|_| ()).unwrap();
        assert_eq!(daily.leaves[0].keys[0].as_deref(), Some("sku1"));
    }
}
