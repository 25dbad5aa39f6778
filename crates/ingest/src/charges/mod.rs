//! Charges: from the texts of a file to typed keys, days and amounts.

pub(crate) mod charge_table;
pub(crate) mod file_charges;
pub(crate) mod findings;
pub(crate) mod key_columns;
pub(crate) mod query;
pub(crate) mod text_meanings;
