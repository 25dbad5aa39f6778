//! How old the data of a forecast is, and when it is too old for one.

use crate::{Error, Result};
use billing::BillingCycle;
use chrono::{Days, NaiveDate};
use ingest::{DailyCosts, Manifest, Outlook, find};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// Where made-up exports are delivered to, in their manifests: no real export has such a resource group.
const MADE_UP: &str = "/resourceGroups/made-up-sample/";

/// Where the data of a forecast ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataAge {
    /// The last covered day of any scope.
    pub ends_on: Option<NaiveDate>,
    /// Whether the data is a made-up sample, which never grows old.
    pub is_made_up: bool,
}

impl DataAge {
    pub(crate) fn of(daily: &DailyCosts, inputs: &[String]) -> Self {
        Self { ends_on: daily.last_covered(), is_made_up: is_made_up(inputs) }
    }

    /// How many days before `today` the data ends; `None` for samples, and where nothing is covered.
    ///
    /// ```
    /// use operations::DataAge;
    /// let day = |text: &str| text.parse().unwrap();
    /// let age = DataAge { ends_on: Some(day("2026-10-16")), is_made_up: false };
    /// assert_eq!(age.days_before(day("2026-10-18")), Some(2));
    /// ```
    #[must_use]
    pub fn days_before(&self, today: NaiveDate) -> Option<i64> {
        self.ends_on.filter(|_| !self.is_made_up).map(|last| (today - last).num_days())
    }

    /// What to say of data that ends more than `most` days before `today`: an export may have stopped.
    #[must_use]
    pub fn older_than(&self, most: u32, today: NaiveDate) -> Option<String> {
        let days = self.days_before(today).filter(|days| *days > i64::from(most))?;
        let last = self.ends_on?;
        Some(format!("the data ends on {last}, {days} days before {today}; is the export still running?"))
    }
}

/// Whether every manifest of the inputs, and there is one, is that of a made-up sample.
fn is_made_up(inputs: &[String]) -> bool {
    let manifests = find(inputs).unwrap_or_default().manifests;
    !manifests.is_empty() && manifests.iter().all(|path| is_of_sample(path))
}

fn is_of_sample(manifest: &Path) -> bool {
    let read = || -> Option<Value> { serde_json::from_slice(&fs::read(manifest).ok()?).ok() };
    read().is_some_and(|manifest| {
        manifest["deliveryConfig"]["containerUri"].as_str().is_some_and(|uri| uri.contains(MADE_UP))
    })
}

/// Refuses data of which no day of the cycle that contains `as_of`, or of the cycle before it, is covered.
///
/// # Errors
/// When it is that old.
pub(crate) fn check_age(daily: &DailyCosts, outlook: &Outlook, as_of: Option<NaiveDate>) -> Result<()> {
    let Some(as_of) = as_of else { return Ok(()) };
    let facts = outlook.leaves.iter().flat_map(|leaf| &leaf.cycles);
    let open: BTreeSet<BillingCycle> =
        facts.map(|facts| facts.cycle).filter(|cycle| cycle.contains(as_of)).collect();
    let is_covered = |cycle: &BillingCycle| {
        let mut days = daily.cycle_before(*cycle).days().chain(cycle.days()).filter(|day| *day < as_of);
        days.any(|day| daily.coverages.iter().any(|scope| scope.covers(day)))
    };
    if open.is_empty() || open.iter().any(is_covered) {
        return Ok(());
    }
    let ends = daily.last_covered().map_or_else(|| "an unknown day".to_owned(), |day| day.to_string());
    let text = format!(
        "the data ends on {ends} and is too old for a forecast as of {as_of}; is the export still running?"
    );
    Err(Error::not_enough(text))
}

/// What to say where days before `as_of` are missing because every run that has them is hidden by it.
pub(crate) fn hidden_runs(daily: &DailyCosts, inputs: &[String], as_of: Option<NaiveDate>) -> Option<String> {
    let as_of = as_of?;
    let last_seen = as_of - Days::new(1);
    if daily.coverages.iter().any(|scope| scope.covers(last_seen)) {
        return None;
    }
    let (range, written) = runs(inputs)
        .into_iter()
        .filter(|((first, last), _)| *first <= last_seen && last_seen <= *last)
        .min_by_key(|(_, written)| *written)
        .filter(|(_, written)| *written >= as_of)?;
    Some(format!(
        "the export of {} to {} was written on {written}; no run of it is older than {as_of}, so its days are unknown \
         then (`backtest` tests past days without this)",
        range.0, range.1
    ))
}

/// What to say where every run is hidden by `as_of`.
pub(crate) fn all_hidden(inputs: &[String], as_of: NaiveDate) -> Option<String> {
    let oldest = runs(inputs).into_iter().map(|(_, written)| written).min()?;
    (oldest >= as_of).then(|| format!("the oldest run was written on {oldest}; no run is older than {as_of}"))
}

/// The range and the day of writing of each run with a manifest.
fn runs(inputs: &[String]) -> Vec<((NaiveDate, NaiveDate), NaiveDate)> {
    let manifests = find(inputs).unwrap_or_default().manifests;
    let run = |path: &Path| {
        let manifest = Manifest::read(path).ok()?;
        Some((manifest.range?, manifest.submitted?.date_naive()))
    };
    manifests.iter().filter_map(|path| run(path)).collect()
}
