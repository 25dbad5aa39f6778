//! Any price file that this program reads; its content decides its form.

use crate::{
    Error, Result, read_price_sheet, read_private_csv, read_private_toml, read_rate_card, read_retail,
    retail_card,
};
use billing::PriceCard;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Reads a rate card, a reply of retail prices or a price sheet as the service writes it (JSON), or a private
/// card (TOML, CSV). The ending of `name` decides between CSV and TOML; `currency` is that of a rate card
/// that names none.
///
/// # Errors
/// [`Error::Unreadable`] with the place.
pub fn read_card(text: &[u8], name: &str, currency: Option<&str>) -> Result<PriceCard> {
    let what = &format!("`{name}`");
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        let keys: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(text).map_err(|error| Error::unreadable(what, error))?;
        return if keys.contains_key("Meters") {
            read_rate_card(text, what, currency)
        } else if keys.contains_key("Items") {
            retail_card(&read_retail(text, what)?, what)
        } else if keys.contains_key("properties") {
            read_price_sheet(text, what)
        } else {
            Err(Error::unreadable(what, "it is not a rate card, a reply of retail prices or a price sheet"))
        };
    }
    let text = std::str::from_utf8(text).map_err(|error| Error::unreadable(what, error))?;
    if name.to_lowercase().ends_with(".json") {
        return Err(Error::unreadable(what, "it is not a JSON object"));
    }
    if name.to_lowercase().ends_with(".csv") {
        read_private_csv(text, what)
    } else {
        read_private_toml(text, what)
    }
}
