//! A plan: planned usage, without prices.
//!
//! TOML or YAML, with a JSON Schema for completion in editors. Each line names a meter, or a size in a region, its quantity
//! in a month, and its first and last days. Unknown keys are errors.

use crate::{
    Error, Result,
    file_values::{Date, Number},
};
use billing::{Amount, BillingCycle, PriceKind, PricingUnit};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The currency of its prices, in upper case.
    pub currency: String,
    /// Amount committed to a cycle, which decides the discount of offers that have one.
    pub committed: Amount,
    /// The billing period that contains all its days, where it is known; otherwise cycles follow the cycle day.
    pub billing_period: Option<BillingCycle>,
    /// Its lines, in the order of the file.
    pub lines: Vec<PlanLine>,
}

/// A line of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanLine {
    /// Its name, which no other line has.
    pub name: String,
    /// The thing that is used.
    pub what: What,
    /// The region; empty for any.
    pub region: String,
    /// A part of the product's name, where a meter or a size has several prices.
    pub product: String,
    /// The operating system of a machine.
    pub os: Option<Os>,
    /// Usage, development and test, or spot machines.
    pub kind: PriceKind,
    /// The number of things.
    pub count: Amount,
    /// The quantity of each in a month.
    pub quantity: HowMuch,
    /// The unit of the quantity; `None` means the unit of the price.
    pub unit: Option<PricingUnit>,
    /// First day and the day after the last; `None` for a month without a date.
    pub span: Option<(NaiveDate, NaiveDate)>,
    /// Days in which usage grows evenly from 0 to its full quantity.
    pub ramp_up_days: u32,
}

/// The thing that a line uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A meter's id, in lower case.
    Meter(String),
    /// A size, such as `Standard_D2s_v5`.
    Sku(String),
}

/// A quantity that may be uncertain: `low ≤ likely ≤ high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HowMuch {
    /// Low end of the range.
    pub low: Amount,
    /// Most likely value.
    pub likely: Amount,
    /// High end of the range.
    pub high: Amount,
}

/// The operating system of a machine, as prices distinguish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux, or Windows with a licence of your own (hybrid benefit).
    Linux,
    /// Windows, its licence included.
    Windows,
}

/// How a plan is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanFormat {
    /// TOML.
    Toml,
    /// YAML, and so JSON.
    Yaml,
}

impl PlanFormat {
    /// By the ending of a file's name; `None` for other endings.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "yaml" | "yml" | "json" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// A plan of what will be used, for `forecast price`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A plan of `forecast price`")]
struct File {
    /// The currency that it is priced in, such as EUR.
    currency: String,
    /// What is committed to be spent in a cycle, for offers with a discount for that.
    #[serde(default)]
    committed: Option<Number>,
    /// What is used.
    line: Vec<FileLine>,
}

/// What is used of one thing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileLine {
    /// A name that no other line has.
    name: String,
    /// The meter's id.
    #[serde(default)]
    meter: Option<String>,
    /// The size as resources name it, such as Standard_D2s_v5, instead of a meter.
    #[serde(default)]
    sku: Option<String>,
    /// The region, such as westeurope.
    #[serde(default)]
    region: String,
    /// A part of the product's name, where a meter or size has several prices.
    #[serde(default)]
    product: String,
    /// What a machine runs.
    #[serde(default)]
    os: Option<Os>,
    /// Whether Windows comes with a licence of your own, and is priced as Linux is.
    #[serde(default)]
    hybrid_benefit: bool,
    /// What the price is for.
    #[serde(default)]
    kind: FileKind,
    /// How many of it.
    #[serde(default)]
    count: Option<Number>,
    /// Of each in a month, such as 730 hours: a number, or low, likely and high.
    quantity: FileQuantity,
    /// What the quantity is counted in, such as Hours; that of the price where none is given.
    #[serde(default)]
    unit: Option<String>,
    /// First day; without it the plan is for a month without a date.
    #[serde(default)]
    from: Option<Date>,
    /// Day after the last.
    #[serde(default)]
    to: Option<Date>,
    /// Days in which usage grows evenly from 0 to its full quantity.
    #[serde(default)]
    ramp_up_days: u32,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum FileKind {
    /// Use as it comes.
    #[default]
    Consumption,
    /// Development and test.
    Devtest,
    /// Machines that may be taken away.
    Spot,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum FileQuantity {
    Likely(Number),
    Range { low: Number, likely: Number, high: Number },
}

/// Longest time of a line.
const LONGEST_DAYS: i64 = 20 * 366;

/// The JSON Schema of a plan.
#[must_use]
pub fn plan_schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(File)).unwrap_or_default() + "\n"
}

/// Reads a plan. `what` names it in errors.
///
/// # Errors
/// [`Error::Unreadable`] with the line of the file or of the plan.
///
/// ```
/// use prices::{PlanFormat, read_plan};
/// let plan = read_plan("currency: EUR\nline:\n- {name: web, meter: M, quantity: 730}\n", PlanFormat::Yaml, "plan").unwrap();
/// assert_eq!(plan.lines[0].quantity.likely.to_string(), "730");
/// ```
pub fn read_plan(text: &str, format: PlanFormat, what: &str) -> Result<Plan> {
    let file: File = match format {
        PlanFormat::Toml => toml::from_str(text).map_err(|error| Error::unreadable(what, error))?,
        PlanFormat::Yaml => serde_saphyr::from_str(text).map_err(|error| Error::unreadable(what, error))?,
    };
    let bad = |error: billing::Error| Error::unreadable(what, error);
    let committed = file.committed.as_ref().map(Number::amount).transpose().map_err(bad)?.unwrap_or_default();
    let mut lines: Vec<PlanLine> = Vec::with_capacity(file.line.len());
    for (place, line) in file.line.into_iter().enumerate() {
        let name = line.name.trim().to_owned();
        let refused = |why: String| Error::unreadable(what, format!("line {} (`{name}`): {why}", place + 1));
        if lines.iter().any(|other| other.name == name) {
            return Err(refused("another line has that name".to_owned()));
        }
        lines.push(read_line(line, name.clone()).map_err(refused)?);
    }
    if lines.is_empty() {
        return Err(Error::unreadable(what, "the plan has no line"));
    }
    // A month without a date and a dated one would not share tiers and credit, though they are of one bill.
    if let Some(line) = lines.iter().find(|line| line.span.is_some() != lines[0].span.is_some()) {
        let why = format!(
            "`{}` and `{}`: either all lines have `from` and `to`, or none has",
            lines[0].name, line.name
        );
        return Err(Error::unreadable(what, why));
    }
    Ok(Plan { currency: file.currency.trim().to_uppercase(), committed, billing_period: None, lines })
}

fn read_line(line: FileLine, name: String) -> std::result::Result<PlanLine, String> {
    let number = |number: &Number| -> std::result::Result<Amount, String> {
        let amount = number.amount().map_err(|error| error.to_string())?;
        if amount.is_negative() { Err(format!("{amount} is below 0")) } else { Ok(amount) }
    };
    let what = match (line.meter, line.sku) {
        (Some(meter), None) => What::Meter(meter.trim().to_lowercase()),
        (None, Some(sku)) => What::Sku(sku.trim().to_owned()),
        _ => return Err("either `meter` or `sku` says what is used".to_owned()),
    };
    let quantity = match &line.quantity {
        FileQuantity::Likely(likely) => {
            let likely = number(likely)?;
            HowMuch { low: likely, likely, high: likely }
        }
        FileQuantity::Range { low, likely, high } => {
            HowMuch { low: number(low)?, likely: number(likely)?, high: number(high)? }
        }
    };
    if quantity.low > quantity.likely || quantity.likely > quantity.high {
        return Err("`low`, `likely` and `high` must ascend".to_owned());
    }
    let day = |day: &Option<Date>| day.as_ref().map(Date::day).transpose();
    let span = match (day(&line.from)?, day(&line.to)?) {
        (Some(from), Some(to)) if from < to && (to - from).num_days() > LONGEST_DAYS => {
            return Err(format!("it lasts from {from} to {to}, longer than {} years", LONGEST_DAYS / 366));
        }
        (Some(from), Some(to)) if from < to => Some((from, to)),
        (Some(from), Some(to)) => {
            return Err(format!("it ends ({to}, the day after the last) before it starts ({from})"));
        }
        (None, None) if line.ramp_up_days > 0 => {
            return Err("`ramp_up_days` needs `from` and `to`".to_owned());
        }
        (None, None) => None,
        _ => return Err("`from` and `to` are given together, `to` being the day after the last".to_owned()),
    };
    let unit = line.unit.as_deref().map(str::parse).transpose();
    Ok(PlanLine {
        name,
        what,
        region: line.region.trim().to_owned(),
        product: line.product.trim().to_owned(),
        os: if line.hybrid_benefit { Some(Os::Linux) } else { line.os },
        kind: match line.kind {
            FileKind::Consumption => PriceKind::Consumption,
            FileKind::Devtest => PriceKind::DevTest,
            FileKind::Spot => PriceKind::Spot,
        },
        count: line.count.as_ref().map(number).transpose()?.unwrap_or(Amount::ONE),
        quantity,
        unit: unit.map_err(|error: billing::Error| error.to_string())?,
        span,
        ramp_up_days: line.ramp_up_days,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        currency = "eur"
        [[line]]
        name = "web"
        sku = "Standard_D2s_v5"
        region = "westeurope"
        os = "linux"
        count = 3
        quantity = { low = 500, likely = 730, high = 744 }
        from = 2026-12-01
        to = 2027-03-01
        ramp_up_days = 14
        [[line]]
        name = "data"
        meter = "ABC"
        quantity = "0.1"
        unit = "100 GB"
        from = 2026-12-01
        to = 2027-03-01
    "#;

    fn plan(text: &str) -> Result<Plan> {
        read_plan(text, PlanFormat::Toml, "`plan.toml`")
    }

    #[test]
    fn a_plan_is_the_same_in_toml_and_yaml() {
        let yaml = "currency: EUR\nline:\n- name: web\n  sku: Standard_D2s_v5\n  region: westeurope\n  os: linux\n  count: 3\n  \
            quantity: {low: 500, likely: 730, high: 744}\n  from: 2026-12-01\n  to: 2027-03-01\n  ramp_up_days: 14\n\
            - name: data\n  meter: abc\n  quantity: \"0.1\"\n  unit: 100 GB\n  from: 2026-12-01\n  to: 2027-03-01\n";
        let found = plan(TOML).unwrap();
        assert_eq!(found, read_plan(yaml, PlanFormat::Yaml, "`plan.yaml`").unwrap());
        assert_eq!(
            (found.currency.as_str(), found.lines[0].quantity.high.to_string()),
            ("EUR", "744".to_owned())
        );
        assert_eq!(found.lines[0].span.unwrap().1.to_string(), "2027-03-01");
        assert_eq!(found.lines[1].what, What::Meter("abc".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let refused = |from: &str, to: &str| plan(&TOML.replace(from, to)).unwrap_err().to_string();
        assert!(refused("meter = \"ABC\"", "").contains("line 2 (`data`): either `meter` or `sku`"));
        assert!(
            refused("high = 744", "high = 7")
                .contains("line 1 (`web`): `low`, `likely` and `high` must ascend")
        );
        assert!(refused("to = 2027-03-01", "").contains("given together"));
        assert!(refused("to = 2027-03-01", "to = 2026-11-01").contains("before it starts"));
        assert!(refused("to = 2027-03-01", "to = 9999-12-31").contains("longer than 20 years"));
        let undated = TOML.replacen(
            "        from = 2026-12-01\n        to = 2027-03-01\n        ramp_up_days = 14\n",
            "",
            1,
        );
        assert!(plan(&undated).unwrap_err().to_string().contains("either all lines have"), "{undated}");
        assert!(refused("name = \"data\"", "name = \"web\"").contains("another line has that name"));
        assert!(refused("count = 3", "count = -3").contains("below 0"));
        assert!(refused("region", "regoin").contains("regoin"));
        assert!(refused("count = 3", "instances = 3").contains("instances"));
        assert!(refused("os = \"linux\"", "os = \"rhel\"").contains("rhel"));
        assert!(refused("unit = \"100 GB\"", "unit = \"0 GB\"").contains("`0 GB` is no unit"));
        assert!(plan("currency = \"EUR\"\nline = []").unwrap_err().to_string().contains("no line"));
    }

    #[test]
    fn windows_with_a_licence_of_ones_own_is_priced_as_linux() {
        let found = plan(&TOML.replace("os = \"linux\"", "os = \"windows\"\nhybrid_benefit = true")).unwrap();
        assert_eq!(found.lines[0].os, Some(Os::Linux));
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema: serde_json::Value = serde_json::from_str(&plan_schema()).unwrap();
        let line = &schema["$defs"]["FileLine"]["properties"];
        assert!(
            line["ramp_up_days"].is_object() && line["quantity"].is_object() && schema["required"].is_array()
        );
    }
}
