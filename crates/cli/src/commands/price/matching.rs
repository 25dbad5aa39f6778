//! `price match`: use of another cloud or of a data centre, matched to Azure's sizes and priced.

use super::{
    estimate::row,
    rates::{self, Asked},
};
use crate::{exit::Exit, failure::Failure, options::Global, output, price_options::Match};
use anyhow::{Context, Result};
use billing::CycleDay;
use chrono::Utc;
use prices::{
    ForeignUsage, Overrides, azure_region, match_sizes, plan_of, plan_text, read_foreign_usage,
    read_overrides,
};
use report::{MatchReport, MatchRow};
use std::{collections::BTreeSet, fs, path::Path};

/// The word in the place of a cost where nothing was matched.
const NO_MATCH: &str = "no_match";

pub fn run(global: &Global, options: &Match) -> Result<Exit> {
    let read = |path: &str| fs::read_to_string(path).with_context(|| format!("cannot read `{path}`"));
    let file = fs::File::open(&options.usage).with_context(|| format!("cannot read `{}`", options.usage))?;
    let ForeignUsage { lines, days, left_out, unread_factors } =
        read_foreign_usage(file, &format!("`{}`", options.usage))?;
    if !unread_factors.is_empty() {
        tracing::warn!(
            "hours are not multiplied by these columns, which are not read: `{}`; a count is read from `count`",
            unread_factors.join("`, `")
        );
    }
    if !left_out.is_empty() {
        let reasons: Vec<String> = left_out.iter().map(|(what, rows)| format!("{rows} of {what}")).collect();
        tracing::warn!("rows that are not machine time are left out: {}", reasons.join(", "));
    }
    if options.plan_out.as_deref().is_some_and(|path| path == Path::new("-")) {
        return Err(Failure::Usage("`--plan-out` writes a file; `-` is none".to_owned()).into());
    }
    let overrides = match &options.overrides {
        Some(path) => read_overrides(&read(path)?, &format!("`{path}`"))?,
        None => Overrides::default(),
    };
    let regions: BTreeSet<&str> =
        lines.iter().map(|line| azure_region(&line.region).unwrap_or(&line.region)).collect();
    let asked: Vec<Asked> = regions
        .into_iter()
        .map(|region| Asked {
            region: Some(region.to_owned()),
            service: Some("Virtual Machines"),
            ..Asked::default()
        })
        .collect();
    let card = rates::card(&options.rates, &asked, None)?;
    let as_of = options.as_of.unwrap_or_else(|| Utc::now().date_naive());
    let matches = match_sizes(lines, &card, &overrides, as_of);
    let plan = plan_of(&matches, card.currency.code());
    let found = prices::estimate(&plan, &card, as_of, CycleDay::FIRST)?;
    let rows: Vec<MatchRow> = matches
        .iter()
        .zip(&found.lines)
        .map(|(own, line)| {
            let mut line = row(line);
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
    for own in rows.iter().filter(|own| own.sku.is_none()) {
        tracing::warn!("`{}` has no match: {}", own.line.line, own.reason);
    }
    if rows.iter().all(|own| own.sku.is_none()) {
        return Err(Failure::NotEnough("no line of the usage has a match".to_owned()).into());
    }
    if rows.iter().all(|own| own.line.cost.is_none()) {
        return Err(Failure::NotEnough("no line that is matched has a price".to_owned()).into());
    }
    if let Some(path) = &options.plan_out {
        let text = plan_text(&matches, &plan.currency);
        output::write_file(path, |file| Ok(file.write_all(text.as_bytes())?))?;
    }
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
    let report = MatchReport { currency: card.currency.clone(), rows, notes };
    output::write_result(global, |style| report.table(style), || report.dataset())?;
    Ok(Exit::Done)
}
