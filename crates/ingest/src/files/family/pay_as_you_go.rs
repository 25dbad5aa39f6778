//! Pay-as-you-go and its kin (MOSP): the usage export, version 2019-11-01 and its older names.
//!
//! It lists usage only: no purchases, no refunds, no billing period. Headers may be localised, and
//! an older form names the cost `costInBillingCurrency` and the day `date`.

use super::layout::{Family, Row};
use billing::Agreement;

pub(super) static PAYG: Family = Family {
    name: "payg",
    agreement: Agreement::PayAsYouGo,
    required: &["x_Cost", "ChargePeriodStart", "SubAccountId"],
    telling: &[
        "usagedatetime",
        "usagequantity",
        "resourcerate",
        "subscriptionguid",
        "servicetier",
        "pretaxcost",
    ],
    table: TABLE,
};

const TABLE: &[Row] = &[
    ("x_Cost", &["pretaxcost", "costinbillingcurrency"]),
    ("ListCost", &["paygcostinbillingcurrency"]),
    ("BillingCurrency", &["currency", "billingcurrency", "billingcurrencycode"]),
    ("ChargePeriodStart", &["usagedatetime", "date", "usagedate"]),
    ("ChargeCategory", &["chargetype"]),
    ("x_SkuMeterCategory", &["metercategory"]),
    ("x_SkuMeterSubcategory", &["metersubcategory"]),
    ("SkuMeter", &["metername"]),
    ("x_SkuMeterId", &["meterid"]),
    ("ConsumedQuantity", &["usagequantity", "quantity"]),
    ("ConsumedUnit", &["unitofmeasure"]),
    ("BillingAccountId", &["billingaccountid"]),
    ("SubAccountId", &["subscriptionguid", "subscriptionid"]),
    ("SubAccountName", &["subscriptionname"]),
    ("x_ResourceGroupName", &["resourcegroup", "resourcegroupname"]),
    ("ResourceId", &["instanceid", "resourceid", "instancename"]),
    ("RegionId", &["resourcelocation"]),
    ("Tags", &["tags"]),
];
