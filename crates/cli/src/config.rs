//! `forecast.toml`: defaults for options, and the jobs of the nightly run.
//!
//! Flag > environment > file > default. Keys are the names of options, and their values are checked as if they
//! were typed: the file's values become the defaults of the command line. Unknown keys are errors with their
//! line. Paths of inputs and outputs are relative to the folder of the file, so that a timer may start anywhere.

use crate::{
    command_line,
    options::{Batch, charges::JobOptions},
};
use chrono::NaiveDate;
use clap::{ArgAction, Args, Command, FromArgMatches};
use operations::{
    BatchRequest, ChargesRequest, Error, JobRequest, PriceSource, Pricing, Result, ResultExt, is_model_file,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// Name of the file that is read where none is given.
const DEFAULT_NAME: &str = "forecast.toml";
/// Folder of results where none is named.
const DEFAULT_OUT: &str = "forecasts";
/// Format of jobs that name none.
const DEFAULT_FORMAT: &str = "parquet";

/// Keys of `[run]`: options of every command.
const RUN_KEYS: [&str; 5] = ["output", "threads", "log-format", "color", "no-progress"];
/// Commands that take `[defaults]`.
const CHARGE_COMMANDS: [&str; 4] = ["predict", "series", "backtest", "train"];

/// The configuration file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where it was read from, where there is a file; not written.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Defaults for options of every command.
    #[serde(default, skip_serializing_if = "Table::is_empty")]
    run: Table,
    /// Defaults for options of the commands that read charges.
    #[serde(default)]
    defaults: Table,
    /// The nightly run.
    #[serde(default)]
    batch: BatchConfig,
    /// Its jobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub job: Vec<Job>,
}

/// Where the nightly run puts its results, and how old its data may be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BatchConfig {
    /// Folder of the dated folders [default: `forecasts`].
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<PathBuf>,
    /// Formats of jobs that name none [default: parquet].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<String>,
    /// Days that the data of a job may end before the day of the run; 0 sets no limit [default: 5].
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_days: Option<u32>,
}

/// One job of the nightly run: a forecast with options of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Job {
    /// Its name, which is the name of its files.
    name: String,
    /// Files, folders and patterns.
    inputs: Vec<String>,
    /// Formats to write besides the summary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<String>,
    /// Whether the levels above the grouping are written too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    totals: bool,
    /// Prices of its use, as for `--pricing`: a file, `azure` or `retail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pricing: Option<String>,
    /// Days that its data may end before the day of the run, instead of those of `[batch]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age_days: Option<u32>,
    /// Its options; what it does not set comes from the defaults.
    #[serde(flatten)]
    options: Table,
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
        let what = || format!("the configuration `{}` is not understood", path.display());
        let mut config: Self = toml::from_str(&text)
            .map_err(|error| Error::failed(error.to_string().trim().to_owned()).context(what()))?;
        config.file = Some(path.clone());
        config.resolve_models();
        config.check(&text).with_context(what)?;
        Ok(config)
    }

    /// Checks what the types do not: options and their values, names of jobs, formats.
    fn check(&self, text: &str) -> Result<()> {
        let run = Command::new("run").args(run_options());
        check_table(&run, &self.run, &RUN_KEYS, text, text.find("[run]"))?;
        let job_command = JobOptions::augment_args(Command::new("job"));
        let keys = long_names(&job_command);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        check_table(&job_command, &self.defaults, &keys, text, text.find("[defaults]"))?;
        let mut seen = BTreeSet::new();
        for job in &self.job {
            let named = |what: &str| Error::failed(format!("job `{}`: {what}", job.name));
            check_table(&job_command, &job.options, &keys, text, place_of_job(text, &job.name))
                .map_err(|error| named(&error.one_line()))?;
            let is_plain =
                !job.name.is_empty() && !job.name.starts_with('.') && !job.name.contains(['/', '\\']);
            if !is_plain {
                return Err(named(
                    "a job's name is the name of its files; it has no slashes and does not begin with a dot",
                ));
            }
            if !seen.insert(&job.name) {
                return Err(named("two jobs have this name"));
            }
            if job.inputs.is_empty() {
                return Err(named("it names no inputs"));
            }
            let request = self.job_request(job, None)?;
            request.files().map_err(|error| named(&error.one_line()))?;
            request.charges.read_options().map_err(|error| named(&error.one_line()))?;
        }
        Ok(())
    }

    /// The command line with what the file sets as defaults.
    pub fn as_defaults(&self, command: Command) -> Command {
        let command = with_defaults(command, &self.run);
        CHARGE_COMMANDS.into_iter().fold(command, |command, name| {
            command.mut_subcommand(name, |command| with_defaults(command, &self.defaults))
        })
    }

    /// The nightly run of this file.
    ///
    /// # Errors
    /// No jobs, or none of a name that was asked for.
    pub fn batch_request(&self, options: &Batch, today: NaiveDate) -> Result<BatchRequest> {
        if self.job.is_empty() {
            let text = "no jobs: name a configuration with `--config FILE` that has a `[[job]]`";
            return Err(Error::usage(text));
        }
        if let Some(name) = options.job.iter().find(|name| !self.job.iter().any(|job| job.name == **name)) {
            return Err(Error::usage(format!("the configuration has no job `{name}`")));
        }
        let chosen = self.job.iter().filter(|job| options.job.is_empty() || options.job.contains(&job.name));
        let out = self.batch.out.clone().unwrap_or_else(|| DEFAULT_OUT.into());
        Ok(BatchRequest {
            date: options.as_of.unwrap_or(today),
            out: self.resolve(&out.to_string_lossy()).into(),
            jobs: chosen.map(|job| self.job_request(job, options.as_of)).collect::<Result<_>>()?,
        })
    }

    /// The forecast of a job: its own options are like flags, `[defaults]` are defaults.
    fn job_request(&self, job: &Job, as_of: Option<NaiveDate>) -> Result<JobRequest> {
        let command = JobOptions::augment_args(Command::new("job").no_binary_name(true));
        let matches = with_defaults(command, &self.defaults)
            .try_get_matches_from(flags(&job.options))
            .and_then(|matches| JobOptions::from_arg_matches(&matches))
            .map_err(|error| Error::failed(reason(&error)).context(format!("job `{}`", job.name)))?;
        let pricing = job.pricing.as_deref().map(|rates| {
            let source = PriceSource::named(rates);
            let source = if source.is_service() { source } else { PriceSource::named(self.resolve(rates)) };
            Pricing { source, ..Pricing::default() }
        });
        Ok(JobRequest {
            name: job.name.clone(),
            charges: ChargesRequest {
                inputs: job.inputs.iter().map(|input| self.resolve(input)).collect(),
                as_of,
                ..matches.charges.request()
            },
            cycles: matches.forecast.cycles,
            sums: matches.forecast.sums()?,
            model: matches.forecast.model.model,
            pricing,
            formats: self.formats(job).into_iter().map(str::to_owned).collect(),
            totals: job.totals,
            max_age_days: job.max_age_days.or(self.batch.max_age_days),
        })
    }

    /// The formats a job is written in.
    fn formats<'a>(&'a self, job: &'a Job) -> Vec<&'a str> {
        let own = if job.outputs.is_empty() { &self.batch.outputs } else { &job.outputs };
        if own.is_empty() { vec![DEFAULT_FORMAT] } else { own.iter().map(String::as_str).collect() }
    }

    /// Makes the paths of models those that they are from where the program runs.
    fn resolve_models(&mut self) {
        let folder = self.folder();
        for table in
            std::iter::once(&mut self.defaults).chain(self.job.iter_mut().map(|job| &mut job.options))
        {
            if let Some(Value::String(model)) = table.get_mut("model")
                && is_model_file(model)
            {
                *model = resolved(&folder, model);
            }
        }
    }

    /// A path of the file as seen from where the program runs.
    fn resolve(&self, path: &str) -> String {
        resolved(&self.folder(), path)
    }

    /// The folder that paths of the file are relative to.
    fn folder(&self) -> PathBuf {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned()
    }
}

/// A path or address in a folder.
fn resolved(folder: &Path, path: &str) -> String {
    match path.contains("://") {
        true => path.to_owned(),
        false => folder.join(path).to_string_lossy().into_owned(),
    }
}

/// The options behind the keys of `[run]`.
fn run_options() -> Vec<clap::Arg> {
    let command = command_line::command();
    let series = command.find_subcommand(CHARGE_COMMANDS[1]);
    let all = command.get_arguments().chain(series.into_iter().flat_map(Command::get_arguments));
    all.filter(|arg| arg.get_long().is_some_and(|name| RUN_KEYS.contains(&name))).cloned().collect()
}

/// The long names of a command's options.
fn long_names(command: &Command) -> Vec<String> {
    command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect()
}

/// The same command and those below it with the values of a table as defaults of the options of that name that
/// the environment can set too; others of the same name mean something else.
fn with_defaults(command: Command, table: &Table) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = command.mut_args(|arg| {
        let value = arg.get_long().filter(|_| arg.get_env().is_some()).and_then(|name| table.get(name));
        match value {
            Some(value) => {
                let takes_value = arg.get_action().takes_values();
                arg.default_values(texts(value)).hide_default_value(takes_value)
            }
            None => arg,
        }
    });
    names
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, |command| with_defaults(command, table)))
}

/// A value, or each of a list, as it would be typed.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// The options of a table as flags.
fn flags(table: &Table) -> Vec<String> {
    let flag = |(name, value): (&String, &Value)| match value {
        Value::Boolean(true) => vec![format!("--{name}")],
        Value::Boolean(false) => Vec::new(),
        value => texts(value).into_iter().map(|text| format!("--{name}={text}")).collect(),
    };
    table.iter().flat_map(flag).collect()
}

/// Checks keys and values of a table against the options of a command.
fn check_table(
    command: &Command,
    table: &Table,
    keys: &[&str],
    text: &str,
    place: Option<usize>,
) -> Result<()> {
    for (key, value) in table {
        let line =
            line_of(text, place.unwrap_or(0), key).map_or_else(String::new, |line| format!("line {line}: "));
        let refuse = |what: String| Err(Error::failed(format!("{line}{what}")));
        let option = command.get_arguments().find(|arg| arg.get_long() == Some(key.as_str()));
        let Some(option) = option.filter(|_| keys.contains(&key.as_str())) else {
            let known: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            return refuse(format!("unknown field `{key}`, expected one of {}", known.join(", ")));
        };
        let is_flag = matches!(option.get_action(), ArgAction::SetTrue);
        if is_flag != matches!(value, Value::Boolean(_)) {
            let form = if is_flag { "true or false" } else { "a value, not true or false" };
            return refuse(format!("`{key}` is {form}"));
        }
        let takes_many = matches!(option.get_action(), ArgAction::Append);
        if matches!(value, Value::Array(_)) && !takes_many || matches!(value, Value::Table(_)) {
            return refuse(format!("`{key}` is one value"));
        }
        let one = Table::from_iter([(key.clone(), value.clone())]);
        let alone = Command::new("file").no_binary_name(true).arg(option.clone());
        if let Err(error) = alone.try_get_matches_from(flags(&one)) {
            return refuse(format!("`{key}`: {}", reason(&error)));
        }
    }
    Ok(())
}

/// Why a value was refused, without how it would be typed.
fn reason(error: &clap::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    }
}

/// The line on which a key is set, at or behind a place in the text.
fn line_of(text: &str, place: usize, key: &str) -> Option<usize> {
    let before = text.get(..place)?.lines().count();
    let sets = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let found = text.get(place..)?.lines().position(sets)?;
    let is_line_begun = place > 0 && !text[..place].ends_with('\n');
    Some(before + found + usize::from(!is_line_begun))
}

/// Where the job of this name begins in the text.
fn place_of_job(text: &str, name: &str) -> Option<usize> {
    let is_its = |section: &str| {
        let mut lines = section.lines().map(|line| line.split('=').map(str::trim).collect::<Vec<_>>());
        lines.any(|line| {
            line[0] == "name" && line.get(1).is_some_and(|value| value.trim_matches(['"', '\'']) == name)
        })
    };
    let starts: Vec<usize> = text.match_indices("[[job]]").map(|(start, _)| start).collect();
    let end = |index: usize| starts.get(index + 1).copied().unwrap_or(text.len());
    starts
        .iter()
        .enumerate()
        .find(|(index, start)| is_its(&text[**start..end(*index)]))
        .map(|(_, start)| *start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        command_line::{Cli, Command as Chosen},
        options::ColorChoice,
    };
    use billing::Metric;

    fn load(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("forecast.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(Some(&path))
    }

    fn why(text: &str) -> String {
        load(text).unwrap_err().one_line()
    }

    fn typed(config: &Config, args: &[&str]) -> Cli {
        let command = config.as_defaults(command_line::command());
        Cli::from_arg_matches(&command.try_get_matches_from([&["forecast"], args].concat()).unwrap()).unwrap()
    }

    #[test]
    fn a_job_takes_what_it_does_not_set_from_the_defaults() {
        let config = load("[defaults]\nmetric = \"ActualCost\"\ntop = 3\n[[job]]\nname = \"a\"\ninputs = [\"x\"]\ntop = 5\n").unwrap();
        let job = config.job_request(&config.job[0], None).unwrap();
        assert_eq!((job.charges.top, job.charges.metric), (Some(5), Some(Metric::Billed)));
        assert!(job.charges.inputs[0].ends_with("/x"));
        assert_eq!((job.formats, job.max_age_days), (vec!["parquet".to_owned()], None));
    }

    #[test]
    fn the_age_of_data_is_set_for_all_jobs_and_for_one() {
        let config = load("[batch]\nmax-age-days = 0\n[[job]]\nname = \"a\"\ninputs = [\"x\"]\n[[job]]\nname = \"b\"\ninputs = [\"x\"]\nmax-age-days = 2\n").unwrap();
        let age = |job: &Job| config.job_request(job, None).unwrap().max_age_days;
        assert_eq!((age(&config.job[0]), age(&config.job[1])), (Some(0), Some(2)));
    }

    #[test]
    fn the_file_sets_defaults_and_a_flag_replaces_them() {
        let config =
            load("[run]\noutput = \"json\"\nthreads = 1\ncolor = \"never\"\n[defaults]\ncycles = 3\nstrict = true\ngroup-by = [\"service\", \"region\"]\n")
                .unwrap();
        let cli = typed(&config, &["predict", "x", "--color", "always", "--cycles", "2"]);
        assert_eq!((cli.global.threads, cli.global.color), (Some(1), Some(ColorChoice::Always)));
        let Chosen::Predict(predict) = cli.command else { panic!("another command") };
        assert_eq!(predict.output.output, Some(report::Format::Json));
        assert_eq!(predict.charges.options.group_by, ["service", "region"]);
        assert!(predict.charges.options.strict);
        assert_eq!(predict.forecast.cycles, Some(2));
        // The cycles that `backtest` tests are another thing.
        let Chosen::Backtest(backtest) = typed(&config, &["backtest", "x"]).command else {
            panic!("another command")
        };
        assert_eq!(backtest.cycles, None);
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_named_with_their_line() {
        for (text, line, what) in [
            ("[defaults]\nmetrik = \"x\"\n", 2, "metrik"),
            ("[run]\noutput = \"pdf\"\n", 2, "pdf"),
            ("[run]\nthreads = 0\n", 2, "threads"),
            ("[run]\n\nout-file = \"x\"\n", 3, "out-file"),
            ("# top\n[defaults]\nmetric = \"billed\"\ntop = 0\n", 4, "top"),
            ("[defaults]\ntop = [1, 2]\n", 2, "one value"),
            ("[defaults]\nstrict = 1\n", 2, "true or false"),
            ("[defaults]\nas-of = \"2026-10-18\"\n", 2, "as-of"),
            ("[[job]]\nname = \"a\"\ninputs = [\"x\"]\ntopp = 5\n", 4, "topp"),
            (
                "[[job]]\nname = \"a\"\ninputs = [\"x\"]\ntop = 5\n[[job]]\nname = \"b\"\ninputs = [\"x\"]\ntop = 0\n",
                8,
                "top",
            ),
        ] {
            let error = why(text);
            assert!(error.contains(&format!("line {line}")) && error.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn a_group_that_no_result_can_have_is_refused_when_the_file_is_read() {
        assert!(
            why("[[job]]\nname = \"a\"\ninputs = [\"x\"]\ngroup-by = [\"x_Metric\"]\n")
                .contains("every result has")
        );
    }

    #[test]
    fn jobs_need_names_that_can_be_files_and_formats_that_exist() {
        let job =
            |name: &str, more: &str| load(&format!("[[job]]\nname = \"{name}\"\ninputs = [\"x\"]\n{more}"));
        assert!(job("../up", "").is_err() && job("", "").is_err());
        assert!(job("a", "outputs = [\"pdf\"]").unwrap_err().one_line().contains("pdf"));
        assert!(job("a", "[[job]]\nname = \"a\"\ninputs = [\"x\"]").is_err());
    }
}
