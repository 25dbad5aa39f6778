//! What the texts of a file's lines mean: kinds, days, owners and the values of dimensions.
//!
//! Each combination of the texts that a meaning follows from is looked at once, however many lines
//! and rows it stands in.

use crate::{
    Dimension, Result,
    charges::query::ReadQuery,
    charges::text_meanings::{self as charges, HAS_COMMITMENT},
    files::data_file::DataFile,
    files::row_sums::RowSums,
    files::tags::tag_value,
};
use billing::Agreement;
use polars::prelude::*;

/// What follows from some columns, given how to have each as text: named expressions.
pub(crate) type Meaning<'a> = &'a dyn Fn(&dyn Fn(&str) -> Expr) -> Vec<Expr>;

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

/// What follows for each line from some of its columns; those that its file lacks are null.
pub(crate) fn derived(sums: &RowSums<'_>, columns: &[&str], meaning: Meaning<'_>) -> Result<DataFrame> {
    let layout = &sums.file.layout;
    // A column of the file that two of ours are was read under one of their names.
    let place = |name: &str| {
        let by_name = sums.texts.iter().position(|text| *text == name);
        let in_file = || layout.place(name).filter(|_| layout.has(name));
        by_name.or_else(|| {
            let place = in_file()?;
            sums.texts.iter().position(|text| layout.place(text) == Some(place))
        })
    };
    let present: Vec<(&str, usize)> =
        columns.iter().filter_map(|name| place(name).map(|place| (*name, place))).collect();
    let have = |name: &str| match name {
        HAS_COMMITMENT if uses_commitment_id(sums.file) => {
            charges::named(col("CommitmentDiscountId")).is_not_null().cast(DataType::String)
        }
        _ if place(name).is_some() => col(name),
        _ => lit(NULL).cast(DataType::String),
    };
    sums.lines.derived(&present, &meaning(&have))
}

/// What the texts of each line mean: the lines of [`FileCharges::table`], with `category` and `blank`.
pub(crate) fn typed_lines(file: &DataFile, query: &ReadQuery, sums: &RowSums<'_>) -> Result<DataFrame> {
    let family = file.family;
    let mut lines = DataFrame::empty_with_height(sums.lines.len());
    let mut add = |columns: &[&str], meaning: Meaning<'_>| -> Result<()> {
        lines = lines.hstack(derived(sums, columns, meaning)?.columns())?;
        Ok(())
    };
    add(&["BillingCurrency"], &|have| {
        let null = lit(NULL).cast(DataType::String);
        let given = query.currency.as_deref().map_or(null, |code| lit(code.to_owned()));
        vec![coalesce(&[charges::currency(have("BillingCurrency")), given]).alias("currency")]
    })?;
    add(&["BillingPeriodStart", "BillingPeriodEnd"], &|have| {
        let inclusive = i64::from(family.agreement != Agreement::Focus);
        let end = charges::day(have("BillingPeriodEnd")) + lit(chrono::Duration::days(inclusive));
        let start = charges::day(have("BillingPeriodStart"));
        // A period without an end is as long as its cycle.
        let is_after = end.clone().gt(start.clone()).fill_null(lit(true));
        let usable = start.clone().dt().year().gt(lit(1970)).and(is_after);
        let usable = |day: Expr| when(usable.clone()).then(day).otherwise(lit(NULL));
        vec![usable(start).alias("period_start"), usable(end).alias("period_end")]
    })?;
    add(&["BillingAccountId", "x_BillingAccountId", "x_BillingProfileId", "SubAccountId"], &|have| {
        let account = charges::named(have("BillingAccountId"));
        let agreement = charges::billing_account(have("x_BillingAccountId"), have("BillingAccountId"));
        let profile = charges::named(have("x_BillingProfileId"));
        let sub = charges::sub_account(have("SubAccountId"));
        vec![
            charges::invoice_unit(family.agreement, [&account, &profile, &sub]).alias("unit"),
            charges::owner([&agreement, &profile, &sub]).alias("owner"),
            agreement.alias("account"),
            sub.alias("sub"),
        ]
    })?;
    add(&["SubAccountName"], &|have| vec![charges::named(have("SubAccountName")).alias("sub_name")])?;
    add(&["PricingCurrency", "x_BillingExchangeRate"], &|have| {
        vec![
            charges::currency(have("PricingCurrency")).alias("pricing"),
            charges::named(have("x_BillingExchangeRate")).alias("rate"),
        ]
    })?;
    add(&["BillingCurrency", "SubAccountId"], &|have| {
        vec![have("BillingCurrency").is_null().and(have("SubAccountId").is_null()).alias("blank")]
    })?;
    add(&TELL_KINDS, &|have| {
        vec![
            charges::kind(family, have).alias("kind"),
            charges::is_marketplace(have).alias("marketplace"),
            charges::is_correction(have).alias("corrected"),
            charges::is_committed(have).alias("committed"),
            have("ChargeCategory").alias("category"),
        ]
    })?;
    for (place, column) in query.parts.iter().enumerate() {
        add(&[column], &|have| {
            vec![charges::id_tail(charges::named(have(column))).alias(format!("p{place}"))]
        })?;
    }
    if query.usage {
        add_meters(file, &mut add)?;
    }
    for (place, dimension) in query.dimensions.iter().enumerate() {
        let source = source_column(dimension, file, query);
        let columns = if dimension.is_derived() { &TELL_KINDS[..] } else { &[source][..] };
        add(columns, &|have| {
            let value = match dimension {
                Dimension::Column(column) if column == "SubAccountId" => charges::sub_account(have(source)),
                Dimension::Column(column) if column == "x_ChargeKind" => charges::kind(family, have),
                Dimension::Column(column) if column == "ChargeCategory" => {
                    charges::focus_category(charges::kind(family, have))
                }
                Dimension::Column(_) => charges::named(have(source)),
                Dimension::Tag(key) => charges::filled(tag_value(have(source), key)),
            };
            vec![value.alias(format!("k{place}"))]
        })?;
    }
    Ok(lines)
}

/// Columns in which the usage of meters differs, beside those of every charge.
pub(crate) const TELL_METERS: [&str; 4] =
    ["x_SkuMeterId", "SkuMeter", "x_ReservationId", "CommitmentDiscountId"];

/// The column of the unit in which a file's quantities are counted.
pub(crate) fn unit_column(file: &DataFile) -> Option<&'static str> {
    ["x_PricingUnitDescription", "ConsumedUnit"].into_iter().find(|name| file.layout.has(name))
}

type Add<'a> = dyn FnMut(&[&str], Meaning<'_>) -> Result<()> + 'a;

/// Meters: `meter`, `meter_name`, `meter_unit`, and `covered` where a commitment pays for the usage.
fn add_meters(file: &DataFile, add: &mut Add<'_>) -> Result<()> {
    let unit = unit_column(file).unwrap_or_default();
    add(&["x_SkuMeterId", "SkuMeter", unit], &|have| {
        vec![
            charges::named(have("x_SkuMeterId")).str().to_lowercase().alias("meter"),
            charges::named(have("SkuMeter")).alias("meter_name"),
            charges::named(have(unit)).alias("meter_unit"),
        ]
    })?;
    // Any of these that is filled says that a commitment pays.
    add(&["CommitmentDiscountId", "x_ReservationId", "x_PricingModel"], &|have| {
        let filled = |name: &str| charges::named(have(name)).is_not_null();
        let by_model = charges::is_committed(&|name| match name {
            "x_PricingModel" => have(name),
            _ => lit(NULL).cast(DataType::String),
        });
        vec![filled("CommitmentDiscountId").or(filled("x_ReservationId")).or(by_model).alias("covered")]
    })
}
