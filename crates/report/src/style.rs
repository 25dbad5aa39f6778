//! Colour in tables for people, as ANSI codes; without it the same characters are printed.
//!
//! A table is laid out by the width of what is seen. So a cell that wants a colour carries marks
//! that have no width, and they become codes (which would count) only after the layout.

use crate::number_format::printable;

const RED: char = '\u{2061}';
const GREEN: char = '\u{2062}';
const END: char = '\u{2063}';

/// What the terminal can show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableStyle {
    /// Characters a line.
    pub width: usize,
    /// Whether ANSI colours are wanted.
    pub color: bool,
}

impl TableStyle {
    /// 80 characters without colour, as for a file or a pipe.
    pub const PLAIN: TableStyle = TableStyle { width: 80, color: false };

    /// A whole line in bold.
    pub(crate) fn bold(self, line: &str) -> String {
        self.wrapped(line, "\u{1b}[1m", "\u{1b}[22m")
    }

    /// A title in bold. It may hold names of the data, such as a currency, so that it is made printable.
    pub(crate) fn title(self, text: &str) -> String {
        self.bold(&printable(text))
    }

    /// A whole line that steps back.
    pub(crate) fn dim(self, line: &str) -> String {
        self.wrapped(line, "\u{1b}[2m", "\u{1b}[22m")
    }

    /// A cell in red: costs more, or went wrong.
    pub(crate) fn red(self, cell: &str) -> String {
        self.marked(cell, RED)
    }

    /// A cell in green: costs less.
    pub(crate) fn green(self, cell: &str) -> String {
        self.marked(cell, GREEN)
    }

    /// A laid-out line, its marks turned into codes and blanks at its end cut.
    pub(crate) fn finished(self, line: &str) -> String {
        let line = line.trim_end();
        if !self.color {
            return line.to_owned();
        }
        line.replace(RED, "\u{1b}[31m").replace(GREEN, "\u{1b}[32m").replace(END, "\u{1b}[39m")
    }

    fn marked(self, cell: &str, mark: char) -> String {
        if self.color && !cell.is_empty() { format!("{mark}{cell}{END}") } else { cell.to_owned() }
    }

    fn wrapped(self, line: &str, on: &str, off: &str) -> String {
        if self.color { format!("{on}{line}{off}") } else { line.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_added() {
        let plain = TableStyle::PLAIN;
        assert_eq!(plain.finished(&plain.red("+4 %  ")), "+4 %");
        assert_eq!(plain.bold("x"), "x");
    }

    #[test]
    fn with_colour_marks_become_codes() {
        let colourful = TableStyle { width: 80, color: true };
        assert_eq!(colourful.finished(&colourful.green("-4 %")), "\u{1b}[32m-4 %\u{1b}[39m");
        assert_eq!(colourful.dim("x"), "\u{1b}[2mx\u{1b}[22m");
    }
}
