//! The kinds of cost file, told apart by their header: which column of a file is which FOCUS column.
//!
//! A family is a table: FOCUS column, then the names under which files of the family have it, the
//! preferred one first. Header names are compared without case, blanks, quotes and byte order marks;
//! of a localised header `local name (EnglishName)` the text in the last brackets counts.
//! Sources: column lists by agreement and FOCUS column lists of Cost Management (versions in each
//! file of this folder), and real headers of public files.

mod customer_agreement;
mod enterprise;
mod focus;
mod layout;
mod pay_as_you_go;

use crate::Result;
use std::path::Path;

pub use layout::{Family, Layout, normalised};

/// Every family that is read.
pub static FAMILIES: [&Family; 4] =
    [&focus::FOCUS, &customer_agreement::MCA, &enterprise::EA, &pay_as_you_go::PAYG];

impl Family {
    /// The family of that name, in any spelling of case.
    ///
    /// # Errors
    /// [`billing::Error::UnknownName`], which lists the names.
    pub fn named(name: &str) -> Result<&'static Family> {
        // The sample generator's names carry the metric or version too; the part before counts.
        let wanted = name.to_ascii_lowercase();
        FAMILIES
            .into_iter()
            .find(|family| wanted == family.name || wanted.starts_with(&format!("{}-", family.name)))
            .ok_or_else(|| {
                billing::Error::UnknownName {
                    what: "family",
                    given: name.to_owned(),
                    known: FAMILIES.map(|family| family.name).join(", "),
                }
                .into()
            })
    }

    /// The family of a file, by its header.
    ///
    /// # Errors
    /// [`UnknownHeader`](crate::Error::UnknownHeader), which names the nearest family and what the file lacks of it.
    pub fn recognise(path: &Path, header: &[String]) -> Result<&'static Family> {
        let fit = |family: &Family| {
            let missing = family.missing(header).len();
            let telling = family.telling.iter().filter(|name| header.iter().any(|h| h == *name)).count();
            (missing, std::cmp::Reverse(telling))
        };
        let nearest = FAMILIES.into_iter().min_by_key(|family| fit(family)).unwrap_or(FAMILIES[0]);
        nearest.check(path, header).map(|()| nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(normalised).collect()
    }

    fn family_of(text: &str) -> &'static str {
        Family::recognise(Path::new("x.csv"), &header(text)).unwrap().name
    }

    #[test]
    fn names_are_compared_without_case_blanks_marks_and_translation() {
        assert_eq!(normalised("\u{feff}\"Cost In Billing Currency\""), "costinbillingcurrency");
        assert_eq!(normalised("Ressourcengruppe (ResourceGroup)"), "resourcegroup");
    }

    #[test]
    fn each_agreement_is_told_by_its_header() {
        assert_eq!(family_of("SubscriptionId,Date,MeterCategory,Cost,BillingCurrency,AccountOwnerId"), "ea");
        assert_eq!(
            family_of("AccountName,SubscriptionId,Date,CostInBillingCurrency,BillingCurrencyCode"),
            "ea"
        );
        assert_eq!(
            family_of(
                "billingProfileId,date,costInBillingCurrency,costInPricingCurrency,billingCurrency,pricingCurrency"
            ),
            "mca"
        );
        assert_eq!(
            family_of("SubscriptionGuid,UsageDateTime,UsageQuantity,ResourceRate,PreTaxCost,Currency"),
            "payg"
        );
        assert_eq!(family_of("BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory"), "focus");
    }

    #[test]
    fn an_unknown_header_names_the_nearest_family_and_what_lacks() {
        let error = Family::recognise(
            Path::new("x.csv"),
            &header("Date,SubscriptionId,MeterCategory,AccountOwnerId"),
        )
        .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("nearest kind is ea") && text.contains("costinbillingcurrency"), "{text}");
    }

    #[test]
    fn a_used_column_that_stands_twice_is_found() {
        let family = Family::named("ea").unwrap();
        let layout = family.layout(header("Date,Cost,Cost,BillingCurrency"));
        assert_eq!(layout.duplicate(), Some("cost"));
        assert_eq!(family.layout(header("Date,Cost,Plan,Plan")).duplicate(), None);
    }

    #[test]
    fn families_are_named_as_the_sample_names_them() {
        assert_eq!(Family::named("EA-amortized").unwrap().name, "ea");
        assert_eq!(Family::named("focus-1.2").unwrap().name, "focus");
        assert!(Family::named("gcp").unwrap_err().to_string().contains("ea, payg"));
    }
}
