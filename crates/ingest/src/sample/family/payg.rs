//! Files of pay-as-you-go: usage and nothing else, no billing period, ISO dates.

use super::layout::{CURRENCY, DayStyle, Layout, Value, columns};
use crate::sample::bill::Carries;

/// The columns of data version 2019-11-01, in their order.
#[rustfmt::skip]
pub const HEADER: [&str; 24] = [
    "SubscriptionGuid", "ResourceGroup", "ResourceLocation", "UsageDateTime", "MeterCategory",
    "MeterSubCategory", "MeterId", "MeterName", "MeterRegion", "UsageQuantity", "ResourceRate",
    "PreTaxCost", "ConsumedService", "ResourceType", "InstanceId", "Tags", "OfferId",
    "AdditionalInfo", "ServiceInfo1", "ServiceInfo2", "ServiceName", "ServiceTier", "Currency",
    "UnitOfMeasure",
];

/// The layout.
pub fn layout() -> Layout {
    Layout {
        columns: columns(&HEADER, value),
        day_style: DayStyle::Iso,
        byte_order_mark: false,
        export_type: "Usage",
        data_version: "2019-11-01",
        scope: "/subscriptions/5a3b1e00-0000-4000-8000-000000000001",
        carries: Carries { more_than_usage: false, refunds: false },
    }
}

fn value(column: &str) -> Value {
    match column {
        "SubscriptionGuid" => Value::Text(|c| &c.subscription.id),
        "ResourceGroup" => Value::Text(|c| &c.resource.group),
        "ResourceLocation" => Value::Text(|c| c.product.place().name),
        "UsageDateTime" => Value::Day(|c| c.day),
        "MeterCategory" => Value::Text(|c| c.product.category),
        "MeterSubCategory" => Value::Text(|c| c.product.subcategory),
        "MeterId" => Value::Text(|c| c.product.meter_id),
        "MeterName" => Value::Text(|c| c.product.name),
        "MeterRegion" => Value::Text(|c| c.product.region),
        "UsageQuantity" => Value::Number(|c| c.quantity.to_amount()),
        "ResourceRate" => Value::Number(|c| c.effective_price()),
        "PreTaxCost" => Value::Number(|c| c.cost),
        "ConsumedService" => Value::Text(|c| c.product.service.provider),
        "ResourceType" => Value::Text(|c| &c.resource.kind),
        "InstanceId" => Value::Text(|c| &c.resource.id),
        "Tags" => Value::Text(|c| &c.resource.tags),
        "OfferId" => Value::Fixed("MS-AZR-0003P"),
        "AdditionalInfo" => Value::Text(|c| &c.resource.details),
        "ServiceName" => Value::Text(|c| c.product.category),
        "ServiceTier" => Value::Text(|c| c.product.subcategory),
        "Currency" => Value::Fixed(CURRENCY),
        "UnitOfMeasure" => Value::Text(|c| c.product.unit),
        _ => Value::Empty,
    }
}
