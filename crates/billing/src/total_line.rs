//! Lines of a total: exclusive kinds of charge that add up to it.
//!
//! Lines leave out credit and tax, which the billed total leaves out too.

use crate::{Amount, BillingCycle, ChargeKind};
use std::collections::BTreeMap;

/// The line of a total that a charge belongs to; every billed charge belongs to one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TotalLine {
    /// Usage of the provider's own services, unused commitments included.
    Usage,
    /// Usage of what others sell.
    MarketplaceUsage,
    /// Purchases of the provider's own products that come back each cycle.
    RecurringPurchases,
    /// Purchases of the provider's own products made once.
    OneTimePurchases,
    /// Purchases of what others sell.
    MarketplacePurchases,
    /// Support plans.
    SupportPlans,
    /// Refunds, adjustments, and late or corrected charges of earlier cycles.
    Corrections,
}

impl TotalLine {
    /// Every line, in the order in which they are listed.
    pub const ALL: [TotalLine; 7] = [
        Self::Usage,
        Self::MarketplaceUsage,
        Self::RecurringPurchases,
        Self::OneTimePurchases,
        Self::MarketplacePurchases,
        Self::SupportPlans,
        Self::Corrections,
    ];

    /// The line of a charge; `None` for credit and tax. `is_late` marks a charge for use before its cycle.
    ///
    /// ```
    /// use billing::{ChargeKind, TotalLine};
    /// let of = |kind, marketplace, late| TotalLine::of(kind, marketplace, late);
    /// assert_eq!(of(ChargeKind::PurchaseRecurring, true, false), Some(TotalLine::MarketplacePurchases));
    /// assert_eq!(of(ChargeKind::Usage, true, true), Some(TotalLine::Corrections));
    /// assert_eq!(of(ChargeKind::Tax, false, false), None);
    /// ```
    #[must_use]
    pub const fn of(kind: ChargeKind, is_marketplace: bool, is_late: bool) -> Option<Self> {
        Some(match (kind, is_marketplace) {
            (ChargeKind::Credit | ChargeKind::Tax, _) => return None,
            (ChargeKind::Refund | ChargeKind::Adjustment, _) => Self::Corrections,
            _ if is_late => Self::Corrections,
            (ChargeKind::Support, _) => Self::SupportPlans,
            (ChargeKind::PurchaseRecurring | ChargeKind::PurchaseOnce, true) => Self::MarketplacePurchases,
            (ChargeKind::PurchaseRecurring, false) => Self::RecurringPurchases,
            (ChargeKind::PurchaseOnce, false) => Self::OneTimePurchases,
            (ChargeKind::Usage | ChargeKind::Unused | ChargeKind::Other, true) => Self::MarketplaceUsage,
            (ChargeKind::Usage | ChargeKind::Unused | ChargeKind::Other, false) => Self::Usage,
        })
    }

    /// What a table calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::MarketplaceUsage => "marketplace usage",
            Self::RecurringPurchases => "purchases (recurring)",
            Self::OneTimePurchases => "purchases (one-time)",
            Self::MarketplacePurchases => "marketplace purchases",
            Self::SupportPlans => "support plans",
            Self::Corrections => "refunds, adjustments, late charges",
        }
    }
}

/// What a series is charged by line, and which lines its expected charges belong to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineSums {
    /// Charges so far, of each cycle.
    pub so_far: BTreeMap<(BillingCycle, TotalLine), Amount>,
    /// Recent charges with a daily level: the level that is expected is shared out like them.
    pub level: BTreeMap<TotalLine, Amount>,
    /// The last recurring charges: those that are expected are shared out like them.
    pub recurring: BTreeMap<TotalLine, Amount>,
}

impl LineSums {
    /// Whether any charge is for what others sell.
    #[must_use]
    pub fn has_marketplace(&self) -> bool {
        let is_sold =
            |line: &TotalLine| matches!(line, TotalLine::MarketplaceUsage | TotalLine::MarketplacePurchases);
        self.so_far.keys().any(|(_, line)| is_sold(line))
            || self.level.keys().chain(self.recurring.keys()).any(is_sold)
    }

    /// Adds the charges of another series.
    pub fn add(&mut self, other: &Self) {
        for (key, amount) in &other.so_far {
            *self.so_far.entry(*key).or_default() += *amount;
        }
        for (own, more) in [(&mut self.level, &other.level), (&mut self.recurring, &other.recurring)] {
            for (line, amount) in more {
                *own.entry(*line).or_default() += *amount;
            }
        }
    }
}
