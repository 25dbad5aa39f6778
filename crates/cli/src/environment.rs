//! Variables of the environment.

/// A variable of the environment; blank ones count as absent.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
