//! The normalised charge frame: columns under FOCUS names, typed, of one file or of a grouping of it.
//!
//! The same expressions serve charges row by row and groups of rows that share their raw text; the
//! latter is how files are read, since a text that occurs a million times is then parsed once.

use crate::files::family::Family;
use billing::{AMOUNT_SCALE, Agreement, ChargeKind};
use polars::prelude::*;

/// The one cost column of a classic file, before it is known which metric it holds.
pub(crate) const CLASSIC_COST: &str = "x_Cost";

/// Whether a charge names a commitment, where its file has no pricing model.
pub(crate) const HAS_COMMITMENT: &str = "x_HasCommitment";

/// The type of every amount: [`billing::Amount`] in a column.
#[must_use]
pub fn amount_type() -> DataType {
    DataType::Decimal(38, AMOUNT_SCALE as usize)
}

/// The day of a date or time in one of the forms that files use: `MM/DD/YYYY` or ISO, with or without a
/// time, with or without seconds and their fraction, `Z`, `UTC` or an offset (then the UTC day). Null
/// where it is none.
pub(crate) fn day(value: Expr) -> Expr {
    let value = value.str().strip_chars(lit("\u{feff} \t\r\n\""));
    let to_date = |text: Expr, format: &str| {
        text.str().to_date(StrptimeOptions {
            format: Some(format.into()),
            strict: false,
            exact: true,
            cache: true,
        })
    };
    let iso_tail =
        r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z| ?UTC|[+-]00(?::?00)?)?)?$";
    let iso = when(value.clone().str().contains(lit(iso_tail), true))
        .then(value.clone().str().slice(lit(0), lit(10)))
        .otherwise(lit(NULL));
    // An offset in one form: seconds without a fraction, four digits of offset.
    let moment = r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?([+-]\d{2})$";
    let moment_and_minutes = r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?([+-]\d{2}):?(\d{2})$";
    let with_offset = value
        .clone()
        .str()
        .replace(lit(moment), lit("${1}T${2}${3}00"), false)
        .str()
        .replace(lit(moment_and_minutes), lit("${1}T${2}${3}${4}"), false)
        .str()
        .to_datetime(
            Some(TimeUnit::Microseconds),
            Some(polars::prelude::TimeZone::UTC),
            StrptimeOptions {
                format: Some("%Y-%m-%dT%H:%M:%S%z".into()),
                strict: false,
                exact: true,
                cache: true,
            },
            lit("raise"),
        );
    let us_tail = r"^\d{2}/\d{2}/\d{4}(?: \d{2}:\d{2}(?::\d{2})?)?$";
    let us = when(value.clone().str().contains(lit(us_tail), true))
        .then(value.str().slice(lit(0), lit(10)))
        .otherwise(lit(NULL));
    coalesce(&[to_date(iso, "%Y-%m-%d"), to_date(us, "%m/%d/%Y"), with_offset.cast(DataType::Date)])
}

/// A currency code: trimmed, in upper case, null where there is none.
pub(crate) fn currency(value: Expr) -> Expr {
    named(value).str().to_uppercase()
}

/// A subscription's id in Azure's FOCUS form, `/subscriptions/<lower-case guid>`; ids of other
/// providers as they are. Null where it means "none", as in [`named`].
pub(crate) fn sub_account(value: Expr) -> Expr {
    let value = named(value);
    let lower = value.clone().str().to_lowercase();
    let guid = r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-z]{12}$";
    when(lower.clone().str().starts_with(lit("/subscriptions/")))
        .then(lower.clone())
        .when(lower.clone().str().contains(lit(guid), true))
        .then(lit("/subscriptions/") + lower)
        .otherwise(value)
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

/// Trimmed text, null where it means "none": empty, `Unassigned`, `-2`, `Others`, `NULL`, the all-zero GUID,
/// also as a subscription's path.
pub(crate) fn named(value: Expr) -> Expr {
    let trimmed = trimmed(value);
    let lower = trimmed.clone().str().to_lowercase();
    let none =
        NONE.iter().fold(lower.clone().eq(lit("")), |none, text| none.or(lower.clone().eq(lit(*text))));
    when(none).then(lit(NULL)).otherwise(trimmed)
}

/// Text without blanks and byte order marks around it, null where nothing is left: the value of a tag, which
/// means what it says.
pub(crate) fn filled(value: Expr) -> Expr {
    let trimmed = trimmed(value);
    when(trimmed.clone().eq(lit(""))).then(lit(NULL)).otherwise(trimmed)
}

fn trimmed(value: Expr) -> Expr {
    value.str().strip_chars(lit("\u{feff} \t\r\n"))
}

/// Text reduced to its letters, in lower case, for comparing words of closed lists.
fn word(value: Expr) -> Expr {
    value.str().to_lowercase().str().replace_all(lit(r"[^a-z]"), lit(""), false).fill_null(lit(""))
}

/// `x_ChargeKind` from the raw category, class and frequency (the table of kinds in the README).
///
/// `have` gives a raw text column, or null where the file lacks it. A category that is none of the
/// known ones is `other`; a file without categories (pay-as-you-go) lists usage only.
pub(crate) fn kind(family: &Family, have: &dyn Fn(&str) -> Expr) -> Expr {
    let category = word(have("ChargeCategory"));
    let correction = word(have("ChargeClass"));
    let is = |name: &str| category.clone().eq(lit(name));
    let name = |kind: ChargeKind| lit(kind.name());
    let recurring = word(have("ChargeFrequency")).eq(lit("recurring"));
    let unused = word(have("CommitmentDiscountStatus")).eq(lit("unused"));
    let service =
        have(if family.agreement == Agreement::Focus { "ServiceName" } else { "x_SkuMeterCategory" });
    let support =
        service.str().to_lowercase().str().contains(lit(r"\bsupport\b"), true).fill_null(lit(false));
    let refunded = correction.clone().eq(lit("correction")).or(correction.eq(lit("refund")));
    when(is("usage").and(unused))
        .then(name(ChargeKind::Unused))
        .when(is("usage").or(is("")))
        .then(name(ChargeKind::Usage))
        .when(is("unusedreservation").or(is("unusedsavingsplan")))
        .then(name(ChargeKind::Unused))
        .when(is("refund").or(is("purchase").and(refunded)))
        .then(name(ChargeKind::Refund))
        .when(is("purchase").and(support))
        .then(name(ChargeKind::Support))
        .when(is("purchase").and(recurring))
        .then(name(ChargeKind::PurchaseRecurring))
        .when(is("purchase"))
        .then(name(ChargeKind::PurchaseOnce))
        .when(is("adjustment").or(is("roundingadjustment")))
        .then(name(ChargeKind::Adjustment))
        .when(is("credit"))
        .then(name(ChargeKind::Credit))
        .when(is("tax"))
        .then(name(ChargeKind::Tax))
        .otherwise(name(ChargeKind::Other))
}

/// Whether usage was corrected later (FOCUS `ChargeClass` Correction), which keeps it out of the level.
pub(crate) fn is_correction(have: &dyn Fn(&str) -> Expr) -> Expr {
    // A refund of a purchase is a correction of FOCUS too, and a kind of its own here.
    let purchase = word(have("ChargeCategory")).eq(lit("purchase"));
    word(have("ChargeClass")).eq(lit("correction")).and(purchase.not())
}

/// Whether the charge is sold by somebody else than the cloud's own provider.
pub(crate) fn is_marketplace(have: &dyn Fn(&str) -> Expr) -> Expr {
    let kind = word(have("x_PublisherType"));
    let publisher = named(have("PublisherName")).str().to_lowercase().fill_null(lit(""));
    let host = publisher
        .clone()
        .str()
        .contains(lit("microsoft|azure|amazon|aws|google|oracle"), true)
        .or(publisher.eq(lit("")));
    let told = |words: &[&str]| {
        words.iter().map(|word| kind.clone().eq(lit(*word))).reduce(Expr::or).unwrap_or_else(|| lit(false))
    };
    when(told(&["marketplace", "vendor"]))
        .then(lit(true))
        .when(told(&["azure", "microsoft", "cloudprovider", "aws"]))
        .then(lit(false))
        .otherwise(host.not())
}

/// Whether a commitment (reservation or savings plan) stands behind the charge.
pub(crate) fn is_committed(have: &dyn Fn(&str) -> Expr) -> Expr {
    let model = word(have("x_PricingModel"));
    model
        .clone()
        .eq(lit("reservation"))
        .or(model.eq(lit("savingsplan")))
        // Files without such a column have a null here, which must not make the answer unknown.
        .or(have(HAS_COMMITMENT).eq(lit("true")).fill_null(lit(false)))
}

/// The FOCUS category that a kind belongs to.
pub(crate) fn focus_category(kind: Expr) -> Expr {
    let is = |name: &'static str| kind.clone().eq(lit(name));
    when(is("usage").or(is("unused")))
        .then(lit("Usage"))
        .when(is("purchase_recurring").or(is("purchase_once")).or(is("refund")).or(is("support")))
        .then(lit("Purchase"))
        .when(is("adjustment"))
        .then(lit("Adjustment"))
        .when(is("credit"))
        .then(lit("Credit"))
        .when(is("tax"))
        .then(lit("Tax"))
        .otherwise(lit(NULL))
}

/// Whose a charge is when runs are compared: its subscription or, where it has none, its billing
/// account, with the billing profile where that is another. Of these ids the last part counts,
/// since FOCUS files write whole paths. Given are account, profile and subscription.
pub(crate) fn owner([account, profile, sub]: [&Expr; 3]) -> Expr {
    let (account, profile) = (id_tail(account.clone()), id_tail(profile.clone()));
    let other = when(profile.clone().eq(account.clone())).then(lit(NULL)).otherwise(profile);
    let join = concat_str([account, other], " ", true);
    coalesce(&[sub.clone().str().to_lowercase(), join])
}

/// The last part of an id in lower case: FOCUS files write whole paths.
pub(crate) fn id_tail(id: Expr) -> Expr {
    id.str().to_lowercase().str().extract(lit(r"([^/]+)/*$"), 1)
}

/// The billing account of a charge, in lower case: the extra column of FOCUS files where it is filled, otherwise the
/// account in the billing account's path, which may be that of a billing profile.
pub(crate) fn billing_account(extra: Expr, account: Expr) -> Expr {
    let account = named(account);
    let in_path = account.clone().str().to_lowercase().str().extract(lit("billingaccounts/([^/]+)"), 1);
    coalesce(&[id_tail(named(extra)), in_path, id_tail(account)])
}

/// The minute of its UTC day at which a moment lies; 0 where the text has no time of day.
pub(crate) fn minute_of_day(value: Expr) -> Expr {
    let value = value.str().strip_chars(lit("\u{feff} \t\r\n\""));
    let part = |group: usize, pattern: &str| {
        value.clone().str().extract(lit(pattern.to_owned()), group).cast(DataType::Int32).fill_null(lit(0))
    };
    let time = r"[T ](\d{2}):(\d{2})";
    let offset = r"[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?[+-](\d{2}):?(\d{2})?$";
    let sign = when(value.clone().str().contains(lit(r"[T ][^ ]*-\d{2}(?::?\d{2})?$"), true))
        .then(lit(-1))
        .otherwise(lit(1));
    let local = part(1, time) * lit(60) + part(2, time);
    let shift = sign * (part(1, offset) * lit(60) + part(2, offset));
    // A day of 1,440 minutes: what lies before midnight UTC belongs to the day before, which `day` gives.
    (local - shift + lit(2 * 1440)) % lit(1440)
}

/// What one invoice covers, in words with its id. Given are account, profile and subscription.
pub(crate) fn invoice_unit(agreement: Agreement, [account, profile, sub]: [&Expr; 3]) -> Expr {
    let named = |noun: &str, id: &Expr| lit(format!("{noun} ")) + id.clone();
    let by_account = named("billing account", account);
    let by_profile = named("billing profile", profile);
    let by_subscription = named("subscription", sub);
    match agreement {
        Agreement::PayAsYouGo => by_subscription,
        Agreement::EnterpriseAgreement => coalesce(&[by_account, by_subscription]),
        Agreement::CustomerAgreement | Agreement::Focus => {
            coalesce(&[by_profile, by_account, by_subscription])
        }
    }
}

/// What only an amortized file holds: unused commitments, or usage under one that costs something.
pub(crate) fn amortized_only() -> Expr {
    let usage = col("kind").eq(lit("usage"));
    col("kind").eq(lit("unused")).or(usage.and(col("committed")).and(col("nonzero")))
}

/// What only an actual file holds: the purchase of a commitment, at a price.
pub(crate) fn actual_only() -> Expr {
    col("kind").str().starts_with(lit("purchase")).and(col("committed")).and(col("nonzero"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn days(texts: &[&str]) -> Vec<Option<NaiveDate>> {
        let out = df!("t" => texts).unwrap().lazy().select([day(col("t"))]).collect().unwrap();
        out["t"].date().unwrap().as_date_iter().collect()
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

    fn shown(texts: &[&str], make: impl Fn(Expr) -> Expr) -> Vec<Option<String>> {
        let out = df!("t" => texts).unwrap().lazy().select([make(col("t")).alias("t")]).collect().unwrap();
        out["t"].str().unwrap().iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn what_means_none_is_null() {
        let zero = "00000000-0000-0000-0000-000000000000";
        let path = format!("/Subscriptions/{zero}");
        let none = ["", " ", "Unassigned", "-2", " -2 ", zero, &path, "Others", "NULL", "\u{feff}"];
        assert_eq!(shown(&none, named), vec![None; none.len()]);
        assert_eq!(shown(&none, sub_account), vec![None; none.len()]);
        let some = [" a ", "-20", "2", "/subscriptions/"];
        let expected = ["a", "-20", "2", "/subscriptions/"].map(|text| Some(text.to_owned()));
        assert_eq!(shown(&some, named), expected);
    }

    #[test]
    fn a_value_of_a_tag_means_what_it_says() {
        let expected = [Some("Others".to_owned()), Some("-2".to_owned()), None];
        assert_eq!(shown(&["Others", " -2", " "], filled), expected);
    }

    #[test]
    fn a_subscription_has_one_id_whichever_file_it_came_from() {
        let guid = "9EC51CFD-5CA7-4D76-8101-DD0A4ABC5674";
        let frame =
            df!("t" => [guid.to_owned(), format!("/Subscriptions/{guid}"), "123456789012".to_owned()])
                .unwrap();
        let out = frame.lazy().select([sub_account(col("t")).alias("t")]).collect().unwrap();
        let ids: Vec<_> = out["t"].str().unwrap().iter().flatten().map(str::to_owned).collect();
        assert_eq!(ids[0], format!("/subscriptions/{}", guid.to_lowercase()));
        assert_eq!((&ids[0], ids[2].as_str()), (&ids[1], "123456789012"));
    }
}
