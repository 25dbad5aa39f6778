//! What kind of charge a row is, which of its costs is asked for, and what a total of them is called.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The kinds of charge that follow laws of their own.
///
/// Usage has a daily level; recurring purchases come back on their day; one-time purchases, refunds
/// and adjustments do not; the billed total leaves out credit and tax, which are shown beside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    /// Metered use.
    Usage,
    /// A commitment that was paid for and not used (amortized cost only).
    Unused,
    /// A purchase that comes back each cycle.
    PurchaseRecurring,
    /// A purchase made once.
    PurchaseOnce,
    /// Money back for an earlier charge.
    Refund,
    /// A correction or rounding.
    Adjustment,
    /// A support plan.
    Support,
    /// A credit, beside what is billed.
    Credit,
    /// Tax, beside what is billed.
    Tax,
    /// A kind that this version does not know; it counts.
    Other,
}

impl ChargeKind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [ChargeKind; 10] = [
        Self::Usage,
        Self::Unused,
        Self::PurchaseRecurring,
        Self::PurchaseOnce,
        Self::Refund,
        Self::Adjustment,
        Self::Support,
        Self::Credit,
        Self::Tax,
        Self::Other,
    ];

    /// The name in `x_ChargeKind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Unused => "unused",
            Self::PurchaseRecurring => "purchase_recurring",
            Self::PurchaseOnce => "purchase_once",
            Self::Refund => "refund",
            Self::Adjustment => "adjustment",
            Self::Support => "support",
            Self::Credit => "credit",
            Self::Tax => "tax",
            Self::Other => "other",
        }
    }

    /// Whether it is part of what is billed (credit and tax are lines of their own).
    #[must_use]
    pub const fn is_billed(self) -> bool {
        !matches!(self, Self::Credit | Self::Tax)
    }

    /// Whether its daily level is learnt and continued.
    #[must_use]
    pub const fn has_level(self) -> bool {
        matches!(self, Self::Usage | Self::Unused | Self::Other)
    }

    /// Whether it is carried forward on its day of the cycle.
    #[must_use]
    pub const fn recurs(self) -> bool {
        matches!(self, Self::PurchaseRecurring | Self::Support)
    }
}

impl fmt::Display for ChargeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ChargeKind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| Error::UnknownName {
            what: "kind of charge",
            given: text.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

/// Which cost of a charge is meant; FOCUS has one column for each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// What the invoice is based on (`BilledCost`, Azure's actual cost).
    Billed,
    /// Purchases spread over their term (`EffectiveCost`, Azure's amortized cost).
    Effective,
    /// At contracted unit prices (`ContractedCost`).
    Contracted,
    /// At list prices (`ListCost`).
    List,
}

impl Metric {
    /// Every metric, in the order of preference.
    pub const ALL: [Metric; 4] = [Self::Billed, Self::Effective, Self::Contracted, Self::List];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Billed => "billed",
            Self::Effective => "effective",
            Self::Contracted => "contracted",
            Self::List => "list",
        }
    }

    /// The FOCUS column.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Billed => "BilledCost",
            Self::Effective => "EffectiveCost",
            Self::Contracted => "ContractedCost",
            Self::List => "ListCost",
        }
    }

    /// The total that a cycle's sum of this metric is.
    #[must_use]
    pub const fn total_kind(self) -> TotalKind {
        match self {
            Self::Billed => TotalKind::Billed,
            Self::Effective => TotalKind::Effective,
            Self::Contracted => TotalKind::Contracted,
            Self::List => TotalKind::List,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    /// Azure's own names `ActualCost`, `actual`, `AmortizedCost` and `amortized` are read too.
    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "billed" | "actual" | "actualcost" | "billedcost" => Ok(Self::Billed),
            "effective" | "amortized" | "amortizedcost" | "effectivecost" => Ok(Self::Effective),
            "contracted" | "contractedcost" => Ok(Self::Contracted),
            "list" | "listcost" => Ok(Self::List),
            _ => Err(Error::UnknownName {
                what: "metric",
                given: text.to_owned(),
                known: Self::ALL.map(Self::name).join(", "),
            }),
        }
    }
}

/// What a cycle's total is: the word in `x_TotalKind`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TotalKind {
    /// Charges of the cycle, before credit and tax.
    Billed,
    /// What the invoice asks for: credits, prepayment, tax and separate invoices applied.
    Invoice,
    /// Amortized cost, for showback; never called an invoice.
    Effective,
    /// At contracted prices; never called an invoice.
    Contracted,
    /// At list prices; never called an invoice.
    List,
}

impl TotalKind {
    /// The word in `x_TotalKind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Billed => "billed",
            Self::Invoice => "invoice",
            Self::Effective => "effective",
            Self::Contracted => "contracted",
            Self::List => "list",
        }
    }

    /// One line that says what the total is.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Billed => "charges of the cycle as billed, before credit and tax",
            Self::Invoice => "what the invoice will ask for, credit, prepayment and tax applied",
            Self::Effective => "amortized cost of the cycle, for showback; not an invoice",
            Self::Contracted => "cost of the cycle at contracted prices; not an invoice",
            Self::List => "cost of the cycle at list prices; not an invoice",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for kind in ChargeKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        for metric in Metric::ALL {
            assert_eq!(metric.name().parse(), Ok(metric));
            assert_eq!(metric.column().parse(), Ok(metric));
        }
    }

    #[test]
    fn azure_words_for_metrics_are_aliases() {
        assert_eq!("ActualCost".parse(), Ok(Metric::Billed));
        assert_eq!("AmortizedCost".parse(), Ok(Metric::Effective));
        assert!("cost".parse::<Metric>().unwrap_err().to_string().contains("billed, effective"));
    }

    #[test]
    fn credit_and_tax_are_beside_the_bill() {
        let beside: Vec<_> = ChargeKind::ALL.into_iter().filter(|kind| !kind.is_billed()).collect();
        assert_eq!(beside, [ChargeKind::Credit, ChargeKind::Tax]);
    }
}
