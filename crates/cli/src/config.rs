//! `forecast.toml`: defaults for options, and the jobs of the nightly run.
//!
//! Flag > environment > file > default. Unknown keys are errors with their line. Paths of inputs and
//! outputs are relative to the folder of the file, so that a timer may start anywhere.

use crate::{
    failure::Failure,
    options::{Charges, ColorChoice, Global, LogFormat},
};
use anyhow::{Context, Result};
use billing::Metric;
use ingest::Dimension;
use serde::{Deserialize, Serialize};
use std::{
    num::NonZeroU16,
    path::{Path, PathBuf},
};

/// Name of the file that is read where none is given.
const DEFAULT_NAME: &str = "forecast.toml";

/// The configuration file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where it was read from, where there is a file; not written.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Defaults for options of every command.
    #[serde(default, skip_serializing_if = "RunDefaults::says_nothing")]
    pub run: RunDefaults,
    /// Defaults for options of the commands that read charges.
    #[serde(default)]
    pub defaults: Defaults,
    /// The nightly run.
    #[serde(default)]
    pub batch: BatchConfig,
    /// Its jobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub job: Vec<Job>,
}

/// How a command runs and writes, as a file can set it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RunDefaults {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<NonZeroU16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<LogFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<ColorChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_progress: Option<bool>,
}

impl RunDefaults {
    fn says_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Sets what flags and environment left open. An unknown format was refused by [`Config::load`].
    pub fn fill(&self, global: &mut Global) {
        let format = || self.output.as_deref().and_then(|name| name.parse().ok());
        global.output = global.output.or_else(format);
        global.threads = global.threads.or(self.threads.map(NonZeroU16::get));
        global.log_format = global.log_format.or(self.log_format);
        global.color = global.color.or(self.color);
        global.no_progress = global.no_progress || self.no_progress.unwrap_or(false);
    }
}

/// Options that a file can set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Defaults {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filter: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle_day: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycles: Option<u32>,
}

/// Where the nightly run puts its results.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BatchConfig {
    /// Folder of the dated folders [default: `forecasts`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out: Option<PathBuf>,
    /// Formats of jobs that name none [default: parquet].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
}

/// One job of the nightly run: a forecast with options of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Job {
    /// Its name, which is the name of its files.
    pub name: String,
    /// Files, folders and patterns.
    pub inputs: Vec<String>,
    /// Formats to write besides the summary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Whether the levels above the grouping are written too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub totals: bool,
    /// Prices of its use, as for `--pricing`: a file, `azure` or `retail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<String>,
    /// Its options; what it does not say comes from the defaults.
    #[serde(flatten)]
    pub options: JobOptions,
}

/// The options of a job. `deny_unknown_fields` and `flatten` do not go together in serde, so what is
/// left over is collected and refused by [`Config::check`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobOptions(toml::Table);

impl JobOptions {
    /// The options, typed.
    fn typed(&self) -> std::result::Result<Defaults, toml::de::Error> {
        self.0.clone().try_into()
    }
}

impl Config {
    /// The file that was named, or `forecast.toml` where it exists, or nothing.
    ///
    /// # Errors
    /// A file that cannot be read, or is not understood.
    pub fn load(named: Option<&Path>) -> Result<Self> {
        let path = match named {
            Some(path) => path.to_owned(),
            None if Path::new(DEFAULT_NAME).is_file() => PathBuf::from(DEFAULT_NAME),
            None => return Ok(Self::default()),
        };
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read the configuration `{}`", path.display()))?;
        let mut config: Self = toml::from_str(&text)
            .with_context(|| format!("the configuration `{}` is not understood", path.display()))?;
        config.file = Some(path.clone());
        config
            .check(&text)
            .with_context(|| format!("the configuration `{}` is not understood", path.display()))?;
        Ok(config)
    }

    /// Refuses what the types cannot: unknown options of jobs, names that are none or stand twice.
    fn check(&self, text: &str) -> Result<()> {
        if let Some(name) = &self.run.output {
            name.parse::<report::Format>().context("`output`")?;
        }
        let mut seen = std::collections::BTreeSet::new();
        for job in &self.job {
            let named = |what: &str| anyhow::anyhow!("job `{}`: {what}", job.name);
            job.options.typed().map_err(|error| {
                let wrong = error.message().split('`').nth(1).unwrap_or_default().to_owned();
                let line =
                    text.lines().position(|line| line.trim_start().starts_with(&wrong)).map(|line| line + 1);
                let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
                named(&format!("{place}{}", error.message()))
            })?;
            let plain = !job.name.is_empty() && !job.name.starts_with('.') && !job.name.contains(['/', '\\']);
            anyhow::ensure!(
                plain,
                named(
                    "a job's name is the name of its files; it has no slashes and does not begin with a dot"
                )
            );
            anyhow::ensure!(seen.insert(&job.name), named("two jobs have this name"));
            anyhow::ensure!(!job.inputs.is_empty(), named("it names no inputs"));
            for format in self.formats(job) {
                format.parse::<report::Format>().map_err(|error| named(&error.to_string()))?;
            }
            self.charges(job)?.read_options().map_err(|error| named(&format!("{error:#}")))?;
        }
        Ok(())
    }

    /// The formats a job is written in.
    pub fn formats<'a>(&'a self, job: &'a Job) -> Vec<&'a str> {
        let own = if job.outputs.is_empty() { &self.batch.outputs } else { &job.outputs };
        if own.is_empty() { vec!["parquet"] } else { own.iter().map(String::as_str).collect() }
    }

    /// A path of the file as seen from where the program runs.
    pub fn resolve(&self, path: &str) -> String {
        if Path::new(path).is_absolute() || path.contains("://") {
            return path.to_owned();
        }
        let folder = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        folder.join(path).to_string_lossy().into_owned()
    }

    /// The options of a job, with the defaults behind them.
    ///
    /// # Errors
    /// An unknown metric.
    pub fn charges(&self, job: &Job) -> Result<JobRun> {
        let own = job.options.typed()?;
        let inputs = job.inputs.iter().map(|input| self.resolve(input)).collect();
        let mut charges = Charges { inputs, ..Charges::default() };
        own.fill(&mut charges)?;
        self.defaults.fill(&mut charges)?;
        Ok(JobRun {
            charges,
            model: own.model.or_else(|| self.defaults.model.clone()),
            cycles: own.cycles.or(self.defaults.cycles),
        })
    }
}

/// What a job runs with.
#[derive(Debug, Clone)]
pub struct JobRun {
    /// Which charges.
    pub charges: Charges,
    /// Which forecaster.
    pub model: Option<String>,
    /// How many cycles.
    pub cycles: Option<u32>,
}

impl JobRun {
    fn read_options(&self) -> Result<ingest::ReadOptions> {
        self.charges.read_options()
    }
}

impl Defaults {
    /// Sets what flags and environment left open.
    ///
    /// # Errors
    /// An unknown metric.
    pub fn fill(&self, charges: &mut Charges) -> Result<()> {
        if charges.group_by.is_empty() {
            charges.group_by.clone_from(&self.group_by);
        }
        if charges.filter.is_empty() {
            charges.filter.clone_from(&self.filter);
        }
        if let (None, Some(name)) = (charges.metric, &self.metric) {
            charges.metric = Some(name.parse().map_err(|error| Failure::Usage(format!("{error}")))?);
        }
        charges.top = charges.top.or(self.top);
        charges.settle_days = charges.settle_days.or(self.settle_days);
        charges.cycle_day = charges.cycle_day.or(self.cycle_day);
        charges.currency = charges.currency.take().or_else(|| self.currency.clone());
        charges.family = charges.family.take().or_else(|| self.family.clone());
        charges.strict = charges.strict || self.strict.unwrap_or(false);
        Ok(())
    }
}

impl Charges {
    /// The options of the reader.
    ///
    /// # Errors
    /// Names and values that are not known.
    pub fn read_options(&self) -> Result<ingest::ReadOptions> {
        let usage = |error: &dyn std::fmt::Display| anyhow::Error::new(Failure::Usage(error.to_string()));
        let group_by: Vec<Dimension> = self.group_by.iter().map(|name| Dimension::parse(name)).collect();
        for (place, dimension) in group_by.iter().enumerate() {
            if let Some(why) = why_no_group(dimension, &group_by[..place]) {
                return Err(usage(&format!("cannot group by `{}`: {why}", self.group_by[place])));
            }
        }
        let cycle_day =
            self.cycle_day.map(billing::CycleDay::new).transpose().map_err(|error| usage(&error))?;
        Ok(ingest::ReadOptions {
            group_by,
            filters: self
                .filter
                .iter()
                .map(|text| ingest::Filter::parse(text))
                .collect::<ingest::Result<_>>()?,
            metric: self.metric,
            top: self.top.map(|most| most as usize),
            as_of: self.as_of,
            settle_days: self.settle_days,
            cycle_day: cycle_day.unwrap_or_default(),
            currency: self
                .currency
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|error: billing::Error| usage(&error))?,
            family: self
                .family
                .as_deref()
                .map(ingest::ForcedFamily::named)
                .transpose()
                .map_err(|error| usage(&error))?,
            strict: self.strict,
        })
    }
}

/// Why a result cannot be grouped by `dimension` beside the `earlier` ones.
fn why_no_group(dimension: &Dimension, earlier: &[Dimension]) -> Option<String> {
    let column = dimension.column();
    let alike = |other: &str| other.eq_ignore_ascii_case(&column);
    if earlier.iter().any(|other| alike(&other.column())) {
        return Some("it is named twice".to_owned());
    }
    if matches!(dimension, Dimension::Tag(key) if key.is_empty()) {
        return Some("a tag is written `tag:KEY`".to_owned());
    }
    let own = report::columns::OF_RESULTS.into_iter().chain(Metric::ALL.map(Metric::column));
    own.into_iter().any(alike).then(|| {
        let more = if alike(report::columns::BILLING_CURRENCY) {
            "; each currency has rows of its own anyway"
        } else {
            ""
        };
        format!("`{column}` is a column that every result has{more}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("forecast.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(Some(&path))
    }

    #[test]
    fn a_job_takes_what_it_does_not_say_from_the_defaults() {
        let config = load("[defaults]\nmetric = \"ActualCost\"\ntop = 3\n[[job]]\nname = \"a\"\ninputs = [\"x\"]\ntop = 5\n").unwrap();
        let run = config.charges(&config.job[0]).unwrap();
        assert_eq!((run.charges.top, run.charges.metric), (Some(5), Some(billing::Metric::Billed)));
        assert!(run.charges.inputs[0].ends_with("/x"));
        assert_eq!(config.formats(&config.job[0]), ["parquet"]);
    }

    #[test]
    fn a_file_says_how_a_command_runs_and_flags_say_more() {
        let config = load("[run]\noutput = \"json\"\nthreads = 1\ncolor = \"never\"\n").unwrap();
        let cli = <crate::options::Cli as clap::Parser>::parse_from(["forecast", "man", "--color", "always"]);
        let mut global = cli.global;
        (global.output, global.threads) = (None, None);
        config.run.fill(&mut global);
        assert_eq!(global.output, Some(report::Format::Json));
        assert_eq!((global.threads, global.color), (Some(1), Some(ColorChoice::Always)));
        assert!(load("[run]\noutput = \"pdf\"\n").is_err());
        assert!(load("[run]\nthreads = 0\n").is_err());
    }

    #[test]
    fn unknown_keys_are_named_with_their_line() {
        let error = format!("{:#}", load("[defaults]\nmetrik = \"x\"\n").unwrap_err());
        assert!(error.contains("line 2") && error.contains("metrik"), "{error}");
        let error = format!("{:#}", load("[[job]]\nname = \"a\"\ninputs = [\"x\"]\ntopp = 5\n").unwrap_err());
        assert!(error.contains("line 4") && error.contains("topp"), "{error}");
    }

    #[test]
    fn a_group_that_is_there_twice_or_a_column_of_every_result_is_refused() {
        let why = |names: &[&str]| {
            let group_by = names.iter().map(|name| (*name).to_owned()).collect();
            Charges { group_by, ..Charges::default() }.read_options().map_err(|error| error.to_string())
        };
        assert!(why(&["service", "subscription", "x_ChargeKind", "tag:Env"]).is_ok());
        assert!(why(&["service", "ServiceName"]).unwrap_err().contains("named twice"));
        assert!(why(&["tag:env", "tag:Env"]).unwrap_err().contains("named twice"));
        assert!(why(&["BillingCurrency"]).unwrap_err().contains("rows of its own"));
        assert!(why(&["x_metric"]).unwrap_err().contains("every result has"));
        assert!(why(&["BilledCost"]).is_err() && why(&["tag:"]).is_err());
    }

    #[test]
    fn jobs_need_names_that_can_be_files_and_formats_that_exist() {
        let job =
            |name: &str, more: &str| load(&format!("[[job]]\nname = \"{name}\"\ninputs = [\"x\"]\n{more}"));
        assert!(job("../up", "").is_err() && job("", "").is_err());
        assert!(format!("{:#}", job("a", "outputs = [\"pdf\"]").unwrap_err()).contains("pdf"));
        assert!(job("a", "[[job]]\nname = \"a\"\ninputs = [\"x\"]").is_err());
    }
}
