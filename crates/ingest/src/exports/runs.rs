//! Export runs: which files belong together, when they were made, whose charges they hold, and whether they are whole.
//!
//! A run with a manifest is its folder with the files that the manifest names, and nothing else in the folder. Without
//! a manifest, files with Azure's part numbers are one run, and every other file is a run of its own. An
//! incomplete run never counts. The file system's times are never read.

use crate::{
    Error, Family, Manifest, Result,
    charges::findings::Finding,
    exports::{manifest::Blob, scope::ExportScope, source::Found},
    files::{
        data_file::DataFile,
        encoding::{digest, file_name},
    },
};
use billing::Metric;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_map::Entry},
    fs,
    path::{Path, PathBuf},
};

/// One run of an export, or files that are read like one.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// How messages name it: its folder or file, shortened.
    pub name: String,
    /// Its files, and how many rows the manifest says each holds.
    pub files: Vec<(DataFile, Option<u64>)>,
    /// Which export made it, as its manifest names it.
    pub export: Option<String>,
    /// Whose charges it holds; `None` for files whose manifest does not say, or that have none.
    pub scope: Option<ExportScope>,
    /// What files without a scope were given with: their folder.
    pub group: String,
    /// When it was submitted (UTC), where a manifest or a name states it: of two runs the later one is newer.
    pub time: Option<DateTime<Utc>>,
    /// As of which moment its charges were known, where that is stated.
    pub known_at: Option<DateTime<Utc>>,
    /// First and last day, both in it, as the manifest states them.
    pub range: Option<(NaiveDate, NaiveDate)>,
    /// The metric that its manifest declares (classic files).
    pub declared: Option<Metric>,
    /// Whether a manifest says which files belong to it.
    pub has_manifest: bool,
}

/// What the files amount to.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Runs that may count: those without a stated time first, then the oldest first.
    pub runs: Vec<Run>,
    /// What was found on the way: files and runs that do not count, and why.
    pub findings: Vec<Finding>,
}

/// What decides, before files are read, whether a run repeats another.
#[derive(Debug, Clone)]
pub(crate) struct RunFacts {
    /// The export; runs of other exports of the scope are read, since they may hold another metric or estimates.
    pub export: Option<String>,
    pub declared: Option<Metric>,
    pub time: Option<DateTime<Utc>>,
    pub range: Option<(NaiveDate, NaiveDate)>,
}

impl RunFacts {
    /// What a manifest states.
    pub(crate) fn of(manifest: &Manifest) -> Self {
        Self {
            export: manifest.export.clone(),
            declared: manifest.declared_metric(),
            time: manifest.submitted,
            range: manifest.range,
        }
    }
}

impl Run {
    /// The days that the run covers: those of its range, up to the day before it was submitted. A date range without
    /// a submission time proves nothing: it may reach to the end of a month that has just begun.
    pub(crate) fn covered(&self) -> Option<(NaiveDate, NaiveDate)> {
        let ((first, last), made) = (self.range?, self.known_at?);
        Some((first, last.min(made.date_naive() - Days::new(1))))
    }

    /// Whether its scope, time and range say what it claims; otherwise its rows do.
    pub(crate) fn is_scoped(&self) -> bool {
        self.scope.is_some() && self.time.is_some()
    }

    /// Whether its costs are estimates of this program, never to be added to charges of the service.
    pub(crate) fn is_estimate(&self) -> bool {
        self.files.iter().any(|(file, _)| file.layout.has("x_IsEstimate"))
    }

    /// What decides whether it repeats another.
    pub(crate) fn facts(&self) -> RunFacts {
        RunFacts { export: self.export.clone(), declared: self.declared, time: self.time, range: self.range }
    }
}

/// Groups files into runs and takes out those that cannot count.
///
/// # Errors
/// Files that cannot be read or are of no known kind.
pub(crate) fn plan(found: &Found, forced: Option<&'static Family>, as_of: Option<NaiveDate>) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut claimed: HashSet<PathBuf> = HashSet::new();
    let mut governed: BTreeSet<PathBuf> = BTreeSet::new();
    for path in &found.manifests {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        governed.insert(folder.clone());
        let manifest = Manifest::read(path)?;
        with_manifest(&folder, &manifest, forced, &mut plan, &mut claimed)?;
    }
    let mut parts: BTreeMap<(PathBuf, String), Vec<PathBuf>> = BTreeMap::new();
    let mut loose: Vec<PathBuf> = Vec::new();
    for path in found.data.iter().filter(|path| !claimed.contains(*path)) {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if governed.contains(&folder) {
            let why = "the manifest beside it does not name it";
            plan.findings.push(Finding::passed_over(short(path), why));
        } else {
            loose.push(path.clone());
        }
    }
    for path in once_by_content(loose, &mut plan)? {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let name = file_name(&path);
        let series = part_series(&name).unwrap_or(name);
        parts.entry((folder, series)).or_default().push(path);
    }
    let named = |path: &PathBuf| found.named.contains(path);
    let mut unknown = Vec::new();
    for ((folder, _), paths) in parts {
        match without_manifest(&folder, &paths, forced) {
            Ok(run) => plan.runs.push(run),
            // What a walk through a folder came upon may be anything.
            Err(error) if error.is_foreign_file() && !paths.iter().any(named) => {
                unknown.push((short(&paths[0]), error));
            }
            Err(error) => return Err(error),
        }
    }
    if plan.runs.is_empty()
        && let Some((_, error)) = unknown.pop()
    {
        return Err(error);
    }
    plan.findings.extend(
        unknown.into_iter().map(|(name, error)| Finding::ForeignFile { name, why: error.to_string() }),
    );
    if let Some(as_of) = as_of {
        hide_later_runs(&mut plan, as_of);
    }
    name_apart(&mut plan.runs);
    plan.runs.sort_by(|a, b| (a.time, &a.name).cmp(&(b.time, &b.name)));
    Ok(plan)
}

/// Takes out the runs submitted on `as_of` or later. Of a scope that has no other run, the first run of each export
/// stays that states a day before `as_of`, and later ones that add such days: a history may be loaded in several runs.
fn hide_later_runs(plan: &mut Plan, as_of: NaiveDate) {
    let is_seen = |run: &Run| run.time.is_none_or(|time| time.date_naive() < as_of);
    let seen: BTreeSet<String> = plan.runs.iter().filter(|run| is_seen(run)).filter_map(scope_key).collect();
    plan.runs.sort_by(|a, b| (a.time, &a.name).cmp(&(b.time, &b.name)));
    let mut loaded: HashMap<_, BTreeSet<NaiveDate>> = HashMap::new();
    let mut adds_days = |run: &Run| {
        let Some(scope) = scope_key(run).filter(|scope| !seen.contains(scope)) else { return false };
        let Some((first, last)) = run.range else { return false };
        let known = loaded.entry((scope, run.export.clone(), run.declared)).or_default();
        let before = known.len();
        known.extend(first.iter_days().take_while(|day| *day <= last && *day < as_of));
        known.len() > before
    };
    let mut kept = Vec::new();
    for mut run in std::mem::take(&mut plan.runs) {
        if is_seen(&run) {
            kept.push(run);
        } else if adds_days(&run) {
            let made = run.time.map(|time| time.date_naive()).unwrap_or(as_of);
            plan.findings.push(Finding::HistoryLoaded { name: run.name.clone(), made, as_of });
            run.known_at = as_of.and_hms_opt(0, 0, 0).map(|time| time.and_utc());
            kept.push(run);
        } else {
            plan.findings.push(Finding::passed_over(run.name, format!("submitted on {as_of} or later")));
        }
    }
    plan.runs = kept;
}

fn scope_key(run: &Run) -> Option<String> {
    run.scope.as_ref().filter(|_| run.has_manifest).map(|scope| scope.key.clone())
}

/// The runs that a newer run of the same export repeats whole, each with the newest that does. `broken` are
/// runs that proved incomplete when read. Late rows are the newer run's too where its range begins where
/// billing periods do; otherwise both are read.
pub(crate) fn superseded(runs: &[RunFacts], broken: &BTreeSet<usize>) -> HashMap<usize, usize> {
    let mut by_export: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, run) in runs.iter().enumerate() {
        if let (Some(export), Some(_), Some(_)) = (&run.export, run.time, run.range) {
            by_export.entry(export).or_default().push(number);
        }
    }
    let mut out = HashMap::new();
    for numbers in by_export.into_values() {
        for &older in &numbers {
            let newest = numbers
                .iter()
                .copied()
                .filter(|newer| !broken.contains(newer) && repeats(&runs[*newer], &runs[older]))
                .max_by_key(|newer| (runs[*newer].time, *newer));
            out.extend(newest.map(|newer| (older, newer)));
        }
    }
    out
}

fn repeats(newer: &RunFacts, older: &RunFacts) -> bool {
    let (Some((from, to)), Some((first, last))) = (newer.range, older.range) else { return false };
    let whole_periods = chrono::Datelike::day(&from) == 1 || from + Days::new(31) <= first;
    newer.time > older.time
        && newer.declared == older.declared
        && from <= first
        && last <= to
        && whole_periods
}

fn with_manifest(
    folder: &Path,
    manifest: &Manifest,
    forced: Option<&'static Family>,
    plan: &mut Plan,
    claimed: &mut HashSet<PathBuf>,
) -> Result<()> {
    let name = short(folder);
    if manifest.holds_costs() == Some(false) {
        let kind = manifest.export_type.clone().unwrap_or_default();
        claimed.extend(manifest.blobs.iter().filter_map(|blob| locate(folder, &blob.name)));
        let why = format!("its manifest says that it holds {kind}, not costs");
        plan.findings.push(Finding::passed_over(name, why));
        return Ok(());
    }
    if manifest.blobs.is_empty() || manifest.blobs.iter().all(|blob| blob.rows == Some(0)) {
        claimed.extend(manifest.blobs.iter().filter_map(|blob| locate(folder, &blob.name)));
        plan.findings.push(Finding::EmptyRun { name });
        return Ok(());
    }
    let places: Vec<Option<PathBuf>> = manifest.blobs.iter().map(|blob| locate(folder, &blob.name)).collect();
    claimed.extend(places.iter().flatten().cloned());
    let mut files = Vec::new();
    for (blob, place) in manifest.blobs.iter().zip(places) {
        match open_blob(blob, place, forced)? {
            Ok(file) => files.push((file, blob.rows)),
            Err(lack) => {
                plan.findings.push(Finding::Incomplete { name, lacks: lack });
                return Ok(());
            }
        }
    }
    let time = manifest.submitted.or_else(|| moment_in_folder(folder));
    let layout = || export_folder(folder).map(|path| ExportScope::parse(&path));
    plan.runs.push(Run {
        name,
        files,
        export: manifest.export.clone().filter(|_| !manifest.is_scopeless),
        scope: manifest
            .export
            .as_deref()
            .map(ExportScope::parse)
            .or_else(layout)
            .filter(|_| !manifest.is_scopeless),
        group: manifest.group.clone().unwrap_or_else(|| folder.display().to_string()),
        time,
        known_at: manifest.known_at.or(time),
        range: manifest.range,
        declared: manifest.declared_metric(),
        has_manifest: true,
    });
    Ok(())
}

/// Opens a file that a manifest names, or says what makes its run incomplete.
fn open_blob(
    blob: &Blob,
    place: Option<PathBuf>,
    forced: Option<&'static Family>,
) -> Result<std::result::Result<DataFile, String>> {
    let Some(path) = place else { return Ok(Err(format!("`{}` is missing", blob.name))) };
    let bytes = fs::metadata(&path).map_err(|source| Error::unreadable(&path, source))?.len();
    if let Some(stated) = blob.bytes.filter(|stated| *stated != bytes) {
        return Ok(Err(format!("`{}` has {bytes} bytes of {stated}", file_name(&path))));
    }
    match DataFile::open(&path, forced) {
        Ok(file) => Ok(Ok(file)),
        Err(error) if error.is_damage() => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Gives runs whose short names are the same their whole paths.
fn name_apart(runs: &mut [Run]) {
    let mut times: HashMap<String, usize> = HashMap::new();
    for run in runs.iter() {
        *times.entry(run.name.clone()).or_default() += 1;
    }
    for run in runs.iter_mut().filter(|run| times[&run.name] > 1) {
        let files: Vec<&Path> = run.files.iter().map(|(file, _)| file.path.as_path()).collect();
        let whole = match files.as_slice() {
            [only] if !run.has_manifest => Some(*only),
            [first, ..] => first.parent(),
            [] => None,
        };
        run.name = whole.map_or(std::mem::take(&mut run.name), |path| path.display().to_string());
    }
}

fn without_manifest(folder: &Path, paths: &[PathBuf], forced: Option<&'static Family>) -> Result<Run> {
    let files: Vec<(DataFile, Option<u64>)> = paths
        .iter()
        .map(|path| DataFile::open(path, forced).map(|file| (file, None)))
        .collect::<Result<_>>()?;
    let in_name = paths.first().and_then(|path| moment_in(&file_name(path)));
    let time = in_name.or_else(|| moment_in_folder(folder));
    Ok(Run {
        name: match paths {
            [only] => short(only),
            _ => short(folder),
        },
        files,
        export: None,
        scope: None,
        group: export_folder(folder).unwrap_or_else(|| folder.display().to_string()),
        time,
        known_at: time,
        range: None,
        declared: None,
        has_manifest: false,
    })
}

/// What the names of the parts of one run have in common: the name without a part number in one of the forms that
/// Azure writes (`part_0.csv`, `part_0_0001.csv`, `000001.csv`). `None` where the name has none.
fn part_series(name: &str) -> Option<String> {
    let (stem, ending) = name.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let lower = stem.to_ascii_lowercase();
    let before = match lower.rfind("part_") {
        Some(at) if lower[at + 5..].split('_').all(digits) && lower[at + 5..].split('_').count() <= 2 => {
            &stem[..at]
        }
        _ => {
            let at = stem.len().checked_sub(6).filter(|at| stem.is_char_boundary(*at))?;
            // `000001`, but not a month such as `202609`.
            let is_number = stem[at..].starts_with("00")
                && digits(&stem[at..])
                && stem[..at].bytes().last().is_none_or(|byte| byte == b'_');
            is_number.then(|| &stem[..at])?
        }
    };
    Some(format!("{before}*.{ending}"))
}

/// A blob's file: its name is relative to the container, of which the folder is some part.
fn locate(folder: &Path, blob: &str) -> Option<PathBuf> {
    let beside = folder.join(blob.rsplit('/').next().unwrap_or(blob));
    let upwards = || folder.ancestors().map(|ancestor| ancestor.join(blob)).find(|path| path.is_file());
    let found = if beside.is_file() { Some(beside) } else { upwards() };
    found.map(|path| fs::canonicalize(&path).unwrap_or(path))
}

/// The moment in the name of a folder or of one of the two above it (UTC), as Azure lays runs out.
fn moment_in_folder(folder: &Path) -> Option<DateTime<Utc>> {
    folder.ancestors().take(3).find_map(|ancestor| moment_in(&file_name(ancestor)))
}

/// A full moment in a name, date and time of day: `202609180600`, `2026-09-18T06-00`, `20260918_060000Z`. A date
/// alone, a month or a date range leaves the time unknown.
fn moment_in(name: &str) -> Option<DateTime<Utc>> {
    let bytes = name.as_bytes();
    (0..bytes.len())
        .filter(|at| bytes[*at].is_ascii_digit() && (*at == 0 || !bytes[at - 1].is_ascii_digit()))
        .find_map(|at| moment_at(&bytes[at..]))
        .map(|time| time.and_utc())
}

/// Reads a moment from the beginning of a text: digits of a date and of a time of day, with separators between.
fn moment_at(bytes: &[u8]) -> Option<NaiveDateTime> {
    let mut digits = String::new();
    let mut separators = 0;
    for &byte in bytes {
        match byte {
            b'0'..=b'9' => {
                digits.push(byte as char);
                separators = 0;
            }
            // One separator between parts of the moment; two parts of a date range have the same.
            b'-' | b'_' | b'T' | b't' | b' ' | b':' if separators == 0 && digits.len() < 14 => separators = 1,
            _ => break,
        }
        if digits.len() > 14 {
            return None;
        }
    }
    let time = match digits.len() {
        12 => NaiveDateTime::parse_from_str(&digits, "%Y%m%d%H%M").ok(),
        14 => NaiveDateTime::parse_from_str(&digits, "%Y%m%d%H%M%S").ok(),
        _ => None,
    };
    time.filter(|time| (1990..2200).contains(&chrono::Datelike::year(time)))
}

/// The folder of an export: what lies above the folder of a date range, `yyyymmdd-yyyymmdd`.
fn export_folder(folder: &Path) -> Option<String> {
    let is_range = |name: &str| {
        name.len() == 17
            && name.split_once('-').is_some_and(|(from, to)| {
                from.len() == 8 && from.bytes().chain(to.bytes()).all(|b| b.is_ascii_digit())
            })
    };
    folder
        .ancestors()
        .find(|ancestor| is_range(&file_name(ancestor)))
        .and_then(Path::parent)
        .map(|path| path.to_string_lossy().into_owned())
}

/// Drops files whose content is that of an earlier file. Only files of equal size are compared.
fn once_by_content(paths: Vec<PathBuf>, plan: &mut Plan) -> Result<Vec<PathBuf>> {
    let mut sizes = Vec::with_capacity(paths.len());
    let mut times: HashMap<u64, usize> = HashMap::new();
    for path in &paths {
        let bytes = fs::metadata(path).map_err(|source| Error::unreadable(path, source))?.len();
        *times.entry(bytes).or_default() += 1;
        sizes.push(bytes);
    }
    let mut first: HashMap<blake3::Hash, PathBuf> = HashMap::new();
    let mut kept = Vec::with_capacity(paths.len());
    for (path, bytes) in paths.into_iter().zip(sizes) {
        // A size of its own is a content of its own.
        if times[&bytes] > 1 {
            match first.entry(digest(&path)?) {
                Entry::Occupied(twin) => {
                    let why = format!("it has the same content as `{}`", short(twin.get()));
                    plan.findings.push(Finding::passed_over(short(&path), why));
                    continue;
                }
                Entry::Vacant(place) => place.insert(path.clone()),
            };
        }
        kept.push(path);
    }
    Ok(kept)
}

/// The last three parts of a path.
pub(crate) fn short(path: &Path) -> String {
    let parts: Vec<_> = path.components().rev().take(3).collect();
    parts.into_iter().rev().collect::<PathBuf>().to_string_lossy().trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azure_folders_state_the_export_and_the_time() {
        let folder = Path::new("/c/exports/daily/20260901-20260930/202609180600/0f3c");
        assert_eq!(export_folder(folder).as_deref(), Some("/c/exports/daily"));
        assert_eq!(moment_in_folder(folder).unwrap().to_rfc3339(), "2026-09-18T06:00:00+00:00");
        assert_eq!(moment_in_folder(Path::new("/c/files")), None);
        assert_eq!(export_folder(Path::new("/c/files")), None);
    }

    #[test]
    fn a_moment_is_a_date_and_a_time_of_day() {
        let shown = |name: &str| moment_in(name).map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string());
        let moment = Some("2026-09-18 06:00:00".to_owned());
        for name in ["202609180600", "cost-2026-09-18T06-00.csv", "20260918_060000Z.csv", "x_20260918T0600"] {
            assert_eq!(shown(name), moment, "{name}");
        }
        for name in ["20260901-20260930", "cost-0617", "2026-09", "2026-09-18", "000001", "20261318-0600"] {
            assert_eq!(shown(name), None, "{name}");
        }
    }

    #[test]
    fn only_part_numbers_of_azure_make_files_one_run() {
        let same = |a: &str, b: &str| part_series(a).is_some() && part_series(a) == part_series(b);
        assert!(same("part_0_0001.csv", "part_1_0001.csv") && same("part_0.csv", "part_1.csv"));
        assert!(same("000001.csv.gz", "000002.csv.gz") && same("daily_000001.csv", "daily_000002.csv"));
        for name in ["download1.csv", "x (1).csv", "cost-0617.csv", "202609.csv", "2026-000001x.csv"] {
            assert_eq!(part_series(name), None, "{name}");
        }
    }

    #[test]
    fn a_copy_in_another_folder_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let text = "SubscriptionId,Date,Cost,BillingCurrency,AccountName\ns,2026-09-01,1,EUR,a\n";
        fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["a.csv", "b/copy.csv"] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let found = crate::find(&[folder.path().to_string_lossy().into_owned()]).unwrap();
        let plan = plan(&found, None, None).unwrap();
        assert_eq!((plan.runs.len(), plan.runs[0].files.len()), (1, 1));
        assert!(plan.findings[0].to_string().contains("same content as"));
    }
}
