//! Dimensions: what costs can be grouped and filtered by, and under which column they are shown.
//!
//! Short names stand for FOCUS columns; any FOCUS column name can be given itself; `tag:KEY` is a key
//! inside the tags. Ids, resource groups, regions and tag *keys* are compared without case.

use crate::{Error, Result, dimension_names::SHORT};

/// The column of services.
pub(crate) const SERVICE: &str = "ServiceName";
/// The column of meters.
pub(crate) const METER: &str = "x_SkuMeterId";
/// The column in which a purchase is described.
pub(crate) const PRODUCT: &str = "ChargeDescription";

/// The column of how many months a purchase is paid for.
pub(crate) const TERM: &str = "x_SkuTerm";

/// A property by which charges are grouped and filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// A column of the charge frame.
    Column(String),
    /// A key inside the tags.
    Tag(String),
}

impl Dimension {
    /// The dimension of that name. Whether any file has it shows when the files are read.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name.split_once(':') {
            Some((prefix, key)) if prefix.eq_ignore_ascii_case("tag") => Self::Tag(key.trim().to_owned()),
            _ => {
                let wanted = name.trim();
                let known = SHORT.iter().find(|(short, column)| {
                    short.eq_ignore_ascii_case(wanted) || column.eq_ignore_ascii_case(wanted)
                });
                Self::Column(known.map_or_else(|| wanted.to_owned(), |(_, column)| (*column).to_owned()))
            }
        }
    }

    /// The name of its column in results.
    #[must_use]
    pub fn column(&self) -> String {
        match self {
            Self::Column(name) => name.clone(),
            Self::Tag(key) => format!("x_Tag_{key}"),
        }
    }

    /// Dimensions by which bills are cut into parts, whatever is asked: services, meters, and products and terms of
    /// purchases.
    #[must_use]
    pub fn of_bills() -> [Self; 4] {
        [SERVICE, METER, PRODUCT, TERM].map(|column| Self::Column(column.to_owned()))
    }

    /// Whether it follows from the kind of a charge instead of being a column of files.
    pub(crate) fn is_derived(&self) -> bool {
        matches!(self, Self::Column(name) if name == "x_ChargeKind" || name == "ChargeCategory")
    }

    /// Whether values differing in case only are one value.
    pub(crate) fn ignores_case(&self) -> bool {
        matches!(self, Self::Column(name) if name.ends_with("Id") || name == "x_ResourceGroupName")
    }
}

/// `DIM=VALUE`: only charges with that value. Several values of one dimension are alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The dimension.
    pub dimension: Dimension,
    /// The value, compared without case; empty for charges without one.
    pub value: String,
}

impl Filter {
    /// Reads `DIM=VALUE`.
    ///
    /// # Errors
    /// [`Error::BadFilter`], [`Error::TagWithoutKey`].
    pub fn parse(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => match Dimension::parse(name) {
                Dimension::Tag(key) if key.is_empty() => Err(Error::TagWithoutKey(text.to_owned())),
                dimension => Ok(Self { dimension, value: value.trim().to_owned() }),
            },
            _ => Err(Error::BadFilter(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_and_focus_names_mean_the_same() {
        assert_eq!(Dimension::parse("service"), Dimension::parse("servicename"));
        assert_eq!(Dimension::parse("Tag:Env"), Dimension::Tag("Env".into()));
        assert_eq!(Dimension::parse("tag:cost center").column(), "x_Tag_cost center");
        assert_eq!(Dimension::parse("x_CostCenter").column(), "x_CostCenter");
    }

    #[test]
    fn a_filter_needs_a_dimension_and_may_have_no_value() {
        assert!(Filter::parse("prod").is_err() && Filter::parse("=x").is_err());
        assert!(Filter::parse("tag:=7").is_err() && Filter::parse("tag: =7").is_err());
        assert_eq!(Filter::parse("tag:env=").unwrap().value, "");
        assert_eq!(Filter::parse("service=a=b").unwrap().value, "a=b");
    }
}
