//! What the texts of a file's lines mean: kinds, days, owners and the values of dimensions.
//!
//! Each combination of the texts that a meaning follows from is looked at once, however many lines
//! and rows it stands in.

use crate::{
    Dimension, Result,
    charges::query::ReadQuery,
    charges::text_meanings::{self as charges, HAS_COMMITMENT, Have, Ids},
    files::data_file::DataFile,
    files::repeated_texts::Combinations,
    files::row_sums::RowSums,
    files::tags::value_of,
};
use billing::Agreement;
use chrono::{Datelike, Days, NaiveDate};
use polars::prelude::*;

/// Columns that say whose a charge is, and when and in which currency it is billed.
pub(crate) const TELL_OWNERS: [&str; 10] = [
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "BillingCurrency",
    "BillingAccountId",
    "x_BillingAccountId",
    "x_BillingProfileId",
    "SubAccountId",
    "SubAccountName",
    "PricingCurrency",
    "x_BillingExchangeRate",
];

/// Columns that show the kind of a charge.
pub(crate) const TELL_KINDS: [&str; 10] = [
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "x_PricingModel",
    "x_PublisherType",
    "PublisherName",
    "ServiceName",
    "x_SkuMeterCategory",
];

/// The file's column in which a dimension is found.
pub(crate) fn source_column<'a>(dimension: &'a Dimension, file: &DataFile, query: &ReadQuery) -> &'a str {
    match dimension {
        Dimension::Tag(_) => "Tags",
        Dimension::Column(name) if name == "ServiceName" => {
            let by_meter = query.service_is_meter_category
                || !file.layout.has("ServiceName")
                || file.family.agreement != Agreement::Focus;
            if by_meter && file.layout.has("x_SkuMeterCategory") {
                "x_SkuMeterCategory"
            } else {
                "ServiceName"
            }
        }
        Dimension::Column(name) => name,
    }
}

/// FOCUS files, and those without a pricing model, show a commitment by its id.
pub(crate) fn uses_commitment_id(file: &DataFile) -> bool {
    let told = file.family.agreement != Agreement::Focus && file.layout.has("x_PricingModel");
    file.layout.has("CommitmentDiscountId") && !told
}

/// What follows for each line from the texts of some columns of its file.
struct Meanings<'a> {
    combinations: Combinations<'a>,
    /// The columns that the file has, in the order of a combination's texts.
    columns: Vec<&'a str>,
    uses_commitment_id: bool,
}

impl<'a> Meanings<'a> {
    fn of(sums: &'a RowSums<'a>, columns: &[&'a str]) -> Self {
        let layout = &sums.file.layout;
        // A column of the file that two of ours are was read under one of their names.
        let place = |name: &str| {
            let by_name = sums.texts.iter().position(|text| *text == name);
            by_name.or_else(|| {
                let place = layout.place(name).filter(|_| layout.has(name))?;
                sums.texts.iter().position(|text| layout.place(text) == Some(place))
            })
        };
        let (columns, places): (Vec<&str>, Vec<usize>) =
            columns.iter().filter_map(|name| Some((*name, place(name)?))).unzip();
        let combinations = sums.lines.combinations(&places);
        Self { combinations, columns, uses_commitment_id: uses_commitment_id(sums.file) }
    }

    /// A column of lines from what each combination means.
    fn column<T>(&self, name: &str, meaning: impl Fn(Have<'_, 'a>) -> Option<T>) -> Result<Column>
    where
        Series: FromMeanings<T>,
    {
        let meanings = self.combinations.iter().map(|texts| {
            let text = |name: &str| {
                let place = self.columns.iter().position(|column| *column == name)?;
                texts[place]
            };
            meaning(&|name| match name {
                HAS_COMMITMENT if self.uses_commitment_id => charges::named(text("CommitmentDiscountId")),
                _ => text(name),
            })
        });
        self.combinations.of_lines(&Series::from_meanings(name, meanings).into_column())
    }
}

/// Series of meanings of one type.
trait FromMeanings<T> {
    fn from_meanings(name: &str, meanings: impl Iterator<Item = Option<T>>) -> Self;
}

impl<'a> FromMeanings<&'a str> for Series {
    fn from_meanings(name: &str, meanings: impl Iterator<Item = Option<&'a str>>) -> Self {
        meanings.collect::<StringChunked>().with_name(name.into()).into_series()
    }
}

impl FromMeanings<String> for Series {
    fn from_meanings(name: &str, meanings: impl Iterator<Item = Option<String>>) -> Self {
        meanings.collect::<StringChunked>().with_name(name.into()).into_series()
    }
}

impl FromMeanings<bool> for Series {
    fn from_meanings(name: &str, meanings: impl Iterator<Item = Option<bool>>) -> Self {
        meanings.collect::<BooleanChunked>().with_name(name.into()).into_series()
    }
}

impl FromMeanings<NaiveDate> for Series {
    fn from_meanings(name: &str, meanings: impl Iterator<Item = Option<NaiveDate>>) -> Self {
        let days = meanings.map(|day| Some(day?.to_epoch_days())).collect::<Int32Chunked>();
        days.with_name(name.into()).into_date().into_series()
    }
}

fn profile<'t>(have: Have<'_, 't>) -> Option<&'t str> {
    charges::named(have("x_BillingProfileId"))
}

/// What the texts of each line mean: the lines of [`FileCharges::table`], with `category` and `blank`.
pub(crate) fn typed_lines(file: &DataFile, query: &ReadQuery, sums: &RowSums<'_>) -> Result<DataFrame> {
    let family = file.family;
    let mut lines = Vec::new();
    let currency = Meanings::of(sums, &["BillingCurrency"]);
    lines.push(currency.column("currency", |have| {
        charges::currency(have("BillingCurrency")).or_else(|| query.currency.clone())
    })?);

    let periods = Meanings::of(sums, &["BillingPeriodStart", "BillingPeriodEnd"]);
    let period = |have: Have<'_, '_>| {
        let start = have("BillingPeriodStart").and_then(charges::day).filter(|start| start.year() > 1970)?;
        let inclusive = u64::from(family.agreement != Agreement::Focus);
        let end = have("BillingPeriodEnd").and_then(charges::day).map(|end| end + Days::new(inclusive));
        // A period without an end is as long as its cycle.
        end.is_none_or(|end| end > start).then_some((start, end))
    };
    lines.push(periods.column("period_start", |have| Some(period(have)?.0))?);
    lines.push(periods.column("period_end", |have| period(have)?.1)?);

    let owners =
        Meanings::of(sums, &["BillingAccountId", "x_BillingAccountId", "x_BillingProfileId", "SubAccountId"]);
    let agreement =
        |have: Have<'_, '_>| charges::billing_account(have("x_BillingAccountId"), have("BillingAccountId"));
    let sub = |have: Have<'_, '_>| charges::sub_account(have("SubAccountId"));
    lines.push(owners.column("unit", |have| {
        let account = charges::named(have("BillingAccountId"));
        let sub = sub(have);
        Ids { account, profile: profile(have), sub: sub.as_deref() }.invoice_unit(family.agreement)
    })?);
    lines.push(owners.column("owner", |have| {
        let (account, sub) = (agreement(have), sub(have));
        Some(Ids { account: account.as_deref(), profile: profile(have), sub: sub.as_deref() }.owner())
    })?);
    lines.push(owners.column("account", agreement)?);
    lines.push(owners.column("sub", sub)?);

    let names = Meanings::of(sums, &["SubAccountName"]);
    lines.push(names.column("sub_name", |have| charges::named(have("SubAccountName")))?);
    let rates = Meanings::of(sums, &["PricingCurrency", "x_BillingExchangeRate"]);
    lines.push(rates.column("pricing", |have| charges::currency(have("PricingCurrency")))?);
    lines.push(rates.column("rate", |have| charges::named(have("x_BillingExchangeRate")))?);
    let blank = Meanings::of(sums, &["BillingCurrency", "SubAccountId"]);
    lines.push(
        blank.column("blank", |have| {
            Some(have("BillingCurrency").is_none() && have("SubAccountId").is_none())
        })?,
    );

    let kinds = Meanings::of(sums, &TELL_KINDS);
    lines.push(kinds.column("kind", |have| Some(charges::kind(family, have).name()))?);
    lines.push(kinds.column("marketplace", |have| Some(charges::is_marketplace(have)))?);
    lines.push(kinds.column("corrected", |have| Some(charges::is_correction(have)))?);
    lines.push(kinds.column("committed", |have| Some(charges::is_committed(have)))?);
    lines.push(kinds.column("category", |have| have("ChargeCategory"))?);
    for (place, column) in query.parts.iter().enumerate() {
        let part = |have: Have<'_, '_>| charges::named(have(column)).and_then(charges::id_tail);
        lines.push(Meanings::of(sums, &[column]).column(&format!("p{place}"), part)?);
    }
    if query.usage {
        add_meters(file, sums, &mut lines)?;
    }
    for (place, dimension) in query.dimensions.iter().enumerate() {
        let name = format!("k{place}");
        lines.push(match dimension {
            Dimension::Column(column) if column == "x_ChargeKind" => {
                kinds.column(&name, |have| Some(charges::kind(family, have).name()))?
            }
            Dimension::Column(column) if column == "ChargeCategory" => {
                kinds.column(&name, |have| charges::focus_category(charges::kind(family, have)))?
            }
            Dimension::Column(column) => {
                let source = source_column(dimension, file, query);
                let values = Meanings::of(sums, &[source]);
                if column == "SubAccountId" {
                    values.column(&name, |have| charges::sub_account(have(source)))?
                } else {
                    values.column(&name, |have| charges::named(have(source)))?
                }
            }
            Dimension::Tag(key) => {
                let key = key.trim().to_lowercase();
                Meanings::of(sums, &["Tags"]).column(&name, |have| {
                    let value = have("Tags").and_then(|cell| value_of(cell, &key));
                    charges::filled(value.as_deref()).map(str::to_owned)
                })?
            }
        });
    }
    Ok(DataFrame::new(sums.lines.len(), lines)?)
}

/// Columns in which the usage of meters differs, beside those of every charge.
pub(crate) const TELL_METERS: [&str; 4] =
    ["x_SkuMeterId", "SkuMeter", "x_ReservationId", "CommitmentDiscountId"];

/// The column of the unit in which a file's quantities are counted.
pub(crate) fn unit_column(file: &DataFile) -> Option<&'static str> {
    ["x_PricingUnitDescription", "ConsumedUnit"].into_iter().find(|name| file.layout.has(name))
}

/// Meters: `meter`, `meter_name`, `meter_unit`, and `covered` where a commitment pays for the usage.
fn add_meters(file: &DataFile, sums: &RowSums<'_>, lines: &mut Vec<Column>) -> Result<()> {
    let unit = unit_column(file).unwrap_or_default();
    let meters = Meanings::of(sums, &["x_SkuMeterId", "SkuMeter", unit]);
    lines.push(meters.column("meter", |have| charges::named(have("x_SkuMeterId")).map(str::to_lowercase))?);
    lines.push(meters.column("meter_name", |have| charges::named(have("SkuMeter")))?);
    lines.push(meters.column("meter_unit", |have| charges::named(have(unit)))?);
    // Any of these that is filled says that a commitment pays.
    let commitments = Meanings::of(sums, &["CommitmentDiscountId", "x_ReservationId", "x_PricingModel"]);
    lines.push(commitments.column("covered", |have| {
        let filled = |name: &str| charges::named(have(name)).is_some();
        let by_model = charges::names_commitment(have("x_PricingModel"));
        Some(filled("CommitmentDiscountId") || filled("x_ReservationId") || by_model)
    })?);
    Ok(())
}
