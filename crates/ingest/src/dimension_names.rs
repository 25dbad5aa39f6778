//! Short names of dimensions, and the FOCUS columns that they stand for.

/// The short names, for messages and help.
pub const SHORT_NAMES: &str = "subscription, service, resource-group, resource, region, meter, billing-account, \
     billing-profile, invoice-section, department, invoice, publisher, charge-category, charge-kind";

/// A short name and its FOCUS column.
pub(crate) const SHORT: [(&str, &str); 14] = [
    ("subscription", "SubAccountId"),
    ("service", "ServiceName"),
    ("resource-group", "x_ResourceGroupName"),
    ("resource", "ResourceId"),
    ("region", "RegionId"),
    ("meter", "SkuMeter"),
    ("billing-account", "BillingAccountId"),
    ("billing-profile", "x_BillingProfileId"),
    ("invoice-section", "x_InvoiceSectionId"),
    ("department", "x_DepartmentName"),
    ("invoice", "InvoiceId"),
    ("publisher", "PublisherName"),
    ("charge-category", "ChargeCategory"),
    ("charge-kind", "x_ChargeKind"),
];
