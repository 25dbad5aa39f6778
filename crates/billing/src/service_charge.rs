//! A charge of an API, with FOCUS terms: the form of rows before they are written beside exports. Export files stay
//! columnar and never take this form.

use crate::Amount;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// One charge. What the service does not state is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceCharge {
    /// What the invoice will say; `None` where nothing is known, as for usage without a price.
    pub billed_cost: Option<Amount>,
    /// The cost with commitments spread over their term.
    pub effective_cost: Option<Amount>,
    /// The currency of every cost.
    pub currency: String,
    /// Start of the day or hour of usage.
    pub start: DateTime<Utc>,
    /// Its end, exclusive.
    pub end: DateTime<Utc>,
    /// The billing period: first day, and the day after its last.
    pub billing_period: Option<(NaiveDate, NaiveDate)>,
    /// `Usage`, `Purchase`, `Refund`, …, as the service writes it; `None` means usage.
    pub category: Option<String>,
    /// `UsageBased`, `Recurring`, `OneTime`.
    pub frequency: Option<String>,
    /// `Reservation`, `SavingsPlan`, `OnDemand`, `Spot`.
    pub pricing_model: Option<String>,
    /// The quantity, in `unit`.
    pub quantity: Option<Amount>,
    /// The unit of the quantity.
    pub unit: Option<String>,
    /// The price of a unit before discounts.
    pub list_unit_price: Option<Amount>,
    /// The service, by its meter category.
    pub meter_category: Option<String>,
    /// The kind within the service.
    pub meter_subcategory: Option<String>,
    /// The meter's name.
    pub meter_name: Option<String>,
    /// The meter's id.
    pub meter_id: Option<String>,
    /// The subscription's id, a bare GUID or a path.
    pub subscription_id: Option<String>,
    /// Its name.
    pub subscription_name: Option<String>,
    /// The resource group.
    pub resource_group: Option<String>,
    /// The resource's id.
    pub resource_id: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `Azure`, `Microsoft`, `Marketplace`.
    pub publisher_type: Option<String>,
    /// The commitment that pays for it.
    pub commitment_id: Option<String>,
    /// The billing account.
    pub billing_account_id: Option<String>,
    /// The billing profile.
    pub billing_profile_id: Option<String>,
    /// The invoice section.
    pub invoice_section_id: Option<String>,
    /// The invoice.
    pub invoice_id: Option<String>,
    /// Whether the cost is an estimate of this program and not the service's own.
    pub is_estimate: bool,
    /// `priced`, or why there is no price.
    pub price_status: Option<&'static str>,
}
