//! Whole runs on a small made-up export, compared with what a person has read and found right.
//!
//! A change of a forecaster changes figures here: look at the difference, then take the new text over.

#![expect(clippy::unwrap_used, reason = "what a test needs and does not find is its failure")]

mod files;
mod prices;
mod setup;
mod tables;
mod totals;
mod training;

use crate::support::TestContext;

/// A folder with the export `s`: four months of two subscriptions, up to the middle of October 2026.
fn sample() -> TestContext {
    let context = TestContext::new();
    context.sample("s", "--seed 7 --months 4 --subscriptions 2 --rows-per-day 30 --through 2026-10-17");
    context
}

/// Hands a text on for comparison, without what differs from version to version.
fn snapshot(text: &str, compare: impl FnOnce(&str)) {
    insta::with_settings!({ filters => vec![(r"\b[0-9a-f]{16}\b", "[run]")] }, {
        compare(text);
    });
}

/// The first lines of a text.
fn head(text: &str, lines: usize) -> String {
    text.lines().take(lines).collect::<Vec<_>>().join("\n")
}
