//! What each of Azure's services gives for some days of a scope.

use super::{
    azure_request::{AzureSource, UsageSource},
    fetch_window::FetchWindow,
};
use crate::{
    AzureAccess, Error, Finding, Granularity, Host, Result, ResultExt, connection::Connection, write_file,
};
use azure::{
    CostQuery, QueryGroup, QueryRow, RateCardQuery, Scope, UsageDetailsQuery, UsageQuery, cost_details,
};
use billing::{CycleDay, Metric, PriceCard, ServiceCharge};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use ingest::{Landed, Landing};
use std::{collections::BTreeSet, fs, path::Path};

/// Meters that a finding lists.
const MOST_METERS: usize = 5;

/// Refuses what a source cannot give, before anything is asked.
pub(super) fn check(source: &AzureSource, windows: &[FetchWindow]) -> Result<()> {
    let refuse = |text: String| Err(Error::usage(text));
    let metric = source.metric();
    if !matches!(metric, Metric::Billed | Metric::Effective) {
        return refuse(format!("Azure's services know billed and effective costs, not {metric}"));
    }
    for window in windows {
        match source {
            AzureSource::Usage(_) => {
                let scope = &window.scope;
                let whole = scope.subscription().map(|id| format!("/subscriptions/{id}"));
                if whole.as_deref() != Some(scope.path()) {
                    return refuse(format!("usage is read by subscription, not for `{scope}`"));
                }
            }
            AzureSource::CostDetails { .. } => {
                let oldest = window.today - chrono::Months::new(13);
                if window.first < oldest {
                    return refuse(format!(
                        "`{}` is older than cost details are kept: 13 months, from {oldest}",
                        window.first
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Fetches the days of a window and lands them; `None` where nothing came.
pub(super) async fn fetch(
    connection: &Connection,
    source: &AzureSource,
    window: &FetchWindow,
    landing: &Landing,
    access: &AzureAccess,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Option<Landed>> {
    match source {
        AzureSource::Usage(options) => usage(connection, options, window, landing, findings).await,
        AzureSource::CostDetails { metric } => details(connection, *metric, window, landing).await,
        AzureSource::Query { metric, group_by } => {
            query(connection, *metric, group_by, window, landing, findings).await
        }
        AzureSource::UsageDetails { metric } => {
            usage_details(connection, *metric, window, landing, findings).await
        }
        #[cfg(feature = "storage")]
        AzureSource::Export { metric, name } => {
            let export =
                super::azure_export::ExportRead { metric: *metric, name: name.as_deref(), access, host };
            export.fetch(connection, window, landing, findings).await
        }
        #[cfg(not(feature = "storage"))]
        AzureSource::Export { .. } => {
            let _ = (access, host);
            Err(Error::usage("this build does not read exports from storage"))
        }
    }
}

/// Use from the cycle's begin on, since tiers and free amounts count from there; what is kept are the
/// days asked for. Records come late, so they are asked for some days longer.
async fn usage(
    connection: &Connection,
    options: &UsageSource,
    window: &FetchWindow,
    landing: &Landing,
    findings: &mut Vec<Finding>,
) -> Result<Option<Landed>> {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let begin = midnight(window.cycle.start());
    let now = connection.clock.utc().min(midnight(window.today) + TimeDelta::days(1));
    let full = match options.granularity {
        Granularity::Daily => midnight(now.date_naive()),
        Granularity::Hourly => {
            midnight(now.date_naive()) + TimeDelta::hours(i64::from(chrono::Timelike::hour(&now)))
        }
    };
    let end = midnight(window.last + Days::new(1 + options.late_days)).min(full);
    let asked = UsageQuery {
        reported_from: begin,
        reported_to: end,
        granularity: match options.granularity {
            Granularity::Daily => azure::Granularity::Daily,
            Granularity::Hourly => azure::Granularity::Hourly,
        },
        details: !options.no_details,
    };
    let mut records = asked.fetch(&connection.billing, &window.scope).await?;
    // Use of the cycle before, reported in this one, belongs to that cycle's tiers.
    records.retain(|record| {
        let day = record.start.date_naive();
        window.cycle.contains(day) && day <= window.last
    });
    if !records.iter().any(|record| record.start.date_naive() >= window.first) {
        return Ok(None);
    }
    let card = rate_card(connection, options, window, &landing.out, findings).await?;
    let cycle_day = match options.cycle_day {
        Some(day) => CycleDay::new(day)?,
        None => CycleDay::FIRST,
    };
    let records = records.into_iter().map(ServiceCharge::from).collect();
    let mut charges = prices::price_charges(records, &card, cycle_day)?;
    charges.retain(|charge| charge.start.date_naive() >= window.first);
    findings.extend(unpriced(&window.scope, &charges));
    land_charges(landing, charges).await
}

/// Lands charges off the thread that waits for services, where the frame engine may not wait itself.
async fn land_charges(landing: &Landing, charges: Vec<ServiceCharge>) -> Result<Option<Landed>> {
    let own = landing.clone();
    let landed = tokio::task::spawn_blocking(move || own.charges(&charges)).await??;
    Ok(Some(landed).filter(|landed| landed.rows > 0))
}

fn unpriced(scope: &Scope, charges: &[ServiceCharge]) -> Option<Finding> {
    let meters: BTreeSet<&str> = charges
        .iter()
        .filter(|charge| charge.billed_cost.is_none())
        .filter_map(|charge| charge.meter_id.as_deref())
        .collect();
    let shown: Vec<&str> = meters.iter().take(MOST_METERS).copied().collect();
    let more = if meters.len() > shown.len() { ", …" } else { "" };
    (!meters.is_empty()).then(|| {
        Finding::warning(format!(
            "{scope}: the rate card has no price for {} meters ({}{more}); their usage is kept without a cost",
            meters.len(),
            shown.join(", ")
        ))
    })
}

/// The rate card: the one of today that was kept, or a new one.
async fn rate_card(
    connection: &Connection,
    options: &UsageSource,
    window: &FetchWindow,
    out: &Path,
    findings: &mut Vec<Finding>,
) -> Result<PriceCard> {
    let query = RateCardQuery {
        offer: options.offer.clone(),
        currency: options.currency.to_uppercase(),
        locale: options.locale.clone(),
        region: options.rate_region.clone(),
    };
    query.check()?;
    let _one_at_a_time = connection.rate_card.lock().await;
    // Hidden, so that nobody takes it for charges.
    let folder = out.join(".rate-cards");
    let name = format!(
        "{}_{}_{}_{}_{}.json",
        query.offer,
        query.currency,
        query.locale,
        query.region,
        connection.clock.utc().date_naive()
    );
    let path = folder.join(name);
    if !options.refresh
        && let Ok(text) = fs::read(&path)
        && let Ok(card) = query.read(&text, &path.display().to_string())
    {
        let text = format!("prices are those of the rate card kept in `{}`", path.display());
        findings.push(Finding::detail(text));
        return Ok(card);
    }
    let text = query.fetch_text(&connection.billing, &window.scope).await?;
    let card = query.read(&text, "the rate card")?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot write `{}`", folder.display()))?;
    write_file(&path, |file| Ok(file.write_all(&text)?))?;
    if !card.terms.is_nothing() {
        findings.push(Finding::warning(format!(
            "the offer {} has terms (credit, commitment or recurring charge) that are not in these costs: they are before credit",
            query.offer)));
    }
    Ok(card)
}

async fn details(
    connection: &Connection,
    metric: Metric,
    window: &FetchWindow,
    landing: &Landing,
) -> Result<Option<Landed>> {
    let report =
        cost_details(&connection.costs, &window.scope, service_metric(metric), window.first, window.last)
            .await?;
    let folder = tempfile::tempdir().context("cannot make a folder for the report's files")?;
    let mut files = Vec::new();
    for (number, file) in report.files.iter().enumerate() {
        let path = folder.path().join(format!("part_0_{:04}.csv", number + 1));
        connection.costs.save(&file.link, window.scope.path(), &path).await?;
        let bytes = fs::metadata(&path)?.len();
        if let Some(stated) = file.byte_count.filter(|stated| *stated != bytes) {
            return Err(Error::failed(format!(
                "file {} of the cost details of {} has {bytes} bytes, the service says {stated}; nothing of it is used",
                number + 1,
                window.scope
            )));
        }
        files.push(path);
    }
    if files.is_empty() {
        return Ok(None);
    }
    let own = landing.clone();
    let files: Vec<_> = files.into_iter().map(|path| (path, metric)).collect();
    match tokio::task::spawn_blocking(move || own.files(&files, true)).await? {
        // A report with a header only: nothing was charged, as far as the service knows.
        Err(ingest::Error::NoCosts(_)) => Ok(None),
        landed => Ok(Some(landed?).filter(|landed| landed.rows > 0)),
    }
}

fn service_metric(metric: Metric) -> &'static str {
    if metric == Metric::Effective { "AmortizedCost" } else { "ActualCost" }
}

async fn usage_details(
    connection: &Connection,
    metric: Metric,
    window: &FetchWindow,
    landing: &Landing,
    findings: &mut Vec<Finding>,
) -> Result<Option<Landed>> {
    let service_metric = if metric == Metric::Effective { "amortizedcost" } else { "actualcost" };
    let query = UsageDetailsQuery { from: window.first, last: window.last, metric: service_metric };
    let found = query.fetch(&connection.costs, &window.scope).await?;
    let scope = &window.scope;
    if found.repeated > 0 {
        findings.push(Finding::warning(format!(
            "{scope}: {} rows stood on two pages and count once",
            found.repeated
        )));
    }
    if found.doubtful > 0 {
        findings.push(Finding::warning(format!(
            "{scope}: at {} borders of pages two equal rows meet; both count, though one may be a repetition",
            found.doubtful
        )));
    }
    if found.outside > 0 {
        findings.push(Finding::warning(format!(
            "{scope}: {} rows of other days than asked for are left out",
            found.outside
        )));
    }
    if found.charges.is_empty() {
        return Ok(None);
    }
    land_charges(landing, found.charges).await
}

async fn query(
    connection: &Connection,
    metric: Metric,
    group_by: &[String],
    window: &FetchWindow,
    landing: &Landing,
    findings: &mut Vec<Finding>,
) -> Result<Option<Landed>> {
    let groups = groups(group_by, &window.scope);
    let asked = CostQuery {
        kind: service_metric(metric),
        from: window.first,
        last: window.last,
        daily: true,
        groups: groups.clone(),
    };
    let rows = asked.fetch(&connection.costs, &window.scope).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    for group in &groups {
        let name = match group {
            QueryGroup::Dimension(name) => name.as_str(),
            QueryGroup::Tag(_) => "TagValue",
        };
        if !rows.iter().any(|row| row.groups.keys().any(|own| own.eq_ignore_ascii_case(name))) {
            findings.push(Finding::warning(format!(
                "{}: the reply does not tell costs apart by {name}",
                window.scope
            )));
        }
    }
    let mut charges = Vec::with_capacity(rows.len());
    for row in rows {
        let day = row
            .day
            .ok_or_else(|| Error::failed(format!("{}: a row of the query has no day", window.scope)))?;
        charges.push(query_charge(row, day, window, metric)?);
    }
    land_charges(landing, charges).await
}

fn query_charge(
    row: QueryRow,
    day: NaiveDate,
    window: &FetchWindow,
    metric: Metric,
) -> Result<ServiceCharge> {
    if row.currency.is_empty() {
        return Err(Error::failed(format!("{}: the query's row of {day} names no currency", window.scope)));
    }
    let group = |names: &[&str]| {
        let own = |name: &&str| row.groups.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        names.iter().find_map(own).map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    };
    let start = day
        .and_time(NaiveTime::MIN)
        .and_local_timezone(Utc)
        .earliest()
        .ok_or_else(|| Error::failed("a UTC day"))?;
    let tag = group(&["TagKey"]).zip(group(&["TagValue"]));
    Ok(ServiceCharge {
        billed_cost: (metric == Metric::Billed).then_some(row.cost),
        effective_cost: (metric == Metric::Effective).then_some(row.cost),
        start,
        end: start + TimeDelta::days(1),
        category: group(&["ChargeType"]),
        meter_category: group(&["ServiceName", "MeterCategory"]),
        meter_name: group(&["Meter"]),
        subscription_id: group(&["SubscriptionId"])
            .or_else(|| window.scope.subscription().map(str::to_owned)),
        subscription_name: group(&["SubscriptionName"]),
        resource_group: group(&["ResourceGroup", "ResourceGroupName"]),
        resource_id: group(&["ResourceId"]),
        region: group(&["ResourceLocation"]),
        publisher_type: group(&["PublisherType"]),
        pricing_model: group(&["PricingModel"]),
        billing_profile_id: group(&["BillingProfileId"]),
        invoice_section_id: group(&["InvoiceSectionId"]),
        invoice_id: group(&["InvoiceId"]),
        tags: tag.into_iter().collect(),
        currency: row.currency.clone(),
        ..ServiceCharge::default()
    })
}

/// The service's names of groups.
fn groups(asked: &[String], scope: &Scope) -> Vec<QueryGroup> {
    let dimension = |name: &str| QueryGroup::Dimension(name.to_owned());
    if asked.is_empty() {
        let second = if scope.subscription().is_some() { "ChargeType" } else { "SubscriptionId" };
        return vec![dimension("ServiceName"), dimension(second)];
    }
    asked
        .iter()
        .map(|name| match name.as_str() {
            "subscription" => dimension("SubscriptionId"),
            "service" => dimension("ServiceName"),
            "resource-group" => dimension("ResourceGroup"),
            "resource" => dimension("ResourceId"),
            "region" => dimension("ResourceLocation"),
            "meter" => dimension("Meter"),
            "charge-category" | "charge-kind" => dimension("ChargeType"),
            "publisher" => dimension("PublisherType"),
            "invoice-section" => dimension("InvoiceSectionId"),
            "billing-profile" => dimension("BillingProfileId"),
            other => match other.strip_prefix("tag:") {
                Some(key) => QueryGroup::Tag(key.to_owned()),
                None => dimension(other),
            },
        })
        .collect()
}
