//! The table of a family, and what it makes of the header of one file.

use crate::{Error, Result};
use billing::{Agreement, Metric};
use std::path::Path;

/// A row of a family's table: FOCUS column, and the (normalised) names that files use for it.
pub(super) type Row = (&'static str, &'static [&'static str]);

/// A kind of cost file.
#[derive(Debug)]
pub struct Family {
    /// Its name for `--family` and messages.
    pub name: &'static str,
    /// The agreement whose charges it lists.
    pub agreement: Agreement,
    /// FOCUS columns without which a file is not of this family.
    pub(super) required: &'static [&'static str],
    /// Columns (normalised names) that only this family has; they settle which of two fits.
    pub(super) telling: &'static [&'static str],
    /// FOCUS columns and the (normalised) names that files have for them.
    pub(super) table: &'static [Row],
}

/// Which column of one file is which FOCUS column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Normalised header names, in the file's order.
    header: Vec<String>,
    /// Place of each FOCUS column that the file has, in the family's order.
    places: Vec<(String, usize)>,
}

impl Family {
    /// A family of your own, for [`ForcedFamily`](crate::ForcedFamily); `docs/add-a-source.md` shows one.
    ///
    /// - `name`: what messages call it.
    /// - `agreement`: whose rules for periods and invoices hold; [`Agreement::Focus`] where none of
    ///   Azure's do.
    /// - `required`: FOCUS columns without which a file is refused; each must be in `table`.
    /// - `telling`: header names that no other family has. They matter for the families in
    ///   [`FAMILIES`](crate::FAMILIES) only, since only those are distinguished by their header.
    /// - `table`: FOCUS column, then the header names it may have, the preferred one first. Header
    ///   names are written in lower case without blanks and quotes; files may spell them otherwise.
    #[must_use]
    pub const fn new(
        name: &'static str,
        agreement: Agreement,
        required: &'static [&'static str],
        telling: &'static [&'static str],
        table: &'static [(&'static str, &'static [&'static str])],
    ) -> Self {
        Self { name, agreement, required, telling, table }
    }

    /// Refuses a file that lacks what this family needs.
    ///
    /// # Errors
    /// [`Error::UnknownHeader`].
    pub fn check(&self, path: &Path, header: &[String]) -> Result<()> {
        let missing = self.missing(header);
        if missing.is_empty() {
            return Ok(());
        }
        let named: Vec<_> =
            missing.iter().map(|column| format!("`{}`", self.names_of(column).join("` or `"))).collect();
        Err(Error::UnknownHeader {
            path: path.to_owned(),
            nearest: self.name.to_owned(),
            missing: named.join(", "),
            like_charges: is_like_charges(header),
        })
    }

    /// Where the FOCUS columns stand in a file with this header.
    #[must_use]
    pub fn layout(&self, header: Vec<String>) -> Layout {
        let places = self
            .table
            .iter()
            .filter_map(|(column, names)| {
                names
                    .iter()
                    .find_map(|name| header.iter().position(|h| h == name))
                    .map(|place| ((*column).to_owned(), place))
            })
            .collect();
        Layout { header, places }
    }

    fn names_of(&self, column: &str) -> &'static [&'static str] {
        self.table.iter().find(|(name, _)| *name == column).map_or(&[], |(_, names)| names)
    }

    pub(super) fn missing(&self, header: &[String]) -> Vec<&'static str> {
        let has = |column: &str| self.names_of(column).iter().any(|name| header.iter().any(|h| h == name));
        self.required.iter().copied().filter(|column| !has(column)).collect()
    }
}

impl Layout {
    /// The place of a FOCUS column in the file, or of any column by its own name.
    #[must_use]
    pub fn place(&self, column: &str) -> Option<usize> {
        let listed =
            self.places.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, place)| *place);
        listed.or_else(|| {
            let wanted = normalised(column);
            self.header.iter().position(|name| *name == wanted)
        })
    }

    /// Whether the file has the column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.place(column).is_some()
    }

    /// Number of columns of the file.
    #[must_use]
    pub fn width(&self) -> usize {
        self.header.len()
    }

    /// The FOCUS columns that the file has, in the family's order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|(name, _)| name.as_str())
    }

    /// The metrics that the file has columns for; of a classic file's one cost column it is settled
    /// elsewhere which metric it holds.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> {
        Metric::ALL.into_iter().filter(|metric| self.has(metric.column()))
    }

    /// A used column that stands twice in the header.
    #[must_use]
    pub fn duplicate(&self) -> Option<&str> {
        self.places
            .iter()
            .map(|(_, place)| self.header[*place].as_str())
            .find(|name| self.header.iter().filter(|other| other == name).count() > 1)
    }
}

/// Whether a header could be one of charges: an amount with a currency, or a date with a meter or subscription.
fn is_like_charges(header: &[String]) -> bool {
    let has = |words: &[&str]| header.iter().any(|name| words.iter().any(|word| name.contains(word)));
    has(&["cost", "amount", "price", "charge"]) && has(&["currency"])
        || has(&["date", "time", "day"]) && has(&["meter", "subscription", "subaccount"])
}

/// A header name as families list it: lower case, without blanks, quotes and marks, in English.
#[must_use]
pub fn normalised(name: &str) -> String {
    let inner = name
        .trim()
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('))
        .map_or(name, |(_, english)| english);
    inner
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{feff}' | '"' | '\''))
        .flat_map(char::to_lowercase)
        .collect()
}
