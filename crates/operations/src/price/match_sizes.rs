//! Use of another cloud or of a data centre, matched to Azure's sizes and priced.

use super::{
    load_card::{Needed, load_card, unusable_prices},
    plan::line_row,
    price_source::PriceSource,
};
use crate::{Error, Finding, Host, Result, ResultExt};
use billing::CycleDay;
use chrono::NaiveDate;
use prices::{
    ForeignUsage, Overrides, azure_region, match_sizes as matches_of, plan_of, plan_text, read_foreign_usage,
    read_overrides,
};
use report::{MatchReport, MatchRow};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fs};

/// The word in the place of a cost where nothing was matched.
const NO_MATCH: &str = "no_match";

/// What to match.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MatchRequest {
    /// Machine hours in CSV.
    pub usage: String,
    /// Where prices come from.
    pub source: PriceSource,
    /// Sizes that are settled already, in TOML.
    pub overrides: Option<String>,
    /// The day whose prices count.
    pub as_of: NaiveDate,
}

/// Matches with their prices.
pub struct Matched {
    /// One row a line of use.
    pub report: MatchReport,
    /// The matches as a plan, in TOML.
    pub plan: String,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Matches machines to sizes and prices them.
///
/// # Errors
/// Unusable use or prices; no line that has a match and a price.
pub fn match_sizes(request: &MatchRequest, host: &Host<'_>) -> Result<Matched> {
    let mut findings = Vec::new();
    match matched(request, host, &mut findings) {
        Ok((report, plan)) => Ok(Matched { report, plan, findings }),
        Err(error) => Err(error.after(findings)),
    }
}

fn matched(
    request: &MatchRequest,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(MatchReport, String)> {
    let read = |path: &str| fs::read_to_string(path).with_context(|| format!("cannot read `{path}`"));
    let file = fs::File::open(&request.usage).with_context(|| format!("cannot read `{}`", request.usage))?;
    let ForeignUsage { lines, days, left_out, unread_factors } =
        read_foreign_usage(file, &format!("`{}`", request.usage))?;
    if !unread_factors.is_empty() {
        findings.push(Finding::warning(format!(
            "hours are not multiplied by these columns, which are not read: `{}`; a count is read from `count`",
            unread_factors.join("`, `")
        )));
    }
    if !left_out.is_empty() {
        let reasons: Vec<String> = left_out.iter().map(|(what, rows)| format!("{rows} of {what}")).collect();
        let text = format!("rows that are not machine time are left out: {}", reasons.join(", "));
        findings.push(Finding::warning(text));
    }
    let overrides = match &request.overrides {
        Some(path) => read_overrides(&read(path)?, &format!("`{path}`"))?,
        None => Overrides::default(),
    };
    let regions: BTreeSet<&str> =
        lines.iter().map(|line| azure_region(&line.region).unwrap_or(&line.region)).collect();
    let of_region = |region: &str| Needed {
        region: Some(region.to_owned()),
        service: Some("Virtual Machines"),
        ..Needed::default()
    };
    let needed: Vec<Needed> = regions.into_iter().map(of_region).collect();
    let card = load_card(&request.source, &needed, None, host)?;
    findings.extend(unusable_prices(&card));
    let matches = matches_of(lines, &card, &overrides, request.as_of);
    let plan = plan_of(&matches, card.currency.code());
    let found = prices::estimate(&plan, &card, request.as_of, CycleDay::FIRST)?;
    let rows: Vec<MatchRow> = matches
        .iter()
        .zip(&found.lines)
        .map(|(own, line)| {
            let mut line = line_row(line);
            let matched = own.found.as_ref().ok();
            let has_price = line.cost.is_some();
            if matched.is_none() {
                NO_MATCH.clone_into(&mut line.status);
            }
            MatchRow {
                line,
                sku: matched.map(|found| found.sku.clone()),
                region: matched.map_or_else(|| own.of.region.clone(), |found| found.region.clone()),
                reason: own.found.as_ref().map_or_else(Clone::clone, |found| found.reason.clone()),
                runner_up: matched.and_then(|found| found.runner_up.clone()),
                // A size that was settled and has no price is not sure to be there.
                confidence: matched.map(|found| found.confidence).filter(|_| has_price),
            }
        })
        .collect();
    for row in rows.iter().filter(|row| row.sku.is_none()) {
        findings.push(Finding::warning(format!("`{}` has no match: {}", row.line.line, row.reason)));
    }
    if rows.iter().all(|row| row.sku.is_none()) {
        return Err(Error::not_enough("no line of the usage has a match"));
    }
    if rows.iter().all(|row| row.line.cost.is_none()) {
        return Err(Error::not_enough("no line that is matched has a price"));
    }
    let text = plan_text(&matches, &plan.currency);
    let mut notes = vec![
        "a match is a guess by cores and memory; `fit` is the share of the size that would be used; set one with `--overrides FILE`"
            .to_owned(),
    ];
    notes.push(match days {
        Some((first, last)) => {
            format!("the hours of {first} to {last}, converted to those of a month of 730 hours")
        }
        None => "hours as given, read as those of a month".to_owned(),
    });
    Ok((MatchReport { currency: card.currency.clone(), rows, notes }, text))
}
