//! Microsoft Customer (and Partner) Agreement: actual and amortized cost, to version 2025-03-01.
//!
//! Names are in camel case, dates `MM/DD/YYYY`. Prices may be in another currency than the bill: both
//! and the rate between them are kept. The pay-as-you-go cost is the one at list prices.

use super::layout::{Family, Row};
use billing::Agreement;

pub(super) static MCA: Family = Family {
    name: "mca",
    agreement: Agreement::CustomerAgreement,
    required: &["x_Cost", "ChargePeriodStart", "PricingCurrency"],
    telling: &[
        "costinpricingcurrency",
        "costinusd",
        "exchangeratepricingtobilling",
        "previousinvoiceid",
        "resellermpnid",
    ],
    table: TABLE,
};

const TABLE: &[Row] = &[
    ("x_Cost", &["costinbillingcurrency"]),
    ("ListCost", &["paygcostinbillingcurrency"]),
    ("BillingCurrency", &["billingcurrency", "billingcurrencycode"]),
    ("PricingCurrency", &["pricingcurrency", "pricingcurrencycode"]),
    ("x_CostInPricingCurrency", &["costinpricingcurrency"]),
    ("x_BillingExchangeRate", &["exchangeratepricingtobilling", "exchangerate"]),
    ("ChargePeriodStart", &["date", "usagedate"]),
    ("BillingPeriodStart", &["billingperiodstartdate"]),
    ("BillingPeriodEnd", &["billingperiodenddate"]),
    ("ChargeCategory", &["chargetype"]),
    ("ChargeFrequency", &["frequency"]),
    ("ChargeDescription", &["productname", "product"]),
    ("CommitmentDiscountId", &["benefitid", "reservationid"]),
    ("x_ReservationId", &["reservationid"]),
    ("x_PricingModel", &["pricingmodel"]),
    ("x_SkuTerm", &["term"]),
    ("ProviderName", &["provider"]),
    ("PublisherName", &["publishername"]),
    ("x_PublisherType", &["publishertype"]),
    ("x_SkuMeterCategory", &["metercategory"]),
    ("x_SkuMeterSubcategory", &["metersubcategory"]),
    ("SkuMeter", &["metername"]),
    ("x_SkuMeterId", &["meterid"]),
    ("ConsumedQuantity", &["quantity"]),
    ("ConsumedUnit", &["unitofmeasure"]),
    ("BillingAccountId", &["billingaccountid"]),
    ("BillingAccountName", &["billingaccountname"]),
    ("x_BillingProfileId", &["billingprofileid"]),
    ("x_BillingProfileName", &["billingprofilename"]),
    ("x_InvoiceSectionId", &["invoicesectionid"]),
    ("x_InvoiceSectionName", &["invoicesectionname"]),
    ("InvoiceId", &["invoiceid"]),
    ("SubAccountId", &["subscriptionid", "subscriptionguid"]),
    ("SubAccountName", &["subscriptionname"]),
    ("x_ResourceGroupName", &["resourcegroupname", "resourcegroup"]),
    ("ResourceId", &["resourceid", "instancename", "instanceid"]),
    ("RegionId", &["resourcelocation", "location"]),
    ("x_CostCenter", &["costcenter"]),
    ("Tags", &["tags"]),
];
