//! Charges of a service's API as FOCUS-shaped rows.

use crate::Result;
use billing::{AMOUNT_SCALE, Amount, ServiceCharge};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use polars::prelude::*;

/// Digits of an amount, before and after the point.
const PRECISION: usize = 38;

/// The rows of some charges.
pub(crate) fn charge_frame(charges: &[ServiceCharge]) -> Result<DataFrame> {
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
