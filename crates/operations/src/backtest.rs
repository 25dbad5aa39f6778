//! Past cycles, forecast as if each cut day had been today, beside what they came to.

use crate::{
    ChargesRequest, Error, Finding, Host, Progress, Result, SeriesTableRequest,
    bill::{RowsAre, bill_of, leaf_of},
    charges::{self, ReadBills},
    forecaster::{Forecaster, is_model_file},
    series_table::read_series,
    train::{TrainingSet, trained},
};
use billing::{BillingCycle, Currency, SeriesSet, SeriesSetBuilder};
use forecast::{
    BacktestOptions, BacktestRow, Bill, BillGroup, Components, Engine, Leaf, ScoreLine, Seen, Task,
    TrainOptions, backtest_bill, backtest_watched, compare, summarize,
};
use ingest::{LeafOutlook, ReadOptions, SeriesTable, TaskRow};
use report::{Column, ColumnValues, Dataset, ScoreTableRow, columns};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Days of the cycle after which it is cut, by default.
const CUT_DAYS: [u32; 6] = [3, 7, 10, 15, 20, 25];
/// Complete cycles that are tested, by default.
const CYCLES: u32 = 4;

/// What to test.
///
/// | field | unit, range | default |
/// |---|---|---|
/// | `cycles` | complete cycles at the end of each series, 1 to 120 | 4 |
/// | `cut_days` | days of the cycle, 1 to 31 | 3, 7, 10, 15, 20, 25 |
/// | `folds` | parts of the series, 2 to 100 | none |
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BacktestRequest {
    /// Which charges; of a series table only `cycle_day` counts.
    pub charges: ChargesRequest,
    /// A table of any daily series, instead of charges.
    pub series: Option<SeriesTableRequest>,
    /// How many cycles.
    pub cycles: Option<u32>,
    /// After which days each cycle is cut.
    pub cut_days: Vec<u32>,
    /// A table of the only forecasts to make.
    pub tasks: Option<PathBuf>,
    /// A table of late days as they were known.
    pub seen: Option<PathBuf>,
    /// The forecaster.
    pub model: Option<String>,
    /// Another forecaster, whose errors are compared.
    pub compare_model: Option<String>,
    /// Test each of so many parts with a model that is trained on the others.
    pub folds: Option<u32>,
    /// Test the series of each source with a model that is trained on the other sources.
    pub leave_out: bool,
}

/// Scores of past forecasts.
pub struct Backtested {
    tested: Tested,
    rows: Vec<BacktestRow>,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// What is tested, under the names that users know.
struct Tested {
    what: What,
    key_columns: Vec<String>,
    keys: Vec<Vec<Option<String>>>,
    currencies: Option<Vec<Currency>>,
    /// What the JSON envelope holds beside the rows.
    meta: Map<String, Value>,
    /// How the errors compare with those of another forecaster, in words.
    compared: Option<String>,
    /// Amounts whose breach is asked about, by task.
    budgets: BTreeMap<Task, Vec<f64>>,
}

/// Series, each by itself, or groups of whole bills.
enum What {
    Series(Box<Components>),
    Bill(Box<Bill>, Vec<BillGroup>),
}

/// Tests a forecaster on past cycles.
///
/// # Errors
/// Unusable input; no complete cycle to test on.
pub fn backtest(request: &BacktestRequest, host: &Host<'_>) -> Result<Backtested> {
    let mut findings = Vec::new();
    match tested_rows(request, host, &mut findings) {
        Ok((tested, rows)) => Ok(Backtested { tested, rows, findings }),
        Err(error) => Err(error.after(findings)),
    }
}

fn tested_rows(
    request: &BacktestRequest,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(Tested, Vec<BacktestRow>)> {
    request.charges.check_no_invoices()?;
    check_unseen(request)?;
    let reader = request.charges.read_options()?;
    let mut test = BacktestOptions {
        engine: Forecaster::named(request.model.as_deref())?.engine,
        cut_days: if request.cut_days.is_empty() { CUT_DAYS.to_vec() } else { request.cut_days.clone() },
        cycles: request.cycles.unwrap_or(CYCLES) as usize,
        cycle_day: reader.cycle_day,
        tasks: None,
        series: None,
        seen: Vec::new(),
    };
    let mut tested = match &request.series {
        Some(table) => {
            let is_tree = table.tree;
            check_tree(request, is_tree)?;
            let table = read_series(table)?;
            let budgets = read_tasks(&table, request, &mut test)?;
            let tested = if is_tree { Tested::of_tree(table)? } else { Tested::of_table(table) };
            Tested { budgets, ..tested }
        }
        None => {
            let ReadBills { costs, findings: read, .. } =
                charges::read_bills(&request.charges, &reader, host)?;
            findings.extend(read);
            let bill = bill_of(&costs.outlook(1)?, RowsAre::Groups)?;
            let columns = costs.shown.group_columns.clone();
            let groups = BillGroup::of(&bill, columns.len());
            Tested {
                meta: charges::meta("backtest", costs.shown.metric, &costs.shown.controls),
                key_columns: columns,
                keys: groups.iter().map(|group| group.keys.clone()).collect(),
                currencies: Some(groups.iter().filter_map(|group| group.currency.clone()).collect()),
                compared: None,
                budgets: BTreeMap::new(),
                what: What::Bill(Box::new(bill), groups),
            }
        }
    };
    let rows = match parts(request, &tested) {
        Some(parts) => backtest_unseen(&tested, &test, &parts, host)?,
        None => counted(&tested, &test, host)?,
    };
    if rows.is_empty() {
        let text = "no series holds a complete cycle to test on; give more history, or fewer `--cycles`";
        return Err(Error::not_enough(text));
    }
    if let Some(other) = &request.compare_model {
        test.engine = Forecaster::named(Some(other))?.engine;
        let others = counted(&tested, &test, host)?;
        findings.extend(compare_with(other, &mut tested, &rows, &others));
    }
    Ok((tested, rows))
}

/// Refuses to test series with a finished model that may have been trained on them, where models are to be trained
/// on the others.
fn check_unseen(request: &BacktestRequest) -> Result<()> {
    let finished =
        [&request.model, &request.compare_model].into_iter().flatten().find(|name| is_model_file(name));
    match finished.filter(|_| request.folds.is_some() || request.leave_out) {
        Some(name) => Err(Error::usage(format!(
            "`{name}` is a finished model, which may have been trained on these series; `--folds` and `--leave-out` \
             train models of their own: leave one of them out"
        ))),
        None => Ok(()),
    }
}

/// Refuses what asks for single series beside a tree, whose every level is tested.
fn check_tree(request: &BacktestRequest, is_tree: bool) -> Result<()> {
    let beside = [
        ("--tasks", request.tasks.is_some()),
        ("--seen", request.seen.is_some()),
        ("--folds", request.folds.is_some()),
        ("--leave-out", request.leave_out),
    ];
    match beside.into_iter().find(|(_, given)| is_tree && *given) {
        Some((option, _)) => Err(Error::usage(format!(
            "`{option}` is about single series, and `--tree` tests every level of a tree; leave one of them out"
        ))),
        None => Ok(()),
    }
}

impl Tested {
    fn of_table(table: SeriesTable) -> Self {
        Self {
            keys: table.ids.iter().map(|ids| ids.iter().cloned().map(Some).collect()).collect(),
            what: What::Series(Box::new(Components::level_only(table.series))),
            key_columns: table.columns.ids,
            currencies: None,
            meta: Map::from_iter([("command".to_owned(), json!("backtest"))]),
            compared: None,
            budgets: BTreeMap::new(),
        }
    }
}

impl Tested {
    fn of_tree(table: SeriesTable) -> Result<Self> {
        let outlook = table.outlook(&ReadOptions::default(), 1)?;
        let leaf = |(ids, facts): (&Vec<String>, &LeafOutlook)| Leaf {
            keys: ids.iter().cloned().map(Some).collect(),
            names: ids.clone(),
            ..leaf_of(facts)
        };
        let leaves: Vec<Leaf> = table.ids.iter().zip(&outlook.leaves).map(leaf).collect();
        let bill = Bill::of_tree(&table.series, &leaves)?;
        let depth = table.columns.ids.len();
        // Every level is tested, the root first.
        let groups: Vec<BillGroup> = (0..=depth).flat_map(|level| BillGroup::of(&bill, level)).collect();
        let padded = |group: &BillGroup| {
            let mut keys = group.keys.clone();
            keys.resize(depth, None);
            keys
        };
        Ok(Self {
            keys: groups.iter().map(padded).collect(),
            key_columns: table.columns.ids,
            currencies: None,
            meta: Map::from_iter([("command".to_owned(), json!("backtest"))]),
            compared: None,
            budgets: BTreeMap::new(),
            what: What::Bill(Box::new(bill), groups),
        })
    }
}

fn counted(tested: &Tested, test: &BacktestOptions, host: &Host<'_>) -> Result<Vec<BacktestRow>> {
    let steps = match &tested.what {
        What::Series(series) => series.len(),
        What::Bill(bill, _) => bill.units.len(),
    };
    (host.progress)(Progress::Steps(steps));
    (host.progress)(Progress::Doing("testing"));
    let rows = tested.what.rows(test, &|| (host.progress)(Progress::Step));
    (host.progress)(Progress::Finished);
    rows
}

impl What {
    fn rows(&self, test: &BacktestOptions, step: &(dyn Fn() + Sync)) -> Result<Vec<BacktestRow>> {
        match self {
            Self::Series(series) => Ok(backtest_watched(series, test, step)),
            Self::Bill(bill, groups) => Ok(backtest_bill(bill, groups, test, step)?),
        }
    }

    /// The daily level of every series, or of every group.
    fn levels(&self) -> Result<SeriesSet> {
        match self {
            Self::Series(series) => Ok(series.level().clone()),
            Self::Bill(bill, groups) => Ok(BillGroup::levels(bill, groups)?),
        }
    }
}

impl Backtested {
    /// The scores of each currency, by cut day and over all: errors of different currencies do not add up.
    #[must_use]
    pub fn scores(&self) -> Vec<(Option<Currency>, Vec<ScoreTableRow>)> {
        let currencies = self.tested.currencies.as_ref();
        let currency = |row: &BacktestRow| currencies.map(|all| &all[row.series]);
        let all: BTreeSet<Option<&Currency>> = self.rows.iter().map(currency).collect();
        let scores = |one: Option<&Currency>| {
            let own: Vec<BacktestRow> =
                self.rows.iter().filter(|row| currency(row) == one).cloned().collect();
            let mut lines: Vec<ScoreTableRow> =
                summarize(&own).iter().map(|line| score_row(Some(line.cut_day), line)).collect();
            let together: Vec<BacktestRow> =
                own.into_iter().map(|row| BacktestRow { cut_day: 0, ..row }).collect();
            lines.extend(summarize(&together).iter().map(|line| score_row(None, line)));
            (one.cloned(), lines)
        };
        all.into_iter().map(scores).collect()
    }

    /// How the errors compare with those of the other forecaster, in words.
    #[must_use]
    pub fn comparison(&self) -> Option<&str> {
        self.tested.compared.as_deref()
    }

    /// One row a series, cycle and cut day.
    ///
    /// # Errors
    /// A group with the name of a column of this table.
    pub fn dataset(&self) -> Result<Dataset> {
        dataset(&self.tested, &self.rows)
    }
}

/// The parts of the series that are tested with a model that never saw them.
fn parts(request: &BacktestRequest, tested: &Tested) -> Option<Vec<Vec<usize>>> {
    let all = 0..tested.keys.len();
    if request.leave_out {
        let sources: BTreeSet<&Option<String>> = tested.keys.iter().map(|keys| &keys[0]).collect();
        let of =
            |source: &Option<String>| all.clone().filter(|index| &tested.keys[*index][0] == source).collect();
        return Some(sources.into_iter().map(of).collect());
    }
    let folds = request.folds? as usize;
    Some((0..folds).map(|fold| all.clone().filter(|index| index % folds == fold).collect()).collect())
}

/// Each part, forecast by a model that is trained on the other parts.
fn backtest_unseen(
    tested: &Tested,
    test: &BacktestOptions,
    parts: &[Vec<usize>],
    host: &Host<'_>,
) -> Result<Vec<BacktestRow>> {
    (host.progress)(Progress::Steps(parts.len()));
    let training =
        TrainOptions { held_out_cycles: test.cycles, cycle_day: test.cycle_day, ..Default::default() };
    let levels = tested.what.levels()?;
    let mut rows = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let mut series = SeriesSetBuilder::new();
        let mut sources = Vec::new();
        for index in (0..levels.len()).filter(|index| !part.contains(index)) {
            let level = levels.get(index);
            series.push(level.id, level.start, level.values)?;
            sources.push(tested.keys[index][0].clone().unwrap_or_default());
        }
        let set = TrainingSet { series: series.build(), sources };
        let doing = |step: &str| (host.progress)(Progress::Doing(&format!("part {}: {step}", number + 1)));
        let model = trained(set, &training, None, &doing)?;
        let engine = Engine::with_model(test.engine.spec(), model);
        let own = BacktestOptions { engine, series: Some(part.clone()), ..test.clone() };
        rows.extend(tested.what.rows(&own, &|| ())?);
        (host.progress)(Progress::Step);
    }
    (host.progress)(Progress::Finished);
    rows.sort_by_key(|row| (row.series, row.cycle, row.cut_day));
    Ok(rows)
}

/// Compares the errors, for the table and the envelope.
fn compare_with(
    other: &str,
    tested: &mut Tested,
    rows: &[BacktestRow],
    others: &[BacktestRow],
) -> Option<Finding> {
    let Some(found) = compare(rows, others, 1) else {
        return Some(Finding::warning(format!(
            "`{other}` forecast none of these totals, or all of them exactly; nothing can be compared"
        )));
    };
    let comparison = json!({
        "model": other, "ratio": found.ratio, "lower95": found.low, "upper95": found.high, "series": found.series,
    });
    tested.meta.insert("comparison".to_owned(), comparison);
    tested.compared = Some(format!(
        "Errors are {:.3} times those of `{other}`; in 95 of 100 resamplings of the {} series\n{:.3} to {:.3} times\n",
        found.ratio, found.series, found.low, found.high,
    ));
    None
}

fn read_tasks(
    table: &SeriesTable,
    request: &BacktestRequest,
    test: &mut BacktestOptions,
) -> Result<BTreeMap<Task, Vec<f64>>> {
    let mut budgets: BTreeMap<Task, Vec<f64>> = BTreeMap::new();
    let cycle = |task: &TaskRow| BillingCycle::containing(task.cycle, test.cycle_day);
    if let Some(path) = &request.tasks {
        let task = |row: TaskRow| Task { series: row.series, cycle: cycle(&row), cut_day: row.cut_day };
        let rows = table.read_tasks(path)?;
        for row in &rows {
            budgets.entry(task(row.clone())).or_default().extend(row.budget);
        }
        test.tasks = Some(rows.into_iter().map(task).collect());
    }
    if let Some(path) = &request.seen {
        let seen = table.read_seen(path)?.into_iter().map(|row| Seen {
            series: row.task.series,
            cycle: cycle(&row.task),
            cut_day: row.task.cut_day,
            date: row.date,
            value: row.value,
        });
        test.seen = seen.collect();
    }
    Ok(budgets)
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
    // A task stands once for each amount that is asked about.
    let budgets_of = |row: &BacktestRow| -> Vec<Option<f64>> {
        let task = Task { series: row.series, cycle: row.cycle, cut_day: row.cut_day };
        match tested.budgets.get(&task).map(Vec::as_slice) {
            None | Some([]) => vec![None],
            Some(budgets) => budgets.iter().copied().map(Some).collect(),
        }
    };
    let with_budgets: Vec<(&BacktestRow, Option<f64>)> =
        rows.iter().flat_map(|row| budgets_of(row).into_iter().map(move |budget| (row, budget))).collect();
    let rows: Vec<&BacktestRow> = with_budgets.iter().map(|(row, _)| *row).collect();
    let text = |get: &dyn Fn(&BacktestRow) -> Option<String>| {
        ColumnValues::Text(rows.iter().map(|row| get(row)).collect())
    };
    let number = |get: &dyn Fn(&BacktestRow) -> Option<f64>| {
        ColumnValues::Float(rows.iter().map(|row| get(row)).collect())
    };
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
    let bound = |place: usize| number(&|row| row.total.as_ref().map(|total| total.bounds()[place]));
    all.extend([
        Column::new("cycle", text(&|row| Some(row.cycle.start().format("%Y-%m").to_string()))),
        Column::new(
            "cut_day",
            ColumnValues::Integer(rows.iter().map(|row| Some(i64::from(row.cut_day))).collect()),
        ),
        Column::new("total", number(&|row| row.total.as_ref().map(forecast::Quantiles::point))),
        Column::new("lo80", bound(1)),
        Column::new("hi80", bound(2)),
        Column::new("lo95", bound(0)),
        Column::new("hi95", bound(3)),
        Column::new("actual", number(&|row| Some(row.actual))),
        Column::new("status", text(&|row| Some(row.status.to_string()))),
        Column::new("model", text(&|row| Some(row.model.clone()))),
    ]);
    if with_budgets.iter().any(|(_, budget)| budget.is_some()) {
        let breach =
            |(row, budget): &(&BacktestRow, Option<f64>)| Some(1.0 - row.total.as_ref()?.cdf((*budget)?));
        let budgets = with_budgets.iter().map(|(_, budget)| *budget).collect();
        all.push(Column::new("budget", ColumnValues::Float(budgets)));
        let breaches = with_budgets.iter().map(breach).collect();
        all.push(Column::new("breach_probability", ColumnValues::Float(breaches)));
    }
    Ok(Dataset::new("backtest", 1, all)?.with_meta(tested.meta.clone())?)
}
