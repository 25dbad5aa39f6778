//! Columns side by side: two blanks apart, without lines, one line a row.
//!
//! The widths, the alignment and the cutting of long names are comfy-table's, which knows how wide a
//! character is on a terminal. Rules are drawn by whoever prints the lines.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, TableStyle, Width};
use std::collections::BTreeMap;

/// Blanks between two columns.
pub(crate) const GAP: usize = 2;

/// What stands above a column, and to which side the column leans.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    pub(crate) text: String,
    pub(crate) right: bool,
}

/// Laid-out lines; those of the body are as many as there were rows.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) header: Vec<String>,
    pub(crate) body: Vec<String>,
    /// Characters from the first column to the end of the last.
    pub(crate) width: usize,
}

/// Lays rows out; the first column is cut to `first_width` where that is given.
pub(crate) fn grid(headings: &[Heading], rows: Vec<Vec<String>>, first_width: Option<usize>) -> Grid {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|heading| Cell::new(&heading.text)).collect::<Vec<_>>());
    let count = rows.len();
    for cells in rows {
        // A control character left in a cell could steer the terminal, whatever it came from.
        let steers = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}');
        let clean = |cell: String| cell.replace(steers, " ");
        let mut row = Row::from(cells.into_iter().map(clean).collect::<Vec<_>>());
        row.max_height(1);
        table.add_row(row);
    }
    for (place, (column, heading)) in table.column_iter_mut().zip(headings).enumerate() {
        column.set_padding((if place == 0 { 0 } else { GAP as u16 }, 0));
        column.set_cell_alignment(if heading.right { CellAlignment::Right } else { CellAlignment::Left });
        // Names are cut at the character that no longer fits, not at the last word that does.
        column.set_delimiter('\n');
    }
    if let (Some(width), Some(first)) = (first_width, table.column_mut(0)) {
        first.set_constraint(ColumnConstraint::Absolute(Width::Fixed(narrow(width))));
    }
    let mut header: Vec<String> = table.lines().collect();
    let body = header.split_off(header.len() - count);
    let widths = table.column_max_content_widths();
    let rest: usize = widths.iter().skip(1).map(|&width| usize::from(width) + GAP).sum();
    let first = first_width.unwrap_or_else(|| widths.first().map_or(0, |&width| width.into()));
    Grid { header, body, width: first + rest }
}

/// How many characters wide the widest text is on a terminal.
pub(crate) fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    let mut table = Table::new();
    // A column of comfy-table is never narrower than one character; one of empty texts is here.
    for text in texts.filter(|text| !text.is_empty()) {
        table.add_row([text]);
    }
    table.column_max_content_widths().first().map_or(0, |&width| width.into())
}

/// Cuts names in the middle that would look the same once their ends are cut, such as ids.
pub(crate) fn told_apart(names: Vec<String>, width: usize) -> Vec<String> {
    // A name in other scripts has characters of two places; ids, which need this, do not.
    let start = |name: &str| (name.is_ascii() && name.len() > width).then(|| name[..width - 1].to_owned());
    let mut starts: BTreeMap<String, usize> = BTreeMap::new();
    for start in names.iter().filter_map(|name| start(name)) {
        *starts.entry(start).or_default() += 1;
    }
    let is_alike = |name: &str| start(name).is_some_and(|start| starts.get(&start) > Some(&1));
    let cut = |name: String| match is_alike(&name) {
        true => {
            let tail = width / 2;
            format!("{}…{}", &name[..width - 1 - tail], &name[name.len() - tail..])
        }
        false => name,
    };
    names.into_iter().map(cut).collect()
}

/// A text broken between words into lines of at most `width` characters.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(narrow(width.max(1)));
    table.add_row([text]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 0));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn narrow(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(text: &str, right: bool) -> Heading {
        Heading { text: text.to_owned(), right }
    }

    fn row(cells: [&str; 2]) -> Vec<String> {
        cells.map(str::to_owned).into()
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let rows = vec![row(["東京", "1.00"]), row(["  Größe", "\u{2061}10.00\u{2063}"])];
        let laid = grid(&[heading("", false), heading("So\nfar", true)], rows, None);
        assert_eq!(laid.header, ["            So", "           far"]);
        assert_eq!(laid.body, ["東京      1.00", "  Größe  \u{2061}10.00\u{2063}"]);
        assert_eq!(laid.width, 14);
    }

    #[test]
    fn a_long_name_is_cut_with_an_ellipsis() {
        let rows = vec![row(["Data platform subscription", "1"]), row(["東京東京東京", "2"])];
        let laid = grid(&[heading("", false), heading("n", true)], rows, Some(9));
        assert_eq!(laid.body, ["Data pla…  1", "東京東京…  2"]);
        assert_eq!(laid.width, 12);
    }

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(widest(["", "東京 a", "abc"].into_iter()), 6);
        assert_eq!(widest([""].into_iter()), 0);
    }

    #[test]
    fn names_that_begin_alike_are_cut_in_the_middle() {
        let cut = |names: &[&str], width| told_apart(names.iter().map(|n| (*n).to_owned()).collect(), width);
        assert_eq!(cut(&["0000-0001", "0000-0002", "abcdefghijk"], 7), ["000…001", "000…002", "abcdefghijk"]);
        assert_eq!(cut(&["0000-0001", "0000-0002"], 9), ["0000-0001", "0000-0002"]);
        assert_eq!(cut(&["aa", "ab"], 1), ["…", "…"]);
    }
}
