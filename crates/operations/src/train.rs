//! Training: what past cycles of many series teach, as a model.

use crate::{
    ChargesRequest, Finding, Host, Progress, Result, SeriesTableRequest,
    charges::{self, ReadCharges},
    predict::components,
    series_table::read_series,
};
use billing::{BillingCycle, SeriesSet, SeriesSetBuilder};
use chrono::NaiveDate;
use forecast::{Components, Model, Provenance, TrainOptions, train as train_model};
use ingest::{SeriesColumns, SeriesTable};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Complete cycles at the end of each series that are not looked at, by default.
const HELD_OUT_CYCLES: u32 = 4;
/// Made-up bills beside the series, by default.
const MADE_UP: u32 = 120;

/// What to train on.
///
/// | field | unit, range | default |
/// |---|---|---|
/// | `hold_out` | complete cycles at the end of each series, 0 to 120 | 4 |
/// | `made_up` | bills, 0 to 10 000 | 120 |
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainRequest {
    /// Which charges; of a series table only `cycle_day` counts.
    pub charges: ChargesRequest,
    /// A table of any daily series, instead of charges.
    pub series: Option<SeriesTableRequest>,
    /// Long tables beside it (columns dataset, series_id, date, value).
    pub join: Vec<PathBuf>,
    /// Cycles that are left out, to test the model on.
    pub hold_out: Option<u32>,
    /// Made-up bills beside the series.
    pub made_up: Option<u32>,
    /// Name of the model.
    pub name: Option<String>,
}

/// A trained model.
pub struct Trained {
    /// The model.
    pub model: Model,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Trains a model.
///
/// # Errors
/// Unusable input; too few past cycles to learn from.
pub fn train(request: &TrainRequest, host: &Host<'_>) -> Result<Trained> {
    request.charges.check_no_invoices()?;
    let reader = request.charges.read_options()?;
    let (mut set, findings) = match &request.series {
        Some(table) => (TrainingSet::of_table(read_series(table)?, &table.path), Vec::new()),
        None => {
            let ReadCharges { daily, findings, .. } = charges::read(&request.charges, &reader, host)?;
            let bills = components(daily.outlook(1)?)?;
            let sources = daily.leaves.iter().map(|_| "charges".to_owned()).collect();
            (TrainingSet { series: bills.level().clone(), sources }, findings)
        }
    };
    for path in &request.join {
        let columns = SeriesColumns {
            ids: ["dataset", "series_id"].map(str::to_owned).to_vec(),
            date: "date".to_owned(),
            value: "value".to_owned(),
        };
        set = set.with(TrainingSet::of_table(SeriesTable::read(path, columns, None)?, path))?;
    }
    let training = TrainOptions {
        held_out_cycles: request.hold_out.unwrap_or(HELD_OUT_CYCLES) as usize,
        made_up: request.made_up.unwrap_or(MADE_UP) as usize,
        cycle_day: reader.cycle_day,
        ..TrainOptions::default()
    };
    (host.progress)(Progress::Steps(training_steps(&training)));
    let counted = Counted { host, done: AtomicUsize::new(0) };
    let model = trained(set, &training, request.name.as_deref(), &|step| counted.begin(step));
    (host.progress)(Progress::Finished);
    match model {
        Ok(model) => Ok(Trained { model, findings }),
        Err(error) => Err(error.after(findings)),
    }
}

/// How many steps training takes: six parts, and one for each fold of the pooled model.
fn training_steps(options: &TrainOptions) -> usize {
    6 + 5 * options.folds.max(2)
}

/// Counts steps: one is done when the next begins.
struct Counted<'a> {
    host: &'a Host<'a>,
    done: AtomicUsize,
}

impl Counted<'_> {
    fn begin(&self, step: &str) {
        if self.done.fetch_add(1, Ordering::Relaxed) > 0 {
            (self.host.progress)(Progress::Step);
        }
        (self.host.progress)(Progress::Doing(step));
    }
}

/// Series to train on, and the source that each belongs to.
#[derive(Default)]
pub(crate) struct TrainingSet {
    /// Daily costs.
    pub series: SeriesSet,
    /// Names of the sources; series of one source count alike as a whole.
    pub sources: Vec<String>,
}

impl TrainingSet {
    /// A table: its first id column is the source where it has several, its file's name otherwise.
    fn of_table(table: SeriesTable, path: &Path) -> Self {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let source = |ids: &Vec<String>| if ids.len() > 1 { ids[0].clone() } else { name.clone() };
        Self { sources: table.ids.iter().map(source).collect(), series: table.series }
    }

    fn with(self, other: Self) -> Result<Self> {
        let mut all = SeriesSetBuilder::new();
        for series in self.series.iter().chain(other.series.iter()) {
            all.push(series.id, series.start, series.values)?;
        }
        Ok(Self { series: all.build(), sources: [self.sources, other.sources].concat() })
    }
}

/// The shipped settings with what these series teach.
///
/// # Errors
/// Too few past cycles to learn from.
pub(crate) fn trained(
    set: TrainingSet,
    options: &TrainOptions,
    name: Option<&str>,
    step: &dyn Fn(&str),
) -> Result<Model> {
    let bills = Components::level_only(set.series);
    let model = train_model(&bills, &set.sources, &Model::shipped(), options, step)?;
    let rule = options.cycle_day;
    // The day after the last that is looked at: the border that so many complete cycles follow.
    let last_known = |end: NaiveDate, start: NaiveDate| match options.held_out_cycles {
        0 => end,
        held_out => {
            let open = BillingCycle::containing(end, rule);
            (0..held_out).fold(open, |cycle, _| cycle.previous(rule)).start().max(start)
        }
    };
    let looked_at: Vec<(NaiveDate, NaiveDate)> =
        bills.level().iter().map(|series| (series.start, last_known(series.end(), series.start))).collect();
    let through = looked_at.iter().map(|(_, end)| *end).max();
    // A source whose series are all too short has taught nothing.
    let taught: Vec<bool> = looked_at.iter().map(|(start, end)| *end > *start).collect();
    let names: BTreeSet<String> =
        set.sources.into_iter().zip(&taught).filter(|(_, taught)| **taught).map(|(name, _)| name).collect();
    let count = taught.iter().filter(|taught| **taught).count();
    let provenance = Provenance {
        kind: "trained".to_owned(),
        source: format!(
            "{} series of {} sources and {} made-up bills, each without its last {} cycles",
            count,
            names.len(),
            options.made_up,
            options.held_out_cycles,
        ),
        trained_on: names
            .into_iter()
            .chain((options.made_up > 0).then(|| "made-up bills".to_owned()))
            .collect(),
        through: through.and_then(|end| end.pred_opt()),
        code: Some(format!("forecast {}", env!("CARGO_PKG_VERSION"))),
        options: BTreeMap::from([
            ("folds".to_owned(), options.folds.to_string()),
            ("hold_out".to_owned(), options.held_out_cycles.to_string()),
            ("made_up".to_owned(), options.made_up.to_string()),
            ("seed".to_owned(), options.seed.to_string()),
            ("trees".to_owned(), options.trees.to_string()),
            ("bound_trees".to_owned(), options.bound_trees.to_string()),
        ]),
    };
    Ok(model.named(name.unwrap_or("trained"), provenance))
}
