//! Under which contract a bill is made, and what one invoice of it covers.

use serde::{Deserialize, Serialize};

/// The agreement a cost file belongs to, told by its header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Enterprise Agreement: calendar months, one enrollment, prepayment before overage.
    EnterpriseAgreement,
    /// Microsoft Customer (or Partner) Agreement: calendar months, one invoice a billing profile.
    CustomerAgreement,
    /// Pay-as-you-go and its kin (MOSP): one invoice a subscription, in cycles of its own.
    PayAsYouGo,
    /// A FOCUS file of Azure or another provider; the invoice unit is its billing account.
    Focus,
}

/// What one invoice covers (see [`Agreement::invoice_unit`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceUnit {
    /// A whole enrollment (EA) or account (another provider).
    BillingAccount,
    /// A billing profile (MCA).
    BillingProfile,
    /// A single subscription (pay-as-you-go).
    Subscription,
}

impl Agreement {
    /// What one invoice covers under this agreement.
    #[must_use]
    pub const fn invoice_unit(self) -> InvoiceUnit {
        match self {
            Self::EnterpriseAgreement | Self::Focus => InvoiceUnit::BillingAccount,
            Self::CustomerAgreement => InvoiceUnit::BillingProfile,
            Self::PayAsYouGo => InvoiceUnit::Subscription,
        }
    }

    /// Whether the calendar month is the cycle whatever the subscription's own day is.
    #[must_use]
    pub const fn bills_by_calendar_month(self) -> bool {
        matches!(self, Self::EnterpriseAgreement | Self::CustomerAgreement)
    }
}

impl InvoiceUnit {
    /// The word for it in a sentence.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::BillingAccount => "billing account",
            Self::BillingProfile => "billing profile",
            Self::Subscription => "subscription",
        }
    }
}
