//! Usage of other clouds and of data centres, as their tools list it: machine hours in CSV, plain or gzip.
//!
//! In FOCUS form a file lists all charges, day by day; only machine time can be matched. Other rows are counted by
//! reason, and the hours of the days that the file covers are converted to those of a month. AWS names the instance type
//! in its usage type (`USE1-BoxUsage:m5.large`, the column `x_UsageType` of FOCUS 1.0 and `SkuMeter` of 1.2) and the
//! operating system in its operation (`RunInstances:0002`); `SkuPriceDetails` of FOCUS 1.1 and later holds cores and
//! memory.
//! Source: AWS Data Exports, table dictionary of FOCUS 1.0 and 1.2; FOCUS, properties of `SkuPriceDetails`.

use crate::{
    Error, ForeignMachine, Os, Result, csv_header::refuse_semicolons, foreign_columns::Columns,
    hours::MONTH_HOURS,
};
use billing::{Amount, PriceKind};
use chrono::NaiveDate;
use flate2::read::MultiGzDecoder;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read},
};

/// The machines of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignUsage {
    /// In the order of the file.
    pub lines: Vec<ForeignMachine>,
    /// First and last day of a FOCUS file: its hours are converted to those of a month of 730 hours.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// Rows of a FOCUS file that are not machine time, by what they are.
    pub left_out: BTreeMap<String, u64>,
    /// Columns that are not read though their names look like a factor of the amount. The hours lack the factor.
    pub unread_factors: Vec<String>,
}

/// The key of a line: name, type, region, whether it is Windows, licence, kind of usage, cores and memory.
type Key = (String, Option<String>, String, bool, Option<String>, PriceKind, Option<(u32, Amount)>);

/// Reads usage in CSV: machine hours with cores and memory or an instance type, of any tool or in FOCUS form. Rows of
/// one name and type are added up; in a FOCUS export, those of one type and region.
///
/// # Errors
/// [`Error::Unreadable`] with the line, or the column that is not there.
pub fn read_foreign_usage(input: impl Read, what: &str) -> Result<ForeignUsage> {
    let text = csv_text(input, what)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text);
    let headers = reader.headers().map_err(|error| Error::unreadable(what, error))?.clone();
    refuse_semicolons(&headers, what)?;
    let columns = Columns::of(&headers);
    columns.refuse_missing(what)?;
    let mut sums: BTreeMap<Key, ForeignMachine> = BTreeMap::new();
    let mut order = Vec::new();
    let (mut rows, mut left_out) = (0_u64, BTreeMap::new());
    let mut days: Option<(NaiveDate, NaiveDate)> = None;
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Error::unreadable(what, error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let bad = |why: String| Error::unreadable(what, format!("line {line}: {why}"));
        rows += 1;
        // Every row counts as evidence of the days that the file covers: a machine may run on few of them.
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
        // Only machine rows extend the last day: rows of storage may last to the end of the month.
        if let Some((known, (_, last))) = days.as_mut().zip(span) {
            known.1 = known.1.max(last);
        }
        let size = own.machine.map(|machine| (machine.cores, machine.memory_gib));
        let is_windows = own.os == Os::Windows;
        let key = (
            own.name.clone(),
            own.instance_type.clone(),
            own.region.clone(),
            is_windows,
            own.licence.clone(),
            own.kind,
            size,
        );
        let hours = own.hours;
        let of = sums.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            ForeignMachine { hours: Amount::ZERO, ..own }
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
    let mut lines: Vec<ForeignMachine> = order.into_iter().filter_map(|key| sums.remove(&key)).collect();
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
    Ok(ForeignUsage { lines, days, left_out, unread_factors: columns.unread_factors(&headers) })
}

/// The text of a file, unpacked where it is gzip.
///
/// # Errors
/// [`Error::Unreadable`] for other forms, with the form that is wanted.
fn csv_text<'a>(input: impl Read + 'a, what: &str) -> Result<Box<dyn Read + 'a>> {
    let mut input = BufReader::new(input);
    let start = input.fill_buf().map_err(|error| Error::unreadable(what, error))?;
    let form = match start {
        [0x1f, 0x8b, ..] => return Ok(Box::new(MultiGzDecoder::new(input))),
        [b'P', b'A', b'R', b'1', ..] => "it is Parquet",
        [b'P', b'K', 3, 4, ..] => "it is a zip archive or an Excel workbook",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it is UTF-16",
        _ => return Ok(Box::new(input)),
    };
    Err(Error::unreadable(
        what,
        format!("{form}, and only CSV in UTF-8 is read here, plain or gzip; save it as that"),
    ))
}

/// Gives lines of one name in several regions or types different names.
fn name_apart(lines: &mut [ForeignMachine]) {
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
        let found = read_foreign_usage(text.as_bytes(), "`u.csv`").unwrap();
        let shown = |own: &ForeignMachine| {
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
            "1 usage in GB-Mo",
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
        let days = read_foreign_usage(text.as_bytes(), "`u.csv`").unwrap().days.unwrap();
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
        let left_out = ["1 purchase", "1 usage in TiB"];
        assert_eq!(found, (expected.map(str::to_owned).to_vec(), left_out.map(str::to_owned).to_vec()));
        let none = "ChargeCategory,ConsumedQuantity,RegionId,SkuMeter\nUsage,1,a,Storage\n";
        let refused = read_foreign_usage(none.as_bytes(), "`u.csv`").unwrap_err().to_string();
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
        let lines = read_foreign_usage(rows.as_bytes(), "`u.csv`").unwrap().lines;
        let names: Vec<(&str, String)> =
            lines.iter().map(|own| (own.name.as_str(), own.hours.to_string())).collect();
        let expected = [("web", "1"), ("web (3)", "2"), ("web (4)", "4"), ("web (2)", "8")];
        assert_eq!(names, expected.map(|(name, hours)| (name, hours.to_owned())));
    }

    #[test]
    fn unusable_files_are_refused_with_their_place() {
        let refused = |text: &str| read_foreign_usage(text.as_bytes(), "`u.csv`").unwrap_err().to_string();
        assert!(refused("name,vcpu,region\n").contains("no column of hours, such as `hours`"));
        assert!(refused("name,hours,region\n").contains("neither cores"));
        assert!(refused("vcpu,hours,region\n2,x,a\n").contains("line 2: not an amount: `x`"));
        assert!(refused("vcpu,hours,region\n2,-1,a\n").contains("line 2: -1 hours"));
        assert!(refused("vcpu,memory_gib,hours,region\n-4,8,1,a\n").contains("line 2: cores and memory"));
        assert!(refused("vcpu,hours,region\n").contains("no row"));
    }

    #[test]
    fn a_count_multiplies_the_hours() {
        let hours = |text: &str| {
            let found = read_foreign_usage(text.as_bytes(), "`u.csv`").unwrap();
            (found.lines[0].hours.to_string(), found.unread_factors.join(" "))
        };
        let of = |count: &str, unread: &str| (count.to_owned(), unread.to_owned());
        for name in ["count", "Instances", "instance_count", "machines", "quantity", "Qty"] {
            let text = format!("name,vcpu,memory_gib,hours,region,{name}\nweb,4,16,730,here,5\n");
            assert_eq!(hours(&text), of("3650", ""), "{name}");
        }
        // Without a number it is one machine; the sum of two rows of one name is 730 × (1 + 2.5).
        let text = "name,vcpu,memory_gib,hours,region,count\nweb,4,16,730,here,\nweb,4,16,730,here,2.5\n";
        assert_eq!(hours(text), of("2555", ""));
        // `quantity` alone is one of hours; a second count and a factor of another name are not read.
        assert_eq!(hours("vcpu,memory_gib,quantity,region\n4,16,730,here\n"), of("730", ""));
        let text = "vcpu,memory_gib,hours,region,count,replicas,Uptime %,owner\n4,16,730,here,2,3,50,me\n";
        assert_eq!(hours(text), of("1460", "replicas Uptime %"));
        let refused = |count: &str| {
            let text = format!("vcpu,memory_gib,hours,region,count\n4,16,730,here,{count}\n");
            read_foreign_usage(text.as_bytes(), "`u.csv`").unwrap_err().to_string()
        };
        assert!(refused("-2").contains("line 2: a count of -2"));
        assert!(refused("many").contains("line 2: not an amount: `many`"));
    }

    #[test]
    fn an_operating_system_with_a_licence_is_a_line_of_its_own() {
        let text = "ChargeCategory,ConsumedQuantity,ConsumedUnit,RegionId,x_Operation,x_UsageType\n\
             Usage,24,Hrs,here,RunInstances,BoxUsage:m5.large\n\
             Usage,24,Hrs,here,RunInstances:0010,BoxUsage:m5.large\n\
             Usage,24,Hrs,here,RunInstances:0006,BoxUsage:m5.large\n";
        let found = lines(text).0;
        let expected = [
            "24 × m5.large in here 2/8",
            "24 × m5.large in here, RHEL 2/8",
            "24 × m5.large in here, Windows with SQL Server 2/8",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn gzip_is_unpacked_and_other_forms_are_named() {
        let text = "name,vcpu,memory_gib,hours,region\nold,2,8,1,here\n";
        let mut packed = flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast());
        let mut bytes = Vec::new();
        packed.read_to_end(&mut bytes).unwrap();
        let plain = read_foreign_usage(text.as_bytes(), "`u.csv`").unwrap();
        assert_eq!(read_foreign_usage(bytes.as_slice(), "`u.csv.gz`").unwrap(), plain);
        let refused = |bytes: &[u8]| read_foreign_usage(bytes, "`u`").unwrap_err().to_string();
        assert!(refused(b"PAR1....").contains("it is Parquet, and only CSV"));
        assert!(refused(b"PK\x03\x04").contains("zip archive"));
        assert!(refused(b"\xff\xfen\0").contains("UTF-16"));
        assert!(refused(&bytes[..bytes.len() - 12]).starts_with("`u` cannot be used"));
    }
}
