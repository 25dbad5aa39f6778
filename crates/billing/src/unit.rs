//! The unit of a price: a block of something, such as `10 Hours`, `1M` or `100 GB/Month`.
//!
//! A price sheet or a retail price names a *block*: 100 Hours cost so much. Quantities of the usage service, of cost
//! exports and of tiers count such blocks, each in the unit that stands beside it (recorded exports of 2023: 0.1351 of
//! `10K` at 0.0005 each); a plan may count the thing itself. The two are the same number only where the block is 1.
//! Spellings differ by service and language, so that two units
//! are compared by their block and by the letters of their name.
//! Source: the spellings of price sheets and retail prices (FinOps toolkit, *PricingUnits*).

use crate::{Amount, Error, Result};
use std::{fmt, str::FromStr};

/// A block and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PricingUnit {
    text: String,
    block: u64,
    name: String,
}

/// Letters directly after a number, and their factors.
const MULTIPLIERS: [(char, u64); 3] = [('K', 1_000), ('M', 1_000_000), ('B', 1_000_000_000)];

/// Parts of names of measured (not counted) things, in lower case and without a plural's `s`.
const MEASURES: [&str; 16] = [
    "byte", "gb", "mb", "tb", "gib", "mib", "tib", "hour", "day", "week", "month", "year", "minute",
    "second", "million", "meter",
];

impl PricingUnit {
    /// The size of the block; 1 where the unit names none.
    #[must_use]
    pub fn block(&self) -> Amount {
        Amount::whole(self.block)
    }

    /// The thing that is counted, without the block: `Hours`, `GB/Month`; empty for a bare number.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A quantity of the thing, as blocks: 730 hours are 7.3 of `100 Hours`.
    #[must_use]
    pub fn in_blocks(&self, quantity: Amount) -> Amount {
        quantity.divided_by(self.block)
    }

    /// Whether both count the same thing, whatever their blocks: `10 Hours` and `1 Hour` do. A bare number
    /// counts pieces of any kind (requests, keys), but nothing that is measured.
    #[must_use]
    pub fn counts_like(&self, other: &Self) -> bool {
        let (own, others) = (plain(&self.name), plain(&other.name));
        let is_measured =
            |name: &str| name.contains(['/', '0']) || MEASURES.iter().any(|part| name.contains(part));
        own == others || own.is_empty() && !is_measured(&others) || others.is_empty() && !is_measured(&own)
    }
}

impl FromStr for PricingUnit {
    type Err = Error;

    /// # Errors
    /// [`Error::PricingUnit`] for a block of 0, or one that is too large.
    ///
    /// ```
    /// use billing::PricingUnit;
    /// let block = |text: &str| text.parse::<PricingUnit>().map(|unit| (unit.block().to_string(), unit.name().to_owned()));
    /// assert_eq!(block("100 Hours").unwrap(), ("100".to_owned(), "Hours".to_owned()));
    /// assert_eq!(block("10K/Month").unwrap(), ("10000".to_owned(), "/Month".to_owned()));
    /// assert_eq!(block("10,000s").unwrap(), ("1".to_owned(), "10,000s".to_owned()));
    /// assert_eq!(block("GB").unwrap(), ("1".to_owned(), "GB".to_owned()));
    /// assert!(block("0 GB").is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        // `10,000s` is a thing of its own: what is counted are ten thousands.
        if text.strip_suffix('s').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == ',')) {
            return Ok(Self { text: text.to_owned(), block: 1, name: text.to_owned() });
        }
        let refused = || Error::PricingUnit(text.to_owned());
        let end = text.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(text.len());
        let (number, mut rest) = text.split_at(end);
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let mut block: u64 = if digits.is_empty() { 1 } else { digits.parse().map_err(|_| refused())? };
        if !digits.is_empty() {
            // `10K` and `1M Queries` are multiplied; `10 K` and `1 MB` are names.
            let mut letters = rest.chars();
            let first = letters.clone().next().map(|letter| if letter == 'k' { 'K' } else { letter });
            let multiplier = MULTIPLIERS.iter().find(|(letter, _)| first == Some(*letter));
            letters.next();
            let ends_there = !letters.clone().next().is_some_and(char::is_alphanumeric);
            if let Some((_, times)) = multiplier.filter(|_| ends_there) {
                block = block.checked_mul(*times).ok_or_else(refused)?;
                rest = letters.as_str();
            }
        }
        if block == 0 {
            return Err(refused());
        }
        Ok(Self { text: text.to_owned(), block, name: rest.trim().to_owned() })
    }
}

impl fmt::Display for PricingUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

/// The letters of a name, in lower case, without plural suffixes. A month's worth of
/// hours and the like stay apart by their slash.
fn plain(name: &str) -> String {
    let mut parts = name.split('/').map(|part| {
        let letters: String =
            part.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let letters = if letters == "hrs" || letters == "hr" { "hour".to_owned() } else { letters };
        letters.strip_suffix('s').map_or(letters.clone(), str::to_owned)
    });
    let first = parts.next().unwrap_or_default();
    let first = if first == "unit" || first == "count" { String::new() } else { first };
    parts.fold(first, |all, part| all + "/" + &part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(text: &str) -> PricingUnit {
        text.parse().unwrap()
    }

    #[test]
    fn letters_after_a_number_multiply_it_only_when_they_stand_alone() {
        let block = |text: &str| (unit(text).block, unit(text).name);
        assert_eq!(block("1M Queries"), (1_000_000, "Queries".to_owned()));
        assert_eq!(block("1B"), (1_000_000_000, String::new()));
        assert_eq!(block("1 MB"), (1, "MB".to_owned()));
        assert_eq!(block("100 GB/Month"), (100, "GB/Month".to_owned()));
        assert_eq!(block("1/Hour"), (1, "/Hour".to_owned()));
        assert_eq!(block("10"), (10, String::new()));
        assert_eq!(block("1,000,000s"), (1, "1,000,000s".to_owned()));
        assert_eq!(block("1,000 Transactions"), (1_000, "Transactions".to_owned()));
        assert_eq!(block("Azure Endpoints"), (1, "Azure Endpoints".to_owned()));
    }

    #[test]
    fn a_quantity_is_divided_by_the_block_and_by_nothing_else() {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        assert_eq!(unit("100 Hours").in_blocks(amount("730")), amount("7.3"));
        assert_eq!(unit("1 Hour").in_blocks(amount("0.000000000000000001")), amount("0.000000000000000001"));
    }

    #[test]
    fn plurals_and_blocks_do_not_keep_units_apart_and_months_do() {
        assert!(unit("10 Hours").counts_like(&unit("1 Hour")));
        assert!(unit("1 GB").counts_like(&unit("GB")) && unit("10K").counts_like(&unit("1M Requests")));
        assert!(!unit("1 GB/Month").counts_like(&unit("1 GB")));
        assert!(!unit("1 Hour").counts_like(&unit("1 GB")));
        assert!(!unit("GB").counts_like(&unit("1M")) && !unit("1").counts_like(&unit("10,000s")));
        assert!(unit("10k").counts_like(&unit("1M")) && unit("10k").block == 10_000);
    }

    #[test]
    fn a_block_of_nothing_or_beyond_any_is_refused() {
        assert!("0".parse::<PricingUnit>().unwrap_err().to_string().contains("`0`"));
        assert!("99999999999999999999 Hours".parse::<PricingUnit>().is_err());
        assert!("9999999999999B".parse::<PricingUnit>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9,KMBs /a-z]{0,12}") {
            if let Ok(unit) = text.parse::<PricingUnit>() {
                prop_assert!(unit.block > 0 && unit.counts_like(&unit));
            }
        }
    }
}
