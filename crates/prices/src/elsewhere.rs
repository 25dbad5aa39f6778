//! Use of other clouds and of data centres, as their tools list it: machine hours in CSV.
//!
//! In FOCUS form a file lists everything that was charged for, day by day; only machine time can be matched. What is
//! left out is counted by its reason, and the hours of the days that the file covers are brought to those of a month. AWS names the instance type in its usage type (`USE1-BoxUsage:m5.large`, the
//! column `x_UsageType` of FOCUS 1.0 and `SkuMeter` of 1.2) and Windows in its operation (`RunInstances:0002`);
//! `SkuPriceDetails` of FOCUS 1.1 and later tell cores and memory.
//! Source: AWS Data Exports, table dictionary of FOCUS 1.0 and 1.2; FOCUS, properties of `SkuPriceDetails`.

use crate::{Error, Machine, Os, Result, estimate::MONTH_HOURS};
use billing::{Amount, PriceKind};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What is used elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Elsewhere {
    /// Its name, which no other line has.
    pub name: String,
    /// The instance type, where one is named.
    pub instance_type: Option<String>,
    /// Cores and memory; `None` where neither columns nor the type's name tell them.
    pub machine: Option<Machine>,
    /// Machine hours.
    pub hours: Amount,
    /// The region of the other cloud, or of Azure.
    pub region: String,
    /// What it runs.
    pub os: Os,
    /// Use as it comes, or machines that may be taken away.
    pub kind: PriceKind,
}

/// The machines of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ElsewhereUse {
    /// In the order of the file.
    pub lines: Vec<Elsewhere>,
    /// First and last day of a FOCUS file: its hours are brought to those of a month of 730 hours.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// Rows of a FOCUS file that are no machine time, by what they are.
    pub left_out: BTreeMap<String, u64>,
}

/// Names of columns, as other tools and FOCUS spell them, in lower case.
const COLUMNS: [(&str, &[&str]); 17] = [
    ("name", &["name", "resourceid", "resourcename", "resource"]),
    ("type", &["instance_type", "instancetype", "machine_type", "machinetype", "type"]),
    ("cores", &["vcpu", "vcpus", "cores", "corecount", "cpu"]),
    ("memory", &["memory_gib", "memory", "memorysize", "ram", "ram_gib"]),
    ("memory_mb", &["memory_mb", "memory_mib", "memorymb", "ram_mb"]),
    ("hours", &["hours", "consumedquantity", "usagequantity", "quantity"]),
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

/// Units of machine time, in lower case, and how many of them an hour has.
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
/// What stands before the instance type in AWS's usage types of machines that ran.
const AWS_MACHINES: [&str; 4] = ["BoxUsage", "SpotUsage", "HeavyUsage", "DedicatedUsage"];
/// The one of them whose machines may be taken away.
const AWS_SPOT: &str = "SpotUsage";
/// AWS's operation that runs Windows.
const AWS_WINDOWS: &str = "RunInstances:0002";
/// MiB of a GiB.
const MIB: u64 = 1024;

/// Tells two lines apart: name, type, region, whether it runs Windows, kind of use, cores and memory.
type Key = (String, Option<String>, String, bool, PriceKind, Option<(u32, Amount)>);

/// Reads usage in CSV: machine hours with cores and memory or an instance type, of any tool or in FOCUS form. Rows of
/// one name and type are added up; in a FOCUS export, those of one type and region.
///
/// # Errors
/// [`Error::Unreadable`] with the line, or the column that is not there.
pub fn read_elsewhere(text: &str, what: &str) -> Result<ElsewhereUse> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| Error::unreadable(what, error))?.clone();
    refuse_semicolons(&headers, what)?;
    let columns = Columns::of(&headers);
    columns.refuse_missing(what)?;
    let mut sums: BTreeMap<Key, Elsewhere> = BTreeMap::new();
    let mut order = Vec::new();
    let (mut rows, mut left_out) = (0_u64, BTreeMap::new());
    let mut days: Option<(NaiveDate, NaiveDate)> = None;
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Error::unreadable(what, error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let bad = |why: String| Error::unreadable(what, format!("line {line}: {why}"));
        rows += 1;
        // Machines that ran on few of the file's days are not to be taken for running on all: each row tells days.
        let span = columns.days_of(&record);
        if let Some((first, _)) = span {
            let known = days.get_or_insert((first, first));
            *known = (known.0.min(first), known.1.max(first));
        }
        let own = match columns.machine_of(&record, row).map_err(bad)? {
            Ok(own) => own,
            Err(what) => {
                *left_out.entry(what).or_default() += 1;
                continue;
            }
        };
        // The period of a machine's hours is its own; others, such as of storage, may be a whole month ahead.
        if let Some((known, (_, last))) = days.as_mut().zip(span) {
            known.1 = known.1.max(last);
        }
        let size = own.machine.map(|machine| (machine.cores, machine.memory_gib));
        let is_windows = own.os == Os::Windows;
        let key =
            (own.name.clone(), own.instance_type.clone(), own.region.clone(), is_windows, own.kind, size);
        let hours = own.hours;
        let of = sums.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            Elsewhere { hours: Amount::ZERO, ..own }
        });
        of.hours = of.hours.checked_add(hours).ok_or_else(|| bad("too many hours".to_owned()))?;
    }
    if sums.is_empty() {
        let why = if rows == 0 {
            "it holds no row".to_owned()
        } else {
            format!("none of its {rows} rows is of machine hours")
        };
        return Err(Error::unreadable(what, why));
    }
    let mut lines: Vec<Elsewhere> = order.into_iter().filter_map(|key| sums.remove(&key)).collect();
    lines.retain(|line| !line.hours.is_negative());
    name_apart(&mut lines);
    if let Some((first, last)) = days {
        let covered = (last - first).num_days().unsigned_abs() + 1;
        for line in &mut lines {
            let month = line.hours.times(Amount::whole(MONTH_HOURS));
            line.hours = month
                .map(|hours| hours.divided_by(24 * covered))
                .ok_or_else(|| Error::unreadable(what, format!("`{}` has too many hours", line.name)))?;
        }
    }
    Ok(ElsewhereUse { lines, days, left_out })
}

/// Refuses a file whose header is one cell with semicolons in it, as some spreadsheets write.
pub(crate) fn refuse_semicolons(headers: &csv::StringRecord, what: &str) -> Result<()> {
    match headers.get(0) {
        Some(only) if headers.len() == 1 && only.contains(';') => {
            Err(Error::unreadable(what, "its columns are separated by `;`; save it with `,`"))
        }
        _ => Ok(()),
    }
}

/// Where the columns of a file stand.
struct Columns(BTreeMap<&'static str, usize>);

impl Columns {
    fn of(headers: &csv::StringRecord) -> Self {
        let place = |names: &[&str]| {
            names.iter().find_map(|name| {
                headers.iter().position(|own| own.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
            })
        };
        Self(COLUMNS.iter().filter_map(|(column, names)| Some((*column, place(names)?))).collect())
    }

    fn has(&self, column: &str) -> bool {
        self.0.contains_key(column)
    }

    /// A file of everything that was charged for, of which machines are a part.
    fn is_focus(&self) -> bool {
        self.has("category")
    }

    fn refuse_missing(&self, what: &str) -> Result<()> {
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
                "it tells neither cores (`vcpu`) nor an instance type (`instance_type`)",
            ));
        }
        Ok(())
    }

    /// First and last day of a row of a FOCUS file.
    fn days_of(&self, record: &csv::StringRecord) -> Option<(NaiveDate, NaiveDate)> {
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

    /// The machine that a row is about, or what a row of a FOCUS file is about instead.
    ///
    /// # Errors
    /// What is wrong with the row.
    fn machine_of(
        &self,
        record: &csv::StringRecord,
        row: usize,
    ) -> std::result::Result<std::result::Result<Elsewhere, String>, String> {
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
                    None => return Ok(Err(format!("use in {unit}"))),
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
            return Err("a machine has more than no cores and no memory (in GiB)".to_owned());
        }
        // A type tells the kind of processor that columns do not.
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
        let is_windows = own("os", "OperatingSystem").is_some_and(|os| os.to_lowercase().contains("windows"))
            || cell("operation").is_some_and(|operation| operation.starts_with(AWS_WINDOWS));
        let is_spot = cell("pricing").is_some_and(|category| category.eq_ignore_ascii_case("dynamic"))
            || cell("usage").is_some_and(|usage| usage.contains(AWS_SPOT))
            || detail("x_Preemptible").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let region = cell("region").unwrap_or_default().to_owned();
        let name = match (&instance_type, cell("name")) {
            (Some(instance_type), _) if self.is_focus() => {
                let windows = if is_windows { ", Windows" } else { "" };
                format!("{instance_type} in {region}{windows}{}", if is_spot { ", spot" } else { "" })
            }
            (_, Some(name)) => name.to_owned(),
            (instance_type, None) => instance_type.clone().unwrap_or_else(|| format!("row {}", row + 1)),
        };
        let hours = number(cell("hours").unwrap_or_default())?;
        // A FOCUS export takes back what it listed too much.
        if hours.is_negative() && !self.is_focus() {
            return Err(format!("{hours} hours are less than nothing"));
        }
        let hours = hours.divided_by(per_hour);
        let os = if is_windows { Os::Windows } else { Os::Linux };
        let kind = if is_spot { PriceKind::Spot } else { PriceKind::Consumption };
        Ok(Ok(Elsewhere { name, instance_type, machine, hours, region, os, kind }))
    }
}

/// The instance type in a usage type of AWS: `EUW1-BoxUsage:m5.large`, where a region's prefix may be missing.
fn aws_type(usage: &str) -> Option<String> {
    let (before, instance_type) = usage.rsplit_once(':')?;
    let kind = before.rsplit('-').next()?;
    (AWS_MACHINES.contains(&kind) && !instance_type.is_empty()).then(|| instance_type.to_owned())
}

/// A memory size in GiB, of which the unit may be written behind it.
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

/// Lines of one name in several regions or types are told apart.
fn name_apart(lines: &mut [Elsewhere]) {
    let given: BTreeSet<String> = lines.iter().map(|line| line.name.clone()).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for line in lines {
        let own = line.name.clone();
        let mut times = 1;
        while !taken.insert(line.name.clone()) {
            times += 1;
            let other = format!("{own} ({times})");
            line.name = if given.contains(&other) { own.clone() } else { other };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> (Vec<String>, Vec<String>) {
        let found = read_elsewhere(text, "`u.csv`").unwrap();
        let shown = |own: &Elsewhere| {
            let machine =
                own.machine.map_or_else(String::new, |own| format!(" {}/{}", own.cores, own.memory_gib));
            format!("{} × {}{machine}", own.hours, own.name)
        };
        let left_out = found.left_out.iter().map(|(what, rows)| format!("{rows} {what}"));
        (found.lines.iter().map(shown).collect(), left_out.collect())
    }

    #[test]
    fn focus_of_aws_1_0_names_the_type_in_its_usage_type() {
        let found = lines(
            "ChargeCategory,ConsumedQuantity,ConsumedUnit,RegionId,ResourceId,CommitmentDiscountStatus,x_Operation,x_UsageType\n\
             Usage,24,Hrs,eu-west-1,i-1,,RunInstances,EUW1-BoxUsage:m5.large\n\
             Usage,43200,Seconds,eu-west-1,i-2,Used,RunInstances,EUW1-BoxUsage:m5.large\n\
             Usage,6,Hrs,eu-west-1,i-4,,RunInstances,EUW1-SpotUsage:m5.large\n\
             Usage,24,Hrs,us-east-1,i-3,,RunInstances:0002,BoxUsage:m5.large\n\
             Usage,5,Hrs,eu-west-1,,Unused,RunInstances,EUW1-UnusedBox:m5.large\n\
             Usage,730,Hrs,eu-west-1,eip,,AssociateAddress,EUW1-ElasticIP:InUseAddress\n\
             Usage,100,GB-Mo,eu-west-1,vol,,CreateVolume,EUW1-EBS:VolumeUsage.gp3\n\
             Purchase,,,eu-west-1,ri,,RunInstances,HeavyUsage:m5.large\n",
        );
        let expected = [
            "36 × m5.large in eu-west-1 2/8",
            "6 × m5.large in eu-west-1, spot 2/8",
            "24 × m5.large in us-east-1, Windows 2/8",
        ];
        let left_out = [
            "1 hours of something else than machines",
            "1 purchase",
            "1 unused commitment",
            "1 use in GB-Mo",
        ];
        assert_eq!(found, (expected.map(str::to_owned).to_vec(), left_out.map(str::to_owned).to_vec()));
    }

    #[test]
    fn hours_of_the_days_that_a_file_covers_are_brought_to_a_month() {
        // 24 hours a day on two of four days: half of 730.
        let text = "ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,RegionId,SkuMeter\n\
             Usage,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,24,Hours,here,BoxUsage:m5.large\n\
             Usage,2026-10-04T00:00:00Z,2026-10-05T00:00:00Z,24,Hours,here,BoxUsage:m5.large\n";
        assert_eq!(lines(text).0, ["365 × m5.large in here 2/8"]);
        // Two more days without a machine: a third of 730.
        let more = "Usage,2026-10-06T00:00:00Z,2026-11-01T00:00:00Z,1,GB,here,Storage\n";
        assert_eq!(lines(&(text.to_owned() + more)).0[0][..7], "243.333"[..7]);
        let days = read_elsewhere(text, "`u.csv`").unwrap().days.unwrap();
        assert_eq!(
            (days.0.to_string(), days.1.to_string()),
            ("2026-10-01".to_owned(), "2026-10-04".to_owned())
        );
    }

    #[test]
    fn focus_of_1_2_tells_cores_and_memory_of_machines_of_any_cloud() {
        let found = lines(
            "ChargeCategory,ConsumedQuantity,ConsumedUnit,RegionId,SkuMeter,SkuPriceDetails,ResourceId\n\
             Usage,1.0,Hours,asia-southeast1,Compute,\"{\"\"InstanceType\"\":\"\"e2-standard-4\"\",\"\"CoreCount\"\":4,\"\"MemorySize\"\":16,\"\"OperatingSystem\"\":\"\"Linux\"\"}\",//a\n\
             Usage,2.0,Hours,asia-southeast1,Compute,\"{\"\"InstanceType\"\":\"\"e2-standard-4\"\",\"\"CoreCount\"\":4,\"\"MemorySize\"\":16}\",//b\n\
             Usage,48.8566,TiB,us-east1,Analysis,\"{\"\"x_Edition\"\":\"\"OnDemand\"\"}\",//bigquery\n\
             Usage,3,Hours,us-east-1,USE1-BoxUsage:r6i.large,\"{}\",i-1\n\
             Purchase,,,asia-southeast1,Commitment,\"{\"\"x_Plan\"\":\"\"TWELVE_MONTH\"\"}\",//cud\n",
        );
        let expected = ["3 × e2-standard-4 in asia-southeast1 4/16", "3 × r6i.large in us-east-1 2/16"];
        let left_out = ["1 purchase", "1 use in TiB"];
        assert_eq!(found, (expected.map(str::to_owned).to_vec(), left_out.map(str::to_owned).to_vec()));
        let none = "ChargeCategory,ConsumedQuantity,RegionId,SkuMeter\nUsage,1,a,Storage\n";
        let refused = read_elsewhere(none, "`u.csv`").unwrap_err().to_string();
        assert!(refused.contains("none of its 1 rows is of machine hours"), "{refused}");
    }

    #[test]
    fn memory_is_read_in_gib_and_in_mib() {
        let found = lines("name,vcpu,memory_mb,hours,region\nold,2,8192,1,here\n").0;
        assert_eq!(found, ["1 × old 2/8"]);
        let found =
            lines("name,vcpu,memory,hours,region\na,2,8 GiB,1,here\nb,2,8192 MB,1,here\nc,2,8,1,here\n").0;
        assert_eq!(found, ["1 × a 2/8", "1 × b 2/8", "1 × c 2/8"]);
    }

    #[test]
    fn rows_of_one_name_that_differ_are_lines_of_their_own() {
        let rows = "name,vcpu,memory_gib,hours,region,os\nweb,2,8,1,northeurope,linux\nweb,2,16 GB,2,northeurope,linux\n\
            web,2,8,4,northeurope,windows\nweb (2),2,8,8,northeurope,linux\n";
        let lines = read_elsewhere(rows, "`u.csv`").unwrap().lines;
        let names: Vec<(&str, String)> =
            lines.iter().map(|own| (own.name.as_str(), own.hours.to_string())).collect();
        let expected = [("web", "1"), ("web (3)", "2"), ("web (4)", "4"), ("web (2)", "8")];
        assert_eq!(names, expected.map(|(name, hours)| (name, hours.to_owned())));
    }

    #[test]
    fn unusable_files_are_refused_with_their_place() {
        let refused = |text: &str| read_elsewhere(text, "`u.csv`").unwrap_err().to_string();
        assert!(refused("name,vcpu,region\n").contains("no column of hours, such as `hours`"));
        assert!(refused("name,hours,region\n").contains("neither cores"));
        assert!(refused("vcpu,hours,region\n2,x,a\n").contains("line 2: not an amount: `x`"));
        assert!(refused("vcpu,hours,region\n2,-1,a\n").contains("line 2: -1 hours"));
        assert!(
            refused("vcpu,memory_gib,hours,region\n-4,8,1,a\n")
                .contains("line 2: a machine has more than no cores")
        );
        assert!(refused("vcpu,hours,region\n").contains("no row"));
    }
}
