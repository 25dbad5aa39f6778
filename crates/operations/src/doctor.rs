//! Whether Azure can be reached, and what to do where it cannot.

use crate::{
    AzureAccess, ErrorKind, Host, Result,
    connection::{Connection, wait_for},
};
use azure::{CostQuery, Request, Scope, billing_accounts, billing_periods, exports, subscription_plan};
use chrono::{DateTime, Days, Utc};
use report::{Column, ColumnValues, Dataset};
use serde::{Deserialize, Serialize};

/// A clock that is off by more than this makes tokens invalid.
const CLOCK_SECONDS: i64 = 300;

/// What to check.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoctorRequest {
    /// Scopes whose costs are to be readable.
    pub scopes: Vec<String>,
    /// How Azure is reached.
    pub access: AzureAccess,
}

/// What the checks found.
pub struct Diagnosis {
    checks: Vec<Check>,
    /// The kind of the failure that matters, where a check failed.
    pub failure: Option<ErrorKind>,
}

/// One check.
struct Check {
    name: String,
    outcome: Outcome,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Ok,
    Warning,
    Failed,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// Checks sign-in, clock, network, and what each scope lets be read.
///
/// # Errors
/// A scope in the wrong form; variables that cannot be used. What a check finds is in the result.
pub fn doctor(request: &DoctorRequest, host: &Host<'_>) -> Result<Diagnosis> {
    let scopes: Vec<Scope> =
        request.scopes.iter().map(|text| Scope::parse(text)).collect::<azure::Result<_>>()?;
    let connection = Connection::open(&request.access, host)?;
    wait_for(async { Ok(check(&connection, &scopes).await) })
}

impl Diagnosis {
    /// One row a check.
    ///
    /// # Errors
    /// None that can happen: the columns are of one length.
    pub fn dataset(&self) -> Result<Dataset> {
        let text = |get: &dyn Fn(&Check) -> String| {
            ColumnValues::Text(self.checks.iter().map(|check| Some(get(check))).collect())
        };
        let columns = vec![
            Column::new("x_Check", text(&|check| check.name.clone())),
            Column::new("x_Outcome", text(&|check| check.outcome.name().to_owned())),
            Column::new("x_Told", text(&|check| check.text.clone())),
        ];
        Ok(Dataset::new("doctor", 1, columns)?)
    }
}

async fn check(connection: &Connection, scopes: &[Scope]) -> Diagnosis {
    let mut checks = Vec::new();
    let mut failure = None;
    let mut note = |check: &str, outcome: Outcome, text: String| {
        checks.push(Check { name: check.to_owned(), outcome, text });
    };
    match &connection.sign_in {
        None => note("sign-in", Outcome::Ok, "a ready token".to_owned()),
        Some(sign_in) => match sign_in.check().await {
            Ok(method) => note("sign-in", Outcome::Ok, method.name().to_owned()),
            Err(error) => {
                note("sign-in", Outcome::Failed, error.to_string());
                return Diagnosis { checks, failure: Some(ErrorKind::NotAllowed) };
            }
        },
    }
    match reach(connection).await {
        Ok(Some(skew)) if skew.abs() > CLOCK_SECONDS => {
            let text = format!("this machine's clock is {skew} s off Azure's; set it, or sign-in will fail");
            note("clock", Outcome::Failed, text);
            failure = Some(ErrorKind::Failed);
        }
        Ok(skew) => {
            note("reach", Outcome::Ok, "the resource manager answers".to_owned());
            let text =
                skew.map_or("the reply has no date".to_owned(), |skew| format!("{skew} s off Azure's"));
            note("clock", Outcome::Ok, text);
        }
        Err(error) => {
            note("reach", Outcome::Failed, error.to_string());
            return Diagnosis { checks, failure: Some(crate::Error::from(error).kind()) };
        }
    }
    match billing_accounts(&connection.billing).await {
        Ok(accounts) if accounts.is_empty() => {
            note("billing accounts", Outcome::Warning, "none can be seen; invoices need one".to_owned());
        }
        Ok(accounts) => {
            let named = accounts.iter().map(|account| {
                let agreement = account.properties.agreement_type.as_deref().unwrap_or("unknown agreement");
                format!("{} ({agreement})", account.name)
            });
            note("billing accounts", Outcome::Ok, named.collect::<Vec<_>>().join(", "));
        }
        Err(error) => note("billing accounts", Outcome::Warning, error.to_string()),
    }
    for scope in scopes {
        if scope.subscription().is_some() {
            match subscription_plan(&connection.billing, scope).await {
                Ok(plan) => {
                    let quota = plan.subscription_policies.and_then(|policies| policies.quota_id);
                    note(
                        &format!("plan of {scope}"),
                        Outcome::Ok,
                        quota.unwrap_or_else(|| "not told".to_owned()),
                    );
                }
                Err(error) => note(&format!("plan of {scope}"), Outcome::Warning, error.to_string()),
            }
            match billing_periods(&connection.billing, scope).await {
                Ok(periods) => {
                    if let Some(period) = periods.first() {
                        note(
                            &format!("billing period of {scope}"),
                            Outcome::Ok,
                            format!("{} to {}", period.first_day, period.last_day),
                        );
                    }
                }
                Err(error) => {
                    note(&format!("billing period of {scope}"), Outcome::Warning, error.to_string())
                }
            }
        }
        let today = connection.clock.utc().date_naive();
        let query = CostQuery {
            kind: "ActualCost",
            from: today - Days::new(3),
            last: today - Days::new(1),
            daily: false,
            groups: Vec::new(),
        };
        let check = format!("costs of {scope}");
        match query.fetch(&connection.costs, scope).await {
            Ok(rows) if rows.is_empty() => {
                note(
                    &check,
                    Outcome::Warning,
                    "no costs of the last 3 days; that is not known to mean 0".to_owned(),
                );
            }
            Ok(rows) => {
                let sums: Vec<String> =
                    rows.iter().map(|row| format!("{} {}", row.cost, row.currency)).collect();
                note(&check, Outcome::Ok, format!("last 3 days: {}", sums.join(", ")));
            }
            Err(error) => {
                note(&check, Outcome::Failed, error.to_string());
                failure = Some(crate::Error::from(error).kind());
            }
        }
        let check = format!("exports of {scope}");
        match exports(&connection.costs, scope).await {
            Ok(list) if list.is_empty() => {
                note(
                    &check,
                    Outcome::Warning,
                    "none; a daily export of costs is the best source there is".to_owned(),
                );
            }
            Ok(list) => {
                let named: Vec<String> = list
                    .iter()
                    .map(|export| format!("{} ({})", export.name, export.properties.definition.kind))
                    .collect();
                note(&check, Outcome::Ok, named.join(", "));
            }
            Err(error) => note(&check, Outcome::Warning, error.to_string()),
        }
    }
    Diagnosis { checks, failure }
}

/// Asks for the subscriptions that can be seen; how many seconds this clock is off the reply's date.
async fn reach(connection: &Connection) -> azure::Result<Option<i64>> {
    let url = connection.billing.endpoint().at("/subscriptions?api-version=2022-12-01")?;
    let reply = connection.billing.call(&Request::get(url, "subscriptions")).await?;
    let theirs = reply.header("date").and_then(|text| DateTime::parse_from_rfc2822(text).ok());
    Ok(theirs.map(|theirs| (connection.clock.utc() - theirs.with_timezone(&Utc)).num_seconds()))
}
