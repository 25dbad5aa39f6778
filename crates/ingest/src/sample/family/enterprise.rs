//! Files of an Enterprise Agreement: names in Pascal case, American dates, a byte order mark, tags
//! without their outer braces, and no refunds.

use super::layout::{
    ACCOUNT_ID, ACCOUNT_NAME, CURRENCY, DayStyle, Layout, OWNER, SECTION_NAME, Value, columns,
    reservation_term, yes_or_no,
};
use crate::sample::bill::Carries;
use crate::sample::purchases::RESERVATION;

/// The columns of data version 2024-08-01, in their order.
#[rustfmt::skip]
pub const HEADER: [&str; 57] = [
    "InvoiceSectionName", "AccountName", "AccountOwnerId", "SubscriptionId", "SubscriptionName",
    "ResourceGroup", "ResourceLocation", "Date", "ProductName", "MeterCategory", "MeterSubCategory",
    "MeterId", "MeterName", "MeterRegion", "UnitOfMeasure", "Quantity", "EffectivePrice",
    "CostInBillingCurrency", "CostCenter", "ConsumedService", "ResourceId", "Tags", "OfferId",
    "AdditionalInfo", "ServiceInfo1", "ServiceInfo2", "ResourceName", "ReservationId",
    "ReservationName", "UnitPrice", "ProductOrderId", "ProductOrderName", "Term", "PublisherType",
    "PublisherName", "ChargeType", "Frequency", "PricingModel", "AvailabilityZone",
    "BillingAccountId", "BillingAccountName", "BillingCurrencyCode", "BillingPeriodStartDate",
    "BillingPeriodEndDate", "BillingProfileId", "BillingProfileName", "InvoiceSectionId",
    "IsAzureCreditEligible", "PartNumber", "PayGPrice", "PlanName", "ServiceFamily",
    "CostAllocationRuleName", "benefitId", "benefitName", "AccountId", "ResourceLocationNormalized",
];

/// The layout; actual and amortized cost have the same columns.
pub fn layout(export_type: &'static str) -> Layout {
    Layout {
        columns: columns(&HEADER, value),
        day_style: DayStyle::MonthFirst,
        byte_order_mark: true,
        export_type,
        data_version: "2024-08-01",
        scope: "/providers/Microsoft.Billing/billingAccounts/99999999",
        carries: Carries { more_than_usage: true, refunds: false },
    }
}

fn value(column: &str) -> Value {
    match column {
        "InvoiceSectionName" => Value::Fixed(SECTION_NAME),
        "InvoiceSectionId" => Value::Fixed("900001"),
        "AccountName" => Value::Fixed("Contoso account (made-up sample)"),
        "AccountId" => Value::Fixed("800001"),
        "AccountOwnerId" => Value::Fixed(OWNER),
        "BillingAccountId" | "BillingProfileId" => Value::Fixed(ACCOUNT_ID),
        "BillingAccountName" | "BillingProfileName" => Value::Fixed(ACCOUNT_NAME),
        "BillingCurrencyCode" => Value::Fixed(CURRENCY),
        "BillingPeriodStartDate" => Value::Day(|c| c.period_start),
        "BillingPeriodEndDate" => Value::Day(|c| c.period_last),
        "SubscriptionId" => Value::Text(|c| &c.subscription.id),
        "SubscriptionName" => Value::Text(|c| &c.subscription.name),
        "CostCenter" => Value::Text(|c| c.subscription.cost_center),
        "ResourceGroup" => Value::Text(|c| &c.resource.group),
        "ResourceId" => Value::Text(|c| &c.resource.id),
        "ResourceName" => Value::Text(|c| &c.resource.name),
        "ResourceLocation" | "ResourceLocationNormalized" => Value::Text(|c| c.product.place().id),
        "Tags" => Value::Text(|c| c.resource.tags.trim_start_matches('{').trim_end_matches('}')),
        "AdditionalInfo" => Value::Text(|c| &c.resource.details),
        "ConsumedService" => Value::Text(|c| c.product.service.provider),
        "Date" => Value::Day(|c| c.day),
        "ProductName" => Value::Text(|c| c.product.name),
        "MeterCategory" => Value::Text(|c| c.product.category),
        "MeterSubCategory" => Value::Text(|c| c.product.subcategory),
        "MeterId" => Value::Text(|c| c.product.meter_id),
        "MeterName" => Value::Text(|c| c.product.name),
        "MeterRegion" => Value::Text(|c| c.product.region),
        "ServiceFamily" => Value::Text(|c| c.product.service.family),
        "UnitOfMeasure" => Value::Text(|c| c.product.unit),
        "Quantity" => Value::Number(|c| c.quantity.to_amount()),
        "EffectivePrice" => Value::Number(|c| c.effective_price()),
        "CostInBillingCurrency" => Value::Number(|c| c.cost),
        "UnitPrice" | "PayGPrice" => Value::Number(|c| c.list_price.to_amount()),
        "OfferId" => Value::Fixed("MS-AZR-0017P"),
        "PartNumber" => Value::Fixed("SAMPLE"),
        "IsAzureCreditEligible" => Value::Text(|c| yes_or_no(!c.product.is_marketplace())),
        "ReservationId" => Value::Text(|c| c.commitment.map_or("", |r| &r.id)),
        "ReservationName" | "benefitName" => Value::Text(|c| c.commitment.map_or("", |r| &r.resource.name)),
        "benefitId" => Value::Text(|c| c.commitment.map_or("", |r| &r.resource.id)),
        "ProductOrderId" => Value::Text(|c| c.commitment.map_or("", |r| &r.order_id)),
        "ProductOrderName" => Value::Text(|c| if c.commitment.is_some() { RESERVATION.name } else { "" }),
        "Term" => Value::Text(|c| reservation_term(c)),
        "PublisherType" => Value::Text(|c| c.publisher_type("Azure")),
        "PublisherName" => Value::Text(|c| c.product.publisher_name()),
        "ChargeType" => Value::Text(|c| c.charge_type()),
        "Frequency" => Value::Text(|c| c.frequency()),
        "PricingModel" => Value::Text(|c| c.pricing_model()),
        _ => Value::Empty,
    }
}
