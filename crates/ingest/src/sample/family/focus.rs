//! FOCUS files, as Azure writes them for a Microsoft Customer Agreement: actual and amortized cost
//! side by side, exclusive ends, UTC times. 1.0 writes minutes, 1.2 seconds.
//!
//! As documented for the service: list cost is 0 for purchases and reservations, the invoice is
//! named once a month is closed, and capacity and commitment quantities are empty.

use super::layout::{
    ACCOUNT_NAME, ALL_CHARGES, CURRENCY, CUSTOMER_ACCOUNT_ID, DayStyle, Layout, PROFILE_ID, PROFILE_NAME,
    SECTION_ID, SECTION_NAME, Value, columns, reservation_term, yes_or_no,
};
use crate::sample::charge::{Charge, Form};
use crate::sample::{meters::Product, pricing::Quantity};
use billing::Amount;

/// The columns of FocusCost 1.0, in their order.
#[rustfmt::skip]
pub const HEADER_1_0: [&str; 96] = [
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountCategory",
    "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountStatus",
    "CommitmentDiscountType", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ListUnitPrice",
    "PricingCategory", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId",
    "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory", "ServiceName",
    "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags", "x_AccountId",
    "x_AccountName", "x_AccountOwnerId", "x_BilledCostInUsd", "x_BilledUnitPrice",
    "x_BillingAccountId", "x_BillingAccountName", "x_BillingExchangeRate",
    "x_BillingExchangeRateDate", "x_BillingProfileId", "x_BillingProfileName",
    "x_ContractedCostInUsd", "x_CostAllocationRuleName", "x_CostCenter", "x_CustomerId",
    "x_CustomerName", "x_EffectiveCostInUsd", "x_EffectiveUnitPrice", "x_InvoiceId",
    "x_InvoiceIssuerId", "x_InvoiceSectionId", "x_InvoiceSectionName", "x_ListCostInUsd",
    "x_PartnerCreditApplied", "x_PartnerCreditRate", "x_PricingBlockSize", "x_PricingCurrency",
    "x_PricingSubcategory", "x_PricingUnitDescription", "x_PublisherCategory", "x_PublisherId",
    "x_ResellerId", "x_ResellerName", "x_ResourceGroupName", "x_ResourceType", "x_ServicePeriodEnd",
    "x_ServicePeriodStart", "x_SkuDescription", "x_SkuDetails", "x_SkuIsCreditEligible",
    "x_SkuMeterCategory", "x_SkuMeterId", "x_SkuMeterName", "x_SkuMeterSubcategory", "x_SkuOfferId",
    "x_SkuOrderId", "x_SkuOrderName", "x_SkuPartNumber", "x_SkuRegion", "x_SkuServiceFamily",
    "x_SkuTerm", "x_SkuTier",
];

/// The columns of FocusCost 1.2, in their order.
#[rustfmt::skip]
pub const HEADER_1_2: [&str; 104] = [
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId", "CapacityReservationStatus",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
    "ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId",
    "CommitmentDiscountName", "CommitmentDiscountQuantity", "CommitmentDiscountStatus",
    "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName",
    "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
    "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId",
    "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType",
    "Tags", "x_AccountId", "x_AccountName", "x_AccountOwnerId", "x_AmortizationClass",
    "x_BilledCostInUsd", "x_BilledUnitPrice", "x_BillingAccountId", "x_BillingAccountName",
    "x_BillingExchangeRate", "x_BillingExchangeRateDate", "x_BillingProfileId",
    "x_BillingProfileName", "x_ContractedCostInUsd", "x_CostAllocationRuleName", "x_CostCenter",
    "x_CustomerId", "x_CustomerName", "x_EffectiveCostInUsd", "x_EffectiveUnitPrice",
    "x_InvoiceIssuerId", "x_InvoiceSectionId", "x_InvoiceSectionName", "x_ListCostInUsd",
    "x_PartnerCreditApplied", "x_PartnerCreditRate", "x_PricingBlockSize", "x_PricingSubcategory",
    "x_PricingUnitDescription", "x_PublisherCategory", "x_PublisherId", "x_ResellerId",
    "x_ResellerName", "x_ResourceGroupName", "x_ResourceType", "x_ServiceModel", "x_ServicePeriodEnd",
    "x_ServicePeriodStart", "x_SkuDescription", "x_SkuIsCreditEligible", "x_SkuMeterCategory",
    "x_SkuMeterId", "x_SkuMeterSubcategory", "x_SkuOfferId", "x_SkuOrderId", "x_SkuOrderName",
    "x_SkuPartNumber", "x_SkuPlanName", "x_SkuRegion", "x_SkuServiceFamily", "x_SkuTerm", "x_SkuTier",
];

/// The layout of version 1.0.
pub fn layout_1_0() -> Layout {
    Layout {
        columns: columns(&HEADER_1_0, value),
        day_style: DayStyle::FocusMinutes,
        byte_order_mark: false,
        export_type: "FocusCost",
        data_version: "1.0",
        scope: "/providers/Microsoft.Billing/billingAccounts/sample/billingProfiles/SAMP-LEPR-BG7-PGB",
        carries: ALL_CHARGES,
    }
}

/// The layout of version 1.2.
pub fn layout_1_2() -> Layout {
    Layout {
        columns: columns(&HEADER_1_2, value),
        day_style: DayStyle::FocusSeconds,
        data_version: "1.2",
        ..layout_1_0()
    }
}

fn value(column: &str) -> Value {
    match column {
        "BilledCost" | "x_BilledCostInUsd" => Value::Number(|c| c.billed),
        "EffectiveCost" | "x_EffectiveCostInUsd" => Value::Number(|c| c.effective),
        "ContractedCost" | "x_ContractedCostInUsd" | "ListCost" | "x_ListCostInUsd" => {
            Value::Number(|c| c.list)
        }
        "ContractedUnitPrice" | "ListUnitPrice" => Value::Number(|c| c.list_price.to_amount()),
        "x_BilledUnitPrice" => Value::Number(|c| c.price_at(c.billed)),
        "x_EffectiveUnitPrice" => Value::Number(|c| c.price_at(c.effective)),
        "BillingAccountId" => Value::Fixed(PROFILE_PATH),
        "BillingAccountName" | "x_BillingProfileName" => Value::Fixed(PROFILE_NAME),
        "BillingAccountType" => Value::Fixed("Billing Profile"),
        "x_BillingAccountId" => Value::Fixed(CUSTOMER_ACCOUNT_ID),
        "x_BillingAccountName" => Value::Fixed(ACCOUNT_NAME),
        "x_BillingProfileId" => Value::Fixed(PROFILE_ID),
        "x_InvoiceSectionId" => Value::Fixed(SECTION_ID),
        "x_InvoiceSectionName" => Value::Fixed(SECTION_NAME),
        "BillingCurrency" | "PricingCurrency" | "x_PricingCurrency" => Value::Fixed(CURRENCY),
        "x_BillingExchangeRate" => Value::Number(|_| Quantity::whole(1).to_amount()),
        "BillingPeriodStart" => Value::Day(|c| c.period_start),
        "BillingPeriodEnd" => Value::Day(|c| c.period_last.succ_opt().unwrap_or(c.period_last)),
        "ChargePeriodStart" | "x_ServicePeriodStart" | "x_BillingExchangeRateDate" => Value::Day(|c| c.day),
        "ChargePeriodEnd" => Value::Day(|c| c.day.succ_opt().unwrap_or(c.day)),
        "x_ServicePeriodEnd" => Value::Day(|c| c.service_end()),
        "ChargeCategory" => Value::Text(|c| charge_category(c)),
        "ChargeClass" => Value::Text(|c| if c.corrects { "Correction" } else { "" }),
        "ChargeDescription" | "x_SkuDescription" | "SkuMeter" | "x_SkuMeterName" => {
            Value::Text(|c| c.product.name)
        }
        "ChargeFrequency" => Value::Text(|c| charge_frequency(c)),
        "CommitmentDiscountCategory" => Value::Text(|c| if c.commitment.is_some() { "Usage" } else { "" }),
        "CommitmentDiscountId" => Value::Text(|c| c.commitment.map_or("", |r| &r.resource.lower_id)),
        "CommitmentDiscountName" => Value::Text(|c| c.commitment.map_or("", |r| &r.resource.name)),
        "CommitmentDiscountStatus" => Value::Text(|c| commitment_status(c)),
        "CommitmentDiscountType" => Value::Text(|c| if c.commitment.is_some() { "Reservation" } else { "" }),
        "ConsumedQuantity" => Value::Number(|c| consumed(c.product, c.quantity)),
        "ConsumedUnit" | "PricingUnit" => Value::Text(|c| unit(c.product)),
        "PricingQuantity" => Value::Number(|c| c.quantity.to_amount()),
        "x_PricingBlockSize" => Value::Number(|c| Quantity::whole(c.product.block).to_amount()),
        "x_PricingUnitDescription" => Value::Text(|c| c.product.unit),
        "PricingCategory" => Value::Text(|c| if c.is_covered() { "Committed" } else { "Standard" }),
        "x_PricingSubcategory" => {
            Value::Text(|c| if c.is_covered() { "Committed Usage" } else { "On-Demand" })
        }
        "InvoiceId" | "x_InvoiceId" => Value::Text(|c| c.invoice),
        "InvoiceIssuerName" | "ProviderName" => Value::Fixed("Microsoft"),
        "PublisherName" => Value::Text(|c| c.product.publisher_name()),
        "x_PublisherCategory" => {
            Value::Text(|c| if c.product.is_marketplace() { "Vendor" } else { "Cloud Provider" })
        }
        "RegionId" => Value::Text(|c| c.product.place().id),
        "RegionName" => Value::Text(|c| c.product.place().name),
        "ResourceId" => Value::Text(|c| &c.resource.lower_id),
        "ResourceName" => Value::Text(|c| &c.resource.name),
        "ResourceType" | "x_ResourceType" => Value::Text(|c| &c.resource.kind),
        "ServiceCategory" => Value::Text(|c| c.product.service.category),
        "ServiceName" => Value::Text(|c| service_name(c)),
        "SkuId" | "SkuPriceId" | "x_SkuMeterId" => Value::Text(|c| c.product.meter_id),
        "SubAccountId" => Value::Text(|c| &c.subscription.path),
        "SubAccountName" => Value::Text(|c| &c.subscription.name),
        "SubAccountType" => Value::Fixed("Subscription"),
        "Tags" => Value::Text(|c| &c.resource.tags),
        "x_AmortizationClass" => Value::Text(|c| amortization_class(c)),
        "x_CostCenter" => Value::Text(|c| c.subscription.cost_center),
        "x_ResourceGroupName" => Value::Text(|c| &c.resource.group),
        "x_SkuDetails" | "SkuPriceDetails" => Value::Text(|c| &c.resource.details),
        "x_SkuIsCreditEligible" => Value::Text(|c| yes_or_no(!c.product.is_marketplace())),
        "x_SkuMeterCategory" => Value::Text(|c| c.product.category),
        "x_SkuMeterSubcategory" => Value::Text(|c| c.product.subcategory),
        "x_SkuOrderId" => Value::Text(|c| c.commitment.map_or("", |r| &r.order_id)),
        "x_SkuOrderName" => Value::Fixed("Azure plan"),
        "x_SkuPartNumber" => Value::Fixed("SAMPLE"),
        "x_SkuRegion" => Value::Text(|c| c.product.region),
        "x_SkuServiceFamily" => Value::Text(|c| c.product.service.family),
        "x_SkuTerm" => Value::Text(|c| reservation_term(c)),
        _ => Value::Empty,
    }
}

const PROFILE_PATH: &str =
    "/providers/Microsoft.Billing/billingAccounts/sample/billingProfiles/SAMP-LEPR-BG7-PGB";

fn charge_category(charge: &Charge<'_>) -> &'static str {
    match charge.form {
        Form::Usage | Form::UnusedReservation => "Usage",
        Form::RecurringPurchase | Form::OneTimePurchase | Form::Refund => "Purchase",
        Form::RoundingAdjustment => "Adjustment",
    }
}

fn charge_frequency(charge: &Charge<'_>) -> &'static str {
    match charge.form {
        Form::Usage | Form::UnusedReservation => "Usage-Based",
        Form::RecurringPurchase => "Recurring",
        Form::OneTimePurchase | Form::Refund | Form::RoundingAdjustment => "One-Time",
    }
}

fn commitment_status(charge: &Charge<'_>) -> &'static str {
    match charge.form {
        Form::UnusedReservation => "Unused",
        Form::Usage if charge.is_covered() => "Used",
        _ => "",
    }
}

fn amortization_class(charge: &Charge<'_>) -> &'static str {
    match (charge.commitment, charge.is_purchase()) {
        (None, _) => "",
        (Some(_), true) => "Principal",
        (Some(_), false) => "Amortized Charge",
    }
}

/// Payments for reservations and roundings belong to no service there.
fn service_name<'a>(charge: &Charge<'a>) -> &'a str {
    if charge.is_purchase() && charge.commitment.is_some() { "" } else { charge.product.service.name }
}

/// The quantity in single units, where the meter counts blocks of them.
fn consumed(product: &Product, quantity: Quantity) -> Amount {
    Amount::from_units(quantity.to_amount().units() * i128::from(product.block))
}

/// The unit without the size of its block.
fn unit(product: &Product) -> &'static str {
    match (product.block, product.unit) {
        (1, "1 GB Second") => "GB Seconds",
        (1, "1") => "Units",
        (1, unit) => unit,
        _ => "Units",
    }
}
