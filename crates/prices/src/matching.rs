//! Usage of another cloud or of a data centre, matched to Azure's sizes by cores, memory and region.
//!
//! The match is the cheapest size that is at least as large, and the next cheapest is named beside it. Its confidence is
//! the share of the size that would be used: cores times memory, each at most 1. A match is a guess about a workload that
//! nobody has measured; an override decides it.

use crate::{
    Error, ForeignMachine, Machine, Os, Result,
    hours::{HOURS, cost_of_hour},
    lookup::os_of,
    machine::azure_region,
    plan::{HowMuch, Plan, PlanLine, What},
    same_region,
};
use billing::{Amount, Price, PriceCard, PriceKind};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line and the size that it is matched to.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// The machine to match.
    pub of: ForeignMachine,
    /// The size, and why; or why there is none.
    pub found: std::result::Result<Matched, String>,
}

/// A size that would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    /// The size.
    pub sku: String,
    /// Azure's region.
    pub region: String,
    /// Why this one.
    pub reason: String,
    /// The next cheapest that would do.
    pub runner_up: Option<String>,
    /// Share of the size that would be used, 0 to 1; 1 for an override.
    pub confidence: f64,
}

/// Sizes that a user decided, by the name of a line or an instance type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    #[serde(default, rename = "override")]
    settled: Vec<Settled>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settled {
    /// A line's name or an instance type.
    of: String,
    sku: String,
    #[serde(default)]
    region: Option<String>,
}

/// Reads overrides: `[[override]]` with `of`, `sku` and, where wanted, `region`.
///
/// # Errors
/// [`Error::Unreadable`] with the line.
pub fn read_overrides(text: &str, what: &str) -> Result<Overrides> {
    toml::from_str(text).map_err(|error| Error::unreadable(what, error))
}

/// Matches each line to a size of the card. `as_of` decides which prices hold.
#[must_use]
pub fn match_sizes(
    lines: Vec<ForeignMachine>,
    card: &PriceCard,
    overrides: &Overrides,
    as_of: NaiveDate,
) -> Vec<Match> {
    lines.into_iter().map(|of| Match { found: match_one(&of, card, overrides, as_of), of }).collect()
}

fn match_one(
    of: &ForeignMachine,
    card: &PriceCard,
    overrides: &Overrides,
    as_of: NaiveDate,
) -> std::result::Result<Matched, String> {
    let region = azure_region(&of.region).map_or_else(|| of.region.clone(), str::to_owned);
    let is_meant = |own: &&Settled| {
        let instance_type = of.instance_type.as_deref().unwrap_or_default();
        own.of.eq_ignore_ascii_case(&of.name) || own.of.eq_ignore_ascii_case(instance_type)
    };
    if let Some(own) = overrides.settled.iter().find(is_meant) {
        let licence = of
            .licence
            .as_deref()
            .map_or_else(String::new, |licence| format!("; the licence of `{licence}` is not in the price"));
        return Ok(Matched {
            sku: own.sku.clone(),
            region: own.region.clone().unwrap_or(region),
            reason: format!("set by an override{licence}"),
            runner_up: None,
            confidence: 1.0,
        });
    }
    if let Some(licence) = &of.licence {
        return Err(format!(
            "`{licence}` has no price of its own here: name the size by an override to price the machine without its licence"
        ));
    }
    let Some(need) = of.machine else {
        let named = of.instance_type.as_deref().map_or_else(String::new, |name| format!(" of `{name}`"));
        return Err(format!(
            "cores and memory{named} are unknown; name them, or set the size by an override"
        ));
    };
    let of_region = |price: &&Price| same_region(&price.region, &region);
    if !card.prices().iter().any(|price| of_region(&price)) {
        return Err(format!("the prices have nothing in the region `{region}`"));
    }
    // By size the lowest price of an hour that holds on the day.
    let mut sizes: BTreeMap<&str, (Amount, Machine)> = BTreeMap::new();
    for price in card.prices().iter().filter(of_region) {
        // Lists have sizes that are not sold yet with a price of 0.
        let is_usable =
            price.kind == of.kind && price.holds_on(as_of) && os_of(price) == of.os && !price.is_zero();
        let (true, Some(machine), Some(hour)) =
            (is_usable, Machine::of_azure(&price.sku), cost_of_hour(price))
        else {
            continue;
        };
        let is_enough = machine.cores >= need.cores && machine.memory_gib >= need.memory_gib;
        if is_enough && machine.is_arm == need.is_arm {
            let known = sizes.entry(&price.sku).or_insert((hour, machine));
            known.0 = known.0.min(hour);
        }
    }
    let mut by_price: Vec<(Amount, &str, Machine)> =
        sizes.into_iter().map(|(sku, (hour, machine))| (hour, sku, machine)).collect();
    by_price.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    let Some((hour, sku, machine)) = by_price.first() else {
        let what = match (of.kind, of.os) {
            (PriceKind::Spot, _) => "a price of spot machines of",
            (_, Os::Windows) => "a price for Windows on",
            _ => "",
        };
        let [cores, memory] = [need.cores.to_string(), need.memory_gib.to_string()];
        return Err(
            format!("no size in `{region}` has {what} {cores} cores and {memory} GiB").replace("  ", " ")
        );
    };
    let used = |need: f64, has: f64| if has > 0.0 { (need / has).min(1.0) } else { 1.0 };
    let confidence = used(f64::from(need.cores), f64::from(machine.cores))
        * used(need.memory_gib.to_f64(), machine.memory_gib.to_f64());
    Ok(Matched {
        sku: (*sku).to_owned(),
        region,
        reason: format!(
            "{} cores and {} GiB needed, it has {} and {}; the cheapest that will do, at {hour} an hour",
            need.cores, need.memory_gib, machine.cores, machine.memory_gib
        ),
        runner_up: by_price.get(1).map(|(_, sku, _)| (*sku).to_owned()),
        confidence,
    })
}

/// A plan of the matches, a month without a date, for estimates and comparisons.
#[must_use]
pub fn plan_of(matches: &[Match], currency: &str) -> Plan {
    let line = |own: &Match| {
        let found = own.found.as_ref().ok();
        PlanLine {
            name: own.of.name.clone(),
            // A meter without a name has no price.
            what: found.map_or_else(|| What::Meter(String::new()), |found| What::Sku(found.sku.clone())),
            region: found.map_or_else(|| own.of.region.clone(), |found| found.region.clone()),
            product: String::new(),
            os: Some(own.of.os),
            kind: own.of.kind,
            count: Amount::ONE,
            quantity: HowMuch { low: own.of.hours, likely: own.of.hours, high: own.of.hours },
            unit: HOURS.parse().ok(),
            span: None,
            ramp_up_days: 0,
        }
    };
    Plan {
        currency: currency.to_uppercase(),
        committed: Amount::ZERO,
        billing_period: None,
        lines: matches.iter().map(line).collect(),
    }
}

/// A plan that is written down: its matched lines in TOML, for `price estimate` and `price compare`.
#[derive(Serialize)]
struct Written<'a> {
    currency: &'a str,
    line: Vec<WrittenLine<'a>>,
}

#[derive(Serialize)]
struct WrittenLine<'a> {
    name: &'a str,
    sku: &'a str,
    region: &'a str,
    os: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    quantity: String,
    unit: &'static str,
}

/// The plan of the matches as TOML; lines without a match are left out.
#[must_use]
pub fn plan_text(matches: &[Match], currency: &str) -> String {
    let lines = matches.iter().filter_map(|own| {
        let found = own.found.as_ref().ok()?;
        Some(WrittenLine {
            name: &own.of.name,
            sku: &found.sku,
            region: &found.region,
            os: if own.of.os == Os::Windows { "windows" } else { "linux" },
            kind: (own.of.kind == PriceKind::Spot).then_some("spot"),
            quantity: own.of.hours.to_string(),
            unit: HOURS,
        })
    });
    toml::to_string(&Written { currency, line: lines.collect() }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read_foreign_usage, read_private_toml};

    fn card() -> PriceCard {
        let price = |sku: &str, region: &str, each: &str, product: &str| {
            format!(
                "[[price]]\nmeter = \"{sku}{region}{product}\"\nsku = \"{sku}\"\nregion = \"{region}\"\nproduct = \"{product}\"\nunit = \"1 Hour\"\nprice = {each}\n"
            )
        };
        let text = [
            price("Standard_D2s_v5", "northeurope", "0.1", "D"),
            price("Standard_D2s_v5", "northeurope", "0.2", "D Windows"),
            price("Standard_E2s_v5", "northeurope", "0.13", "E"),
            price("Standard_D4s_v5", "northeurope", "0.2", "D"),
            price("Standard_D2ps_v5", "northeurope", "0.05", "D"),
        ];
        read_private_toml(&format!("currency = \"USD\"\n{}", text.concat()), "the card").unwrap()
    }

    fn matched(rows: &str, overrides: &str) -> Vec<String> {
        let lines = read_foreign_usage(rows.as_bytes(), "`u.csv`").unwrap().lines;
        let overrides = read_overrides(overrides, "`o.toml`").unwrap();
        let text = |own: &Match| match &own.found {
            Ok(found) => format!(
                "{} {} × {} ({}) {:.2}",
                own.of.name,
                own.of.hours,
                found.sku,
                found.runner_up.as_deref().unwrap_or("-"),
                found.confidence
            ),
            Err(why) => format!("{}: {why}", own.of.name),
        };
        match_sizes(lines, &card(), &overrides, "2026-12-01".parse().unwrap()).iter().map(text).collect()
    }

    #[test]
    fn the_cheapest_size_that_is_no_smaller_is_taken_and_the_next_is_named() {
        let rows = "name,instance_type,hours,region\nweb,m5.large,700,eu-west-1\nweb,m5.large,30,eu-west-1\n\
            cache,r6i.large,10,eu-west-1\narm,m6g.large,10,northeurope\n";
        assert_eq!(
            matched(rows, ""),
            [
                "web 730 × Standard_D2s_v5 (Standard_E2s_v5) 1.00",
                "cache 10 × Standard_E2s_v5 (Standard_D4s_v5) 1.00",
                "arm 10 × Standard_D2ps_v5 (-) 1.00",
            ]
        );
    }

    #[test]
    fn own_columns_and_focus_details_tell_what_is_needed() {
        let rows = "name,vcpu,memory_gib,hours,region,os\nold,2,6,100,North Europe,Windows Server\n";
        assert_eq!(matched(rows, ""), ["old 100 × Standard_D2s_v5 (-) 0.75"]);
        let rows = "ResourceId,SkuPriceDetails,ConsumedQuantity,RegionId\n\
            i-1,\"{\"\"CoreCount\"\": 2, \"\"MemorySize\"\": \"\"12 GiB\"\"}\",5,europe-west1\n\
            i-2,\"{\"\"CoreCount\"\": 2, \"\"MemorySize\"\": 12}\",5,eu-west-1\n";
        let found = matched(rows, "");
        assert_eq!(found[0], "i-1: the prices have nothing in the region `westeurope`");
        assert_eq!(found[1], "i-2 5 × Standard_E2s_v5 (Standard_D4s_v5) 0.75");
    }

    #[test]
    fn what_cannot_be_matched_says_why_and_an_override_settles_it() {
        let rows =
            "name,instance_type,hours,region\nbig,m5.metal,1,eu-west-1\nhuge,m5.24xlarge,1,eu-west-1\n";
        let found = matched(rows, "");
        assert!(found[0].contains("cores and memory of `m5.metal` are unknown"), "{found:?}");
        assert!(found[1].contains("no size in `northeurope` has 96 cores and 384 GiB"), "{found:?}");
        let settled = "[[override]]\nof = \"M5.metal\"\nsku = \"Standard_E96s_v5\"\n";
        assert_eq!(matched(rows, settled)[0], "big 1 × Standard_E96s_v5 (-) 1.00");
        let refused = read_overrides("[[override]]\nfor = 1\n", "`o.toml`").unwrap_err();
        assert!(refused.to_string().contains("for"), "{refused}");
    }

    #[test]
    fn a_price_of_a_block_of_hours_is_that_of_one_hour_times_the_block() {
        let card = "currency = \"USD\"\n[[price]]\nmeter = \"a\"\nsku = \"Standard_D2s_v5\"\nregion = \"northeurope\"\nunit = \"100 Hours\"\nprice = 10\n\
            [[price]]\nmeter = \"b\"\nsku = \"Standard_D4s_v5\"\nregion = \"northeurope\"\nunit = \"1 Hour\"\nprice = 0.2\n\
            [[price]]\nmeter = \"c\"\nsku = \"Standard_D8s_v5\"\nregion = \"northeurope\"\nunit = \"1 Month\"\nprice = 0.01\n";
        let card = read_private_toml(card, "the card").unwrap();
        let lines = read_foreign_usage(
            &b"name,instance_type,hours,region\nweb,m5.large,730,eu-west-1\n"[..],
            "`u.csv`",
        )
        .unwrap()
        .lines;
        let day = "2026-12-01".parse().unwrap();
        let matches = match_sizes(lines, &card, &Overrides::default(), day);
        let found = matches[0].found.as_ref().unwrap();
        assert_eq!(
            (found.sku.as_str(), found.runner_up.as_deref()),
            ("Standard_D2s_v5", Some("Standard_D4s_v5"))
        );
        let plan = plan_of(&matches, "USD");
        let found = crate::estimate(&plan, &card, day, billing::CycleDay::FIRST).unwrap();
        assert_eq!(found.lines[0].cost.unwrap()[1].to_string(), "73");
    }

    #[test]
    fn the_matches_can_be_written_as_a_plan_and_read_again() {
        let rows = "name,instance_type,hours,region\nweb,m5.large,730,eu-west-1\nbig,m5.metal,1,eu-west-1\n";
        let lines = read_foreign_usage(rows.as_bytes(), "`u.csv`").unwrap().lines;
        let matches = match_sizes(lines, &card(), &Overrides::default(), "2026-12-01".parse().unwrap());
        let plan = plan_of(&matches, "usd");
        let again =
            crate::read_plan(&plan_text(&matches, &plan.currency), crate::PlanFormat::Toml, "the plan")
                .unwrap();
        assert_eq!(again.lines, plan.lines[..1]);
    }

    #[test]
    fn a_licence_without_a_price_has_no_match_unless_an_override_names_the_size() {
        let rows = "name,vcpu,memory_gib,hours,region,os,count\nold,2,8,730,northeurope,RHEL 9,2\n\
            free,2,8,730,northeurope,Ubuntu,2\n";
        let found = matched(rows, "");
        assert!(found[0].starts_with("old: `RHEL 9` has no price of its own"), "{found:?}");
        assert_eq!(found[1], "free 1460 × Standard_D2s_v5 (Standard_E2s_v5) 1.00");
        let set = "[[override]]\nof = \"old\"\nsku = \"Standard_D2s_v5\"\n";
        assert_eq!(matched(rows, set)[0], "old 1460 × Standard_D2s_v5 (-) 1.00");
    }

    #[test]
    fn a_size_with_a_price_of_zero_is_not_sold_and_matches_nothing() {
        let price = |sku: &str, each: &str| {
            format!(
                "[[price]]\nmeter = \"{sku}\"\nsku = \"{sku}\"\nregion = \"northeurope\"\nunit = \"1 Hour\"\nprice = {each}\n"
            )
        };
        let card = ["currency = \"USD\"\n", &price("Standard_D2s_v5", "0.1"), &price("Standard_D2s_v9", "0")]
            .concat();
        let card = read_private_toml(&card, "the card").unwrap();
        let rows = "name,vcpu,memory_gib,hours,region\nweb,2,8,730,northeurope\n";
        let lines = read_foreign_usage(rows.as_bytes(), "`u.csv`").unwrap().lines;
        let found = match_sizes(lines, &card, &Overrides::default(), "2026-12-01".parse().unwrap());
        let found = found[0].found.as_ref().unwrap();
        assert_eq!((found.sku.as_str(), &found.runner_up), ("Standard_D2s_v5", &None));
    }
}
