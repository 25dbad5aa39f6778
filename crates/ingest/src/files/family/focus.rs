//! FOCUS 1.0-preview, 1.0, 1.0r2, 1.2-preview and 1.2, as exported by Azure, AWS or Google.
//!
//! Columns go by their own names; listed are those that were renamed between versions.
//! Source: FocusCost column lists of Cost Management, versions 1.0-preview(v1) to 1.2.

use super::layout::{Family, Row};
use billing::Agreement;

pub(super) static FOCUS: Family = Family {
    name: "focus",
    agreement: Agreement::Focus,
    required: &["ChargePeriodStart", "ChargeCategory"],
    telling: &["billedcost", "effectivecost", "chargeperiodstart", "chargecategory", "subaccountid"],
    table: TABLE,
};

const TABLE: &[Row] = &[
    ("BilledCost", &["billedcost"]),
    ("EffectiveCost", &["effectivecost"]),
    ("ContractedCost", &["contractedcost"]),
    ("ListCost", &["listcost", "x_ondemandcost"]),
    ("BillingCurrency", &["billingcurrency"]),
    ("PricingCurrency", &["pricingcurrency", "x_pricingcurrency"]),
    ("x_BillingExchangeRate", &["x_billingexchangerate"]),
    ("ChargePeriodStart", &["chargeperiodstart"]),
    ("ChargePeriodEnd", &["chargeperiodend"]),
    ("BillingPeriodStart", &["billingperiodstart"]),
    ("BillingPeriodEnd", &["billingperiodend"]),
    ("ChargeCategory", &["chargecategory", "chargetype"]),
    ("ChargeClass", &["chargeclass", "chargesubcategory"]),
    ("ChargeFrequency", &["chargefrequency"]),
    ("ChargeDescription", &["chargedescription"]),
    ("CommitmentDiscountId", &["commitmentdiscountid"]),
    ("CommitmentDiscountStatus", &["commitmentdiscountstatus"]),
    ("x_SkuTerm", &["x_skuterm"]),
    ("x_PricingModel", &["commitmentdiscounttype"]),
    ("ProviderName", &["providername", "provider"]),
    ("PublisherName", &["publishername", "publisher"]),
    ("x_PublisherType", &["x_publishercategory"]),
    ("ServiceCategory", &["servicecategory"]),
    ("ServiceName", &["servicename"]),
    ("x_SkuMeterCategory", &["x_skumetercategory"]),
    ("x_SkuMeterSubcategory", &["x_skumetersubcategory"]),
    ("SkuMeter", &["skumeter", "x_skumetername"]),
    ("x_SkuMeterId", &["x_skumeterid"]),
    ("PricingQuantity", &["pricingquantity"]),
    ("x_PricingUnitDescription", &["x_pricingunitdescription", "pricingunit"]),
    ("ConsumedQuantity", &["consumedquantity", "usagequantity"]),
    ("ConsumedUnit", &["consumedunit", "usageunit"]),
    ("BillingAccountId", &["billingaccountid"]),
    ("BillingAccountName", &["billingaccountname"]),
    ("x_BillingProfileId", &["x_billingprofileid"]),
    ("x_BillingProfileName", &["x_billingprofilename"]),
    ("x_InvoiceSectionId", &["x_invoicesectionid"]),
    ("x_InvoiceSectionName", &["x_invoicesectionname"]),
    ("InvoiceId", &["invoiceid", "x_invoiceid"]),
    ("SubAccountId", &["subaccountid"]),
    ("SubAccountName", &["subaccountname"]),
    ("x_ResourceGroupName", &["x_resourcegroupname"]),
    ("ResourceId", &["resourceid"]),
    ("ResourceName", &["resourcename"]),
    ("RegionId", &["regionid", "region"]),
    ("x_CostCenter", &["x_costcenter"]),
    ("Tags", &["tags"]),
];
