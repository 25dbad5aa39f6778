//! Which files there are, and which of them form an export run.

pub(crate) mod manifest;
pub(crate) mod remote;
pub(crate) mod runs;
pub(crate) mod scope;
pub(crate) mod source;
