//! Help, configuration, the nightly run, and what a shell needs.

use super::{head, sample, snapshot};
use crate::support::TestContext;
use std::fs;

#[test]
fn help_fits_eighty_characters() {
    let sample = sample();
    let run = sample.good(&["predict", "--help"]);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast the cycle's total from cost exports or any daily series

        Usage: forecast predict [OPTIONS] [INPUT]...

        Arguments:
          [INPUT]...
                  Cost exports: files, folders, patterns, addresses of storage (az://,
                  abfss://, https://)

        Options:
          -h, --help
                  Print help (see a summary with '-h')

          -V, --version
                  Print version

        Charges:
          -g, --group-by <DIM>
                  Group by this dimension (repeatable): subscription, service,
                  resource-group, resource, region, meter, billing-account,
                  billing-profile, invoice-section, department, invoice, publisher,
                  charge-category, charge-kind, tag:KEY, or a FOCUS column
                  
                  [env: FORECAST_GROUP_BY=]

              --filter <DIM=VALUE>
                  Keep only charges with this value (repeatable; values of one dimension
                  are alternatives)
                  
                  [env: FORECAST_FILTER=]

          -m, --metric <METRIC>
                  The cost that is meant: billed (ActualCost), effective
                  (AmortizedCost), contracted, list
                  
                  [env: FORECAST_METRIC=]

              --top <N>
                  Keep the N most expensive groups; the rest become one row, Others
                  
                  [env: FORECAST_TOP=]

              --settle-days <N>
                  Days before the newest run that are not final yet [default: 2]
                  
                  [env: FORECAST_SETTLE_DAYS=]

              --cycle-day <N>
                  Day on which cycles begin, where the files do not say [default: 1]
                  
                  [env: FORECAST_CYCLE_DAY=]

              --currency <CODE>
                  Currency of files that name none
                  
                  [env: FORECAST_CURRENCY=]

              --family <NAME>
                  Read files as this kind: focus, mca, ea, payg; `-actual` or
                  `-amortized` may follow
                  
                  [env: FORECAST_FAMILY=]

              --strict
                  Fail on the first malformed row instead of leaving it out
                  
                  [env: FORECAST_STRICT=]

              --as-of <DATE>
                  See nothing that was charged or exported on this day or later
                  
                  [env: FORECAST_AS_OF=]

        Any daily series:
              --series <FILE>
                  A long table of daily values (Parquet or CSV) instead of charges

              --id-column <NAME>
                  Column that names a series (repeatable) [default: unique_id]

              --tree
                  The id columns are levels of a tree: its root is forecast, and the
                  rows are drawn to it

              --date-column <NAME>
                  Column of the day [default: ds]

              --value-column <NAME>
                  Column of the value [default: y]

              --fill <VALUE>
                  What a day without a row is: `zero`, instead of missing

                  Possible values:
                  - zero: Zero

        Forecast:
              --cycles <N>
                  Forecast this cycle and the next N − 1 [default: 1]
                  
                  [env: FORECAST_CYCLES=]

              --sum-cycles[=<SPAN>]
                  Add the sums of these cycles; `=quarter` and `=year` add those of each
                  quarter or year
                  
                  [env: FORECAST_SUM_CYCLES=]

              --year-start <MONTH>
                  Month in which years, and their quarters, begin [default: 1]
                  
                  [env: FORECAST_YEAR_START=]

              --model <NAME>
                  The forecaster: default, run_rate, seasonal_naive, last_cycle, ridge,
                  …; or the file of a model
                  
                  [env: FORECAST_MODEL=]

              --daily
                  Write the expected days instead of the totals

              --totals
                  Add the levels above the grouping to files too; the terminal table
                  always shows them

              --levels <PERCENT>
                  Further ranges in files, in percent: `50,90` adds `x_Lower50` to
                  `x_Upper90`

              --compare <PEER>
                  Set another forecast of the same cycle beside ours: `azure`, its own

                  Possible values:
                  - azure: Azure's Cost Management

              --compare-scope <ID>
                  The scope that the total is of, where rows are not subscriptions

        Prices:
              --pricing <FILE|azure|retail>
                  Forecast what is used and price it: charges, credit, and what is to
                  pay. A rate card, reply of retail prices or price sheet (JSON), a
                  private card (TOML, CSV), or the service itself: `azure`, `retail`

              --committed <AMOUNT>
                  The amount committed to, where the offer discounts it

              --commitment-left <AMOUNT>
                  What is left of a prepayment or commitment when the first cycle shown
                  begins: says when it is used up

              --rate-offer <ID>
                  The offer whose rate card `azure` is asked for
                  
                  [default: MS-AZR-0003P]

        Output:
          -o, --output <FORMAT>
                  Form of the output: table, json, jsonl, csv, markdown or parquet
                  
                  [env: FORECAST_OUTPUT=]

              --out-file <PATH>
                  Write the output to this file, whole or not at all; `-` is stdout
                  
                  [env: FORECAST_OUT_FILE=]

        Run:
              --threads <N>
                  Number of threads [default: all]
                  
                  [env: FORECAST_THREADS=]

          -v, --verbose...
                  Say more: `-v` prints control totals, `-vv` every file

          -q, --quiet
                  Say less: errors only

              --log-format <FORM>
                  Log format [default: text]

                  Possible values:
                  - text: Lines for people
                  - json: A JSON object a line, for machines
                  
                  [env: FORECAST_LOG_FORMAT=]

              --no-progress
                  Show no progress bar
                  
                  [env: FORECAST_NO_PROGRESS=]

              --color <WHEN>
                  When to use colour; `NO_COLOR` and `TERM=dumb` are honoured [default:
                  auto]

                  Possible values:
                  - auto:   On terminals
                  - always: Always
                  - never:  Never
                  
                  [env: FORECAST_COLOR=]

              --config <FILE>
                  Configuration file [default: forecast.toml, where there is one]
                  
                  [env: FORECAST_CONFIG=]
        ")
    });
}

#[test]
fn an_unknown_option_is_answered_with_the_nearest() {
    let sample = sample();
    insta::assert_snapshot!(sample.snapshot(&["predict", "s", "--gruop-by", "service"]), @r#"
exit 2
----- stdout -----
----- stderr -----
error: unexpected argument '--gruop-by' found

  tip: a similar argument exists: '--group-by'

Usage: forecast predict --group-by <DIM> <INPUT>...

For more information, try '--help'.
"#);
}

#[test]
fn completions_are_a_script_of_the_shell() {
    let sample = sample();
    let run = sample.good(&["completions", "bash"]);
    snapshot(&head(&run.stdout, 3), |text| {
        insta::assert_snapshot!(text, @r#"
_forecast() {
    local i cur prev opts cmd
    COMPREPLY=()
"#)
    });
}

#[test]
fn the_manual_page_names_each_command() {
    let sample = sample();
    let page = sample.run(&["man"]).stdout;
    assert!(page.contains(".TH forecast 1"), "{page}");
    for command in ["predict", "series", "backtest", "sample", "batch", "config"] {
        assert!(page.contains(&format!("forecast\\-{command}(1)")), "{command}");
    }
}

/// A nightly run of which one job finds its input and one does not.
const CONFIG: &str = r#"
[defaults]
metric = "ActualCost"

[batch]
out = "out"
outputs = ["parquet", "csv"]

[[job]]
name = "by-service"
inputs = ["s"]
group-by = ["service"]
top = 2

[[job]]
name = "gone"
inputs = ["nowhere"]
"#;

#[test]
fn the_configuration_is_shown_as_it_is_understood() {
    let sample = sample();
    sample.write("forecast.toml", CONFIG);
    let shown = sample.run(&["config", "show"]);
    snapshot(&shown.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
[defaults]
metric = "ActualCost"

[batch]
out = "out"
outputs = ["parquet", "csv"]

[[job]]
name = "by-service"
inputs = ["s"]
group-by = ["service"]
top = 2

[[job]]
name = "gone"
inputs = ["nowhere"]
"#)
    });
    let checked = sample.run(&["config", "check"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (0, "`forecast.toml` is understood: 2 jobs\n"));
    sample.write("forecast.toml", CONFIG.replace("top", "topp"));
    let wrong = sample.fails(1, &["config", "check"]);
    assert!(wrong.stderr.contains("job `by-service`: line 13: unknown field `topp`"), "{}", wrong.stderr);
}

#[test]
fn a_job_that_fails_does_not_stop_the_others() {
    let sample = sample();
    sample.write("forecast.toml", CONFIG);
    let run = sample.fails(7, &["batch", "--as-of", "2026-10-18"]);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        by-service: 2026-10 3636.34 USD: by-service.parquet, by-service.csv
        gone: failed: cannot read `nowhere`: No such file or directory (os error 2)
        summary: out/2026-10-18/summary.json
        ")
    });
    assert_eq!(
        run.stderr,
        "error: job `gone` failed: cannot read `nowhere`: No such file or directory (os error 2)\n"
    );
    let folder = sample.path().join("out/2026-10-18");
    assert!(fs::read(folder.join("by-service.parquet")).unwrap().starts_with(b"PAR1"));
    // Its header, two services and the others.
    assert_eq!(fs::read_to_string(folder.join("by-service.csv")).unwrap().lines().count(), 4);
    let summary = fs::read_to_string(folder.join("summary.json")).unwrap();
    snapshot(&summary, |text| {
        insta::assert_snapshot!(text, @r#"
        {
          "x_schema": "batch_summary",
          "x_schema_version": 1,
          "date": "2026-10-18",
          "jobs": [
            {
              "name": "by-service",
              "status": "done",
              "x_run_id": "[run]",
              "rows": 3,
              "malformed_rows": 0,
              "warnings": [],
              "files": [
                "by-service.parquet",
                "by-service.csv"
              ],
              "totals": [
                {
                  "currency": "USD",
                  "billing_period_start": "2026-10-01",
                  "billing_period_end": "2026-11-01",
                  "status": "wide",
                  "forecast_total": "3636.34",
                  "lower80": "3278.05",
                  "upper80": "4254.62"
                }
              ]
            },
            {
              "name": "gone",
              "status": "failed",
              "error": "cannot read `nowhere`: No such file or directory (os error 2)",
              "exit_code": 1,
              "x_run_id": null,
              "rows": 0,
              "malformed_rows": 0,
              "warnings": [],
              "files": [],
              "totals": []
            }
          ]
        }
        "#)
    });
}

#[test]
fn a_job_with_prices_says_what_is_to_pay() {
    let folder = TestContext::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample");
    let card = include_str!("../../../data/sample/ratecard.json");
    let terms =
        "\"OfferTerms\": [{\"Name\": \"Monetary Credit\", \"Credit\": 1000.0, \"ExcludedMeterIds\": []}]";
    folder.write("card.json", card.replace("\"OfferTerms\": []", terms));
    let job = format!(
        "[[job]]\nname = \"priced\"\ninputs = [\"{sample}\"]\npricing = \"card.json\"\noutputs = [\"csv\"]\n"
    );
    folder.write("forecast.toml", format!("[batch]\nout = \"out\"\n{job}"));
    folder.good(&["batch", "--as-of", "2026-10-19"]);
    let out = folder.path().join("out/2026-10-19");
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    let total = &summary["jobs"][0]["totals"][0];
    assert_eq!((&total["forecast_total"], &total["to_pay"]), (&"4088.08".into(), &"1399.55".into()));
    let header = fs::read_to_string(out.join("priced.csv")).unwrap();
    assert!(header.lines().next().unwrap().contains("x_ForecastNet,x_NetLower80"), "{header}");
}

#[test]
fn a_batch_of_which_every_job_fails_has_failed() {
    let sample = sample();
    sample.write("forecast.toml", CONFIG.replace("\"s\"", "\"away\""));
    assert_eq!(sample.run(&["batch", "--as-of", "2026-10-18"]).code, 1);
}
