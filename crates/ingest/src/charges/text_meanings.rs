//! What the texts of cost files mean: days, currencies, subscriptions, kinds of charge, owners.
//!
//! A text is empty or absent in many ways; everywhere here `None` is "no text" or "no meaning". Files hold few
//! texts, many times each: [`crate::files::repeated_texts`] asks for the meaning of each once.

use crate::files::family::Family;
use billing::{AMOUNT_SCALE, Agreement, ChargeKind};
use chrono::NaiveDate;
use polars::prelude::DataType;
use regex::Regex;
use std::sync::LazyLock;

/// The one cost column of a classic file, before it is known which metric it holds.
pub(crate) const CLASSIC_COST: &str = "x_Cost";

/// Whether a charge names a commitment, where its file has no pricing model.
pub(crate) const HAS_COMMITMENT: &str = "x_HasCommitment";

/// Gives the text of a column; `None` where it is empty or the file lacks the column.
pub(crate) type Have<'h, 't> = &'h dyn Fn(&str) -> Option<&'t str>;

/// The type of every amount: [`billing::Amount`] in a column.
#[must_use]
pub fn amount_type() -> DataType {
    DataType::Decimal(38, AMOUNT_SCALE as usize)
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns of this file are valid")
}

/// An ISO date, alone or with a time of day that is UTC.
static UTC_DAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?-u)^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z| ?UTC|[+-]00(?::?00)?)?)?$",
    )
});

/// An ISO moment with an offset from UTC.
static MOMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?-u)^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?([+-]\d{2})(?::?(\d{2}))?$")
});

/// A date as `MM/DD/YYYY`, alone or with a time of day.
static US_DAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u)^(\d{2})/(\d{2})/(\d{4})(?: \d{2}:\d{2}(?::\d{2})?)?$"));

/// The hour and minute of a moment.
static TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)[T ](\d{2}):(\d{2})"));

/// The offset from UTC at the end of a moment.
static OFFSET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u)[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?([+-])(\d{2}):?(\d{2})?$"));

/// An id as Azure has them, in lower case.
static GUID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u)^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-z]{12}$"));

static SUPPORT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bsupport\b"));

/// The day of a date or time in one of the forms that files use: `MM/DD/YYYY` or ISO, with or without a
/// time, with or without seconds and their fraction, `Z`, `UTC` or an offset (then the UTC day). `None`
/// where it is none.
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n', '"']);
    let date = |[year, month, day]: [&str; 3]| {
        NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    };
    if let Some(found) = UTC_DAY.captures(text) {
        return date(found.extract().1);
    }
    if let Some(found) = US_DAY.captures(text) {
        let [month, day, year] = found.extract().1;
        return date([year, month, day]);
    }
    let found = MOMENT.captures(text)?;
    let minutes = found.get(4).map_or("00", |minutes| minutes.as_str());
    let moment = format!("{}T{}{}{minutes}", &found[1], &found[2], &found[3]);
    Some(chrono::DateTime::parse_from_str(&moment, "%Y-%m-%dT%H:%M:%S%z").ok()?.to_utc().date_naive())
}

/// The minute of its UTC day at which a moment lies; 0 where the text has no time of day.
pub(crate) fn minute_of_day(text: &str) -> i32 {
    let text = text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n', '"']);
    let number =
        |part: Option<regex::Match<'_>>| part.and_then(|part| part.as_str().parse().ok()).unwrap_or(0);
    let of_day = |hours: i32, minutes: i32| hours * 60 + minutes;
    let local = TIME.captures(text).map_or(0, |found| of_day(number(found.get(1)), number(found.get(2))));
    let shift = OFFSET.captures(text).map_or(0, |found| {
        let shift = of_day(number(found.get(2)), number(found.get(3)));
        if &found[1] == "-" { -shift } else { shift }
    });
    // What lies before midnight UTC belongs to the day before, which `day` gives.
    (local - shift).rem_euclid(24 * 60)
}

/// A currency code: trimmed, in upper case.
pub(crate) fn currency(text: Option<&str>) -> Option<String> {
    named(text).map(str::to_uppercase)
}

/// A subscription's id in Azure's FOCUS form, `/subscriptions/<lower-case guid>`; ids of other
/// providers as they are. `None` where it means "none", as in [`named`].
pub(crate) fn sub_account(text: Option<&str>) -> Option<String> {
    let text = named(text)?;
    let lower = text.to_lowercase();
    Some(match lower {
        lower if lower.starts_with("/subscriptions/") => lower,
        lower if GUID.is_match(&lower) => format!("/subscriptions/{lower}"),
        _ => text.to_owned(),
    })
}

/// Texts that mean "none", in lower case.
const NONE: [&str; 6] = [
    "unassigned",
    "others",
    "null",
    "-2",
    "00000000-0000-0000-0000-000000000000",
    "/subscriptions/00000000-0000-0000-0000-000000000000",
];

/// Trimmed text, `None` where it means "none": empty, `Unassigned`, `-2`, `Others`, `NULL`, the all-zero GUID,
/// also as a subscription's path.
pub(crate) fn named(text: Option<&str>) -> Option<&str> {
    filled(text).filter(|text| !NONE.iter().any(|none| none.eq_ignore_ascii_case(text)))
}

/// Text without blanks and byte order marks around it, `None` where nothing is left: the value of a tag, which
/// means what it says.
pub(crate) fn filled(text: Option<&str>) -> Option<&str> {
    text.map(|text| text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n'])).filter(|text| !text.is_empty())
}

/// Text reduced to its letters, in lower case, for comparing words of closed lists.
fn word(text: Option<&str>) -> String {
    text.unwrap_or_default().to_lowercase().chars().filter(char::is_ascii_lowercase).collect()
}

/// `x_ChargeKind` from the raw category, class and frequency (the table of kinds in the README).
///
/// A category that is none of the known ones is `other`; a file without categories (pay-as-you-go) lists usage
/// only.
pub(crate) fn kind(family: &Family, have: Have<'_, '_>) -> ChargeKind {
    let is = |column: &str, what: &str| word(have(column)) == what;
    let service =
        have(if family.agreement == Agreement::Focus { "ServiceName" } else { "x_SkuMeterCategory" });
    let is_support = || service.is_some_and(|service| SUPPORT.is_match(&service.to_lowercase()));
    match word(have("ChargeCategory")).as_str() {
        "usage" if is("CommitmentDiscountStatus", "unused") => ChargeKind::Unused,
        "usage" | "" => ChargeKind::Usage,
        "unusedreservation" | "unusedsavingsplan" => ChargeKind::Unused,
        "refund" => ChargeKind::Refund,
        "purchase" if is("ChargeClass", "correction") || is("ChargeClass", "refund") => ChargeKind::Refund,
        "purchase" if is_support() => ChargeKind::Support,
        "purchase" if is("ChargeFrequency", "recurring") => ChargeKind::PurchaseRecurring,
        "purchase" => ChargeKind::PurchaseOnce,
        "adjustment" | "roundingadjustment" => ChargeKind::Adjustment,
        "credit" => ChargeKind::Credit,
        "tax" => ChargeKind::Tax,
        _ => ChargeKind::Other,
    }
}

/// Whether usage was corrected later (FOCUS `ChargeClass` Correction), which keeps it out of the level.
pub(crate) fn is_correction(have: Have<'_, '_>) -> bool {
    // A refund of a purchase is a correction of FOCUS too, and a kind of its own here.
    word(have("ChargeClass")) == "correction" && word(have("ChargeCategory")) != "purchase"
}

/// Names of clouds and of those who run them, in lower case.
const CLOUDS: [&str; 6] = ["microsoft", "azure", "amazon", "aws", "google", "oracle"];

/// Whether the charge is sold by somebody else than the cloud's own provider.
pub(crate) fn is_marketplace(have: Have<'_, '_>) -> bool {
    match word(have("x_PublisherType")).as_str() {
        "marketplace" | "vendor" => true,
        "azure" | "microsoft" | "cloudprovider" | "aws" => false,
        _ => named(have("PublisherName")).is_some_and(|publisher| {
            let publisher = publisher.to_lowercase();
            !CLOUDS.iter().any(|cloud| publisher.contains(cloud))
        }),
    }
}

/// Whether a commitment (reservation or savings plan) stands behind the charge.
pub(crate) fn is_committed(have: Have<'_, '_>) -> bool {
    names_commitment(have("x_PricingModel")) || have(HAS_COMMITMENT).is_some()
}

/// Whether a pricing model is that of a commitment.
pub(crate) fn names_commitment(pricing_model: Option<&str>) -> bool {
    matches!(word(pricing_model).as_str(), "reservation" | "savingsplan")
}

/// The FOCUS category that a kind belongs to.
pub(crate) fn focus_category(kind: ChargeKind) -> Option<&'static str> {
    Some(match kind {
        ChargeKind::Usage | ChargeKind::Unused => "Usage",
        ChargeKind::PurchaseRecurring
        | ChargeKind::PurchaseOnce
        | ChargeKind::Refund
        | ChargeKind::Support => "Purchase",
        ChargeKind::Adjustment => "Adjustment",
        ChargeKind::Credit => "Credit",
        ChargeKind::Tax => "Tax",
        _ => return None,
    })
}

/// Account, profile and subscription of a charge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids<'a> {
    pub account: Option<&'a str>,
    pub profile: Option<&'a str>,
    pub sub: Option<&'a str>,
}

impl Ids<'_> {
    /// Whose a charge is when runs are compared: its subscription or, where it has none, its billing
    /// account, with the billing profile where that is another. Of these ids the last part counts,
    /// since FOCUS files write whole paths.
    pub(crate) fn owner(self) -> String {
        if let Some(sub) = self.sub {
            return sub.to_lowercase();
        }
        let (account, profile) = (self.account.and_then(id_tail), self.profile.and_then(id_tail));
        let other = profile.filter(|profile| account.as_ref() != Some(profile));
        [account, other].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// What one invoice covers, in words with its id.
    pub(crate) fn invoice_unit(self, agreement: Agreement) -> Option<String> {
        let in_words = |noun: &str, id: Option<&str>| id.map(|id| format!("{noun} {id}"));
        let by_account = || in_words("billing account", self.account);
        let by_subscription = || in_words("subscription", self.sub);
        match agreement {
            Agreement::PayAsYouGo => by_subscription(),
            Agreement::EnterpriseAgreement => by_account().or_else(by_subscription),
            Agreement::CustomerAgreement | Agreement::Focus => {
                in_words("billing profile", self.profile).or_else(by_account).or_else(by_subscription)
            }
        }
    }
}

/// The last part of an id in lower case: FOCUS files write whole paths.
pub(crate) fn id_tail(id: &str) -> Option<String> {
    let tail = id.trim_end_matches('/').rsplit('/').next()?;
    (!tail.is_empty()).then(|| tail.to_lowercase())
}

/// The billing account of a charge, in lower case: the extra column of FOCUS files where it is filled, otherwise the
/// account in the billing account's path, which may be that of a billing profile.
pub(crate) fn billing_account(extra: Option<&str>, account: Option<&str>) -> Option<String> {
    if let Some(own) = named(extra).and_then(id_tail) {
        return Some(own);
    }
    let account = named(account)?;
    let lower = account.to_lowercase();
    let after = lower.split("billingaccounts/").skip(1);
    let mut in_path = after.filter_map(|rest| rest.split('/').next().filter(|id| !id.is_empty()));
    in_path.next().map(str::to_owned).or_else(|| id_tail(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(texts: &[&str]) -> Vec<Option<NaiveDate>> {
        texts.iter().map(|text| day(text)).collect()
    }

    #[test]
    fn every_date_form_of_cost_files_gives_its_utc_day() {
        let forms = [
            "09/05/2023",
            "2023-09-05",
            "2023-09-05 00:00:00",
            "2023-09-05T00:00Z",
            "2023-09-05T00:00:00Z",
            "2023-09-05T23:59:59.9999999Z",
            " 2023-09-05T00:00:00+00:00",
            "2023-09-04T17:00:00-07:00",
            "2023-09-05 03:00:00+00",
            "2023-09-05 01:30:00+01:00",
            "2023-09-06T01:00:00.000+02:00",
            "2023-09-05 01:00:00 UTC",
            "09/05/2023 01:00:00",
            "\u{feff}2023-09-05",
        ];
        let expected = NaiveDate::from_ymd_opt(2023, 9, 5);
        assert_eq!(days(&forms), vec![expected; forms.len()]);
    }

    #[test]
    fn an_impossible_date_is_none() {
        assert_eq!(
            days(&["2023-02-30", "13/01/2023", "31.12.2023", "yesterday", "", "20230905", "2023-09-05x"]),
            vec![None; 7]
        );
    }

    #[test]
    fn what_means_none_is_none() {
        let zero = "00000000-0000-0000-0000-000000000000";
        let path = format!("/Subscriptions/{zero}");
        for none in ["", " ", "Unassigned", "-2", " -2 ", zero, &path, "Others", "NULL", "\u{feff}"] {
            assert_eq!((named(Some(none)), sub_account(Some(none))), (None, None), "{none}");
        }
        for (some, expected) in [(" a ", "a"), ("-20", "-20"), ("2", "2")] {
            assert_eq!(named(Some(some)), Some(expected));
        }
    }

    #[test]
    fn a_value_of_a_tag_means_what_it_says() {
        assert_eq!(["Others", " -2", " "].map(|text| filled(Some(text))), [Some("Others"), Some("-2"), None]);
    }

    #[test]
    fn a_subscription_has_one_id_whichever_file_it_came_from() {
        let guid = "9EC51CFD-5CA7-4D76-8101-DD0A4ABC5674";
        let expected = Some(format!("/subscriptions/{}", guid.to_lowercase()));
        assert_eq!(sub_account(Some(guid)), expected);
        assert_eq!(sub_account(Some(&format!("/Subscriptions/{guid}"))), expected);
        assert_eq!(sub_account(Some("123456789012")).as_deref(), Some("123456789012"));
    }

    #[test]
    fn a_billing_account_is_found_in_every_form_of_its_id() {
        let path = "/providers/Microsoft.Billing/billingAccounts/AB:cd/billingProfiles/P1";
        assert_eq!(billing_account(None, Some(path)).as_deref(), Some("ab:cd"));
        assert_eq!(billing_account(Some("X/Y/"), Some(path)).as_deref(), Some("y"));
        assert_eq!(billing_account(Some("Unassigned"), Some("E-1")).as_deref(), Some("e-1"));
        assert_eq!(billing_account(None, None), None);
    }

    #[test]
    fn an_owner_is_the_subscription_or_else_the_account() {
        let ids = |account, profile, sub| Ids { account, profile, sub };
        assert_eq!(ids(Some("a"), Some("p"), Some("S")).owner(), "s");
        assert_eq!(ids(Some("x/A"), Some("y/a"), None).owner(), "a");
        assert_eq!(ids(Some("A"), Some("P"), None).owner(), "a p");
        assert_eq!(ids(None, Some("P"), None).owner(), "p");
        assert_eq!(ids(None, None, None).owner(), "");
    }

    #[test]
    fn minutes_are_those_of_the_utc_day() {
        let minutes = [
            ("2023-09-05", 0),
            ("2023-09-05T13:05:59Z", 785),
            ("2023-09-05T00:30:00+01:00", 1410),
            ("2023-09-05 23:30:00-0100", 30),
            ("2023-09-05 05:00+05", 0),
        ];
        for (text, expected) in minutes {
            assert_eq!(minute_of_day(text), expected, "{text}");
        }
    }
}
