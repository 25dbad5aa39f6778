//! Resource Usage (UsageAggregates, 2015-06-01-preview): usage by day or hour, without prices.
//!
//! A query names times of *reporting*; a record's own time is that of *usage*, and comes in any offset.
//! All records of a day share one id: it is not a key. `instanceData` is JSON inside a string.
//! Source: the service's specification and recorded replies.

use crate::{Error, Request, Result, Scope, Transport, usage_details::group_of, wire::items};
use billing::{Amount, ServiceCharge};
use chrono::{DateTime, SecondsFormat, Utc};
use prices::Decimal;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The length of a record's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Granularity {
    /// A UTC day.
    #[default]
    Daily,
    /// An hour.
    Hourly,
}

/// What to ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageQuery {
    /// Reported at or after; a full hour, and UTC midnight for days.
    pub reported_from: DateTime<Utc>,
    /// Reported before; not in the future.
    pub reported_to: DateTime<Utc>,
    /// Days or hours.
    pub granularity: Granularity,
    /// Whether each resource has records of its own.
    pub details: bool,
}

/// Usage of one resource, or one meter, in a day or hour.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageRecord {
    /// The subscription's id, in lower case.
    pub subscription: String,
    /// The meter's id, in lower case: what prices are found by.
    pub meter_id: String,
    /// Start of usage.
    pub start: DateTime<Utc>,
    /// End of usage, exclusive.
    pub end: DateTime<Utc>,
    /// The quantity, in `unit`.
    pub quantity: Amount,
    /// The unit, such as `Hours` or `10,000s`; prices are per this unit.
    pub unit: String,
    /// The meter's name.
    pub meter_name: Option<String>,
    /// The service.
    pub category: Option<String>,
    /// The kind within the service.
    pub subcategory: Option<String>,
    /// The meter's region.
    pub region: Option<String>,
    /// The resource, where the record states it.
    pub resource: Option<UsageResource>,
}

impl From<UsageRecord> for ServiceCharge {
    /// The charge of a record, without a cost.
    fn from(record: UsageRecord) -> Self {
        let resource = record.resource.unwrap_or_default();
        let uri = Some(resource.uri).filter(|uri| !uri.is_empty());
        Self {
            start: record.start,
            end: record.end,
            category: Some("Usage".to_owned()),
            frequency: Some("Usage-Based".to_owned()),
            quantity: Some(record.quantity),
            unit: Some(record.unit).filter(|unit| !unit.is_empty()),
            meter_category: record.category,
            meter_subcategory: record.subcategory,
            meter_name: record.meter_name,
            meter_id: Some(record.meter_id),
            subscription_id: Some(record.subscription),
            resource_group: group_of(uri.as_deref()),
            resource_id: uri,
            region: resource.location.or(record.region),
            tags: resource.tags,
            ..Self::default()
        }
    }
}

/// The resource of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageResource {
    /// Its id.
    pub uri: String,
    /// Where it is.
    pub location: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Item {
    properties: Wire,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    subscription_id: Option<String>,
    meter_id: Option<String>,
    usage_start_time: Option<String>,
    usage_end_time: Option<String>,
    quantity: Option<Decimal>,
    unit: Option<String>,
    meter_name: Option<String>,
    meter_category: Option<String>,
    meter_sub_category: Option<String>,
    meter_region: Option<String>,
    instance_data: Option<String>,
}

impl UsageQuery {
    /// Every record of a subscription that was reported in the time asked for.
    ///
    /// # Errors
    /// [`Error::Usage`] for a scope that is no subscription; [`Error::Unavailable`] while the service is
    /// not ready (202); what [`Transport::call`] may say; [`Error::BadReply`] with the record's place.
    pub async fn fetch(&self, transport: &Transport, scope: &Scope) -> Result<Vec<UsageRecord>> {
        let subscription = scope
            .subscription()
            .filter(|id| scope.path().len() == "/subscriptions/".len() + id.len())
            .ok_or_else(|| Error::Usage(format!("usage is read by subscription, not for `{scope}`")))?;
        let moment = |time: DateTime<Utc>| {
            let text = time.to_rfc3339_opts(SecondsFormat::Secs, false);
            text.replace(':', "%3A").replace('+', "%2B")
        };
        let granularity = match self.granularity {
            Granularity::Daily => "Daily",
            Granularity::Hourly => "Hourly",
        };
        let path = format!(
            "/subscriptions/{subscription}/providers/Microsoft.Commerce/UsageAggregates?api-version=2015-06-01-preview\
             &reportedStartTime={}&reportedEndTime={}&aggregationGranularity={granularity}&showDetails={}",
            moment(self.reported_from),
            moment(self.reported_to),
            self.details
        );
        // A 202 says that the time is not processed yet: it is no empty page.
        let first = Request {
            waits_when_accepted: true,
            ..Request::get(transport.endpoint().at(&path)?, scope.path())
        };
        let what = first.what();
        let wires: Vec<Item> = items(transport, first).await?;
        wires
            .into_iter()
            .enumerate()
            .map(|(place, item)| {
                record(item.properties)
                    .map_err(|why| Error::bad_reply(&what, format!("record {}: {why}", place + 1)))
            })
            .collect()
    }
}

fn record(wire: Wire) -> std::result::Result<UsageRecord, String> {
    let need = |value: Option<String>, name: &str| {
        value.filter(|text| !text.is_empty()).ok_or_else(|| format!("it lacks `{name}`"))
    };
    let time = |value: Option<String>, name: &str| {
        let text = need(value, name)?;
        let time =
            DateTime::parse_from_rfc3339(&text).map_err(|_| format!("`{name}` is no time: `{text}`"))?;
        Ok::<_, String>(time.with_timezone(&Utc))
    };
    let some = |value: Option<String>| value.filter(|text| !text.is_empty());
    Ok(UsageRecord {
        subscription: need(wire.subscription_id, "subscriptionId")?.to_lowercase(),
        meter_id: need(wire.meter_id, "meterId")?.to_lowercase(),
        start: time(wire.usage_start_time, "usageStartTime")?,
        end: time(wire.usage_end_time, "usageEndTime")?,
        quantity: wire.quantity.ok_or("it lacks `quantity`")?.0,
        unit: wire.unit.unwrap_or_default(),
        meter_name: some(wire.meter_name),
        category: some(wire.meter_category),
        subcategory: some(wire.meter_sub_category),
        region: some(wire.meter_region),
        resource: wire.instance_data.as_deref().and_then(resource),
    })
}

/// The resource inside `instanceData`, if any.
fn resource(text: &str) -> Option<UsageResource> {
    let data: Value = serde_json::from_str(text).ok()?;
    let own = data.get("Microsoft.Resources")?;
    let tags = own.get("tags").and_then(Value::as_object).into_iter().flatten();
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(UsageResource {
        uri: own.get("resourceUri")?.as_str()?.to_owned(),
        location: own.get("location").and_then(Value::as_str).map(str::to_owned),
        tags: tags.map(|(key, value)| (key.clone(), shown(value))).collect(),
    })
}
