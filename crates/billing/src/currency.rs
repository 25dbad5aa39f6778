//! A billing currency: its code, and how many digits its amounts have.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A currency code, trimmed and in upper case.
///
/// Any text is kept (files of other clouds and of test tenants hold codes that ISO 4217 does not
/// list); the standard is asked only for the minor unit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

impl Currency {
    /// The code, such as `EUR`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }

    /// Digits after the decimal point of an amount on an invoice; 2 where ISO 4217 knows none.
    ///
    /// ```
    /// assert_eq!("JPY".parse::<billing::Currency>().unwrap().minor_digits(), 0);
    /// ```
    #[must_use]
    pub fn minor_digits(&self) -> u32 {
        iso_currency::Currency::from_code(&self.0).and_then(|c| c.exponent()).map_or(2, u32::from)
    }

    /// Whether ISO 4217 lists the code.
    #[must_use]
    pub fn is_iso(&self) -> bool {
        iso_currency::Currency::from_code(&self.0).is_some()
    }
}

impl FromStr for Currency {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let code = text.trim().to_uppercase();
        if code.is_empty() { Err(Error::NoCurrency) } else { Ok(Self(code)) }
    }
}

impl TryFrom<String> for Currency {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_trimmed_and_in_upper_case() {
        assert_eq!("USD  ".parse::<Currency>().unwrap().code(), "USD");
        assert_eq!("eur".parse::<Currency>().unwrap(), "EUR".parse().unwrap());
        assert_eq!("  ".parse::<Currency>(), Err(Error::NoCurrency));
    }

    #[test]
    fn a_code_outside_the_standard_is_kept_with_two_digits() {
        let made_up: Currency = "MC".parse().unwrap();
        assert_eq!((made_up.minor_digits(), made_up.is_iso()), (2, false));
        assert_eq!("KWD".parse::<Currency>().unwrap().minor_digits(), 3);
    }
}
