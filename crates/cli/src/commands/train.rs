//! `train`: what past cycles of many series teach, written into a model's file.

use crate::{
    charges,
    config::Config,
    exit::Exit,
    failure::Failure,
    forecasting::{bills, read_series},
    options::{Global, Train},
    output, talk,
};
use anyhow::Result;
use billing::{BillingCycle, SeriesSet, SeriesSetBuilder};
use chrono::NaiveDate;
use forecast::{Bills, Model, Provenance, TrainOptions, train};
use ingest::{SeriesColumns, SeriesTable};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Series to train on, and the source that each belongs to.
#[derive(Default)]
pub struct TrainingSet {
    /// Daily costs.
    pub series: SeriesSet,
    /// Names of the sources; series of one source count alike as a whole.
    pub sources: Vec<String>,
}

impl TrainingSet {
    /// A table: its first id column is the source where it has several, its file's name otherwise.
    pub fn of_table(table: SeriesTable, path: &Path) -> Self {
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

pub fn run(global: &Global, config: &Config, options: &Train) -> Result<Exit> {
    let mut wanted = options.charges.clone();
    config.defaults.fill(&mut wanted)?;
    let reader = wanted.read_options()?;
    let mut set = if let Some(path) = &options.any.series {
        TrainingSet::of_table(read_series(&options.any)?, path)
    } else {
        let daily = charges::read(global, &wanted, &reader)?;
        let bills = bills(daily.outlook(1)?)?;
        let sources = daily.leaves.iter().map(|_| "charges".to_owned()).collect();
        TrainingSet { series: bills.level().clone(), sources }
    };
    for path in &options.join {
        let columns = SeriesColumns {
            ids: ["dataset", "series_id"].map(str::to_owned).to_vec(),
            date: "date".to_owned(),
            value: "value".to_owned(),
        };
        set = set.with(TrainingSet::of_table(SeriesTable::read(path, columns, None)?, path))?;
    }
    let training = TrainOptions {
        held_out_cycles: options.hold_out.unwrap_or(4) as usize,
        made_up: options.made_up.unwrap_or(120) as usize,
        cycle_day: reader.cycle_day,
        ..TrainOptions::default()
    };
    let spinner = talk::spinner(global);
    let model =
        trained(set, &training, options.name.as_deref(), &|step| spinner.set_message(step.to_owned()))?;
    spinner.finish_and_clear();
    output::write_file(&options.out, |file| Ok(file.write_all(model.to_json()?.as_bytes())?))?;
    output::write_text(global, &format!("wrote {}: {}\n", options.out.display(), model.provenance.source))?;
    Ok(Exit::Done)
}

/// The shipped settings with what these series teach.
///
/// # Errors
/// Too few past cycles to learn from.
pub fn trained(
    set: TrainingSet,
    options: &TrainOptions,
    name: Option<&str>,
    step: &dyn Fn(&str),
) -> Result<Model> {
    let bills = Bills::bare(set.series);
    let model =
        train(&bills, &set.sources, &Model::shipped(), options, step).map_err(|error| match error {
            few @ forecast::Error::TooFewCuts { .. } => {
                anyhow::Error::from(Failure::NotEnough(few.to_string()))
            }
            other => other.into(),
        })?;
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
