//! Offers to compare with: what each grants, by the offers' own pages.

use billing::{Amount, Credit, Currency, CycleTerms};

/// An offer with a credit or with the prices of development and test.
///
/// Source: the offers' pages; amounts are in US dollars, as the offers are, and count in that currency only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    credit: u32,
    /// Whether the credit is granted for the first cycle only.
    pub(crate) is_once: bool,
    pub(crate) is_dev_test: bool,
}

/// Offers that are known: id, name, credit of a month (or once), prices of development and test.
const OFFERS: [Offer; 8] = [
    Offer { id: "MS-AZR-0003P", name: "Pay-As-You-Go", credit: 0, is_once: false, is_dev_test: false },
    Offer {
        id: "MS-AZR-0023P",
        name: "Pay-As-You-Go Dev/Test",
        credit: 0,
        is_once: false,
        is_dev_test: true,
    },
    Offer { id: "MS-AZR-0148P", name: "Enterprise Dev/Test", credit: 0, is_once: false, is_dev_test: true },
    Offer { id: "MS-AZR-0044P", name: "Free Trial", credit: 200, is_once: true, is_dev_test: false },
    Offer {
        id: "MS-AZR-0059P",
        name: "Visual Studio Professional",
        credit: 50,
        is_once: false,
        is_dev_test: true,
    },
    Offer {
        id: "MS-AZR-0060P",
        name: "Visual Studio Test Professional",
        credit: 50,
        is_once: false,
        is_dev_test: true,
    },
    Offer { id: "MS-AZR-0062P", name: "MSDN Platforms", credit: 100, is_once: false, is_dev_test: true },
    Offer {
        id: "MS-AZR-0063P",
        name: "Visual Studio Enterprise",
        credit: 150,
        is_once: false,
        is_dev_test: true,
    },
];

impl Offer {
    /// Whether it has prices of its own, those of development and test.
    #[must_use]
    pub const fn has_own_prices(self) -> bool {
        self.is_dev_test
    }

    /// The offer of this id, with or without `MS-AZR-`.
    ///
    /// # Errors
    /// The ids that are known.
    pub fn named(id: &str) -> std::result::Result<Self, String> {
        let known = |offer: &&Self| {
            offer.id.eq_ignore_ascii_case(id)
                || offer.id.trim_start_matches("MS-AZR-").eq_ignore_ascii_case(id)
        };
        OFFERS.iter().find(known).copied().ok_or_else(|| {
            let ids: Vec<&str> = OFFERS.iter().map(|offer| offer.id).collect();
            format!(
                "`{id}` is not an offer to compare with; known are {}, others by their own rate card with `--rates`",
                ids.join(", ")
            )
        })
    }
}

/// A cycle's terms with the credit of an offer instead of the card's. The credit counts in the offer's own currency only.
pub(crate) fn terms_of_offer(terms: CycleTerms, offer: Offer, currency: &Currency) -> CycleTerms {
    let excluded = terms.credit.map(|credit| credit.excluded).unwrap_or_default();
    let is_granted = offer.credit > 0 && currency.code() == "USD";
    let credit = is_granted.then(|| Credit { amount: Amount::whole(u64::from(offer.credit)), excluded });
    CycleTerms { credit, ..terms }
}
