//! `ingest azure …`: charges of Azure's services as FOCUS-shaped Parquet.

use crate::{
    clock, messages,
    options::azure::{Source, SourceOptions},
    output::{DONE, out_folder},
    session::Session,
};
use operations::{AzureIngestRequest, AzureSource, ErrorKind, Result, UsageSource, ingest_azure};

pub fn run(session: &Session, source: &Source) -> Result<u8> {
    let options = common(source);
    let request = AzureIngestRequest {
        source: asked(source),
        scopes: options.scope.clone(),
        from: options.from,
        to: options.to,
        since: options.since.clone(),
        out: out_folder(options.out.as_deref())?,
        today: options.as_of.map_or_else(clock::today, Ok)?,
        check: options.check,
        access: options.reach.access(),
    };
    let done = session.run(|host| ingest_azure(&request, host))?;
    messages::report(&done.findings);
    options.output.write_dataset(&done.dataset)?;
    Ok(if done.is_partial { ErrorKind::Partial.exit_code() } else { DONE })
}

fn common(source: &Source) -> &SourceOptions {
    match source {
        Source::Usage(usage) => &usage.common,
        Source::CostDetails(plain) | Source::UsageDetails(plain) => &plain.common,
        Source::Query(query) => &query.plain.common,
        Source::Export(export) => &export.plain.common,
    }
}

fn asked(source: &Source) -> AzureSource {
    match source {
        Source::Usage(usage) => AzureSource::Usage(UsageSource {
            granularity: usage.granularity.into(),
            offer: usage.offer.clone(),
            currency: usage.currency.clone(),
            locale: usage.locale.clone(),
            rate_region: usage.rate_region.clone(),
            late_days: usage.late_days,
            no_details: usage.no_details,
            refresh: usage.refresh,
            cycle_day: usage.cycle_day,
        }),
        Source::CostDetails(plain) => AzureSource::CostDetails { metric: plain.metric },
        Source::UsageDetails(plain) => AzureSource::UsageDetails { metric: plain.metric },
        Source::Query(query) => {
            AzureSource::Query { metric: query.plain.metric, group_by: query.group_by.clone() }
        }
        Source::Export(export) => {
            AzureSource::Export { metric: export.plain.metric, name: export.name.clone() }
        }
    }
}
