//! Headers of CSV files.

use crate::{Error, Result};

/// Refuses a file whose header is one cell with semicolons in it, as some spreadsheets write.
pub(crate) fn refuse_semicolons(headers: &csv::StringRecord, what: &str) -> Result<()> {
    match headers.get(0) {
        Some(only) if headers.len() == 1 && only.contains(';') => {
            Err(Error::unreadable(what, "its columns are separated by `;`; save it with `,`"))
        }
        _ => Ok(()),
    }
}
