//! The engine from outside: what it says of awkward series, and what holds for any series.

use billing::{BillingCycle, CycleDay, SeriesSet, SeriesSetBuilder};
use chrono::{Days, NaiveDate};
use forecast::{Candidate, Components, DayState, Engine, ModelSpec, Question, SeriesForecast, Status};
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn set_of(series: &[Vec<f64>], start: &str) -> SeriesSet {
    let mut builder = SeriesSetBuilder::new();
    for (index, values) in series.iter().enumerate() {
        builder.push(format!("series {index}"), date(start), values).expect("finite values");
    }
    builder.build()
}

/// Forecasts the cycle after the last value, or that day's, and the next.
fn forecast_with(spec: ModelSpec, bills: &Components, unsettled: u64) -> Vec<SeriesForecast> {
    let cutoffs: Vec<NaiveDate> =
        (0..bills.len()).map(|index| bills.get(index).level.end() - Days::new(1 + unsettled)).collect();
    let cycles: Vec<Vec<BillingCycle>> = cutoffs
        .iter()
        .map(|cutoff| {
            let open = BillingCycle::containing(*cutoff + Days::new(1 + unsettled), CycleDay::FIRST);
            vec![open, open.next(CycleDay::FIRST)]
        })
        .collect();
    let question = Question::new(bills, &cutoffs, &cycles).expect("one of each");
    Engine::new(spec).forecast(&question)
}

fn forecast(values: Vec<f64>, start: &str) -> SeriesForecast {
    let bills = Components::level_only(set_of(&[values], start));
    forecast_with(ModelSpec::Default, &bills, 0).remove(0)
}

/// A bill with weekdays, a wave and a little recent_volatility.
fn lively(days: usize) -> Vec<f64> {
    (0..days)
        .map(|day| {
            let week = if day % 7 < 5 { 10.0 } else { 6.0 };
            week + (day as f64 / 40.0).sin() + ((day * 7919) % 13) as f64 / 10.0
        })
        .collect()
}

#[test]
fn a_question_needs_one_of_each_for_every_series() {
    let bills = Components::level_only(set_of(&[vec![1.0]], "2026-01-01"));
    assert!(Question::new(&bills, &[], &[]).is_err());
}

#[test]
fn a_long_history_gives_ok_with_members_that_sum_to_nearly_one() {
    // 2025-01-01 on 500 days ends with 2026-05-15.
    let found = forecast(lively(500), "2025-01-01");
    assert_eq!((found.status, found.history_days, found.missing_days), (Status::Ok, 500, 0));
    let listed: f64 = found.members.iter().map(|(_, weight)| weight).sum();
    assert!(listed > 0.9 && listed <= 1.0 + 1e-9);
    let open = &found.cycles[0];
    assert_eq!(open.daily.len(), 16);
    let summed: f64 = open.daily.iter().map(|day| day.expected()).sum();
    assert!((summed - open.point().unwrap()).abs() < 1e-9 * summed);
    // Eleven and a half a workday at most, six a day of the weekend at least.
    assert!((6.0 * 16.0..12.5 * 16.0).contains(&summed));
}

#[test]
fn a_cycle_further_ahead_has_a_wider_range() {
    let found = forecast(lively(500), "2025-01-01");
    let widths = [0, 1].map(|index| {
        let [low, high] = found.cycles[index].remaining.as_ref().unwrap().interval(0.95);
        high - low
    });
    assert!(widths[0] > 0.0 && widths[1] > widths[0]);
}

#[test]
fn no_value_is_insufficient_and_a_short_history_is_wide() {
    let none = forecast(vec![f64::NAN; 40], "2026-01-01");
    assert_eq!((none.status, none.cycles[0].point()), (Status::Insufficient, None));
    assert!(none.reason.is_some());
    let one_day = forecast(vec![5.0], "2026-01-10");
    assert_eq!(one_day.status, Status::Wide);
    assert!((one_day.cycles[0].point().unwrap() - 21.0 * 5.0).abs() < 1e-6);
    let [low, high] = one_day.cycles[0].remaining.as_ref().unwrap().interval(0.8);
    assert!(low < 52.5 && high > 157.5);
}

#[test]
fn a_series_that_costs_nothing_any_more_is_stale_and_one_that_never_did_is_not() {
    let stopped = [vec![3.0; 100], vec![0.0; 40]].concat();
    let stopped = forecast(stopped, "2026-01-01");
    assert_eq!((stopped.status, stopped.cycles[0].point()), (Status::Stale, Some(0.0)));
    let gone = forecast([vec![3.0; 100], vec![f64::NAN; 40]].concat(), "2026-01-01");
    assert_eq!((gone.status, gone.cycles[0].point()), (Status::Stale, None));
    let nothing = forecast(vec![0.0; 140], "2026-01-01");
    assert_eq!((nothing.status, nothing.cycles[0].point()), (Status::Ok, Some(0.0)));
}

#[test]
fn a_charge_once_a_month_is_no_silence() {
    // 2026-01-01 on 150 days ends with 30 May; a charge on the first of each month only.
    let values: Vec<f64> = date("2026-01-01")
        .iter_days()
        .take(150)
        .map(|day| if BillingCycle::containing(day, CycleDay::FIRST).start() == day { 50.0 } else { 0.0 })
        .collect();
    assert_ne!(forecast(values, "2026-01-01").status, Status::Stale);
}

#[test]
fn missing_days_of_the_open_cycle_are_expected_like_days_to_come() {
    let mut values = vec![10.0; 500];
    values[492..495].fill(f64::NAN);
    let found = forecast(values, "2025-01-01");
    assert_eq!((found.status, found.missing_days), (Status::Wide, 3));
    // 16 days to come and three missing ones, which stand in the daily path before them.
    let open = &found.cycles[0];
    assert!((open.point().unwrap() - 190.0).abs() < 1e-6);
    assert!((open.missing - 30.0).abs() < 1e-6);
    let missing = open.daily.iter().filter(|day| day.state == DayState::Missing);
    assert_eq!(
        missing.map(|day| day.date.to_string()).collect::<Vec<_>>(),
        ["2026-05-08", "2026-05-09", "2026-05-10"]
    );
    assert_eq!((open.daily.len(), found.cycles[1].missing), (19, 0.0));
}

#[test]
fn missing_days_follow_their_weekday_and_widen_the_range() {
    let (whole, mut broken) = (lively(500), lively(500));
    broken[489..497].fill(f64::NAN);
    let of = |values: Vec<f64>| forecast(values, "2025-01-01").cycles.remove(0);
    let seen: f64 = whole[489..497].iter().sum();
    let (one, other) = (of(whole), of(broken));
    assert!((other.missing - seen).abs() < 0.1 * seen, "{} {seen}", other.missing);
    let width = |cycle: &forecast::CycleForecast| {
        let [low, high] = cycle.remaining.as_ref().unwrap().interval(0.8);
        high - low
    };
    assert!(width(&other) > width(&one), "{} {}", width(&other), width(&one));
}

#[test]
fn missing_days_at_the_start_of_the_cycle_and_of_the_series_are_told_apart() {
    // 2026-05-01 is day 485. Missing from the first on: expected. Before the series: not.
    let mut values = vec![10.0; 500];
    values[485..488].fill(f64::NAN);
    assert!((forecast(values, "2025-01-01").cycles[0].point().unwrap() - 190.0).abs() < 1e-6);
    let late = forecast([vec![f64::NAN; 3], vec![10.0; 12]].concat(), "2026-05-01");
    assert!((late.cycles[0].point().unwrap() - 160.0).abs() < 1.0, "{late:?}");
    assert_eq!(late.cycles[0].missing, 0.0);
}

#[test]
fn a_cycle_that_is_over_expects_its_missing_days_until_it_is_closed() {
    // 2025-01-01 on 492 days ends with 7 May; 20 to 22 April are missing.
    let mut values = vec![10.0; 492];
    values[474..477].fill(f64::NAN);
    let components = Components::level_only(set_of(&[values], "2025-01-01"));
    let april = BillingCycle::containing(date("2026-04-30"), CycleDay::FIRST);
    let (cutoffs, cycles) = ([date("2026-05-05")], [vec![april, april.next(CycleDay::FIRST)]]);
    let question = Question::new(&components, &cutoffs, &cycles).unwrap();
    let found = &Engine::new(ModelSpec::Default).forecast(&question)[0];
    let april = &found.cycles[0];
    assert_eq!(april.status, Status::Wide);
    assert!((april.point().unwrap() - 30.0).abs() < 1e-6 && april.daily.len() == 3, "{april:?}");
    assert_eq!(found.cycles[1].missing, 0.0);
}

#[test]
fn a_day_that_is_known_in_part_lacks_the_rest_of_it() {
    let (mut level, mut partial) = (vec![10.0; 500], vec![0.0; 500]);
    level[495] = f64::NAN;
    partial[495] = 4.0;
    let [level, partial] = [level, partial].map(|values| set_of(&[values], "2025-01-01"));
    let components = Components::level_only(level).with_partial_days(partial).unwrap();
    let open = forecast_with(ModelSpec::Default, &components, 0)[0].cycles[0].clone();
    assert!((open.missing - 6.0).abs() < 1e-6 && (open.point().unwrap() - 166.0).abs() < 1e-6);
    assert!((open.daily[0].expected() - 10.0).abs() < 1e-6);
}

#[test]
fn an_unsettled_day_counts_what_it_still_lacks() {
    let mut values = vec![10.0; 500];
    (values[498], values[499]) = (12.0, 4.0);
    let bills = Components::level_only(set_of(&[values], "2025-01-01"));
    // 16 days after the last, nothing for the day above its level, 6 for the one below.
    let found = &forecast_with(ModelSpec::Default, &bills, 2)[0];
    assert!((found.cycles[0].point().unwrap() - 166.0).abs() < 1e-6);
    let states = [0, 2].map(|day| found.cycles[0].daily[day].state);
    assert_eq!(states, [DayState::Settling, DayState::ToCome]);
}

#[test]
fn a_cycle_that_is_over_is_closed() {
    let bills = Components::level_only(set_of(&[vec![1.0; 59]], "2026-01-01"));
    let january = BillingCycle::containing(date("2026-01-31"), CycleDay::FIRST);
    let (cutoffs, cycles) = ([date("2026-02-28")], [vec![january]]);
    let question = Question::new(&bills, &cutoffs, &cycles).unwrap();
    let found = &Engine::new(ModelSpec::Default).forecast(&question)[0];
    assert_eq!((found.status, found.cycles[0].point()), (Status::Closed, Some(0.0)));
}

#[test]
fn a_bill_of_credits_is_forecast_below_zero() {
    let found = forecast(lively(500).iter().map(|value| -value).collect(), "2025-01-01");
    let remaining = found.cycles[0].remaining.as_ref().unwrap();
    assert!(remaining.point() < -90.0 && remaining.quantile(0.025) < remaining.point());
    assert_eq!(remaining.floor(), None);
}

#[test]
fn recurring_charges_come_on_their_day_and_one_offs_do_not_come_again() {
    let days = 500;
    let (mut monthly, mut once) = (vec![0.0; days], vec![0.0; days]);
    for (index, day) in date("2025-01-01").iter_days().take(days).enumerate() {
        let cycle = BillingCycle::containing(day, CycleDay::FIRST);
        monthly[index] = if (day - cycle.start()).num_days() == 19 { 70.0 } else { 0.0 };
    }
    once[470] = 1000.0;
    let [level, monthly, once] =
        [vec![10.0; days], monthly, once].map(|values| set_of(&[values], "2025-01-01"));
    let bills = Components::new(level, Some(monthly), Some(once)).unwrap();
    let found = &forecast_with(ModelSpec::Default, &bills, 0)[0];
    assert!((found.cycles[0].point().unwrap() - (160.0 + 70.0)).abs() < 1e-6);
    assert!((found.cycles[1].point().unwrap() - (300.0 + 70.0)).abs() < 1e-6);
}

#[test]
fn every_model_by_name_forecasts() {
    let bills = Components::level_only(set_of(&[lively(200)], "2026-01-01"));
    for candidate in Candidate::ALL {
        let found = &forecast_with(candidate.into(), &bills, 0)[0];
        assert_eq!(found.model, candidate.name());
        assert!(found.cycles[0].point().unwrap() > 0.0, "{candidate}");
    }
}

/// A day's cost: mostly around ten, sometimes missing, zero, negative or huge.
fn cost() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => 5.0..15.0_f64,
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => -20.0..0.0_f64,
        1 => 0.0..1e9_f64,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_series_is_answered_with_nested_bounds(
        series in prop::collection::vec(prop::collection::vec(cost(), 0..150), 1..4), unsettled in 0_u64..4,
    ) {
        let bills = Components::level_only(set_of(&series, "2026-01-13"));
        for found in forecast_with(ModelSpec::Default, &bills, unsettled) {
            for cycle in &found.cycles {
                if let Some(remaining) = &cycle.remaining {
                    prop_assert!(remaining.values().iter().all(|value| value.is_finite()));
                    prop_assert!(remaining.values().is_sorted());
                    prop_assert!(remaining.floor().is_none_or(|floor| floor >= 0.0));
                    prop_assert!(remaining.floor().is_none_or(|floor| remaining.values()[0] >= floor));
                }
            }
        }
    }

    #[test]
    fn a_bill_in_cents_is_a_hundred_times_that_in_euros(
        values in prop::collection::vec(5.0..15.0_f64, 60..100),
    ) {
        let cents: Vec<f64> = values.iter().map(|value| value * 100.0).collect();
        let (euros, cents) = (forecast(values, "2026-01-01"), forecast(cents, "2026-01-01"));
        let (one, other) = (euros.cycles[0].point().unwrap(), cents.cycles[0].point().unwrap());
        prop_assert!((100.0 * one - other).abs() <= 1e-6 * other.abs());
    }

    #[test]
    fn one_thread_and_eight_give_the_same_answer(
        series in prop::collection::vec(prop::collection::vec(4.0..9.0_f64, 70..100), 2..4),
    ) {
        let bills = Components::level_only(set_of(&series, "2026-01-01"));
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| forecast_with(ModelSpec::Default, &bills, 1))
        };
        prop_assert_eq!(on(1), on(8));
    }
}

/// What the rest of the open cycle is forecast to be, a day on average, with half of the 95 % range.
fn rest_of(values: Vec<f64>, start: &str) -> (f64, f64) {
    let found = forecast(values, start);
    let open = &found.cycles[0];
    let (days, remaining) = (open.daily.len() as f64, open.remaining.as_ref().expect("a forecast"));
    let [low, high] = remaining.interval(0.95);
    (remaining.point() / days, (high - low) / 2.0 / days)
}

/// A year and a half from 2025-01-01 that ends with 15 June 2026, by number of day and date.
fn until_mid_june(cost: impl Fn(usize, NaiveDate) -> f64) -> Vec<f64> {
    date("2025-01-01").iter_days().take(531).enumerate().map(|(number, day)| cost(number, day)).collect()
}

fn within(found: (f64, f64), expected: f64, share: f64) {
    assert!((found.0 - expected).abs() <= share * expected.abs(), "{found:?} is not {expected}");
}

#[test]
fn hand_made_bills_have_the_answers_that_one_expects() {
    use chrono::Datelike;
    // A constant goes on; so does a week of 10 on workdays and 3 at weekends (16 to 30 June: 11 and 4).
    within(rest_of(until_mid_june(|_, _| 7.0), "2025-01-01"), 7.0, 0.005);
    let office = |_: usize, day: NaiveDate| if day.weekday().num_days_from_monday() < 5 { 10.0 } else { 3.0 };
    within(rest_of(until_mid_june(office), "2025-01-01"), (11.0 * 10.0 + 4.0 * 3.0) / 15.0, 0.02);
    // A charge on the first of each month is not spread over the rest of this one.
    let fixed = |_: usize, day: NaiveDate| if day.day() == 1 { 300.0 } else { 10.0 };
    within(rest_of(until_mid_june(fixed), "2025-01-01"), 10.0, 0.05);
    // One spike three weeks ago is over.
    let spike = |number: usize, _: NaiveDate| if number == 508 { 400.0 } else { 10.0 };
    within(rest_of(until_mid_june(spike), "2025-01-01"), 10.0, 0.3);
    // A step six weeks ago is here to stay.
    let step = |number: usize, _: NaiveDate| if number >= 489 { 25.0 } else { 10.0 };
    within(rest_of(until_mid_june(step), "2025-01-01"), 25.0, 0.05);
    // Growth of a day's hundredth goes on at least at the level that it has reached.
    let growth = |number: usize, _: NaiveDate| 10.0 + 0.1 * number as f64;
    within(rest_of(until_mid_june(growth), "2025-01-01"), 10.0 + 0.1 * 538.0, 0.05);
    // A batch on each last day: 14 days of 10 and one of 160.
    let batch = |_: usize, day: NaiveDate| if (day + Days::new(1)).day() == 1 { 160.0 } else { 10.0 };
    within(rest_of(until_mid_june(batch), "2025-01-01"), 20.0, 0.15);
}

#[test]
fn an_intermittent_bill_is_its_mean_with_a_wide_range() {
    // A day in five costs 10, no weekday more than others.
    let lonely = until_mid_june(|number, _| if (number * number / 7) % 5 == 0 { 10.0 } else { 0.0 });
    let mean = lonely.iter().sum::<f64>() / lonely.len() as f64;
    let (found, half) = rest_of(lonely, "2025-01-01");
    assert!((found - mean).abs() < 0.5 * mean && half > 0.2 * mean, "{found} {half}");
}

#[test]
fn neither_the_order_nor_the_future_of_other_series_changes_a_byte() {
    let (one, other) = (lively(400), lively(300));
    let mut changed = other.clone();
    changed[250..].fill(1e6);
    let ask = |series: &[&Vec<f64>]| {
        let bills = Components::level_only(set_of(
            &series.iter().map(|one| (*one).clone()).collect::<Vec<_>>(),
            "2025-01-01",
        ));
        forecast_with(ModelSpec::Default, &bills, 0)
    };
    let (there, back) = (ask(&[&one, &other]), ask(&[&other, &one]));
    assert_eq!((&there[0], &there[1]), (&back[1], &back[0]));
    assert_eq!(there[0], ask(&[&one, &changed])[0]);
}

#[test]
fn a_model_that_is_cut_newer_or_broken_is_refused() {
    use forecast::Model;
    let text = Model::shipped().to_json().expect("a model is written");
    assert_eq!(Model::from_json(&text).expect("and read back"), *Model::shipped());
    let refused = |text: &str| Model::from_json(text).unwrap_err().to_string();
    assert!(refused(&text[..text.len() / 2]).contains("EOF"));
    assert!(
        refused(&text.replacen("\"format_version\": 3", "\"format_version\": 9", 1)).contains("format 9")
    );
    assert!(refused(&text.replacen("\"power\":10.0", "\"power\":NaN", 1)).contains("line"));
    assert!(refused(&text.replacen("\"power\":10.0", "\"power\":1e999", 1)).contains("range"));
}

#[test]
fn a_month_that_changes_each_year_is_uncertain_though_every_day_before_it_is_alike() {
    use chrono::Datelike;
    // 10 a day, in December 2024 20 and in December 2025 30; seen at the end of October 2026.
    let cost = |day: chrono::NaiveDate| match (day.year(), day.month()) {
        (year, 12) => 10.0 * f64::from(year - 2022),
        _ => 10.0,
    };
    let start: chrono::NaiveDate = "2024-01-01".parse().expect("a date");
    let values: Vec<f64> = start.iter_days().take(1035).map(cost).collect();
    let mut set = SeriesSetBuilder::new();
    set.push("a", start, &values).expect("a series");
    let components = Components::level_only(set.build());
    let cutoff = start + chrono::Days::new(1034);
    let november = BillingCycle::containing("2026-11-01".parse().expect("a date"), CycleDay::FIRST);
    let (cutoffs, cycles) = ([cutoff], [vec![november, november.next(CycleDay::FIRST)]]);
    let question = Question::new(&components, &cutoffs, &cycles).expect("a question");
    let forecast = &Engine::new(ModelSpec::Default).forecast(&question)[0];
    let december = forecast.cycles[1].remaining.as_ref().expect("a forecast");
    let [low, high] = december.interval(0.8);
    assert!(december.point() > 310.0 && high - low > 31.0, "{december:?}");
}
