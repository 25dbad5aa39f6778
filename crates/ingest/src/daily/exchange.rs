//! The rate that a charge was billed at, where its price is in another currency than its bill.

use crate::Result;
use polars::prelude::*;

/// What a unit of the pricing currency was billed at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exchange {
    /// The currency of the prices.
    pub pricing: String,
    /// Its rate, in the currency of the bill.
    pub rate: f64,
}

impl Exchange {
    /// The exchange that a line's texts tell; none where prices are in the currency of the bill.
    pub(crate) fn of(currency: Option<&str>, pricing: Option<&str>, rate: Option<&str>) -> Option<Self> {
        let pricing = pricing.filter(|pricing| Some(*pricing) != currency)?.to_owned();
        let rate = rate?.trim().parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate > 0.0)?;
        Some(Self { pricing, rate })
    }

    /// The exchange of each row of a table of lines.
    pub(crate) fn column(table: &DataFrame) -> Result<Vec<Option<Self>>> {
        let [currency, pricing, rate] =
            ["currency", "pricing", "rate"].map(|name| table.column(name).and_then(|column| column.str()));
        let (currency, pricing, rate) = (currency?, pricing?, rate?);
        Ok((0..table.height())
            .map(|row| Self::of(currency.get(row), pricing.get(row), rate.get(row)))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_needs_another_currency_and_a_rate() {
        let of = |pricing, rate| Exchange::of(Some("EUR"), pricing, rate).map(|own| own.rate);
        assert_eq!(of(Some("USD"), Some(" 0.92 ")), Some(0.92));
        assert_eq!((of(Some("EUR"), Some("1")), of(None, Some("0.9"))), (None, None));
        assert_eq!(
            (of(Some("USD"), Some("0")), of(Some("USD"), Some("x")), of(Some("USD"), None)),
            (None, None, None)
        );
    }
}
