//! Charges: from the texts of a file to typed keys, days and amounts.

pub(crate) mod charge_table;
pub(crate) mod classify;
pub(crate) mod file_charges;
pub(crate) mod findings;
pub(crate) mod query;
pub(crate) mod typed_columns;
