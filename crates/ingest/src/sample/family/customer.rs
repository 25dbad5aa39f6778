//! Files of a Microsoft Customer Agreement: names in camel case but for a few, American dates, costs
//! in billing and in pricing currency (here the same), and an invoice once the month is closed.

use super::layout::{
    ACCOUNT_NAME, ALL_CHARGES, CURRENCY, CUSTOMER_ACCOUNT_ID, DayStyle, Layout, PROFILE_ID, PROFILE_NAME,
    SECTION_ID, SECTION_NAME, Value, columns, reservation_term, yes_or_no,
};

use billing::Amount;

/// The columns of data version 2023-12-01-preview, in their order.
#[rustfmt::skip]
pub const HEADER: [&str; 65] = [
    "invoiceId", "previousInvoiceId", "billingAccountId", "billingAccountName", "billingProfileId",
    "billingProfileName", "invoiceSectionId", "invoiceSectionName", "resellerName", "resellerMpnId",
    "costCenter", "billingPeriodEndDate", "billingPeriodStartDate", "servicePeriodEndDate",
    "servicePeriodStartDate", "date", "serviceFamily", "productOrderId", "productOrderName",
    "consumedService", "meterId", "meterName", "meterCategory", "meterSubCategory", "meterRegion",
    "ProductId", "ProductName", "SubscriptionId", "subscriptionName", "publisherType", "publisherId",
    "publisherName", "resourceGroupName", "ResourceId", "resourceLocation", "location",
    "effectivePrice", "quantity", "unitOfMeasure", "chargeType", "billingCurrency", "pricingCurrency",
    "costInBillingCurrency", "costInPricingCurrency", "costInUsd", "paygCostInBillingCurrency",
    "paygCostInUsd", "exchangeRatePricingToBilling", "exchangeRateDate", "isAzureCreditEligible",
    "serviceInfo1", "serviceInfo2", "additionalInfo", "tags", "PayGPrice", "frequency", "term",
    "reservationId", "reservationName", "pricingModel", "unitPrice", "costAllocationRuleName",
    "benefitId", "benefitName", "provider",
];

/// The layout; actual and amortized cost have the same columns.
pub fn layout(export_type: &'static str) -> Layout {
    Layout {
        columns: columns(&HEADER, value),
        day_style: DayStyle::MonthFirst,
        byte_order_mark: false,
        export_type,
        data_version: "2023-12-01-preview",
        scope: "/providers/Microsoft.Billing/billingAccounts/sample/billingProfiles/SAMP-LEPR-BG7-PGB",
        carries: ALL_CHARGES,
    }
}

fn value(column: &str) -> Value {
    match column {
        "invoiceId" => Value::Text(|c| c.invoice),
        "billingAccountId" => Value::Fixed(CUSTOMER_ACCOUNT_ID),
        "billingAccountName" => Value::Fixed(ACCOUNT_NAME),
        "billingProfileId" => Value::Fixed(PROFILE_ID),
        "billingProfileName" => Value::Fixed(PROFILE_NAME),
        "invoiceSectionId" => Value::Fixed(SECTION_ID),
        "invoiceSectionName" => Value::Fixed(SECTION_NAME),
        "costCenter" => Value::Text(|c| c.subscription.cost_center),
        "billingPeriodEndDate" => Value::Day(|c| c.period_last),
        "billingPeriodStartDate" => Value::Day(|c| c.period_start),
        "servicePeriodEndDate" => Value::Day(|c| c.service_end().pred_opt().unwrap_or(c.day)),
        "servicePeriodStartDate" | "date" | "exchangeRateDate" => Value::Day(|c| c.day),
        "serviceFamily" => Value::Text(|c| c.product.service.family),
        "productOrderId" => Value::Text(|c| c.commitment.map_or("", |r| &r.order_id)),
        "productOrderName" => Value::Fixed("Azure plan"),
        "consumedService" => Value::Text(|c| c.product.service.provider),
        "meterId" => Value::Text(|c| c.product.meter_id),
        "meterName" | "ProductName" => Value::Text(|c| c.product.name),
        "meterCategory" => Value::Text(|c| c.product.category),
        "meterSubCategory" => Value::Text(|c| c.product.subcategory),
        "meterRegion" => Value::Text(|c| c.product.region),
        "ProductId" => Value::Fixed("SAMPLE"),
        "SubscriptionId" => Value::Text(|c| &c.subscription.id),
        "subscriptionName" => Value::Text(|c| &c.subscription.name),
        "publisherType" => Value::Text(|c| c.publisher_type("Microsoft")),
        "publisherName" => Value::Text(|c| c.product.publisher_name()),
        "resourceGroupName" => Value::Text(|c| &c.resource.group),
        "ResourceId" => Value::Text(|c| &c.resource.id),
        "resourceLocation" => Value::Text(|c| c.product.place().id),
        "location" => Value::Text(|c| c.product.place().name),
        "effectivePrice" => Value::Number(|c| c.effective_price()),
        "quantity" => Value::Number(|c| c.quantity.to_amount()),
        "unitOfMeasure" => Value::Text(|c| c.product.unit),
        "chargeType" => Value::Text(|c| c.charge_type()),
        "billingCurrency" | "pricingCurrency" => Value::Fixed(CURRENCY),
        "costInBillingCurrency" | "costInPricingCurrency" | "costInUsd" => Value::Number(|c| c.cost),
        "paygCostInBillingCurrency" | "paygCostInUsd" => Value::Number(|c| c.list),
        "exchangeRatePricingToBilling" => Value::Number(|_| ONE),
        "isAzureCreditEligible" => Value::Text(|c| yes_or_no(!c.product.is_marketplace())),
        "additionalInfo" => Value::Text(|c| &c.resource.details),
        "tags" => Value::Text(|c| &c.resource.tags),
        "PayGPrice" | "unitPrice" => Value::Number(|c| c.list_price.to_amount()),
        "frequency" => Value::Text(|c| c.frequency()),
        "term" => Value::Text(|c| reservation_term(c)),
        "reservationId" => Value::Text(|c| c.commitment.map_or("", |r| &r.id)),
        "reservationName" | "benefitName" => Value::Text(|c| c.commitment.map_or("", |r| &r.resource.name)),
        "benefitId" => Value::Text(|c| c.commitment.map_or("", |r| &r.resource.id)),
        "pricingModel" => Value::Text(|c| c.pricing_model()),
        "provider" => Value::Fixed("Microsoft"),
        _ => Value::Empty,
    }
}

const ONE: Amount = Amount::from_units(10_i128.pow(billing::AMOUNT_SCALE));
