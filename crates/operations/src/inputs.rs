//! Inputs as paths on this machine: what lies in storage is copied first, where this build can.

use crate::{Error, Finding, Host, Result};
use ingest::ReadOptions;

/// The inputs with every address replaced by copies here: of what a question with these options needs, or
/// of whole files where none are given.
///
/// # Errors
/// No input; storage that cannot be read.
pub(crate) fn localised(
    inputs: &[String],
    options: Option<&ReadOptions>,
    host: &Host<'_>,
) -> Result<(Vec<String>, Vec<Finding>)> {
    if inputs.is_empty() {
        return Err(Error::usage("name the cost exports to read: files, folders or patterns"));
    }
    #[cfg(feature = "storage")]
    return crate::ingest::blob_cache::localised(inputs, options, host);
    #[cfg(not(feature = "storage"))]
    {
        let _ = (options, host);
        Ok((inputs.to_vec(), Vec::new()))
    }
}
