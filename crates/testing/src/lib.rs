//! What tests of several crates need: files outside the project, and skips that show.
//!
//! A test that lacks what it needs calls [`skip`] and returns. The test harness keeps what passing tests print
//! to itself and counts them as passed, so the line goes to stderr past the harness, and `tests/run` moves the
//! test from "passed" to "skipped" in its closing line.
//!
//! ```no_run
//! fn reads_every_recorded_reply() {
//!     let Some(replies) = testing::shared("azure/fixtures") else { return };
//!     assert!(replies.is_dir());
//! }
//! ```

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
};

/// Where the files outside the project are, unless the variable of this name says otherwise.
pub const SHARED: &str = "FORECAST_SHARED";

/// A file or folder of the collection of official payloads and benchmark series, by its path in there.
///
/// The collection is the folder that [`SHARED`] names, otherwise `shared` beside the project. Without it this
/// skips the test and returns `None`.
///
/// # Panics
/// When [`SHARED`] is set and the path is absent: then somebody relies on these tests.
#[must_use]
pub fn shared(path: &str) -> Option<PathBuf> {
    let named = env::var_os(SHARED).map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let found = named.clone().unwrap_or_else(beside).join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(named.is_none(), "{SHARED} is set, but `{}` is absent", found.display());
    skip(&format!("`{path}` is absent; name its folder by {SHARED}"));
    None
}

/// Reports on stderr, past the test harness, that the running test is skipped and why.
pub fn skip(why: &str) {
    let line =
        format!("\nSKIPPED {}::{}: {why}\n", binary(), std::thread::current().name().unwrap_or("main"));
    // The macros of std write where the harness captures; a closed stderr only loses the line.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// The name of the running test binary without cargo's hash.
fn binary() -> String {
    let path = env::current_exe().unwrap_or_default();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    stem.rsplit_once('-').map_or(stem.clone(), |(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_binary_has_the_name_of_its_crate() {
        assert_eq!(super::binary(), "testing");
    }
}
