//! Usage details of Microsoft.Consumption: charges row by row, for pay-as-you-go subscriptions and as a
//! fallback for others.
//!
//! Three generations are read: 2017 (`instanceId`, `pretaxCost`), 2018 (the same for enterprises) and
//! 2019 on, of kind `legacy` or `modern`. A row's name is no key. A filter that is not known is passed
//! over in silence by the service, so the days of what comes back are checked. Pages were seen to overlap;
//! rows that are alike within a page are charges that are alike.
//! Source: specification 2023-11-01, recorded replies of 2017 and 2018.

use crate::{
    Error, Request, Result, Scope, Transport,
    wire::{encoded, moment, overlapping_items, some, some_amount, some_day},
};
use billing::{Amount, ServiceCharge};
use chrono::{Days, NaiveDate, TimeDelta};
use prices::Decimal;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageDetailsQuery {
    /// First day.
    pub from: NaiveDate,
    /// Last day, in it.
    pub last: NaiveDate,
    /// `actualcost` or `amortizedcost`.
    pub metric: &'static str,
}

/// Charges, and how many rows stood on two pages.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageDetails {
    /// The charges of the days asked for.
    pub charges: Vec<ServiceCharge>,
    /// Rows that a page repeated from the one before, and that count once.
    pub repeated: usize,
    /// Borders of pages at which two equal rows meet: both count, though one may be a repetition.
    pub doubtful: usize,
    /// Rows of other days, which the service gave although they were not asked for.
    pub outside: usize,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    tags: Value,
    properties: Wire,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "some")]
    date: Option<String>,
    #[serde(default, deserialize_with = "some")]
    usage_start: Option<String>,
    #[serde(default, deserialize_with = "some_amount")]
    quantity: Option<Amount>,
    #[serde(default, deserialize_with = "some_amount")]
    usage_quantity: Option<Amount>,
    cost: Option<Decimal>,
    pretax_cost: Option<Decimal>,
    cost_in_billing_currency: Option<Decimal>,
    #[serde(default, deserialize_with = "some")]
    billing_currency: Option<String>,
    #[serde(default, deserialize_with = "some")]
    billing_currency_code: Option<String>,
    #[serde(default, deserialize_with = "some")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "some_day")]
    billing_period_start_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "some_day")]
    billing_period_end_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "some")]
    charge_type: Option<String>,
    #[serde(default, deserialize_with = "some")]
    frequency: Option<String>,
    #[serde(default, deserialize_with = "some")]
    pricing_model: Option<String>,
    #[serde(default, deserialize_with = "some")]
    publisher_type: Option<String>,
    #[serde(default, deserialize_with = "some_amount")]
    unit_price: Option<Amount>,
    #[serde(default, deserialize_with = "some")]
    unit_of_measure: Option<String>,
    meter_details: Option<WireMeter>,
    #[serde(default, deserialize_with = "some")]
    meter_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    meter_name: Option<String>,
    #[serde(default, deserialize_with = "some")]
    meter_category: Option<String>,
    #[serde(default, deserialize_with = "some")]
    meter_sub_category: Option<String>,
    #[serde(default, deserialize_with = "some")]
    consumed_service: Option<String>,
    #[serde(default, deserialize_with = "some")]
    subscription_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    subscription_guid: Option<String>,
    #[serde(default, deserialize_with = "some")]
    subscription_name: Option<String>,
    #[serde(default, deserialize_with = "some")]
    resource_group: Option<String>,
    #[serde(default, deserialize_with = "some")]
    resource_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    instance_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    instance_name: Option<String>,
    #[serde(default, deserialize_with = "some")]
    resource_location: Option<String>,
    #[serde(default, deserialize_with = "some")]
    instance_location: Option<String>,
    #[serde(default, deserialize_with = "some")]
    reservation_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    benefit_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    billing_account_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    billing_profile_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    invoice_section_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    invoice_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMeter {
    #[serde(default, deserialize_with = "some")]
    meter_name: Option<String>,
    #[serde(default, deserialize_with = "some")]
    meter_category: Option<String>,
    #[serde(default, deserialize_with = "some")]
    meter_sub_category: Option<String>,
    #[serde(default, deserialize_with = "some", alias = "unitOfMeasure")]
    unit: Option<String>,
}

impl UsageDetailsQuery {
    /// The charges of a scope.
    ///
    /// # Errors
    /// What [`Transport::call`] may say; [`Error::BadReply`] with the row.
    pub async fn fetch(&self, transport: &Transport, scope: &Scope) -> Result<UsageDetails> {
        let days =
            format!("properties/usageStart ge '{}' and properties/usageEnd le '{}'", self.from, self.last);
        // Customer Agreements take dates, all others a filter.
        let modern = scope.path().contains("/billingProfiles/")
            || scope.path().contains("/customers/")
            || scope.path().contains(':');
        let when = if modern {
            format!("&startDate={}&endDate={}", self.from, self.last)
        } else {
            format!("&$filter={}", encoded(&days))
        };
        let path = format!(
            "{}/providers/Microsoft.Consumption/usageDetails?api-version=2023-11-01&metric={}&$expand={}{when}",
            scope.path(),
            self.metric,
            encoded("properties/meterDetails"),
        );
        let first = Request::get(transport.endpoint().at(&path)?, scope.path());
        let what = first.what();
        let list = overlapping_items::<Item>(transport, first).await?;
        let mut charges = Vec::with_capacity(list.items.len());
        let mut outside = 0;
        for (place, item) in list.items.into_iter().enumerate() {
            let charge = charge(item, self.metric)
                .map_err(|why| Error::bad_reply(&what, format!("record {}: {why}", place + 1)))?;
            if (self.from..=self.last).contains(&charge.start.date_naive()) {
                charges.push(charge);
            } else {
                outside += 1;
            }
        }
        Ok(UsageDetails { charges, repeated: list.repeated, doubtful: list.doubtful, outside })
    }
}

fn charge(item: Item, metric: &str) -> std::result::Result<ServiceCharge, String> {
    let wire = item.properties;
    let text = wire.date.or(wire.usage_start).ok_or("it has neither `date` nor `usageStart`")?;
    let start = moment(&text).ok_or_else(|| format!("`{text}` is no day"))?;
    let cost = wire
        .cost_in_billing_currency
        .or(wire.cost)
        .or(wire.pretax_cost)
        .ok_or("it has no cost (`costInBillingCurrency`, `cost` or `pretaxCost`)")?
        .0;
    let currency =
        wire.billing_currency.or(wire.billing_currency_code).or(wire.currency).ok_or("it has no currency")?;
    // In modern rows the resource's id stands where its name was.
    let named = wire.instance_name.filter(|name| name.starts_with('/'));
    let resource_id = wire.resource_id.or(wire.instance_id).or(named);
    let period = wire
        .billing_period_start_date
        .zip(wire.billing_period_end_date.and_then(|last| last.checked_add_days(Days::new(1))));
    let meter = wire.meter_details;
    let of_meter =
        |get: fn(&WireMeter) -> &Option<String>| meter.as_ref().and_then(|meter| get(meter).clone());
    let amortized = metric.eq_ignore_ascii_case("amortizedcost");
    Ok(ServiceCharge {
        billed_cost: (!amortized).then_some(cost),
        effective_cost: amortized.then_some(cost),
        currency,
        start,
        end: start + TimeDelta::days(1),
        billing_period: period,
        category: wire.charge_type,
        frequency: wire.frequency,
        pricing_model: wire.pricing_model,
        quantity: wire.quantity.or(wire.usage_quantity),
        unit: wire.unit_of_measure.or_else(|| of_meter(|meter| &meter.unit)),
        list_unit_price: wire.unit_price,
        meter_category: wire
            .meter_category
            .or_else(|| of_meter(|meter| &meter.meter_category))
            .or(wire.consumed_service),
        meter_subcategory: wire.meter_sub_category.or_else(|| of_meter(|meter| &meter.meter_sub_category)),
        meter_name: wire.meter_name.or_else(|| of_meter(|meter| &meter.meter_name)),
        meter_id: wire.meter_id.map(|id| id.to_lowercase()),
        subscription_id: wire.subscription_id.or(wire.subscription_guid),
        subscription_name: wire.subscription_name,
        resource_group: wire.resource_group.or_else(|| group_of(resource_id.as_deref())),
        resource_id,
        region: wire.resource_location.or(wire.instance_location),
        tags: tags(&item.tags),
        publisher_type: wire.publisher_type,
        commitment_id: wire.reservation_id.or(wire.benefit_id),
        billing_account_id: wire.billing_account_id,
        billing_profile_id: wire.billing_profile_id,
        invoice_section_id: wire.invoice_section_id,
        invoice_id: wire.invoice_id,
        is_estimate: false,
        price_status: None,
    })
}

/// The resource group in a resource's id.
pub(crate) fn group_of(id: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = id?.split('/').collect();
    let place = parts.iter().position(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
    parts.get(place + 1).filter(|name| !name.is_empty()).map(|name| (*name).to_owned())
}

/// Tags as text; an empty list and null mean none.
pub(crate) fn tags(value: &Value) -> BTreeMap<String, String> {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), shown(value))).collect()
}
