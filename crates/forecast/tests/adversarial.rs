//! Ten thousand awkward series: no panic, no number that is not finite, no range upside down. A million
//! with `FORECAST_ADVERSARIAL=1000000 cargo test --release -p forecast --test adversarial`.

use billing::{BillingCycle, CycleDay, SeriesSetBuilder};
use chrono::{Days, NaiveDate};
use forecast::{Components, Engine, ModelSpec, Question};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Series of one question.
const AT_ONCE: usize = 500;

/// Days of one kind or of several: zeros, one value, missing days, tiny, huge and negative amounts,
/// spikes, steps and lonely charges.
fn awkward(random: &mut ChaCha8Rng) -> Vec<f64> {
    let days = match random.random_range(0..4) {
        0 => random.random_range(0..3),
        1 => random.random_range(0..40),
        _ => random.random_range(0..160),
    };
    let mut values = Vec::with_capacity(days);
    let (mut kind, mut level) = (0, 0.0);
    for _ in 0..days {
        if values.is_empty() || random.random::<f64>() < 0.03 {
            kind = random.random_range(0..9);
            level = 10.0_f64.powf(random.random_range(-12.0..15.0));
        }
        let part = random.random::<f64>();
        values.push(match kind {
            0 => 0.0,
            1 => f64::NAN,
            2 => level,
            3 => -level,
            4 => level * part,
            5 => level * (part - 0.5),
            6 if part < 0.05 => level,
            7 if part < 0.5 => f64::NAN,
            8 => f64::MIN_POSITIVE * part,
            _ => 0.0,
        });
    }
    values
}

#[test]
fn no_series_breaks_the_engine() {
    let count =
        std::env::var("FORECAST_ADVERSARIAL").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let engines = [ModelSpec::Default, ModelSpec::Pooled, ModelSpec::Weights].map(Engine::new);
    for first in (0..count).step_by(AT_ONCE) {
        let mut set = SeriesSetBuilder::new();
        let (mut cutoffs, mut cycles, mut shown) = (Vec::new(), Vec::new(), Vec::new());
        for number in first..count.min(first + AT_ONCE) {
            let mut random = ChaCha8Rng::seed_from_u64(number as u64);
            let values = awkward(&mut random);
            let start =
                NaiveDate::from_ymd_opt(2025, 11, 3).expect("a date") + Days::new(random.random_range(0..40));
            set.push(format!("series {number}"), start, &values).expect("values of a series");
            let next = start + Days::new(values.len() as u64);
            let unsettled = random.random_range(0..4);
            cutoffs.push(next - Days::new(1 + unsettled));
            let rule = CycleDay::new(random.random_range(1..32)).expect("a day of the month");
            let open = BillingCycle::containing(next, rule);
            cycles.push(vec![open, open.next(rule), open.next(rule).next(rule)]);
            shown.push(values);
        }
        let bills = Components::level_only(set.build());
        let question = Question::new(&bills, &cutoffs, &cycles).expect("one of each");
        for engine in &engines[..if first == 0 { 3 } else { 1 }] {
            for (place, found) in engine.forecast(&question).iter().enumerate() {
                let said = || format!("series {} {:?}: {found:?}", first + place, shown[place]);
                for cycle in &found.cycles {
                    let Some(remaining) = &cycle.remaining else {
                        assert!(found.reason.is_some(), "{}", said());
                        continue;
                    };
                    let values = remaining.values();
                    assert!(values.iter().all(|value| value.is_finite()), "{}", said());
                    assert!(values.is_sorted(), "{}", said());
                    let floor = remaining.floor();
                    assert!(floor.is_none_or(|floor| floor >= 0.0 && values[0] >= floor), "{}", said());
                    assert!(cycle.daily.iter().all(|day| day.expected().is_finite()), "{}", said());
                }
            }
        }
    }
}
