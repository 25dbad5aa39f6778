//! Subscriptions with charges in two billing accounts: both count, since each has its own invoice.
//!
//! Two accounts that hold equal amounts for the same keys on several days are one bill under two names, which
//! would be counted twice.

use crate::{
    Error, Result,
    charges::findings::{Controls, Finding},
    selection::{
        rules::newest_run::Period,
        rules::overlapping_files::KeysOfRuns,
        run_charges::{Names, RunCharges},
    },
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The number of days with equal charges from which on two accounts are one bill under two names.
const EQUAL_DAYS: usize = 3;

/// Sum, usage and runs of an account's day.
type AccountDays = BTreeMap<i32, (i128, bool, BTreeSet<usize>)>;

/// Names the subscriptions that two accounts hold on the same days.
///
/// # Errors
/// One bill under two names.
pub(crate) fn check_agreements(
    runs: &[RunCharges],
    masks: &[Option<Vec<bool>>],
    names: &Names,
    keys: &mut KeysOfRuns<'_>,
    controls: &mut Controls,
) -> Result<()> {
    let mut accounts: HashMap<u32, BTreeSet<u32>> = HashMap::new();
    for run in runs {
        for (owner, own) in run.accounts() {
            accounts.entry(owner).or_default().extend(own);
        }
    }
    accounts.retain(|owner, own| own.len() > 1 && names.text(*owner).starts_with("/subscriptions/"));
    if accounts.is_empty() {
        return Ok(());
    }
    let mut held: BTreeMap<(u32, u32), AccountDays> = BTreeMap::new();
    for (number, (run, mask)) in runs.iter().zip(masks).enumerate() {
        let costs = run.costs()?;
        run.each_day(|facts, day, row| {
            let Some(account) = facts.account.filter(|_| accounts.contains_key(&facts.owner)) else { return };
            if mask.as_ref().is_none_or(|mask| mask[row]) && facts.is_inside(day) {
                let own = held.entry((facts.owner, account)).or_default().entry(day).or_default();
                own.0 += costs[row];
                own.1 |= facts.is_usage;
                own.2.insert(number);
            }
        })?;
    }
    for (owner, own) in accounts.into_iter().collect::<BTreeMap<_, _>>() {
        let own: Vec<u32> = own.into_iter().collect();
        for (at, one) in own.iter().enumerate() {
            for other in &own[at + 1..] {
                let (Some(a), Some(b)) = (held.get(&(owner, *one)), held.get(&(owner, *other))) else {
                    continue;
                };
                let both = || a.iter().filter_map(|(day, own)| Some((*day, own, b.get(day)?)));
                let equal: Vec<_> =
                    both().filter(|(_, a, b)| a.0 == b.0 && a.0 != 0 && a.2.is_disjoint(&b.2)).collect();
                if equal.len() >= EQUAL_DAYS {
                    let involved: BTreeSet<usize> =
                        equal.iter().flat_map(|(_, a, b)| a.2.iter().chain(&b.2).copied()).collect();
                    for run in involved {
                        keys.need(run)?;
                    }
                    let same = equal.iter().filter(|(day, a, b)| {
                        keys_of_day(keys, &a.2, owner, *day) == keys_of_day(keys, &b.2, owner, *day)
                    });
                    if same.count() >= EQUAL_DAYS {
                        return Err(Error::Ambiguous(format!(
                            "the billing accounts `{}` and `{}` hold equal charges of `{}` on {} days: one bill under two names would \
                             count twice; give only one of them",
                            names.text(*one),
                            names.text(*other),
                            names.shown(owner),
                            equal.len()
                        )));
                    }
                }
                let days: Vec<NaiveDate> = both()
                    .filter(|(_, a, b)| a.1 && b.1)
                    .filter_map(|(day, ..)| NaiveDate::from_epoch_days(day))
                    .collect();
                if !days.is_empty() {
                    controls.add(Finding::TwoAgreements {
                        subscription: names.shown(owner).to_owned(),
                        accounts: [names.text(*one).to_owned(), names.text(*other).to_owned()],
                        days,
                    });
                }
            }
        }
    }
    Ok(())
}

/// The keys of an owner's day in some runs, with their amounts.
fn keys_of_day(
    keys: &KeysOfRuns<'_>,
    runs: &BTreeSet<usize>,
    owner: u32,
    day: i32,
) -> BTreeMap<String, i128> {
    let mut all = BTreeMap::new();
    for run in runs {
        let own = keys
            .of(*run)
            .iter()
            .filter(|((of, period, on), _)| *of == owner && *on == day && inside(*period, day));
        for (key, amount) in own.flat_map(|(_, amounts)| amounts) {
            *all.entry(key.clone()).or_insert(0) += amount;
        }
    }
    all
}

fn inside((start, end): Period, day: i32) -> bool {
    (start..end).contains(&day)
}
