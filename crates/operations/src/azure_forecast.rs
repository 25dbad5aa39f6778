//! `predict --compare azure`: Azure's own forecast of the same cycle beside ours.
//!
//! Azure's has no range, knows total costs of a scope only, and is that of the scope as a whole: rows of
//! subscriptions are compared, or the total with a scope that is named.

use crate::{
    AzureAccess, Error, Finding, Host, Result,
    connection::{Connection, wait_for},
};
use azure::{Scope, own_forecast};
use billing::Amount;
use forecast::GroupTotal;
use report::ForecastReport;

/// Rows that are compared at most: each is a call to a service that is slow to be asked.
const MOST: usize = 10;

/// What Azure forecasts of the same cycles, one sentence a scope.
///
/// # Errors
/// Nothing that could be compared. What the service answers when it has no forecast becomes a sentence.
pub fn azure_forecast(
    report: &ForecastReport,
    scope: Option<&str>,
    host: &Host<'_>,
) -> Result<(Vec<String>, Vec<Finding>)> {
    let (pairs, findings) = pairs(report, scope)?;
    let connection = Connection::open(&AzureAccess::from_variables(host)?, host)?;
    let notes = wait_for(async {
        let mut notes = Vec::new();
        for (row, scope) in &pairs {
            // Theirs is often not to be had; ours stands all the same.
            let note = one(&connection, row, scope).await;
            notes.push(note.unwrap_or_else(|error| {
                format!("Azure's own forecast of {scope} is not to be had: {}", error.one_line())
            }));
        }
        Ok(notes)
    })?;
    Ok((notes, findings))
}

/// Rows with the scope of each.
type Pairs = (Vec<(GroupTotal, Scope)>, Vec<Finding>);

fn pairs(report: &ForecastReport, scope: Option<&str>) -> Result<Pairs> {
    let refuse = |text: &str| Err(Error::usage(text));
    if let Some(scope) = scope {
        let scope = Scope::parse(scope)?;
        let totals = report.rows.iter().filter(|row| row.level == 0);
        return Ok((totals.map(|row| (row.clone(), scope.clone())).collect(), Vec::new()));
    }
    let Some(place) = report.group_columns.iter().position(|name| name == "SubAccountId") else {
        return refuse(
            "name the scope that the total is of with `--compare-scope ID`, or group by subscription",
        );
    };
    let last = report.deepest_level() as usize;
    let mut pairs = Vec::new();
    for row in report.rows.iter().filter(|row| row.level == last) {
        if let Some(scope) = row.keys[place].as_deref().and_then(|key| Scope::parse(key).ok()) {
            pairs.push((row.clone(), scope));
        }
    }
    if pairs.is_empty() {
        return refuse(
            "there are no subscriptions of Azure to compare; name a scope with `--compare-scope ID`",
        );
    }
    let mut findings = Vec::new();
    if pairs.len() > MOST {
        let text =
            format!("of {} subscriptions the first {MOST} are compared with Azure's forecast", pairs.len());
        findings.push(Finding::warning(text));
        pairs.truncate(MOST);
    }
    Ok((pairs, findings))
}

async fn one(connection: &Connection, row: &GroupTotal, scope: &Scope) -> Result<String> {
    let cycle = row.cycle;
    let days = own_forecast(&connection.costs, scope, cycle.start(), cycle.last_day()).await?;
    let currency = row.currency.as_ref().map_or("", |currency| currency.code());
    let own: Vec<_> = days
        .iter()
        .filter(|day| day.currency.eq_ignore_ascii_case(currency))
        .filter(|day| day.day.is_none_or(|date| cycle.contains(date)))
        .collect();
    if own.is_empty() {
        return Ok(format!("Azure has no forecast of {scope} in {currency} for this cycle"));
    }
    let sum = |is_forecast: bool| -> Amount {
        let of = own.iter().filter(|day| {
            (day.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("Forecast")))
                == is_forecast
        });
        of.map(|day| day.cost).sum()
    };
    let digits = row.currency.as_ref().map_or(2, billing::Currency::minor_digits);
    let (actual, expected) = (sum(false), sum(true));
    let theirs = actual + expected;
    let compared = match row.point() {
        Some(ours) if !theirs.rounded(digits).is_positive() => format!("ours is {}", ours.to_fixed(digits)),
        Some(ours) => {
            let percent = (ours.to_f64() / theirs.to_f64() - 1.0) * 100.0;
            format!("ours is {} ({percent:+.1} %)", ours.to_fixed(digits))
        }
        None => "ours has no total".to_owned(),
    };
    Ok(format!(
        "Azure's own forecast of {scope}: {} {currency}, {} of it spent, without a range; {compared}",
        theirs.to_fixed(digits),
        actual.to_fixed(digits)
    ))
}
