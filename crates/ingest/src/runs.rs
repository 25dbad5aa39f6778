//! Export runs: which files belong together, when they were made, and whether they are whole.
//!
//! Exports are cumulative: every run repeats the period so far. A run is one folder with its
//! manifest; without manifests a folder's data files are its run. An incomplete run never counts.

use crate::{
    Error, Family, Manifest, Result,
    data_file::DataFile,
    manifest::Blob,
    source::{Found, file_name},
};
use billing::Metric;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

/// One run of an export.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// How it is named in messages: its folder, shortened.
    pub name: String,
    /// Its files, and how many rows the manifest says each holds.
    pub files: Vec<(DataFile, Option<u64>)>,
    /// Which export made it, where that is known.
    pub export: Option<String>,
    /// When it was made, as stated by the manifest or the folder.
    pub stated: Option<DateTime<Utc>>,
    /// When it was made; the newest file time where nothing states it.
    pub time: DateTime<Utc>,
    /// First and last day, as the manifest states them.
    pub range: Option<(NaiveDate, NaiveDate)>,
    /// The metric that its manifest declares (classic files).
    pub declared: Option<Metric>,
    /// Whether a manifest says which files belong to it.
    pub has_manifest: bool,
}

/// What the files amount to.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Runs that may count, oldest first.
    pub runs: Vec<Run>,
    /// What was passed over, and why.
    pub passed_over: Vec<(String, String)>,
    /// Runs that are incomplete, and what they lack.
    pub incomplete: Vec<(String, String)>,
}

impl Run {
    /// The days that the manifest says are in it, up to the day before it was submitted. Without a
    /// moment its range is no word on days: it may reach to the end of a month that has just begun.
    pub(crate) fn covered(&self) -> Option<(NaiveDate, NaiveDate)> {
        let ((first, last), made) = (self.range?, self.stated?);
        Some((first, last.min(made.date_naive() - Days::new(1))))
    }

    /// Whether its costs are estimates of this program, never to be added to charges of the service.
    pub(crate) fn is_estimate(&self) -> bool {
        self.files.iter().any(|(file, _)| file.layout.has("x_IsEstimate"))
    }

    /// Which files speak together: all of a run with a manifest, and otherwise those that Azure's
    /// names mark as parts (`part_0_0001.csv`); any other file speaks for itself.
    pub(crate) fn part_of(&self, place: usize) -> usize {
        let is_part = file_name(&self.files[place].0.path).to_ascii_lowercase().starts_with("part_");
        if self.has_manifest || is_part { 0 } else { place + 1 }
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
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in found.data.iter().filter(|path| !claimed.contains(*path)) {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if governed.contains(&folder) {
            plan.passed_over.push((short(path), "the manifest beside it does not name it".into()));
        } else {
            folders.entry(folder).or_default().push(path.clone());
        }
    }
    for (folder, paths) in folders {
        let paths = once_by_content(paths, &mut plan)?;
        plan.runs.push(without_manifest(&folder, &paths, forced)?);
    }
    if let Some(as_of) = as_of {
        let (seen, later): (Vec<Run>, Vec<Run>) =
            plan.runs.into_iter().partition(|run| run.stated.is_none_or(|time| time.date_naive() < as_of));
        plan.runs = seen;
        plan.passed_over
            .extend(later.into_iter().map(|run| (run.name, format!("submitted on {as_of} or later"))));
    }
    name_apart(&mut plan.runs);
    plan.runs.sort_by(|a, b| (a.time, &a.name).cmp(&(b.time, &b.name)));
    Ok(plan)
}

/// Takes out runs that a newer run of the same export repeats whole, before anything is read.
/// `broken` are runs that proved incomplete when read.
pub(crate) fn superseded(runs: &[Run], broken: &BTreeSet<usize>) -> HashMap<usize, usize> {
    let mut out = HashMap::new();
    for (older, run) in runs.iter().enumerate() {
        let (Some(export), Some((first, last))) = (&run.export, run.range) else { continue };
        let newer = (older + 1..runs.len()).rev().find(|&place| {
            let other = &runs[place];
            !broken.contains(&place)
                && other.export.as_ref() == Some(export)
                && other.declared == run.declared
                && run.has_manifest
                && other.has_manifest
                && other.time > run.time
                && other.range.is_some_and(|(from, to)| from <= first && last <= to)
        });
        if let Some(newer) = newer {
            out.insert(older, newer);
        }
    }
    out
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
        plan.passed_over.push((name, format!("its manifest says that it holds {kind}, no costs")));
        return Ok(());
    }
    if manifest.blobs.is_empty() {
        plan.passed_over.push((name, "its manifest names no data files".into()));
        return Ok(());
    }
    let places: Vec<Option<PathBuf>> = manifest.blobs.iter().map(|blob| locate(folder, &blob.name)).collect();
    claimed.extend(places.iter().flatten().cloned());
    let mut files = Vec::new();
    for (blob, place) in manifest.blobs.iter().zip(places) {
        match open_blob(blob, place, forced)? {
            Ok(file) => files.push((file, blob.rows)),
            Err(lack) => {
                plan.incomplete.push((name, lack));
                return Ok(());
            }
        }
    }
    let stamp = folder_stamp(folder);
    let made = manifest.submitted.or(stamp);
    let stated = manifest.known_at.or(made);
    plan.runs.push(Run {
        name,
        time: match made {
            Some(time) => time,
            None => newest_file_time(files.iter().map(|(file, _)| file.path.as_path()))?,
        },
        files,
        export: manifest.export.clone().or_else(|| export_folder(folder)),
        stated,
        range: manifest.range,
        declared: manifest.export_type.as_deref().and_then(|kind| match kind.to_ascii_lowercase().as_str() {
            "actualcost" | "usage" => Some(Metric::Billed),
            "amortizedcost" => Some(Metric::Effective),
            _ => None,
        }),
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
    let stated = folder_stamp(folder);
    Ok(Run {
        name: match paths {
            [only] => short(only),
            _ => short(folder),
        },
        time: match stated {
            Some(time) => time,
            None => newest_file_time(paths.iter().map(PathBuf::as_path))?,
        },
        files,
        export: export_folder(folder),
        stated,
        range: None,
        declared: None,
        has_manifest: false,
    })
}

/// A blob's file: its name is relative to the container, of which the folder is some part.
fn locate(folder: &Path, blob: &str) -> Option<PathBuf> {
    let beside = folder.join(blob.rsplit('/').next().unwrap_or(blob));
    let upwards = || folder.ancestors().map(|ancestor| ancestor.join(blob)).find(|path| path.is_file());
    let found = if beside.is_file() { Some(beside) } else { upwards() };
    found.map(|path| fs::canonicalize(&path).unwrap_or(path))
}

/// The moment in a folder's name, `yyyyMMddHHmm` (UTC), as Azure lays runs out.
fn folder_stamp(folder: &Path) -> Option<DateTime<Utc>> {
    folder.ancestors().take(3).find_map(|ancestor| {
        let name = file_name(ancestor);
        let plain = name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit());
        plain
            .then(|| NaiveDateTime::parse_from_str(&name, "%Y%m%d%H%M").ok())
            .flatten()
            .map(|time| time.and_utc())
    })
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

fn newest_file_time<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<DateTime<Utc>> {
    let mut newest = DateTime::<Utc>::MIN_UTC;
    for path in paths {
        let modified = fs::metadata(path)
            .and_then(|meta| meta.modified())
            .map_err(|source| Error::unreadable(path, source))?;
        newest = newest.max(DateTime::<Utc>::from(modified));
    }
    Ok(newest)
}

/// Drops files whose content stands in an earlier file of the same folder. Only files of equal size
/// are compared.
fn once_by_content(paths: Vec<PathBuf>, plan: &mut Plan) -> Result<Vec<PathBuf>> {
    let mut by_size: HashMap<u64, Vec<PathBuf>> = HashMap::new();
    let mut kept = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = fs::metadata(&path).map_err(|source| Error::unreadable(&path, source))?.len();
        let alike = by_size.entry(bytes).or_default();
        let mut twin = None;
        if !alike.is_empty() {
            let own = digest(&path)?;
            for other in alike.iter() {
                if digest(other)? == own {
                    twin = Some(short(other));
                }
            }
        }
        match twin {
            Some(twin) => {
                plan.passed_over.push((short(&path), format!("it has the same content as `{twin}`")))
            }
            None => {
                alike.push(path.clone());
                kept.push(path);
            }
        }
    }
    Ok(kept)
}

fn digest(path: &Path) -> Result<blake3::Hash> {
    let unreadable = |source| Error::unreadable(path, source);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(path).map_err(unreadable)?).map_err(unreadable)?;
    Ok(hasher.finalize())
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
    fn azure_folders_tell_the_export_and_the_time() {
        let folder = Path::new("/c/exports/daily/20260901-20260930/202609180600/0f3c");
        assert_eq!(export_folder(folder).as_deref(), Some("/c/exports/daily"));
        assert_eq!(folder_stamp(folder).unwrap().to_rfc3339(), "2026-09-18T06:00:00+00:00");
        assert_eq!(folder_stamp(Path::new("/c/files")), None);
        assert_eq!(export_folder(Path::new("/c/files")), None);
    }

    #[test]
    fn a_copy_in_the_same_folder_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let text = "SubscriptionId,Date,Cost,BillingCurrency,AccountName\ns,2026-09-01,1,EUR,a\n";
        for name in ["a.csv", "copy.csv"] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let found = crate::find(&[folder.path().to_string_lossy().into_owned()]).unwrap();
        let plan = plan(&found, None, None).unwrap();
        assert_eq!((plan.runs.len(), plan.runs[0].files.len()), (1, 1));
        assert!(plan.passed_over[0].1.contains("same content as"));
    }
}
