//! Numbers of JSON as exact decimals: from their text, never through a float.

use billing::Amount;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

/// A JSON number, or the text of one, to 18 digits after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(pub Amount);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <Box<RawValue>>::deserialize(deserializer)?;
        let text = raw.get().trim_matches('"');
        text.parse().map(Self).map_err(|_| D::Error::custom(format!("`{text}` is not a number")))
    }
}

/// Reads a field of JSON as an exact amount, for `#[serde(deserialize_with)]`.
///
/// # Errors
/// For a value that is not a number.
pub fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
    Decimal::deserialize(deserializer).map(|Decimal(amount)| amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_number_counts() {
        let read =
            |text: &str| serde_json::from_str::<Decimal>(text).map(|Decimal(amount)| amount.to_string());
        assert_eq!(read("0.0000047262835770146208772526").unwrap(), "0.000004726283577015");
        assert_eq!(read("1.5E-05").unwrap(), "0.000015");
        assert_eq!(read("24").unwrap(), "24");
        assert_eq!(read("\"1024.0\"").unwrap(), "1024");
        assert!(
            read("null").is_err()
                && read("\"NaN\"").is_err()
                && read("1e400").is_err()
                && read("[]").is_err()
        );
    }
}
