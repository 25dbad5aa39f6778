//! Cost Management's query and its own forecast: sums of costs by day and group, as columns and rows.
//!
//! Columns come in any order and are found by name. Without an aggregation there is no cost column at
//! all. The day that is running comes as a partial row; days without cost have none, and no rows at all
//! mean "unknown", not zero. Numbers are doubles of about 15 digits. Pages are asked for by the same
//! body again. A cost may be missing from a forecast's reply; only totals come, never a range.
//! Source: specification 2023-11-01, recorded and observed replies.

use crate::{
    Error, Reply, Request, Result, Scope, Transport,
    paging::{Rows, pages},
    wire::day,
};
use billing::Amount;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::collections::{BTreeMap, BTreeSet};

const VERSION: &str = "2023-11-01";
/// Names of cost columns, the preferred one first.
const COSTS: [&str; 4] = ["Cost", "PreTaxCost", "CostUSD", "PreTaxCostUSD"];

/// What to ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct CostQuery {
    /// `ActualCost`, `AmortizedCost` or `Usage`.
    pub kind: &'static str,
    /// First day.
    pub from: NaiveDate,
    /// Last day, in it.
    pub last: NaiveDate,
    /// By day, or one sum.
    pub daily: bool,
    /// At most two things to group by.
    pub groups: Vec<QueryGroup>,
}

/// What to group by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryGroup {
    /// A dimension by the service's name, such as `ServiceName`.
    Dimension(String),
    /// A tag by its key.
    Tag(String),
}

/// One row of a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryRow {
    /// The day, where asked by day.
    pub day: Option<NaiveDate>,
    /// The cost.
    pub cost: Amount,
    /// Its currency.
    pub currency: String,
    /// Values of all other columns, by the reply's names of them.
    pub groups: BTreeMap<String, String>,
    /// `Actual` or `Forecast`, in a forecast's reply.
    pub status: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    properties: WireTable,
}

#[derive(Deserialize)]
struct WireTable {
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
    #[serde(default)]
    columns: Vec<WireColumn>,
    #[serde(default)]
    rows: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct WireColumn {
    name: String,
}

impl CostQuery {
    /// The rows of the days asked for. None at all means that nothing is known of them.
    ///
    /// # Errors
    /// [`Error::Usage`] for more than two groups; what [`Transport::call`] may say; [`Error::BadReply`]
    /// for replies without a cost.
    pub async fn fetch(&self, transport: &Transport, scope: &Scope) -> Result<Vec<QueryRow>> {
        if self.groups.len() > 2 {
            return Err(Error::Usage("the service groups by two things at most".to_owned()));
        }
        let mut rows = ask(transport, scope, "query", &self.body()).await?;
        // Services were seen to shift or swap days in silence; what was not asked for is not used.
        let given = rows.len();
        rows.retain(|row| row.day.is_none_or(|day| (self.from..=self.last).contains(&day)));
        if rows.len() < given {
            tracing::warn!(
                "{scope}: the query gave {} rows of other days than {} to {}; they are left out",
                given - rows.len(),
                self.from,
                self.last
            );
        }
        Ok(rows)
    }

    fn body(&self) -> Value {
        let grouping: Vec<Value> = self
            .groups
            .iter()
            .map(|group| match group {
                QueryGroup::Dimension(name) => json!({ "type": "Dimension", "name": name }),
                QueryGroup::Tag(key) => json!({ "type": "TagKey", "name": key }),
            })
            .collect();
        let mut body = json!({
            "type": self.kind,
            "timeframe": "Custom",
            "timePeriod": period(self.from, self.last),
            "dataset": {
                "granularity": if self.daily { "Daily" } else { "None" },
                "aggregation": { "totalCost": { "name": "Cost", "function": "Sum" } },
            },
        });
        if !grouping.is_empty() {
            body["dataset"]["grouping"] = grouping.into();
        }
        body
    }
}

/// Azure's own forecast of the days from `from` to `last`, with the actual costs before it: rows with a
/// status of `Actual` or `Forecast`. None at all means that the service has no forecast.
///
/// # Errors
/// What [`Transport::call`] may say: 424 is too little history; [`Error::BadReply`].
pub async fn own_forecast(
    transport: &Transport,
    scope: &Scope,
    from: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<QueryRow>> {
    let body = json!({
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": period(from, last),
        "dataset": {
            "granularity": "Daily",
            "aggregation": { "totalCost": { "name": "Cost", "function": "Sum" } },
        },
        "includeActualCost": true,
        "includeFreshPartialCost": false,
    });
    ask(transport, scope, "forecast", &body).await
}

/// Names and values that a scope's costs can be grouped by.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DimensionValues {
    /// The service's name of the dimension.
    pub category: String,
    /// Values that occur.
    #[serde(default)]
    pub data: Vec<String>,
}

/// The dimensions of a scope.
///
/// # Errors
/// What [`Transport::call`] may say.
pub async fn dimensions(transport: &Transport, scope: &Scope) -> Result<Vec<DimensionValues>> {
    #[derive(Deserialize)]
    struct Item {
        properties: DimensionValues,
    }
    let path = format!(
        "{}/providers/Microsoft.CostManagement/dimensions?api-version={VERSION}&$expand=properties/data",
        scope.path()
    );
    let first = Request::get(transport.endpoint().at(&path)?, scope.path());
    let items: Vec<Item> = crate::wire::items(transport, first).await?;
    Ok(items.into_iter().map(|item| item.properties).collect())
}

fn period(from: NaiveDate, last: NaiveDate) -> Value {
    json!({ "from": format!("{from}T00:00:00Z"), "to": format!("{last}T23:59:59Z") })
}

async fn ask(transport: &Transport, scope: &Scope, verb: &str, body: &Value) -> Result<Vec<QueryRow>> {
    let path = format!("{}/providers/Microsoft.CostManagement/{verb}?api-version={VERSION}", scope.path());
    let first = Request::post(transport.endpoint().at(&path)?, scope.path(), Some(body));
    let what = first.what();
    let table = |reply: &Reply| -> Result<WireTable> {
        if reply.status == 204 || reply.body.is_empty() {
            return Ok(WireTable { next_link: None, columns: Vec::new(), rows: Vec::new() });
        }
        Ok(reply.json::<Wire>(&what)?.properties)
    };
    let replies = pages(transport, first, |reply| {
        let table = table(reply)?;
        Ok((table.next_link, Rows::of(table.rows.iter().map(|row| row.get()))))
    })
    .await?;
    let mut rows = Vec::new();
    for (number, reply) in replies.iter().enumerate() {
        let table = table(reply)?;
        let bad = |why: String| Error::bad_reply(&what, format!("page {}: {why}", number + 1));
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        for (place, raw) in table.rows.iter().enumerate() {
            let cells: Vec<Box<RawValue>> = serde_json::from_str(raw.get())
                .map_err(|error| bad(format!("row {}: {error}", place + 1)))?;
            rows.push(row(&columns, &cells).map_err(|why| bad(format!("row {}: {why}", place + 1)))?);
        }
    }
    // A day, group and currency stand in one row; a second one like it is the same row, given twice.
    let key =
        |row: &QueryRow| (row.day, row.currency.clone(), row.groups.clone(), row.status.clone(), row.cost);
    let mut seen = BTreeSet::new();
    let given = rows.len();
    rows.retain(|row| seen.insert(key(row)));
    if rows.len() < given {
        tracing::warn!("{scope}: {} rows of the {verb} were given twice and count once", given - rows.len());
    }
    Ok(rows)
}

fn row(columns: &[&str], cells: &[Box<RawValue>]) -> std::result::Result<QueryRow, String> {
    if columns.len() != cells.len() {
        return Err(format!("it has {} values for {} columns", cells.len(), columns.len()));
    }
    let cell = |name: &str| {
        let place = columns.iter().position(|column| column.eq_ignore_ascii_case(name))?;
        Some(text(cells[place].get())).filter(|text| !text.is_empty())
    };
    let cost_column = COSTS
        .into_iter()
        .find(|name| columns.iter().any(|column| column.eq_ignore_ascii_case(name)))
        .ok_or_else(|| format!("there is no cost among its columns {}", columns.join(", ")))?;
    let cost = cell(cost_column).ok_or("its cost is empty")?;
    let day = ["UsageDate", "BillingMonth"].iter().find_map(|name| cell(name));
    let known = ["UsageDate", "BillingMonth", "Currency", "CostStatus"];
    let groups = columns
        .iter()
        .filter(|name| !known.iter().chain(&COSTS).any(|other| other.eq_ignore_ascii_case(name)))
        .filter_map(|name| Some(((*name).to_owned(), cell(name)?)))
        .collect();
    Ok(QueryRow {
        day: day.as_deref().map(usage_day).transpose()?,
        cost: cost.parse().map_err(|_| format!("its cost `{cost}` is no number"))?,
        currency: cell("Currency").unwrap_or_default(),
        groups,
        status: cell("CostStatus"),
    })
}

/// A day as number (`20200401`) or text.
fn usage_day(text: &str) -> std::result::Result<NaiveDate, String> {
    let plain = NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    plain.or_else(|| day(text)).ok_or_else(|| format!("`{text}` is no day"))
}

/// The value of a cell as text; empty for null.
fn text(raw: &str) -> String {
    if raw == "null" {
        return String::new();
    }
    serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned())
}
