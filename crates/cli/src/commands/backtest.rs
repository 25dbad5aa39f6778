//! `backtest`: past cycles, forecast as if each cut day had been today, beside what they came to.

use crate::{
    charges,
    commands::train::{TrainingSet, trained},
    config::Config,
    exit::Exit,
    failure::Failure,
    forecasting::{bills, engine, read_series},
    options::{Backtest, Global},
    output, talk,
};
use anyhow::Result;
use billing::{BillingCycle, Currency, SeriesSetBuilder};
use forecast::{
    BacktestOptions, BacktestRow, Bills, Engine, ScoreLine, Seen, Task, TrainOptions, backtest_watched,
    compare, summarize,
};
use ingest::{Outlook, SeriesTable, TaskRow};
use report::{Column, ColumnValues, Dataset, Format, ScoreTableRow, backtest_table, columns};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Days of the cycle after which it is cut, where none are given.
const CUT_DAYS: [u32; 6] = [3, 7, 10, 15, 20, 25];

/// What is tested, under the names that users know.
struct Tested {
    bills: Bills,
    key_columns: Vec<String>,
    keys: Vec<Vec<Option<String>>>,
    currencies: Option<Vec<Currency>>,
    /// What the JSON envelope says beside the rows.
    meta: Map<String, Value>,
    /// How the errors compare with those of another forecaster, in words.
    compared: Option<String>,
}

pub fn run(global: &Global, config: &Config, options: &Backtest) -> Result<Exit> {
    charges::refuse_ledger(options.ledger.as_deref())?;
    let mut wanted = options.charges.clone();
    config.defaults.fill(&mut wanted)?;
    let reader = wanted.read_options()?;
    let mut test = BacktestOptions {
        engine: engine(options.model.as_deref().or(config.defaults.model.as_deref()))?,
        cut_days: if options.cut_days.is_empty() { CUT_DAYS.to_vec() } else { options.cut_days.clone() },
        cycles: options.cycles.unwrap_or(4) as usize,
        cycle_day: reader.cycle_day,
        tasks: None,
        series: None,
        seen: Vec::new(),
    };
    let tested = if options.any.series.is_some() {
        let table = read_series(&options.any)?;
        read_tasks(&table, options, &mut test)?;
        let ids = table.ids.iter().map(|ids| ids.iter().cloned().map(Some).collect()).collect();
        Tested {
            bills: Bills::bare(table.series),
            key_columns: table.columns.ids,
            keys: ids,
            currencies: None,
            meta: Map::from_iter([("command".to_owned(), json!("backtest"))]),
            compared: None,
        }
    } else {
        let daily = charges::read(global, &wanted, &reader)?.by_group();
        let meta = charges::meta("backtest", &daily);
        let outlook: Outlook = daily.outlook(1)?;
        Tested {
            bills: bills(outlook)?,
            key_columns: daily.group_columns.clone(),
            keys: daily.leaves.iter().map(|leaf| leaf.keys.clone()).collect(),
            currencies: Some(daily.leaves.iter().map(|leaf| leaf.currency.clone()).collect()),
            meta,
            compared: None,
        }
    };
    let rows = match parts(options, &tested) {
        Some(parts) => backtest_unseen(global, &tested, &test, &parts)?,
        None => watched(global, &tested, &test),
    };
    if rows.is_empty() {
        let text = "no series holds a complete cycle to test on; give more history, or fewer `--cycles`";
        return Err(Failure::NotEnough(text.to_owned()).into());
    }
    let mut tested = tested;
    if let Some(other) = &options.compare_model {
        test.engine = engine(Some(other))?;
        let others = watched(global, &tested, &test);
        compare_with(other, &mut tested, &rows, &others);
    }
    if output::format(global) == Format::Table {
        output::write_text(global, &table(global, &tested, &rows))?;
    } else {
        output::write_dataset(global, &dataset(&tested, &rows)?)?;
    }
    Ok(Exit::Done)
}

fn watched(global: &Global, tested: &Tested, test: &BacktestOptions) -> Vec<BacktestRow> {
    let bar = talk::counting_bar(global, tested.bills.len()).with_message("testing");
    let rows = backtest_watched(&tested.bills, test, &|| bar.inc(1));
    bar.finish_and_clear();
    rows
}

/// The parts of the series that are tested with a model that never saw them.
fn parts(options: &Backtest, tested: &Tested) -> Option<Vec<Vec<usize>>> {
    let all = 0..tested.bills.len();
    if options.leave_out {
        let sources: BTreeSet<&Option<String>> = tested.keys.iter().map(|keys| &keys[0]).collect();
        let of =
            |source: &Option<String>| all.clone().filter(|index| &tested.keys[*index][0] == source).collect();
        return Some(sources.into_iter().map(of).collect());
    }
    let folds = options.folds? as usize;
    Some((0..folds).map(|fold| all.clone().filter(|index| index % folds == fold).collect()).collect())
}

/// Each part, forecast by a model that is trained on the other parts.
fn backtest_unseen(
    global: &Global,
    tested: &Tested,
    test: &BacktestOptions,
    parts: &[Vec<usize>],
) -> Result<Vec<BacktestRow>> {
    let spinner = talk::spinner(global);
    let training =
        TrainOptions { held_out_cycles: test.cycles, cycle_day: test.cycle_day, ..Default::default() };
    let mut rows = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let mut series = SeriesSetBuilder::new();
        let mut sources = Vec::new();
        for index in (0..tested.bills.len()).filter(|index| !part.contains(index)) {
            let level = tested.bills.get(index).level;
            series.push(level.id, level.start, level.values)?;
            sources.push(tested.keys[index][0].clone().unwrap_or_default());
        }
        let set = TrainingSet { series: series.build(), sources };
        let say = |step: &str| spinner.set_message(format!("part {} of {}: {step}", number + 1, parts.len()));
        let model = trained(set, &training, None, &say)?;
        let engine = Engine::with_model(test.engine.spec(), model);
        let own = BacktestOptions { engine, series: Some(part.clone()), ..test.clone() };
        rows.extend(backtest_watched(&tested.bills, &own, &|| spinner.tick()));
    }
    spinner.finish_and_clear();
    rows.sort_by_key(|row| (row.series, row.cycle, row.cut_day));
    Ok(rows)
}

/// Says how the errors compare, and puts it into the envelope.
fn compare_with(other: &str, tested: &mut Tested, rows: &[BacktestRow], others: &[BacktestRow]) {
    let Some(found) = compare(rows, others, 1) else {
        tracing::warn!(
            "`{other}` forecast none of these totals, or all of them exactly; nothing can be compared"
        );
        return;
    };
    let comparison = json!({
        "model": other, "ratio": found.ratio, "lower95": found.low, "upper95": found.high, "series": found.series,
    });
    tested.meta.insert("comparison".to_owned(), comparison);
    tested.compared = Some(format!(
        "Errors are {:.3} times those of `{other}`; in 95 of 100 resamplings of the {} series\n{:.3} to {:.3} times\n",
        found.ratio, found.series, found.low, found.high,
    ));
}

fn read_tasks(table: &SeriesTable, options: &Backtest, test: &mut BacktestOptions) -> Result<()> {
    let cycle = |task: &TaskRow| BillingCycle::containing(task.cycle, test.cycle_day);
    if let Some(path) = &options.tasks {
        let task = |row: TaskRow| Task { series: row.series, cycle: cycle(&row), cut_day: row.cut_day };
        test.tasks = Some(table.read_tasks(path)?.into_iter().map(task).collect());
    }
    if let Some(path) = &options.seen {
        let seen = table.read_seen(path)?.into_iter().map(|row| Seen {
            series: row.task.series,
            cycle: cycle(&row.task),
            cut_day: row.task.cut_day,
            date: row.date,
            value: row.value,
        });
        test.seen = seen.collect();
    }
    Ok(())
}

/// A score table for each currency, since errors of different currencies do not add up.
fn table(global: &Global, tested: &Tested, rows: &[BacktestRow]) -> String {
    let currency = |row: &BacktestRow| tested.currencies.as_ref().map(|currencies| &currencies[row.series]);
    let mut all: Vec<Option<&Currency>> = rows.iter().map(currency).collect();
    all.sort();
    all.dedup();
    let mut text = String::new();
    for one in all {
        let own: Vec<BacktestRow> = rows.iter().filter(|row| currency(row) == one).cloned().collect();
        let mut lines: Vec<ScoreTableRow> =
            summarize(&own).iter().map(|line| score_row(Some(line.cut_day), line)).collect();
        let together: Vec<BacktestRow> =
            own.into_iter().map(|row| BacktestRow { cut_day: 0, ..row }).collect();
        lines.extend(summarize(&together).iter().map(|line| score_row(None, line)));
        if let Some(currency) = one {
            text.push_str(&format!("Errors of past totals in {currency}\n"));
        }
        text.push_str(&backtest_table(&lines, output::style(global)));
    }
    text.extend(tested.compared.clone());
    text
}

fn score_row(cut_day: Option<u32>, line: &ScoreLine) -> ScoreTableRow {
    ScoreTableRow {
        cut_day,
        totals: line.count as u64,
        wape_model: line.wape,
        wape_run_rate: line.run_rate_wape,
        wape_seasonal_naive: line.seasonal_naive_wape,
        bias: line.bias,
        pinball: line.pinball,
        coverage80: line.coverage80,
        coverage95: line.coverage95,
    }
}

fn dataset(tested: &Tested, rows: &[BacktestRow]) -> Result<Dataset> {
    let text =
        |get: &dyn Fn(&BacktestRow) -> Option<String>| ColumnValues::Text(rows.iter().map(get).collect());
    let number =
        |get: &dyn Fn(&BacktestRow) -> Option<f64>| ColumnValues::Float(rows.iter().map(get).collect());
    let mut all = Vec::new();
    for (place, name) in tested.key_columns.iter().enumerate() {
        all.push(Column::new(name.as_str(), text(&|row| tested.keys[row.series][place].clone())));
    }
    if let Some(currencies) = &tested.currencies {
        all.push(Column::new(
            columns::BILLING_CURRENCY,
            text(&|row| Some(currencies[row.series].code().to_owned())),
        ));
    }
    let bound = |place: usize| number(&|row| row.ranges.map(|ranges| ranges.ascending()[place]));
    all.extend([
        Column::new("cycle", text(&|row| Some(row.cycle.start().format("%Y-%m").to_string()))),
        Column::new(
            "cut_day",
            ColumnValues::Integer(rows.iter().map(|row| Some(i64::from(row.cut_day))).collect()),
        ),
        Column::new("total", number(&|row| row.total)),
        Column::new("lo80", bound(1)),
        Column::new("hi80", bound(2)),
        Column::new("lo95", bound(0)),
        Column::new("hi95", bound(3)),
        Column::new("actual", number(&|row| Some(row.actual))),
        Column::new("status", text(&|row| Some(row.status.to_string()))),
        Column::new("model", text(&|row| Some(row.model.clone()))),
    ]);
    Ok(Dataset::new("backtest", 1, all)?.with_meta(tested.meta.clone())?)
}
