//! Options: each command takes what it can use, refuses the rest, and never writes over its own inputs.

#![expect(clippy::unwrap_used, reason = "what a test needs and does not find is its failure")]

use crate::support::{Run, folder, forecast, run, write};
use chrono::{Days, NaiveDate};
use std::{fs, path::Path};

/// Three months of 10.5 euro a day, in periods of calendar months; the last day is 2026-09-18.
fn export() -> String {
    let start = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
    let row = |day: NaiveDate| {
        let period = match day.format("%m").to_string().as_str() {
            "07" => "07/01/2026,07/31/2026",
            "08" => "08/01/2026,08/31/2026",
            _ => "09/01/2026,09/30/2026",
        };
        let day = day.format("%m/%d/%Y");
        format!("11111111-1111-1111-1111-111111111111,Shop,{day},10.5,EUR,a,{period},Storage,Usage,\n")
    };
    let header = "SubscriptionId,SubscriptionName,Date,Cost,BillingCurrency,AccountName,\
                  BillingPeriodStartDate,BillingPeriodEndDate,MeterCategory,ChargeType,Tags\n";
    (0..80).fold(header.to_owned(), |text, day| text + &row(start + Days::new(day)))
}

/// The same as use of a meter that [`CARD`] has a price of.
fn used() -> String {
    let row = |(number, line): (usize, &str)| match number {
        0 => format!("{line},MeterId,Quantity,UnitOfMeasure\n"),
        _ => format!("{line},m1,10.5,1 Hour\n"),
    };
    export().lines().enumerate().map(row).collect()
}

/// Prices of one meter.
const CARD: &str = "currency = \"EUR\"\n[[price]]\nmeter = \"m1\"\nunit = \"1 Hour\"\nprice = 1\n";

/// A long table of 90 days.
fn table() -> String {
    let start = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
    (0..90)
        .fold("unique_id,ds,y\n".to_owned(), |text, day| text + &format!("a,{},5\n", start + Days::new(day)))
}

fn at_inputs() -> tempfile::TempDir {
    let at = folder();
    write(at.path(), "a.csv", export());
    write(at.path(), "s.csv", table());
    at
}

/// Asserts that a run is refused as a wrong call that names each of these texts.
#[track_caller]
fn refused(what: &[&str], run: &Run, texts: &[&str]) {
    assert_eq!(run.code, 2, "{what:?}: {}{}", run.stdout, run.stderr);
    for text in texts {
        assert!(run.stderr.contains(text), "{what:?}: `{text}` is not in: {}", run.stderr);
    }
    assert_eq!(run.stdout, "", "{what:?}");
}

#[test]
fn an_option_that_a_command_can_never_use_is_refused() {
    let at = at_inputs();
    let cases: [&[&str]; 16] = [
        &["man", "-o", "json"],
        &["man", "--config", "x.toml"],
        &["completions", "bash", "-o", "csv"],
        &["sample", "--out", "made", "-o", "json"],
        &["sample", "--out", "made", "--out-file", "x"],
        &["config", "show", "-o", "json"],
        &["config", "check", "--out-file", "x"],
        &["batch", "-o", "json"],
        &["batch", "--out-file", "x"],
        &["train", "a.csv", "--out-file", "m.json"],
        &["train", "a.csv", "-o", "json"],
        &["price", "schema", "plan", "-o", "json"],
        &["predict", "a.csv", "--ledger", "l"],
        &["series", "a.csv", "--ledger", "l"],
        &["backtest", "a.csv", "--ledger", "l"],
        &["series", "a.csv", "--cycles", "2"],
    ];
    for args in cases {
        refused(args, &run(at.path(), args), &["error: unexpected argument"]);
    }
    assert!(!at.path().join("made").exists(), "nothing is written by a call that is refused");
    for command in ["predict", "series", "backtest", "train", "ingest"] {
        let help = run(at.path(), &[command, "--help"]).stdout;
        assert!(!help.contains("ledger") && !help.contains("LEDGER"), "{command}: {help}");
    }
}

#[test]
fn every_command_takes_the_options_of_how_it_runs() {
    let at = at_inputs();
    write(at.path(), "forecast.toml", "[[job]]\nname = \"a\"\ninputs = [\"a.csv\"]\n");
    let commands: [&[&str]; 9] = [
        &["man"],
        &["completions", "zsh"],
        &["config", "check"],
        &["config", "show"],
        &["price", "schema"],
        &["series", "a.csv"],
        &["predict", "a.csv", "--as-of", "2026-09-19"],
        &["ingest", "a.csv", "--out", "landed"],
        &["batch", "--as-of", "2026-09-19"],
    ];
    let how = ["-q", "--no-progress", "--color", "never", "--threads", "1", "--log-format", "text"];
    for command in commands {
        let done = run(at.path(), &[command, &how].concat());
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{command:?}");
        assert_eq!(run(at.path(), &[command, &["-v"]].concat()).code, 0, "{command:?}");
    }
}

#[test]
fn options_about_charges_are_refused_beside_a_table_of_series_unless_they_come_from_elsewhere() {
    let at = at_inputs();
    let cases: [&[&str]; 7] = [
        &["-g", "service"],
        &["--filter", "service=x"],
        &["-m", "billed"],
        &["--top", "2"],
        &["--currency", "EUR"],
        &["--family", "ea"],
        &["--strict"],
    ];
    for command in ["predict", "backtest"] {
        for more in cases {
            let args = [&[command, "--series", "s.csv"], more].concat();
            refused(&args, &run(at.path(), &args), &["'--series <FILE>' cannot be used with"]);
        }
    }
    let from_elsewhere = forecast()
        .current_dir(at.path())
        .env("FORECAST_GROUP_BY", "service")
        .args(["predict", "--series", "s.csv"])
        .output()
        .unwrap();
    assert!(from_elsewhere.status.success(), "{}", String::from_utf8_lossy(&from_elsewhere.stderr));
}

#[test]
fn a_currency_that_agrees_with_the_files_is_taken_and_another_one_is_refused() {
    let at = at_inputs();
    for command in ["predict", "series", "backtest"] {
        let with = |code: &str| run(at.path(), &[command, "a.csv", "--currency", code, "-o", "csv"]);
        assert_eq!(with("eur").code, 0, "{}", with("eur").stderr);
        refused(&[command, "USD"], &with("USD"), &["`--currency USD`", "EUR"]);
        refused(&[command, "euro"], &with("euro"), &["unknown currency: `euro`"]);
    }
    // A file that names none needs it.
    let plain = export().replace(",BillingCurrency", "").replace(",EUR,", ",");
    write(at.path(), "plain.csv", plain);
    let named = run(at.path(), &["series", "plain.csv", "--currency", "USD", "-o", "csv"]);
    assert_eq!(named.code, 0, "{}", named.stderr);
    assert!(named.stdout.contains(",USD,10.5"), "{}", named.stdout);
}

#[test]
fn a_cycle_day_that_agrees_with_the_files_is_taken_and_another_one_is_refused() {
    let at = at_inputs();
    for command in ["predict", "series", "backtest"] {
        let with = |day: &str| run(at.path(), &[command, "a.csv", "--cycle-day", day, "-o", "csv"]);
        assert_eq!(with("1").code, 0, "{}", with("1").stderr);
        refused(&[command], &with("15"), &["`--cycle-day 15`", "2026-09-01 to 2026-09-30"]);
    }
    write(at.path(), "used.csv", used());
    write(at.path(), "card.toml", CARD);
    let estimate = |day: &str| {
        run(
            at.path(),
            &["price", "estimate", "used.csv", "--rates", "card.toml", "--cycle-day", day, "-o", "csv"],
        )
    };
    assert_eq!(estimate("1").code, 0, "{}", estimate("1").stderr);
    refused(&["price estimate"], &estimate("15"), &["`--cycle-day 15`", "2026-09-01 to 2026-09-30"]);
    // A table of series has no periods: the option decides.
    let table = run(at.path(), &["predict", "--series", "s.csv", "--cycle-day", "15", "-o", "csv"]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(table.stdout.contains("2026-09-15"), "{}", table.stdout);
}

#[test]
fn the_names_of_metrics_that_azure_uses_are_taken() {
    let at = at_inputs();
    let plain = run(at.path(), &["series", "a.csv", "-o", "csv"]).stdout;
    for name in ["actual", "Actual", "ActualCost", "billed", "BilledCost"] {
        let named = run(at.path(), &["series", "a.csv", "-m", name, "-o", "csv"]);
        assert_eq!((named.code, named.stdout), (0, plain.clone()), "{name}: {}", named.stderr);
    }
    for name in ["amortized", "AmortizedCost", "effective"] {
        let none = run(at.path(), &["series", "a.csv", "-m", name]);
        assert_eq!(none.code, 1, "{name}");
        assert!(none.stderr.contains("no file holds the metric `effective`"), "{name}: {}", none.stderr);
    }
}

#[test]
fn issued_invoices_are_not_tested_and_teach_nothing() {
    let at = at_inputs();
    for command in ["backtest", "train"] {
        for group in ["invoice", "InvoiceId"] {
            let args = [command, "a.csv", "-g", group];
            refused(&args, &run(at.path(), &args), &["issued invoice", "`billing-profile`"]);
        }
    }
}

#[test]
fn a_tag_without_a_key_is_refused_as_a_group_and_as_a_filter() {
    let at = at_inputs();
    for command in ["predict", "series", "backtest", "train"] {
        for more in [["-g", "tag:"], ["--filter", "tag:=7"]] {
            let args = [&[command, "a.csv"], &more[..]].concat();
            refused(&args, &run(at.path(), &args), &["a tag is written `tag:KEY`"]);
        }
    }
}

/// Runs a command that would write over one of its inputs, and asserts that the input stays.
#[track_caller]
fn keeps(at: &Path, input: &str, args: &[&str]) {
    let before = fs::read(at.join(input)).unwrap();
    refused(args, &run(at, args), &["is an input"]);
    assert_eq!(fs::read(at.join(input)).unwrap(), before, "{args:?}");
}

#[test]
fn no_command_writes_over_its_own_inputs() {
    let at = at_inputs();
    let at = at.path();
    write(at, "card.toml", CARD);
    write(at, "plan.toml", "currency = \"EUR\"\n[[line]]\nname = \"a\"\nmeter = \"m1\"\nquantity = 1\n");
    write(at, "use.csv", "name,region,hours,vcpu,memory_gib\na,westeurope,10,2,8\n");
    write(
        at,
        "forecast.toml",
        "[[job]]\nname = \"a\"\ninputs = [\"forecasts/2026-09-19/a.csv\"]\noutputs = [\"csv\"]\n",
    );
    write(at, "in/a.csv", export());
    write(at, "forecasts/2026-09-19/a.csv", export());
    keeps(at, "a.csv", &["series", "a.csv", "-o", "csv", "--out-file", "a.csv"]);
    keeps(at, "a.csv", &["predict", "a.csv", "--out-file", "./in/../a.csv"]);
    keeps(at, "in/a.csv", &["predict", "in", "--out-file", "in/a.csv"]);
    keeps(at, "in/a.csv", &["series", "in/*.csv", "--out-file", "in/a.csv"]);
    keeps(at, "s.csv", &["predict", "--series", "s.csv", "--out-file", "s.csv"]);
    keeps(at, "s.csv", &["backtest", "--series", "s.csv", "--out-file", "s.csv"]);
    keeps(at, "s.csv", &["train", "--series", "s.csv", "--out", "s.csv"]);
    keeps(at, "a.csv", &["ingest", "a.csv", "--out", "landed", "--out-file", "a.csv"]);
    keeps(at, "card.toml", &["predict", "a.csv", "--pricing", "card.toml", "--out-file", "card.toml"]);
    keeps(
        at,
        "plan.toml",
        &["price", "estimate", "plan.toml", "--rates", "card.toml", "--out-file", "plan.toml"],
    );
    keeps(at, "card.toml", &["price", "card", "--rates", "card.toml", "--out-file", "card.toml"]);
    keeps(at, "use.csv", &["price", "match", "use.csv", "--rates", "card.toml", "--plan-out", "use.csv"]);
    keeps(at, "forecast.toml", &["config", "show", "--out-file", "forecast.toml"]);
    let model = include_str!("../../models/default.json");
    let model_job = "[[job]]\nname = \"b\"\ninputs = [\"in\"]\nmodel = \"forecasts/2026-09-19/b.json\"\noutputs = [\"json\"]\n";
    let jobs = fs::read_to_string(at.join("forecast.toml")).unwrap() + model_job;
    write(at, "forecast.toml", jobs);
    write(at, "forecasts/2026-09-19/b.json", model);
    let batch = run(at, &["batch", "--as-of", "2026-09-19"]);
    assert_eq!(batch.code, 1, "{}", batch.stderr);
    assert_eq!(batch.stderr.matches("is an input").count(), 2, "{}", batch.stderr);
    assert_eq!(fs::read_to_string(at.join("forecasts/2026-09-19/a.csv")).unwrap(), export());
    assert_eq!(fs::read_to_string(at.join("forecasts/2026-09-19/b.json")).unwrap(), model);
}

#[cfg(unix)]
#[test]
fn an_input_is_known_by_its_other_names_too() {
    let at = at_inputs();
    std::os::unix::fs::symlink("a.csv", at.path().join("link.csv")).unwrap();
    fs::hard_link(at.path().join("a.csv"), at.path().join("hard.csv")).unwrap();
    for name in ["link.csv", "hard.csv"] {
        keeps(at.path(), "a.csv", &["series", "a.csv", "-o", "csv", "--out-file", name]);
    }
    // Another file in its place is replaced as ever.
    write(at.path(), "old.csv", "old");
    assert_eq!(run(at.path(), &["series", "a.csv", "-o", "csv", "--out-file", "old.csv"]).code, 0);
}

#[test]
fn no_escape_sequences_reach_a_pipe() {
    let at = at_inputs();
    let command = |more: &[&str]| {
        let mut command = forecast();
        command.env_remove("NO_COLOR").env("TERM", "xterm-256color").current_dir(at.path());
        command.args([&["predict", "a.csv", "-vv"], more].concat()).output().unwrap()
    };
    for more in [&[][..], &["--color", "auto"], &["--color", "never"], &["--log-format", "json"]] {
        let output = command(more);
        assert_eq!(output.status.code(), Some(0), "{more:?}");
        for bytes in [&output.stdout, &output.stderr] {
            assert!(!bytes.contains(&0x1b), "{more:?}: {}", String::from_utf8_lossy(bytes));
        }
    }
    assert!(command(&["--color", "always"]).stdout.contains(&0x1b), "asked for, it is used");
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let at = at_inputs();
    write(at.path(), "forecast.toml", "[run]\noutput = \"csv\"\n[defaults]\ngroup-by = [\"service\"]\n");
    let first_line = |variable: Option<&str>, more: &[&str]| {
        let mut command = forecast();
        command.current_dir(at.path()).args([&["series", "a.csv"], more].concat());
        if let Some(value) = variable {
            command.env("FORECAST_GROUP_BY", value);
        }
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap_or_default().to_owned()
    };
    assert!(first_line(None, &[]).contains(",ServiceName,"));
    assert!(first_line(Some("subscription"), &[]).contains(",SubAccountId,"));
    assert!(first_line(Some("subscription"), &["-g", "charge-category"]).contains(",ChargeCategory,"));
    assert!(first_line(None, &["-o", "json"]).starts_with('{'));
}

#[test]
fn a_wrong_value_of_the_configuration_is_named_with_its_line() {
    let at = at_inputs();
    write(at.path(), "forecast.toml", "[defaults]\nmetric = \"billed\"\ntop = \"many\"\n");
    let run = run(at.path(), &["series", "a.csv"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for text in ["forecast.toml", "line 3", "`top`"] {
        assert!(run.stderr.contains(text), "{text}: {}", run.stderr);
    }
}

#[test]
fn a_job_does_not_take_the_name_of_the_summary() {
    let at = at_inputs();
    let job = |format: &str| {
        format!("[[job]]\nname = \"Summary\"\ninputs = [\"a.csv\"]\noutputs = [\"{format}\"]\n")
    };
    write(at.path(), "forecast.toml", job("json"));
    let refused = run(at.path(), &["batch", "--as-of", "2026-09-19"]);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("job `Summary`") && refused.stderr.contains("`summary.json`"),
        "{}",
        refused.stderr
    );
    write(at.path(), "forecast.toml", job("csv"));
    assert_eq!(run(at.path(), &["batch", "--as-of", "2026-09-19"]).code, 0);
}

#[test]
fn the_model_of_a_configuration_lies_beside_it_wherever_the_program_starts() {
    let at = at_inputs();
    write(at.path(), "set/model.json", include_str!("../../models/default.json"));
    write(at.path(), "set/in.csv", export());
    write(
        at.path(),
        "set/forecast.toml",
        "[defaults]\nmodel = \"model.json\"\n[[job]]\nname = \"a\"\ninputs = [\"in.csv\"]\n",
    );
    for args in [&["batch", "--as-of", "2026-09-19"][..], &["predict", "a.csv"]] {
        let done = run(at.path(), &[args, &["--config", "set/forecast.toml"]].concat());
        assert_eq!(done.code, 0, "{args:?}: {}", done.stderr);
    }
}

#[test]
fn a_finished_model_is_not_tested_as_one_that_is_trained_on_the_other_series() {
    let at = at_inputs();
    write(at.path(), "model.json", include_str!("../../models/default.json"));
    for parts in [&["--folds", "2"][..], &["--leave-out"]] {
        for option in ["--model", "--compare-model"] {
            let args = [&["backtest", "--series", "s.csv", option, "model.json"], parts].concat();
            refused(&args, &run(at.path(), &args), &["`model.json` is a finished model"]);
        }
    }
}

#[test]
fn hourly_series_take_the_options_that_daily_ones_take() {
    let at = folder();
    let header = "BilledCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,\
                  ChargeCategory,SubAccountId\n";
    let row = "1.5,EUR,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,2026-10-01T05:00:00Z,2026-10-01T06:00:00Z,Usage,s\n";
    write(at.path(), "a.csv", format!("{header}{row}"));
    let hourly = |more: &[&str]| {
        run(at.path(), &[&["series", "a.csv", "--granularity", "hourly", "-o", "json"], more].concat())
    };
    let done = hourly(&["--currency", "EUR", "--cycle-day", "1"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let envelope: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&envelope["command"], &envelope["rows_read"]), (&"series".into(), &1.into()));
    refused(&["hourly"], &hourly(&["--currency", "USD"]), &["`--currency USD`", "EUR"]);
    refused(&["hourly"], &hourly(&["--cycle-day", "15"]), &["`--cycle-day 15`"]);
}
