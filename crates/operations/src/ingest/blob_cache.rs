//! Inputs in Blob Storage: what a question needs of them is copied here, and kept.
//!
//! Files whose version (ETag) is the one that was copied are not read again. Runs that a newer whole run
//! repeats are not read at all. Of Parquet the footer and the needed column chunks are copied, into a
//! file with holes; a later question that needs more fills them.

use crate::{
    AzureAccess, Error, Finding, Host, Result, ResultExt,
    connection::{Connection, wait_for},
    write_file,
};
use azure::{Blob, BlobAddress, Blobs, Cloud, SignIn, TokenSource};
use futures_util::{StreamExt, TryStreamExt, stream};
use ingest::{Manifest, ReadOptions, footer_bytes, needed_parts, repeated_runs};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How much of the end of a Parquet file is read at first: most footers fit.
const END_BYTES: u64 = 32 * 1024;
/// Needed parts that lie closer together than this are read at once.
const GAP_BYTES: u64 = 1024;
/// The longest part that is asked for at once.
const PART_BYTES: u64 = 64 * 1024 * 1024;
/// Files, and parts of each, that are read side by side.
const AT_A_TIME: usize = 4;
/// Where copies are kept, instead of the user's cache.
const CACHE: &str = "FORECAST_CACHE";

/// What is known of a copy.
#[derive(Default, Serialize, Deserialize)]
struct CachedBlob {
    etag: Option<String>,
    size: u64,
    /// Parts that are here, in order; one of all bytes where it is whole.
    parts: Vec<(u64, u64)>,
}

/// The inputs with every address replaced by copies here: of what a question with these options needs, or of
/// whole files.
///
/// # Errors
/// Storage that cannot be read, or holds no cost files.
pub(crate) fn localised(
    inputs: &[String],
    options: Option<&ReadOptions>,
    host: &Host<'_>,
) -> Result<(Vec<String>, Vec<Finding>)> {
    let mut findings = Vec::new();
    if !inputs.iter().any(|input| BlobAddress::is_one(input)) {
        return Ok((inputs.to_vec(), findings));
    }
    let access = AzureAccess::from_variables(host)?;
    let mut local = Vec::new();
    for input in inputs {
        if !BlobAddress::is_one(input) {
            local.push(input.clone());
            continue;
        }
        let address = BlobAddress::parse(input)?;
        let name = address.to_string();
        let blobs = open(address, &access, host)?;
        let files = wait_for(fetch(&blobs, options, |_| true, host, &mut findings))?;
        if files.is_empty() {
            return Err(Error::not_enough(format!("there are no cost files behind `{name}`")));
        }
        findings.push(Finding::detail(format!("`{name}`: {} bytes read from storage", blobs.bytes_read())));
        local.extend(files.into_iter().map(|path| path.to_string_lossy().into_owned()));
    }
    Ok((local, findings))
}

/// Opens a container with what the environment has, or by signing in.
///
/// # Errors
/// An unknown cloud; an address that cannot be used.
pub(super) fn open(address: BlobAddress, access: &AzureAccess, host: &Host<'_>) -> Result<Blobs> {
    let cloud = Cloud::named(&access.cloud)?;
    // A ready token is for the resource manager and stays with it: storage needs one of its own.
    let method = Connection::method(access.auth);
    let sign_in = SignIn::new(method, access.tenant.clone(), cloud, host.variable);
    let tokens: Arc<dyn TokenSource> = Arc::new(sign_in.for_storage());
    Ok(Blobs::open(address, cloud, host.variable, tokens)?)
}

/// Copies what is needed of the runs that `wanted` takes, or all of it where no options say what that
/// is, and gives the paths of the copies.
///
/// # Errors
/// Storage that cannot be read; copies that cannot be written.
pub(super) async fn fetch(
    blobs: &Blobs,
    options: Option<&ReadOptions>,
    wanted: impl Fn(&Manifest) -> bool,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<PathBuf>> {
    let home = cache(host)?.join("blobs").join(blobs.account()).join(blobs.container());
    let listed = blobs.list().await?;
    let folder_of = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let name_of = |path: &str| path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let is_manifest = |path: &str| matches!(name_of(path).as_str(), "manifest.json" | "_manifest.json");
    let is_data = |path: &str| {
        [".csv", ".csv.gz", ".parquet"].iter().any(|ending| name_of(path).ends_with(ending))
            && !path.split('/').any(|part| part.starts_with('.'))
    };
    let mut runs: Vec<(String, Manifest, PathBuf)> = Vec::new();
    for blob in listed.iter().filter(|blob| is_manifest(&blob.path)) {
        let path = whole(blobs, blob, &home).await?;
        runs.push((folder_of(&blob.path), Manifest::read(&path)?, path));
    }
    let sizes: BTreeMap<String, u64> = listed.iter().map(|blob| (blob.path.clone(), blob.size)).collect();
    let states: Vec<(&Manifest, bool)> = runs
        .iter()
        .map(|(folder, manifest, _)| {
            let there = manifest.blobs.iter().all(|named| {
                let beside = format!("{folder}/{}", named.name.rsplit('/').next().unwrap_or_default());
                let size = sizes.get(beside.trim_start_matches('/')).or_else(|| sizes.get(&named.name));
                size.is_some_and(|size| named.bytes.is_none_or(|stated| stated == *size))
            });
            (manifest, there && !manifest.blobs.is_empty())
        })
        .collect();
    let repeated = repeated_runs(&states);
    let mut files = Vec::new();
    let mut passed_over: Vec<String> = Vec::new();
    for (place, (folder, manifest, path)) in runs.iter().enumerate() {
        if repeated.contains(&place) || !wanted(manifest) {
            passed_over.push(folder.clone());
        } else {
            files.push(path.clone());
        }
    }
    if !repeated.is_empty() {
        let text = format!("{} older runs are repeated by newer ones and were not read", repeated.len());
        findings.push(Finding::detail(text));
    }
    let data =
        listed.iter().filter(|blob| is_data(&blob.path) && !passed_over.contains(&folder_of(&blob.path)));
    let copies = data.map(|blob| async {
        copied(blobs, blob, &home, options).await.with_context(|| format!("`{}`", blob.path))
    });
    let copies: Vec<PathBuf> = stream::iter(copies).buffered(AT_A_TIME).try_collect().await?;
    files.extend(copies);
    Ok(files)
}

/// The folder of copies.
fn cache(host: &Host<'_>) -> Result<PathBuf> {
    let variable = host.variable;
    let folder = match (variable(CACHE), variable("XDG_CACHE_HOME"), variable("HOME")) {
        (Some(own), ..) => PathBuf::from(own),
        (_, Some(cache), _) => PathBuf::from(cache).join("forecast"),
        (.., Some(home)) => PathBuf::from(home).join(".cache").join("forecast"),
        _ => {
            let text = format!("there is no place for copies of files; set {CACHE} to a folder");
            return Err(Error::failed(text));
        }
    };
    Ok(folder)
}

/// Where the copy of a file lies, and what is known of it. The state lies beside it, hidden.
fn place(blob: &Blob, home: &Path) -> Result<(PathBuf, PathBuf, CachedBlob)> {
    let path = home.join(&blob.path);
    let folder = path.parent().unwrap_or(home).to_owned();
    fs::create_dir_all(&folder).with_context(|| format!("cannot write `{}`", folder.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let state = folder.join(format!(".{name}.state"));
    let copy: CachedBlob =
        fs::read(&state).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let is_same = copy.etag.is_some()
        && copy.etag == blob.etag
        && copy.size == blob.size
        && path.metadata().is_ok_and(|meta| meta.len() == blob.size);
    let fresh = CachedBlob { etag: blob.etag.clone(), size: blob.size, parts: Vec::new() };
    Ok((path, state, if is_same { copy } else { fresh }))
}

fn keep(state: &Path, copy: &CachedBlob) -> Result<()> {
    let text = serde_json::to_vec(copy)?;
    write_file(state, |file| Ok(file.write_all(&text)?))
}

/// A whole copy of a file.
async fn whole(blobs: &Blobs, blob: &Blob, home: &Path) -> Result<PathBuf> {
    let (path, state, mut copy) = place(blob, home)?;
    if copy.parts == [(0, blob.size)] {
        return Ok(path);
    }
    // What is known of an older copy holds no more once this one begins.
    let _ = fs::remove_file(&state);
    blobs.save(blob, &path).await?;
    copy.parts = vec![(0, blob.size)];
    keep(&state, &copy)?;
    Ok(path)
}

/// A copy of what is needed of a file.
async fn copied(blobs: &Blobs, blob: &Blob, home: &Path, options: Option<&ReadOptions>) -> Result<PathBuf> {
    let Some(options) = options else { return whole(blobs, blob, home).await };
    if !blob.path.to_ascii_lowercase().ends_with(".parquet") || blob.size <= END_BYTES {
        return whole(blobs, blob, home).await;
    }
    let (path, state, mut copy) = place(blob, home)?;
    if copy.parts.is_empty() {
        let _ = fs::remove_file(&state);
        let file = File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
        file.set_len(blob.size)?;
        let mut begin = blob.size - END_BYTES;
        let end = blobs.part(blob, begin..blob.size).await?;
        put(&path, begin, &end)?;
        let footer = footer_bytes(&end)
            .ok_or_else(|| Error::failed("it is damaged: it does not end as a Parquet file does"))?;
        if footer > END_BYTES {
            let from = blob
                .size
                .checked_sub(footer)
                .ok_or_else(|| Error::failed("it is damaged: its footer is too long"))?;
            put(&path, from, &blobs.part(blob, from..begin).await?)?;
            begin = from;
        }
        // Every Parquet file begins with its mark, by which it is known.
        put(&path, 0, b"PAR1")?;
        copy.parts = vec![(0, 4), (begin, blob.size)];
        keep(&state, &copy)?;
    }
    let needed = {
        let (path, options) = (path.clone(), options.clone());
        tokio::task::spawn_blocking(move || needed_parts(&path, &options)).await??
    };
    let missing = missing(&needed, &copy.parts);
    let parts = missing.iter().map(|part| async {
        let bytes = blobs.part(blob, part.clone()).await?;
        Ok::<_, Error>((part.start, bytes))
    });
    let mut parts = stream::iter(parts).buffer_unordered(AT_A_TIME);
    while let Some((start, bytes)) = parts.try_next().await? {
        put(&path, start, &bytes)?;
    }
    drop(parts);
    let own = missing.iter().map(|part| (part.start, part.end));
    copy.parts = joined(copy.parts.iter().copied().chain(own));
    if !missing.is_empty() {
        keep(&state, &copy)?;
    }
    Ok(path)
}

fn put(path: &Path, at: u64, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.seek(SeekFrom::Start(at))?;
    Ok(file.write_all(bytes)?)
}

/// The parts that are needed and not here, near ones joined and long ones cut.
fn missing(needed: &[Range<u64>], here: &[(u64, u64)]) -> Vec<Range<u64>> {
    let lacks = |part: &&Range<u64>| !here.iter().any(|(from, to)| *from <= part.start && part.end <= *to);
    let mut out: Vec<Range<u64>> = Vec::new();
    for part in needed.iter().filter(lacks) {
        match out.last_mut() {
            Some(last) if part.start <= last.end + GAP_BYTES && part.end - last.start <= PART_BYTES => {
                last.end = last.end.max(part.end);
            }
            _ => out.push(part.clone()),
        }
    }
    out
}

/// Parts in order, those that touch as one.
fn joined(parts: impl Iterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut sorted: Vec<(u64, u64)> = parts.collect();
    sorted.sort_unstable();
    let mut out: Vec<(u64, u64)> = Vec::new();
    for (from, to) in sorted {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_parts_are_read_at_once_and_those_that_are_here_not_again() {
        let far = 10 * GAP_BYTES;
        let needed = [4..100, 150..200, far..far + 10];
        assert_eq!(missing(&needed, &[]), [4..200, far..far + 10]);
        assert_eq!(missing(&needed, &[(0, 120)]), [150..200, far..far + 10]);
        assert_eq!(missing(&needed, &[(0, far + 10)]), []);
        assert_eq!(joined([(5, 9), (0, 3), (3, 5), (20, 30)].into_iter()), [(0, 9), (20, 30)]);
    }
}
