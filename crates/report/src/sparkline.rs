//! A row of small bars, one character each: the shape of recent days at a glance.
//!
//! Bars stand on zero (on the lowest value, if that is negative), so that a flat series looks flat and
//! not like noise. It shows shape, not size: each series has a scale of its own.

const BARS: [char; 7] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇'];

/// Draws the values in at most `width` characters; a day without a value is a blank.
///
/// When there are more values than characters, each character is the mean of its share of them.
///
/// ```
/// assert_eq!(report::sparkline(&[Some(0.0), Some(1.0), None, Some(2.0)], 10), "▁▄ ▇");
/// ```
#[must_use]
pub fn sparkline(values: &[Option<f64>], width: usize) -> String {
    let count = values.len().min(width);
    let means: Vec<Option<f64>> = (0..count)
        .map(|place| mean(&values[place * values.len() / count..(place + 1) * values.len() / count]))
        .collect();
    let low = means.iter().flatten().copied().fold(0.0, f64::min);
    let high = means.iter().flatten().copied().fold(0.0, f64::max);
    means.into_iter().map(|value| value.map_or(' ', |value| bar((value - low) / (high - low)))).collect()
}

/// Mean of the values that are there.
fn mean(values: &[Option<f64>]) -> Option<f64> {
    let there: Vec<f64> = values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    (!there.is_empty()).then(|| there.iter().sum::<f64>() / there.len() as f64)
}

/// The bar of a height from 0 to 1; not a number (every value is zero) is the lowest.
fn bar(height: f64) -> char {
    BARS[(height * (BARS.len() - 1) as f64).round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], width: usize) -> String {
        sparkline(&values.iter().copied().map(Some).collect::<Vec<_>>(), width)
    }

    #[test]
    fn bars_grow_from_zero_to_the_highest_value() {
        assert_eq!(of(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 10), "▁▂▃▄▅▆▇");
        assert_eq!(of(&[5.0, 5.0], 10), "▇▇");
        assert_eq!(of(&[0.0, 0.0], 10), "▁▁");
    }

    #[test]
    fn negative_values_lower_the_ground() {
        assert_eq!(of(&[-3.0, 0.0, 3.0], 10), "▁▄▇");
        assert_eq!(of(&[-6.0, -6.0], 10), "▁▁");
    }

    #[test]
    fn many_days_are_drawn_as_means() {
        assert_eq!(of(&[0.0, 0.0, 2.0, 4.0, 6.0, 6.0], 3), "▁▄▇");
    }

    #[test]
    fn missing_days_are_blank_and_nothing_draws_nothing() {
        assert_eq!(sparkline(&[None, Some(1.0)], 5), " ▇");
        assert_eq!(sparkline(&[], 5), "");
        assert_eq!(of(&[1.0], 0), "");
        assert_eq!(sparkline(&[Some(f64::NAN), Some(f64::INFINITY)], 5), "  ");
    }
}
