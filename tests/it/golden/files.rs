//! What scripts read: the same rows in every format, with the promised names and digits.

use super::{head, sample, snapshot};
use std::fs;

#[test]
fn totals_of_every_level_go_to_csv_on_request() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "-g", "subscription", "-g", "service", "--totals", "-o", "csv"]);
    snapshot(&head(&run.stdout, 6), |text| {
        insta::assert_snapshot!(text, @"
        BillingPeriodStart,BillingPeriodEnd,SubAccountId,ServiceName,BillingCurrency,x_Metric,x_TotalKind,x_GroupLevel,x_RunId,x_AsOf,x_Cutoff,x_Status,x_Model,x_ActualToDate,x_ForecastRemaining,x_ForecastTotal,x_Lower80,x_Upper80,x_Lower95,x_Upper95,x_PreviousTotal,x_HistoryDays,x_MissingDays
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,,,USD,BilledCost,billed,0,[run],2026-10-18,2026-10-16,ok,default,1927.15,1577.93,3505.08,3393.72,3655.53,3289.47,3940.51,3317.85,108,0
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,1151.88,879.31,2031.19,1931.66,2166.45,1837.68,2421.91,1865.37,108,0
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,,USD,BilledCost,billed,2,[run],2026-10-18,2026-10-16,ok,default,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,78,0
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,Azure App Service,USD,BilledCost,billed,2,[run],2026-10-18,2026-10-16,ok,default,48.30,40.93,89.23,88.60,90.10,87.39,92.75,86.40,108,0
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,Business Analytics,USD,BilledCost,billed,2,[run],2026-10-18,2026-10-16,ok,default,0.00,52.00,52.00,14.65,233.11,0.00,375.80,81.59,80,0
        ")
    });
}

#[test]
fn sums_of_cycles_are_rows_that_say_how_many_cycles_they_sum() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "--cycles", "2", "--sum-cycles", "--totals", "-o", "csv"]);
    let rows: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split(',').collect()).collect();
    let place = |name: &str| rows[0].iter().position(|own| *own == name).unwrap_or_default();
    let (count, level, total) = (place("x_CycleCount"), place("x_GroupLevel"), place("x_ForecastTotal"));
    let totals: Vec<(&str, f64)> = rows[1..]
        .iter()
        .filter(|row| row[level] == "0")
        .map(|row| (row[count], row[total].parse().unwrap_or_default()))
        .collect();
    assert_eq!(totals.iter().map(|(count, _)| *count).collect::<Vec<_>>(), ["1", "2", "1"]);
    assert!((totals[0].1 + totals[2].1 - totals[1].1).abs() < 0.005, "{totals:?}");
    let daily = sample.good(&["predict", "s", "--cycles", "2", "--sum-cycles", "--daily", "-o", "csv"]);
    let days = sample.good(&["predict", "s", "--cycles", "2", "--daily", "-o", "csv"]);
    assert_eq!(daily.stdout, days.stdout);
}

#[test]
fn the_daily_path_has_known_and_expected_days() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "--daily", "-o", "csv"]);
    snapshot(&head(&run.stdout, 20), |text| {
        insta::assert_snapshot!(text, @"
        ChargePeriodStart,ChargePeriodEnd,SubAccountId,BillingCurrency,BilledCost,x_RecordType,x_Lower80,x_Upper80,x_Lower95,x_Upper95,x_RunId
        2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,111.048062,Actual,,,,,[run]
        2026-10-02T00:00:00Z,2026-10-03T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,61.169378,Actual,,,,,[run]
        2026-10-03T00:00:00Z,2026-10-04T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,44.018974,Actual,,,,,[run]
        2026-10-04T00:00:00Z,2026-10-05T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,39.984019,Actual,,,,,[run]
        2026-10-05T00:00:00Z,2026-10-06T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,193.889389,Actual,,,,,[run]
        2026-10-06T00:00:00Z,2026-10-07T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,65.998142,Actual,,,,,[run]
        2026-10-07T00:00:00Z,2026-10-08T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,63.045568,Actual,,,,,[run]
        2026-10-08T00:00:00Z,2026-10-09T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,64.582818,Actual,,,,,[run]
        2026-10-09T00:00:00Z,2026-10-10T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,66.919875,Actual,,,,,[run]
        2026-10-10T00:00:00Z,2026-10-11T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,42.065392,Actual,,,,,[run]
        2026-10-11T00:00:00Z,2026-10-12T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,43.517956,Actual,,,,,[run]
        2026-10-12T00:00:00Z,2026-10-13T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,65.288118,Actual,,,,,[run]
        2026-10-13T00:00:00Z,2026-10-14T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,66.968248,Actual,,,,,[run]
        2026-10-14T00:00:00Z,2026-10-15T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,63.093543,Actual,,,,,[run]
        2026-10-15T00:00:00Z,2026-10-16T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,66.556877,Actual,,,,,[run]
        2026-10-16T00:00:00Z,2026-10-17T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,61.512785,Actual,,,,,[run]
        2026-10-17T00:00:00Z,2026-10-18T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,42.160037,Settling,35.036899,51.129916,30.55196,64.320913,[run]
        2026-10-18T00:00:00Z,2026-10-19T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,42.627186,Forecast,36.320212,50.510903,26.859752,62.599269,[run]
        2026-10-19T00:00:00Z,2026-10-20T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,64.027381,Forecast,56.297718,73.689459,44.703223,88.504646,[run]
        ")
    });
}

#[test]
fn the_daily_series_keeps_every_digit() {
    let sample = sample();
    let run = sample.good(&["series", "s", "-o", "csv"]);
    snapshot(&head(&run.stdout, 4), |text| {
        insta::assert_snapshot!(text, @r#"
ChargePeriodStart,ChargePeriodEnd,BillingCurrency,BilledCost
2026-07-01T00:00:00Z,2026-07-02T00:00:00Z,USD,150.86622877588
2026-07-02T00:00:00Z,2026-07-03T00:00:00Z,USD,100.85199196364
2026-07-03T00:00:00Z,2026-07-04T00:00:00Z,USD,100.885912022584
"#)
    });
}

#[test]
fn a_json_line_is_a_row() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "-o", "jsonl"]);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
        {"BillingPeriodStart":"2026-10-01T00:00:00Z","BillingPeriodEnd":"2026-11-01T00:00:00Z","SubAccountId":"/subscriptions/5a3b1e00-0000-4000-8000-000000000001","BillingCurrency":"USD","x_Metric":"BilledCost","x_TotalKind":"billed","x_GroupLevel":1,"x_RunId":"[run]","x_AsOf":"2026-10-18","x_Cutoff":"2026-10-16","x_Status":"ok","x_Model":"default","x_ActualToDate":1151.88,"x_ForecastRemaining":879.31,"x_ForecastTotal":2031.19,"x_Lower80":1931.66,"x_Upper80":2166.45,"x_Lower95":1837.68,"x_Upper95":2421.91,"x_PreviousTotal":1865.37,"x_HistoryDays":108,"x_MissingDays":0}
        {"BillingPeriodStart":"2026-10-01T00:00:00Z","BillingPeriodEnd":"2026-11-01T00:00:00Z","SubAccountId":"/subscriptions/5a3b1e00-0000-4000-8000-000000000002","BillingCurrency":"USD","x_Metric":"BilledCost","x_TotalKind":"billed","x_GroupLevel":1,"x_RunId":"[run]","x_AsOf":"2026-10-18","x_Cutoff":"2026-10-16","x_Status":"ok","x_Model":"default","x_ActualToDate":775.27,"x_ForecastRemaining":698.62,"x_ForecastTotal":1473.89,"x_Lower80":1438.07,"x_Upper80":1520.03,"x_Lower95":1406.81,"x_Upper95":1609.56,"x_PreviousTotal":1452.48,"x_HistoryDays":108,"x_MissingDays":0}
        "#)
    });
}

#[test]
fn the_json_envelope_says_what_was_read_and_what_to_know() {
    let sample = sample();
    let run = sample.run(&["predict", "s", "-o", "json"]);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let document = document.as_object().unwrap();
    let keys: Vec<&str> = document.keys().map(String::as_str).collect();
    let expected = [
        "x_schema",
        "x_schema_version",
        "command",
        "x_RunId",
        "x_AsOf",
        "x_Metric",
        "x_TotalKind",
        "total",
        "files",
        "rows_read",
        "malformed_rows",
        "members",
        "lines",
        "notes",
        "warnings",
        "findings",
        "rows",
    ];
    assert_eq!(keys, expected);
    assert_eq!((&document["x_schema"], &document["malformed_rows"]), (&"cycle_totals".into(), &0.into()));
}

#[test]
fn a_parquet_file_is_one_from_its_first_to_its_last_bytes() {
    let sample = sample();
    let run = sample.run(&["predict", "s", "--out-file", "out.parquet"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let bytes = fs::read(sample.path().join("out.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    for name in ["x_ForecastTotal", "BillingPeriodStart", "SubAccountId", "x_schema_version"] {
        assert!(bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
    }
}
