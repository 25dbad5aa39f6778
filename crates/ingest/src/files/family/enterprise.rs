//! Enterprise Agreement: actual and amortized cost, versions 2020 to 2024-08-01.
//!
//! Real files name the cost `Cost` (2023) or `CostInBillingCurrency` (2020, and the documented
//! versions), and write dates as `MM/DD/YYYY` or ISO. A department is an invoice section here.

use super::layout::{Family, Row};
use billing::Agreement;

pub(super) static EA: Family = Family {
    name: "ea",
    agreement: Agreement::EnterpriseAgreement,
    required: &["x_Cost", "ChargePeriodStart", "SubAccountId"],
    telling: &["accountownerid", "accountname", "partnumber", "offerid", "costcenter", "billingcurrencycode"],
    table: TABLE,
};

const TABLE: &[Row] = &[
    ("x_Cost", &["costinbillingcurrency", "cost", "pretaxcost"]),
    ("BillingCurrency", &["billingcurrencycode", "billingcurrency", "currency", "currencycode"]),
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
    ("x_InvoiceSectionName", &["invoicesectionname", "invoicesection"]),
    ("x_DepartmentName", &["departmentname", "invoicesectionname", "invoicesection"]),
    ("SubAccountId", &["subscriptionid", "subscriptionguid"]),
    ("SubAccountName", &["subscriptionname"]),
    ("x_ResourceGroupName", &["resourcegroup", "resourcegroupname"]),
    ("ResourceId", &["resourceid", "instanceid"]),
    ("ResourceName", &["resourcename", "instancename"]),
    ("RegionId", &["resourcelocationnormalized", "resourcelocation"]),
    ("x_CostCenter", &["costcenter"]),
    ("Tags", &["tags"]),
];
