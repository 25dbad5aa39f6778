//! What the documents and `deploy/` promise, tried: the example configuration runs as it stands.

use crate::support::{folder, run};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

#[test]
fn the_example_configuration_is_understood() {
    let config = deployed("forecast.toml");
    let checked = run(folder().path(), &["config", "check", "--config", config.to_str().expect("text")]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert!(checked.stdout.contains("2 jobs"), "{}", checked.stdout);
}

#[test]
fn the_nightly_run_of_the_example_writes_every_job() {
    let folder = folder();
    fs::copy(deployed("forecast.toml"), folder.path().join("forecast.toml")).expect("a copy");
    let sample = ["sample", "--out", "exports", "--months", "4", "--rows-per-day", "20"];
    assert_eq!(run(folder.path(), &sample).code, 0);

    // A timer may start it anywhere: paths are those of the file's folder.
    let elsewhere = crate::support::folder();
    let config = folder.path().join("forecast.toml");
    let batch = ["batch", "--as-of", "2026-11-30", "--config", config.to_str().expect("text")];
    let night = run(elsewhere.path(), &batch);
    assert_eq!(night.code, 0, "{}{}", night.stdout, night.stderr);

    let written = folder.path().join("forecasts/2026-11-30");
    let mut names: Vec<String> = fs::read_dir(&written)
        .expect("the night's folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["invoice.md", "invoice.parquet", "services.parquet", "summary.json"]);
    let summary = fs::read_to_string(written.join("summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    let told: Vec<_> =
        summary["jobs"].as_array().expect("jobs").iter().map(|job| (&job["name"], &job["status"])).collect();
    assert!(told.iter().all(|(_, status)| *status == "done"), "{told:?}");
    // The running month and the next one.
    assert_eq!(summary["jobs"][0]["totals"].as_array().map(Vec::len), Some(2));
    // Two rows a cycle: the billing profile and the total.
    assert_eq!(summary["jobs"][0]["rows"], 4);
}

#[test]
fn the_crontab_line_names_files_and_options_that_exist() {
    let crontab = fs::read_to_string(deployed("forecast.cron")).expect("a crontab");
    let lines: Vec<&str> = crontab.lines().filter(|line| line.starts_with("30 4 * * * ")).collect();
    let [line] = lines.as_slice() else { panic!("one line of a run: {lines:?}") };
    // In a crontab a per cent sign ends the command.
    assert!(line.contains("forecast batch --config forecast.toml --no-progress") && !line.contains('%'));
    let service = fs::read_to_string(deployed("forecast.service")).expect("a unit");
    assert!(service.contains("forecast batch --config forecast.toml --no-progress"));
}

/// Every Rust source of the tests below a folder, as one text.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| match path.is_dir() {
            true => sources(&path),
            false => fs::read_to_string(&path).unwrap_or_default(),
        })
        .collect()
}

#[test]
fn the_tests_that_measurements_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/measurements.md")).expect("a document");
    let tests = sources(&root.join("tests/it"));
    let begin = text.find("## Which test shows which rule").expect("its section");
    let quoted = text[begin..].split('`').skip(1).step_by(2);
    let named: Vec<&str> = quoted.filter(|name| name.contains('_') && !name.contains(['/', '.'])).collect();
    assert!(named.len() > 50, "{named:?}");
    for name in named.into_iter().filter(|name| *name != "FORECAST_SHARED") {
        let name = name.trim_end_matches('…');
        assert!(tests.contains(&format!("fn {name}")), "no test is called `{name}`");
    }
}

/// The paths in backticks of a document that begin with a folder of the project, without those of things to be made.
fn named_paths(text: &str) -> Vec<&str> {
    let folders = ["crates/", "tests/", "benches/", "docs/", "deploy/", "models/", "notebooks/"];
    let is_path = |word: &&str| {
        folders.iter().any(|folder| word.starts_with(folder))
            && !word.contains(char::is_whitespace)
            && !word.contains("NAME")
            && !word.contains(['*', '{', '<'])
    };
    text.split('`').skip(1).step_by(2).filter(is_path).collect()
}

#[test]
fn documents_name_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut documents: Vec<PathBuf> = fs::read_dir(root.join("docs"))
        .expect("documents")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    documents.extend(["README.md", "models/README.md", "deploy/README.md"].map(|name| root.join(name)));
    let mut seen = 0;
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document");
        for path in named_paths(&text) {
            let file = path.split(':').next().unwrap_or(path);
            assert!(root.join(file).exists(), "{} names `{path}`, which does not exist", document.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} paths were found");
}
