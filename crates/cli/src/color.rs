//! Whether colour is used: asked for, or on a terminal that takes it.

use crate::{environment::variable, options::ColorChoice};

/// Whether to colour an output that goes to a terminal, or not.
pub fn uses_color(choice: ColorChoice, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            is_terminal
                && variable("NO_COLOR").is_none()
                && variable("TERM").is_none_or(|terminal| terminal != "dumb")
        }
    }
}
