//! Which columns the forecast table shows, and how closely set, on a terminal of a given width.
//!
//! The forecast, its range, what was charged so far, the change and the daily shape should all be
//! there at 80 characters. Where they do not fit, the name and the sparkline give way first, then the
//! minor unit of large amounts (the title says so), and only then whole columns, the least important
//! first. A wider terminal shows more columns.

use crate::{
    TableStyle,
    layout::{GAP, Heading},
    number_format::{change, grouped, printable},
    sparkline,
};
use billing::{AMOUNT_SCALE, Amount};
use forecast::{GroupTotal, Status};

/// Ends of a range from here on are shown without the minor unit: it would say nothing.
const WHOLE_RANGE_FROM: Amount = whole(1_000);
/// Blocks whose largest total is at least this may be shown without the minor unit.
const WHOLE_BLOCK_FROM: Amount = whole(10_000);
/// Columns beyond the essential ones leave the names this much.
const NAME_WIDTH_BESIDE_MORE: usize = 32;

/// The forecaster of whoever asks for none.
const DEFAULT_MODEL: &str = "default";

/// The columns, in the order in which they stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Field {
    Actual,
    Total,
    Range80,
    Range95,
    Previous,
    Change,
    Trend,
    Model,
    Status,
}

impl Field {
    /// Shown at 80 characters, the most important first.
    const ESSENTIAL: [Field; 6] =
        [Self::Total, Self::Status, Self::Range80, Self::Actual, Self::Change, Self::Trend];
    /// Shown where there is room.
    const MORE: [Field; 3] = [Self::Previous, Self::Range95, Self::Model];

    pub(crate) fn heading(self) -> Heading {
        let (text, right) = match self {
            Self::Actual => ("Actual\nso far", true),
            Self::Total => ("Expected\ntotal", true),
            Self::Range80 => ("\n80 % range", true),
            Self::Range95 => ("\n95 % range", true),
            Self::Previous => ("Last\ncycle", true),
            Self::Change => ("vs last\ncycle", true),
            Self::Trend => ("\nDaily", false),
            Self::Model => ("\nModel", false),
            Self::Status => ("\n", false),
        };
        Heading { text: text.to_owned(), right }
    }
}

/// How closely a block is set.
#[derive(Clone, Copy)]
struct Setting {
    /// Digits of amounts after the point.
    digits: u32,
    spark_width: usize,
    /// Names are not cut below this.
    name_width: usize,
}

/// The columns of a block, as they stand.
pub(crate) struct Columns {
    pub(crate) columns: Vec<TableColumn>,
    /// What is left for the names.
    pub(crate) name_width: usize,
    /// Whether amounts are shown without the minor unit that they have.
    pub(crate) in_whole_units: bool,
}

/// The cells of a column, with the width of what is seen of them.
pub(crate) struct TableColumn {
    pub(crate) field: Field,
    pub(crate) cells: Vec<String>,
    width: usize,
    has_content: bool,
}

/// The columns that have something to say, as many as fit beside the names.
pub(crate) fn columns_that_fit(
    rows: &[&GroupTotal],
    digits: u32,
    widest_name: usize,
    style: TableStyle,
) -> Columns {
    let mut settings = vec![
        Setting { digits, spark_width: 14, name_width: 24 },
        Setting { digits, spark_width: 7, name_width: 16 },
    ];
    let is_large = rows.iter().filter_map(|row| row.point()).any(|total| size(total) >= WHOLE_BLOCK_FROM);
    if is_large && digits > 0 {
        settings.push(Setting { digits: 0, spark_width: 7, name_width: 12 });
    }
    let mut best = (Vec::new(), digits);
    for setting in settings {
        let (columns, is_complete) = setting.columns(rows, widest_name, style);
        best = (columns, setting.digits);
        if is_complete {
            break;
        }
    }
    let (mut columns, shown_digits) = best;
    columns.sort_by_key(|column| column.field);
    let taken: usize = columns.iter().map(|column| column.width + GAP).sum();
    let name_width = widest_name.min(style.width.saturating_sub(taken).max(1));
    Columns { columns, name_width, in_whole_units: shown_digits < digits }
}

impl Setting {
    /// The columns that fit, and whether every essential one is among them.
    fn columns(
        self,
        rows: &[&GroupTotal],
        widest_name: usize,
        style: TableStyle,
    ) -> (Vec<TableColumn>, bool) {
        let mut left = style.width.saturating_sub(widest_name.min(self.name_width));
        let mut chosen = Vec::new();
        let mut is_complete = true;
        for field in Field::ESSENTIAL {
            let column = self.column(field, rows, style);
            let needed = column.width + GAP;
            // The forecast itself and its status are shown however narrow the terminal is.
            let must = matches!(field, Field::Total | Field::Status);
            if column.has_content && (must || needed <= left) {
                is_complete &= needed <= left;
                left = left.saturating_sub(needed);
                chosen.push(column);
            } else {
                is_complete &= !column.has_content;
            }
        }
        let longer_names = widest_name.min(NAME_WIDTH_BESIDE_MORE).saturating_sub(self.name_width);
        left = left.saturating_sub(longer_names);
        for field in Field::MORE.into_iter().filter(|_| is_complete) {
            let column = self.column(field, rows, style);
            let needed = column.width + GAP;
            if column.has_content && needed <= left {
                left -= needed;
                chosen.push(column);
            }
        }
        (chosen, is_complete)
    }

    fn column(self, field: Field, rows: &[&GroupTotal], style: TableStyle) -> TableColumn {
        let money = |amount: Option<Amount>| amount.map(|a| grouped(a, self.digits)).unwrap_or_default();
        let each = |cell: &dyn Fn(&GroupTotal) -> String| rows.iter().map(|row| cell(row)).collect();
        let plain: Vec<String> = match field {
            Field::Actual => each(&|row| money(row.actual_to_date())),
            // A forecast that is not there is marked: an empty place could be an oversight.
            Field::Total => {
                each(&|row| row.point().map_or_else(|| "–".to_owned(), |total| money(Some(total))))
            }
            Field::Range80 => self.ranges(rows.iter().map(|row| interval(row, 0.8))),
            Field::Range95 => self.ranges(rows.iter().map(|row| interval(row, 0.95))),
            Field::Previous => each(&|row| money(row.previous)),
            Field::Change => {
                each(&|row| row.point().zip(row.previous).map(|(t, p)| change(t, p)).unwrap_or_default())
            }
            Field::Trend => each(&|row| sparkline(&row.trend, self.spark_width)),
            // Where each row is the default's there is nothing to tell.
            Field::Model if rows.iter().all(|row| row.model == DEFAULT_MODEL) => each(&|_| String::new()),
            Field::Model => each(&|row| printable(&row.model)),
            Field::Status => {
                each(&|row| if row.status == Status::Ok { String::new() } else { row.status.to_string() })
            }
        };
        let characters = |text: &str| text.chars().count();
        let content_width = plain.iter().map(|text| characters(text)).max().unwrap_or(0);
        let heading_width = field.heading().text.lines().map(characters).max().unwrap_or(0);
        TableColumn {
            field,
            cells: plain.into_iter().map(|text| inked(field, text, style)).collect(),
            width: content_width.max(heading_width),
            has_content: content_width > 0,
        }
    }

    /// Ranges such as `1,234 – 1,456`, their dashes below one another.
    fn ranges(self, ends: impl Iterator<Item = Option<(Amount, Amount)>>) -> Vec<String> {
        let texts: Vec<Option<(String, String)>> = ends
            .map(|ends| {
                let (lower, upper) = ends?;
                let digits = if size(lower).max(size(upper)) >= WHOLE_RANGE_FROM { 0 } else { self.digits };
                Some((grouped(lower, digits), grouped(upper, digits)))
            })
            .collect();
        let width = texts.iter().flatten().map(|(_, upper)| upper.len()).max().unwrap_or(0);
        texts
            .into_iter()
            .map(|ends| ends.map(|(lower, upper)| format!("{lower} – {upper:>width$}")).unwrap_or_default())
            .collect()
    }
}

/// The ends of an interval that holds this share; `None` without a forecast, or where nothing is uncertain.
fn interval(row: &GroupTotal, share: f64) -> Option<(Amount, Amount)> {
    let total = row.total.as_ref().filter(|total| !total.is_certain() || row.status == Status::Closed)?;
    let [low, high] = total.interval(share);
    Some((low, high))
}

/// Red where it costs more or went wrong, green where it costs less.
fn inked(field: Field, text: String, style: TableStyle) -> String {
    match (field, text.as_str()) {
        (Field::Change, up) if up.starts_with('+') => style.red(up),
        (Field::Change, down) if down.starts_with('-') => style.green(down),
        (Field::Status, bad @ ("failed" | "insufficient" | "stale")) => style.red(bad),
        _ => text,
    }
}

fn size(amount: Amount) -> Amount {
    amount.max(-amount)
}

const fn whole(units: i128) -> Amount {
    Amount::from_units(units * 10_i128.pow(AMOUNT_SCALE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast_report::tests::{amount, row, with_range};

    /// Its essential columns are 10, 12, 21, 7, 7 and 4 characters wide, without cents 7, 9 and so on.
    fn a_large_row() -> GroupTotal {
        let mut large = with_range(row(0, &[], "Total", "1631432.42"), ["1566175", "1713004"]);
        large.actual = amount("904800.9").unwrap();
        large.previous = amount("1582219.11");
        large.trend = vec![Some(1.0); 31];
        large.status = Status::Wide;
        large
    }

    fn shown(row: &GroupTotal, width: usize) -> (Vec<Field>, bool) {
        let style = TableStyle { width, color: false };
        let fit = columns_that_fit(&[row], 2, 40, style);
        (fit.columns.iter().map(|column| column.field).collect(), fit.in_whole_units)
    }

    const ESSENTIAL: [Field; 6] =
        [Field::Actual, Field::Total, Field::Range80, Field::Change, Field::Trend, Field::Status];

    #[test]
    fn a_bill_of_millions_fits_into_eighty_characters_without_its_cents() {
        assert_eq!(shown(&a_large_row(), 80), (ESSENTIAL.to_vec(), true));
        // 16 for the name, 61 for the columns and 12 for the gaps.
        assert_eq!(shown(&a_large_row(), 89), (ESSENTIAL.to_vec(), false));
    }

    #[test]
    fn the_least_important_columns_go_first() {
        let narrow = shown(&a_large_row(), 61).0;
        assert_eq!(narrow, [Field::Actual, Field::Total, Field::Range80, Field::Status]);
        assert_eq!(shown(&a_large_row(), 10).0, [Field::Total, Field::Status]);
    }

    #[test]
    fn a_small_bill_keeps_its_cents() {
        let mut small = a_large_row();
        small.total = amount("9999.99").map(forecast::Quantiles::exactly);
        assert!(!shown(&small, 60).1);
    }

    #[test]
    fn a_wide_terminal_shows_more_columns() {
        let (fields, in_whole_units) = shown(&a_large_row(), 200);
        assert!(fields.contains(&Field::Previous) && fields.contains(&Field::Model));
        assert!(fields.contains(&Field::Range95));
        assert!(!in_whole_units);
    }

    #[test]
    fn dashes_of_ranges_stand_below_one_another() {
        let setting = Setting { digits: 2, spark_width: 7, name_width: 16 };
        let ends = [("1234.56", "12345"), ("-3", "4.5")].map(|(low, high)| amount(low).zip(amount(high)));
        let texts = setting.ranges(ends.into_iter().chain([None]));
        assert_eq!(texts, ["1,235 – 12,345", "-3.00 –   4.50", ""]);
    }
}
