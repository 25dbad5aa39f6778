//! Where charges land that did not come as exports: FOCUS-shaped Parquet with a manifest, laid out as
//! Azure lays out its exports, so that every command reads them like one.
//!
//! A run appears whole or not at all. What is there already stays; which run of a scope counts is
//! decided when it is read, as for any export. Amounts keep all digits of [`billing::Amount`].

use crate::{
    DataFile, Error, Result,
    charges::charges,
    data_file::{OVERLONG, ROW},
    file_sums::{Wanted, sum_file},
};
use billing::{AMOUNT_SCALE, Agreement, Amount, Metric, ServiceCharge};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use polars::prelude::*;
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Digits of an amount, before and after the point.
const PRECISION: usize = 38;
/// Rows that are written together.
const GROUP_ROWS: usize = 250_000;

/// What a run holds, for its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// The folder that runs land under.
    pub out: PathBuf,
    /// Which door they came through, such as `azure-usage`.
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
        // What a file system cannot hold becomes `_`; a digest tells apart what then looks alike.
        let scope = self.scope.to_lowercase();
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
        let slug: Vec<char> = scope.trim_matches('/').chars().map(plain).collect();
        let slug: String = slug[slug.len().saturating_sub(80)..].iter().collect();
        let digest = blake3::hash(scope.as_bytes()).to_hex();
        self.out.join(&self.source).join(format!("{slug}-{}", &digest[..8]))
    }

    /// The folder of this run.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.home()
            .join(format!("{}-{}", self.first.format("%Y%m%d"), self.last.format("%Y%m%d")))
            .join(self.read_at.format("%Y%m%dT%H%M%S%3fZ").to_string())
    }

    /// Lands charges of a service.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn charges(&self, charges: &[ServiceCharge]) -> Result<Landed> {
        self.write(&mut charges.chunks(GROUP_ROWS).map(charge_frame))
    }

    /// Lands the charges of cost files. Of a classic one, what its one cost column holds is given. Rows
    /// without a usable cost, day or currency do not land; `strict` refuses all of it because of one.
    ///
    /// # Errors
    /// Files that are no cost files, [`Error::Malformed`], a folder that cannot be written.
    pub fn files(&self, files: &[(PathBuf, Metric)], strict: bool) -> Result<Landed> {
        self.write(&mut files.iter().map(|(path, metric)| {
            let file = DataFile::open(path, None)?;
            focus_frame(usable_rows(&file, *metric, strict)?, file.family.agreement)
        }))
    }

    fn write(&self, frames: &mut dyn Iterator<Item = Result<DataFrame>>) -> Result<Landed> {
        let folder = self.folder();
        let above = folder.parent().unwrap_or(Path::new(".")).to_owned();
        fs::create_dir_all(&above).map_err(|source| Error::unreadable(&above, source))?;
        // Hidden, so that nobody reads it before it is whole.
        let making =
            above.join(format!(".{}-{}.part", crate::source::file_name(&folder), std::process::id()));
        let _ = fs::remove_dir_all(&making);
        fs::create_dir_all(&making).map_err(|source| Error::unreadable(&making, source))?;
        let written = self.write_into(&making, frames);
        if written.is_err() {
            let _ = fs::remove_dir_all(&making);
        }
        let (rows, totals, without_cost) = written?;
        if rows == 0 {
            // An empty run would say that nothing was charged, which nobody knows.
            let _ = fs::remove_dir_all(&making);
            return Ok(Landed { folder, rows, totals, without_cost });
        }
        let cannot = |source| Error::unreadable(&folder, source);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(cannot)?;
        }
        fs::rename(&making, &folder).map_err(cannot)?;
        Ok(Landed { folder, rows, totals, without_cost })
    }

    #[expect(clippy::type_complexity, reason = "the three counts of what landed, used once")]
    fn write_into(
        &self,
        making: &Path,
        frames: &mut dyn Iterator<Item = Result<DataFrame>>,
    ) -> Result<(u64, BTreeMap<(String, &'static str), Amount>, u64)> {
        let (mut rows, mut without_cost, mut blobs) = (0, 0, Vec::new());
        let mut totals: BTreeMap<(String, &'static str), Amount> = BTreeMap::new();
        for (number, frame) in frames.enumerate() {
            let mut frame = frame?;
            without_cost += add_totals(&frame, &mut totals)?;
            let name = format!("part_0_{:04}.parquet", number + 1);
            let path = making.join(&name);
            let unwritable = |source| Error::unreadable(&path, source);
            let file = File::create(&path).map_err(unwritable)?;
            ParquetWriter::new(&file).with_compression(ParquetCompression::Snappy).finish(&mut frame)?;
            file.sync_all().map_err(unwritable)?;
            let bytes = fs::metadata(&path).map_err(unwritable)?.len();
            blobs.push(json!({ "blobName": name, "byteCount": bytes, "dataRowCount": frame.height() }));
            rows += frame.height() as u64;
        }
        let manifest = json!({
            "manifestVersion": "2024-04-01",
            "blobCount": blobs.len(),
            "dataRowCount": rows,
            "exportConfig": {
                "exportName": self.source,
                "resourceId": format!("{}/{}", self.scope, self.source),
                "dataVersion": "1.2",
                "type": "FocusCost",
            },
            "runInfo": {
                "executionType": "OnDemand",
                "submittedTime": self.read_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
                "x_knownAt": self.known_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
                "startDate": self.first.and_time(NaiveTime::MIN),
                "endDate": self.last.and_time(NaiveTime::MIN),
            },
            "blobs": blobs,
        });
        let path = making.join("manifest.json");
        fs::write(&path, format!("{manifest:#}\n")).map_err(|source| Error::unreadable(&path, source))?;
        Ok((rows, totals, without_cost))
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
                *sum = sum
                    .checked_add(Amount::from_units(units))
                    .ok_or_else(|| Error::Ambiguous(format!("the sum of {name} is too large to be held")))?;
            }
        }
    }
    let missing = present.iter().map(|name| col(*name).is_null()).reduce(Expr::and);
    let Some(missing) = missing else { return Ok(frame.height() as u64) };
    Ok(frame.clone().lazy().filter(missing).collect()?.height() as u64)
}

/// The normalised charges of a file without rows that cannot be used, or lines with nothing in them.
fn usable_rows(file: &DataFile, metric: Metric, strict: bool) -> Result<DataFrame> {
    let mut frame = charges(file, metric)?.collect().map_err(|error| file.fault(&error))?;
    if file.family.agreement == Agreement::Focus {
        // What FOCUS names and nothing here asks for is kept as it is written.
        let others = file.other_columns();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        let kept = file.scan(&others)?.select(others.iter().map(|name| col(*name)).collect::<Vec<_>>());
        frame = frame.hstack(kept.collect().map_err(|error| file.fault(&error))?.columns())?;
    }
    let has = |name: &str| frame.column(name).is_ok();
    let column =
        Metric::ALL.into_iter().map(Metric::column).find(|name| has(name)).unwrap_or(metric.column());
    // Reading for sums tells good rows from bad ones to the letter; what lands must be as many.
    let wanted = Wanted { metrics: vec![metric], ..Wanted::default() };
    let sums = sum_file(file, &wanted)?;
    let bad: u64 = sums.bad.iter().map(|bad| bad.rows).sum();
    if let Some(first) = sums.bad.first().filter(|_| strict) {
        return Err(Error::Malformed { count: bad, first: first.to_string() });
    }
    let usable = [column, "ChargePeriodStart", "BillingCurrency"]
        .into_iter()
        .filter(|name| has(name))
        .map(|name| col(name).is_not_null())
        .fold(col(OVERLONG).not(), Expr::and);
    let flags = file.scan(&[])?.select([col(OVERLONG)]).collect().map_err(|error| file.fault(&error))?;
    let kept = frame.hstack(flags.columns())?.lazy().filter(usable).collect()?.drop(OVERLONG)?;
    if kept.height() as u64 != sums.rows - bad {
        let first = sums.bad.first().map_or_else(|| "none that can be named".to_owned(), ToString::to_string);
        return Err(Error::Malformed {
            count: bad,
            first: format!("{first}; mend the file, rows of it are cut"),
        });
    }
    Ok(kept)
}

/// A normalised frame of a file as FOCUS has it: categories by their FOCUS names, times at midnight, periods
/// half-open.
fn focus_frame(frame: DataFrame, agreement: Agreement) -> Result<DataFrame> {
    let has = |name: &str| frame.column(name).is_ok();
    let midnight = |day: Expr| {
        day.cast(DataType::Datetime(TimeUnit::Milliseconds, None)).dt().replace_time_zone(
            Some(polars::prelude::TimeZone::UTC),
            lit("raise"),
            NonExistent::Raise,
        )
    };
    let next_day = |name: &str| (col(name).cast(DataType::Int32) + lit(1)).cast(DataType::Date);
    // The last day of a period, in it, is what classic files write as its end.
    let is_classic = agreement != Agreement::Focus;
    let mut columns: Vec<Expr> =
        ["ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd"]
            .into_iter()
            .filter(|name| has(name))
            .map(|name| match name {
                "BillingPeriodEnd" if is_classic => midnight(next_day(name)).alias(name),
                _ => midnight(col(name)).alias(name),
            })
            .collect();
    if !has("ChargePeriodEnd") {
        columns.push(midnight(next_day("ChargePeriodStart")).alias("ChargePeriodEnd"));
    }
    // A kind that is not known keeps its word: without one it would be taken for usage.
    let word = if has("ChargeCategory") { col("ChargeCategory") } else { lit(NULL) };
    let category = crate::charges::focus_category(col("x_ChargeKind"));
    columns.push(coalesce(&[category, word]).alias("ChargeCategory"));
    if !has("ServiceName") && has("x_SkuMeterCategory") {
        columns.push(col("x_SkuMeterCategory").alias("ServiceName"));
    }
    let refund = when(col("x_ChargeKind").eq(lit("refund")))
        .then(lit("Correction"))
        .otherwise(if has("ChargeClass") { col("ChargeClass") } else { lit(NULL) });
    columns.push(refund.alias("ChargeClass"));
    let unused = when(col("x_ChargeKind").eq(lit("unused")))
        .then(lit("Unused"))
        .otherwise(if has("CommitmentDiscountStatus") { col("CommitmentDiscountStatus") } else { lit(NULL) });
    columns.push(unused.alias("CommitmentDiscountStatus"));
    let mut frame = frame.lazy().with_columns(columns).collect()?;
    // Under the names that FOCUS files of Azure have them.
    for (ours, theirs) in
        [("x_PricingModel", "CommitmentDiscountType"), ("x_PublisherType", "x_PublisherCategory")]
    {
        if frame.column(ours).is_ok() && frame.column(theirs).is_err() {
            frame.rename(ours, theirs.into())?;
        }
    }
    Ok(frame.drop_many([ROW]))
}

fn charge_frame(charges: &[ServiceCharge]) -> Result<DataFrame> {
    let text = |name: &str, get: &dyn Fn(&ServiceCharge) -> Option<String>| -> Column {
        StringChunked::from_iter_options(name.into(), charges.iter().map(get)).into_series().into_column()
    };
    let amount = |name: &str, get: &dyn Fn(&ServiceCharge) -> Option<Amount>| -> Column {
        let units = charges.iter().map(|charge| get(charge).map(Amount::units));
        Int128Chunked::from_iter_options(name.into(), units)
            .into_decimal_unchecked(PRECISION, AMOUNT_SCALE as usize)
            .into_series()
            .into_column()
    };
    let moment = |name: &str, get: &dyn Fn(&ServiceCharge) -> Option<DateTime<Utc>>| -> Column {
        let instants = charges.iter().map(|charge| get(charge).map(|time| time.timestamp_millis()));
        Int64Chunked::from_iter_options(name.into(), instants)
            .into_datetime(TimeUnit::Milliseconds, Some(polars::prelude::TimeZone::UTC))
            .into_series()
            .into_column()
    };
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let flag = BooleanChunked::from_iter_options(
        "x_IsEstimate".into(),
        charges.iter().map(|charge| Some(charge.is_estimate)),
    );
    let mut columns = vec![
        amount("BilledCost", &|charge| charge.billed_cost),
        amount("EffectiveCost", &|charge| charge.effective_cost),
        text("BillingCurrency", &|charge| Some(charge.currency.clone())),
        moment("ChargePeriodStart", &|charge| Some(charge.start)),
        moment("ChargePeriodEnd", &|charge| Some(charge.end)),
        moment("BillingPeriodStart", &|charge| charge.billing_period.map(|(start, _)| midnight(start))),
        moment("BillingPeriodEnd", &|charge| charge.billing_period.map(|(_, end)| midnight(end))),
        text("ChargeCategory", &|charge| Some(category(charge).0.to_owned())),
        text("ChargeClass", &|charge| category(charge).1.map(str::to_owned)),
        text("ChargeFrequency", &|charge| charge.frequency.clone()),
        text("CommitmentDiscountId", &|charge| charge.commitment_id.clone()),
        text("CommitmentDiscountStatus", &|charge| category(charge).2.map(str::to_owned)),
        text("CommitmentDiscountType", &|charge| {
            charge.pricing_model.clone().filter(|model| model != "OnDemand")
        }),
        amount("ConsumedQuantity", &|charge| charge.quantity),
        text("ConsumedUnit", &|charge| charge.unit.clone()),
        amount("PricingQuantity", &|charge| charge.quantity),
        text("PricingUnit", &|charge| charge.unit.clone()),
        amount("ListUnitPrice", &|charge| charge.list_unit_price),
        text("ServiceName", &|charge| charge.meter_category.clone()),
        text("x_SkuMeterCategory", &|charge| charge.meter_category.clone()),
        text("x_SkuMeterSubcategory", &|charge| charge.meter_subcategory.clone()),
        text("x_SkuMeterName", &|charge| charge.meter_name.clone()),
        text("x_SkuMeterId", &|charge| charge.meter_id.clone()),
        text("SubAccountId", &|charge| charge.subscription_id.as_deref().map(subscription_path)),
        text("SubAccountName", &|charge| charge.subscription_name.clone()),
        text("x_ResourceGroupName", &|charge| charge.resource_group.clone()),
        text("ResourceId", &|charge| charge.resource_id.clone()),
        text("RegionId", &|charge| charge.region.clone()),
        text("Tags", &|charge| {
            (!charge.tags.is_empty()).then(|| serde_json::Value::from_iter(charge.tags.clone()).to_string())
        }),
        text("x_PublisherCategory", &|charge| charge.publisher_type.clone()),
        text("BillingAccountId", &|charge| charge.billing_account_id.clone()),
        text("x_BillingProfileId", &|charge| charge.billing_profile_id.clone()),
        text("x_InvoiceSectionId", &|charge| charge.invoice_section_id.clone()),
        text("InvoiceId", &|charge| charge.invoice_id.clone()),
        text("x_PriceStatus", &|charge| charge.price_status.map(str::to_owned)),
    ];
    // Amortized charges say nothing of what is billed, so the column is not there to be asked.
    let amortized = |charge: &ServiceCharge| charge.billed_cost.is_none() && charge.effective_cost.is_some();
    if charges.iter().all(amortized) {
        columns.retain(|column| column.name() != "BilledCost");
    }
    // The mark of estimates: files of charges that are none do not have the column.
    if charges.iter().any(|charge| charge.is_estimate) {
        columns.push(flag.into_series().into_column());
    }
    Ok(DataFrame::new(charges.len(), columns)?)
}

/// FOCUS category, class and commitment status of a charge, from the service's word for its kind.
fn category(charge: &ServiceCharge) -> (&str, Option<&'static str>, Option<&'static str>) {
    let word: String = charge.category.as_deref().unwrap_or("Usage").to_ascii_lowercase();
    match word.as_str() {
        "usage" => ("Usage", None, None),
        "purchase" => ("Purchase", None, None),
        "refund" => ("Purchase", Some("Correction"), None),
        "unusedreservation" | "unusedsavingsplan" => ("Usage", None, Some("Unused")),
        "roundingadjustment" | "adjustment" => ("Adjustment", None, None),
        "credit" => ("Credit", None, None),
        "tax" => ("Tax", None, None),
        // Kept as it is: a kind that is not known is "other", and never taken for usage.
        _ => (charge.category.as_deref().unwrap_or("Usage"), None, None),
    }
}

fn subscription_path(id: &str) -> String {
    let id = id.to_lowercase();
    if id.starts_with('/') { id } else { format!("/subscriptions/{id}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadOptions, read};

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
