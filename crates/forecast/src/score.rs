//! Scores of a backtest, by cut day, beside run rate and seasonal naive.
//!
//! WAPE `Σ|f − y| ÷ Σ|y|`, bias `Σ(f − y) ÷ Σ|y|`, pinball `2 · mean over 2.5, 10, 50, 90, 97.5 % of
//! Σ loss ÷ Σ|y|`, and the share of totals inside the ranges. Sums are over money, so large bills
//! count most. Wrong across currencies: score them apart.

use crate::{
    backtest::BacktestRow,
    profile::quantile,
    quantiles::{Quantiles, SHARES},
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Scores of the forecasts made after one day of the cycle.
///
/// Wrong to compare between sets of series; compare with the baselines beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreLine {
    /// The cut day.
    pub cut_day: u32,
    /// Forecasts that are scored.
    pub count: usize,
    /// Rows without a forecast, which are not.
    pub without_forecast: usize,
    /// Weighted absolute percentage error, as a share; `None` where every total is 0.
    pub wape: Option<f64>,
    /// Mean error, positive where forecasts are too high.
    pub bias: Option<f64>,
    /// Loss of the five quantiles.
    pub pinball: Option<f64>,
    /// Share of totals inside the 80 % range.
    pub coverage80: Option<f64>,
    /// Share of totals inside the 95 % range.
    pub coverage95: Option<f64>,
    /// WAPE of the run rate on the same rows.
    pub run_rate_wape: Option<f64>,
    /// WAPE of last week repeated on the same rows.
    pub seasonal_naive_wape: Option<f64>,
}

/// Totals within this share of a bound lie inside: sums of days and sums of parts round apart.
const EDGE: f64 = 1e-9;

/// A line a cut day, in order.
#[must_use]
pub fn summarize(rows: &[BacktestRow]) -> Vec<ScoreLine> {
    let mut by_cut: BTreeMap<u32, Vec<&BacktestRow>> = BTreeMap::new();
    for row in rows {
        by_cut.entry(row.cut_day).or_default().push(row);
    }
    by_cut.into_iter().map(|(cut_day, rows)| line(cut_day, &rows)).collect()
}

fn line(cut_day: u32, rows: &[&BacktestRow]) -> ScoreLine {
    let scored: Vec<&BacktestRow> = rows.iter().copied().filter(|row| row.total.is_some()).collect();
    let size: f64 = scored.iter().map(|row| row.actual.abs()).sum();
    let over_size = |sum: f64| (size > 0.0).then(|| sum / size);
    let point = |row: &BacktestRow| row.total.as_ref().map(Quantiles::point);
    let wape_of = |total: fn(&BacktestRow) -> Option<f64>| {
        let errors: Option<f64> = scored.iter().map(|row| Some((total(row)? - row.actual).abs())).sum();
        errors.and_then(over_size)
    };
    let ranged: Vec<(f64, f64, [f64; 4])> = scored
        .iter()
        .filter_map(|row| {
            let total = row.total.as_ref()?;
            Some((row.actual, total.point(), total.bounds()))
        })
        .collect();
    let inside = |low: usize, high: usize| {
        let covered = ranged.iter().filter(|(actual, _, bounds)| {
            let edge = EDGE * actual.abs();
            (bounds[low] - edge..=bounds[high] + edge).contains(actual)
        });
        (!ranged.is_empty()).then(|| covered.count() as f64 / ranged.len() as f64)
    };
    let losses = ranged.iter().map(|&(actual, point, bounds)| {
        let quantiles = bounds.into_iter().zip(SHARES).chain([(point, 0.5)]);
        quantiles.map(|(bound, share)| pinball(actual, bound, share)).sum::<f64>()
    });
    let loss: f64 = losses.sum();
    ScoreLine {
        cut_day,
        count: scored.len(),
        without_forecast: rows.len() - scored.len(),
        wape: wape_of(|row| row.total.as_ref().map(Quantiles::point)),
        bias: over_size(scored.iter().filter_map(|row| Some(point(row)? - row.actual)).sum()),
        pinball: over_size(2.0 * loss / (SHARES.len() + 1) as f64).filter(|_| ranged.len() == scored.len()),
        coverage80: inside(1, 2),
        coverage95: inside(0, 3),
        run_rate_wape: wape_of(|row| row.run_rate),
        seasonal_naive_wape: wape_of(|row| row.seasonal_naive),
    }
}

/// How large the errors of one forecaster are beside those of another, on the same totals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// `Σ|f − y|` of the one over that of the other.
    pub ratio: f64,
    /// The ratio that 2.5 of 100 resamplings of the series lie below.
    pub low: f64,
    /// The ratio that 2.5 of 100 lie above.
    pub high: f64,
    /// Series that both forecast.
    pub series: usize,
}

/// Resamplings of the series.
const RESAMPLINGS: usize = 2000;

/// Compares two forecasters by a paired bootstrap over series: series are drawn with both their errors,
/// so that what is hard for both cancels. `None` when they share no total, or the other makes no error.
///
/// Wrong where few series hold most of the money: the range is then wide, and says so.
#[must_use]
pub fn compare(rows: &[BacktestRow], others: &[BacktestRow], seed: u64) -> Option<Comparison> {
    let key = |row: &BacktestRow| (row.series, row.cycle, row.cut_day);
    let known: BTreeMap<_, f64> =
        others.iter().filter_map(|row| Some((key(row), row.total.as_ref()?.point()))).collect();
    let mut errors: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for row in rows {
        if let (Some(total), Some(other)) = (row.total.as_ref().map(Quantiles::point), known.get(&key(row))) {
            let sums = errors.entry(row.series).or_default();
            *sums = (sums.0 + (total - row.actual).abs(), sums.1 + (other - row.actual).abs());
        }
    }
    let errors: Vec<(f64, f64)> = errors.into_values().collect();
    let ratio_of = |drawn: &mut dyn Iterator<Item = (f64, f64)>| {
        let (own, other) = drawn.fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
        (other > 0.0).then(|| own / other)
    };
    let ratio = ratio_of(&mut errors.iter().copied())?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let ratios: Vec<f64> = (0..RESAMPLINGS)
        .filter_map(|_| {
            ratio_of(&mut (0..errors.len()).map(|_| errors[random.random_range(0..errors.len())]))
        })
        .collect();
    let (low, high) = (quantile(&ratios, 0.025)?, quantile(&ratios, 0.975)?);
    Some(Comparison { ratio, low, high, series: errors.len() })
}

/// Loss of a quantile: above it the share, below it one less the share, counts.
fn pinball(actual: f64, bound: f64, share: f64) -> f64 {
    (share * (actual - bound)).max((share - 1.0) * (actual - bound))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Status, test_series::month};

    fn row(total: Option<f64>, actual: f64) -> BacktestRow {
        BacktestRow {
            series: 0,
            cycle: month("2026-01-01"),
            cut_day: 10,
            total: total.map(|point| Quantiles::around(point, [80.0, 90.0, 110.0, 120.0], None)),
            actual,
            run_rate: Some(50.0),
            seasonal_naive: None,
            status: Status::Ok,
            model: "default".to_owned(),
        }
    }

    #[test]
    fn scores_are_those_computed_by_hand() {
        let lines = summarize(&[row(Some(100.0), 100.0), row(Some(100.0), 115.0), row(None, 7.0)]);
        let line = lines[0];
        assert_eq!((lines.len(), line.cut_day, line.count, line.without_forecast), (1, 10, 2, 1));
        assert!((line.wape.unwrap() - 15.0 / 215.0).abs() < 1e-12);
        assert!((line.bias.unwrap() + 15.0 / 215.0).abs() < 1e-12);
        assert_eq!((line.coverage80, line.coverage95), (Some(0.5), Some(1.0)));
        assert!((line.run_rate_wape.unwrap() - 115.0 / 215.0).abs() < 1e-12);
        assert_eq!(line.seasonal_naive_wape, None);
        // At 100: .025·20 + .1·10 + 0 + .1·10 + .025·20 = 3; at 115: .875 + 2.5 + 7.5 + 4.5 + .125 = 15.5.
        assert!((line.pinball.unwrap() - 0.4 * 18.5 / 215.0).abs() < 1e-12);
    }

    #[test]
    fn totals_of_nothing_have_no_relative_error() {
        let line = summarize(&[row(Some(0.0), 0.0)])[0];
        assert_eq!((line.wape, line.coverage95), (None, Some(1.0)));
        assert!(summarize(&[]).is_empty());
    }

    #[test]
    fn two_forecasters_are_compared_series_by_series() {
        // Off by 10 and by 20 in each of five series, so that every resampling says one half.
        let of = |total: f64| {
            (0..5).map(|series| BacktestRow { series, ..row(Some(total), 100.0) }).collect::<Vec<_>>()
        };
        let found = compare(&of(110.0), &of(80.0), 1).unwrap();
        assert_eq!((found.ratio, found.low, found.high, found.series), (0.5, 0.5, 0.5, 5));
        assert_eq!(compare(&of(110.0), &of(100.0), 1), None);
        assert_eq!(compare(&of(110.0), &[], 1), None);
    }
}
