//! Real cost files, and made-up ones of every kind, summed a second time: `forecast series` has to
//! agree with a plain sum over the file's rows, digit for digit.
//!
//! The second sum is made here, from CSV records and whole numbers, with nothing of the readers.

use crate::support::{Run, folder, run};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Digits after the point that are kept.
const SCALE: usize = 18;

/// Where a file has what is summed.
struct Summed {
    file: &'static str,
    cost: &'static str,
    day: &'static str,
    service: &'static str,
    args: &'static [&'static str],
}

const fn summed(file: &'static str, cost: &'static str, day: &'static str, service: &'static str) -> Summed {
    Summed { file, cost, day, service, args: &[] }
}

const FOCUS: &str = "FOCUS_1.0_sample_azure_rows.csv";

const SUMMED: [Summed; 12] = [
    summed("EA_2020-09_iso_dates.csv", "CostInBillingCurrency", "Date", "MeterCategory"),
    summed("EA_actual_cost_2023-09.csv", "Cost", "Date", "MeterCategory"),
    summed("EA_amortized_cost_2023-09_first14.csv", "Cost", "Date", "MeterCategory"),
    summed("MCA_2023-08_camelcase_slash_dates.csv", "costInBillingCurrency", "date", "meterCategory"),
    summed("PAYG_usage_classic_2019-07_pascal.csv", "PreTaxCost", "UsageDateTime", "MeterCategory"),
    summed("opencost_headersets_Enterprise.csv", "CostInBillingCurrency", "Date", "MeterCategory"),
    summed("opencost_headersets_PayAsYouGo.csv", "PreTaxCost", "UsageDateTime", "MeterCategory"),
    summed("opencost_headersets_YA.csv", "costInBillingCurrency", "date", "meterCategory"),
    summed(FOCUS, "BilledCost", "ChargePeriodStart", "ServiceName"),
    Summed {
        args: &["-m", "effective"],
        ..summed(FOCUS, "EffectiveCost", "ChargePeriodStart", "ServiceName")
    },
    Summed {
        args: &["-m", "contracted"],
        ..summed(FOCUS, "ContractedCost", "ChargePeriodStart", "ServiceName")
    },
    Summed { args: &["-m", "list"], ..summed(FOCUS, "ListCost", "ChargePeriodStart", "ServiceName") },
];

/// Names its currency nowhere.
const VIRTUAL_MACHINE: Summed = Summed {
    args: &["--currency", "USD"],
    ..summed("opencost_values_VirtualMachine.csv", "costinbillingcurrency", "UsageDateTime", "MeterCategory")
};

const WITHOUT_COSTS: [&str; 3] =
    ["EA_no_rows.csv", "mca_cost_details_2025-03-01_header_only_bom.csv", "opencost_headersets_BOM.csv"];

/// Every CSV file of the collection, by name.
fn files(root: &Path) -> BTreeMap<String, PathBuf> {
    let folders = ["fixtures/export-files", "supplement/fixtures/export-files"];
    let entries = folders.iter().flat_map(|below| fs::read_dir(root.join(below)).expect("a folder of files"));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let tables = paths.filter(|path| path.extension().is_some_and(|ending| ending == "csv"));
    tables.map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), path)).collect()
}

/// A number's text in units of the last digit kept; a further digit rounds it, half away from zero.
fn units(text: &str) -> i128 {
    let text = text.trim().to_lowercase();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or((1, mantissa), |rest| (-1, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().expect("digits");
    let exponent: i64 = exponent.parse().expect("an exponent");
    let shift = SCALE as i64 + exponent - fraction.len() as i64;
    let power = 10_i128.pow(shift.unsigned_abs() as u32);
    sign * if shift >= 0 { digits * power } else { (digits + power / 2) / power }
}

/// `2023-09-05`, from that or from `09/05/2023`, with or without a time behind it.
fn iso(day: &str) -> String {
    match day.split('/').collect::<Vec<_>>()[..] {
        [month, day, year] => format!("{year}-{month}-{day}"),
        _ => day[..10].to_owned(),
    }
}

/// What has no name is one group.
fn named(text: &str) -> String {
    match text.trim() {
        "NULL" | "Unassigned" => String::new(),
        name => name.to_owned(),
    }
}

type Sums = BTreeMap<(String, String), i128>;

/// Sums by day and service of a file's rows, whatever their currency (each file has one).
fn sums_of_file(path: &Path, wanted: &Summed) -> Sums {
    let text = fs::read_to_string(path).expect("text");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().expect("a header").clone();
    let place = |name: &str| header.iter().position(|column| column == name).expect("a column");
    let (cost, day, service) = (place(wanted.cost), place(wanted.day), place(wanted.service));
    let mut sums = Sums::new();
    for row in reader.records() {
        let row = row.expect("a row");
        *sums.entry((iso(&row[day]), named(&row[service]))).or_default() += units(&row[cost]);
    }
    sums
}

/// Sums by day and service that the command gives, without days of which it knows nothing; a covered day of a group
/// without a row has to be zero.
fn sums_of_command(text: &str, cost: &str) -> Sums {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    assert_eq!(header.iter().next_back(), Some(cost), "the metric's own column");
    let by_service = header.iter().any(|column| column == "ServiceName");
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.filter(|row| !row[row.len() - 1].is_empty())
        .map(|row| {
            let service = if by_service { row[2].to_owned() } else { String::new() };
            ((row[0][..10].to_owned(), service), units(&row[row.len() - 1]))
        })
        .collect()
}

fn by_day(sums: &Sums) -> Sums {
    let mut days = Sums::new();
    for ((day, _), sum) in sums {
        *days.entry((day.clone(), String::new())).or_default() += sum;
    }
    days
}

fn series(path: &Path, args: &[&str]) -> Run {
    let path = path.to_string_lossy();
    let mut all = vec!["series", &path, "-o", "csv"];
    all.extend(args);
    run(Path::new("."), &all)
}

/// Both sums of a file agree, in all and by service; days between its rows are zero.
fn agrees(path: &Path, wanted: &Summed, column: &str) {
    let expected = sums_of_file(path, wanted);
    let grouped = [wanted.args, &["-g", "service"]].concat();
    for (expected, args) in [(by_day(&expected), wanted.args), (expected, grouped.as_slice())] {
        let done = series(path, args);
        assert_eq!(done.code, 0, "{}: {}", wanted.file, done.stderr);
        let mut found = sums_of_command(&done.stdout, column);
        found.retain(|key, sum| *sum != 0 || expected.contains_key(key));
        assert_eq!(found, expected, "{} {args:?}", wanted.file);
    }
}

#[test]
fn daily_sums_of_every_real_file_agree_with_a_plain_sum_to_the_last_digit() {
    let Some(root) = testing::shared("azure") else { return };
    let files = files(&root);
    for wanted in SUMMED {
        let column = match wanted.file {
            FOCUS => wanted.cost,
            name if name.contains("amortized") => "EffectiveCost",
            _ => "BilledCost",
        };
        agrees(&files[wanted.file], &wanted, column);
    }
}

#[test]
fn a_real_file_without_a_currency_is_summed_once_its_currency_is_given() {
    let Some(root) = testing::shared("azure") else { return };
    let path = &files(&root)[VIRTUAL_MACHINE.file];
    let refused = series(path, &[]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("names no currency; say which one it is in with `--currency CODE`"));
    agrees(path, &VIRTUAL_MACHINE, "BilledCost");
}

#[test]
fn real_files_without_costs_are_refused_and_say_so() {
    let Some(root) = testing::shared("azure") else { return };
    let files = files(&root);
    for name in WITHOUT_COSTS {
        let refused = series(&files[name], &[]);
        assert_eq!((refused.code, refused.stdout.as_str()), (4, ""), "{name}");
        assert!(refused.stderr.contains("no costs found: no cost rows in"), "{name}: {}", refused.stderr);
    }
}

#[test]
fn every_real_file_is_in_one_of_these_tests() {
    let Some(root) = testing::shared("azure") else { return };
    let tested = SUMMED.iter().map(|wanted| wanted.file).chain(WITHOUT_COSTS).chain([VIRTUAL_MACHINE.file]);
    let tested: BTreeSet<String> = tested.map(str::to_owned).collect();
    assert_eq!(files(&root).into_keys().collect::<BTreeSet<_>>(), tested);
}

const FAMILIES: [&str; 7] =
    ["ea-actual", "ea-amortized", "mca-actual", "mca-amortized", "payg", "focus-1.0", "focus-1.2"];

/// Writes a small sample and gives its daily series by service.
fn sample(folder: &Path, family: &str, format: &str, more: &[&str]) -> String {
    let out = format!("{family}-{format}");
    let size = ["--months", "2", "--subscriptions", "2", "--rows-per-day", "20", "--seed", "7"];
    let mut write = vec!["sample", "--out", &out, "--family", family, "--format", format];
    write.extend(size);
    let written = run(folder, &write);
    assert_eq!(written.code, 0, "{out}: {}", written.stderr);
    let mut read = vec!["series", &out, "-g", "service", "-o", "csv"];
    read.extend(more);
    let done = run(folder, &read);
    assert_eq!(done.code, 0, "{out}: {}", done.stderr);
    done.stdout
}

#[test]
fn samples_of_every_family_have_the_same_daily_sums_in_every_format() {
    let folder = folder();
    for family in FAMILIES {
        let plain = sample(folder.path(), family, "csv", &["--threads", "1"]);
        assert!(plain.lines().count() > 100, "{family}");
        for format in ["csv.gz", "parquet"] {
            assert_eq!(
                sample(folder.path(), family, format, &["--threads", "2"]),
                plain,
                "{family} {format}"
            );
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let folder = folder();
    let bytes = |threads: &str| {
        let series = sample(folder.path(), "mca-actual", "csv", &["--threads", threads]);
        let args =
            ["predict", "mca-actual-csv", "-g", "service", "--totals", "-o", "json", "--threads", threads];
        let predicted = run(folder.path(), &args);
        assert_eq!(predicted.code, 0, "{}", predicted.stderr);
        (series, predicted.stdout)
    };
    assert_eq!(bytes("1"), bytes("2"));
}
