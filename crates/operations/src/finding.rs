//! What an operation has to say besides its result: findings with a severity. They are data; whoever
//! calls the operation decides what is shown.

use ingest::Controls;

/// How many malformed rows are shown.
const SHOWN_ROWS: usize = 5;

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// What was read and decided, for whoever reconciles a number.
    Detail,
    /// Something may be wrong with the result.
    Warning,
    /// Costs were left out: shown even where warnings are not.
    Loss,
    /// A part of the operation failed.
    Error,
}

/// One thing that was found, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is, in one line without a full stop.
    pub text: String,
}

impl Finding {
    /// What was read or decided.
    pub fn detail(text: impl Into<String>) -> Self {
        Self { severity: Severity::Detail, text: text.into() }
    }

    /// Something may be wrong.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, text: text.into() }
    }

    /// Costs were left out.
    pub fn loss(text: impl Into<String>) -> Self {
        Self { severity: Severity::Loss, text: text.into() }
    }

    /// A part failed.
    pub fn error(text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, text: text.into() }
    }

    /// What reading found: control totals, warnings, and the rows that could not be read.
    #[must_use]
    pub fn of_controls(controls: &Controls) -> Vec<Self> {
        let mut found: Vec<Self> = controls.lines().into_iter().map(Self::detail).collect();
        found.extend(controls.warnings().into_iter().map(Self::warning));
        if controls.malformed_rows() > 0 {
            let rows = match controls.malformed_rows() {
                1 => "1 malformed row is".to_owned(),
                more => format!("{more} malformed rows are"),
            };
            found.push(Self::loss(format!("{rows} left out:")));
            found.extend(controls.malformed_lines(SHOWN_ROWS).into_iter().map(Self::loss));
        }
        found
    }
}
