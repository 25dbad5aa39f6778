//! What replies have in common: lists and their pages, money, days, and texts that mean nothing.

use crate::{
    Error, Reply, Request, Result, Transport,
    paging::{Rows, pages},
};
use billing::Amount;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use prices::Decimal;
pub(crate) use prices::decimal as amount;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;

/// An amount of a currency, as Microsoft.Billing writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// The currency's code.
    pub currency: String,
    /// How much.
    pub value: Amount,
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            currency: Option<String>,
            value: Decimal,
        }
        let wire = Wire::deserialize(deserializer)?;
        // Texts of currencies were seen with blanks behind them.
        Ok(Self { currency: wire.currency.unwrap_or_default().trim().to_owned(), value: wire.value.0 })
    }
}

/// A page of a list. Links stand beside the items or, in price sheets, inside `properties`.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    value: Vec<Box<RawValue>>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

/// The items of a list, page after page, each read on its own so that an error names its place.
pub(crate) async fn items<T: DeserializeOwned>(transport: &Transport, first: Request) -> Result<Vec<T>> {
    let (what, replies) = list(transport, first).await?;
    let mut items = Vec::new();
    for (number, reply) in replies.iter().enumerate() {
        for (place, raw) in page(reply, &what)?.value.iter().enumerate() {
            items.push(read(raw.get(), &what, number, place)?);
        }
    }
    Ok(items)
}

/// What reading a list whose pages were seen to overlap came to.
pub(crate) struct Overlapping<T> {
    pub items: Vec<T>,
    /// Records that a page repeated from the end of the one before, and that count once.
    pub repeated: usize,
    /// Borders of pages at which one record equals the next: it may be one, or two that are alike.
    pub doubtful: usize,
}

/// The same for lists whose pages were seen to overlap: where a page begins with the last two or more
/// records of the one before, to the letter, these count once. Equal records elsewhere are charges that are
/// alike, and all count.
pub(crate) async fn overlapping_items<T: DeserializeOwned>(
    transport: &Transport,
    first: Request,
) -> Result<Overlapping<T>> {
    let (what, replies) = list(transport, first).await?;
    let mut out = Overlapping { items: Vec::new(), repeated: 0, doubtful: 0 };
    let mut before: Vec<String> = Vec::new();
    for (number, reply) in replies.iter().enumerate() {
        let rows: Vec<String> = page(reply, &what)?.value.iter().map(|row| row.get().to_owned()).collect();
        let overlap = (1..=before.len().min(rows.len()))
            .rev()
            .find(|length| before[before.len() - length..] == rows[..*length])
            .unwrap_or(0);
        let skipped = if overlap > 1 { overlap } else { 0 };
        out.repeated += skipped;
        out.doubtful += usize::from(overlap == 1);
        for (place, raw) in rows.iter().enumerate().skip(skipped) {
            out.items.push(read(raw, &what, number, place)?);
        }
        before = rows;
    }
    Ok(out)
}

async fn list(transport: &Transport, first: Request) -> Result<(String, Vec<Reply>)> {
    let what = first.what();
    let replies = pages(transport, first, |reply| {
        let page = page(reply, &what)?;
        Ok((page.next_link, Rows::of(page.value.iter().map(|row| row.get()))))
    })
    .await?;
    Ok((what, replies))
}

fn page(reply: &Reply, what: &str) -> Result<Page> {
    // Nothing there: 204, or a body without a word.
    if reply.status == 204 || reply.body.is_empty() {
        return Ok(Page { value: Vec::new(), next_link: None });
    }
    reply.json(what)
}

fn read<T: DeserializeOwned>(raw: &str, what: &str, number: usize, place: usize) -> Result<T> {
    serde_json::from_str(raw).map_err(|error| {
        Error::bad_reply(what, format!("page {}, record {}: {error}", number + 1, place + 1))
    })
}

/// One thing.
pub(crate) async fn one<T: DeserializeOwned>(transport: &Transport, request: Request) -> Result<T> {
    let what = request.what();
    transport.call(&request).await?.json(&what)
}

/// The day of a date or moment; with an offset it is the UTC day. The year 1 means none.
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    moment(text).map(|time| time.date_naive())
}

/// The moment of a text, with or without zone and time of day; without a zone it is UTC.
pub(crate) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let time = DateTime::parse_from_rfc3339(text)
        .map(|time| time.with_timezone(&Utc))
        .ok()
        .or_else(|| text.parse::<NaiveDateTime>().ok().map(|time| time.and_utc()))
        .or_else(|| Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc()))?;
    (time.date_naive() > NaiveDate::from_ymd_opt(1, 12, 31)?).then_some(time)
}

/// Reads an optional text, with nothing where it is empty.
pub(crate) fn some<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// Reads an optional day, with nothing where there is none or the year is 1.
pub(crate) fn some_day<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<NaiveDate>, D::Error> {
    Ok(some(deserializer)?.as_deref().and_then(day))
}

/// Reads an optional number.
pub(crate) fn some_amount<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Amount>, D::Error> {
    Ok(Option::<Decimal>::deserialize(deserializer)?.map(|number| number.0))
}

/// Percent-encodes a value of a query.
pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_in_many_forms_and_the_year_one_is_none() {
        let read = |text: &str| day(text).map(|day| day.to_string());
        assert_eq!(read("2015-04-30T17:00:00-07:00").as_deref(), Some("2015-05-01"));
        assert_eq!(read("2018-02-01T00:00:00.0000000Z").as_deref(), Some("2018-02-01"));
        assert_eq!(read("2020-03-31T00:00:00").as_deref(), Some("2020-03-31"));
        assert_eq!(read("2017-04-26").as_deref(), Some("2017-04-26"));
        assert_eq!((read("0001-01-01T00:00:00Z"), read(""), read("soon")), (None, None, None));
    }

    #[test]
    fn money_loses_the_blanks_of_its_currency() {
        let money: Money = serde_json::from_str(r#"{"currency":"USD  ","value":-474.5}"#).unwrap();
        assert_eq!((money.currency.as_str(), money.value.to_string().as_str()), ("USD", "-474.5"));
    }

    #[test]
    fn values_of_a_query_are_encoded() {
        assert_eq!(encoded("a b'c&d=é"), "a%20b%27c%26d%3D%C3%A9");
    }
}
