//! What `sample` writes for given options and seed stays byte for byte; new shapes are new options.
//!
//! A digest covers the path and the bytes of every file below `--out`, in the order of their paths. A new version of
//! a compressor or of Parquet's writer may change the digests of `csv.gz` and `parquet`, nothing else.

use crate::support::TestContext;
use std::path::{Path, PathBuf};

/// Options of `forecast sample`, and the first half of the digest.
const DIGESTS: [(&str, &str); 10] = [
    ("--seed 1 --family ea-actual --format csv", "e31f98ba60fb7999c12f9b6baeee3d5b"),
    ("--seed 2 --family ea-amortized --format csv", "710311539717e32c5ab13458e12a8a8d"),
    ("--seed 3 --family mca-actual --format csv", "b4579d5ac7a6002a9507c6b7ed80b4ff"),
    (
        "--seed 4 --family mca-amortized --format csv --snapshots daily --months 1",
        "25ffd606e8e42ddf5d77de2f5800807e",
    ),
    ("--seed 5 --family payg --format csv", "a8cf3be1e1fd0e3a0650960830011711"),
    ("--seed 6 --family focus-1.0 --format csv", "516e21b602d91aff08a287b96494b398"),
    ("--seed 7 --family focus-1.2 --format csv", "a73f5e27ed554920cec0534d20de5361"),
    ("--seed 8 --family mca-actual --format csv.gz", "34a16d9f62c6d96b6ccc645ec6264d78"),
    ("--seed 9 --family focus-1.2 --format parquet", "834a897a393e54745e6c59b4b4878081"),
    (
        "--seed 1 --family mca-actual --format csv --through 2026-02-28 --subscriptions 1",
        "d36e2c3d48c2e0769e0dbf120f211772",
    ),
];

/// All files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn digest(folder: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    for path in files(folder) {
        let name = path.strip_prefix(folder).expect("below the folder").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("a file");
        hasher
            .update(name.as_bytes())
            .update(&[0])
            .update(&(bytes.len() as u64).to_le_bytes())
            .update(&bytes);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

#[test]
fn samples_are_the_same_byte_for_byte() {
    let mut differences = Vec::new();
    for (options, expected) in DIGESTS {
        let context = TestContext::new();
        // What an option given later says holds.
        let size = ["--months 3", "--subscriptions 3", "--rows-per-day 30"];
        let missing =
            size.into_iter().filter(|text| !options.contains(&text[..text.find(' ').expect("a space")]));
        let all = missing.fold(options.to_owned(), |all, text| format!("{all} {text}"));
        context.sample("s", &all);
        let found = digest(&context.path().join("s"));
        if found != expected {
            differences.push(format!("(\"{options}\", \"{found}\"),"));
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn the_sample_of_the_repository_is_that_of_its_command() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample");
    let readme = std::fs::read_to_string(data.join("README.md")).expect("a README");
    let command = readme.lines().find_map(|line| line.split_once("forecast sample ")).expect("a command").1;
    let options = command.replace("--out data/sample", "");
    let context = TestContext::new();
    context.sample("s", options.trim());
    let made = files(&context.path().join("s"));
    assert!(made.len() > 3, "{made:?}");
    for path in made {
        let name = path.strip_prefix(context.path().join("s")).expect("below the folder");
        assert!(std::fs::read(data.join(name)).ok() == std::fs::read(&path).ok(), "{}", name.display());
    }
}
