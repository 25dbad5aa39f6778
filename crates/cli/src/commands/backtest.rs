//! `backtest`: past cycles, forecast as if each cut day had been today, beside what they came to.

use crate::{
    charges,
    config::Config,
    exit::Exit,
    failure::Failure,
    forecasting::{bills, engine, read_series},
    options::{Backtest, Global},
    output, talk,
};
use anyhow::Result;
use billing::{BillingCycle, Currency};
use forecast::{BacktestOptions, BacktestRow, Bills, ScoreLine, Seen, Task, backtest_watched, summarize};
use ingest::{Outlook, SeriesTable, TaskRow};
use report::{Column, ColumnValues, Dataset, Format, ScoreTableRow, backtest_table, columns};
use serde_json::{Map, Value, json};

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
        }
    } else {
        let daily = charges::read(global, &wanted, &reader)?;
        let meta = charges::meta("backtest", &daily);
        let outlook: Outlook = daily.outlook(1)?;
        Tested {
            bills: bills(outlook)?,
            key_columns: daily.group_columns.clone(),
            keys: daily.leaves.iter().map(|leaf| leaf.keys.clone()).collect(),
            currencies: Some(daily.leaves.iter().map(|leaf| leaf.currency.clone()).collect()),
            meta,
        }
    };
    let bar = talk::counting_bar(global, 2 * tested.bills.len()).with_message("testing");
    let rows = backtest_watched(&tested.bills, &test, &|| bar.inc(1));
    bar.finish_and_clear();
    if rows.is_empty() {
        let text = "no series holds a complete cycle to test on; give more history, or fewer `--cycles`";
        return Err(Failure::NotEnough(text.to_owned()).into());
    }
    if output::format(global) == Format::Table {
        output::write_text(global, &table(global, &tested, &rows))?;
    } else {
        output::write_dataset(global, &dataset(&tested, &rows)?)?;
    }
    Ok(Exit::Done)
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
