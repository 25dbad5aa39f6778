//! What a reader should know beside the numbers, as data: how serious, of which kind, in words.

/// How serious a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Part of reading the numbers; printed below the table.
    Note,
    /// Something is wrong with the input; printed to stderr as well.
    Warning,
}

impl Severity {
    /// The value in the JSON envelope.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How serious it is.
    pub severity: Severity,
    /// A stable name of its kind, such as `missing_days`.
    pub kind: &'static str,
    /// The finding in words, without a capital letter or full stop.
    pub text: String,
}

impl Finding {
    /// A note.
    #[must_use]
    pub fn note(kind: &'static str, text: impl Into<String>) -> Self {
        Self { severity: Severity::Note, kind, text: text.into() }
    }

    /// A warning.
    #[must_use]
    pub fn warning(kind: &'static str, text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, kind, text: text.into() }
    }

    /// Whether it is a warning.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.severity == Severity::Warning
    }
}
