//! Columns of usage files of other clouds and data centres, and the machine of a row.
//!
//! A column of counts multiplies the hours. Columns whose names look like a factor of the amount and that are not read are
//! listed, since the hours would be wrong without them.

use crate::{Error, Machine, Os, Result, operating_system::OperatingSystem};
use billing::{Amount, PriceKind};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A machine of another cloud or of a data centre.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignMachine {
    /// Its name, which no other line has.
    pub name: String,
    /// The instance type, where one is named.
    pub instance_type: Option<String>,
    /// Cores and memory; `None` where neither columns nor the type's name state them.
    pub machine: Option<Machine>,
    /// Machine hours of all of them.
    pub hours: Amount,
    /// The region of the other cloud, or of Azure.
    pub region: String,
    /// The operating system by which it is priced.
    pub os: Os,
    /// An operating system or product whose licence no price of a machine includes, such as `RHEL`.
    pub licence: Option<String>,
    /// Usage without commitment, or a spot machine.
    pub kind: PriceKind,
}

/// Names of columns in lower case, as other tools and FOCUS spell them.
const COLUMNS: [(&str, &[&str]); 18] = [
    ("name", &["name", "resourceid", "resourcename", "resource"]),
    ("type", &["instance_type", "instancetype", "machine_type", "machinetype", "type"]),
    ("cores", &["vcpu", "vcpus", "cores", "corecount", "cpu"]),
    ("memory", &["memory_gib", "memory", "memorysize", "ram", "ram_gib"]),
    ("memory_mb", &["memory_mb", "memory_mib", "memorymb", "ram_mb"]),
    ("hours", &["hours", "consumedquantity", "usagequantity", "quantity"]),
    ("count", &["count", "instances", "instance_count", "instancecount", "machines", "machine_count", "qty"]),
    ("unit", &["consumedunit"]),
    ("region", &["region", "regionid", "location"]),
    ("os", &["os", "operating_system", "operatingsystem"]),
    ("details", &["skupricedetails", "x_skudetails"]),
    ("category", &["chargecategory"]),
    ("commitment", &["commitmentdiscountstatus"]),
    ("usage", &["x_usagetype", "skumeter"]),
    ("operation", &["x_operation"]),
    ("pricing", &["pricingcategory"]),
    ("first", &["chargeperiodstart"]),
    ("end", &["chargeperiodend"]),
];

/// Units of machine time, in lower case, and their number in an hour.
const TIME_UNITS: [(&str, u64); 9] = [
    ("hours", 1),
    ("hour", 1),
    ("hrs", 1),
    ("hr", 1),
    ("h", 1),
    ("minutes", 60),
    ("seconds", 3600),
    ("second", 3600),
    ("s", 3600),
];
/// Prefixes of the instance type in AWS's usage types of running machines.
const AWS_MACHINES: [&str; 4] = ["BoxUsage", "SpotUsage", "HeavyUsage", "DedicatedUsage"];
/// The prefix of spot machines.
const AWS_SPOT: &str = "SpotUsage";
/// MiB of a GiB.
const MIB: u64 = 1024;

/// Words of column names that mean a factor of the amount.
const FACTORS: [&str; 23] = [
    "count",
    "quantity",
    "qty",
    "number",
    "instances",
    "machines",
    "servers",
    "vms",
    "nodes",
    "hosts",
    "replicas",
    "copies",
    "factor",
    "multiplier",
    "percent",
    "share",
    "utilization",
    "utilisation",
    "uptime",
    "days",
    "months",
    "years",
    "discount",
];

/// Whether a column's name looks like a factor of the amount.
fn is_factor(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() && was_lower {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    let is_count = |word: &String| word.ends_with("count") && !word.ends_with("account");
    words.iter().any(|word| FACTORS.contains(&word.as_str()) || is_count(word))
}

/// The indexes of the columns of a file.
pub(crate) struct Columns(BTreeMap<&'static str, usize>);

impl Columns {
    pub(crate) fn of(headers: &csv::StringRecord) -> Self {
        let position = |name: &str| {
            headers.iter().position(|own| own.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
        };
        let index = |names: &[&str]| names.iter().find_map(|name| position(name));
        let mut columns: BTreeMap<_, _> =
            COLUMNS.iter().filter_map(|(column, names)| Some((*column, index(names)?))).collect();
        // `quantity` alone is a quantity of hours; beside `hours` it is a count.
        if let (true, Some(index)) = (position("hours").is_some(), position("quantity")) {
            columns.entry("count").or_insert(index);
        }
        let own = Self(columns);
        // FOCUS names its quantities, and none of them is a count.
        if own.is_focus() {
            Self(own.0.into_iter().filter(|(name, _)| *name != "count").collect())
        } else {
            own
        }
    }

    /// Columns that are not read though their names look like a factor of the amount; FOCUS has none.
    pub(crate) fn unread_factors(&self, headers: &csv::StringRecord) -> Vec<String> {
        let is_read = |index: usize| self.is_focus() || self.0.values().any(|own| *own == index);
        let unread = headers.iter().enumerate().filter(|(index, name)| !is_read(*index) && is_factor(name));
        unread.map(|(_, name)| name.to_owned()).collect()
    }

    fn has(&self, column: &str) -> bool {
        self.0.contains_key(column)
    }

    /// A file of everything that was charged for, of which machines are a part.
    pub(crate) fn is_focus(&self) -> bool {
        self.has("category")
    }

    pub(crate) fn refuse_missing(&self, what: &str) -> Result<()> {
        for column in ["hours", "region"] {
            if !self.has(column) {
                let spelled =
                    COLUMNS.iter().find(|(own, _)| *own == column).map_or("", |(_, names)| names[0]);
                return Err(Error::unreadable(
                    what,
                    format!("it has no column of {column}, such as `{spelled}`"),
                ));
            }
        }
        if !["cores", "type", "details", "usage"].iter().any(|column| self.has(column)) {
            return Err(Error::unreadable(
                what,
                "it has neither cores (`vcpu`) nor an instance type (`instance_type`)",
            ));
        }
        Ok(())
    }

    /// First and last day of a row of a FOCUS file.
    pub(crate) fn days_of(&self, record: &csv::StringRecord) -> Option<(NaiveDate, NaiveDate)> {
        let text = |column: &str| self.0.get(column).and_then(|at| record.get(*at));
        let day = |text: &str| text.get(..10)?.parse::<NaiveDate>().ok();
        let first = text("first").filter(|_| self.is_focus()).and_then(day)?;
        // The end is the moment after: midnight belongs to the day before.
        let last = text("end").and_then(|end| {
            let is_midnight = end.get(11..19).is_none_or(|time| time == "00:00:00");
            if is_midnight { day(end)?.pred_opt() } else { day(end) }
        });
        Some((first, last.map_or(first, |last| last.max(first))))
    }

    /// The machine of a row, or what a row of a FOCUS file is instead.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub(crate) fn machine_of(
        &self,
        record: &csv::StringRecord,
        row: usize,
    ) -> std::result::Result<std::result::Result<ForeignMachine, String>, String> {
        let cell =
            |column: &str| self.0.get(column).and_then(|at| record.get(*at)).filter(|text| !text.is_empty());
        let mut per_hour = 1;
        if self.is_focus() {
            let category = cell("category").unwrap_or_default();
            if !category.eq_ignore_ascii_case("usage") {
                return Ok(Err(category.to_lowercase()));
            }
            if cell("commitment").is_some_and(|status| status.eq_ignore_ascii_case("unused")) {
                return Ok(Err("unused commitment".to_owned()));
            }
            if let Some(unit) = cell("unit") {
                match TIME_UNITS.iter().find(|(name, _)| *name == unit.to_lowercase()) {
                    Some((_, times)) => per_hour = *times,
                    None => return Ok(Err(format!("usage in {unit}"))),
                }
            }
            if cell("hours").is_none() {
                return Ok(Err("without a quantity".to_owned()));
            }
        }
        let details: serde_json::Value = match cell("details") {
            Some(text) => serde_json::from_str(text).map_err(|error| format!("SkuPriceDetails: {error}"))?,
            None => serde_json::Value::Null,
        };
        let detail = |name: &str| match &details[name] {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let own = |column: &str, name: &str| cell(column).map(str::to_owned).or_else(|| detail(name));
        let number = |text: &str| -> std::result::Result<Amount, String> {
            text.parse().map_err(|error: billing::Error| error.to_string())
        };
        let instance_type = own("type", "InstanceType").or_else(|| cell("usage").and_then(aws_type));
        let cores = own("cores", "CoreCount").map(|text| number(&text)).transpose()?;
        let memory = match (own("memory", "MemorySize"), cell("memory_mb")) {
            (Some(text), _) => Some(gib(&text, &number)?),
            (None, Some(text)) => Some(number(text)?.divided_by(MIB)),
            (None, None) => None,
        };
        if cores.iter().chain(&memory).any(|own| !own.is_positive()) {
            return Err("cores and memory (in GiB) must be above 0".to_owned());
        }
        // The type's name has the kind of processor, which columns lack.
        let named = instance_type.as_deref().and_then(Machine::of_other_cloud);
        let by_columns = cores.zip(memory).map(|(cores, memory_gib)| Machine {
            cores: cores.to_f64().ceil() as u32,
            memory_gib,
            is_arm: named.is_some_and(|named| named.is_arm),
        });
        let machine = by_columns.or(named);
        if self.is_focus() && machine.is_none() && instance_type.is_none() {
            return Ok(Err("hours of something else than machines".to_owned()));
        }
        let system = match (own("os", "OperatingSystem"), cell("operation")) {
            (Some(name), _) => OperatingSystem::named(&name),
            (None, Some(operation)) => OperatingSystem::of_aws_operation(operation),
            (None, None) => OperatingSystem::default(),
        };
        let is_spot = cell("pricing").is_some_and(|category| category.eq_ignore_ascii_case("dynamic"))
            || cell("usage").is_some_and(|usage| usage.contains(AWS_SPOT))
            || detail("x_Preemptible").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let region = cell("region").unwrap_or_default().to_owned();
        let name = match (&instance_type, cell("name")) {
            (Some(instance_type), _) if self.is_focus() => {
                let system = system.label().map_or_else(String::new, |label| format!(", {label}"));
                format!("{instance_type} in {region}{system}{}", if is_spot { ", spot" } else { "" })
            }
            (_, Some(name)) => name.to_owned(),
            (instance_type, None) => instance_type.clone().unwrap_or_else(|| format!("row {}", row + 1)),
        };
        let hours = number(cell("hours").unwrap_or_default())?;
        // A FOCUS export corrects usage by rows below 0.
        if hours.is_negative() && !self.is_focus() {
            return Err(format!("{hours} hours are below 0"));
        }
        let count = cell("count").map(number).transpose()?.unwrap_or(Amount::ONE);
        if count.is_negative() {
            return Err(format!("a count of {count} is below 0"));
        }
        let hours = hours.times(count).ok_or("too many hours")?.divided_by(per_hour);
        let OperatingSystem { os, licence } = system;
        let kind = if is_spot { PriceKind::Spot } else { PriceKind::Consumption };
        Ok(Ok(ForeignMachine { name, instance_type, machine, hours, region, os, licence, kind }))
    }
}

/// The instance type in a usage type of AWS: `EUW1-BoxUsage:m5.large`, where a region's prefix may be missing.
fn aws_type(usage: &str) -> Option<String> {
    let (before, instance_type) = usage.rsplit_once(':')?;
    let kind = before.rsplit('-').next()?;
    (AWS_MACHINES.contains(&kind) && !instance_type.is_empty()).then(|| instance_type.to_owned())
}

/// A memory size in GiB; a unit may follow the number.
fn gib(
    text: &str,
    number: &dyn Fn(&str) -> std::result::Result<Amount, String>,
) -> std::result::Result<Amount, String> {
    let text = text.trim();
    if let Some(mib) = text.strip_suffix("MiB").or_else(|| text.strip_suffix("MB")) {
        return Ok(number(mib.trim_end())?.divided_by(MIB));
    }
    number(text.strip_suffix("GiB").or_else(|| text.strip_suffix("GB")).unwrap_or(text).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_known_by_a_whole_word_of_the_name() {
        for name in ["count", "Node_Count", "nodecount", "VM count", "nodeCount", "number of servers", "Days"]
        {
            assert!(is_factor(name), "{name}");
        }
        for name in ["account", "AccountName", "billing_account", "owner", "country"] {
            assert!(!is_factor(name), "{name}");
        }
    }
}
