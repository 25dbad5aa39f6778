//! One row of the bill, before any agreement gives it columns.

use super::{
    commitments::Commitment,
    estate::Subscription,
    meters::{Product, Publisher},
    pricing::{Price, Quantity, price_per_unit},
    resource::Resource,
};
use billing::Amount;
use chrono::NaiveDate;

/// What kind of row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Metered use.
    Usage,
    /// What a reservation was paid for and nobody used.
    UnusedReservation,
    /// A purchase that comes back.
    RecurringPurchase,
    /// A purchase made once.
    OneTimePurchase,
    /// Money back.
    Refund,
    /// What brings an invoice to whole cents.
    RoundingAdjustment,
}

/// A row of the bill.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'a> {
    /// What kind of row it is.
    pub form: Form,
    /// Who pays.
    pub subscription: &'a Subscription,
    /// What it is for.
    pub resource: &'a Resource,
    /// The meter, or what was bought.
    pub product: &'a Product,
    /// The reservation that covers it or is paid with it.
    pub commitment: Option<&'a Commitment>,
    /// Day of use, or of the purchase.
    pub day: NaiveDate,
    /// First day of the billing period.
    pub period_start: NaiveDate,
    /// Last day of the billing period.
    pub period_last: NaiveDate,
    /// The invoice, empty while the period is open.
    pub invoice: &'a str,
    /// In the product's unit.
    pub quantity: Quantity,
    /// The price that applies to its last unit, before any commitment.
    pub list_price: Price,
    /// Actual cost.
    pub billed: Amount,
    /// Amortized cost.
    pub effective: Amount,
    /// Cost without any commitment.
    pub list: Amount,
    /// Which of these the file calls its cost.
    pub cost: Amount,
    /// Whether it puts an earlier period right.
    pub corrects: bool,
}

impl Charge<'_> {
    /// What the file's cost comes to for a unit.
    pub fn effective_price(&self) -> Amount {
        self.price_at(self.cost)
    }

    /// What `cost` comes to for a unit of this row.
    pub fn price_at(&self, cost: Amount) -> Amount {
        match cost {
            Amount::ZERO => Amount::ZERO,
            cost if cost == self.list_price.of(self.quantity) => self.list_price.to_amount(),
            cost => price_per_unit(cost, self.quantity),
        }
    }

    /// Whether it is a purchase or a refund.
    pub const fn is_purchase(&self) -> bool {
        matches!(self.form, Form::RecurringPurchase | Form::OneTimePurchase | Form::Refund)
    }

    /// Whether a reservation bears its cost.
    pub const fn is_covered(&self) -> bool {
        self.commitment.is_some() && !self.is_purchase()
    }

    /// `ChargeType` of classic files.
    pub const fn charge_type(&self) -> &'static str {
        match self.form {
            Form::Usage => "Usage",
            Form::UnusedReservation => "UnusedReservation",
            Form::RecurringPurchase | Form::OneTimePurchase => "Purchase",
            Form::Refund => "Refund",
            Form::RoundingAdjustment => "RoundingAdjustment",
        }
    }

    /// `Frequency` of classic files.
    pub const fn frequency(&self) -> &'static str {
        match self.form {
            Form::Usage | Form::UnusedReservation => "UsageBased",
            Form::RecurringPurchase => "Recurring",
            Form::OneTimePurchase | Form::Refund | Form::RoundingAdjustment => "OneTime",
        }
    }

    /// `PricingModel` of classic files.
    pub const fn pricing_model(&self) -> &'static str {
        match (self.commitment, self.form) {
            (_, Form::RoundingAdjustment) => "",
            (Some(_), _) => "Reservation",
            (None, _) => "OnDemand",
        }
    }

    /// `PublisherType` of classic files; Microsoft's own word for itself differs by agreement.
    pub const fn publisher_type(&self, microsoft: &'static str) -> &'static str {
        match self.product.publisher {
            Publisher::Microsoft => microsoft,
            Publisher::Marketplace(_) => "Marketplace",
        }
    }

    /// Day after the last one that the row is for: a payment is for a month.
    pub fn service_end(&self) -> NaiveDate {
        match self.form {
            Form::RecurringPurchase => {
                self.day.checked_add_months(chrono::Months::new(1)).unwrap_or(self.day)
            }
            _ => self.day + chrono::Days::new(1),
        }
    }
}
